"""The house: one question a room, one idea a file, each public name listed once."""

from __future__ import annotations

import ast
import importlib
import json
from pathlib import Path

import pytest

import snnbook

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "snnbook"
FOLDERS = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file())
ROOMS = [name for name in FOLDERS if not name.startswith("_")]  # the others are the package's own

#: The floors, from the ground up: a room imports only from rooms before it.
FLOORS = (
    ("surrogates", "results", "notebook"),
    ("kernels",),
    ("neurons",),
    ("layers",),
    ("data", "readers", "signals", "training"),
    ("gradients", "export"),
    ("smoothed", "spike_times", "parallel", "counting"),
    ("local",),
    ("laboratory",),
    ("conclusions",),
    ("plotting",),
    ("explore",),
    ("exercises",),
)
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
SIDE_BY_SIDE = {("training", "data")}  # (room, another room of its floor) that it may import


def imports(source: str) -> list[tuple[str, str]]:
    """Return (module, name) of every import from the package, those inside of functions too."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "snnbook":
            found += [(node.module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(a.name, "") for a in node.names if a.name.split(".")[0] == "snnbook"]
    return found


def rooms_of(module: str, name: str) -> str | None:
    """Return the room that an import leads to; None for the package's own helpers."""
    parts = module.split(".")
    room = parts[1] if len(parts) > 1 else name
    return room if room in FLOOR else None


def door(room: str) -> ast.Module:
    return ast.parse((PACKAGE / room / "__init__.py").read_text())


def listed(room: str) -> list[str]:
    """Return the names that a door imports for the reader."""
    return [
        alias.asname
        for node in door(room).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    ]


def test_every_room_has_its_floor():
    assert set(snnbook.__all__) == set(FLOOR) == {*ROOMS, "notebook"}


@pytest.mark.parametrize("room", FOLDERS)
def test_modules_are_private_and_bear_no_public_name(room):
    modules = [path.stem for path in (PACKAGE / room).glob("*.py") if path.stem != "__init__"]
    assert modules and all(name.startswith("_") for name in modules), modules
    folders = [path for path in (PACKAGE / room).iterdir() if (path / "__init__.py").is_file()]
    assert not folders, "a room has no rooms inside"


@pytest.mark.parametrize("room", FOLDERS)
def test_other_rooms_are_entered_by_their_doors(room):
    for path in (PACKAGE / room).glob("*.py"):
        for module, name in imports(path.read_text()):
            home = rooms_of(module, name)
            assert home in (None, room) or module.count(".") < 2, (path.name, module)


@pytest.mark.parametrize("room", FOLDERS)
def test_a_door_lists_each_name_once(room):
    names = listed(room)
    assert names and len(names) == len(set(names))
    for node in door(room).body:
        if isinstance(node, ast.ImportFrom) and any(alias.asname for alias in node.names):
            assert node.module.startswith(f"snnbook.{room}._"), node.module
            assert all(alias.asname == alias.name for alias in node.names), node.module
    assert "__all__" not in (PACKAGE / room / "__init__.py").read_text()


@pytest.mark.parametrize("room", FOLDERS)
def test_a_name_stands_where_it_is_defined(room):
    """No facade: what a door lists is defined in the file that it names."""
    for node in door(room).body:
        if not isinstance(node, ast.ImportFrom):
            continue
        module = importlib.import_module(node.module)
        for alias in node.names:
            value = getattr(module, alias.name)
            home = getattr(value, "__module__", None)
            if alias.asname and isinstance(home, str) and home.startswith("snnbook."):
                if callable(value) and hasattr(value, "__name__"):
                    assert home == node.module, (alias.name, home)


def test_no_public_name_stands_in_two_rooms():
    homes: dict[str, list[str]] = {}
    for room in FOLDERS:
        for name in listed(room):
            homes.setdefault(name, []).append(room)
    assert not {name: rooms for name, rooms in homes.items() if len(rooms) > 1}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_arrows_point_down(path):
    here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if here not in FLOOR:
        if here == "_validate":  # below every floor
            rooms = [rooms_of(*found) for found in imports(path.read_text())]
            assert not any(rooms), rooms
        return
    for module, name in imports(path.read_text()):
        room = rooms_of(module, name)
        if room in (None, here) or room == "notebook":
            continue
        lower = FLOOR[room] < FLOOR[here] or (here, room) in SIDE_BY_SIDE
        assert lower, f"{here} imports {room}, which stands above or beside it"


def outside() -> list[tuple[str, str]]:
    """Return (name, source) of all code outside of the package."""
    found = [
        (str(path.relative_to(ROOT)), path.read_text())
        for folder in ("tests", "experiments", "benchmarks", "scripts")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        cells = json.loads(path.read_text())["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        found.append((f"book/{path.name}", "\n".join(code)))
    return found


@pytest.mark.parametrize("name, source", outside(), ids=[name for name, _ in outside()])
def test_no_deep_import_outside_of_the_package(name, source):
    """Only a test of a room may open that room's files."""
    own = name.split("/")[1] if name.startswith("tests/") and name.count("/") > 1 else ""
    for module, one in imports(source):
        private = module.count(".") > 1 or (module.count(".") == 1 and one.startswith("_"))
        if private and module.split(".")[1] != "_validate":
            assert module.split(".")[1] == own, f"{name}: from {module} import {one}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_a_file_has_at_most_300_lines(path):
    lines = len(path.read_text().splitlines())
    limit = LONG.get(path.relative_to(PACKAGE).as_posix(), 300)
    assert lines <= limit, f"{lines} lines: two ideas?"


#: Files that are longer, each with its reason.
LONG: dict[str, int] = {}
