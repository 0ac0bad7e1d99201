r"""The leaky integrate-and-fire neuron without synaptic current, as most libraries have it.

.. math:: U[n+1] = \beta U[n] + x[n] + V S[n] - \theta S[n], \qquad S[n] = \Theta(U[n] - \theta)
"""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from snnbook.neurons._neuron import check_step
from snnbook.neurons._spiking import SpikingNeuron, after_reset


class DirectState(NamedTuple):
    """What a neuron without synaptic current carries: ``mem`` (U), (B, N)."""

    mem: Tensor


class DirectRecord(NamedTuple):
    """What happened in a layer: ``spikes`` and ``mem`` (T, B, N) at n = 0 .. T-1, and the state.

    ``mem`` is ``None`` when it was not recorded; ``state`` is that of T.
    """

    spikes: Tensor
    mem: Tensor | None
    state: DirectState


@dataclass(frozen=True, eq=False)
class DirectLIFNeuron(SpikingNeuron):
    r"""A leaky integrate-and-fire neuron without synaptic current: one state, the membrane.

    .. math::

        S[n]   &= \Theta(U[n] - \theta) \\
        U[n+1] &= \beta U[n] + x[n] + V S[n] - \theta S[n], \qquad
                  \beta = e^{-\Delta t / \tau_\text{mem}}

    Parameters
    ----------
    tau_mem : float or Tensor
        Time constant of the membrane in seconds, above 0: a number, or (N,), one of each neuron.
        With ``tau_mem=math.inf`` it is the integrate-and-fire neuron, :math:`\beta = 1`.
    dt, threshold, surrogate, reset, reset_gradient, spike_at_threshold
        As in :class:`LIFNeuron`, by name.

    Raises
    ------
    TypeError, ValueError
        If a number is not finite and above 0 (``tau_mem`` may be infinite), or an option is none
        of those named.

    Notes
    -----
    Input at step n reaches U at n+1, and so a spike at n+1 at the earliest. This is the recursion
    of ``snntorch.Leaky`` with its default reset: what happens there at step n happens here at
    n+1, because U[n] is here the membrane before the input of step n. SpikingJelly's ``LIFNode``
    and norse's ``LIFBox`` are of this kind too, with a decay of :math:`1 - \Delta t/\tau` and
    other resets (see the conventions page).

    Compiled loops run it on a CPU. A layer of it takes 1 to 1.7 times as long there as one of LIF
    neurons (one core, forward and backward); the longer time is that of the smallest layers.

    Examples
    --------
    >>> import math
    >>> import torch
    >>> from snnbook.neurons import run
    >>> half = DirectLIFNeuron(1 / math.log(2), dt=1.0)
    >>> record = run(half, torch.full((5, 1, 1), 0.75))
    >>> record.mem.flatten().tolist()
    [0.0, 0.75, 1.125, 0.3125, 0.90625]
    >>> record.spikes.flatten().int().tolist()
    [0, 0, 1, 0, 0]

    The integrate-and-fire neuron counts its input and forgets nothing:

    >>> integrate_and_fire = DirectLIFNeuron(tau_mem=math.inf)
    >>> run(integrate_and_fire, torch.full((8, 1, 1), 0.5)).spikes.flatten().int().tolist()
    [0, 0, 0, 1, 0, 1, 0, 1]

    Paper section II; chapter 2.
    """

    tau_mem: float | Tensor = 10e-3

    State = DirectState
    compiled = "direct"
    decays = {"beta": "tau_mem"}

    @property
    def beta(self) -> float | Tensor:
        """Decay factor of the membrane potential over one step."""
        return self._decay("beta")

    def step(
        self, state: DirectState, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Tensor, DirectState]:
        """Take one step: from U[n] and the drive x[n] to S[n] and U[n+1]."""
        check_step(self, DirectState, state, drive, recurrent_weight)
        spikes = self.fire(state.mem - self.threshold)
        if recurrent_weight is not None:
            drive = drive + spikes @ recurrent_weight.T
        return spikes, DirectState(after_reset(self.beta * state.mem + drive, spikes, self))

    def record(
        self, output: Tensor, states: DirectState | None, state: DirectState
    ) -> DirectRecord:
        """Return spikes and membrane at n = 0 .. T-1, and the last state."""
        return DirectRecord(output, states and states.mem, state)
