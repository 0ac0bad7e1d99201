"""Names in the text exist: functions of the package, files of the repository, equations.

A name in backquotes such as `neurons.run` or `tests/chapters/test_equations_02.py` that leads
nowhere is a fault, on a page as in a docstring; and a function that a chapter's table names for
an equation bears the label of that equation, so that one search finds text, code and test.
"""

from __future__ import annotations

import importlib
import inspect
import re

import pytest
from check_site import ROOT, read_cells

import snnbook

ROOMS = "|".join(snnbook.__all__)
#: `room.name` or `snnbook.room.name`, perhaps with a call or an attribute behind it.
NAME = re.compile(rf"`~?(?:snnbook\.)?(?P<room>{ROOMS})\.(?P<names>[A-Za-z_][\w.]*)[^`]*`")
FILE = re.compile(r"`((?:tests|experiments|snnbook|scripts|benchmarks|book)/[\w./-]+\.\w+)`")
ROW = re.compile(r"^\|(?P<equations>[^|]*\{eq\}[^|]*)\|(?P<functions>[^|]*)\|", re.MULTILINE)
PAGES = sorted((ROOT / "book").glob("*.ipynb")) + sorted((ROOT / "book").glob("*.md"))
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]


def texts() -> list[tuple[str, str]]:
    """Return (place, text) of every page, paper and module."""
    found = []
    for path in PAGES:
        if path.suffix == ".ipynb":
            cells = [c["source"] for c in read_cells(path) if c["cell_type"] == "markdown"]
            found.append((path.name, "\n".join(cells)))
        else:
            found.append((path.name, path.read_text()))
    for path in PAPERS:  # recipes speak of files to come
        found.append((path.name, path.read_text().split("## Recipes")[0]))
    for path in sorted((ROOT / "snnbook").rglob("*.py")):
        found.append((path.relative_to(ROOT).as_posix(), path.read_text()))
    return found


def lookup(room: str, names: str):
    """Return what a dotted name of a room leads to, or None."""
    value = importlib.import_module(f"snnbook.{room}")
    for name in names.strip(".").split("."):
        try:
            fields = getattr(value, "__dataclass_fields__", getattr(value, "_fields", ()))
            value = getattr(value, name, None) if name not in fields else fields
        except AttributeError:
            return None
        if value is None and name.startswith("_"):
            value = importlib.import_module(f"snnbook.{room}.{name}")
        if value is None:
            return None
    return value


@pytest.mark.parametrize("place, text", texts(), ids=[place for place, _ in texts()])
def test_names_and_files_exist(place, text):
    lost = [m[0] for m in NAME.finditer(text) if lookup(m["room"], m["names"]) is None]
    files = [name for name in FILE.findall(text) if "NAME" not in name]
    lost += [name for name in files if not (ROOT / name).exists()]
    assert not lost


def rows() -> list[tuple[str, list[str], list[str]]]:
    """Return chapter, labels and functions of each row of the tables of equations."""
    found = []
    for path in PAGES:
        if path.suffix == ".ipynb":
            text = "\n".join(c["source"] for c in read_cells(path) if "source" in c)
            for row in ROW.finditer(text):
                labels = re.findall(r"eq-[\w-]+", row["equations"])
                found.append((path.name, labels, re.findall(r"`([^`]+)`", row["functions"])))
    return found


def documented(functions: list[str]) -> list[str]:
    """Return the docstrings of the functions that a row names; the room is said once."""
    room, found = None, []
    for name in functions:
        parts = re.sub(r"\(.*", "", name).split(".")
        if parts[0] in snnbook.__all__:
            room, *parts = parts
        value = lookup(room, ".".join(parts)) if room else None
        if value is not None and (callable(value) or isinstance(value, property)):
            found.append(inspect.getdoc(value) or "")
    return found


@pytest.mark.parametrize("chapter, labels, functions", rows())
def test_a_function_bears_the_label_of_its_equation(chapter, labels, functions):
    found = documented(functions)
    for text in found:
        assert all(label in text for label in labels), (chapter, labels, functions)


def test_most_rows_name_a_function():
    named = [bool(documented(functions)) for _, _, functions in rows()]
    assert len(named) > 70 and sum(named) > 0.7 * len(named)


def test_a_lost_name_is_found():
    text = "`neurons.unroled`, `neurons.run`, `tests/no_such.py`, `neurons.LIFNeuron.alpha`"
    names = [m["names"] for m in NAME.finditer(text) if lookup(m["room"], m["names"]) is None]
    assert names == ["unroled"] and FILE.findall(text) == ["tests/no_such.py"]
