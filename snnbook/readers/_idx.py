"""The IDX format of MNIST: a magic number, the length of each axis, then all numbers."""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from snnbook.readers._places import as_path

#: Kinds of numbers by the third byte of the file; they are big-endian.
KINDS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
#: More axes than any such file has.
MOST_AXES = 8


class Head(NamedTuple):
    """What an IDX file says of itself, and where its numbers begin."""

    kind: str
    shape: tuple[int, ...]
    offset: int

    @property
    def size(self) -> int:
        """Bytes of the numbers."""
        return math.prod(self.shape) * np.dtype(self.kind).itemsize


def read_idx(path: str | os.PathLike) -> np.ndarray:
    """Read a file in IDX format, plain or packed by gzip (with a name that ends in ``.gz``).

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    ndarray
        Its numbers, in the shape and of the kind that the file states, in this machine's order of
        bytes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no IDX file, is truncated, or goes on behind its numbers.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a-idx1-ubyte")
    ...     _ = file.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3]) + bytes([7, 2, 1]))
    ...     read_idx(file)
    array([7, 2, 1], dtype=uint8)
    """
    place = as_path("path", path)
    if not place.is_file():
        raise FileNotFoundError(f"path is {place}, where no file lies; an IDX file is accepted")
    head = read_head(place)
    values = np.frombuffer(_payload(place, head), head.kind).reshape(head.shape)
    return values.astype(values.dtype.newbyteorder("="))


def read_head(path: Path) -> Head:
    """Return what a file says of itself; of a plain one also its length is checked."""
    with _opened(path) as file:
        start = _read(file, path, 4 + 4 * MOST_AXES)
    if not start:
        raise ValueError(f"{path} is empty; a file in IDX format is accepted")
    axes = start[3] if len(start) > 3 else 0
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in KINDS or not 0 < axes <= MOST_AXES:
        raise ValueError(
            f"{path} begins with {start[:4].hex(' ')}, which is no magic number of the IDX format, "
            "such as 00 00 08 03 of images and 00 00 08 01 of labels"
        )
    offset = 4 + 4 * axes
    if len(start) < offset:
        raise ValueError(f"{path} is truncated: it ends within its first {offset} bytes")
    head = Head(KINDS[start[2]], struct.unpack(f">{axes}I", start[4:offset]), offset)
    if path.suffix != ".gz":
        _check_length(path, head, path.stat().st_size - offset)
    return head


def _payload(path: Path, head: Head) -> bytes:
    """Return all numbers of a file, after a look at how many there are."""
    with _opened(path) as file:
        file.seek(head.offset)
        raw = _read(file, path, head.size + 1)
    _check_length(path, head, len(raw))
    return raw


def _opened(path: Path):
    return gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")


def _read(file, path: Path, most: int) -> bytes:
    try:
        return file.read(most)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is no sound gzip file ({error}); get it again") from None


def _check_length(path: Path, head: Head, found: int) -> None:
    if found != head.size:
        what = "is truncated" if found < head.size else "goes on behind its end"
        more = "or more " if found > head.size and path.suffix == ".gz" else ""
        shape = " x ".join(map(str, head.shape))
        raise ValueError(
            f"{path} {what}: it announces {shape} numbers in {head.size} bytes, and {found} {more}"
            "are there"
        )
