"""The demo's pages can be read and walked through by keyboard, in light and dark: WCAG 2.2, 1.4.3 and 2.4.7."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Arrive
from tests.browser.test_page import TITLES

#: Texts whose contrast with what lies beneath them is too small, with the ratio.
FAINT = """
() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parse = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
  const beneath = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reduceRight((below, layer) => over(layer, below), parse('Canvas'));
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  for (const element of document.body.querySelectorAll('*')) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join('').trim();
    const value = /^(checkbox|radio|range|color|hidden)$/.test(element.type) ? '' : element.value;
    if (!(text || value) || element.disabled || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const below = beneath(element);
    const [dark, light] = [luminance(below), luminance(over(parse(style.color), below))].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${element.tagName} ${text.slice(0, 40)}`);
  }
  return faint;
}
"""

#: What can be focused and does not look like it then.
UNSEEN = """
() => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
  .filter((element) => element.checkVisibility() && element.type !== 'hidden' && !element.disabled)
  .filter((element) => {
    element.focus({focusVisible: true});
    return [null, '::before', '::after'].every((part) => {
      const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element, part);
      return (outlineStyle === 'none' || outlineWidth === '0px') && boxShadow === 'none';
    });
  })
  .map(({outerHTML}) => outerHTML.slice(0, 100))
"""


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('path', TITLES)
def test_texts_stand_out(path: str, scheme: str, arrive: Arrive) -> None:
    """Every text, those inside of fields and of code too, has a contrast of 4.5, large ones of 3."""
    person = arrive(color_scheme=scheme).visit(path)
    assert person.page.evaluate(FAINT) == []


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('path', TITLES)
def test_focus_is_seen(path: str, scheme: str, arrive: Arrive) -> None:
    """Whatever the keyboard leads to shows that it has the focus."""
    person = arrive(color_scheme=scheme).visit(path)
    assert person.page.evaluate(UNSEEN) == []
