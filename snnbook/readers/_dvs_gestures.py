"""DVS128 Gesture: people before an event camera, many gestures in a file, a table beside it."""

import csv
import os
from pathlib import Path

import numpy as np
import torch

from snnbook._validate import check_choice
from snnbook.readers._aedat import Aedat
from snnbook.readers._places import find
from snnbook.readers._recordings import MICRO, Grid, Recordings
from snnbook.readers._sources import advice

PIXELS = 128
NAMES = (
    "hand clapping",
    "right hand wave",
    "left hand wave",
    "right arm clockwise",
    "right arm counter clockwise",
    "left arm clockwise",
    "left arm counter clockwise",
    "arm roll",
    "air drums",
    "air guitar",
    "other gestures",
)
PARTS = ("train", "test")


class _Gestures(Recordings):
    """The gestures of the recordings in a list of files."""

    space, polarity, classes = (PIXELS, PIXELS), True, NAMES

    def __init__(self, trials: Path, grid: Grid) -> None:
        super().__init__(grid)
        names = [line.strip() for line in trials.read_text().splitlines() if line.strip()]
        if not names:
            raise ValueError(f"{trials} is empty; one name of a file in a line is accepted")
        self._rows = [
            (trials.parent / name, *row)
            for name in names
            for row in _table(trials.parent / f"{Path(name).stem}_labels.csv")
        ]
        for path in dict.fromkeys(path for path, *_ in self._rows):
            if not path.is_file():
                raise FileNotFoundError(f"{path}, which {trials} names, does not exist")
        self.labels = torch.tensor([label for _, label, *_ in self._rows])
        self._open: dict[Path, Aedat] = {}

    def _events(self, k: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        path, _, start, end = self._rows[k]
        if path not in self._open:
            self._open[path] = Aedat(path, self.grid.check_order)
        stamps, *places = self._open[path].between(start, end)
        return (stamps - start) * MICRO, tuple(places)

    def _where(self, k: int) -> str:
        path, _, start, end = self._rows[k]
        return f"{path}, from {start} to {end} us,"

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_open": {}}


def _table(path: Path) -> list[tuple[int, int, int]]:
    """Return class number from 0, start and end of each gesture, in microseconds."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}, the table of gestures of a recording, does not exist")
    with open(path, newline="") as file:
        lines = list(csv.reader(file))[1:]
    rows = []
    for k, line in enumerate(lines, 2):
        if not any(line):
            continue
        try:
            label, start, end = (int(x) for x in line)
        except ValueError:
            raise ValueError(
                f"{path}, line {k}, is {','.join(line)!r}; class, start and end, three whole "
                "numbers, are accepted"
            ) from None
        if not 1 <= label <= len(NAMES) or not 0 <= start < end:
            raise ValueError(
                f"{path}, line {k}, has the class {label} from {start} to {end} us; a class from 1 "
                f"to {len(NAMES)} and an end after the start are accepted"
            )
        rows.append((label - 1, start, end))
    if not rows:
        raise ValueError(f"{path} has no gesture; a table with class, start and end is accepted")
    return rows


def dvs_gestures(
    part: str = "train",
    folder: str | os.PathLike | None = None,
    *,
    dt: float = 1e-3,
    steps: int | None = None,
    pool: int = 1,
    check_order: bool = True,
) -> Recordings:
    """Open DVS128 Gesture: eleven gestures of 29 people under three kinds of light.

    128 x 128 pixels with two polarities; a gesture takes about six seconds. The set (CC BY 4.0;
    Amir and colleagues, CVPR 2017, https://research.ibm.com/interactive/dvsgesture/) has to be
    fetched by hand: unpack ``DvsGesture.tar.gz`` into the folder ``dvs_gestures``.

    Parameters
    ----------
    part : {"train", "test"}
        Which of the two; the people are others.
    folder : path, optional
        The folder of all data sets, as in :func:`data_folder`, or that of this one. In it, or in
        ``DvsGesture`` in it, lie ``trials_to_train.txt``, the recordings (``.aedat``) and their
        tables (``_labels.csv``).
    dt : float
        Length of a step in seconds.
    steps : int, optional
        Number of steps of every sample; by default each ends with its last event.
    pool : int
        So many pixels along each axis are one unit; with 4, N is 2 x 32 x 32 = 2048.
    check_order : bool
        Whether to raise if time stamps of a recording run backward.

    Returns
    -------
    Recordings
        Pairs of events (T, 1, N) and class number. Time begins with the gesture; units are ordered
        as (polarity, row, column).

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ValueError
        If a table has a class or a time that cannot be; when a recording is first read, if it is
        none in AEDAT 3.1 or is truncated.

    Notes
    -----
    A gesture is what lies from its start to before its end in the table, and every line of a table
    is a sample. Other loaders cut the recordings differently and count other numbers of samples,
    so say how it was done beside an accuracy. In the published table ``user22_led_labels.csv`` one
    gesture ends after the next begins; it is taken as it is.

    Examples
    --------
    >>> dvs_gestures("train", "/nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: DvsGesture/trials_to_train.txt lies neither in /nowhere/dvs_gestures nor in
    /nowhere: get it by hand from https://ibm.ent.box.com/s/..., since no program may; folder=... or
    SNNBOOK_DATA that names the folder where it lies is accepted
    """
    check_choice("part", part, PARTS)
    grid = Grid(dt, steps, pool, check_order)
    grid.check()
    name = f"trials_to_{part}.txt"
    places = (f"DvsGesture/{name}", name)
    return _Gestures(find("dvs_gestures", places, folder, advice("dvs_gestures")), grid)
