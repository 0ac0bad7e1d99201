"""A task that needs a fast memory and a slow one: which of two cues came first, a while ago?"""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer, check_positive, check_probability


class RecallOrder(NamedTuple):
    """Trials of :func:`recall_order`.

    ``spikes`` (T, n, 3 * group), ``labels`` (n,), the cue that came first, ``delays`` (n,) in
    steps, and ``go``, the number of steps at the end in which to decide.
    """

    spikes: Tensor
    labels: Tensor
    delays: Tensor
    go: int


def recall_order(
    samples: int,
    delay: int,
    longest: int | None = None,
    *,
    cue: int = 10,
    gap: int = 10,
    go: int = 25,
    group: int = 10,
    rate: float = 200.0,
    noise: float = 5.0,
    dt: float = 2e-3,
    generator: torch.Generator,
) -> RecallOrder:
    """Draw trials in which two cues follow each other, and their order is asked after a delay.

    Three groups of inputs fire at random: one for each cue, and the signal to answer. Both cues are
    shown in every trial, so that counts say nothing about the label. All trials end with the
    signal; one with a shorter delay begins later.

    Parameters
    ----------
    samples : int
        Number of trials n, at least 1; half of them (to within one) have each label.
    delay : int
        Steps from the end of the second cue to the signal, at least 0.
    longest : int, optional
        The delay of each trial is drawn from ``delay`` to ``longest``, both included; by default
        all are ``delay``.
    cue, gap, go : int
        Steps of a cue, of the pause between the two, and of the signal; ``gap`` at least 0, the
        others at least 1.
    group : int
        Inputs of each group, at least 1.
    rate, noise : float
        Rates in Hz of an active group, and of every input all the time, above 0; their sum times
        ``dt`` at most 1.
    dt : float
        Time step in seconds, above 0.
    generator : torch.Generator
        Source of the randomness.

    Returns
    -------
    RecallOrder

    Raises
    ------
    TypeError, ValueError
        If a number is out of range, or ``longest`` is below ``delay``.

    Examples
    --------
    >>> trials = recall_order(4, 50, 100, generator=torch.Generator().manual_seed(0))
    >>> tuple(trials.spikes.shape), sorted(trials.labels.tolist())
    ((155, 4, 30), [0, 0, 1, 1])

    Chapter 8b.
    """
    for name, value, minimum in (
        ("samples", samples, 1),
        ("delay", delay, 0),
        ("cue", cue, 1),
        ("gap", gap, 0),
        ("go", go, 1),
        ("group", group, 1),
    ):
        check_integer(name, value, minimum)
    longest = delay if longest is None else longest
    check_integer("longest", longest, delay)
    for name, value in (("dt", dt), ("rate", rate), ("noise", noise)):
        check_positive(name, value)
    check_probability("rate", rate + noise, dt)
    check_generator(generator)
    labels = torch.arange(samples)[torch.randperm(samples, generator=generator)] % 2
    delays = torch.randint(delay, longest + 1, (samples,), generator=generator)
    steps = 2 * cue + gap + longest + go
    time = torch.arange(steps)[:, None]
    first = steps - go - delays - 2 * cue - gap
    on = torch.zeros(steps, samples, 3)
    for place in range(2):
        begin = first + place * (cue + gap)
        shown = ((time >= begin) & (time < begin + cue)).float()
        for which in range(2):
            on[:, :, which] += shown * ((labels == which) == (place == 0))
    on[steps - go :, :, 2] = 1
    chance = ((noise + rate * on) * dt)[..., None].expand(-1, -1, -1, group)
    spikes = (torch.rand(chance.shape, generator=generator) < chance).float()
    return RecallOrder(spikes.flatten(2), labels, delays, go)
