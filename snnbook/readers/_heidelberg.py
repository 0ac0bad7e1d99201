"""Spiking Heidelberg Digits and Spiking Speech Commands: spikes of a cochlea, in HDF5."""

import os
from importlib import import_module
from pathlib import Path

import numpy as np
import torch

from snnbook._validate import check_choice
from snnbook.readers._places import find
from snnbook.readers._recordings import Grid, Recordings
from snnbook.readers._sources import advice

CHANNELS = 700
PARTS = {"shd": ("train", "test"), "ssc": ("train", "valid", "test")}
#: What such a file has inside.
NEEDED = ("spikes/times", "spikes/units", "labels")


class _Heidelberg(Recordings):
    """One HDF5 file with two lists for each recording: times in seconds, and channels."""

    space = (CHANNELS,)

    def __init__(self, path: Path, grid: Grid) -> None:
        super().__init__(grid)
        self._path, self._file = path, None
        file = self._opened()
        lost = [name for name in NEEDED if name not in file]
        if lost:
            raise ValueError(f"{path} has no {lost[0]!r}; {', '.join(NEEDED)} are accepted")
        labels = np.asarray(file["labels"])
        counts = [len(file[name]) for name in NEEDED]
        if len(set(counts)) > 1 or not counts[0]:
            raise ValueError(
                f"{path} has {counts[0]} lists of times, {counts[1]} of units and {counts[2]} "
                "labels; one of each for every recording is accepted"
            )
        names = file["extra/keys"] if "extra/keys" in file else range(int(labels.max()) + 1)
        self.classes = tuple(x.decode() if isinstance(x, bytes) else str(x) for x in names)
        wrong = labels[labels >= len(self.classes)]
        if labels.dtype.kind not in "ui" or len(wrong) or (labels < 0).any():
            found = wrong[0] if len(wrong) else labels.min()
            raise ValueError(
                f"{path} has the label {found}; 0 to {len(self.classes) - 1} is accepted"
            )
        self.labels = torch.from_numpy(labels.astype(np.int64))

    def _events(self, k: int) -> tuple[np.ndarray, tuple[np.ndarray]]:
        file = self._opened()
        try:
            times, units = (np.asarray(file[f"spikes/{x}"][k]) for x in ("times", "units"))
        except OSError as error:
            raise ValueError(f"{self._where(k)} cannot be read ({error}); get it again") from None
        return times.astype(np.float64), (units.astype(np.int64),)

    def _where(self, k: int) -> str:
        return f"{self._path}, recording {k},"

    def _opened(self):
        """Return the file, opened once in each process."""
        if self._file is None or self._file[0] != os.getpid():
            try:
                self._file = os.getpid(), _h5py(self._path).File(self._path, "r")
            except OSError as error:
                raise ValueError(
                    f"{self._path} is no sound HDF5 file ({error}); get it again"
                ) from None
        return self._file[1]

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_file": None}


def _h5py(path: Path):
    try:
        return import_module("h5py")
    except ImportError:
        raise ModuleNotFoundError(
            f"{path} is an HDF5 file, and h5py, which reads them, is not installed here; install "
            "it with: pip install h5py"
        ) from None


def shd(
    part: str = "train",
    folder: str | os.PathLike | None = None,
    *,
    dt: float = 1e-3,
    steps: int | None = None,
    pool: int = 1,
) -> Recordings:
    """Open the Spiking Heidelberg Digits: ten digits in two languages, heard by a cochlea.

    700 channels, 20 classes, 8156 recordings to train and 2264 to test (https://compneuro.net), by
    12 speakers of whom two are only in the test part. There is no part for validation: take some of
    the training part. ``download("shd")`` fetches the set (CC BY 4.0; Cramer and colleagues,
    https://doi.org/10.1109/TNNLS.2020.3044364). Reading needs the library h5py.

    Parameters
    ----------
    part : {"train", "test"}
        Which of the two.
    folder : path, optional
        The folder of all data sets, as in :func:`data_folder`, or that of this one. In it lies
        ``shd_train.h5`` or ``shd_test.h5``.
    dt : float
        Length of a step in seconds.
    steps : int, optional
        Number of steps of every sample; by default each ends with its last spike.
    pool : int
        So many neighboring channels are one unit.

    Returns
    -------
    Recordings
        Pairs of events (T, 1, 700 / pool) and class number.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    ModuleNotFoundError
        If h5py is not installed.
    ValueError
        If the file is none of this kind, or damaged.

    Notes
    -----
    Where a file holds times in half precision, it resolves half a millisecond near 1 s, and a
    ``dt`` below that gains nothing. Spikes of a recording may stand in any order.

    Examples
    --------
    >>> shd("validation")
    Traceback (most recent call last):
    ...
    ValueError: part is 'validation'; one of 'train', 'test' is accepted
    """
    return _opened_set("shd", part, folder, Grid(dt, steps, pool, True))


def ssc(
    part: str = "train",
    folder: str | os.PathLike | None = None,
    *,
    dt: float = 1e-3,
    steps: int | None = None,
    pool: int = 1,
) -> Recordings:
    """Open the Spiking Speech Commands: 35 words by many speakers, heard by a cochlea.

    700 channels; 75466 recordings to train, 9981 to validate, 20382 to test.
    ``download("ssc")`` fetches the set; source, license and needs are those of :func:`shd`.

    Parameters
    ----------
    part : {"train", "valid", "test"}
        Which of the three.
    folder, dt, steps, pool
        As in :func:`shd`; the files are ``ssc_train.h5`` and so on.

    Returns
    -------
    Recordings
        Pairs of events (T, 1, 700 / pool) and class number.

    Raises
    ------
    FileNotFoundError, ModuleNotFoundError, ValueError
        As in :func:`shd`.

    Examples
    --------
    >>> ssc("validation")
    Traceback (most recent call last):
    ...
    ValueError: part is 'validation'; one of 'train', 'valid', 'test' is accepted
    """
    return _opened_set("ssc", part, folder, Grid(dt, steps, pool, True))


def _opened_set(name: str, part: str, folder, grid: Grid) -> Recordings:
    check_choice("part", part, PARTS[name])
    grid.check()
    return _Heidelberg(find(name, (f"{name}_{part}.h5",), folder, advice(name)), grid)
