"""How a result is stored: the data, and where they come from."""

import json
import platform
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from snnbook._machine import machine

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_PACKAGES = ("torch", "numpy", "scikit-learn")


def available(*, folder: Path = _FOLDER) -> tuple[str, ...]:
    """Return the names of the stored results, in alphabetical order.

    >>> isinstance(available(), tuple)
    True
    """
    return tuple(sorted(path.stem for path in Path(folder).glob("*.json")))


def load(name: str, *, folder: Path = _FOLDER) -> dict[str, Any]:
    """Return the data of a stored result, as the experiment saved them.

    Parameters
    ----------
    name : str
        One of :func:`available`.
    folder : Path
        Where to look, by default in the package.

    Returns
    -------
    dict
        The data; where they come from is in :func:`metadata`.

    Raises
    ------
    ValueError
        If the name has other characters than lower-case letters, digits, ``-`` and ``_``.
    FileNotFoundError
        If there is no such result; the message lists those that exist.
    """
    return _read(name, folder)["data"]


def metadata(name: str, *, folder: Path = _FOLDER) -> dict[str, Any]:
    """Return where a stored result comes from.

    Parameters
    ----------
    name, folder
        As in :func:`load`.

    Returns
    -------
    dict
        ``command``, ``seeds``, ``versions``, ``machine``, ``date`` and ``python``.

    Raises
    ------
    ValueError, FileNotFoundError
        As in :func:`load`.
    """
    return _read(name, folder)["metadata"]


def provenance(name: str, *, folder: Path = _FOLDER) -> str:
    """Return one sentence that says where a stored result comes from.

    Parameters
    ----------
    name, folder
        As in :func:`load`.

    Raises
    ------
    ValueError, FileNotFoundError
        As in :func:`load`.
    """
    made = metadata(name, folder=folder)
    seeds = ", ".join(str(seed) for seed in made["seeds"]) or "none"
    if len(made["seeds"]) > 2 and made["seeds"] == list(
        range(made["seeds"][0], made["seeds"][-1] + 1)
    ):
        seeds = f"{made['seeds'][0]} to {made['seeds'][-1]}"
    return (
        f"Stored result: `{made['command']}`, seeds {seeds}, {made['date']}, "
        f"Python {made['python']}, torch {made['versions']['torch']}, {made['machine']}."
    )


def save(
    name: str,
    data: dict[str, Any],
    *,
    command: str,
    seeds: Iterable[int],
    folder: Path = _FOLDER,
) -> Path:
    """Store the data of an experiment, with the command, seeds, versions, machine and date.

    Parameters
    ----------
    name : str
        Lower-case letters, digits, ``-`` and ``_``.
    data : dict
        Numbers, texts, lists, dicts with text keys; arrays and tensors become lists.
    command : str
        The command that repeats the experiment, such as ``python experiments/sweep.py``.
    seeds : iterable of int
        The seeds used.
    folder : Path
        Where to write, by default into the package.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ValueError
        If the name does not fit, the command is empty, or the data hold nan or infinity.
    TypeError
        If the data hold something that JSON cannot.
    """
    path = _path(name, folder)
    if not isinstance(command, str) or not command.strip():
        raise ValueError(f"command is {command!r}; the command that was run is accepted")
    if not isinstance(data, dict):
        raise TypeError(f"data is a {type(data).__name__}; a dict is accepted")
    record = {
        "metadata": {
            "command": command,
            "seeds": [int(seed) for seed in seeds],
            "versions": _versions(),
            "machine": machine(),
            "date": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
        },
        "data": data,
    }
    try:
        text = json.dumps(record, indent=1, default=_plain, allow_nan=False, ensure_ascii=False)
    except ValueError as error:
        raise ValueError(
            f"data of {name!r} hold nan or inf; finite numbers are accepted"
        ) from error
    partial = path.with_suffix(".partial")
    partial.write_text(_flat(text) + "\n", encoding="utf-8")
    partial.replace(path)
    return path


def _path(name: str, folder: Path) -> Path:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name is {name!r}; lower-case letters, digits, '-' and '_' are accepted")
    return Path(folder) / f"{name}.json"


def _read(name: str, folder: Path) -> dict[str, Any]:
    path = _path(name, folder)
    if not path.is_file():
        names = ", ".join(repr(one) for one in available(folder=folder)) or "none"
        raise FileNotFoundError(f"no stored result {name!r}; available: {names}")
    return json.loads(path.read_text(encoding="utf-8"))


def _plain(value: Any) -> Any:
    """Return lists and numbers for arrays and tensors."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(
        f"data hold a {type(value).__name__}; numbers, texts, lists, dicts are accepted"
    )


def _flat(text: str) -> str:
    """Write each innermost list of numbers on one line."""
    inner = re.compile(r"\[[^\[\]{}\"]*\]")
    return inner.sub(
        lambda found: re.sub(r"\s+", " ", found[0]).replace("[ ", "[").replace(" ]", "]"), text
    )


def _versions() -> dict[str, str]:
    found = {}
    for package in ("snnbook", *_PACKAGES):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
