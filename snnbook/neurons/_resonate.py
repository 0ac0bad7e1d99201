r"""Neurons that oscillate: resonate-and-fire (chapter 8b).

The state is a complex number :math:`z = U + iQ`, held as two real ones, that turns with
:math:`\omega = 2\pi f` and decays.
"""

import copy
import math
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

import torch
from torch import Tensor

from snnbook._validate import check_choice, values_at_hand
from snnbook.neurons._adlif import as_tensors, matrix
from snnbook.neurons._neuron import check_constant, check_step
from snnbook.neurons._spiking import SpikingNeuron

#: What a spike may do to an oscillator.
RESONATE_RESETS = ("none", "subtract", "zero", "restart")


class ResonateState(NamedTuple):
    """The two parts of an oscillation: ``mem`` (U, real) and ``quad`` (Q, imaginary), (B, N)."""

    mem: Tensor
    quad: Tensor


class ResonateRecord(NamedTuple):
    """What happened in a layer: ``spikes``, ``mem`` and ``quad`` (T, B, N), and the state after.

    ``mem`` and ``quad`` are ``None`` when they were not recorded; ``state`` is that of T.
    """

    spikes: Tensor
    mem: Tensor | None
    quad: Tensor | None
    state: tuple


def check_frequency(frequency: float | Tensor, highest: float, why: str) -> None:
    """Raise unless a frequency is above 0 and below ``highest``."""
    check_constant("frequency", frequency)
    if isinstance(frequency, Tensor) and not (values_at_hand(frequency) and frequency.numel()):
        return
    top = float(frequency.detach().max() if isinstance(frequency, Tensor) else frequency)
    if not top < highest:
        raise ValueError(
            f"frequency holds {top:.6g}; numbers below {highest:.6g} Hz are accepted, {why}"
        )


@dataclass(frozen=True, eq=False)
class ResonateNeuron(SpikingNeuron):
    r"""A resonate-and-fire neuron: a damped oscillator with a threshold.

    .. math::

        S[n] &= \Theta(U[n] - \theta) \quad\text{or}\quad \Theta(Q[n] - \theta) \\
        z[n+1] &= m\, z + x[n] + V S[n], \qquad
        m = e^{(-1/\tau + i\omega) \Delta t}, \qquad \omega = 2\pi f

    where z is :math:`U[n] + iQ[n]` after the reset. This is the exact solution between inputs, and
    decays at every time step. Forward Euler has :math:`m = 1 + (-1/\tau + i\omega) \Delta t`
    instead, and grows without bound where :math:`\omega^2 \Delta t > 2/\tau`, about.

    Parameters
    ----------
    frequency : float or Tensor
        f in Hz, above 0 and below :math:`1 / (2 \Delta t)`: a number, or (N,), one of each neuron.
    tau_mem : float or Tensor
        Time constant of the decay in seconds, above 0; it may be infinite.
    watch : {"mem", "quad"}
        The part that the threshold looks at. The drive enters U. ``mem`` is U, as in Higuchi et al.
        (2024); ``quad`` is Q, as in Izhikevich (2001), which lags by a quarter of a turn.
    step_kind : {"exact", "forward"}
        The discretization.
    reset : {"none", "subtract", "zero", "restart"}
        What a spike does, at once: nothing, take the threshold off the part that is watched,
        set both parts to 0, or set that part to the threshold and the other to 0, as Izhikevich
        does.
    dt, threshold, surrogate, reset_gradient, spike_at_threshold
        As in :class:`LIFNeuron`, by name.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range, or an option is none of those named.

    Notes
    -----
    The drive enters with a factor of 1; Higuchi et al. multiply it by the time step. Input at step
    n reaches U and a spike at n+1.

    No compiled loop knows it. In the plain loop a layer of it takes 3 times (large and recurrent)
    to 60 times (one small sample) as long as compiled LIF neurons do on one core.

    Examples
    --------
    A pulse in each period moves it further; two pulses half a period apart cancel:

    >>> from snnbook.neurons import run
    >>> neuron = ResonateNeuron(frequency=50.0, tau_mem=0.1)
    >>> pulses = torch.zeros(41, 1, 2)
    >>> pulses[0], pulses[20, 0, 0], pulses[10, 0, 1] = 1.0, 1.0, 1.0
    >>> [round(u, 2) for u in run(neuron, pulses).state.mem[0].tolist()]
    [1.49, -0.07]

    Izhikevich (2001); chapter 8b; ``eq-08b-oscillator``.
    """

    frequency: float | Tensor = 10.0
    tau_mem: float | Tensor = 50e-3
    watch: str = "mem"
    step_kind: str = "exact"
    reset: str = field(default="none", kw_only=True)

    State = ResonateState
    decays = {"beta": "tau_mem"}
    couplings = ("frequency",)
    resets: ClassVar[tuple[str, ...]] = RESONATE_RESETS

    def __post_init__(self) -> None:
        super().__post_init__()
        check_frequency(self.frequency, 0.5 / self.dt, "half of the steps in a second")
        check_choice("watch", self.watch, ("mem", "quad"))
        check_choice("step_kind", self.step_kind, ("exact", "forward"))

    @property
    def beta(self) -> float | Tensor:
        """Decay factor of the oscillation over one step."""
        return self._decay("beta")

    def factor(self) -> tuple[float | Tensor, float | Tensor]:
        """Return the real and the imaginary part of the factor m of a step."""
        ready = self.__dict__.get("_factor")
        if ready is not None:
            return ready
        angle = 2 * math.pi * self.frequency * self.dt
        if self.step_kind == "forward":
            return 1 - self.dt / self.tau_mem, angle
        cos, sin = (torch.cos, torch.sin) if isinstance(angle, Tensor) else (math.cos, math.sin)
        return self.beta * cos(angle), self.beta * sin(angle)

    def prepared(self) -> Self:
        """Return this neuron with its factor worked out once, for a loop over time."""
        other = copy.copy(self)
        other.__dict__["_factor"] = self.factor()
        return other

    def step_matrix(self) -> Tensor:
        """Return the matrix of a step without spikes, from (U, Q) to (U, Q): (2, 2) or (N, 2, 2).

        float64, or the type of constants that are tensors.
        """
        real, turn = as_tensors(*self.factor())
        return matrix(real, -turn, turn, real)

    def step(
        self, state: ResonateState, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Tensor, ResonateState]:
        """Take one step: from U[n], Q[n] and the drive x[n] to S[n] and the state of n+1."""
        check_step(self, ResonateState, state, drive, recurrent_weight)
        spikes = self.fire(getattr(state, self.watch) - self.threshold)
        if recurrent_weight is not None:
            drive = drive + spikes @ recurrent_weight.T
        (mem, quad), (real, turn) = self._after_reset(state, spikes), self.factor()
        return spikes, ResonateState(real * mem - turn * quad + drive, turn * mem + real * quad)

    def _after_reset(self, state: ResonateState, spikes: Tensor):
        if self.reset == "none":
            return state
        off = spikes if self.reset_gradient else spikes.detach()
        if self.reset == "zero":
            return state.mem * (1 - off), state.quad * (1 - off)
        watched, other = getattr(state, self.watch), state[self.watch == "mem"]
        if self.reset == "subtract":
            watched = watched - self.threshold * off
        else:
            watched, other = watched * (1 - off) + self.threshold * off, other * (1 - off)
        return (watched, other) if self.watch == "mem" else (other, watched)

    def record(
        self, output: Tensor, states: ResonateState | None, state: ResonateState
    ) -> ResonateRecord:
        """Return spikes and both parts at n = 0 .. T-1, and the last state."""
        return ResonateRecord(output, *(states or (None, None)), state)
