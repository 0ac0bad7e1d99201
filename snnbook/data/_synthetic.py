"""Made-up spike patterns whose information lies in the spike times."""

import math

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer, check_positive
from snnbook.data._checks import check_probability

PRECISION = 1e-3  # harmonics of a random manifold below this amplitude are left out


def random_patterns(
    samples: int = 256,
    steps: int = 200,
    units: int = 100,
    classes: int = 2,
    rate: float = 5.0,
    dt: float = 1e-3,
    *,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    r"""Draw random spike patterns with random labels: a task of pure memory.

    Each unit spikes in each step with probability :math:`r \, \Delta t`, and the labels are drawn
    independently of the patterns. There is nothing to generalize, so the accuracy on the same
    patterns says how well a network can be fitted, and there is no test part.

    Parameters
    ----------
    samples : int
        Number of patterns n, at least 1.
    steps : int
        Number of time steps T, at least 1.
    units : int
        Number of input units N, at least 1.
    classes : int
        Number of classes, at least 2.
    rate : float
        Rate of a unit in Hz, above 0. ``rate * dt`` may not exceed 1.
    dt : float
        Time step in seconds, above 0.
    generator : torch.Generator
        Source of the randomness.

    Returns
    -------
    spikes : Tensor
        float32 (T, n, N), 0 or 1.
    labels : Tensor
        int64 (n,), from 0 to ``classes - 1``.

    Raises
    ------
    TypeError
        If ``generator`` is not a generator.
    ValueError
        If an argument is outside its range.

    Notes
    -----
    The default values are the task of SpyTorch's notebook 1 (F. Zenke, CC BY 4.0).

    Examples
    --------
    At 1000 Hz and 1 ms per step every unit spikes in every step.

    >>> generator = torch.Generator().manual_seed(0)
    >>> spikes, labels = random_patterns(4, 10, 3, rate=1000.0, generator=generator)
    >>> tuple(spikes.shape), tuple(labels.shape), spikes.mean().item()
    ((10, 4, 3), (4,), 1.0)

    Chapter 5; paper section IV.B.1.
    """
    check_integer("samples", samples, 1)
    check_integer("steps", steps, 1)
    check_integer("units", units, 1)
    check_integer("classes", classes, 2)
    check_positive("rate", rate)
    check_positive("dt", dt)
    check_probability("rate", rate, dt)
    check_generator(generator)
    device = generator.device
    draws = torch.rand((steps, samples, units), generator=generator, device=device)
    labels = torch.randint(classes, (samples,), generator=generator, device=device)
    return (draws < rate * dt).to(draws.dtype), labels


def randman(
    classes: int = 10,
    units: int = 20,
    samples_per_class: int = 100,
    dim: int = 1,
    alpha: float = 2.0,
    steps: int = 100,
    spikes_per_unit: int = 1,
    *,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    r"""Draw spike times from smooth random manifolds, one manifold per class.

    A sample is a point :math:`x`, uniform in the unit cube of ``dim`` dimensions. Its class maps
    it to one number per unit,

    .. math:: f(x) = \prod_{d} \sum_{k=1}^{K} \frac{a_{dk}}{k^{\alpha}}
              \sin\bigl(2 \pi (k \, x_d \, b_{dk} + c_{dk})\bigr),

    with :math:`a, b, c` uniform between 0 and 1 and fixed per class and unit. Harmonics with
    :math:`k^{-\alpha} < 10^{-3}` are left out, and those beyond :math:`k = 1000`. The numbers of
    each unit are then stretched to fill 0 to 1 over the samples of its class, and give the time
    of its spike as a fraction of the duration. Each unit spikes equally often in each sample, so
    spike counts carry no information: only the times, and the relations among them, do.

    Parameters
    ----------
    classes : int
        Number of classes, at least 2.
    units : int
        Number of input units N, at least 1.
    samples_per_class : int
        Number of samples per class, at least 2.
    dim : int
        Dimension of the manifolds, at least 1. Higher is harder.
    alpha : float
        Smoothness, above 0. Lower is rougher, and harder.
    steps : int
        Number of time steps T, at least ``spikes_per_unit``.
    spikes_per_unit : int
        Spikes of each unit in each sample, at least 1. Each has a manifold of its own, evaluated
        at the same point. Where two spikes of a unit would share a step, one moves to the nearest
        free step after it (before it, at the end).
    generator : torch.Generator
        Source of the randomness.

    Returns
    -------
    spikes : Tensor
        float32 (T, n, N), 0 or 1, with n = ``classes * samples_per_class``. Each unit spikes
        exactly ``spikes_per_unit`` times in each sample.
    labels : Tensor
        int64 (n,), from 0 to ``classes - 1``, each class equally often, in random order.

    Raises
    ------
    TypeError
        If ``generator`` is not a generator.
    ValueError
        If an argument is outside its range.

    Notes
    -----
    F. Zenke and T. P. Vogels, The remarkable robustness of surrogate gradient learning for
    instilling complex function in spiking neural networks, Neural Computation 33(4), 2021,
    doi 10.1162/neco_a_01367. An implementation of our own. The authors' code
    (github.com/fzenke/randman) lets the frequencies start at 0 and scales by 1 / (k**alpha + 1),
    so a seed of theirs gives other manifolds of the same kind.

    Another call draws other manifolds. To test a network, draw once and split the samples.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> spikes, labels = randman(classes=2, units=3, samples_per_class=5, generator=generator)
    >>> tuple(spikes.shape), labels.bincount().tolist()
    ((100, 10, 3), [5, 5])
    >>> bool((spikes.sum(0) == 1).all())
    True

    Chapter 5.
    """
    check_integer("classes", classes, 2)
    check_integer("units", units, 1)
    check_integer("samples_per_class", samples_per_class, 2)
    check_integer("dim", dim, 1)
    check_positive("alpha", alpha)
    check_integer("spikes_per_unit", spikes_per_unit, 1)
    check_integer("steps", steps, spikes_per_unit)
    check_generator(generator)
    times = torch.cat(
        [
            _manifold_times(units, samples_per_class, dim, alpha, spikes_per_unit, generator)
            for _ in range(classes)
        ],
        dim=1,
    )
    spikes = _place(times, steps)
    labels = torch.arange(classes, device=times.device).repeat_interleave(samples_per_class)
    order = torch.randperm(len(labels), generator=generator, device=times.device)
    return spikes[:, order], labels[order]


def _manifold_times(
    units: int, samples: int, dim: int, alpha: float, count: int, generator: torch.Generator
) -> Tensor:
    """Return times in [0, 1] of one class, shape (spike, sample, unit)."""
    options = {"generator": generator, "device": generator.device, "dtype": torch.float64}
    # At most 1 / PRECISION of them, however rough; the 1e-9 absorbs the rounding of the power.
    harmonics = math.ceil(PRECISION ** -min(1 / alpha, 1.0) - 1e-9)
    point = torch.rand((samples, dim), **options)
    amplitude, frequency, phase = torch.rand((3, dim, harmonics, count, 1, units), **options)
    product = torch.ones((count, samples, units), dtype=torch.float64, device=point.device)
    for d in range(dim):
        x = point[:, d, None]
        total = torch.zeros_like(product)
        for k in range(1, harmonics + 1):
            angle = k * x * frequency[d, k - 1] + phase[d, k - 1]
            total += amplitude[d, k - 1] * k**-alpha * torch.sin(2 * math.pi * angle)
        product *= total
    low, high = product.amin(1, keepdim=True), product.amax(1, keepdim=True)
    return (product - low) / (high - low).clamp_min(torch.finfo(torch.float64).tiny)


def _place(times: Tensor, steps: int) -> Tensor:
    """Turn times in [0, 1], shape (spike, sample, unit), into spikes, one per step at most."""
    step = (times * steps).floor().long().sort(0).values
    last = len(step) - 1
    for k in range(1, last + 1):
        step[k] = torch.maximum(step[k], step[k - 1] + 1)
    for k in range(last + 1):
        step[k].clamp_(max=steps - 1 - (last - k))
    spikes = torch.zeros((steps, *times.shape[1:]), device=times.device)
    return spikes.scatter_(0, step, 1.0)
