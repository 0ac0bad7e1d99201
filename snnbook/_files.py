"""Files that are there in full or not at all."""

import os
from collections.abc import Callable
from pathlib import Path


def checked_file(name: str, path: str | os.PathLike) -> Path:
    """Return the path of a file that can be written, or raise.

    >>> checked_file("path", "/nowhere/run.pt")
    Traceback (most recent call last):
    ...
    ValueError: path is '/nowhere/run.pt'; a file in a folder that exists is accepted
    """
    if not isinstance(path, (str, os.PathLike)) or not str(path):
        raise TypeError(f"{name} is {path!r}; the path of a file is accepted, such as 'run.pt'")
    path = Path(path)
    if not path.parent.is_dir() or path.is_dir():
        raise ValueError(f"{name} is {str(path)!r}; a file in a folder that exists is accepted")
    return path


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a new file in full, and then put it in place of the old; nothing half is left.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "text")
    >>> write_whole(path, lambda part: part.write_text("whole"))
    >>> path.read_text(), len([*path.parent.iterdir()])
    ('whole', 1)
    """
    part = path.with_name(path.name + ".part")
    try:
        write(part)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def first_line(error: BaseException) -> str:
    """Return the first line of an error, or its kind.

    >>> first_line(ValueError("one\\ntwo")), first_line(KeyboardInterrupt())
    ('one', 'KeyboardInterrupt')
    """
    return str(error).splitlines()[0] if str(error) else type(error).__name__
