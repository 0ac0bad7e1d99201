"""What one call of a compiled loop is: the neuron, its shape, the spikes that were found."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from snnbook.surrogates import Surrogate


@dataclass
class Call:
    """One call: the neuron as the loops see it, and whether the end was seen finite.

    A neuron without ``surrogate`` is leaky: it never spikes and never resets.
    """

    neuron: Any
    shape: tuple[int, int, int]
    dtype: torch.dtype
    events: tuple | None
    record: bool = True
    checkpoint: int | None = None  # steps between the states that are kept
    finite: bool | None = None  # None: not looked at

    def __post_init__(self) -> None:
        self.record = self.record or self.surrogate is None  # a leaky neuron sends its membrane

    @property
    def surrogate(self) -> Surrogate | None:
        """What stands for the derivative of a spike; ``None`` for a leaky neuron."""
        return getattr(self.neuron, "surrogate", None)

    @property
    def threshold(self) -> float:
        return getattr(self.neuron, "threshold", 1.0)

    @property
    def reset(self) -> str:
        return getattr(self.neuron, "reset", "none")

    @property
    def coupled(self) -> bool:
        """Whether the gradient flows back through the spike in the reset."""
        return self.reset != "none" and self.neuron.reset_gradient

    @property
    def needs_current(self) -> bool:
        """Whether the backward pass needs I[n]: a reset to zero with a gradient."""
        return self.reset == "zero" and self.coupled

    def numbers(self):
        """Return alpha, beta, edge, drop, zero as NumPy scalars of the tensors' type."""
        kind = np.float32 if self.dtype == torch.float32 else np.float64
        theta, neuron = kind(self.threshold), self.neuron
        at_threshold = getattr(neuron, "spike_at_threshold", False)
        edge = np.nextafter(theta, kind(-np.inf)) if at_threshold else theta
        drop = theta if self.reset == "subtract" else kind(0)
        return kind(neuron.alpha), kind(neuron.beta), edge, drop, kind(self.reset == "zero")
