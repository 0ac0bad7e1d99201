r"""A linear recurrence for all steps at once (chapter 8c).

The step :math:`y \mapsto a y + b` is an affine map, and affine maps compose: two steps are one
step with another a and another b. A scan composes neighbors in pairs instead of in a row.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_choice,
    check_finite,
    check_float,
    check_integer,
    check_number,
    check_shape,
    is_number,
)

#: How a scan goes about it: see :func:`linear_scan`.
SCANS = ("halving", "doubling", "convolution")


class Scanned(NamedTuple):
    """A linear recurrence: ``states`` y[0] .. y[T-1], as the values, and ``last``, y[T]."""

    states: Tensor
    last: Tensor


def linear_scan(
    decay: float | Tensor, values: Tensor, first: Tensor | None = None, *, how: str = "halving"
) -> Scanned:
    r"""Compute a linear recurrence for all steps at once.

    .. math:: y[n+1] = a[n]\, y[n] + b[n]

    Parameters
    ----------
    decay : float or Tensor
        a: one number, or a tensor that broadcasts against one step of the values; one with as many
        axes as ``values`` holds a[n] of each step, in the shape of the values.
    values : Tensor
        b[n], n = 0 .. T-1 along the first axis, floating point.
    first : Tensor, optional
        y[0], in the shape of one step; zeros when not given.
    how : {"halving", "doubling", "convolution"}
        ``doubling`` composes each step with the one 1, 2, 4, ... before it: log2(T) levels, each
        over all T steps. ``halving`` composes pairs, solves the half, and fills in: twice the
        levels, and a work of about 2 T. ``convolution`` sums the powers of a constant decay by
        fast Fourier transforms; rounding then reaches every step, the earlier ones too.

    Returns
    -------
    Scanned
        y[n] for n = 0 .. T-1, and y[T].

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype or device does not fit, if a number is not finite, or if a decay that
        changes with time meets ``convolution``.

    Examples
    --------
    >>> linear_scan(0.5, torch.ones(4, 1)).states.flatten()
    tensor([0.0000, 1.0000, 1.5000, 1.7500])

    Chapter 8c; ``eq-08c-compose``, ``eq-08c-adjoint``. Hillis and Steele (1986) double, Blelloch
    (1990) halves.
    """
    check_float("values", values)
    if values.dim() < 1:
        raise ValueError("values has shape (); at least one axis, time, is accepted")
    check_finite("values", values, steps=True)
    check_choice("how", how, SCANS)
    varying = _check_decay(decay, values)
    if first is None:
        first = values.new_zeros(values.shape[1:])
    check_shape("first", first, tuple(values.shape[1:]), like=values)
    check_finite("first", first)
    if varying and how == "convolution":
        raise ValueError(
            "how is 'convolution' with a decay that changes with time; "
            "'halving' or 'doubling' is accepted"
        )
    return scan(decay, values, first, how)


def scan(decay: float | Tensor, values: Tensor, first: Tensor, how: str = "halving") -> Scanned:
    """Do as :func:`linear_scan`, without its checks."""
    if not len(values):
        return Scanned(values, first)
    start = (decay[0] if _varies(decay, values) else decay) * first
    reached = _Scan.apply(decay, torch.cat((values[:1] + start, values[1:])), how)
    return Scanned(torch.cat((first[None], reached[:-1])), reached[-1])


class _Scan(torch.autograd.Function):
    """y[1] .. y[T] from rest; the gradient is the same recurrence, backward in time."""

    @staticmethod
    def forward(ctx, decay: float | Tensor, values: Tensor, how: str) -> Tensor:
        ctx.how, ctx.number = how, None if isinstance(decay, Tensor) else decay
        found = _HOW[how](decay, values)
        saved = (decay, found) if isinstance(decay, Tensor) else ()
        ctx.save_for_backward(*saved)
        return found

    @staticmethod
    def backward(ctx, grad: Tensor):
        decay, found = ctx.saved_tensors or (ctx.number, None)
        back = decay
        if _varies(decay, grad):  # the error at n comes from n + 1, by the decay of n + 1
            back = torch.cat((decay[:1], decay[1:].flip(0)))
        error = _Scan.apply(back, grad.flip(0), ctx.how).flip(0)
        if not ctx.needs_input_grad[0]:
            return None, error, None
        before = torch.cat((torch.zeros_like(found[:1]), found[:-1]))
        share = error * before
        return share if _varies(decay, grad) else share.sum_to_size(decay.shape), error, None


def _check_decay(decay: float | Tensor, values: Tensor) -> bool:
    """Raise unless the decay fits; return whether it changes with time."""
    if not isinstance(decay, Tensor):
        if not is_number(decay):
            raise TypeError(
                f"decay is a {type(decay).__name__}; a number or a torch.Tensor is accepted"
            )
        check_number("decay", decay)
        return False
    check_float("decay", decay)
    check_finite("decay", decay)
    if decay.dim() >= values.dim():
        check_shape("decay", decay, tuple(values.shape), like=values)
        return True
    step = tuple(values.shape[1:])
    try:
        fits = torch.broadcast_shapes(tuple(decay.shape), step) == step
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"decay has shape {tuple(decay.shape)}; {tuple(values.shape)}, a number of each step, "
            f"or a shape that broadcasts to {step} is accepted"
        )
    return False


def _varies(decay: float | Tensor, values: Tensor) -> bool:
    return isinstance(decay, Tensor) and decay.dim() == values.dim()


def _doubling(decay: float | Tensor, values: Tensor) -> Tensor:
    """Return y[1] .. y[T]: after level k each step knows the 2^k steps before it."""
    reach, varying = 1, _varies(decay, values)
    while reach < len(values):
        before, weight = values[:-reach], decay[reach:] if varying else decay
        values = torch.cat((values[:reach], values[reach:] + weight * before))
        both = decay[reach:] * decay[:-reach] if varying else None
        decay = torch.cat((decay[:reach], both)) if varying else decay * decay
        reach *= 2
    return values


def _halving(decay: float | Tensor, values: Tensor) -> Tensor:
    """Return y[1] .. y[T]: compose neighbors, solve the half, fill in what lies between."""
    count, varying = len(values), _varies(decay, values)
    if count == 1:
        return values
    even, odd = values[0::2], values[1::2]
    late = decay[1::2] if varying else decay
    pairs = odd + late * even[: len(odd)]
    both = late * decay[0::2][: len(odd)] if varying else decay * decay
    known = _halving(both, pairs)  # y[2], y[4], ...
    between = decay[2::2] if varying else decay
    filled = even[1:] + between * known[: len(even) - 1]  # y[3], y[5], ...
    filled = torch.cat((even[:1], filled))
    woven = torch.stack((filled[: len(odd)], known), 1).flatten(0, 1)
    return woven if count % 2 == 0 else torch.cat((woven, filled[-1:]))


def _convolution(decay: float | Tensor, values: Tensor) -> Tensor:
    """Return y[1] .. y[T] as the sum of b[n-j] times a^j, by Fourier transforms."""
    count = len(values)
    lags = torch.arange(count, dtype=values.dtype, device=values.device)
    base = torch.as_tensor(decay, dtype=values.dtype, device=values.device)
    kernel = base ** lags.reshape(-1, *(1,) * (values.dim() - 1))
    size = 2 * count
    product = torch.fft.rfft(kernel, size, dim=0) * torch.fft.rfft(values, size, dim=0)
    return torch.fft.irfft(product, size, dim=0)[:count]


_HOW = {"halving": _halving, "doubling": _doubling, "convolution": _convolution}


def scan_depth(steps: int, how: str = "halving") -> int:
    """Return how many levels wait for one another: the time of a scan if a level took no time.

    A loop over time has ``steps`` of them.

    Parameters
    ----------
    steps : int
        T, at least 1.
    how : {"halving", "doubling"}
        As in :func:`linear_scan`.

    Examples
    --------
    >>> scan_depth(1024, "doubling"), scan_depth(1024, "halving")
    (10, 20)

    Chapter 8c.
    """
    check_integer("steps", steps, 1)
    check_choice("how", how, SCANS[:2])
    count = int(steps)
    return (count - 1).bit_length() if how == "doubling" else 2 * (count.bit_length() - 1)
