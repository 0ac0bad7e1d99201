"""Three recipes of CONTRIBUTING, followed in a copy: adding does not break.

A ninth surrogate, a toy rule and a toy exercise take the files that their recipe lists and no
others, and the tests that could notice find everything green.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from check_site import ROOT

COPIED = ("snnbook", "tests", "book", "scripts", "experiments", "benchmarks", "workshop")
FILES = ("pyproject.toml", "_config.yml", "_toc.yml", "Makefile")


@pytest.fixture
def copy(tmp_path):
    """Give a copy of the repository without what was built, but with the compiled loops."""
    unwanted = shutil.ignore_patterns("*.pyc", "_build", ".ipynb_checkpoints")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=unwanted)
    for path in [*(ROOT / name for name in FILES), *ROOT.glob("*.md")]:
        shutil.copy2(path, tmp_path)
    return tmp_path


def insert(path, before: str, text: str) -> None:
    """Insert a text in front of the one place where ``before`` stands."""
    source = path.read_text()
    assert source.count(before) == 1, (path, before)
    path.write_text(source.replace(before, text + before))


def green(copy, *tests: str, only: str = "") -> None:
    """Run tests of the copy, on the copy, and show what they print if one fails."""
    chosen = ["-k", only] if only else []
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        *chosen,
        *tests,
    ]
    environment = os.environ | {"PYTHONPATH": str(copy), "SNNBOOK_REQUIRE_SITE": ""}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert re.search(r"\d+ passed", done.stdout)


SURROGATE = '''
def _lorentzian(z):
    return 1 / (1 + (2 * z) ** 2)


def _lorentzian_formula():
    return _lorentzian(_formulas.Z)


def cauchy(width: float = 0.1, height: float = 1.0) -> Surrogate:
    r"""Lorentzian: :math:`g = 1 / (1 + (2x/\\text{width})^2)`.

    >>> cauchy(width=1.0).derivative(torch.tensor([0.0, 0.5]))
    tensor([1.0000, 0.5000])
    """
    shape, formula = _lorentzian, _lorentzian_formula
    return Surrogate("Cauchy", shape, formula, math.pi / 2, width, height, "here")


'''


def test_a_ninth_surrogate(copy):
    families = copy / "snnbook/surrogates/_families.py"
    insert(families, "#: Every family at its default width", SURROGATE.lstrip("\n"))
    insert(families, "            boxcar(),\n", "            cauchy(),\n")
    insert(
        copy / "snnbook/surrogates/__init__.py",
        "    boxcar as boxcar,\n",
        "    cauchy as cauchy,\n",
    )
    green(
        copy,
        "tests/surrogates",
        "tests/inputs",
        "tests/chapters/test_chapter_05.py",
        "tests/conclusions",
        "tests/plotting",
        "tests/book/test_api_page.py",
        only="surrogate or table or api_page or chapter_05 or conclusions or plotting",
    )


RULE = '''"""A toy rule: the exact gradient of the readout, and half of the hidden layers'."""

from snnbook.gradients import Gradients, bptt


def tempered(network, spikes, error) -> Gradients:
    """Return the gradient by BPTT, halved in the hidden layers.

    >>> tempered.__name__
    'tempered'
    """
    exact = bptt(network, spikes, error)
    return {name: g if name.startswith("readout") else g / 2 for name, g in exact.items()}
'''
ENTRY = """        "tempered": Rule(
            label="a toy", function=tempered, drops="half of it", section="V", chapter="6a"
        ),
"""


def test_a_toy_rule(copy):
    (copy / "snnbook/local/_tempered.py").write_text(RULE)
    door = "from snnbook.local._tempered import tempered as tempered\n"
    insert(copy / "snnbook/local/__init__.py", "from snnbook.local._local_errors import", door)
    rules = copy / "snnbook/laboratory/_rules.py"
    insert(rules, "    local_errors,\n    ostl_gathered,\n", "    tempered,\n")
    insert(rules, '        "local_errors": Rule(\n', ENTRY)
    green(
        copy,
        "tests/laboratory/test_agreement.py",
        "tests/inputs",
        "tests/chapters/test_chapter_06e.py",
        "tests/conclusions",
        "tests/explore/test_frames.py",
        "tests/book/test_api_page.py",
        "tests/test_house.py",
        only="agreement or local or table or chapter_06e or conclusions or api_page or house",
    )


EXERCISE = """

@number(
    "07-{number}",
    right="Four, by counting.",
    hints=("What does a square look like?", "Count its vertices."),
)
def toy():
    return float(len([(x, y) for x in (0, 1) for y in (0, 1)])), {{
        "That is a triangle.": 3.0,
    }}
"""


def test_a_toy_exercise(copy):
    module, path = copy / "snnbook/exercises/_ch07.py", copy / "book/07-conclusion.ipynb"
    number = 1 + max(int(n) for n in re.findall(r'"07-(\d+)"', module.read_text()))
    source = module.read_text()
    if "number" not in re.findall(r"_records import (.*)", source)[0]:
        source = re.sub(r"(_records import )", r"\1number, ", source)
    module.write_text(source.rstrip("\n") + "\n" + EXERCISE.format(number=number))
    notebook = json.loads(path.read_text())
    at = 1 + max(
        index
        for index, cell in enumerate(notebook["cells"])
        if any(tag.startswith("solution-07-") for tag in cell["metadata"].get("tags", []))
    )
    id = f"07-{number}"
    prompt = f"(ex-{id})=\n**{id} A toy** (by head)\n\nHow many corners has a square?"
    notebook["cells"][at:at] = [
        cell("markdown", prompt, f"prompt-{id}"),
        cell("code", f'answer = ...\ncheck("{id}", answer)', f"exercise-{id}"),
        cell("code", f'check("{id}", 2 + 2)', f"solution-{id}", "hide-cell"),
    ]
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    tests = ("catalog", "hints", "text", "judging", "diagnoses", "quizzes", "page", "pairs", "show")
    files = [f"tests/exercises/test_{name}.py" for name in tests]
    green(copy, *files, "tests/book/test_exercises_in_book.py")


def cell(kind: str, source: str, *tags: str) -> dict:
    made = {"cell_type": kind, "id": tags[0], "metadata": {"tags": list(tags)}, "source": source}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})
