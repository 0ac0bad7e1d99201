r"""The exact reset without a loop over time: repeat the scan until the spikes settle (chapter 8c).

Given the spikes, the membrane is a linear recurrence again, since a reset takes away a known
amount at a known step. So guess the spikes, scan, read the spikes off, and repeat.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_integer
from snnbook.neurons import LIFNeuron, LIFRecord, LIFState
from snnbook.parallel._scan import SCANS, scan
from snnbook.parallel._scan_run import checked


class FixedPoint(NamedTuple):
    """A ``record`` as of :func:`snnbook.neurons.run`, and what it took.

    ``sweeps`` (B, N) is how often the membrane of each neuron was scanned until its spikes
    were those of the end; a neuron that never spikes needs none. ``settled`` says whether the
    spikes of all neurons agree with the resets that they cause.
    """

    record: LIFRecord
    sweeps: Tensor
    settled: bool


def fixed_point_run(
    neuron: LIFNeuron,
    drive: Tensor,
    state: LIFState | None = None,
    *,
    how: str = "halving",
    limit: int | None = None,
) -> FixedPoint:
    r"""Run LIF neurons with their reset by scans alone, from a guess without spikes.

    .. math::

        S^{(k+1)} = \Theta(U[S^{(k)}] - \theta), \qquad
        U[n+1] = \beta U[n] + I[n] - \theta S^{(k)}[n], \qquad S^{(0)} = 0

    Each sweep gets at least one more step right, so that at most T sweeps are needed; the result
    is then that of the loop, to the rounding of the scan. A later sweep touches only the neurons
    whose spikes have changed in the one before.

    The gradient takes a single scan whatever the number of sweeps, since it is that of the loop at
    the spikes found. With the reset detached they are constants in the membrane, and the
    recurrence of the errors has the decay :math:`\beta`; with ``reset_gradient=True`` it has
    :math:`\beta - \theta\, \sigma'(U[n] - \theta)`, which is known by then.

    Parameters
    ----------
    neuron : LIFNeuron
        With ``reset="subtract"``.
    drive : Tensor
        Weighted input x[n], (T, B, N), floating point.
    state : LIFState, optional
        I[0] and U[0], each (B, N). At rest when not given.
    how : {"halving", "doubling"}
        As in :func:`linear_scan`.
    limit : int, optional
        Most sweeps, at least 1. Spikes that have not settled by then are those of the last sweep.

    Returns
    -------
    FixedPoint

    Raises
    ------
    TypeError, ValueError
        If the reset is another one, or a shape, dtype or device does not fit.

    Examples
    --------
    >>> from snnbook.neurons import run
    >>> drive = 0.3 * torch.rand(50, 2, 3, generator=torch.Generator().manual_seed(0))
    >>> found = fixed_point_run(LIFNeuron(), drive)
    >>> torch.equal(found.record.spikes, run(LIFNeuron(), drive).spikes), found.settled
    (True, True)

    Chapter 8c; ``eq-08c-fixed``, ``eq-08c-error``.
    """
    state = _checked(neuron, drive, state, how)
    if limit is not None:
        check_integer("limit", limit, 1)
    syn = scan(neuron.alpha, drive, state.syn, how)
    with torch.no_grad():
        still, last, count, settled = _settle(neuron, syn.states, state.mem, how, limit)
    mem, last = _with_gradient(neuron, syn.states, state.mem, still, last, how)
    spikes = neuron.surrogate(mem - neuron.threshold, neuron.spike_at_threshold)
    record = LIFRecord(spikes, mem, syn.states, LIFState(syn.last, last))
    return FixedPoint(record, count, settled)


def sweeps(
    neuron: LIFNeuron, drive: Tensor, state: LIFState | None = None, *, count: int
) -> Tensor:
    r"""Return the spikes of the first sweeps of :func:`fixed_point_run`, S^(0) to S^(count).

    A spike lowers every later membrane, so more spikes in a guess never lead to more spikes
    afterward: even sweeps hold at most the spikes of the loop and odd ones at least these,

    .. math::

        S^{(0)} \le S^{(2)} \le \dots \le S \le \dots \le S^{(3)} \le S^{(1)} .

    Parameters
    ----------
    neuron, drive, state
        As in :func:`fixed_point_run`.
    count : int
        Number of sweeps, at least 0.

    Returns
    -------
    Tensor
        (count + 1, T, B, N), with values 0 and 1.

    Examples
    --------
    A constant drive leads to three spikes; the numbers of spikes come down and go up to it:

    >>> guesses = sweeps(LIFNeuron(), torch.full((40, 1, 1), 0.03), count=8)
    >>> guesses.sum(1).flatten().int().tolist()
    [0, 25, 1, 16, 2, 8, 3, 3, 3]

    Chapter 8c; ``eq-08c-bracket``.
    """
    state = _checked(neuron, drive, state, "halving")
    check_integer("count", count, 0)
    with torch.no_grad():
        syn = scan(neuron.alpha, drive, state.syn).states
        found = [torch.zeros_like(drive)]
        for _ in range(count):
            mem = scan(neuron.beta, syn - neuron.threshold * found[-1], state.mem).states
            found.append(_above(neuron, mem, neuron.threshold))
    return torch.stack(found)


def _checked(neuron: LIFNeuron, drive: Tensor, state: LIFState | None, how: str) -> LIFState:
    """Raise unless the neuron resets by subtraction and all fits; return the state."""
    if type(neuron) is not LIFNeuron:
        raise TypeError(f"neuron is a {type(neuron).__name__}; a LIFNeuron is accepted")
    if neuron.reset != "subtract":
        raise ValueError(
            f"neuron has the reset {neuron.reset!r}; 'subtract' is accepted, "
            "and scan_run takes 'none'"
        )
    if how not in SCANS[:2]:  # rounding must not reach the past, or spikes never settle
        raise ValueError(f"how is {how!r}; 'halving' or 'doubling' is accepted")
    return checked(drive, state)


def _above(neuron: LIFNeuron, mem: Tensor, threshold: float | Tensor) -> Tensor:
    over = mem - threshold
    return ((over >= 0) if neuron.spike_at_threshold else (over > 0)).to(mem.dtype)


def _column(constant: float | Tensor, shape: torch.Size) -> float | Tensor:
    """Return a constant for neurons in a row, (B * N,), where it differs between them."""
    return constant.expand(shape).flatten() if isinstance(constant, Tensor) else constant


def _of(constant: float | Tensor, which: Tensor) -> float | Tensor:
    return constant[which] if isinstance(constant, Tensor) else constant


def _settle(
    neuron: LIFNeuron, syn: Tensor, first: Tensor, how: str, limit: int | None
) -> tuple[Tensor, Tensor, Tensor, bool]:
    """Return U at the fixed point and after it, the sweeps of each neuron, and if all settled."""
    shape, steps = first.shape, len(syn)
    syn, first = syn.flatten(1), first.flatten()
    beta, theta = (_column(one, shape) for one in (neuron.beta, neuron.threshold))
    mem, last = torch.empty_like(syn), first.clone()
    guess = torch.zeros_like(syn)
    count = torch.zeros(first.shape, dtype=torch.int64, device=first.device)
    going = torch.arange(first.numel(), device=first.device)
    most = steps + 1 if limit is None else limit
    for sweep in range(1, most + 1):
        pushed = syn[:, going] - _of(theta, going) * guess
        found = scan(_of(beta, going), pushed, first[going], how)
        mem[:, going], last[going] = found
        spikes = _above(neuron, found.states, _of(theta, going))
        changed = (spikes != guess).any(0)
        count[going[changed]] = sweep
        going, guess = going[changed], spikes[:, changed]
        if not len(going):
            break
    return mem.view(steps, *shape), last.view(shape), count.view(shape), not len(going)


def _with_gradient(
    neuron: LIFNeuron, syn: Tensor, first: Tensor, still: Tensor, last: Tensor, how: str
) -> tuple[Tensor, Tensor]:
    r"""Return the membranes as they are, with the gradient of the loop that has these spikes.

    A small change obeys :math:`\delta U[n+1] = a[n]\, \delta U[n] + \delta c[n]`, where c holds all
    that reaches the membrane from outside of it. Its value is zero, its derivative is not.
    """
    over = still - neuron.threshold
    spikes = neuron.surrogate(over, neuron.spike_at_threshold)
    decay = neuron.beta
    if neuron.reset_gradient:
        decay = decay - neuron.threshold * neuron.surrogate.derivative(over)
    else:
        spikes = spikes.detach()
    pushed = syn + neuron.beta * still - neuron.threshold * spikes
    decay = decay.detach() if isinstance(decay, Tensor) else decay
    moved = scan(decay, pushed - pushed.detach(), first - first.detach(), how)
    return still + moved.states, last + moved.last
