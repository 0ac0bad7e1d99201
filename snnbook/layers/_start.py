r"""Weights with which neurons of any kind start near a stated rate (paper section II, chapter 2).

For the neurons of the book whose start is known, :class:`snnbook.neurons.LIF` and its kin draw the
weights. Any other neuron is run: a pilot of it sees Poisson spikes, and its weights are scaled
until it spikes as asked.
"""

import math
from dataclasses import replace
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from snnbook._validate import check_generator, check_kind, check_positive
from snnbook.layers._cells import tensors_of
from snnbook.neurons import (
    LIF,
    LeakyNeuron,
    LeakyReadout,
    LIFNeuron,
    Neuron,
    RecurrentLIF,
    run,
)

#: Steps, samples, neurons and most inputs of a pilot; how often its scale is halved.
STEPS, BATCH, POOL, MOST, HALVINGS = 300, 4, 48, 100, 12
#: The share of the drive's variance that recurrent spikes bring.
RECURRENT_SHARE = 0.1

M = TypeVar("M", bound=nn.Module)


class Start(NamedTuple):
    """What initial weights go by: rates in Hz, a ``std`` of the membrane or None, a generator."""

    input_rate: float
    rate: float
    std: float | None
    generator: torch.Generator | None


def rate_driven_(
    module: M,
    neuron: Neuron,
    *,
    input_rate: float = 10.0,
    rate: float = 10.0,
    std: float | None = None,
    generator: torch.Generator | None = None,
) -> M:
    """Fill the weights of a module in place, so that the neurons behind it fire at a rate.

    PyTorch's own initial weights know nothing of spikes, thresholds and time constants, and come
    from its global generator. The bias is set to 0.

    Parameters
    ----------
    module : Module
        With a ``weight`` (out, in, ...): :class:`torch.nn.Linear`, a convolution of PyTorch, or
        :class:`Delays`.
    neuron : Neuron
        The neurons that receive what the module gives; a :class:`snnbook.neurons.LeakyNeuron`
        makes the weights those of a readout.
    input_rate, rate, std
        As in :class:`snnbook.neurons.LIF`; a neuron that is no ``LIFNeuron`` takes no ``std``.
    generator : torch.Generator, optional
        Source of randomness.

    Returns
    -------
    Module
        ``module``.

    Raises
    ------
    TypeError, ValueError
        If the module has no such weight, or a rate is out of range.

    Examples
    --------
    >>> from snnbook.layers import Cells
    >>> neuron, generator = LIFNeuron(), torch.Generator().manual_seed(0)
    >>> conv = rate_driven_(
    ...     torch.nn.Conv2d(2, 8, 3), neuron, input_rate=50.0, rate=20.0, generator=generator
    ... )
    >>> pixels = torch.rand(500, 2, 2, 8, 8, generator=generator).lt(0.05).float()
    >>> spikes, _ = Cells(neuron)(conv(pixels.flatten(0, 1)).unflatten(0, (500, 2)))
    >>> 10 < spikes.mean() * 1000 < 30  # spikes in a second
    tensor(True)

    Chapter 2.
    """
    check_kind("module", module, nn.Module)
    weight = getattr(module, "weight", None)
    if not isinstance(weight, Tensor) or weight.dim() < 2:
        raise TypeError(
            f"module is a {type(module).__name__} without weights (out, in, ...); a Linear, a "
            "convolution or Delays is accepted"
        )
    start = Start(input_rate, rate, std, generator)
    drawn = drawn_weights(neuron, weight[0].numel(), len(weight), start)
    with torch.no_grad():
        weight.copy_(drawn.view(weight.shape))
        if getattr(module, "bias", None) is not None:
            module.bias.zero_()
    return module


def drawn_weights(neuron: Neuron, fan_in: int, size: int, start: Start) -> Tensor:
    """Return weights (size, fan_in) for neurons of any kind."""
    return _drawn(neuron, fan_in, size, start, None)[0]


def drawn_recurrent(
    neuron: Neuron, fan_in: int, size: int, start: Start, recurrent_rate: float
) -> tuple[Tensor, Tensor]:
    """Return W (size, fan_in) and V (size, size) for neurons of any kind."""
    return _drawn(neuron, fan_in, size, start, recurrent_rate)


def _drawn(neuron, fan_in, size, start, own):
    if not isinstance(neuron, Neuron):
        raise TypeError(f"neuron is a {type(neuron).__name__}; a neuron is accepted")
    if start.generator is not None:
        check_generator(start.generator)
    neuron = averaged(neuron)
    given = {"input_rate": start.input_rate, "std": start.std, "generator": start.generator}
    if isinstance(neuron, LIFNeuron):
        given["rate"] = start.rate
        kind = LIF
        if own is not None:
            kind, given["recurrent_rate"] = RecurrentLIF, own
        layer = kind(fan_in, size, neuron, **given)
        return layer.weight.detach(), getattr(layer, "recurrent_weight", layer.weight).detach()
    if isinstance(neuron, LeakyNeuron):
        leaky = LeakyReadout(fan_in, size, neuron.leaky, **given)
        return leaky.weight.detach(), torch.zeros(size, size)
    return _found(neuron, fan_in, size, start, own)


def _found(neuron, fan_in, size, start, own) -> tuple[Tensor, Tensor]:
    """Return W and V of a neuron whose start is not known: a pilot of it finds the scale."""
    if start.std is not None:
        raise ValueError(
            f"std is {start.std!r} for a {type(neuron).__name__}; None is accepted, since what "
            "moves its membrane is not known in closed form"
        )
    recurrent, own = own is not None, start.rate if own is None else own
    dt = getattr(neuron, "dt", None)
    probabilities = []
    for name, rate in (("input_rate", start.input_rate), ("rate", start.rate), ("rate", own)):
        check_positive(name, rate)
        if dt is not None and rate * dt >= 1:
            raise ValueError(f"{name} is {rate!r}; below 1/dt = {1 / dt:g} Hz is accepted")
        probabilities.append(rate * (1e-3 if dt is None else dt))
    p_in, p_out, p_own = probabilities
    share = math.sqrt(RECURRENT_SHARE / (1 - RECURRENT_SHARE) * p_in / p_own)
    gain = _gain(neuron, min(max(fan_in, 1), MOST), p_in, p_out, share if recurrent else None)
    spread = gain / math.sqrt(max(fan_in, 1))
    weight = torch.empty(size, fan_in).normal_(generator=start.generator)
    loop = torch.empty(size, size if recurrent else 0).normal_(generator=start.generator)
    return spread * weight, share * gain / math.sqrt(size) * loop


@torch.no_grad()
def _gain(neuron: Neuron, fan_in: int, p_in: float, p_out: float, share: float | None) -> float:
    """Return the scale of weights of variance 1/fan_in with which a pilot spikes as asked.

    Recurrent weights have ``share`` of that scale; there are none if it is None.
    """
    generator = torch.Generator().manual_seed(0)
    spikes = torch.rand(STEPS, BATCH, fan_in, generator=generator).lt(p_in).float()
    drive = spikes @ torch.empty(fan_in, POOL).normal_(generator=generator) / math.sqrt(fan_in)
    loop = torch.empty(POOL, POOL).normal_(generator=generator) / math.sqrt(POOL)
    low, high = -12.0, 12.0  # powers of two
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        gain = 2.0**middle
        own = None if share is None else share * gain * loop
        sent = run(neuron, gain * drive, recurrent_weight=own, record=False)[0]
        if not bool(((sent == 0) | (sent == 1)).all()):
            return 1.0  # it sends no spikes
        low, high = (middle, high) if float(sent.mean()) < p_out else (low, middle)
    return 2.0 ** ((low + high) / 2)


def averaged(neuron: Neuron) -> Neuron:
    """Return a neuron whose constants are numbers: means where they are tensors."""
    means = {name: float(x.detach().mean()) for name, x in tensors_of(neuron).items()}
    return replace(neuron, **means) if means else neuron
