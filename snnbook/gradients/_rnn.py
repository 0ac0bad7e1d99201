"""Gradients of the smooth recurrent network, backward and forward in time (chapter 3)."""

from collections.abc import Iterator

import torch
from torch import Tensor

from snnbook.gradients._checks import error_at
from snnbook.gradients._online import Gradients
from snnbook.gradients._smooth import RNNRecord, SmoothRNN, rnn_run
from snnbook.training import StepError


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
    >>> from snnbook.gradients import smooth_rnn
    >>> from snnbook.training import step_squared_error
    >>> error = step_squared_error(torch.ones(5, 1, 2, dtype=torch.float64))
    >>> list(rnn_bptt(smooth_rnn((3, 8, 2)), torch.ones(5, 1, 3, dtype=torch.float64), error))
    ['W1', 'V1', 'W2', 'V2']

    Paper section III, Box 2; chapter 3; ``eq-03-delta``, ``eq-03-uses``.
    """
    outputs, records = rnn_run(rnn, inputs)
    total = _nothing(rnn)
    errors = [error_at(error, y, n) for n, y in enumerate(outputs)]
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
    if len(errors) != len(records) or not records:
        raise ValueError(
            f"errors has {len(errors)} steps; {len(records)}, as records, are accepted, at least 1"
        )
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
    >>> from snnbook.gradients import smooth_rnn
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
        wrong = error_at(error, outputs[n], n)
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
