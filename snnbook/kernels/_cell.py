"""What one run of a layer is: its neurons as numbers, its shape, the spikes that were found."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from snnbook.surrogates import Surrogate


class Cell(NamedTuple):
    """The neurons of a layer, as numbers: what the loops need to know."""

    alpha: float
    beta: float
    theta: float = 1.0
    record: bool = True
    surrogate: Surrogate | None = None  # None: leaky, never spikes
    reset: str = "none"
    reset_gradient: bool = False
    spike_at_threshold: bool = False
    checkpoint: int | None = None  # steps between the states that are kept

    def numbers(self, dtype: torch.dtype):
        """Return alpha, beta, edge, drop, zero as NumPy scalars of the tensors' type."""
        kind = np.float32 if dtype == torch.float32 else np.float64
        theta = kind(self.theta)
        edge = np.nextafter(theta, kind(-np.inf)) if self.spike_at_threshold else theta
        drop = theta if self.reset == "subtract" else kind(0)
        return kind(self.alpha), kind(self.beta), edge, drop, kind(self.reset == "zero")

    @property
    def coupled(self) -> bool:
        """Whether the gradient flows back through the spike in the reset."""
        return self.reset_gradient and self.reset != "none"


@dataclass
class Run:
    """One call: the cell, the events that were found, and whether the end was seen finite."""

    cell: Cell
    shape: tuple[int, int, int]
    dtype: torch.dtype
    events: tuple | None
    finite: bool | None = None  # None: not looked at
