"""Weights as small whole numbers, and the accuracy that they cost."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from snnbook._validate import check_integer, check_kind
from snnbook.kernels import Events
from snnbook.training import Accuracy, accuracy

#: Bits of a whole number: more does not fit into a byte, fewer leave no number but 0.
BITS = (2, 8)


@dataclass(frozen=True, eq=False)
class Quantized:
    """A network whose weights are whole numbers times a scale for each neuron.

    Attributes
    ----------
    network : Module
        Runs with the rounded weights; in it they are floating-point numbers, as they act.
    integers : dict of str to Tensor
        Each weight, (N, ...) and int8, by the name of its parameter.
    scales : dict of str to Tensor
        For each weight one number a neuron, (N,).
    bits : int
        Of each whole number.
    bytes, bytes_before : int
        What weights and scales take, packed with ``bits`` a weight, and what the weights took.
    before, after : Accuracy or None
        Of the network that was given and of the rounded one, on the same samples.
    """

    network: nn.Module
    integers: dict[str, Tensor]
    scales: dict[str, Tensor]
    bits: int
    bytes: int
    bytes_before: int
    before: Accuracy | None = None
    after: Accuracy | None = None

    def __str__(self) -> str:
        text = f"{self.bits} bits a weight: {self.bytes} bytes in place of {self.bytes_before}"
        if self.before is None or self.after is None:
            return text
        return f"{text}; accuracy {self.before.value:.1%}, rounded {self.after.value:.1%}"


def quantize(
    network: nn.Module,
    inputs: Tensor | Events | Dataset | Iterable | None = None,
    labels: Tensor | None = None,
    *,
    bits: int = 8,
    **options: Any,
) -> Quantized:
    r"""Round the weights of a network to whole numbers, and measure what that costs.

    Each row of a weight, all that arrives at one neuron, has a scale of its own and no offset, so
    that 0 stays 0:

    .. math::

        q_{ji} = \operatorname{round}(W_{ji} / s_j), \qquad
        s_j = \max_i |W_{ji}| / (2^{b-1} - 1), \qquad W'_{ji} = s_j q_{ji}

    A scale can be multiplied into the threshold of its neuron, so that a chip adds whole numbers
    alone. Time constants and thresholds stay as they are.

    Parameters
    ----------
    network : Module
        Parameters with two axes or more, (N, ...), are rounded: W, V and convolutions. It is not
        changed.
    inputs, labels
        Samples on which the accuracy is measured, as :func:`snnbook.training.accuracy` takes them.
        They should be no training samples.
    bits : int
        b, from 2 to 8.
    **options
        Of :func:`snnbook.training.accuracy`, such as ``encode`` and ``batch_size``.

    Returns
    -------
    Quantized
        The rounded network, its whole numbers and scales, their bytes, and both accuracies.

    Raises
    ------
    TypeError, ValueError
        If the network has no weights or one that is not finite, ``bits`` is out of range, or the
        samples do not fit.

    Examples
    --------
    >>> from snnbook.neurons import LeakyReadout
    >>> layer = LeakyReadout(3, 2)
    >>> layer.weight.data = torch.tensor([[1.27, 0.5, -0.004], [0.0, 0.0, 0.0]])
    >>> found = quantize(layer)
    >>> found.integers["weight"].tolist()
    [[127, 50, 0], [0, 0, 0]]
    >>> found.bytes, found.bytes_before  # six weights and two scales of four bytes
    (14, 24)
    """
    check_kind("network", network, nn.Module)
    check_integer("bits", bits, BITS[0])
    if bits > BITS[1]:
        raise ValueError(f"bits is {bits}; from {BITS[0]} to {BITS[1]} is accepted")
    if inputs is None and (labels is not None or options):
        raise ValueError(
            "inputs is not given, and labels or options of accuracy are; samples are accepted "
            "with them"
        )
    weights = {name: p.detach() for name, p in network.named_parameters() if p.dim() > 1}
    if not weights:
        raise ValueError("network has no weights; parameters with two axes or more are accepted")
    for name, weight in weights.items():
        if not bool(weight.isfinite().all()):
            raise ValueError(f"{name} of network holds nan or inf; finite weights are accepted")
    rounded = copy.deepcopy(network)
    found = {name: _rounded(weight, int(bits)) for name, weight in weights.items()}
    with torch.no_grad():
        for name, parameter in rounded.named_parameters():
            if name in found:
                whole, scale = found[name]
                parameter.copy_(whole * _along(scale, parameter))
    integers = {name: whole.to(torch.int8) for name, (whole, _) in found.items()}
    scales = {name: scale for name, (_, scale) in found.items()}
    packed = sum(-(-x.numel() * int(bits) // 8) for x in integers.values())
    size = packed + sum(x.numel() * x.element_size() for x in scales.values())
    before = sum(x.numel() * x.element_size() for x in weights.values())
    measured = ()
    if inputs is not None:
        measured = tuple(accuracy(x, inputs, labels, **options) for x in (network, rounded))
    return Quantized(rounded, integers, scales, int(bits), size, before, *measured)


def _rounded(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Return the whole numbers (N, ...) of a weight, and the scale (N,) of each row."""
    most = 2 ** (bits - 1) - 1
    scale = weight.abs().flatten(1).amax(1) / most if weight.numel() else weight.new_zeros(0)
    divisor = torch.where(scale > 0, scale, torch.ones_like(scale))
    return (weight / _along(divisor, weight)).round().clamp(-most, most), scale


def _along(scale: Tensor, like: Tensor) -> Tensor:
    """Return the scales (N,) so that they multiply the rows of a weight (N, ...)."""
    return scale.view(-1, *[1] * (like.dim() - 1))
