r"""The leaky neuron with an adaptation current, adLIF, in two discretizations (chapter 8b).

In continuous time the membrane u drives a slow current w that works against it, as each spike does:

.. math::

    \tau_\text{mem} \dot u = -u + I - w, \qquad
    \tau_w \dot w = -w + a\, u + b\, S

(``eq-08b-current``). Where :math:`a > (\tau_w - \tau_\text{mem})^2 / (4 \tau_\text{mem} \tau_w)`
the two oscillate: the neuron resonates.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_choice
from snnbook.neurons._neuron import check_step
from snnbook.neurons._spiking import SpikingNeuron, after_reset, check_coupling


class AdLIFState(NamedTuple):
    """Membrane U and adaptation current w of a layer, each (B, N)."""

    mem: Tensor
    adapt: Tensor


class AdLIFRecord(NamedTuple):
    """What happened in a layer: ``spikes``, ``mem`` and ``adapt`` (T, B, N), and the state after.

    ``mem`` and ``adapt`` are ``None`` when they were not recorded; ``state`` is that of T.
    """

    spikes: Tensor
    mem: Tensor | None
    adapt: Tensor | None
    state: AdLIFState


@dataclass(frozen=True, eq=False)
class AdLIFNeuron(SpikingNeuron):
    r"""A leaky neuron with an adaptation current w that its membrane and its spikes drive (adLIF).

    With the membrane u after the reset, :math:`u = U[n] - \theta S[n]` (subtract) or
    :math:`u = U[n] (1 - S[n])` (zero),

    .. math::

        S[n]   &= \Theta(U[n] - \theta) \\
        w[n+1] &= \rho\, w[n] + (1 - \rho) (a\, u + b\, S[n]) \\
        U[n+1] &= \beta u + x[n] + V S[n] - (1 - \beta)\, \hat w

    Forward Euler takes the old current, :math:`\hat w = w[n]`; the symplectic step takes the new
    one, :math:`\hat w = w[n+1]`, and is stable for much larger couplings
    (:func:`coupling_bound`). As in the papers, the decay factors are
    :math:`\beta = e^{-\Delta t/\tau_\text{mem}}` and :math:`\rho = e^{-\Delta t/\tau_w}` in both.

    Parameters
    ----------
    tau_mem, tau_adapt : float or Tensor
        Time constants of the membrane and of the adaptation current in seconds, above 0: a
        number, or (N,), one of each neuron.
    coupling : float or Tensor
        a, the current that a membrane of 1 holds in the long run; finite.
    jump : float or Tensor
        b, what spikes add in the long run if there is one in each step; one of them adds
        :math:`(1 - \rho)\, b`; finite.
    step_kind : {"symplectic", "forward"}
        The discretization.
    dt, threshold, surrogate, reset, reset_gradient, spike_at_threshold
        As in :class:`LIFNeuron`, by name. The reset acts at once: it comes before the leak.

    Raises
    ------
    TypeError, ValueError
        If a time constant is not above 0, a coupling not finite, or an option unknown. A neuron
        whose step is unstable is no error; :func:`run` says so once its state overflows.

    Notes
    -----
    The drive enters with a factor of 1, as everywhere in this book, and with :math:`1 - \beta` in
    the papers: multiply their weights by :math:`1 - \beta`. Their code scales a and b by a number
    q; here a and b are the products. There is no synaptic current; input at step n reaches U and a
    spike at n+1. Bittar and Garner (2022) update w without the factor :math:`1 - \rho`.

    Compiled loops run it on a CPU. A layer of it takes 1 to 1.9 times as long there as one of LIF
    neurons (one core, forward and backward).

    Examples
    --------
    Both steps are the same neuron at small couplings, and at large ones only one is stable:

    >>> from dataclasses import replace
    >>> from snnbook.neurons import spectral_radius
    >>> neuron = AdLIFNeuron(tau_mem=20e-3, tau_adapt=100e-3, coupling=200.0)
    >>> round(spectral_radius(neuron).item(), 3)
    0.97
    >>> round(spectral_radius(replace(neuron, step_kind="forward")).item(), 3)
    1.019

    Baronig et al. (2025); Bittar and Garner (2022); chapter 8b; ``eq-08b-current``,
    ``eq-08b-step``.
    """

    tau_mem: float | Tensor = 20e-3
    tau_adapt: float | Tensor = 100e-3
    coupling: float | Tensor = 10.0
    jump: float | Tensor = 10.0
    step_kind: str = "symplectic"

    State = AdLIFState
    compiled = "adlif"
    decays = {"beta": "tau_mem", "rho": "tau_adapt"}
    couplings = ("coupling", "jump")
    endless = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_coupling("coupling", self.coupling)
        check_coupling("jump", self.jump)
        check_choice("step_kind", self.step_kind, STEP_KINDS)

    @property
    def beta(self) -> float | Tensor:
        """Decay factor of the membrane potential over one step."""
        return self._decay("beta")

    @property
    def rho(self) -> float | Tensor:
        """Decay factor of the adaptation current over one step."""
        return self._decay("rho")

    def step_matrix(self) -> Tensor:
        """Return the matrix of a step without spikes, from (U, w) to (U, w): (2, 2) or (N, 2, 2).

        float64, or the type of constants that are tensors. The determinant of the symplectic step
        is that of the equation, :math:`\\beta\\rho`, whatever the coupling. Chapter 8b;
        ``eq-08b-modes``, ``eq-08b-matrix``, ``eq-08b-area``.
        """
        beta, rho, a = as_tensors(self.beta, self.rho, self.coupling)
        drawn, kept = (1 - rho) * a, rho
        if self.step_kind == "forward":
            upper = beta, -(1 - beta) + 0 * rho
        else:
            upper = beta - (1 - beta) * drawn, -(1 - beta) * kept
        return matrix(*upper, drawn, kept)

    def step(
        self, state: AdLIFState, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Tensor, AdLIFState]:
        """Take one step: from U[n], w[n] and the drive x[n] to S[n] and the state of n+1."""
        check_step(self, AdLIFState, state, drive, recurrent_weight)
        spikes = self.fire(state.mem - self.threshold)
        if recurrent_weight is not None:
            drive = drive + spikes @ recurrent_weight.T
        mem, beta, rho = after_reset(state.mem, spikes, self), self.beta, self.rho
        adapt = rho * state.adapt + (1 - rho) * (self.coupling * mem + self.jump * spikes)
        against = adapt if self.step_kind == "symplectic" else state.adapt
        return spikes, AdLIFState(beta * mem + drive - (1 - beta) * against, adapt)

    def record(self, output: Tensor, states: AdLIFState | None, state: AdLIFState) -> AdLIFRecord:
        """Return spikes, membrane and current at n = 0 .. T-1, and the last state."""
        return AdLIFRecord(output, *(states or (None, None)), state)


#: The discretizations of a neuron with an adaptation current.
STEP_KINDS = ("symplectic", "forward")


def as_tensors(*constants: float | Tensor) -> list[Tensor]:
    """Return constants as tensors that broadcast: float64 where none of them is a tensor."""
    given = [x for x in constants if isinstance(x, Tensor)]
    kind = {"dtype": given[0].dtype, "device": given[0].device} if given else {}
    kind = kind or {"dtype": torch.float64}
    return [x if isinstance(x, Tensor) else torch.tensor(x, **kind) for x in constants]


def matrix(*entries: Tensor) -> Tensor:
    """Return the matrices of four entries, row by row: (2, 2), or (N, 2, 2)."""
    rows = torch.stack(torch.broadcast_tensors(*entries), -1)
    return rows.unflatten(-1, (2, 2))
