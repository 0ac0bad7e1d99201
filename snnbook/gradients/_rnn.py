r"""The smooth recurrent network of the paper's Boxes 1 and 2 (section III, chapter 3).

.. math::

    y^{(l)}[n] = \sigma(a^{(l)}[n]), \qquad
    a^{(l)}[n] = V^{(l)} y^{(l)}[n-1] + W^{(l)} y^{(l-1)}[n-1], \qquad y^{(0)}[n] = x[n]

Every arrow takes one step, between layers too. With a smooth :math:`\sigma` the loss has an
ordinary gradient, so every method can be checked by finite differences.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_same_kind, check_shape, check_time_first
from snnbook.gradients._online import Gradients
from snnbook.training import StepError


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


@torch.no_grad()
def rnn_bptt(rnn: SmoothRNN, inputs: Tensor, error: StepError) -> Gradients:
    r"""Return the gradient backward in time: Box 2 with its indices put right.

    .. math::

        \delta^{(l)}[n] &= \sigma'(a^{(l)}[n]) \Big(e^{(l)}[n] + W^{(l+1)\top} \delta^{(l+1)}[n+1]
                          + V^{(l)\top} \delta^{(l)}[n+1]\Big) \\
        \partial\mathcal{L}/\partial W^{(l)} &= \sum_n \delta^{(l)}[n]\, y^{(l-1)}[n-1]^\top, \qquad
        \partial\mathcal{L}/\partial V^{(l)} = \sum_n \delta^{(l)}[n]\, y^{(l)}[n-1]^\top

    Here :math:`e^{(L)}[n] = \partial\mathcal{L}/\partial y^{(L)}[n]`, and 0 in the layers below.

    Parameters
    ----------
    rnn : SmoothRNN
        W and V of the layers.
    inputs : Tensor
        x[n], (T, B, inputs).
    error : StepError
        The loss of the last layer's activity, such as :func:`step_squared_error`.

    Returns
    -------
    Gradients
        With the names ``W1``, ``V1``, ``W2``, ...

    Examples
    --------
    >>> from snnbook.training import step_squared_error
    >>> error = step_squared_error(torch.ones(5, 1, 2, dtype=torch.float64))
    >>> list(rnn_bptt(smooth_rnn((3, 8, 2)), torch.ones(5, 1, 3, dtype=torch.float64), error))
    ['W1', 'V1', 'W2', 'V2']

    Paper section III, Box 2; chapter 3; ``eq-03-delta``, ``eq-03-uses``.
    """
    outputs, records = rnn_run(rnn, inputs)
    total = _nothing(rnn)
    errors = [error(y, n) for n, y in enumerate(outputs)]
    for n, delta in rnn_backward(rnn, records, errors):
        source, past, _ = records[n]
        for k, d in enumerate(delta):
            total[f"W{k + 1}"] += d.T @ source[k]
            total[f"V{k + 1}"] += d.T @ past[k]
    return total


@torch.no_grad()
def rnn_backward(
    rnn: SmoothRNN, records: list[RNNRecord], errors: list[Tensor]
) -> Iterator[tuple[int, list[Tensor]]]:
    """Run time backward and give the blame of every unit at each step, n = T-1 .. 0.

    Parameters
    ----------
    rnn : SmoothRNN
        The network that made the records.
    records : list of RNNRecord
        From :func:`rnn_run`.
    errors : list of Tensor
        The derivative of the loss by the output of each step, (B, C).

    Yields
    ------
    n : int
    delta : list of Tensor
        For each layer the derivative of the loss by its activation a[n], (B, N).

    Paper section III, Box 2; chapter 3; ``eq-03-delta``, ``eq-03-uses``.
    """
    depth = len(rnn.weights)
    delta = [torch.zeros_like(y) for y in records[0].past]
    for n in reversed(range(len(records))):
        blame = [d @ v for d, v in zip(delta, rnn.recurrent, strict=True)]
        for k in range(depth - 1):
            blame[k] = blame[k] + delta[k + 1] @ rnn.weights[k + 1]
        blame[-1] = blame[-1] + errors[n]
        slopes = (rnn.sigma.slope(a) for a in records[n].activation)
        delta = [slope * b for slope, b in zip(slopes, blame, strict=True)]
        yield n, delta


@torch.no_grad()
def rnn_rtrl(rnn: SmoothRNN, inputs: Tensor, error: StepError) -> Gradients:
    r"""Return the gradient forward in time, with the full influence tensor.

    .. math::

        P^{(l,m)}_{kij}[n] = \sigma'(a_k^{(l)}[n]) \Big(
            \sum_{j'} V^{(l)}_{kj'} P^{(l,m)}_{j'ij}[n-1]
            + \sum_{j'} W^{(l)}_{kj'} P^{(l-1,m)}_{j'ij}[n-1]
            + [l = m][k = i]\, y_j^{(l-1)}[n-1] \Big)

    for :math:`P = \partial y_k^{(l)}[n] / \partial W^{(m)}_{ij}`, and the same with
    :math:`y_j^{(l)}[n-1]` in the last term for :math:`V^{(m)}_{ij}`.

    Parameters and result as in :func:`rnn_bptt`.

    Examples
    --------
    >>> from snnbook.training import step_squared_error
    >>> net, x = smooth_rnn((3, 4, 2)), torch.ones(5, 1, 3, dtype=torch.float64)
    >>> error = step_squared_error(torch.ones(5, 1, 2, dtype=torch.float64))
    >>> torch.allclose(rnn_rtrl(net, x, error)["V1"], rnn_bptt(net, x, error)["V1"])
    True

    Paper section III; chapter 3; ``eq-03-influence``, ``eq-03-rtrl``.
    """
    outputs, records = rnn_run(rnn, inputs)
    total = _nothing(rnn)
    batch = inputs.shape[1]
    influence = {  # name -> for each layer from the parameter's own on, (B, K, N, M)
        name: [inputs.new_zeros(batch, len(v), *zero.shape) for v in rnn.recurrent[_own(name) :]]
        for name, zero in total.items()
    }
    for n, record in enumerate(records):
        wrong = error(outputs[n], n)
        for name, before in influence.items():
            influence[name] = _move(rnn, name, before, record)
            total[name] += torch.einsum("bc,bcij->ij", wrong, influence[name][-1])
    return total


def _move(rnn: SmoothRNN, name: str, before: list[Tensor], record: RNNRecord) -> list[Tensor]:
    """Return the influence of one weight matrix on its own layer and those above, at step n."""
    own, after = _own(name), []
    source = record.past[own] if name[0] == "V" else record.source[own]
    for depth, part in enumerate(before):
        k = own + depth
        moved = torch.einsum("kp,bpij->bkij", rnn.recurrent[k], part)
        if depth == 0:
            moved.diagonal(dim1=1, dim2=2).add_(source[:, :, None])
        else:
            moved += torch.einsum("kp,bpij->bkij", rnn.weights[k], before[depth - 1])
        after.append(rnn.sigma.slope(record.activation[k])[:, :, None, None] * moved)
    return after


def _own(name: str) -> int:
    """Return the index of the layer of a parameter called W1, V1, W2, ..."""
    return int(name[1:]) - 1


def _nothing(rnn: SmoothRNN) -> Gradients:
    total = {}
    for k, (w, v) in enumerate(zip(rnn.weights, rnn.recurrent, strict=True), 1):
        total |= {f"W{k}": torch.zeros_like(w), f"V{k}": torch.zeros_like(v)}
    return total


def _check(rnn: SmoothRNN, inputs: Tensor) -> None:
    check_time_first("inputs", inputs, features=rnn.weights[0].shape[1])
    check_same_kind("inputs", inputs, like=rnn.weights[0])
    below = inputs.shape[2]
    for k, (w, v) in enumerate(zip(rnn.weights, rnn.recurrent, strict=True), 1):
        check_shape(f"weights[{k - 1}]", w, (len(v), below), inputs)
        check_shape(f"recurrent[{k - 1}]", v, (len(v), len(v)), inputs)
        below = len(v)
