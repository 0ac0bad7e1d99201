"""Recordings of events as a data set: each becomes spikes on a grid of time when it is read."""

import math
from abc import abstractmethod
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset

from snnbook._validate import check_flag, check_integer, check_positive
from snnbook.kernels import Events

MICRO = 1e-6


class Grid(NamedTuple):
    """How events are put into steps and units; see :class:`Recordings`."""

    dt: float
    steps: int | None
    pool: int
    check_order: bool

    def check(self) -> None:
        """Raise if an entry is none."""
        check_positive("dt", self.dt)
        if self.steps is not None:
            check_integer("steps", self.steps, 1)
        check_integer("pool", self.pool, 1)
        check_flag("check_order", self.check_order)


class Recordings(Dataset):
    """Recordings of events, each read when it is asked for.

    An item is a pair of :class:`snnbook.kernels.Events` of one sample, (T, 1, N), and its class
    number. The data set goes as it is into :func:`snnbook.training.fit`, or with
    ``collate_fn=data.collate`` into a ``DataLoader``; it can be pickled, so workers can read. It is
    what :func:`shd`, :func:`ssc`, :func:`n_mnist` and :func:`dvs_gestures` return.

    Attributes
    ----------
    labels : Tensor, shape (n,), int64
        Class of each recording.
    classes : tuple of str
        Name of each class.
    shape : tuple of int
        Axes that the units of a sample have: (700,) channels of a cochlea; (2, rows, columns) of a
        camera, OFF events and then ON events. Their product is N.

    Notes
    -----
    An event at time t falls into step ``floor(t / dt)``. Events of one unit in one step are one
    spike. With ``steps`` every sample has so many: later events are left out, and what ends early
    ends in silence. With ``pool`` so many neighbors along each axis of space are one unit.
    """

    labels: torch.Tensor
    classes: tuple[str, ...]
    space: tuple[int, ...]  # without polarity, before pooling
    polarity: bool = False

    def __init__(self, grid: Grid) -> None:
        grid.check()
        self.grid = grid
        small = tuple(math.ceil(size / grid.pool) for size in self.space)
        self.shape = (2, *small) if self.polarity else small

    @abstractmethod
    def _events(self, k: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Return times in seconds, and the place of each event along every axis of ``shape``."""

    @abstractmethod
    def _where(self, k: int) -> str:
        """Return the file of a recording, and its place in it, for a message."""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, k: int) -> tuple[Events, int]:
        """Read one recording: its spikes (T, 1, N) and its class number."""
        if not -len(self) <= k < len(self):
            raise IndexError(f"there are {len(self)} recordings, and no number {k}")
        k = k % len(self)
        times, places = self._events(k)
        self._check(k, times, places)
        cut = len(self.space)
        pooled = (*places[:-cut], *(axis // self.grid.pool for axis in places[-cut:]))
        units = np.ravel_multi_index(pooled, self.shape) if len(times) else np.zeros(0, np.int64)
        given = {"features": math.prod(self.shape), "dt": self.grid.dt}
        events = Events.from_times([times], [units], **given)
        return _of_length(events, self.grid.steps), int(self.labels[k])

    def __repr__(self) -> str:
        return f"Recordings({len(self)} of {len(self.classes)} classes, units {self.shape})"

    def _check(self, k: int, times: np.ndarray, places: tuple[np.ndarray, ...]) -> None:
        where = self._where(k)
        if any(len(axis) != len(times) for axis in places):
            raise ValueError(
                f"{where} has {len(times)} times and {len(places[0])} units; one unit an event is "
                "accepted"
            )
        if not np.isfinite(times).all() or (times < 0).any():
            raise ValueError(
                f"{where} has a time that is negative or not finite; seconds from 0 on are accepted"
            )
        sizes = (2, *self.space) if self.polarity else self.space
        for axis, size in zip(places, sizes):
            wrong = axis[(axis < 0) | (axis >= size)]
            if len(wrong):
                raise ValueError(
                    f"{where} has an event at place {wrong[0]} of an axis of {size}; 0 to "
                    f"{size - 1} is accepted"
                )


def _of_length(events: Events, steps: int | None) -> Events:
    if steps is None:
        return events
    return events[:steps] if len(events) > steps else Events.cat([events], steps=steps)


def check_forward(where: str, stamps: np.ndarray) -> None:
    """Raise if time stamps, in microseconds, run backward."""
    back = np.flatnonzero(np.diff(stamps) < 0)
    if len(back):
        raise ValueError(
            f"{where} has time stamps that run backward, from {stamps[back[0]]} to "
            f"{stamps[back[0] + 1]} us; check_order=False takes them as they are"
        )
