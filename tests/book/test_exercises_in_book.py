"""The exercises of a chapter's notebook are those of the package, word for word."""

from __future__ import annotations

import pytest
from check_site import ROOT, read_cells

from snnbook.exercises import EXERCISES, solution, template

PATHS = {path.stem.split("-")[0]: path for path in sorted((ROOT / "book").glob("[0-9]*.ipynb"))}


def code(chapter: str) -> list[tuple[str, set[str]]]:
    return [
        (cell["source"].strip(), set(cell["metadata"].get("tags", [])))
        for cell in read_cells(PATHS[chapter])
        if cell["cell_type"] == "code"
    ]


def words(text: str) -> str:
    """Return a text without markup of emphasis and without line breaks."""
    return " ".join(text.replace("*", "").split())


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_the_exercise_is_in_its_chapter(name):
    chapter = name.split("-")[0]
    prose = words(
        " ".join(cell["source"] for cell in read_cells(PATHS[chapter]) if "source" in cell)
    )
    prompt = words(EXERCISES[name].prompt)
    assert prompt in prose, f"{name}: the notebook words the exercise differently"
    assert f"(ex-{name})=" in prose and EXERCISES[name].title in prose
    assert any(source == template(name).strip() for source, _ in code(chapter)), template(name)


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_the_solution_is_folded_below_it(name):
    found = [tags for source, tags in code(name.split("-")[0]) if source == solution(name).strip()]
    assert found, solution(name)
    assert all("hide-cell" in tags for tags in found)
