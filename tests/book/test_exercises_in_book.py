"""The notebook asks, the package judges: every exercise has its cells in its chapter, once.

The cells bear tags: ``prompt-02-1`` the question, ``exercise-02-1`` the cell that waits, and
``solution-02-1`` the folded one. Title, level, prompt, template and solution stand there alone.
"""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest
from check_site import ROOT, read_cells

from snnbook import exercises
from snnbook.exercises import CHAPTERS, exercises_of

PATHS = {path.stem.split("-")[0]: path for path in sorted((ROOT / "book").glob("[0-9]*.ipynb"))}
EXERCISES = {id: record for chapter in CHAPTERS for id, record in exercises_of(chapter).items()}
CELLS = {chapter: read_cells(path) for chapter, path in PATHS.items()}

LEVELS = ("by head", "by code", "explore")
ROLE = re.compile(r"(prompt|exercise|solution)-(\d\d[a-z]?-\d+)")
#: The label, then one of ``**02-1 Title** (by head)``, ``### Exercise 02-1: Title (by head)`` and
#: ``### Exercise 02-1: Title`` with the level in italics, and then the prompt.
PROMPT = re.compile(
    r"\(ex-(?P<id>[\w-]+)\)=\n(?:\*\*(?P=id) |### Exercise (?P=id): )(?P<title>[^\n]+?)(?:\*\*)?"
    rf"(?: \((?P<level>{'|'.join(LEVELS)})\)\n\n|\n\n\*(?P<italic>[\w ]+)\.\*\s)(?P<prompt>.+)",
    re.DOTALL,
)


def tags(cell: dict) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def roles() -> list[tuple[str, str, str]]:
    """Return chapter, role and exercise of each tag, in the order of the pages."""
    return [
        (chapter, *found.groups())
        for chapter, cells in CELLS.items()
        for cell in cells
        for found in filter(None, map(ROLE.fullmatch, sorted(tags(cell))))
    ]


def cell_of(role: str, id: str) -> dict:
    (cell,) = [one for one in CELLS[id.split("-")[0]] if f"{role}-{id}" in tags(one)]
    return cell


def asked(id: str) -> re.Match:
    found = PROMPT.fullmatch(cell_of("prompt", id)["source"].strip())
    assert found, f"{id}: label, heading, level and prompt are expected"
    return found


def level(id: str) -> str:
    return (asked(id)["level"] or asked(id)["italic"]).lower()


def imports(chapter: str) -> dict:
    """Return the cell of imports that stands at the head of the exercises of a chapter."""
    (cell,) = [one for one in CELLS[chapter] if "exercise-imports" in tags(one)]
    return cell


def run(role: str, id: str) -> list[exercises.Result]:
    """Run a cell in a session that has begun with the imports of its exercises alone."""
    results = []
    names = {}
    exec(imports(id.split("-")[0])["source"], names)
    names["check"] = lambda *answer: results.append(exercises.check(*answer)) or results[-1]
    exec(cell_of(role, id)["source"], names)
    return results


def test_each_exercise_has_its_cells_once_and_in_order():
    expected = [
        (id.split("-")[0], role, id)
        for id in EXERCISES
        for role in ("prompt", "exercise", "solution")
    ]
    assert roles() == expected


def test_every_check_is_in_a_tagged_cell_and_every_label_at_a_prompt():
    for cells in CELLS.values():
        for cell in cells:
            for id in re.findall(r"^check\(\"([\w-]+)\"", cell["source"], flags=re.MULTILINE):
                assert tags(cell) & {f"exercise-{id}", f"solution-{id}"}, id
            for id in re.findall(r"^\(ex-([\w-]+)\)=$", cell["source"], flags=re.MULTILINE):
                assert f"prompt-{id}" in tags(cell), id


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_to_import_stands_beside_the_exercises(chapter):
    cells, cell = CELLS[chapter], imports(chapter)
    place = cells.index(cell)
    nodes = ast.parse(cell["source"]).body
    assert all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in nodes)
    assert re.search(r"^from snnbook\.exercises import .*check, hint", cell["source"], re.M)
    assert not tags(cell) & {"hide-cell", "hide-input", "remove-cell"}
    head, prompt = cells[place - 1]["source"], cells[place + 1]
    assert f"prompt-{chapter}-1" in tags(prompt)
    text = head.split("## Exercises\n")[1]
    for words in (
        f'`hint("{chapter}-1")`',
        "`check` says",
        "begin with these imports",
        "<intro>`",
    ):
        assert words in text
    names = [alias.asname or alias.name for node in nodes for alias in node.names]
    used = "".join(c["source"] for c in cells[place + 1 :] if any(map(ROLE.fullmatch, tags(c))))
    assert not [name for name in names if name not in ("check", "hint") and name not in used]


@pytest.mark.parametrize("id", EXERCISES)
def test_the_prompt_is_complete(id):
    assert asked(id)["id"] == id and level(id) in LEVELS
    title, prompt = asked(id)["title"], asked(id)["prompt"]
    assert title and not title.endswith(".")
    assert prompt.count("$") % 2 == 0 and prompt.count("`") % 2 == 0
    for line in prompt.strip().splitlines():  # one sentence per line
        assert line.endswith((".", "?", ".)", "?)")), line


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_chapter_has_all_levels_and_different_titles(chapter):
    assert {level(id) for id in exercises_of(chapter)} == set(LEVELS)
    assert max(Counter(asked(id)["title"] for id in exercises_of(chapter)).values()) == 1


@pytest.mark.parametrize("id", EXERCISES)
def test_the_template_waits_for_an_answer(id, capsys):
    (result,) = run("exercise", id)
    assert not result and not result.answered
    assert capsys.readouterr().out.startswith(f"… {id}: not answered yet. ")


@pytest.mark.parametrize("id", [id for id, one in EXERCISES.items() if one.kind == "function"])
def test_the_function_to_write_is_named_alike_everywhere(id):
    record = EXERCISES[id]
    signature = f"{record.name}({', '.join(record.arguments)})"
    assert signature in asked(id)["prompt"]
    for role in ("exercise", "solution"):
        assert f"def {signature}:" in cell_of(role, id)["source"]


@pytest.mark.parametrize("id", EXERCISES)
def test_the_solution_is_right_and_folded(id):
    (result,) = run("solution", id)
    assert result.correct and result.answered and result.id == id
    cell = cell_of("solution", id)
    assert "hide-cell" in tags(cell)
    assert cell["source"].splitlines()[-1].startswith(f'check("{id}", ')
