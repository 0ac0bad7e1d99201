r"""The first spike of every neuron of a layer, in closed form, with its exact gradient.

No steps in time: sort the inputs, sum up, and look for the first interval between two inputs in
which the membrane reaches the threshold. The inputs up to there are the causal set.
"""

import math

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_float, check_same_kind
from snnbook.spike_times._cells import Cell, check_cell
from snnbook.spike_times._guard import check_at_hand, check_times, untraced


def free_membrane(t: Tensor, times: Tensor, weight: Tensor, cell: Cell) -> Tensor:
    r"""Return the membrane potential without any reset.

    .. math:: U_i(t) = \sum_j W_{ij}\, \kappa(t - t_j)

    Parameters
    ----------
    t : Tensor, shape (T,)
        When to look, in the unit of ``cell.tau_syn``.
    times : Tensor, shape (B, N)
        Input spike times; infinity for an input that does not spike.
    weight : Tensor, shape (O, N)
        Weights, out first.
    cell : Cell
        The kernel.

    Returns
    -------
    Tensor, shape (T, B, O)

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit, or the times hold NaN or minus infinity.

    Examples
    --------
    >>> from snnbook.spike_times import NonLeaky
    >>> inputs, weight = torch.tensor([[0.0]]), torch.tensor([[2.0]])
    >>> float(free_membrane(torch.tensor([math.log(2.0)]), inputs, weight, NonLeaky()))
    1.0

    Paper section IV.A.4; chapter 4d, equation eq-04d-membrane.
    """
    return untraced(_free_membrane, t, times, weight, cell)


def _free_membrane(t: Tensor, times: Tensor, weight: Tensor, cell: Cell) -> Tensor:
    _check(times, weight, cell)
    check_float("t", t)
    check_same_kind("t", t, times)
    if t.dim() != 1:
        raise ValueError(f"t has shape {tuple(t.shape)}; times (T,) are accepted")
    check_finite("t", t)
    s = t[:, None, None] - times
    return cell.kernel(torch.where(torch.isfinite(s), s, -1.0)) @ weight.T


def first_spike(times: Tensor, weight: Tensor, cell: Cell) -> Tensor:
    r"""Return the first spike time of every neuron, and let its exact gradient through.

    With the causal set C of the inputs that came before the spike,

    .. math::

        \frac{\partial t}{\partial w_j} = -\frac{\kappa(t - t_j)}{\dot U(t)}, \qquad
        \frac{\partial t}{\partial t_j} = \frac{w_j\, \dot\kappa(t - t_j)}{\dot U(t)}, \qquad
        j \in C .

    Parameters
    ----------
    times : Tensor, shape (B, N)
        Input spike times in any order; infinity for an input that does not spike.
    weight : Tensor, shape (O, N)
        Weights, out first, finite.
    cell : Cell
        The neuron.

    Returns
    -------
    Tensor, shape (B, O)
        Spike times in the unit of ``cell.tau_syn``. A neuron that never reaches the threshold has
        the time infinity and passes back a gradient of zero. So has a neuron whose membrane
        touches the threshold at its peak with slope zero, where no derivative exists.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit, the times hold NaN or minus infinity, the weights are not
        finite, or the times of a sample span more time constants than the exponential allows.
    RuntimeError
        Under ``torch.vmap`` or a tracer, which hide the values that decide.

    Notes
    -----
    The gradient has derivatives itself (``create_graph=True``), backward and forward.
    Inputs at the same time act together. An input at the very time of the spike is not in the
    causal set. The order of the inputs plays no role. A reset plays no role before the first spike.
    The time is continuous where an input enters the causal set, because the kernel starts at zero;
    its gradient has a jump there, because the kernel's slope does not.

    Examples
    --------
    Two inputs at 0 and ln 2. A weight of 3 spikes before the second arrives, a weight of 1.5
    waits for it, and a weight of 0.1 stays silent:

    >>> from snnbook.spike_times import NonLeaky
    >>> times = torch.tensor([[0.0, math.log(2.0)]])
    >>> weight = torch.tensor([[3.0, 1.0], [1.5, 1.0], [0.1, 0.1]])
    >>> first_spike(times, weight, NonLeaky()).exp()  # z = 3/2, 3.5/1.5
    tensor([[1.5000, 2.3333,    inf]])

    Mostafa (2017) and Goeltz et al. (2021); paper section IV.A.4; chapter 4d;
    ``eq-04d-membrane``, ``eq-04d-implicit``, ``eq-04d-vanish``.
    """
    return untraced(_first_spike, times, weight, cell)


def _first_spike(times: Tensor, weight: Tensor, cell: Cell) -> Tensor:
    _check(times, weight, cell)
    return _FirstSpike.apply(times, weight, cell)


def _check(times: Tensor, weight: Tensor, cell: Cell) -> None:
    check_cell(cell)
    check_float("times", times)
    check_float("weight", weight)
    check_same_kind("weight", weight, times)
    check_at_hand("a first spike", times, weight, transforms=True)
    check_times("times", times, None)
    if weight.dim() != 2 or weight.shape[1] != times.shape[1]:
        raise ValueError(
            f"weight has shape {tuple(weight.shape)}; (outputs, {times.shape[1]}) is accepted"
        )
    check_finite("weight", weight)


class _FirstSpike(torch.autograd.Function):
    """Closed form forward; the implicit derivative backward, which has derivatives itself."""

    generate_vmap_rule = True

    @staticmethod
    def forward(times: Tensor, weight: Tensor, cell: Cell) -> Tensor:
        return _solve(times, weight, cell)

    @staticmethod
    def setup_context(ctx, inputs, spikes) -> None:
        times, weight, ctx.cell = inputs
        ctx.save_for_backward(times, weight, spikes)
        ctx.save_for_forward(times, weight, spikes)

    @staticmethod
    def backward(ctx, gradient: Tensor):
        times, weight, spikes = ctx.saved_tensors
        s, slopes = _rises(times, weight, spikes, ctx.cell)
        share = _over_slope(gradient, slopes, spikes)
        by_weight = -_summed("bo,bon->on", share, ctx.cell.kernel(s))
        by_time = _summed("bo,bon->bn", share, slopes)
        return by_time, by_weight, None

    @staticmethod
    def jvp(ctx, by_times: Tensor | None, by_weight: Tensor | None, _):
        times, weight, spikes = ctx.saved_tensors
        s, slopes = _rises(times, weight, spikes, ctx.cell)
        change = torch.zeros_like(spikes)
        if by_times is not None:
            change = change + (by_times[:, None] * slopes).sum(-1)
        if by_weight is not None:
            change = change - (by_weight * ctx.cell.kernel(s)).sum(-1)
        return _over_slope(change, slopes, spikes)


def _rises(times: Tensor, weight: Tensor, spikes: Tensor, cell: Cell) -> tuple[Tensor, Tensor]:
    """Return times since the inputs, and each input's part of the slope, (B, O, N)."""
    s = spikes[:, :, None] - times[:, None, :]
    s = torch.where(torch.isfinite(s), s, -1.0)  # inputs or outputs that never spike
    return s, weight * cell.kernel_slope(s)


def _over_slope(value: Tensor, slopes: Tensor, spikes: Tensor) -> Tensor:
    """Return ``value`` over the slope of the membrane; 0 where there is no spike or no slope."""
    slope = slopes.sum(-1)
    alive = torch.isfinite(spikes) & (slope > 0)
    return torch.where(alive, value / torch.where(alive, slope, 1.0), 0.0)


def _summed(axes: str, share: Tensor, parts: Tensor) -> Tensor:
    """Return ``torch.einsum``, which gradients in batches (``is_grads_batched``) do not know."""
    if torch._C._functorch.is_legacy_batchedtensor(share):
        return (share[..., None] * parts).sum(0 if axes.endswith("on") else 1)
    return torch.einsum(axes, share, parts)


def _solve(times: Tensor, weight: Tensor, cell: Cell) -> Tensor:
    """Return the first spike times: the first interval whose highest point is at the threshold."""
    finite = torch.isfinite(times)
    start = torch.where(finite, times, math.inf).min(dim=1, keepdim=True).values
    start = torch.where(torch.isfinite(start), start, 0.0)
    x, order = torch.sort((times - start) / cell.tau_syn, dim=1)
    arrived = torch.isfinite(x)
    _check_span(torch.where(arrived, x, 0.0))
    w = weight[:, order].transpose(0, 1) * arrived[:, None]  # (B, O, N), in order of arrival
    f, g = cell.basis(torch.where(arrived, x, 0.0))
    a, b = (w * f[:, None]).cumsum(-1), (w * g[:, None]).cumsum(-1)
    _check_sums(a, b)
    begin = x[:, None].expand_as(a)
    end = torch.cat([begin[..., 1:], torch.full_like(begin[..., :1], math.inf)], -1)
    highest = torch.minimum(torch.maximum(cell.peak(a, b), begin), end)
    level = cell.course(a, b, highest)
    reached = (level > cell.threshold) | ((level == cell.threshold) & torch.isfinite(highest))
    reached &= (highest > begin) & arrived[:, None]
    which = reached.to(torch.uint8).argmax(-1, keepdim=True)  # the first of them
    spikes = reached.any(-1)
    a, b, begin, end = (value.gather(-1, which).squeeze(-1) for value in (a, b, begin, end))
    found = cell.crossing(torch.where(spikes, a, 9.0), torch.where(spikes, b, 1.0))
    found = torch.minimum(torch.maximum(found, begin), end)  # rounding stays inside
    return torch.where(spikes, found * cell.tau_syn + start, math.inf)


def _check_span(x: Tensor) -> None:
    limit = 0.9 * math.log(torch.finfo(x.dtype).max)
    span = float(x.max()) if x.numel() else 0.0
    if span > limit:
        raise ValueError(
            f"times span {span:.0f} time constants; at most {limit:.0f} are accepted in {x.dtype}"
        )


def _check_sums(a: Tensor, b: Tensor) -> None:
    if not bool((torch.isfinite(a) & torch.isfinite(b)).all()):
        raise ValueError(
            f"weight times the growth over the span of times overflows {a.dtype}; "
            "smaller weights or a shorter span are accepted"
        )
