"""Write a set of files whole or not at all, and pack folders, the same bytes each time."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

#: The earliest date that a zip can hold: the time of the build is not in it.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def packed(files: dict[str, bytes]) -> bytes:
    """Return a zip of files by path; the same files make the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            one = zipfile.ZipInfo(name, LONG_AGO)
            one.compress_type = zipfile.ZIP_DEFLATED
            one.external_attr = 0o644 << 16
            archive.writestr(one, files[name])
    return stream.getvalue()


def replace_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Make a folder hold exactly these files, by path.

    They are written beside it first, so that a broken run leaves what was there.
    """
    new, old = (folder.with_name(f".{folder.name}-{word}") for word in ("new", "old"))
    for one in (new, old):
        shutil.rmtree(one, ignore_errors=True)
    try:
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except OSError as problem:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise OSError(
            f"{folder} cannot be written ({problem}): give yourself the right to write there, "
            "or free some space, and build again"
        ) from problem
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
