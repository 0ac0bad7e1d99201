"""What one call of a compiled loop is: the neuron, its shape, the spikes that were found."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

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
    learning: tuple[bool, ...] = (False,) * 3  # which of alpha, beta, theta have a gradient
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
        """Whether the backward pass needs I[n]: a reset to zero that has, or hides, a gradient."""
        return self.reset == "zero" and (self.coupled or any(self.learning))

    def constants(self) -> tuple:
        """Return alpha, beta and the threshold, numbers or tensors of the tensors' type.

        Where one differs between neurons or learns, all three are tensors: the loops are compiled
        for numbers and for arrays, and not for mixtures of them.
        """
        found = self.neuron.alpha, self.neuron.beta, self.threshold
        if not any(isinstance(x, Tensor) for x in found):
            return found
        return tuple(torch.as_tensor(x, dtype=self.dtype, device="cpu") for x in found)

    def numbers(self, constants: tuple | None = None):
        """Return alpha, beta, edge, drop, zero for the loops.

        They are NumPy scalars of the tensors' type, or all but ``zero`` are arrays (N,).
        """
        kind = np.float32 if self.dtype == torch.float32 else np.float64
        alpha, beta, theta = (
            np.array(np.broadcast_to(x.detach().numpy(), self.shape[2:]))
            if isinstance(x, Tensor)
            else kind(x)
            for x in constants or self.constants()
        )
        at_threshold = getattr(self.neuron, "spike_at_threshold", False)
        edge = np.nextafter(theta, kind(-np.inf)) if at_threshold else theta
        drop = theta if self.reset == "subtract" else kind(0) * theta
        return alpha, beta, edge, drop, kind(self.reset == "zero")

    def columns(self, constant):
        """Return a constant for the columns (B, N) of a run: a number, or an array (B * N,)."""
        return np.tile(constant, self.shape[1]) if constant.ndim else constant
