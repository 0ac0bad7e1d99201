"""``python -m snnbook``: the map agrees with the book, and needs no library."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import snnbook
from snnbook import __main__
from snnbook._map import chapters, entries, named_chapters

ROOT = Path(__file__).resolve().parents[1]


def opening(path: Path) -> str:
    """Return the first cell of a chapter."""
    return "".join(json.loads(path.read_text())["cells"][0]["source"])


def test_titles_and_sections_are_those_of_the_book():
    found = chapters()
    pages = sorted((ROOT / "book").glob("[0-9]*.ipynb"))
    assert [path.stem.split("-")[0].lstrip("0") for path in pages] == list(found)
    for path, chapter in zip(pages, found.values()):
        text = opening(path)
        title = re.search(r"^# (.+)$", text, re.M)[1]
        assert re.sub(r"^\d+[a-z]?\.? ", "", title) == chapter.title
        section = re.search(r"Paper: sections? ([IVX][\w. ]*?) \{", text)
        assert (section[1] if section else "") == chapter.section, chapter.number


def test_every_public_function_and_class_is_on_it():
    listed = {(one.room, one.name) for one in entries()}
    for room in snnbook.__all__:
        module = getattr(snnbook, room)
        if hasattr(module, "__path__"):
            for name, value in vars(module).items():
                home = getattr(value, "__module__", "")
                if not name.startswith("_") and callable(value) and home.startswith("snnbook"):
                    if getattr(value, "__name__", "") == name:
                        assert (room, name) in listed, f"{room}.{name}"
    assert len(listed) > 300


#: Rooms that no chapter needs: they serve whoever goes on from there, with data of one's own.
FOR_OWN_WORK = ("readers", "signals", "export")


def test_most_of_it_belongs_to_a_chapter_and_every_chapter_has_something():
    found = [one for one in entries() if one.room not in FOR_OWN_WORK]
    assert sum(bool(one.chapters) for one in found) > 0.8 * len(found)
    assert {number for one in entries() for number in one.chapters} == set(chapters())


@pytest.mark.parametrize(
    "name, expected",
    [("lif_step", ("2",)), ("e_prop", ("6b",)), ("eventprop", ("6d",)), ("card", None),
     ("digits", ("1",)), ("fit", ()), ("rule_gradient", ("6a", "6b", "6c"))],
)  # fmt: skip
def test_a_name_has_the_chapters_of_its_docstring(name, expected):
    (found,) = [one for one in entries() if one.name == name]
    assert found.chapters == (expected if expected is not None else ("4a", "4b", "4c", "4d"))


def test_equations_are_those_of_the_book():
    text = "".join(path.read_text() for path in (ROOT / "book").glob("*.ipynb"))
    labels = {label for one in entries() for label in one.equations}
    assert len(labels) > 50 and [label for label in labels if f"({label})" not in text] == []


def test_a_number_is_no_chapter_by_accident():
    known = ("1", "4", "4a", "4b", "5")
    assert named_chapters("chapters 1, 4 and 9, and 5 steps; eq 4b", known) == ("1", "4")
    assert named_chapters("Chapters 4 to 4b.", known) == ("4", "4a", "4b")
    assert named_chapters("see section 4", known) == ()


def test_the_map_needs_no_library(tmp_path):
    code = (
        "import sys; from snnbook.__main__ import main; main([])\n"
        "print([x for x in ('torch', 'numpy', 'sympy') if x in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[-1] == "[]", done.stderr
    assert re.search(r"^IV\.B\.2 +Chapter 5b\. Locality$", done.stdout, re.M)
    assert max(map(len, lines)) <= 98


def test_one_chapter_shows_what_each_function_does(capsys):
    assert __main__.main(["map", "5b"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Chapter 5b. Locality (paper section IV.B.2)")
    assert "snnbook.gradients.uoro [eq-05b-uoro]" in said


def test_an_unknown_chapter_is_one_sentence(capsys):
    assert __main__.main(["map", "9"]) == 2
    assert "there is no chapter '9'; one of 1, 2," in capsys.readouterr().err


def test_the_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        __main__.main(["--version"])
    assert capsys.readouterr().out == f"snnbook {snnbook.__version__}\n"
