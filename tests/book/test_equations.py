"""Each labelled equation of the book has a test, and each such test an equation."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from check_site import ROOT, equation_labels, read_cells, source_of, toc_files


def labels_in_book() -> list[str]:
    return [label for page in toc_files() for label in equation_labels(read_cells(source_of(page)))]


def labels_in_tests(folder: Path = ROOT / "tests") -> set[str]:
    """Return the labels in ``pytest.mark.equation("label", ...)``, read from the sources."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "equation"
            ):
                found |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    return found


def test_labels_are_unique_and_well_named():
    labels = Counter(labels_in_book())
    assert [label for label, times in labels.items() if times > 1] == []
    assert [label for label in labels if not label.startswith("eq-")] == []


def test_every_equation_has_a_test():
    assert sorted(set(labels_in_book()) - labels_in_tests()) == []


def test_every_equation_test_has_an_equation():
    assert sorted(labels_in_tests() - set(labels_in_book())) == []
