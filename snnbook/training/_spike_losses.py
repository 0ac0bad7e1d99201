"""Losses on spikes of shape (T, B, C): the time of the first one, and the distance of two trains.

Each loss is a mean over the batch, so its value does not depend on the batch size.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from snnbook._validate import check_positive, check_same_kind, is_number, values_at_hand
from snnbook.training._lengths import outside
from snnbook.training._losses import check_task, check_time_and_batch


def first_spike_time(
    spikes: Tensor,
    *,
    dt: float = 1e-3,
    late: float | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    r"""Return the time of the first spike of each neuron, differentiable in the spikes.

    .. math:: t = \Delta t \sum_{n=0}^{T-2} q[n] + (t_\mathrm{late} - (T - 1) \Delta t)\, q[T-1],
        \qquad q[n] = \prod_{m=0}^{n} (1 - S[m])

    ``q[n]`` is 1 until the first spike and 0 from it on, so on binary spikes ``t`` is exactly the
    first spike time, and ``late`` for a silent neuron.
    ``t`` is linear in each ``S[k]``, so its partial derivative is the exact effect of a spike
    at step ``k``: a new spike before the first one moves ``t`` forward to ``k``, the loss of the
    first spike moves it back to the second one (or to ``late``), and a change after the first spike
    does nothing.
    Unlike the derivative of a threshold crossing (SpikeProp), it also exists for a silent neuron.
    It reaches the weights through the surrogate derivative of the neuron that made the spikes.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, C)
        Spike trains, 0 or 1.
    dt : float
        Time step, in seconds.
    late : float, optional
        Time assigned to a silent neuron, in seconds, at least ``T * dt``. By default it is the end
        of its sample.
    lengths : Tensor, shape (B,), dtype int64, optional
        Number of steps of each sample, where some end earlier: later spikes do not count, and T is
        the sample's own.

    Returns
    -------
    Tensor, shape (B, C)
        First spike time in seconds: a spike in step ``n`` has the time ``n * dt``.

    Raises
    ------
    TypeError, ValueError
        If ``spikes`` is not (T, B, C), holds a value outside [0, 1], or ``late < T * dt``.

    Examples
    --------
    The first neuron spikes at steps 1 and 3, the second is silent.

    >>> spikes = torch.tensor([[[0.0, 0.0]], [[1.0, 0.0]], [[0.0, 0.0]], [[1.0, 0.0]]])
    >>> first_spike_time(spikes, dt=1.0)
    tensor([[1., 4.]])
    >>> spikes.requires_grad_()[:, 0, 0].grad_fn is not None
    True
    >>> first_spike_time(spikes, dt=1.0)[0, 0].backward()
    >>> spikes.grad[:, 0, 0]
    tensor([-1., -2., -0., -0.])
    """
    check_time_and_batch("spikes", spikes)
    check_positive("dt", dt)
    steps = spikes.shape[0]
    if late is not None and not (
        is_number(late) and math.isfinite(late) and late >= steps * dt * (1 - 1e-12)
    ):
        raise ValueError(
            f"late is {late!r} s; a time of at least T * dt = {steps * dt:g} s is accepted"
        )
    if values_at_hand(spikes) and not bool(((spikes >= 0) & (spikes <= 1)).all()):
        raise ValueError("spikes holds values outside [0, 1]; spike trains of 0 and 1 are accepted")
    if lengths is not None:
        return _first_of_unequal(spikes, dt, late, lengths)
    quiet = torch.cumprod(1.0 - spikes, dim=0)
    late = steps * dt if late is None else late
    return dt * quiet[:-1].sum(dim=0) + (late - (steps - 1) * dt) * quiet[-1]


def _first_of_unequal(spikes: Tensor, dt: float, late: float | None, lengths: Tensor) -> Tensor:
    """Return the first spike times of samples that end at their own steps."""
    over = outside(spikes, lengths)
    quiet = torch.cumprod(1.0 - spikes.masked_fill(over, 0), dim=0)
    over = torch.cat([over[1:], torch.ones_like(over[:1])])  # the last step of each sample too
    ends = lengths.to(spikes)[:, None]
    rest = dt if late is None else late - (ends - 1) * dt
    return dt * quiet.masked_fill(over, 0).sum(dim=0) + rest * quiet[-1]


def ttfs_cross_entropy(
    spikes: Tensor,
    labels: Tensor,
    *,
    dt: float = 1e-3,
    tau: float = 5e-3,
    late: float | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    r"""Return the time-to-first-spike cross entropy: the correct unit must spike first.

    .. math:: \mathcal{L} = -\frac{1}{B} \sum_b \log
        \frac{\exp(-t_{y_b, b} / \tau)}{\sum_c \exp(-t_{c, b} / \tau)}

    ``t`` is the first spike time of :func:`first_spike_time`, which states the gradient.
    A batch in which every output is silent has the loss ``log(C)`` and still a gradient.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, C)
        Spikes of the output layer, 0 or 1, made with a surrogate derivative.
    labels : Tensor, shape (B,), dtype int64
        Correct class of each sample, ``0 .. C - 1``.
    dt : float
        Time step, in seconds.
    tau : float
        Time scale of the softmax, in seconds: a lead of ``tau`` is worth a factor e in the odds.
    late : float, optional
        Time assigned to a silent output, in seconds, at least ``T * dt``. By default it is the end
        of its sample.
    lengths : Tensor, shape (B,), dtype int64, optional
        As in :func:`first_spike_time`.

    Returns
    -------
    Tensor, shape ()
        Mean over the batch, in nats.

    References
    ----------
    Paper section V.D.  Goeltz et al. (2021), Nat. Mach. Intell. 3:823, for the loss on exact times.

    Examples
    --------
    Class 0 spikes at step 0, class 1 at step 1: with ``tau = dt`` the odds are e to 1.

    >>> spikes = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
    >>> loss = ttfs_cross_entropy(spikes, torch.tensor([0]), dt=1.0, tau=1.0)
    >>> round(float(loss), 4) == round(math.log(1 + math.exp(-1)), 4)
    True
    """
    check_task("spikes", spikes, labels)
    check_positive("tau", tau)
    times = first_spike_time(spikes, dt=dt, late=late, lengths=lengths)
    return functional.cross_entropy(-times / tau, labels)


def van_rossum(spikes: Tensor, target: Tensor, *, tau: float = 10e-3, dt: float = 1e-3) -> Tensor:
    r"""Return the van Rossum loss between spike trains and their targets.

    .. math:: \mathcal{L} = \frac{1}{2B} \sum_{b, i, n} e_i[n, b]^2, \qquad
        e[n] = e^{-\Delta t / \tau} e[n-1] + S[n] - S^*[n]

    ``e = eps * (S - S*)`` is the difference of the spike trains filtered with the causal kernel
    ``eps[k] = exp(-k dt / tau)``.
    The sum runs over steps and neurons as in the paper.  Multiply by ``2 dt / tau`` to get the
    squared distance of van Rossum (2001), which is an integral divided by ``tau``.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, N)
        Spike trains of the network.
    target : Tensor, shape (T, B, N)
        Wanted spike trains, of the same shape, dtype and device.
    tau : float
        Time constant of the kernel, in seconds.
    dt : float
        Time step, in seconds.

    Returns
    -------
    Tensor, shape ()
        Mean over the batch, in units of squared spikes.

    References
    ----------
    Paper section V.B.  van Rossum (2001), Neural Comput. 13:751.
    Zenke and Ganguli (2018), Neural Comput. 30:1514, use a double-exponential kernel.

    Examples
    --------
    One spike too many, decay 1/2 a step, three steps: (1 + 1/4 + 1/16) / 2.

    >>> spikes = torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1)
    >>> float(van_rossum(spikes, torch.zeros(3, 1, 1), tau=1 / math.log(2), dt=1.0))
    0.65625
    """
    check_time_and_batch("spikes", spikes)
    check_time_and_batch("target", target)
    check_same_kind("target", target, spikes)
    if target.shape != spikes.shape:
        raise ValueError(
            f"target has shape {tuple(target.shape)}; {tuple(spikes.shape)} is accepted, "
            "the shape of spikes"
        )
    check_positive("tau", tau)
    check_positive("dt", dt)
    decay = math.exp(-dt / tau)
    trace = torch.zeros_like(spikes[0])
    loss = torch.zeros((), dtype=spikes.dtype, device=spikes.device)
    for difference in (spikes - target).unbind(0):
        trace = decay * trace + difference
        loss = loss + (trace * trace).sum()
    return 0.5 * loss / spikes.shape[1]
