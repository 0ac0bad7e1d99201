"""Whether the files of a data set are still those that were published."""

import gzip
import hashlib
import os
import zlib
from pathlib import Path

from snnbook._validate import check_choice
from snnbook.readers._download import read_list
from snnbook.readers._fetch import CHUNK, digest
from snnbook.readers._places import data_folder
from snnbook.readers._sources import SOURCES, RemoteFile, advice

PUBLISHED, DOWNLOADED, UNKNOWN = "as published", "as downloaded", "not known"


def verify(name: str, folder: str | os.PathLike | None = None) -> dict[str, str]:
    """Compare the files of a data set with the checksums that are known of them.

    Parameters
    ----------
    name : str
        A key of :data:`SOURCES`.
    folder : path, optional
        As in :func:`data_folder`.

    Returns
    -------
    dict
        For each file that is there: ``"as published"`` if its checksum, or that of what is packed
        inside, is the one that its publisher's users state; ``"as downloaded"`` if it is the one
        that :func:`download` wrote down; ``"not known"`` if there is none to compare with.

    Raises
    ------
    FileNotFoundError
        If no file of the set is there.
    ValueError
        If a file is another, or is damaged.

    Examples
    --------
    >>> verify("mnist", "/nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: no file of 'mnist' lies in /nowhere/mnist: readers.download('mnist') fetches
    it; folder=... or SNNBOOK_DATA that names the folder where it lies is accepted
    """
    check_choice("name", name, SOURCES)
    target = data_folder(folder) / name
    known = read_list(target)
    found = {}
    for file in SOURCES[name].files:
        for kept in dict.fromkeys((file.name, file.kept, file.name.removesuffix(".gz"))):
            if (target / kept).is_file():
                found[kept] = _verdict(file, target / kept, known.get(kept))
    if not found:
        raise FileNotFoundError(
            f"no file of {name!r} lies in {target}: {advice(name)}; folder=... or SNNBOOK_DATA "
            "that names the folder where it lies is accepted"
        )
    return found


def _verdict(file: RemoteFile, path: Path, sha256: str | None) -> str:
    """Return what is known of a file, or raise if it is another."""
    if file.md5 and path.name == file.name and digest(path, "md5") == file.md5:
        return PUBLISHED
    if file.content:
        if _inside(path) == file.content:
            return PUBLISHED
    elif sha256 is not None:
        if digest(path, "sha256") == sha256:
            return DOWNLOADED
    elif not file.md5 or path.name != file.name:
        return UNKNOWN
    raise ValueError(
        f"{path} has another checksum than the published file, so it is another file or damaged; "
        "delete it and download again"
    )


def _inside(path: Path) -> str:
    """Return the MD5 of a file, or of what a gzip file holds."""
    sum_of = hashlib.md5(usedforsecurity=False)
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            while chunk := file.read(CHUNK):
                sum_of.update(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path} is no sound gzip file ({error}); delete it and download again"
        ) from None
    return sum_of.hexdigest()
