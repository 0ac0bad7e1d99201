"""A data set on request: each file fetched once, checked, unpacked, and written down."""

import os
import shutil
import zipfile
import zlib
from pathlib import Path

from tqdm.auto import tqdm

from snnbook._validate import check_choice, check_flag, check_positive
from snnbook.notebook import is_live
from snnbook.readers._fetch import DownloadError, cannot_write, digest, fetch
from snnbook.readers._members import check_inside
from snnbook.readers._places import data_folder
from snnbook.readers._sources import SOURCES, RemoteFile

#: The list of what was downloaded, as ``sha256sum`` writes and checks it.
LIST = "SHA256SUMS"


def download(
    name: str,
    folder: str | os.PathLike | None = None,
    *,
    progress: bool | None = None,
    timeout: float = 30.0,
) -> Path:
    """Fetch a data set, and return the folder in which its files lie.

    This is the only function of the package that uses the network. What is there already is not
    fetched again. A file arrives under a name that ends in ``.part``, is checked, and gets its own
    name in one step, so that a reader never meets half of one; a file with a known checksum is
    taken up where it broke off.

    Parameters
    ----------
    name : str
        A key of :data:`SOURCES`, such as ``"mnist"``.
    folder : path, optional
        The folder of all data sets, as in :func:`data_folder`.
    progress : bool, optional
        Whether to show a bar. By default where a person watches.
    timeout : float
        Seconds without an answer after which a connection is given up.

    Returns
    -------
    Path
        The folder of this set. The file ``SHA256SUMS`` in it lists what was downloaded.

    Raises
    ------
    DownloadError
        If a file cannot be had, in one sentence that says why and what to do: no network, no such
        file, a full disk, a wrong checksum.
    ValueError
        If the set is not known, or no program may fetch it.

    Notes
    -----
    Where the checksums come from stands at :data:`SOURCES`. The gestures of IBM have to be fetched
    by hand, behind a page that asks for it. Let one process download at a time: two that fetch the
    same file disturb each other, which ends in an error.

    Examples
    --------
    >>> download("cifar10")
    Traceback (most recent call last):
    ...
    ValueError: name is 'cifar10'; one of 'mnist', 'fashion_mnist', 'shd', 'ssc', 'n_mnist',
    'dvs_gestures', 'fsdd' is accepted
    """
    check_choice("name", name, SOURCES)
    check_positive("timeout", timeout)
    if progress is not None:
        check_flag("progress", progress)
    source, target = SOURCES[name], data_folder(folder) / name
    if not all(file.url for file in source.files):
        raise ValueError(
            f"name is {name!r}, which no program may fetch: get it by hand from {source.page}, "
            f"and unpack it into {target}; a set with an address is accepted"
        )
    shown = is_live() or os.isatty(2) if progress is None else progress
    for file in source.files:
        if not (target / file.kept).exists():
            _get(file, target, shown, timeout)
    return target


def _get(file: RemoteFile, target: Path, shown: bool, timeout: float) -> None:
    """Fetch one file, look at what is inside, and write its checksum down."""
    place = target / file.name
    if not (file.member and place.exists() and digest(place, "md5") == file.md5):
        with tqdm(desc=file.name, unit="B", unit_scale=True, leave=False, disable=not shown) as bar:

            def advance(got: int, size: int | None) -> None:
                bar.total = size
                bar.update(got - bar.n)

            fetch(file.url, place, file.md5, timeout=timeout, advance=advance)
    if file.name.endswith(".zip"):
        _look_inside(file, place)
    if file.member:
        _unpack(place, file.member)
    _write_down(target / file.kept)


def _look_inside(file: RemoteFile, place: Path) -> None:
    """Delete an archive that is damaged, or leads out of its folder, or lacks what it should have.

    A file with a checksum is what its publisher packed; of others every member is read.
    """
    try:
        with zipfile.ZipFile(place) as archive:
            names = archive.namelist()
            check_inside(place, names)
            damaged = None if file.md5 else archive.testzip()
    except ValueError as error:
        place.unlink()
        raise DownloadError(f"{error}; it was deleted") from None
    except (zipfile.BadZipFile, zlib.error, EOFError):
        damaged, names = "all of it", []
    found = sum(name.endswith(".wav") and "recordings/" in name for name in names)
    if damaged:
        reason = f"is no sound archive ({damaged} is damaged)"
    elif file.count not in (None, found):
        reason = f"holds {found} recordings in place of {file.count}"
    elif file.member and file.member not in names:
        reason = f"does not hold {file.member}"
    else:
        return
    place.unlink()
    raise DownloadError(f"{file.url} {reason}; it was deleted, download again")


def _unpack(packed: Path, member: str) -> None:
    """Unpack one file of an archive in one step, and delete the archive."""
    path = packed.with_name(member)
    part = path.with_name(member + ".part")
    try:
        with zipfile.ZipFile(packed) as archive, archive.open(member) as inside:
            with open(part, "wb") as outside:
                shutil.copyfileobj(inside, outside)
        os.replace(part, path)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        part.unlink(missing_ok=True)
        packed.unlink()
        raise DownloadError(f"{packed} is damaged; it was deleted, download again") from None
    except OSError as error:
        part.unlink(missing_ok=True)
        raise cannot_write(path, error) from None
    packed.unlink()


def _write_down(path: Path) -> None:
    """Put the checksum of a file into the list of its folder."""
    known = read_list(path.parent) | {path.name: digest(path, "sha256")}
    part = path.with_name(LIST + ".part")
    try:
        part.write_text("".join(f"{value}  {name}\n" for name, value in sorted(known.items())))
        os.replace(part, path.with_name(LIST))
    except OSError as error:
        part.unlink(missing_ok=True)
        raise cannot_write(path.with_name(LIST), error) from None


def read_list(folder: Path) -> dict[str, str]:
    """Return the checksums of a folder's list by the names of its files."""
    try:
        lines = (folder / LIST).read_text().splitlines()
    except FileNotFoundError:
        return {}
    return {line.split(maxsplit=1)[1]: line.split()[0] for line in lines if "  " in line}
