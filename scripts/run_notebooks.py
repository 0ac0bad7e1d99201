"""Run solution notebooks as a reader does who has the wheel alone.

Usage: python scripts/run_notebooks.py _build/notebooks/solutions [NAME ...]

The wheel is built from a copy of the sources and installed into an environment of its own, which
sees the libraries of this one, but not the source tree. Each notebook is copied into an empty
folder, and all of its cells run there, from the first to the last.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("snnbook", "pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT")
RUN = """
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(book, timeout=None, kernel_name="python3").execute()
nbformat.write(book, sys.argv[2])
"""


def build_wheel(folder: Path) -> Path:
    """Build the package's wheel from a copy of its sources into a folder."""
    copy = folder / "sources"
    for name in SOURCES:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", folder, copy], check=True)
    return next(folder.glob("*.whl"))


def make_environment(folder: Path, wheel: Path) -> Path:
    """Make an environment with the wheel and with this one's libraries; return its Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    libraries = Path(sysconfig.get_path("purelib"))
    own = next(folder.glob("lib/python3*/site-packages"), folder / "Lib" / "site-packages")
    # A .pth file in the other environment is not read, so an editable install there stays away.
    (own / "libraries.pth").write_text(f"{libraries}\n")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", own, wheel], check=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run_notebook(python: Path, notebook: Path, folder: Path) -> Path:
    """Run all cells of a notebook in an empty folder; return the notebook with its outputs."""
    folder.mkdir(parents=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    own, done = folder / notebook.name, folder / f"done-{notebook.name}"
    shutil.copy2(notebook, own)
    command = [python, "-c", RUN, own.name, done.name]
    found = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if found.returncode:
        raise RuntimeError(f"{notebook.name} does not run:\n{found.stderr[-3000:]}")
    return done


def main(folder: str, *names: str) -> int:
    """Run the notebooks of a folder, or some of them; return how many failed."""
    found = sorted(Path(folder).glob("*.ipynb"))
    notebooks = [path for path in found if not names or path.stem in names]
    if not notebooks:
        print(f"no notebook in {folder}: run `make notebooks` first")
        return 1
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        python = make_environment(Path(place) / "env", build_wheel(Path(place) / "wheel"))
        for path in notebooks:
            start = time.perf_counter()
            try:
                run_notebook(python, path, Path(place) / path.stem)
                word = "ran"
            except RuntimeError as problem:
                failed += 1
                word = str(problem)
            print(f"{path.stem}: {word} ({time.perf_counter() - start:.0f} s)", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or [str(ROOT / "_build" / "notebooks" / "solutions")])))
