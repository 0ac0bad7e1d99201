"""What the package needs, as its own metadata say, and whether that is there."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from pathlib import Path

_NEED = re.compile(r"^(?P<name>[\w.-]+)\s*>=\s*(?P<least>[\d.]+)\s*$")
#: Where the name of a package is not that of its module.
_MODULES = {"scikit-learn": "sklearn"}


def requirements() -> list[tuple[str, str]]:
    """Return (package, least version) of everything that the package needs.

    An installed package says so in its metadata; in a bare folder, ``pyproject.toml`` does.
    """
    try:
        lines = importlib.metadata.requires("snnbook") or []
    except importlib.metadata.PackageNotFoundError:
        import tomllib

        file = Path(__file__).resolve().parents[1] / "pyproject.toml"
        lines = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
    found = (_NEED.match(line) for line in lines if ";" not in line)
    return [(one["name"], one["least"]) for one in found if one]


def trouble_of(name: str, least: str) -> tuple[str, str]:
    """Return the version of a package, and what is wrong with it, or an empty text."""
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "", "not installed"
    try:
        importlib.import_module(_MODULES.get(name, name))
    except Exception as error:  # a broken library raises what it likes
        return version, f"{version} cannot be imported ({type(error).__name__}: {error})"
    if _numbers(version) < _numbers(least):
        return version, f"{version} is too old; {least} or newer is needed"
    return version, ""


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a release, ``"2.13.0+cpu"`` as ``(2, 13, 0)``."""
    return tuple(int(one) for one in re.findall(r"\d+", re.split(r"[^\d.]", version)[0]))
