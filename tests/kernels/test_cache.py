"""Compiled code on disk: it knows its sources, it may be missing, and who waits is told."""

import ast
import inspect
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

import snnbook
import snnbook.spike_times
from snnbook.kernels import _layer

PACKAGE = Path(snnbook.__file__).parent

#: A package of two files: one compiled function calls that of the other file.
INNER = "from snnbook._compile import compiled\n\n@compiled()\ndef inner(x):\n    return x + {}\n"
OUTER = """
from snnbook._compile import compiled
from toy.inner import inner

@compiled(nogil=True)
def outer(x):
    return 2 * inner(x)
"""
ASK = "from toy.outer import outer; print(outer(1.0))"
WATCHED = "import sys; sys.stderr.isatty = lambda: True; " + ASK

#: What a layer makes of one spike: W, looked up by ``gather`` out of ``_one_call.forward``.
LAYER = """
import torch
from snnbook.kernels import Events, run_layer
from snnbook.neurons import LIFNeuron
events = Events.from_lists([0], [0], [1], (4, 1, 30))
with torch.no_grad():
    print(run_layer(LIFNeuron(), events, torch.ones(9, 30)).syn[1, 0, 0].item())
"""


def python(code, path, **environment):
    """Run code in a process of its own and return it, with what it printed."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    kept |= {"PYTHONPATH": f"{path}{os.pathsep}{PACKAGE.parent}", **environment}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=kept, cwd=path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def toy(tmp_path):
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "inner.py").write_text(INNER.format(1))
    (folder / "outer.py").write_text(OUTER)
    return folder


def stored(folder):
    return sorted(path.name for path in (folder / "__pycache__").glob("*.nb[ic]"))


def test_an_edit_of_a_called_function_is_seen_and_old_code_goes(toy):
    assert python(ASK, toy.parent).stdout == "4.0\n"
    first = stored(toy)
    assert python(ASK, toy.parent).stdout == "4.0\n"
    assert stored(toy) == first and len(first) == 4
    (toy / "inner.py").write_text(INNER.format(7))
    assert python(ASK, toy.parent).stdout == "16.0\n"
    second = stored(toy)
    assert len(second) == 4 and not set(first) & set(second)
    (toy / "inner.py").write_text(INNER.format(1))
    assert python(ASK, toy.parent).stdout == "4.0\n"
    assert stored(toy) == first


def test_a_damaged_file_is_compiled_again(toy):
    python(ASK, toy.parent)
    for path in (toy / "__pycache__").glob("*.nb[ic]"):
        path.write_bytes(path.read_bytes()[:20])
    assert python(ASK, toy.parent).stdout == "4.0\n"
    assert "compiling" not in python(WATCHED, toy.parent).stderr


def test_two_signatures_under_one_number_are_told_apart(toy):
    """As after two processes that compiled at once, and each took the first free number."""
    both = ASK + "; print(outer(1))"
    assert python(both, toy.parent).stdout == "4.0\n4\n"
    files = [path for path in sorted((toy / "__pycache__").glob("*.nbc")) if "outer" in path.name]
    first, second = (path.read_bytes() for path in files)
    files[0].write_bytes(second)
    files[1].write_bytes(first)
    assert python(both, toy.parent).stdout == "4.0\n4\n"


def test_one_line_tells_who_waits_and_nobody_else(toy):
    assert python(ASK, toy.parent).stderr == ""
    shutil.rmtree(toy / "__pycache__")
    assert python(WATCHED, toy.parent).stderr.count("compiling the time loops") == 1
    assert python(WATCHED, toy.parent).stderr == ""


#: Compiles a first time, then a second that lasts: a twentieth of a second is long here.
SLOWLY = """
import sys, time
sys.stderr.isatty = lambda: True
from snnbook import _compile
_compile._WAITING.PATIENCE, _compile._WAITING.PAUSE = 0.05, 0.0
from toy.outer import outer
outer(1.0)
outer(1)
"""


def test_a_later_code_is_announced_if_it_lasts(toy):
    said = python(SLOWLY, toy.parent).stderr.splitlines()
    assert len(said) == 2 and "compiling more of the time loops" in said[1]
    assert python(SLOWLY, toy.parent).stderr == ""
    shutil.rmtree(toy / "__pycache__")
    patient = SLOWLY.replace("PAUSE = 0.05", "PAUSE = 300.0")
    assert len(python(patient, toy.parent).stderr.splitlines()) == 1


def test_no_folder_can_be_written(toy, tmp_path):
    """A file where the folders would be: an administrator may write in any that is there."""
    (toy / "__pycache__").touch()
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "home")
    for environment in ({"HOME": nowhere}, {"HOME": nowhere, "NUMBA_CACHE_DIR": nowhere}):
        done = python(ASK, tmp_path, PYTHONDONTWRITEBYTECODE="1", **environment)
        assert done.stdout == "4.0\n"
        assert done.stderr.count("Compiled loops cannot be stored") == 1
        assert "NUMBA_CACHE_DIR" in done.stderr


def test_a_folder_that_vanishes_before_the_code_is_stored(toy, tmp_path):
    code = f"import toy.outer, shutil; p = {str(toy / '__pycache__')!r}; shutil.rmtree(p); "
    code += "open(p, 'w').close(); print(toy.outer.outer(1.0))"
    done = python(code, tmp_path, PYTHONDONTWRITEBYTECODE="1")
    assert done.stdout == "4.0\n" and done.stderr.count("Compiled loops cannot be stored") == 1


def test_an_edit_in_the_products_is_seen_by_a_layer(tmp_path):
    copy = tmp_path / "snnbook"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert python(LAYER, tmp_path).stdout == "1.0\n"
    products = copy / "kernels" / "_sparse.py"
    source = products.read_text()
    assert source.count("x[m] += w0[m]\n") == 1
    products.write_text(source.replace("x[m] += w0[m]\n", "x[m] += 5 * w0[m]\n"))
    assert python(LAYER, tmp_path).stdout == "5.0\n"


def compiled_functions():
    rooms = ("snnbook.kernels.", "snnbook.spike_times.")
    modules = [sys.modules[name] for name in sorted(sys.modules) if name.startswith(rooms)]
    found = [x for m in modules for x in vars(m).values() if isinstance(x, Dispatcher)]
    found += sys.modules["snnbook.spike_times._loops"].loops()
    return [x.py_func for x in {id(x): x for x in found}.values()]


def called(function, seen):
    """Collect a function and all that it calls by a name of its module."""
    if function in seen:
        return
    seen.add(function)
    for name in function.__code__.co_names:
        value = getattr(function.__globals__.get(name), "py_func", function.__globals__.get(name))
        if isinstance(value, types.FunctionType):
            called(value, seen)


def imported(function):
    """Return the modules of the package from which the names of a function come."""
    found = {}
    for node in ast.walk(ast.parse(inspect.getsource(inspect.getmodule(function)))):
        if isinstance(node, ast.ImportFrom):
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    used = (found.get(name, "") for name in function.__code__.co_names)
    return {name for name in used if name.startswith("snnbook.")}


def test_compiled_functions_use_nothing_outside_of_their_folder():
    """The hash that names stored code is that of the folder."""
    assert _layer and len(compiled_functions()) > 15
    seen = set()
    for function in compiled_functions():
        called(function, seen)
    for function in seen:
        room = function.__module__.rpartition(".")[0]
        assert all(name.startswith(room + ".") for name in imported(function)), function


def test_importing_loads_no_compiler():
    code = "import sys, snnbook.neurons, snnbook.training; print(*sys.modules)"
    modules = python(code, PACKAGE.parent).stdout.split()
    assert not {"torch._dynamo", "torch._inductor", "numba", "scipy"} & set(modules)
