"""Tasks whose label is in the times of spikes alone: every input spikes once in every sample."""

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer, check_number


def temporal_xor(
    early: float = 0.0, late: float = 6.0, *, first: float = 10.0, last: float = 16.0
) -> tuple[Tensor, Tensor]:
    """Return the four patterns of the temporal XOR and the wanted spike times.

    Parameters
    ----------
    early, late : float
        Times of the two input spikes; a third input is a clock that always spikes ``early``.
    first, last : float
        When the output is to spike: ``first`` if the inputs differ, ``last`` if they agree.

    Returns
    -------
    inputs : Tensor, float64 (4, 3)
    wanted : Tensor, float64 (4, 1)

    Examples
    --------
    >>> inputs, wanted = temporal_xor()
    >>> inputs[1], wanted[1]
    (tensor([0., 6., 0.], dtype=torch.float64), tensor([10.], dtype=torch.float64))

    Bohte, Kok and La Poutre (2002); chapter 4d.
    """
    for name, value in (("early", early), ("late", late), ("first", first), ("last", last)):
        check_number(name, value)
    rows = [(a, b, early) for a in (early, late) for b in (early, late)]
    wanted = [[last if a == b else first] for a, b, _ in rows]
    return torch.tensor(rows, dtype=torch.float64), torch.tensor(wanted, dtype=torch.float64)


def xor_spikes(steps: int = 30, early: int = 1, late: int = 11) -> tuple[Tensor, Tensor]:
    """Return the four patterns of temporal XOR: two inputs spike early or late, one at step 0.

    Parameters
    ----------
    steps : int
        Number of time steps T.
    early, late : int
        The two spike times, in steps.

    Returns
    -------
    spikes : Tensor
        (T, 4, 3). The third input spikes at step 0, as a reference.
    labels : Tensor
        (4,); 1 if exactly one of the two inputs is late.

    Raises
    ------
    ValueError
        If the times are not in order, or beyond the last step.

    Examples
    --------
    >>> spikes, labels = xor_spikes()
    >>> spikes.shape, labels.tolist()
    (torch.Size([30, 4, 3]), [0, 1, 1, 0])

    Bohte, Kok and La Poutre (2002) learn it with spike times; chapter 4b with random spikes.
    """
    check_integer("early", early, 0)
    check_integer("late", late, early + 1)
    check_integer("steps", steps, late + 1)
    pairs = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    spikes = torch.zeros(steps, 4, 3)
    for unit in range(2):
        times = torch.where(pairs[:, unit] == 1, late, early)
        spikes[times, torch.arange(4), unit] = 1.0
    spikes[0, :, 2] = 1.0
    return spikes, pairs[:, 0] ^ pairs[:, 1]


def two_clicks(
    samples: int, *, steps: int = 40, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw samples of *two clicks*: do two inputs spike together, or one after the other?

    Each of two inputs clicks once. In class 0 the second comes at most 2 steps after the first, in
    class 1 it comes 8 to 15 steps after it; which input is first, and when, says nothing.

    Parameters
    ----------
    samples : int
        Number of samples n, at least 1; every other one belongs to class 1.
    steps : int
        Number of time steps T, at least 23.
    generator : torch.Generator
        Draws the times and which input is first.

    Returns
    -------
    spikes : Tensor
        float64 (T, n, 2), 0 or 1.
    labels : Tensor
        int64 (n,).

    Examples
    --------
    >>> spikes, labels = two_clicks(4, generator=torch.Generator().manual_seed(0))
    >>> tuple(spikes.shape), labels.tolist(), spikes.sum(0).unique().tolist()
    ((40, 4, 2), [0, 1, 0, 1], [1.0])

    Chapter 5, in the role of the task of the paper's figure 4.
    """
    check_integer("samples", samples, 1)
    check_integer("steps", steps, 23)
    check_generator(generator)
    labels = torch.arange(samples) % 2
    near, far, first, order = (
        torch.randint(low, high, (samples,), generator=generator)
        for low, high in ((0, 3), (8, 16), (0, 8), (0, 2))
    )
    spikes, each = torch.zeros(steps, samples, 2, dtype=torch.float64), torch.arange(samples)
    spikes[first, each, order] = 1
    spikes[first + torch.where(labels == 1, far, near), each, 1 - order] = 1
    return spikes, labels


def spike_order(
    samples: int,
    delay: int,
    *,
    group: int = 10,
    jitter: int = 2,
    before: int = 5,
    after: int = 25,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Draw samples in which two groups of inputs spike one after the other: which came first?

    Every input spikes once in every sample, so that counts say nothing about the label.

    Parameters
    ----------
    samples : int
        Number of samples n, at least 1; half of them (to within one) have each label.
    delay : int
        Steps from the volley of the first group to that of the second, at least 1.
    group : int
        Inputs of each group, at least 1.
    jitter : int
        Largest shift of a spike from its volley, in steps, at least 0 and at most ``before``.
    before, after : int
        Steps before the first volley, and after the second (more than ``jitter``).
    generator : torch.Generator
        Source of the jitter.

    Returns
    -------
    spikes : Tensor
        float32 (T, n, 2 * group), with T = before + delay + after.
    labels : Tensor
        int64 (n,): the group that spikes first.

    Examples
    --------
    >>> spikes, labels = spike_order(4, 10, generator=torch.Generator().manual_seed(0))
    >>> tuple(spikes.shape), labels.tolist(), spikes.sum(0).unique().tolist()
    ((40, 4, 20), [0, 1, 0, 1], [1.0])

    Chapter 6a.
    """
    for name, value, minimum in (
        ("samples", samples, 1),
        ("delay", delay, 1),
        ("group", group, 1),
        ("jitter", jitter, 0),
        ("before", before, jitter),
        ("after", after, jitter + 1),
    ):
        check_integer(name, value, minimum)
    check_generator(generator)
    labels = torch.arange(samples) % 2
    own = torch.arange(2 * group) // group  # the group of each input
    volley = before + delay * (labels[:, None] != own)
    shift = torch.randint(-jitter, jitter + 1, (samples, 2 * group), generator=generator)
    steps = torch.arange(before + delay + after)[:, None, None]
    return (steps == volley + shift).float(), labels
