"""N-MNIST: digits before a moving event camera, one binary file for each."""

import os

import numpy as np
import torch

from snnbook._validate import check_choice
from snnbook.readers._members import Members
from snnbook.readers._places import find
from snnbook.readers._recordings import MICRO, Grid, Recordings, check_forward
from snnbook.readers._sources import advice

PIXELS = 34
DIGITS = tuple("0123456789")
PARTS = {"train": "Train", "test": "Test"}
#: Bytes of an event; a row with this number marks that the clock of the camera ran over.
EVENT, MARK, OVERRUN = 5, 240, 1 << 13


class _Saccades(Recordings):
    """Files in folders named after the digits, in a folder or an archive."""

    space, polarity, classes = (PIXELS, PIXELS), True, DIGITS

    def __init__(self, members: Members, grid: Grid) -> None:
        super().__init__(grid)
        self._members = members
        digits = [name.split("/")[-2] if "/" in name else "" for name in members.names]
        for name, digit in zip(members.names, digits):
            if digit not in DIGITS:
                raise ValueError(
                    f"{members.where(name)} lies in the folder {digit!r}; one named after its "
                    "digit, 0 to 9, is accepted"
                )
        self.labels = torch.tensor([int(digit) for digit in digits])

    def _events(self, k: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        raw = np.frombuffer(self._members.read(self._members.names[k]), np.uint8)
        if not raw.size or raw.size % EVENT:
            state = "is truncated" if raw.size else "is empty"
            raise ValueError(
                f"{self._where(k)} {state}: it has {raw.size} bytes; {EVENT} for each event, and "
                "at least one event, are accepted"
            )
        x, y, high, middle, low = raw.reshape(-1, EVENT).astype(np.int64).T
        stamps = (high & 127) << 16 | middle << 8 | low
        mark = y == MARK
        stamps = stamps + OVERRUN * np.cumsum(mark)
        x, y, on, stamps = (axis[~mark] for axis in (x, y, high >> 7, stamps))
        if self.grid.check_order:
            check_forward(self._where(k), stamps)
        return stamps * MICRO, (on, y, x)

    def _where(self, k: int) -> str:
        return self._members.where(self._members.names[k])


def n_mnist(
    part: str = "train",
    folder: str | os.PathLike | None = None,
    *,
    dt: float = 1e-3,
    steps: int | None = None,
    pool: int = 1,
    check_order: bool = True,
) -> Recordings:
    """Open N-MNIST: the digits of MNIST, seen by an event camera that makes three saccades.

    34 x 34 pixels with two polarities, 60000 recordings to train and 10000 to test, about 0.3 s
    each. ``download("n_mnist")`` fetches the set, about 1 GB (CC BY-SA 4.0; Orchard and colleagues,
    https://www.garrickorchard.com/datasets/n-mnist). Its archives are read as they are.

    Parameters
    ----------
    part : {"train", "test"}
        Which of the two.
    folder : path, optional
        The folder of all data sets, as in :func:`data_folder`, or that of this one. In it lie the
        folders ``Train`` and ``Test``, or ``Train.zip`` and ``Test.zip``.
    dt : float
        Length of a step in seconds.
    steps : int, optional
        Number of steps of every sample; by default each ends with its last event.
    pool : int
        So many pixels along each axis are one unit.
    check_order : bool
        Whether to raise if time stamps of a file run backward.

    Returns
    -------
    Recordings
        Pairs of events (T, 1, N) and digit. Units are ordered as (polarity, row, column), so that
        ``spikes.reshape(T, B, 2, 34, 34)`` is the picture.

    Raises
    ------
    FileNotFoundError
        If nothing is there.
    ValueError
        If a file lies in no folder of its digit; when it is read, if it is empty or truncated, or
        an event lies beside the camera.

    Notes
    -----
    An event has 40 bits: column, row, polarity, and the time stamp in microseconds. Row 240 marks
    that the clock ran over: 8192 us are added from there on, as in the reader of the authors.

    Examples
    --------
    >>> n_mnist("test", "/nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: Test lies neither in /nowhere/n_mnist nor in /nowhere:
    readers.download('n_mnist') fetches it; folder=... or SNNBOOK_DATA that names the folder where
    it lies is accepted
    """
    check_choice("part", part, PARTS)
    grid = Grid(dt, steps, pool, check_order)
    grid.check()
    names = (PARTS[part], f"{PARTS[part]}.zip")
    return _Saccades(Members(find("n_mnist", names, folder, advice("n_mnist")), ".bin"), grid)
