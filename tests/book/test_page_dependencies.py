"""A page's key changes with what the page depends on, and with nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from check_site import ROOT
from code_names import canonical
from import_effects import acts
from package_code import read_package
from page_dependencies import cells, dependencies
from page_walk import chapter_of

# A package in the manner of ours: rooms with doors, results, exercises by chapter.
TOY = {
    "requirements.txt": "# pins\ntorch==1\n",
    "snnbook/__init__.py": '"""The package."""\n',
    "snnbook/neurons/__init__.py": (
        "from snnbook.neurons._lif import step, threshold\n"
        "from snnbook.neurons._noise import jitter\n"
    ),
    "snnbook/neurons/_lif.py": (
        "from snnbook.kernels import fast\n\n\ndef step(x):\n"
        '    """Return the next state."""\n    return fast(x)\n\n\nthreshold = 1\n'
    ),
    "snnbook/neurons/_noise.py": "def jitter(x):\n    return x + 1\n",
    "snnbook/kernels/__init__.py": (
        "def fast(x):\n    from snnbook.kernels import _slow\n\n    return _slow.slow(x)\n"
    ),
    "snnbook/kernels/_slow.py": "def slow(x):\n    return x\n",
    "snnbook/explore/__init__.py": (
        "from snnbook.explore._lif import lif\nfrom snnbook.explore._xor import xor\n\n"
        'EXPLORERS = {"lif": lif, "xor": xor}\n'
    ),
    "snnbook/explore/_lif.py": "def lif():\n    return 1\n",
    "snnbook/explore/_xor.py": (
        'from snnbook import results\n\nNAMES = {"a": "xor_a", "b": "xor_b"}\n\n\n'
        "def xor(name):\n    return results.load(NAMES[name])\n"
    ),
    "snnbook/explore/explorer.js": "draw();\n",
    "snnbook/results/__init__.py": "def load(name):\n    return name\n",
    "snnbook/results/one.json": "1",
    "snnbook/results/two.json": "2",
    "snnbook/results/xor_a.json": "3",
    "snnbook/results/xor_b.json": "4",
    "snnbook/exercises/__init__.py": (
        "from snnbook.exercises import _ch02, _ch03\n"
        "from snnbook.exercises._grade import grade, mystery\n\n"
        "CHAPTERS = (_ch02, _ch03)\n\n\n"
        "def check(id, answer):\n    return grade(CHAPTERS, id, answer)\n\n\n"
        "def quiz(chapter):\n    return (CHAPTERS, chapter)\n"
    ),
    "snnbook/exercises/_grade.py": (
        "def grade(*a):\n    return a\n\n\ndef mystery(n):\n    return n\n"
    ),
    "snnbook/exercises/_ch02.py": "def decay():\n    return 1\n",
    "snnbook/exercises/_ch03.py": "def blame():\n    return 2\n",
    "snnbook/exercises/quiz_02.md": "# Why?\n",
    "snnbook/exercises/quiz_03.md": "# How?\n",
}
PAGES = {
    "step": "from snnbook.neurons import step\nstep(1)",
    "door": "from snnbook import neurons\nneurons.threshold",
    "value": "from snnbook import neurons\nprint(neurons)",
    "one": "from snnbook import results\nresults.load('one')",
    "computed": "from snnbook import results\nfor n in 'ab':\n    results.load(n)",
    "pattern": "from snnbook.results import load\nfor n in 'ab':\n    load(f'xor_{n}')",
    "slider": "from snnbook import explore\nexplore.lif()",
    "xor": "from snnbook.explore import xor\nxor('a')",
    "all": "import snnbook.explore\nsnnbook.explore.EXPLORERS['lif']()",
    "second": "from snnbook.exercises import check\ncheck('02-1', ...)",
    "third": "from snnbook import exercises\nexercises.quiz('03')",
    "loop": "from snnbook.exercises import check\nfor i in '02-1', '03-1':\n    check(i, 1)",
    "mystery": "from snnbook.exercises import mystery\nmystery(3)",
    "plain": "import math\nmath.pi",
}


@pytest.fixture
def toy(tmp_path) -> Path:
    for name, text in TOY.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def keys(root: Path) -> dict[str, str]:
    package = read_package(root)
    return {name: dependencies(package, (code,)).key for name, code in PAGES.items()}


def changed(root: Path, edits: dict[str, str]) -> set[str]:
    """Return the pages whose keys change when files are written anew."""
    before = keys(root)
    for file, text in edits.items():
        (root / file).write_text(text)
    after = keys(root)
    return {name for name in PAGES if before[name] != after[name]}


@pytest.mark.parametrize(
    ("file", "pages"),
    [
        ("neurons/_lif.py", {"step", "door", "value"}),
        ("neurons/_noise.py", {"value"}),
        ("kernels/_slow.py", {"step", "door", "value"}),
        ("explore/_lif.py", {"slider", "all"}),
        ("explore/_xor.py", {"xor", "all"}),
        ("exercises/_ch02.py", {"second", "loop"}),
        ("exercises/_ch03.py", {"third", "loop"}),
        ("exercises/_grade.py", {"second", "loop", "mystery"}),
        ("results/__init__.py", {"one", "computed", "pattern", "xor", "all"}),
    ],
)
def test_an_edit_of_a_module_reaches_the_pages_that_use_it(toy, file, pages):
    file = f"snnbook/{file}"
    # One more statement that every function of the module could depend on.
    edited = TOY[file].replace("return", "x = 0\n    return")
    assert changed(toy, {file: edited}) == pages


@pytest.mark.parametrize(
    ("file", "pages"),
    [
        ("results/one.json", {"one", "computed"}),
        ("results/two.json", {"computed"}),
        ("results/xor_b.json", {"computed", "pattern", "xor", "all"}),
        ("explore/explorer.js", {"slider", "xor", "all"}),
        ("exercises/quiz_02.md", {"second", "loop"}),
        ("exercises/quiz_03.md", {"third", "loop"}),
    ],
)
def test_an_edit_of_a_data_file_reaches_the_pages_that_load_it(toy, file, pages):
    assert changed(toy, {f"snnbook/{file}": "5"}) == pages


def test_docstrings_and_comments_and_pages_text_change_no_key(toy):
    file = "snnbook/neurons/_lif.py"
    edited = TOY[file].replace("Return the next state.", "Step.").replace("1\n", "1  # mV\n")
    assert edited != TOY[file] and changed(toy, {file: edited}) == set()


def test_a_new_name_behind_a_door_changes_no_key(toy):
    edits = {
        "snnbook/neurons/_new.py": "def new():\n    return 0\n",
        "snnbook/neurons/__init__.py": TOY["snnbook/neurons/__init__.py"]
        + "from snnbook.neurons._new import new\n",
    }
    assert changed(toy, edits) == {"value"}


def test_another_home_of_a_name_changes_the_key(toy):
    door = TOY["snnbook/neurons/__init__.py"].replace("_noise import jitter", "_lif import jitter")
    moved = TOY["snnbook/neurons/_lif.py"] + TOY["snnbook/neurons/_noise.py"]
    edits = {"snnbook/neurons/__init__.py": door, "snnbook/neurons/_lif.py": moved}
    assert changed(toy, edits) == {"step", "door", "value"}


@pytest.mark.parametrize(("text", "count"), [("# Pins\ntorch==1\n", 0), ("torch==2\n", len(PAGES))])
def test_pins_are_part_of_every_key(toy, text, count):
    assert len(changed(toy, {"requirements.txt": text})) == count


def test_a_module_that_acts_on_import_counts_for_whoever_imports_it(toy):
    assert changed(toy, {"snnbook/neurons/_noise.py": "import math\n\nmath.tau = 6\n"}) == {
        *("step", "door", "value")
    }
    grown = {
        "snnbook/neurons/_noise.py": "from snnbook.neurons._lif import add\n\njitter = add(1)\n",
        "snnbook/neurons/_lif.py": TOY["snnbook/neurons/_lif.py"]
        + "ALL = []\n\n\ndef add(x):\n    ALL.append(x)\n",
    }
    changed(toy, grown)
    edit = {"snnbook/neurons/_noise.py": grown["snnbook/neurons/_noise.py"].replace("1", "2")}
    assert changed(toy, edit) == {"step", "door", "value"}


@pytest.mark.parametrize(
    ("code", "does"),
    [
        ("import math\nX = {1: 2}\nX |= {3: 4}\nY, (Z, W) = 1, (2, 3)\nV: int = 1", False),
        ("class A:\n    x = print\n\n\ndef f():\n    print(1)", False),
        ("from snnbook.neurons import TABLE\nTABLE |= {3: 4}", True),
        ("X = math.table\nX |= {3: 4}", True),
        ("X = {}\nX[1] = 2", True),
        ("print(1)", True),
        ("for x in range(3):\n    pass", True),
        ("try:\n    import h5py\nexcept ImportError:\n    h5py = None", True),
    ],
)
def test_a_module_acts_if_its_import_does_more_than_define(code, does):
    assert acts(ast.parse(code)) is does


@pytest.mark.parametrize(
    "code",
    [
        "import importlib\nimportlib.import_module(name)",
        "exec('from snnbook import ' + name)",
        "%run other.py",
        "import sys\nsys.modules[name]",
        "from snnbook import missing\nmissing()",
        "import snnbook\nvars(snnbook)",
    ],
)
def test_what_cannot_be_told_depends_on_every_module(toy, code):
    package = read_package(toy)
    assert set(dependencies(package, (code,)).modules) == set(package.codes)


def test_an_import_by_a_pattern_of_names_depends_on_what_fits(toy):
    code = "from importlib import import_module\nimport_module(f'snnbook.neurons._{name}')"
    found = dependencies(read_package(toy), (code,)).modules
    assert {"snnbook.neurons._lif", "snnbook.neurons._noise"} <= set(found)
    assert "snnbook.explore._lif" not in found


def test_a_registry_that_imports_chapters_by_number_serves_each_page_its_own(toy):
    door = (
        "from importlib import import_module\n\n\ndef check(id, answer):\n"
        "    return import_module(f'snnbook.exercises._ch{id[:2]}')\n"
    )
    (toy / "snnbook/exercises/__init__.py").write_text(door)
    package = read_package(toy)
    second = dependencies(package, (PAGES["second"],))
    assert {*second.modules} == {"snnbook.exercises", "snnbook.exercises._ch02"}
    assert "snnbook/exercises/quiz_02.md" in second.files
    assert "snnbook.exercises._ch03" in dependencies(package, (PAGES["loop"],)).modules


def test_who_reads_docstrings_depends_on_them(toy):
    code = "from snnbook.neurons import step\nprint(step.__doc__)"
    before = dependencies(read_package(toy), (code,)).key
    edited = TOY["snnbook/neurons/_lif.py"].replace("next state", "state after")
    (toy / "snnbook/neurons/_lif.py").write_text(edited)
    assert dependencies(read_package(toy), (code,)).key != before


def test_a_file_that_the_page_names_is_part_of_its_key(toy):
    (toy / "book").mkdir()
    (toy / "book" / "table.csv").write_text("1")
    found = dependencies(read_package(toy), ("open('table.csv')",)).files
    assert "book/table.csv" in found


def test_the_key_does_not_depend_on_the_place(toy, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere")
    for name, text in TOY.items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_text(text)
    assert keys(toy) == keys(other)


def test_the_canonical_form_sees_code_and_not_its_looks():
    one = ast.parse('def f(x):\n    """Twice."""\n    return 2 * x\n')
    two = ast.parse("def f(x):  # twice\n    return (2 * x)\n")
    three = ast.parse("def f(x):\n    return 2.0 * x\n")
    assert canonical(one) == canonical(two) != canonical(three)


@pytest.mark.parametrize(
    ("place", "chapter"),
    [
        ("snnbook.exercises._ch04b", "04b"),
        ("snnbook.exercises._ch02_functions", "02"),
        ("snnbook/exercises/quiz_06c.md", "06c"),
        ("snnbook/exercises/quizzes/07.md", "07"),
        ("snnbook.exercises._grade", None),
        ("snnbook.exercises", None),
    ],
)
def test_chapter_of_a_file(place, chapter):
    assert chapter_of(place) == chapter


def test_no_page_of_the_book_depends_on_the_whole_package():
    package = read_package(ROOT)
    why = {
        path.stem: dependencies(package, tuple(cells(path.read_text()))).everything
        for path in (ROOT / "book").glob("*.ipynb")
    }
    assert len(why) > 10 and not {name: text for name, text in why.items() if text}
