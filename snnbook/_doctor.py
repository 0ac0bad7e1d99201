"""``python -m snnbook doctor``: does the book run on this machine, and what to do where not.

Each check is a function of what it looks at, so that a fault can be given to it. This file runs on
older Pythons too, since it is the one that says so.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from snnbook._requirements import requirements, trouble_of

#: What a Python must be, and the bytes of free memory that a chapter needs, and needs with ease.
OLDEST = (3, 11)
NEEDED, EASY = 1 * 2**30, 2 * 2**30


class Finding(NamedTuple):
    """What one check found: "pass", "note" or "fail"; and, unless it passed, what to do."""

    name: str
    state: str
    found: str
    advice: str = ""


def check_python(version=None) -> Finding:
    """Look whether this Python is new enough."""
    version = tuple((version or sys.version_info)[:3])
    found = ".".join(map(str, version))
    if version >= OLDEST:
        return Finding("Python", "pass", found)
    wanted = ".".join(map(str, OLDEST))
    advice = f"Install Python {wanted} or newer, and call it: python{wanted} -m snnbook doctor."
    return Finding("Python", "fail", f"{found}; {wanted} or newer is needed", advice)


def check_package(name: str, least: str) -> Finding:
    """Look whether a package is there, new enough, and can be imported."""
    found, problem = trouble_of(name, least)
    if not problem:
        return Finding(name, "pass", found)
    advice = f'{sys.executable} -m pip install "{name}>={least}"'
    if name == "numba":
        return Finding(name, "note", f"{problem}; the plain loops run in its place, slower", advice)
    return Finding(name, "fail", problem, advice)


def check_loop() -> Finding:
    """Run the compiled loop and the plain loop on the same input, and compare."""
    try:
        from snnbook._doctor_runs import compare_loops

        state, found = compare_loops()
    except Exception as error:
        return Finding("loops", "fail", _said(error), "Mend the packages above, then try again.")
    advice = {
        "pass": "",
        "note": "Install Numba to have the compiled loops.",
        "fail": f"{sys.executable} -m pip install --force-reinstall numba",
    }
    return Finding("loops", state, found, advice[state])


def check_plot() -> Finding:
    """Draw a figure into memory, without a window."""
    try:
        from snnbook._doctor_runs import draw

        return Finding("plot", "pass", draw())
    except Exception as error:
        advice = f"{sys.executable} -m pip install --force-reinstall matplotlib"
        return Finding("plot", "fail", _said(error), advice)


def check_widget() -> Finding:
    """Make a slider and move it; look for what shows it in JupyterLab."""
    try:
        from snnbook._doctor_runs import move_slider

        missing, found = move_slider()
    except Exception as error:
        advice = f"{sys.executable} -m pip install --force-reinstall ipywidgets"
        return Finding("widget", "fail", _said(error), advice)
    if not missing:
        return Finding("widget", "pass", found)
    advice = f"{sys.executable} -m pip install {' '.join(missing)}"
    return Finding("widget", "note", f"{found}; {' and '.join(missing)} not found here", advice)


def check_folder(name: str, folder: Path, advice: str, *, state: str = "fail") -> Finding:
    """Write a small file into a folder and delete it; ``state`` says what it is if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"snnbook")
    except OSError as error:
        return Finding(name, state, f"{folder} cannot be written ({error.strerror})", advice)
    return Finding(name, "pass", f"{folder} can be written")


def check_memory(free: int | None = -1) -> Finding:
    """Look whether enough memory is free; None means that nobody can tell."""
    free = free_memory() if free == -1 else free
    if free is None:
        return Finding(
            "memory",
            "note",
            "free memory is not known on this system",
            f"See that {NEEDED / 2**30:.0f} GiB are free.",
        )
    found = f"{free / 2**30:.1f} GiB free"
    if free >= EASY:
        return Finding("memory", "pass", found)
    advice = "Close other programs and other notebooks: each open notebook is a process of its own."
    if free >= NEEDED:
        return Finding("memory", "note", f"{found}; enough for one notebook at a time", advice)
    return Finding("memory", "fail", f"{found}; {NEEDED / 2**30:.0f} GiB is needed", advice)


def check_cores(count: int | None = None) -> Finding:
    """Say how many cores this process may use."""
    if count is None:
        able = getattr(os, "sched_getaffinity", None)
        count = len(able(0)) if able else os.cpu_count() or 1
    if count > 1:
        return Finding("cores", "pass", f"{count} cores")
    return Finding(
        "cores", "note", "1 core", "Run one notebook at a time; times are those of a slow laptop."
    )


def free_memory() -> int | None:
    """Return the bytes that a process may still take, or None where nobody can tell."""
    found = []
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(1024 * int(line.split()[1]))
        group = Path("/sys/fs/cgroup")  # the limit of a container
        limit = (group / "memory.max").read_text().strip()
        if limit.isdigit():
            found.append(int(limit) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):
        pass
    if not found:
        try:
            import psutil

            found.append(psutil.virtual_memory().available)
        except ImportError:
            return None
    return max(0, min(found))


def compiled_folder() -> Path:
    """Return where compiled loops are kept: beside the package, unless the reader names a place."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    beside = Path(__file__).parent / "kernels" / "__pycache__"
    if named:
        return Path(named)
    return beside if os.access(beside.parent, os.W_OK) else Path.home() / ".cache"


def examine() -> list[Finding]:
    """Make every check; where Python is too old, the others would only repeat it."""
    first = check_python()
    if first.state == "fail":
        return [first]
    keep = "Start Python in a folder of your own, such as your home folder."
    name = "Set NUMBA_CACHE_DIR to a folder that can be written; else every start compiles again."
    return [
        first,
        *(check_package(package, least) for package, least in requirements()),
        check_loop(),
        check_plot(),
        check_widget(),
        check_folder("folder", Path.cwd(), keep),
        check_folder("cache", compiled_folder(), name, state="note"),
        check_memory(),
        check_cores(),
    ]


def report(findings: list[Finding], *, as_json: bool = False) -> int:
    """Print the findings; return 1 if one failed, else 0."""
    failed = [one for one in findings if one.state == "fail"]
    if as_json:
        print(
            json.dumps(
                {"ready": not failed, "checks": [one._asdict() for one in findings]}, indent=1
            )
        )
        return int(bool(failed))
    for one in findings:
        mark = "FAIL" if one.state == "fail" else one.state
        print(f"{mark:<5} {one.name:<13} {one.found}")
        if one.advice:
            print(f"{'':<20}to do: {one.advice}")
    if failed:
        names = ", ".join(one.name for one in failed)
        print(f"\n{len(failed)} of {len(findings)} checks failed: {names}.")
    else:
        print(f"\nNone of {len(findings)} checks failed: this machine runs the book.")
    return int(bool(failed))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
