"""The kinds of neurons that have loops of their own, beside LIF and leaky neurons.

A kind says which constants its loops take and in which order, what they record, how far a state is
from the threshold, and what the reset and the constants bring to the adjoint. Its loops are three:
``forward``, ``forward_recurrent`` and ``adjoint``, over arrays (T, B, N) with constants (N,).
"""

from dataclasses import dataclass
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from snnbook.kernels import _adaptive_loops, _adlif_loops, _direct_loops
from snnbook.kernels._call import Call


@dataclass(frozen=True)
class Kind:
    """A kind of neurons with a threshold; this one has no synaptic current, and one state, U."""

    loops: ModuleType
    constants: tuple[str, ...]
    states: int = 1  # how many states a neuron carries
    mem_at: int = 0  # which of them is U

    def numbers(self, call: Call, constants: tuple[Tensor, ...]) -> tuple:
        """Return the constants for the loops: arrays (N,), then drop, zero and further flags."""
        size = call.shape[2:]
        arrays = [np.array(np.broadcast_to(x.detach().numpy(), size)) for x in constants]
        theta = arrays[self.constants.index("threshold")]
        drop = theta if call.reset == "subtract" else np.zeros_like(theta)
        zero = theta.dtype.type(call.reset == "zero")
        return (*arrays, drop, zero, *self.flags(call.neuron))

    def flags(self, neuron) -> tuple[bool, ...]:
        """Return what else the loops are told: first whether U = theta is a spike."""
        return (neuron.spike_at_threshold,)

    def records(self, call: Call, keep: bool) -> tuple[bool, ...]:
        """Return what is recorded: U, and the drive where a reset to zero needs it."""
        return call.record or keep, keep and call.reset == "zero" and call.coupled

    def shown(self, records: tuple) -> tuple:
        """Return what of the records is that of the states."""
        return records[: self.states]

    def distance(self, kept: tuple, numbers: tuple) -> Tensor:
        """Return how far a state is above the threshold, rounded as in the loops."""
        return kept[0] - self.of(numbers, "threshold")

    def of(self, numbers: tuple, name: str) -> Tensor:
        """Return a constant as a tensor (N,)."""
        return torch.from_numpy(numbers[self.constants.index(name)])

    def undone(self, call: Call, kept: tuple, numbers: tuple) -> Tensor:
        """Return what a spike takes away: theta, or all that the reset sets to zero."""
        if call.reset == "subtract":
            return self.of(numbers, "threshold")
        return self.of(numbers, "beta") * kept[0] + kept[1]

    def learning(self, call: Call, kept: tuple, fired: Tensor, numbers: tuple) -> tuple:
        """Return what the sums of the constants need."""
        return kept[0], fall(call, fired)

    def carried(self, lam: tuple, keep: Tensor | None) -> Tensor:
        """Return dL/dx of a step, which goes back through V."""
        return lam[0] if keep is None else lam[0] * keep


def fall(call: Call, fired: Tensor) -> Tensor:
    """Return the spikes that take theta off."""
    return fired if call.reset == "subtract" else torch.zeros_like(fired)


class Adaptive(Kind):
    """Neurons with a current, whose threshold adapts: I, U and a."""

    def records(self, call: Call, keep: bool) -> tuple[bool, ...]:
        """Return what is recorded: U and a, and I where alpha learns or a reset needs it."""
        current = call.learning[0] or call.reset == "zero" and call.coupled
        return keep and current, call.record or keep, call.record or keep

    def shown(self, records: tuple) -> tuple:
        return None, *records[1:]

    def distance(self, kept: tuple, numbers: tuple) -> Tensor:
        return (kept[1] - self.of(numbers, "threshold")) - self.of(numbers, "strength") * kept[2]

    def undone(self, call: Call, kept: tuple, numbers: tuple) -> Tensor:
        return super().undone(call, (kept[1], kept[0]), numbers)

    def learning(self, call: Call, kept: tuple, fired: Tensor, numbers: tuple) -> tuple:
        syn, mem, adapt = kept
        return torch.zeros_like(mem) if syn is None else syn, mem, adapt, fall(call, fired)

    def carried(self, lam: tuple, keep: Tensor | None) -> Tensor:
        return lam[0]


class AdLIF(Kind):
    """Neurons without a synaptic current, with an adaptation current: U and w."""

    def flags(self, neuron) -> tuple[bool, ...]:
        return neuron.spike_at_threshold, neuron.step_kind == "symplectic"

    def records(self, call: Call, keep: bool) -> tuple[bool, ...]:
        return call.record or keep, call.record or keep

    def undone(self, call: Call, kept: tuple, numbers: tuple) -> Tensor:
        return self.of(numbers, "threshold") if call.reset == "subtract" else kept[0]

    def learning(self, call: Call, kept: tuple, fired: Tensor, numbers: tuple) -> tuple:
        mem, adapt = kept
        mem = mem - self.of(numbers, "threshold") * fall(call, fired)
        mem = mem * (1 - fired) if call.reset == "zero" else mem
        rho, a, b = (self.of(numbers, name) for name in ("rho", "coupling", "jump"))
        pull = a * mem + b * fired - adapt
        against = adapt + (1 - rho) * pull if numbers[-1] else adapt
        return mem, mem + against, pull, fired, fall(call, fired)

    def carried(self, lam: tuple, keep: Tensor | None) -> Tensor:
        return lam[0]


#: The kinds, by the word that a neuron's class has as ``compiled``.
KINDS = {
    "direct": Kind(_direct_loops, ("beta", "threshold")),
    "adaptive": Adaptive(
        _adaptive_loops, ("alpha", "beta", "threshold", "rho", "strength"), states=3, mem_at=1
    ),
    "adlif": AdLIF(_adlif_loops, ("beta", "threshold", "rho", "coupling", "jump"), states=2),
}
