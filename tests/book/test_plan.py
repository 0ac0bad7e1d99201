"""The plan of a build names the pages that would run, and who depends on a file."""

from __future__ import annotations

import pytest
from check_site import ROOT
from jupyter_cache import get_cache
from page_dependencies import Dependencies
from plan import describe, notebooks, users, would_run
from snnbook_cache import CACHE, with_key

PAGES = {
    "book/one": Dependencies({"snnbook.a": ("1",)}, {"snnbook/results/x.json": "2"}),
    "book/two": Dependencies({"snnbook": ("3",), "snnbook.b": ("4",)}, {}, "why"),
}


@pytest.mark.parametrize(
    ("file", "pages"),
    [
        ("snnbook/a.py", ["book/one"]),
        ("snnbook/__init__.py", ["book/two"]),
        ("snnbook/results/x.json", ["book/one"]),
        ("snnbook/c.py", []),
    ],
)
def test_pages_that_depend_on_a_file(file, pages):
    assert users(PAGES, file) == pages


def test_a_page_is_described_and_a_wrong_name_is_told():
    lines = describe(PAGES, ROOT, "book/two.ipynb")
    assert "it depends on everything: why" in lines and "snnbook.b" in lines
    assert "0 of 2 pages" in describe(PAGES, ROOT, "README.md")[0]
    with pytest.raises(SystemExit, match="neither a notebook of the book nor a file"):
        describe(PAGES, ROOT, "book/three")


def test_what_is_in_the_cache_would_not_run(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").write_text("root: book/one\nchapters:\n- file: book/two\n")
    text = (ROOT / "book" / "intro.ipynb").read_text()
    for page in PAGES:
        (tmp_path / f"{page}.ipynb").write_text(text)
    assert set(notebooks(tmp_path)) == set(PAGES)
    assert would_run(tmp_path, PAGES) == list(PAGES)
    executed = tmp_path / "executed.ipynb"
    executed.write_text(with_key(text, PAGES["book/one"].key))
    get_cache(tmp_path / CACHE).cache_notebook_file(str(executed), check_validity=False)
    assert would_run(tmp_path, PAGES) == ["book/two"]
