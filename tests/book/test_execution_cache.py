"""A small book of two notebooks, built by Sphinx: what runs again after an edit, and what not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from check_site import ROOT
from jupyter_cache import get_cache
from snnbook_cache import CACHE, FIELD, prune, record_of, with_key

CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "snnbook_cache"]
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
exclude_patterns = ["_build"]
"""
RAN = "import os\nprint({!r}, file=open(os.environ['RAN'], 'a'))"
FILES = {
    "requirements.txt": "torch==1\n",
    "conf.py": CONF,
    "index.md": "# Book\n\n```{toctree}\nbook/one\nbook/two\n```\n",
    "snnbook/__init__.py": "",
    "snnbook/a.py": 'def f():\n    """Return."""\n    return "from a"\n',
    "snnbook/b.py": 'def f():\n    return "from b"\n',
}


def notebook(title: str, *code: str) -> str:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": f"# {title}"}]
    for one in code:
        cell = {"cell_type": "code", "metadata": {}, "source": one}
        cells.append({**cell, "outputs": [], "execution_count": None})
    kernel = {"name": "python3", "display_name": "Python 3"}
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}
    )


class Book:
    """A book in a folder, built in a process of its own as `make book` does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in FILES.items():
            self.write(name, text)
        for page, module in (("one", "a"), ("two", "b")):
            code = f"from snnbook.{module} import f\nf()"
            self.write(f"book/{page}.ipynb", notebook(page, RAN.format(page), code))

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def build(self, ok: bool = True) -> list[str]:
        """Build, and return the pages whose code ran, by name: several run at a time."""
        log = self.root / "ran.txt"
        log.unlink(missing_ok=True)
        site = ["-d", "_build/.doctrees", ".", "_build/html"]
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", "-W", "-b", "html", *site],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), "RAN": str(log)},
            capture_output=True,
            text=True,
        )
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return sorted(set(log.read_text().split())) if log.exists() else []

    def page(self, name: str) -> str:
        return (self.root / "_build" / "html" / "book" / f"{name}.html").read_text()

    def records(self) -> int:
        return len(get_cache(self.root / CACHE).list_cache_records())


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Book:
    made = Book(tmp_path_factory.mktemp("book"))
    assert made.build() == ["one", "two"]
    return made


def test_without_a_change_nothing_runs(book):
    assert book.build() == [] and book.records() == 2


def test_a_docstring_and_a_page_text_run_nothing(book):
    book.edit("snnbook/a.py", "Return.", "Return a text.")
    book.edit("book/two.ipynb", "# two", "# the second")
    assert book.build() == []
    assert "the second" in book.page("two")


def test_a_module_runs_the_pages_that_use_it_and_shows_there(book):
    book.edit("snnbook/a.py", "from a", "changed in a")
    assert book.build() == ["one"]
    assert "changed in a" in book.page("one") and "from b" in book.page("two")
    assert book.records() == 2, "the old record of the page is still there"


def test_a_cell_runs_its_page(book):
    book.edit("book/two.ipynb", "\\nf()", "\\nf() + '!'")
    assert book.build() == ["two"]
    assert "from b!" in book.page("two")


def test_after_a_failed_build_nothing_stale_is_shown(book):
    """The page that fails leaves no record; the edit back finds the old outputs or runs."""
    book.edit("snnbook/b.py", 'return "from b"', "return undefined")
    assert "two" in book.build(ok=False)
    book.edit("snnbook/b.py", "return undefined", 'return "mended b"')
    assert book.build() == ["two"]
    assert "mended b!" in book.page("two")


def test_an_edit_while_the_page_runs_is_noticed(book):
    """The outputs then belong to no state of the sources, and are not kept."""
    code = "import snnbook.a\\nprint('X = 1', file=open(snnbook.a.__file__, 'a'))"
    book.edit("book/one.ipynb", "f()", f"f()\\n{code}")
    assert book.build() == ["one"]
    book.edit("book/one.ipynb", f"\\n{code}", "")
    assert book.build() == ["one"]
    assert book.build() == []


def test_pins_run_every_page(book):
    book.write("requirements.txt", "torch==2\n")
    assert book.build() == ["one", "two"]


def test_the_key_is_in_no_file_that_a_reader_loads(book):
    site = book.root / "_build" / "html"
    loaded = [path for path in site.rglob("*") if path.suffix in {".html", ".ipynb", ".js"}]
    assert loaded and not [path for path in loaded if FIELD in path.read_text(errors="replace")]


def test_records_belong_to_a_key_and_others_are_pruned(tmp_path):
    cache, text = get_cache(tmp_path), notebook("page", "1 + 1")
    for key in ("old", "new"):
        path = tmp_path / f"{key}.ipynb"
        path.write_text(with_key(text, key))
        cache.cache_notebook_file(str(path), check_validity=False)
    assert record_of(cache, text, "other") is None
    new = record_of(cache, text, "new")
    assert prune(cache, [new, None]) == 1
    assert record_of(cache, text, "new") is not None and record_of(cache, text, "old") is None
