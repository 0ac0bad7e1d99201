"""Install the wheel into clean environments, and use it from another folder.

python scripts/try_wheel.py _build/dist/snnbook-0.1.0-py3-none-any.whl
python scripts/try_wheel.py WHEEL --python python3.12 --python /path/to/python3.13

With the Python that runs this, several environments are tried without the network: one with
PyTorch alone, where networks must train; one with what the wheel asks for; and one with each of its
extras. Each holds links to the libraries of this Python that pip would have installed, and no
other. Without ``--python``, every other Python 3.11 to 3.14 that is found here, on the path and
among pyenv's, gets an environment into which pip installs what the wheel asks for.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
#: All that a network needs to be trained.
BARE = ("torch", "numpy", "scipy", "tqdm")

#: Training where nothing else is installed, and what is said about a library that is missing.
TRAIN = """
import sys, warnings
import snnbook, torch
assert snnbook.__file__.startswith(sys.prefix), f"not the wheel: {snnbook.__file__}"
from snnbook import data, neurons, surrogates, training
warnings.simplefilter("ignore", RuntimeWarning)
generator = torch.Generator().manual_seed(0)
labels = torch.arange(200) % 4
values = (torch.eye(4)[labels].repeat(1, 3) + 0.3 * torch.rand(200, 12, generator=generator)) / 1.3
neuron = neurons.LIFNeuron(surrogate=surrogates.fast_sigmoid(width=1.0))
model = neurons.SpikingNetwork((12, 20, 4), neuron=neuron, generator=generator)
def encode(values):
    return data.latency_code(values, steps=30, tau=30e-3)
training.fit(model, values, labels, encode=encode, epochs=20, batch_size=20, lr=1e-2,
             generator=generator, progress=False)
share = training.accuracy(model, values, labels, encode=encode)
assert share.value > 0.8, share
try:
    data.digits()
except ModuleNotFoundError as error:
    assert "pip install scikit-learn" in str(error), error
else:
    raise AssertionError("this environment is not bare")
assert not {"numba", "sklearn", "matplotlib", "ipywidgets"} & set(sys.modules)
print("trains:", share)
"""

#: What somebody does who has just installed the package. It runs in an empty folder.
SMOKE = """
import json, sys, warnings
from pathlib import Path
import snnbook
assert Path(snnbook.__file__).is_relative_to(sys.prefix), f"not the wheel: {snnbook.__file__}"
assert (Path(snnbook.__file__).parent / "py.typed").is_file(), "no py.typed"
for room in snnbook.__all__:
    getattr(snnbook, room)
import torch
from snnbook import data, exercises, explore, neurons, results, training
generator = torch.Generator().manual_seed(0)
digits = data.digits()
def encode(images):
    return data.latency_code(images, steps=30, tau=30e-3)
model = neurons.SpikingNetwork((64, 50, 10), generator=generator)
training.fit(model, digits.train_inputs, digits.train_labels, encode=encode, epochs=4,
             batch_size=32, lr=5e-3, generator=generator, progress=False)
share = training.accuracy(model, digits.test_inputs, digits.test_labels, encode=encode)
assert share.value > 0.6, share
assert results.available() and exercises.quiz("02") and explore.EXPLORERS
assert "<script" in explore.lif()._repr_html_()
print("network, data files, quiz and explorer work:", share)
"""


def find_pythons() -> list[str]:
    """Return one Python of each accepted version that is here and starts."""
    places = [Path(one) for one in os.environ.get("PATH", "").split(os.pathsep) if one]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = []
    for version in VERSIONS:
        inside = sorted(pyenv.glob(f"{version}.*/bin")) if pyenv.is_dir() else []
        for path in (folder / f"python{version}" for folder in [*places, *inside]):
            if path.is_file() and version_of(str(path)) == version:
                found.append(str(path))
                break
    return found


def version_of(python: str) -> str:
    """Return "3.12" for a Python that starts, and an empty text for one that does not."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def call(command: list[str], folder: Path) -> tuple[int, str]:
    """Run a command in a folder, away from this repository; return its status and what it said."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"PYTHONNOUSERSITE": "1", "NUMBA_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def needs_of(wheel: Path) -> tuple[list[str], list[str]]:
    """Return what a wheel asks for, as it is written there, and the names of its extras."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    return metadata.get_all("Requires-Dist") or [], metadata.get_all("Provides-Extra") or []


def closure(needs: Iterable[str], extra: str = "") -> list[str]:
    """Return the packages here that pip would install for these needs, with all that they need."""
    found: set[tuple[str, str]] = set()
    waiting = [(Requirement(need), extra) for need in needs]
    while waiting:
        need, given = waiting.pop()
        name = re.sub(r"[-_.]+", "-", need.name).lower()
        if need.marker and not need.marker.evaluate({"extra": given}):
            continue
        for one in {(name, part) for part in ("", *need.extras)} - found:
            found.add(one)
            waiting += [(Requirement(line), one[1]) for line in distribution(name).requires or []]
    return sorted({name for name, _ in found})


def link(names: Iterable[str], folder: Path) -> None:
    """Make links to the files of these packages in another folder of packages."""
    for name in names:
        package = distribution(name)
        for top in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            target = folder / top
            if not target.exists():
                target.symlink_to(package.locate_file(top))


def environment(python: str, folder: Path) -> tuple[str, Path]:
    """Make an empty environment; return its Python and its folder of packages."""
    status, said = call([python, "-m", "venv", str(folder / "env")], folder)
    if status:
        raise OSError(f"no environment: {said[-300:]}")
    scripts = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    inside = str(scripts / ("python.exe" if os.name == "nt" else "python"))
    return inside, Path(
        call([inside, "-c", "import site; print(site.getsitepackages()[0])"], folder)[1]
    )


def attempt(
    python: str,
    asked: list[str],
    linked: Iterable[str] = (),
    commands: Iterable[list[str]] = (["-c", SMOKE], ["-m", "snnbook"], ["-m", "snnbook", "doctor"]),
) -> tuple[bool, str]:
    """Install what is asked into an environment with these packages, use it, say how that went."""
    if not version_of(python):
        return False, f"{python} does not start"
    with tempfile.TemporaryDirectory(prefix="snnbook-wheel-") as made:
        folder = Path(made)
        try:
            inside, packages = environment(python, folder)
        except OSError as error:
            return False, str(error)
        link(linked, packages)
        status, said = call([inside, "-m", "pip", "install", "-q", *asked], folder)
        if status:
            return False, f"cannot be installed: {said[-500:]}"
        away = folder / "away"
        away.mkdir()
        for command in commands:
            status, said = call([inside, *command], away)
            if status:
                return False, f"{' '.join(command)[:40]!r}: {said[-800:]}"
        return True, "installed and used from another folder"


def try_here(wheel: Path) -> Iterator[tuple[str, bool, str]]:
    """Try the environments of this Python, which need no network: (what, passed, what was said)."""
    needs, extras = needs_of(wheel)
    bare = ["--no-deps", str(wheel)]
    yield "PyTorch alone", *attempt(sys.executable, bare, closure(BARE), [["-c", TRAIN]])
    asked = ["--no-index", str(wheel)]
    yield "what the wheel asks for", *attempt(sys.executable, asked, closure(needs))
    for extra in extras:
        asked = ["--no-index", f"{wheel}[{extra}]"]
        commands = [["-m", "pip", "check"], ["-m", "snnbook"]]
        yield (
            f"extra {extra!r}",
            *attempt(sys.executable, asked, closure(needs, extra), commands),
        )


def main() -> int:
    """Try every environment, and return 1 if one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--python", action="append", help="another Python to try, with the network")
    asked = parser.parse_args()
    if not asked.wheel.is_file():
        print(f"[dist] there is no {asked.wheel}; 'make dist' makes it")
        return 1
    wheel = asked.wheel.resolve()
    fine = True
    for what, passed, said in try_here(wheel):
        fine = report(f"Python {HERE}, {what}", passed, said) and fine
    others = [one for one in asked.python or find_pythons() if version_of(one) != HERE]
    for python in others:
        passed, said = attempt(python, [str(wheel)])
        fine = report(f"Python {version_of(python) or python}", passed, said) and fine
    absent = set(VERSIONS) - {HERE} - {version_of(python) for python in others}
    if absent and not asked.python:
        print(f"[dist] not tried, because not on this machine: {', '.join(sorted(absent))}")
    return int(not fine)


def report(what: str, passed: bool, said: str) -> bool:
    """Print one line of an environment, and return whether it passed."""
    print(f"[dist] {what} {'passed' if passed else 'FAILED'}: {said}", flush=True)
    return passed


if __name__ == "__main__":
    sys.exit(main())
