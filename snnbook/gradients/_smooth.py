r"""The smooth recurrent network of the paper's Boxes 1 and 2 (section III, chapter 3).

.. math::

    y^{(l)}[n] = \sigma(a^{(l)}[n]), \qquad
    a^{(l)}[n] = V^{(l)} y^{(l)}[n-1] + W^{(l)} y^{(l-1)}[n-1], \qquad y^{(0)}[n] = x[n]

Every arrow takes one step, between layers too. With a smooth :math:`\sigma` the loss has an
ordinary gradient, so every method can be checked by finite differences.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_callable,
    check_finite,
    check_float,
    check_generator,
    check_kind,
    check_same_kind,
    check_shape,
    check_time_first,
    is_number,
)
from snnbook.gradients._checks import check_sizes


class Nonlinearity(NamedTuple):
    r"""A function :math:`\sigma` and its derivative :math:`\sigma'`, each of the activation."""

    value: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]


#: The hyperbolic tangent, for :func:`smooth_rnn`.
TANH = Nonlinearity(torch.tanh, lambda a: 1 - torch.tanh(a) ** 2)


class SmoothRNN(NamedTuple):
    """Layers l = 1 .. L of smooth units: ``weights`` W (out, in), ``recurrent`` V (N, N)."""

    weights: Sequence[Tensor]
    recurrent: Sequence[Tensor]
    sigma: Nonlinearity = TANH


class RNNRecord(NamedTuple):
    """Per layer: what arrives ``source`` y^(l-1)[n-1], ``past`` y^(l)[n-1], ``activation`` a[n]."""

    source: tuple[Tensor, ...]
    past: tuple[Tensor, ...]
    activation: tuple[Tensor, ...]


def smooth_rnn(
    sizes: Sequence[int],
    *,
    radius: float = 0.9,
    sigma: Nonlinearity = TANH,
    generator: torch.Generator | None = None,
) -> SmoothRNN:
    """Return a smooth network in float64 with random weights.

    Parameters
    ----------
    sizes : sequence of int
        Inputs and the layers, such as ``(3, 8, 2)``; the last layer is what the loss reads.
    radius : float
        Spectral radius of each V: the largest size of its eigenvalues.
    sigma : Nonlinearity
        The smooth function of the units.
    generator : torch.Generator, optional
        Source of the weights.

    Returns
    -------
    SmoothRNN

    Examples
    --------
    >>> net = smooth_rnn((3, 8, 2), radius=0.5, generator=torch.Generator().manual_seed(0))
    >>> round(torch.linalg.eigvals(net.recurrent[0]).abs().max().item(), 6)
    0.5

    Paper section II, Box 1; chapter 3.
    """

    def normal(rows, columns):
        values = torch.randn(rows, columns, dtype=torch.float64, generator=generator)
        return values / columns**0.5

    check_sizes(sizes)
    if not (is_number(radius) and 0 <= radius < math.inf):
        raise ValueError(f"radius is {radius!r}; a finite number of at least 0 is accepted")
    if generator is not None:
        check_generator(generator)
    _check_sigma(sigma)
    recurrent = [normal(n, n) for n in sizes[1:]]
    recurrent = [v * (radius / torch.linalg.eigvals(v).abs().max()) for v in recurrent]
    weights = [normal(n, m) for m, n in zip(sizes, sizes[1:])]
    return SmoothRNN(tuple(weights), tuple(recurrent), sigma)


def rnn_run(rnn: SmoothRNN, inputs: Tensor) -> tuple[Tensor, list[RNNRecord]]:
    """Run the network over its inputs, from activities of 0.

    Parameters
    ----------
    rnn : SmoothRNN
        W and V of the layers.
    inputs : Tensor
        x[n], (T, B, inputs).

    Returns
    -------
    outputs : Tensor
        y of the last layer, (T, B, C); autograd can follow it.
    records : list of RNNRecord
        One for each step.

    Examples
    --------
    >>> net = smooth_rnn((3, 8, 2))
    >>> rnn_run(net, torch.ones(5, 1, 3, dtype=torch.float64))[0].shape
    torch.Size([5, 1, 2])

    Paper section II, Box 1; chapter 3; ``eq-03-rnn``.
    """
    _check(rnn, inputs)
    past = [inputs.new_zeros(inputs.shape[1], len(v)) for v in rnn.recurrent]
    arrived = torch.zeros_like(inputs[0])
    outputs, records = [], []
    for x in inputs.unbind(0):
        source = (arrived, *past[:-1])
        pairs = zip(rnn.weights, rnn.recurrent, source, past, strict=True)
        activation = tuple(y @ v.T + s @ w.T for w, v, s, y in pairs)
        records.append(RNNRecord(source, tuple(past), activation))
        past = [rnn.sigma.value(a) for a in activation]
        outputs.append(past[-1])
        arrived = x
    return torch.stack(outputs), records


def _check(rnn: SmoothRNN, inputs: Tensor) -> None:
    check_kind("rnn", rnn, SmoothRNN)
    _check_sigma(rnn.sigma)
    for name, tensors in (("weights", rnn.weights), ("recurrent", rnn.recurrent)):
        for k, tensor in enumerate(tensors):
            check_float(f"{name}[{k}]", tensor)
            check_finite(f"{name}[{k}]", tensor.detach())
    check_time_first("inputs", inputs, features=rnn.weights[0].shape[1])
    if 0 in inputs.shape[:2]:
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}; at least one step and one sample are accepted"
        )
    check_finite("inputs", inputs.detach(), steps=True)
    check_same_kind("inputs", inputs, like=rnn.weights[0])
    below = inputs.shape[2]
    for k, (w, v) in enumerate(zip(rnn.weights, rnn.recurrent, strict=True), 1):
        check_shape(f"weights[{k - 1}]", w, (len(v), below), inputs)
        check_shape(f"recurrent[{k - 1}]", v, (len(v), len(v)), inputs)
        below = len(v)


def _check_sigma(sigma: Nonlinearity) -> None:
    check_kind("sigma", sigma, Nonlinearity)
    check_callable("sigma.value", sigma.value)
    check_callable("sigma.slope", sigma.slope)
