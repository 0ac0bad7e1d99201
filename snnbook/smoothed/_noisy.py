"""LIF neurons that spike at random, and what a gradient does when it meets a spike (chapter 4b)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_choice,
    check_constants_are_numbers,
    check_finite,
    check_float,
    check_generator,
    check_kind,
    check_same_kind,
    check_shape,
    check_time_first,
)
from snnbook.neurons import DEFAULT_NEURON, LIFNeuron, LIFState, run
from snnbook.smoothed._escape import DEFAULT_ESCAPE, Escape

#: What the gradient does at a spike; see :class:`NoisyNeuron`.
GRADIENTS = ("none", "escape", "identity", "expected")


class StochasticRecord(NamedTuple):
    """What happened in a layer of random neurons.

    ``spikes``, ``mem``, ``syn`` and ``log_prob`` are (T, B, N) with the shared index
    n = 0 .. T-1; ``log_prob`` is the log-probability of each spike or silence, given the past.
    ``state`` holds I[T] and U[T].
    """

    spikes: Tensor
    mem: Tensor | None
    syn: Tensor | None
    log_prob: Tensor | None
    state: LIFState


@dataclass(frozen=True)
class _Coin:
    """Stands in for a surrogate: spikes by chance, or given ones, with the chosen gradient."""

    escape: Escape
    gradient: str
    generator: torch.Generator | None = None
    given: Iterator[Tensor] | None = None

    def __call__(self, x: Tensor, spike_at_threshold: bool = False) -> Tensor:
        probability = self.escape.probability(x)
        if self.gradient == "expected":
            return probability
        if self.given is not None:
            spikes = next(self.given)
        else:
            kind = {"dtype": x.dtype, "device": x.device}
            uniform = torch.rand(x.shape, **kind, generator=self.generator)
            spikes = (uniform < probability.detach()).to(x.dtype)
        if self.gradient == "none":
            return spikes
        soft = probability if self.gradient == "escape" else x
        return spikes + (soft - soft.detach())


@dataclass(frozen=True)
class NoisyNeuron(LIFNeuron):
    r"""A LIF neuron whose step is a coin: :math:`P(S[n] = 1) = p(U[n] - \theta)`.

    Everything else is :class:`snnbook.neurons.LIFNeuron`:

    .. math::

        I[n+1] = \alpha I[n] + x[n] + V S[n], \qquad U[n+1] = \beta U[n] + I[n] - \theta S[n]

    Parameters
    ----------
    tau_mem, tau_syn, dt, threshold, reset, reset_gradient
        As in :class:`snnbook.neurons.LIFNeuron`.
    escape : SigmoidEscape or ExponentialEscape
        The function p.
    gradient : {"none", "escape", "identity", "expected"}
        What a gradient does at a spike. ``none`` stops there (for the likelihood and the
        score function). ``escape`` takes p'(x), ``identity`` takes 1 (straight-through).
        ``expected`` sends p(x) itself instead of a spike: a graded, deterministic network.
    generator : torch.Generator, optional
        Source of the random numbers.

    Raises
    ------
    ValueError
        If ``gradient`` or ``reset`` is unknown.

    Examples
    --------
    With little noise the neuron is the LIF of chapter 2, which fires at step 4 here:

    >>> from snnbook.smoothed import SigmoidEscape
    >>> impulse = torch.zeros(8, 1, 1)
    >>> impulse[0] = 0.5
    >>> quiet = NoisyNeuron(escape=SigmoidEscape(noise=1e-4))
    >>> run(quiet, impulse).spikes.flatten().int().tolist()
    [0, 0, 0, 0, 1, 0, 0, 0]

    Paper section IV.A.2; chapter 4b; ``eq-04b-escape``.
    """

    surrogate: _Coin = field(init=False, repr=False, compare=False, default=None)
    spike_at_threshold: bool = field(init=False, repr=False, default=False)
    escape: Escape = DEFAULT_ESCAPE
    gradient: str = "escape"
    generator: torch.Generator | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_choice("gradient", self.gradient, GRADIENTS)
        if not isinstance(self.escape, Escape):
            raise TypeError(
                f"escape is {self.escape!r}; a SigmoidEscape or ExponentialEscape is accepted"
            )
        if self.generator is not None:
            check_generator(self.generator)
        coin = _Coin(self.escape, self.gradient, self.generator)
        object.__setattr__(self, "surrogate", coin)
        super().__post_init__()
        check_constants_are_numbers(self)

    def constants(self) -> dict:
        """Return what changes the forward pass; of the gradients only "expected" does."""
        found = super().constants()
        return found | {"gradient": found["gradient"] == "expected"}

    def record(self, output: Tensor, states: LIFState | None, state: LIFState) -> StochasticRecord:
        """Return spikes, membrane, current and log-probability at n = 0 .. T-1, last state."""
        if states is None:
            return StochasticRecord(output, None, None, None, state)
        chance = self.escape.log_probability(output.detach(), states.mem - self.threshold)
        return StochasticRecord(output, states.mem, states.syn, chance, state)


#: The noisy neuron when none is given.
DEFAULT_NOISY = NoisyNeuron()


def noisy(neuron: LIFNeuron = DEFAULT_NEURON, **noise: Any) -> NoisyNeuron:
    """Return a LIF neuron with noise: its time constants, threshold and reset, and a coin.

    Parameters
    ----------
    neuron : LIFNeuron
        Its surrogate is not used: the coin has a gradient of its own.
    **noise
        ``escape``, ``gradient`` and ``generator`` of :class:`NoisyNeuron`.

    Examples
    --------
    >>> noisy(LIFNeuron(tau_mem=20e-3), gradient="none").tau_mem
    0.02

    Chapter 4b.
    """
    return NoisyNeuron(**_shared(neuron), **noise)


def clamped_run(
    neuron: NoisyNeuron,
    drive: Tensor,
    spikes: Tensor,
    state: LIFState | None = None,
    *,
    recurrent_weight: Tensor | None = None,
) -> StochasticRecord:
    """Run noisy neurons that send given spikes; ``log_prob`` is their log-likelihood.

    Parameters
    ----------
    neuron : NoisyNeuron
        Its gradient may be anything but "expected".
    drive : Tensor
        Weighted input x[n], (T, B, N), floating point.
    spikes : Tensor
        Spike trains of 0 and 1, (T, B, N), to send instead of random ones.
    state, recurrent_weight
        As in :func:`snnbook.neurons.run`.

    Returns
    -------
    StochasticRecord
        Records at n = 0 .. T-1, and the state I[T], U[T].

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit, or the gradient is "expected".

    Examples
    --------
    A neuron at rest is unlikely to spike at once:

    >>> spikes = torch.tensor([1.0, 0.0]).reshape(2, 1, 1)
    >>> record = clamped_run(NoisyNeuron(), torch.zeros(2, 1, 1), spikes)
    >>> bool(record.log_prob[0] < record.log_prob[1])
    True

    Paper section IV.A.2; chapter 4b.
    """
    check_time_first("drive", drive)
    check_noisy(neuron)
    check_shape("spikes", spikes, tuple(drive.shape), drive)
    check_trains("spikes", spikes)
    if neuron.gradient == "expected":
        raise ValueError("gradient is 'expected', which sends no spikes; 'none' is accepted")
    coin = _Coin(neuron.escape, neuron.gradient, given=iter(spikes))
    lif = LIFNeuron(**_shared(neuron), surrogate=coin)
    out = run(lif, drive, state, recurrent_weight=recurrent_weight)
    return neuron.record(out.spikes, LIFState(out.syn, out.mem), out.state)


def check_noisy(neuron: NoisyNeuron) -> None:
    """Raise ``TypeError`` unless ``neuron`` is a :class:`NoisyNeuron`."""
    check_kind("neuron", neuron, NoisyNeuron)


def check_trains(name: str, spikes: Tensor) -> None:
    """Raise unless spikes are 0 or 1: no other number has a probability."""
    check_finite(name, spikes.detach(), steps=True)
    if not bool(((spikes == 0) | (spikes == 1)).all()):
        raise ValueError(f"{name} holds {spikes.max().item():g} or another; 0 and 1 are accepted")


def check_layer(weight: Tensor, inputs: Tensor) -> None:
    """Raise unless the weight is finite, (N, N_in), and the inputs (T, B, N_in) fit it."""
    check_float("weight", weight)
    if weight.dim() != 2 or 0 in weight.shape:
        raise ValueError(f"weight has shape {tuple(weight.shape)}; (N, N_in) is accepted")
    check_time_first("inputs", inputs, features=weight.shape[1])
    check_same_kind("inputs", inputs, weight)
    check_finite("weight", weight.detach())
    if len(inputs) == 0:
        raise ValueError("inputs has no step; at least one is accepted")
    check_finite("inputs", inputs, steps=True)


def _shared(neuron: LIFNeuron) -> dict:
    """Return what a noisy neuron has in common with a LIF neuron."""
    check_kind("neuron", neuron, LIFNeuron)
    own = ("surrogate", "spike_at_threshold", "escape", "gradient", "generator")
    return {f.name: getattr(neuron, f.name) for f in fields(neuron) if f.name not in own}
