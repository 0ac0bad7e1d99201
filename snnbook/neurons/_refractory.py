"""An absolute refractory period around any spiking neuron (chapter 2)."""

import copy
from collections import namedtuple
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from snnbook._validate import check_flag, check_positive
from snnbook.neurons._lif import LIFNeuron
from snnbook.neurons._neuron import Neuron, check_step
from snnbook.neurons._spiking import SpikingNeuron

#: What of a state is the membrane, which may be held.
MEMBRANE = ("mem", "quad")


@cache
def _state_of(kind: type) -> type:
    """Return the state ``kind`` with a counter ``wait``."""
    made = namedtuple("Refractory" + kind.__name__, (*kind._fields, "wait"))
    made.__doc__ = f"A {kind.__name__}, and the steps that a neuron still waits, each (B, N)."
    made.__reduce__ = lambda state: (_again, (kind, tuple(state)))
    return made


def _again(kind: type, values: tuple):
    return _state_of(kind)(*values)


@dataclass(frozen=True)
class Refractory(Neuron):
    r"""A spiking neuron with an absolute refractory period: silent for a while after each spike.

    With a counter k[n], :math:`S[n] = 0` where :math:`k[n] > 0`, and

    .. math:: k[n+1] = \text{round}(t_\text{ref} / \Delta t) \;\text{after a spike, else}\;
              \max(k[n] - 1, 0)

    Parameters
    ----------
    neuron : LIFNeuron, AdaptiveNeuron, DirectLIFNeuron, AdLIFNeuron, ResonateNeuron, BalancedNeuron
        The neuron. Any other works that inherits from one of them, and takes its spikes from its
        ``surrogate``.
    period : float
        :math:`t_\text{ref}` in seconds, at least one time step when rounded to whole steps. Two
        spikes are at least one step more apart.
    hold : bool
        Whether the membrane stands still during that time, at its value after the reset, and what
        reaches it is lost; otherwise it integrates on. Currents and adaptation go on in any case.

    Raises
    ------
    TypeError, ValueError
        If the neuron does not spike, or the period is less than a step.

    Notes
    -----
    Its state is that of the neuron and ``wait``. A neuron that waits has no surrogate gradient.

    No compiled loop knows it. In the plain loop a layer of refractory LIF neurons takes 3 times
    (large and recurrent) to 80 times (one small sample) as long as compiled LIF neurons do on one
    core.

    Examples
    --------
    >>> from snnbook.neurons import run
    >>> drive = torch.full((12, 1, 1), 5.0)
    >>> run(LIFNeuron(), drive).spikes.flatten().int().tolist()
    [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    >>> run(Refractory(LIFNeuron(), period=3e-3), drive).spikes.flatten().int().tolist()
    [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0]

    Chapter 2.
    """

    neuron: LIFNeuron | SpikingNeuron
    period: float
    hold: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.neuron, (LIFNeuron, SpikingNeuron)):
            raise TypeError(
                f"neuron is a {type(self.neuron).__name__}; a spiking neuron is accepted, such as "
                "LIFNeuron()"
            )
        check_positive("period", self.period)
        if self.steps < 1:
            raise ValueError(
                f"period is {self.period!r}; at least half of the time step of "
                f"{self.neuron.dt!r} s is accepted"
            )
        check_flag("hold", self.hold)

    @property
    def steps(self) -> int:
        """The steps of silence after a spike."""
        return round(self.period / self.neuron.dt)

    @property
    def State(self) -> type:  # noqa: N802
        """The neuron's state, and ``wait``, the steps that are left."""
        return _state_of(self.neuron.State)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the neuron inside, such as its time constants."""
        if name == "neuron" or name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.neuron, name)

    def prepared(self) -> "Refractory":
        """Return this neuron with its decay factors worked out once, for a loop over time."""
        other = copy.copy(self)
        other.__dict__["neuron"] = self.neuron.prepared()
        return other

    def step(
        self, state: Any, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Tensor, Any]:
        """Take a step of the neuron, with spikes only where it does not wait."""
        check_step(self, self.State, state, drive, recurrent_weight)
        before, ready = self.neuron.State(*state[:-1]), state[-1] <= 0
        gated = copy.copy(self.neuron)
        gated.__dict__["surrogate"] = _Gated(self.neuron.surrogate, ready.to(drive.dtype))
        spikes, after = gated.step(before, drive, recurrent_weight)
        if self.hold:
            held = {name: getattr(before, name) for name in MEMBRANE if name in before._fields}
            moved = {name: torch.where(ready, getattr(after, name), x) for name, x in held.items()}
            after = after._replace(**moved)
        left = (state[-1] - 1).clamp(min=0)
        wait = torch.where(spikes.detach() > 0.5, float(self.steps), left)
        return spikes, self.State(*after, wait)

    def record(self, output: Tensor, states: Any, state: Any) -> Any:
        """Return the record of the neuron inside; its last state has the counter."""
        inner = None if states is None else self.neuron.State(*states[:-1])
        return self.neuron.record(output, inner, state)


class _Gated:
    """A surrogate that lets spikes pass only where ``ready`` is 1."""

    def __init__(self, surrogate, ready: Tensor) -> None:
        self.surrogate, self.ready = surrogate, ready

    def __call__(self, x: Tensor, at_threshold: bool = False) -> Tensor:
        return self.surrogate(x, at_threshold) * self.ready
