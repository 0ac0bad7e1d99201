"""Notebooks and site together: links, buttons, code, and the same bytes from the same pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from check_site import ROOT
from made_notebooks import HEAVY, KINDS, PAGES, cells_of, code, page_of, read, rendered, texts

pytestmark = pytest.mark.site
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def notebooks(site) -> Path:
    return site / "notebooks"


@cache
def links_and_places(path: Path) -> tuple[list[str], set[str]]:
    """Return where the links of a notebook or a page lead, and the places in it."""
    if path.suffix == ".ipynb":
        soup = rendered("\n\n".join(texts(read(path))))
        found = Counter(one["id"] for one in soup.select("[id]"))
        twice = [id for id, times in found.items() if times > 1]
        assert not twice, f"{path.name} has these places twice: {twice}"
    else:
        soup = BeautifulSoup(HEAVY.sub("", path.read_text()), "html.parser")
    places = {one["id"] for one in soup.select("[id]")}
    return [one["href"] for one in soup.select("a[href]")], places


@pytest.mark.parametrize("folder", ["html/notebooks", "notebooks"])
def test_links_lead_somewhere(site, folder):
    """From a notebook of the site, and from one in the folder beside it."""
    for page in PAGES:
        path = site.parent / folder / "instructor" / f"{Path(page).name}.ipynb"
        for link in links_and_places(path)[0]:
            parts = urlsplit(link)
            if not parts.scheme:
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                assert target.is_file(), f"{path.name}: {link} leads nowhere"
                places = links_and_places(target)[1]
                assert not parts.fragment or parts.fragment in places, f"{path.name}: {link}"


@each_kind
def test_no_name_is_missing(notebooks, tmp_path, kind):
    """What was taken out as plumbing, nothing else needs."""
    for page in PAGES:
        source = "\n\n".join(code(cells_of(notebooks, kind, page)))
        assert not re.search(r"\bglue\(", source)
        (tmp_path / f"{Path(page).name}.py").write_text(source)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821,E9", tmp_path]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_the_code_on_the_site_is_that_of_the_notebook(site, notebooks):
    """Glue and timers stand in no cell that a reader of the page sees."""
    for page in PAGES:
        on_page = [
            one.get_text().strip("\n") for one in page_of(site, page).select(".cell_input pre")
        ]
        own = code(cells_of(notebooks, "solutions", page))
        kept = {re.sub(r"\n# hint\(.*", "", text) for text in own}
        assert [text for text in on_page if text not in kept] == []


def test_buttons_lead_to_the_notebooks(site):
    for page in PAGES:
        buttons = page_of(site, page).select(".dropdown-download-buttons a")
        hrefs = [one["href"] for one in buttons if "href" in one.attrs]
        for kind in ("study", "solutions"):
            assert f"../notebooks/{kind}/{Path(page).name}.ipynb" in hrefs
        assert all((site / page).parent.joinpath(href).is_file() for href in hrefs)
        assert not any("_sources" in href for href in hrefs)


def test_the_same_pages_make_the_same_bytes(site, tmp_path):
    """Made once more from the stored pages, in another process with another order of sets."""
    (tmp_path / "html").mkdir()
    remade = subprocess.run(
        [sys.executable, ROOT / "scripts" / "remake_notebooks.py", tmp_path / "html"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        cwd=ROOT,
    )
    assert remade.returncode == 0, remade.stderr[-2000:]
    for name in ("html/notebooks", "notebooks"):
        folder, again = site.parent / name, tmp_path / name
        files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        assert files == {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
        assert len(files) == 3 * len(PAGES) + 3
        differ = [f for f in files if (folder / f).read_bytes() != (again / f).read_bytes()]
        assert not differ
