"""Losses on a readout of shape (T, B, C): which class wins, and how a gradient reaches the spikes.

Each loss is a mean over the batch, so its value does not depend on the batch size.
The penalties on spike counts are in :mod:`snnbook.training._penalties`.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from snnbook._validate import check_labels, check_positive, check_same_kind, check_time_first


def check_time_and_batch(name: str, tensor: Tensor) -> None:
    """Raise unless ``tensor`` is (T, B, N) and none of its axes is empty."""
    check_time_first(name, tensor)
    for axis, size in zip(("time", "batch", "neuron"), tensor.shape, strict=True):
        if size == 0:
            raise ValueError(
                f"{name} has shape {tuple(tensor.shape)}; its {axis} axis is empty, "
                "at least 1 entry is accepted"
            )


def _check_task(name: str, tensor: Tensor, labels: Tensor) -> None:
    check_time_and_batch(name, tensor)
    check_labels(labels, tensor.shape[1], tensor.shape[2])


def max_over_time(readout: Tensor, labels: Tensor) -> Tensor:
    r"""Return the cross entropy of the readout's maximum over time.

    .. math:: \mathcal{L} = -\frac{1}{B} \sum_b \log
        \frac{\exp(\max_n U_{y_b}[n, b])}{\sum_c \exp(\max_n U_c[n, b])}

    The class that a trained network decides for is the readout unit with the highest peak
    (:func:`snnbook.training.decide_by_max`).
    Each unit passes its gradient to one time step, the first at which the maximum is reached.
    A membrane that starts at zero and stays negative has its maximum at ``n = 0``, where no weight
    acts on it: its gradient is zero until an input drives it above zero.

    Parameters
    ----------
    readout : Tensor, shape (T, B, C)
        Membrane potential of the non-spiking readout units, in units of the threshold.
    labels : Tensor, shape (B,), dtype int64
        Correct class of each sample, ``0 .. C - 1``.

    Returns
    -------
    Tensor, shape ()
        Mean over the batch, in nats.  A readout that is zero everywhere gives ``log(C)``.

    References
    ----------
    The loss of the SpyTorch tutorials, and of Cramer et al. (2022), IEEE TNNLS 33:2744.

    Examples
    --------
    Two classes, peaks log(3) and 0: the softmax gives 3/4 to the first class.

    >>> readout = torch.tensor([[[0.0, -1.0]], [[math.log(3.0), 0.0]]])
    >>> float(max_over_time(readout, torch.tensor([0])).exp())  # 4/3  # doctest: +ELLIPSIS
    1.333...
    """
    _check_task("readout", readout, labels)
    return functional.cross_entropy(readout.max(dim=0).values, labels)


def sum_over_time(readout: Tensor, labels: Tensor, *, scale: float = 1.0) -> Tensor:
    r"""Return the cross entropy of the readout's scaled sum over time.

    .. math:: \mathcal{L} = -\frac{1}{B} \sum_b \log
        \frac{\exp(z_{y_b, b})}{\sum_c \exp(z_{c, b})}, \qquad
        z_{c, b} = \mathrm{scale} \sum_n U_c[n, b]

    Every time step gets the same share of the gradient.
    The sum grows with the number of steps; ``scale = 1 / T`` makes it the mean over time, and
    ``scale = dt`` an integral that does not change when the time step is refined.
    Libraries differ here: a "mean over time" loss is this one with ``scale = 1 / T``.

    Parameters
    ----------
    readout : Tensor, shape (T, B, C)
        Membrane potential of the readout units, or their spikes (then ``z`` counts spikes).
    labels : Tensor, shape (B,), dtype int64
        Correct class of each sample, ``0 .. C - 1``.
    scale : float
        Factor on the sum, above 0.

    Returns
    -------
    Tensor, shape ()
        Mean over the batch, in nats.

    Examples
    --------
    The sums are log(3) and 0, as in :func:`max_over_time`.

    >>> half = math.log(3.0) / 2
    >>> readout = torch.tensor([[[half, 1.0]], [[half, -1.0]]])
    >>> float(sum_over_time(readout, torch.tensor([0])).exp())  # 4/3  # doctest: +ELLIPSIS
    1.333...

    ``eq-01-loss``.
    """
    _check_task("readout", readout, labels)
    check_positive("scale", scale)
    return functional.cross_entropy(scale * readout.sum(dim=0), labels)


def first_spike_time(spikes: Tensor, *, dt: float = 1e-3, late: float | None = None) -> Tensor:
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
        Time assigned to a silent neuron, in seconds, at least ``T * dt``, the default.

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
    if late is None:
        late = steps * dt
    if not (math.isfinite(late) and late >= steps * dt * (1 - 1e-12)):
        raise ValueError(
            f"late is {late!r} s; a time of at least T * dt = {steps * dt:g} s is accepted"
        )
    if not bool(((spikes >= 0) & (spikes <= 1)).all()):
        raise ValueError("spikes holds values outside [0, 1]; spike trains of 0 and 1 are accepted")
    quiet = torch.cumprod(1.0 - spikes, dim=0)
    return dt * quiet[:-1].sum(dim=0) + (late - (steps - 1) * dt) * quiet[-1]


def ttfs_cross_entropy(
    spikes: Tensor,
    labels: Tensor,
    *,
    dt: float = 1e-3,
    tau: float = 5e-3,
    late: float | None = None,
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
        Time assigned to a silent output, in seconds, at least ``T * dt``, the default.

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
    _check_task("spikes", spikes, labels)
    check_positive("tau", tau)
    return functional.cross_entropy(-first_spike_time(spikes, dt=dt, late=late) / tau, labels)


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
