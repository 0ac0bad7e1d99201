"""The types of the package, as a reader's editor and type checker see them."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import snnbook

ROOT = Path(__file__).resolve().parents[2]
READER = Path(__file__).with_name("reader.py")
ROOMS = [name for name in snnbook.__all__ if name != "notebook"]
#: Operators and hooks of classes have types by convention; these are called with arguments.
CALLED = ("__init__", "__call__")


def public(room: str):
    """Yield the name and the function of every public function and method of a room."""
    for name, value in vars(import_module(f"snnbook.{room}")).items():
        home = getattr(value, "__module__", None) or ""
        if name.startswith("_") or not home.startswith("snnbook."):
            continue
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            for own, method in vars(value).items():
                written = inspect.isfunction(method) and method.__module__.startswith("snnbook.")
                if written and (own in CALLED or not own.startswith("_")):
                    yield f"{name}.{own}", method


def untyped(function) -> list[str]:
    """Return the parameters of a function that have no type, and "return" where that has none."""
    found = inspect.signature(function)
    bare = [
        name
        for name, one in found.parameters.items()
        if one.annotation is one.empty and name not in ("self", "cls", "ctx")
    ]
    made = function.__name__ == "__init__" or found.return_annotation is not found.empty
    return bare if made else [*bare, "return"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_signature_is_complete(room):
    entries = dict(public(room))
    assert {name: untyped(one) for name, one in entries.items() if untyped(one)} == {}
    assert entries or room == "results"


def test_a_bare_parameter_is_seen():
    def half(x, y: int = 0):
        return x + y

    assert untyped(half) == ["x", "return"]


def mypy(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent"]
    command += ["--ignore-missing-imports", "--config-file=", f"--cache-dir={folder}"]
    environment = os.environ | {"MYPYPATH": str(ROOT)}
    command += arguments
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)


def test_the_program_of_a_reader_is_accepted_and_its_mistakes_are_not(tmp_path):
    """The second file has one mistake in each line after the first two."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "import torch\nfrom snnbook import data, neurons\n"
        "neurons.LIFNeuron(tau_mem='slow')\n"
        "neurons.LIFNeuron(tau_men=10e-3)\n"
        "data.latency_code(torch.zeros(2, 3), steps=20).reach\n"
        "x: int = neurons.LIFNeuron().beta\n"
    )
    done = mypy(tmp_path, str(READER), str(wrong))
    lines = [line for line in done.stdout.splitlines() if " error: " in line]
    assert [line.split(":")[:2] for line in lines] == [
        [wrong.name, str(number)] for number in (3, 4, 5, 6)
    ], done.stdout + done.stderr


def test_the_program_of_a_reader_runs():
    source = READER.read_text(encoding="utf-8")
    exec(compile(source, READER.name, "exec"), {"__name__": "reader"})
