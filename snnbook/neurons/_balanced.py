"""Oscillators that Euler's step keeps stable: balanced resonate-and-fire neurons (chapter 8b)."""

import math
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from torch import Tensor

from snnbook.neurons._adlif import as_tensors, matrix
from snnbook.neurons._neuron import check_step
from snnbook.neurons._resonate import ResonateRecord, check_frequency
from snnbook.neurons._spiking import SpikingNeuron, check_coupling


class BalancedState(NamedTuple):
    """U, Q and the refractory variable q of a layer, each (B, N)."""

    mem: Tensor
    quad: Tensor
    refractory: Tensor


@dataclass(frozen=True, eq=False)
class BalancedNeuron(SpikingNeuron):
    r"""A balanced resonate-and-fire neuron: Euler's step, damped below its divergence bound.

    .. math::

        S[n]   &= \Theta(U[n] - \theta - q[n]), \qquad q[n+1] = \gamma\, q[n] + S[n] \\
        b      &= p(\omega) - b' - q[n+1] \\
        z[n+1] &= \big( 1 + \Delta t\, (b + i\omega) \big)\, z[n] + x[n] + V S[n]

    The divergence bound :math:`p(\omega)` of :func:`divergence_bound` is the damping at which
    Euler's step keeps the amplitude, so that :math:`b' > 0` decays. A spike raises the threshold
    by q, and the damping by q per second, in place of a reset.

    Parameters
    ----------
    frequency : float or Tensor
        f in Hz, above 0 and below :math:`1 / (2\pi \Delta t)`, above which no damping makes
        Euler's step stable: a number, or (N,), one of each neuron.
    damping : float or Tensor
        b' in 1/s, at least 0.
    tau_refractory : float or Tensor
        Time constant of q in seconds: :math:`\gamma = e^{-\Delta t/\tau}`. The paper has
        :math:`\gamma = 0.9` at steps of 10 ms, which is 95 ms.
    dt, threshold, surrogate, spike_at_threshold
        As in :class:`LIFNeuron`, by name.
    reset : {"none"}
        There is none but q.
    reset_gradient : bool
        Whether the gradient flows back through the spikes in q, as in the paper.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range.

    Notes
    -----
    The drive enters with a factor of 1; Higuchi et al. (2024) multiply it by the time step.

    No compiled loop knows it. In the plain loop a layer of it takes 3 times (large and recurrent)
    to 80 times (one small sample) as long as compiled LIF neurons do on one core.

    Examples
    --------
    Each spike makes the next one harder, under a constant input:

    >>> import torch
    >>> from snnbook.neurons import run
    >>> record = run(BalancedNeuron(frequency=10.0), torch.full((60, 1, 1), 0.2))
    >>> record.spikes.flatten().nonzero().flatten().tolist()
    [6, 11, 19]

    Higuchi et al. (2024); chapter 8b.
    """

    frequency: float | Tensor = 10.0
    damping: float | Tensor = 5.0
    tau_refractory: float | Tensor = 95e-3
    reset: str = field(default="none", kw_only=True)
    reset_gradient: bool = field(default=True, kw_only=True)

    State = BalancedState
    decays = {"gamma": "tau_refractory"}
    couplings = ("frequency", "damping", "gamma")
    resets: ClassVar[tuple[str, ...]] = ("none",)

    def __post_init__(self) -> None:
        super().__post_init__()
        why = "above which no damping makes the step stable"
        check_frequency(self.frequency, 0.5 / math.pi / self.dt, why)
        check_coupling("damping", self.damping, low=0)

    @property
    def gamma(self) -> float | Tensor:
        """Decay factor of the refractory variable over one step."""
        return self._decay("gamma")

    @property
    def bound(self) -> float | Tensor:
        """The divergence bound of the neuron's frequency, in 1/s."""
        square = 1 - (2 * math.pi * self.frequency * self.dt) ** 2
        root = square.sqrt() if isinstance(square, Tensor) else math.sqrt(square)
        return (root - 1) / self.dt

    def step_matrix(self) -> Tensor:
        """Return the matrix of a step at q = 0, from (U, Q) to (U, Q): (2, 2) or (N, 2, 2).

        float64, or the type of constants that are tensors.
        """
        turn = 2 * math.pi * self.frequency * self.dt
        real, turn = as_tensors(1 + self.dt * (self.bound - self.damping), turn)
        return matrix(real, -turn, turn, real)

    def step(
        self, state: BalancedState, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Tensor, BalancedState]:
        """Take one step: from U[n], Q[n], q[n] and the drive x[n] to S[n] and the state of n+1."""
        check_step(self, BalancedState, state, drive, recurrent_weight)
        mem, quad, refractory = state
        spikes = self.fire(mem - self.threshold - refractory)
        if recurrent_weight is not None:
            drive = drive + spikes @ recurrent_weight.T
        refractory = self.gamma * refractory + (spikes if self.reset_gradient else spikes.detach())
        real = 1 + self.dt * (self.bound - self.damping - refractory)
        turn = 2 * math.pi * self.frequency * self.dt
        return spikes, BalancedState(
            real * mem - turn * quad + drive, turn * mem + real * quad, refractory
        )

    def record(
        self, output: Tensor, states: BalancedState | None, state: BalancedState
    ) -> ResonateRecord:
        """Return spikes and both parts at n = 0 .. T-1, and the last state."""
        return ResonateRecord(output, *(states[:2] if states else (None, None)), state)
