"""Write the workshop's slides into a folder that stands alone.

Usage: python scripts/slides.py [_build/slides]

The site has them too, below slides/; these carry MathJax of their own, and no link to the site.
Run `make book` first.
"""

from __future__ import annotations

import sys
from pathlib import Path

from check_site import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from slide_source import SlideError  # noqa: E402
from snnbook_slides import write_decks  # noqa: E402

SITE = ROOT / "_build" / "html"


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_build" / "slides"
    if not (SITE / "index.html").is_file():
        sys.exit("[slides] STOPPED: the site is not built: run `make book`")
    try:
        names = write_decks(ROOT, SITE, target, alone=True)
    except SlideError as problem:
        sys.exit(f"[slides] STOPPED: {problem}")
    for name in [*names, "handout"]:
        print(f"[slides] {target / name / 'index.html'}")


if __name__ == "__main__":
    main()
