"""Make the pictures of two browsers: start the demo, then ``python docs/two_browsers.py form [address]``.

Or follow the tutorial up to its look at the page, then ``python docs/two_browsers.py scoreboard [address]``. Writes
``docs/_static/two-browsers.png`` or ``scoreboard.png`` and, for dark pages, ``…-dark.png``. CHROMIUM names the browser.
"""

import base64
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parent / '_static'
ARGUMENTS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
]
#: Two windows on a desk; the colours of each scheme follow.
DESK = """<!DOCTYPE html><style>
  body { margin: 0; padding: 28px; display: flex; gap: 28px; width: max-content; background: DESK; }
  figure { margin: 0; border-radius: 10px; overflow: hidden; border: 1px solid EDGE; box-shadow: 0 8px 24px #0003; }
  figcaption { display: flex; align-items: center; gap: 7px; padding: 9px 12px; background: BAR; }
  i { width: 11px; height: 11px; border-radius: 50%; background: EDGE; }
  b { flex: 1; margin-left: 8px; padding: 3px 12px; border-radius: 99px; background: FIELD; color: INK;
      font: 13px/1.4 system-ui, sans-serif; }
  img { display: block; }
</style>"""
FIGURE = '<figure><figcaption><i></i><i></i><i></i><b>{}</b></figcaption><img src="data:image/png;base64,{}"></figure>'
SCHEMES = {
    '': ('light', {'DESK': '#fff', 'EDGE': '#c9c9c4', 'BAR': '#ebebe7', 'FIELD': '#fff', 'INK': '#444'}),
    '-dark': ('dark', {'DESK': '#0d1117', 'EDGE': '#4a4f4c', 'BAR': '#232826', 'FIELD': '#121614', 'INK': '#bbb'}),
}


def main(what, address='localhost:8000'):
    """Write both pictures of the form, or of the tutorial's scoreboard."""
    name, path, (width, height), fill = PICTURES[what]
    with sync_playwright() as playwright:
        chromium = os.environ.get('CHROMIUM') or shutil.which('chromium')
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for suffix, (scheme, colours) in SCHEMES.items():
            desk = DESK
            for word, colour in colours.items():
                desk = desk.replace(word, colour)
            pages = [window(browser, scheme, {'width': width, 'height': height}) for _ in range(2)]
            for page in pages:
                page.goto(f'http://{address}{path}')
            fill(*pages)
            for page in pages:
                desk += FIGURE.format(f'localhost:8000{path}', base64.b64encode(page.screenshot()).decode())
            page = browser.new_page(viewport={'width': 2 * width + 88, 'height': height + 100})
            page.set_content(desk)
            page.screenshot(path=STATIC / f'{name}{suffix}.png', full_page=True)
        browser.close()


def window(browser, scheme, size):
    """Return a page of a browser that nobody has used before."""
    return browser.new_context(viewport=size, color_scheme=scheme).new_page()


def fill_in_form(first, second):
    """Have both fill in one form."""
    for page in (first, second):
        page.locator('[data-status=open]').wait_for()
    first.get_by_label('First name').fill('Ada')
    first.get_by_label('Last name').fill('Lovelace')
    first.get_by_label('E-mail').fill('ada@example.org')
    first.get_by_label('Birth date').fill('1995-12-10')
    second.get_by_label('Height').fill('168')
    second.get_by_label('Route').select_option('dolomites')
    second.get_by_label('Pace').fill('4')
    second.get_by_label('I bring my own').check()
    for extra in ('Helmet', 'Lock'):
        second.get_by_label(extra).check()
    for page, said in ((first, '"extras.lock": true'), (second, '"email": "ada@example.org"')):
        page.get_by_text(said).wait_for()
    first.get_by_label('E-mail').focus()
    second.get_by_label('Route').focus()
    for page in (first, second):
        page.mouse.move(0, 0)
        page.evaluate('scrollBy(0, document.querySelector("form").getBoundingClientRect().top - 88)')


def type_score(first, second):
    """Have each type the goals of one side."""
    for page in (first, second):
        # As a browser shows a page that says nothing of colours; its dark colours are not those of the desk.
        page.emulate_media(color_scheme='light')
        page.get_by_role('heading', name=' : ').wait_for()
    first.get_by_role('spinbutton').first.fill('3')
    second.get_by_role('spinbutton').last.fill('1')
    for page in (first, second):
        page.get_by_role('heading', name='3 : 1').wait_for()


PICTURES = {
    'form': ('two-browsers', '/threeway_databinding/', (600, 686), fill_in_form),
    'scoreboard': ('scoreboard', '/', (400, 130), type_score),
}

if __name__ == '__main__':
    main(*(sys.argv[1:] or ['form']))
