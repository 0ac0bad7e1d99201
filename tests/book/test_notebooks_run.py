"""Solution notebooks run where only the wheel and its libraries are, from an empty folder.

Here the quick ones do; `make solutions` runs all of them, which takes as long as the book.
"""

from __future__ import annotations

import nbformat
import pytest
from run_notebooks import build_wheel, make_environment, run_notebook

QUICK = ("evidence", "intro")

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Give the Python of an environment with the wheel alone."""
    folder = tmp_path_factory.mktemp("wheel")
    return make_environment(folder / "env", build_wheel(folder / "built"))


def test_the_package_is_that_of_the_wheel(python, tmp_path):
    cell = nbformat.v4.new_code_cell("import snnbook; print(snnbook.__file__)")
    asked = tmp_path / "asked.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), asked)
    answered = nbformat.read(run_notebook(python, asked, tmp_path / "alone"), as_version=4)
    assert answered.cells[0].outputs[0].text.startswith(str(python.parents[1]))


@pytest.mark.parametrize("name", QUICK)
def test_runs_clean(site, python, tmp_path, name):
    done = run_notebook(
        python, site / "notebooks" / "solutions" / f"{name}.ipynb", tmp_path / "alone"
    )
    cells = [cell for cell in nbformat.read(done, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells if cell.source)
    outputs = [one for cell in cells for one in cell.outputs]
    assert not [one for one in outputs if one.get("name") == "stderr"]
    assert cells[0].id == "first" and not cells[0].outputs
    figures = [one for one in outputs if "image/svg+xml" in one.get("data", {})]
    assert figures or name == "evidence"
