"""Write the notebooks once more from the pages that Sphinx has stored.

Usage: python scripts/remake_notebooks.py OUT/html

They lie in OUT/html/notebooks and OUT/notebooks afterwards, as after a build into OUT/html. No page
is read or run; the site must have been built.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(outdir: str) -> None:
    """Write the notebooks beside and below a folder."""
    from jupyter_book.config import get_final_config
    from sphinx.application import Sphinx

    settings, _ = get_final_config(
        user_yaml=ROOT / "_config.yml", sourcedir=ROOT, cli_config={"latex_individualpages": False}
    )
    settings["external_toc_path"] = str(ROOT / "_toc.yml")
    app = Sphinx(
        srcdir=ROOT,
        confdir=None,
        outdir=outdir,
        doctreedir=ROOT / "_build" / ".doctrees",
        buildername="html",
        confoverrides=settings,
        status=None,
    )
    from snnbook_notebooks import make_all

    make_all(app, None)


if __name__ == "__main__":
    main(*sys.argv[1:])
