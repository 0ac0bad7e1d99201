"""Where files of a data set lie: a folder of its own, inside of one that is found in one way."""

import os
import sys
from pathlib import Path

#: The variable that names the folder of all data sets.
VARIABLE = "SNNBOOK_DATA"


def data_folder(folder: str | os.PathLike | None = None) -> Path:
    """Return the folder that holds all data sets, each in a folder of its own.

    The argument counts first, then the environment variable ``SNNBOOK_DATA``, then a folder of the
    user's cache (``$XDG_CACHE_HOME`` or ``~/.cache`` on Linux, ``~/Library/Caches`` on macOS,
    ``%LOCALAPPDATA%`` on Windows). It need not exist, and is not made.

    Parameters
    ----------
    folder : path, optional
        The folder to take in place of the others.

    Returns
    -------
    Path

    Raises
    ------
    TypeError
        If ``folder`` is no path.

    Examples
    --------
    >>> data_folder("sets").name
    'sets'
    """
    if folder is not None:
        return as_path("folder", folder)
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser() if given else _cache() / "snnbook"


def as_path(name: str, value) -> Path:
    """Return a path without ``~``, or raise ``TypeError``."""
    if not isinstance(value, (str, os.PathLike)) or not str(value):
        raise TypeError(f"{name} is {value!r}; a path is accepted, as a text or a Path")
    return Path(value).expanduser()


def find(name: str, files: tuple[str, ...], folder: str | os.PathLike | None, advice: str) -> Path:
    """Return the first of ``files`` that lies in the folder of a set.

    A folder that is given may be that of the set itself.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says where it was looked for, and how to get it.
    """
    root = data_folder(folder)
    places = (root / name,) if folder is None else (root / name, root)
    for place in places:
        for file in files:
            if (place / file).exists():
                return place / file
    looked = " nor in ".join(map(str, places))
    looked = f"neither in {looked}" if len(places) > 1 else f"not in {looked}"
    raise FileNotFoundError(
        f"{files[0]} lies {looked}: {advice}; folder=... or {VARIABLE} that names the folder where "
        "it lies is accepted"
    )


def _cache() -> Path:
    """Return where this system keeps what can be fetched again."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
