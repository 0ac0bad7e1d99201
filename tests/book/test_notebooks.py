"""The notebooks as they are committed: stripped, short cells, prose between them, alt texts."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from check_site import ROOT, figure_settings, read_cells, toc_files

NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
LONGEST_CELL = 25
LONGEST_RUN_OF_CODE = 2
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
SOLUTIONS = {"hide-cell", "remove-cell"}

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[dict]:
    return [cell for cell in read_cells(path) if cell["cell_type"] == "code"]


def tags(cell: dict) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def plain_python(source: str) -> str:
    """Return a cell's source without IPython's magic lines."""
    return "\n".join(
        line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))
    )


def test_there_are_notebooks_and_each_is_in_the_book():
    assert NOTEBOOKS
    listed = set(toc_files())
    assert [path.stem for path in NOTEBOOKS if f"book/{path.stem}" not in listed] == []


@each_notebook
def test_is_stripped_of_outputs(path):
    kept = [cell for cell in code_cells(path) if cell["outputs"] or cell["execution_count"]]
    assert not kept, f"strip the outputs: nbstripout {path.name}"
    assert "widgets" not in json.loads(path.read_text())["metadata"]


@each_notebook
def test_runs_on_any_python_kernel(path):
    assert json.loads(path.read_text())["metadata"]["kernelspec"]["name"] == "python3"


@each_notebook
def test_imports_the_package(path):
    imported = set()
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(plain_python(cell["source"]))):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
    assert "snnbook" in imported


@each_notebook
def test_figures_have_alt_text_caption_and_name(path):
    for cell in code_cells(path):
        settings = figure_settings(cell)
        if not settings:
            continue
        where = cell["source"][:80]
        assert len(settings.get("image", {}).get("alt", "")) >= 20, f"alt text: {where}"
        if "figure" in settings:
            assert settings["figure"].get("caption"), f"caption: {where}"
            assert settings["figure"].get("name", "").startswith("fig-"), f"name: {where}"


@each_notebook
def test_cells_are_short(path):
    long = [
        (len(cell["source"].splitlines()), cell["source"][:60])
        for cell in code_cells(path)
        if len(cell["source"].splitlines()) > LONGEST_CELL and not tags(cell) & FOLDED
    ]
    assert not long


@each_notebook
def test_each_cell_has_an_id_of_its_own(path):
    ids = [cell["id"] for cell in read_cells(path)]
    assert len(set(ids)) == len(ids)


@each_notebook
def test_numbers_are_glued_out_of_sight(path):
    """A reader sees what is computed; that it goes into the text is of no interest there."""
    seen = [cell["source"] for cell in code_cells(path) if not tags(cell) & FOLDED]
    assert not [source[:60] for source in seen if "glue(" in source]


@each_notebook
def test_prose_stands_between_code(path):
    run = 0
    for cell in read_cells(path):
        if cell["cell_type"] == "markdown":
            run = 0
        elif not tags(cell) & SOLUTIONS:
            run += 1
        assert run <= LONGEST_RUN_OF_CODE, f"{run} code cells in a row: {cell['source'][:80]}"


@each_notebook
def test_has_one_title(path):
    first = read_cells(path)[0]
    assert first["cell_type"] == "markdown" and "# " in first["source"]
    titles = [
        line
        for cell in read_cells(path)
        if cell["cell_type"] == "markdown"
        for line in cell["source"].splitlines()
        if line.startswith("# ")
    ]
    assert len(titles) == 1


def statements(cell: dict) -> list[str]:
    """Return what the statements of a cell call, ``""`` for one that is no call."""
    tree = ast.parse(plain_python(cell["source"]))
    calls = [node.value for node in tree.body if isinstance(node, ast.Expr)]
    return [getattr(getattr(call, "func", None), "id", "") for call in calls]


@each_notebook
def test_numbers_for_the_text_are_glued_out_of_sight(path):
    seen = [cell for cell in code_cells(path) if not tags(cell) & FOLDED]
    glued = [cell["source"] for cell in seen if "glue" in statements(cell)]
    assert not glued, "move the glue to a cell with the tag remove-cell"
