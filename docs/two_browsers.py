"""Make the picture of two browsers that share a form: start the demo, then ``python docs/two_browsers.py [address]``.

Writes ``docs/_static/two-browsers.png`` and, for dark pages, ``two-browsers-dark.png``. CHROMIUM names the browser.
"""

import base64
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parent / '_static'
ADDRESS = 'localhost:8000/threeway_databinding/'
ARGUMENTS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
]
WIDTH, HEIGHT = 600, 686

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


def main(address):
    """Write both pictures."""
    with sync_playwright() as playwright:
        path = os.environ.get('CHROMIUM') or shutil.which('chromium')
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for suffix, (scheme, colours) in SCHEMES.items():
            desk = DESK
            for name, value in colours.items():
                desk = desk.replace(name, value)
            for shot in windows(browser, address, scheme):
                desk += FIGURE.format(ADDRESS, base64.b64encode(shot).decode())
            page = browser.new_page(viewport={'width': 2 * WIDTH + 88, 'height': HEIGHT + 100})
            page.set_content(desk)
            page.screenshot(path=STATIC / f'two-browsers{suffix}.png', full_page=True)
        browser.close()


def windows(browser, address, scheme):
    """Return what two browsers show after both have filled in one form."""
    size = {'width': WIDTH, 'height': HEIGHT}
    first, second = (browser.new_context(viewport=size, color_scheme=scheme).new_page() for _ in range(2))
    for page in (first, second):
        page.goto(f'http://{address}')
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
    return [page.screenshot() for page in (first, second)]


if __name__ == '__main__':
    main(*(sys.argv[1:] or [ADDRESS]))
