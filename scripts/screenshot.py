"""Take pictures of the built site.

Usage: python scripts/screenshot.py                    the README's picture, docs/book.png
       python scripts/screenshot.py FOLDER [PAGE ...]  each page, light and dark, wide and narrow
Pages are named as in _toc.yml; without names every page is taken. Run `make book` first.
"""

from __future__ import annotations

import sys
from pathlib import Path

from check_site import ROOT, toc_files
from patience import open_patiently
from site_server import HOW_TO_INSTALL, browser, find_chromium, serve
from site_visit import set_mathematics

SITE = ROOT / "_build" / "html"
WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}


def open_page(chromium, address: str, size: tuple[int, int], mode: str):
    """Open a page in a color mode and wait until its mathematics is set."""
    viewport = {"width": size[0], "height": size[1]}
    page, slow = open_patiently(chromium, viewport=viewport, color_scheme=mode)
    page.goto(address, wait_until="networkidle")
    set_mathematics(page, slow)
    return page


def take_all(folder: Path, pages: list[str]) -> None:
    """Save a full-height picture of each page in each mode and width."""
    folder.mkdir(parents=True, exist_ok=True)
    with serve(SITE) as base, browser() as chromium:
        for name in pages:
            for width, size in WIDTHS.items():
                for mode in ("light", "dark"):
                    page = open_page(chromium, f"{base}/{name}.html", size, mode)
                    target = folder / f"{Path(name).name}-{width}-{mode}.png"
                    page.screenshot(path=target, full_page=True)
                    page.context.close()
                    print(target)


def take_readme_picture(page_name: str = "book/05-surrogate-gradients") -> None:
    """Save what a reader sees of one page at its first figure."""
    target = ROOT / "docs" / "book.png"
    target.parent.mkdir(exist_ok=True)
    with serve(SITE) as base, browser() as chromium:
        page = open_page(chromium, f"{base}/{page_name}.html", (1280, 820), "light")
        figure = page.locator("article figure, article .cell_output img").first
        if figure.count():
            figure.scroll_into_view_if_needed()
        page.screenshot(path=target)
    print(target.relative_to(ROOT))


def main() -> None:
    if find_chromium() is None:
        sys.exit(HOW_TO_INSTALL)
    if len(sys.argv) == 1:
        take_readme_picture()
    else:
        take_all(Path(sys.argv[1]), sys.argv[2:] or toc_files())


if __name__ == "__main__":
    main()
