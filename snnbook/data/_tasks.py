"""Tasks for networks that learn while time runs: a picture, a curve, a decision, an order
(chapters 6a and 6b).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer, check_positive
from snnbook.data._checks import check_probability

#: The word SPIKE in letters of five by seven pixels.
SPIKE_DRAWING = (
    " ### ####   ###  #   # #####",
    "#    #   #   #   #  #  #    ",
    "#    #   #   #   # #   #    ",
    " ### ####    #   ##    #### ",
    "   # #       #   # #   #    ",
    "   # #       #   #  #  #    ",
    "###  #      ###  #   # #####",
)


def picture_spikes(
    drawing: Sequence[str] = SPIKE_DRAWING,
    *,
    neurons: int = 3,
    steps: int = 10,
    before: int = 30,
    after: int = 10,
    frame: int = 2,
) -> Tensor:
    """Turn a drawing in characters into a spike raster: a target that one can recognize.

    Each character that is not a blank becomes one spike in each of ``neurons`` neighboring
    neurons, in the middle of ``steps`` steps. The top line belongs to the last neurons, so that
    a raster plot shows the picture upright.

    Parameters
    ----------
    drawing : sequence of str
        Lines of equal length.
    neurons, steps : int
        Height in neurons and width in steps of a character, each at least 1.
    before, after : int
        Silent steps before and after the picture, at least 0.
    frame : int
        Silent neurons above and below, at least 0.

    Returns
    -------
    Tensor
        float32 (T, N), 0 or 1, with T = before + steps * columns + after and
        N = neurons * lines + 2 * frame.

    Raises
    ------
    ValueError
        If the drawing is empty or its lines differ in length, or a number is out of range.

    Examples
    --------
    >>> picture_spikes(["# #"], neurons=1, steps=2, before=0, after=0, frame=0).flatten()
    tensor([0., 1., 0., 0., 0., 1.])

    Chapter 6b; paper section V.B.
    """
    lines = tuple(drawing)
    widths = {len(line) for line in lines}
    if len(widths) != 1 or 0 in widths:
        raise ValueError(
            f"drawing has lines of {sorted(widths)} characters; "
            "lines of one length, at least 1, are accepted"
        )
    for name, value, minimum in (
        ("neurons", neurons, 1),
        ("steps", steps, 1),
        ("before", before, 0),
        ("after", after, 0),
        ("frame", frame, 0),
    ):
        check_integer(name, value, minimum)
    columns = widths.pop()
    spikes = torch.zeros(before + steps * columns + after, neurons * len(lines) + 2 * frame)
    for row, line in enumerate(reversed(lines)):
        for column, character in enumerate(line):
            if character != " ":
                first = frame + neurons * row
                spikes[before + steps * column + steps // 2, first : first + neurons] = 1.0
    return spikes


def sinusoids(
    steps: int,
    *,
    outputs: int = 1,
    frequencies: Sequence[float] = (1.0, 2.0, 3.0, 5.0),
    generator: torch.Generator,
) -> Tensor:
    r"""Draw target curves that are sums of sinusoids with random phases and amplitudes.

    .. math:: y^*_c[n] = \sum_k a_{ck} \sin(2 \pi (f_k n / T + \varphi_{ck})),
              \qquad a_{ck} \in [0.5, 2], \quad \varphi_{ck} \in [0, 1]

    scaled to a largest absolute value of 1.

    Parameters
    ----------
    steps : int
        T, at least 2.
    outputs : int
        Number of curves, at least 1.
    frequencies : sequence of float
        Periods within the T steps, each above 0.
    generator : torch.Generator
        Draws amplitudes and phases, uniform.

    Returns
    -------
    Tensor
        float32 (T, 1, outputs).

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> curve = sinusoids(100, generator=torch.Generator().manual_seed(0))
    >>> tuple(curve.shape), float(curve.abs().max())
    ((100, 1, 1), 1.0)

    Chapter 6b; the task is that of Bellec et al. (2020).
    """
    check_integer("steps", steps, 2)
    check_integer("outputs", outputs, 1)
    for value in frequencies:
        check_positive("frequencies", value)
    check_generator(generator)
    size = 0.5 + 1.5 * torch.rand(outputs, len(frequencies), generator=generator)
    phase = torch.rand(outputs, len(frequencies), generator=generator)
    time = torch.arange(steps)[:, None, None] / steps
    waves = size * torch.sin(2 * math.pi * (torch.tensor(frequencies) * time + phase))
    curve = waves.sum(2)
    return (curve / curve.abs().amax(0)).unsqueeze(1)


class Evidence(NamedTuple):
    """Trials of :func:`evidence`.

    ``spikes`` (T, n, 4 * group), ``labels`` (n,), 0 for left and 1 for right, ``cues`` (n, cues),
    the side of each cue, and ``recall``, the number of steps at the end in which to decide.
    """

    spikes: Tensor
    labels: Tensor
    cues: Tensor
    recall: int


def evidence(
    samples: int,
    *,
    cues: int = 3,
    cue: int = 15,
    gap: int = 5,
    delay: int = 40,
    recall: int = 20,
    group: int = 10,
    rate: float = 40.0,
    noise: float = 10.0,
    dt: float = 5e-3,
    generator: torch.Generator,
) -> Evidence:
    """Draw trials of evidence accumulation: cues left or right, a delay, a decision.

    Four groups of inputs fire at random: left cues, right cues, the recall signal at the end,
    and noise all the time. The label is the side with more cues; half of the trials
    (to within one) belong to each side.

    Parameters
    ----------
    samples : int
        Number of trials n, at least 1.
    cues : int
        Number of cues, odd.
    cue, gap, delay, recall : int
        Steps of a cue, of the pause after it, of the delay after the last pause, and of the
        recall signal; ``gap`` and ``delay`` at least 0, the others at least 1.
    group : int
        Inputs of each of the four groups, at least 1.
    rate, noise : float
        Rates in Hz of an active group and of the noise group, above 0; times ``dt`` at most 1.
    dt : float
        Time step in seconds, above 0.
    generator : torch.Generator
        Source of the randomness.

    Returns
    -------
    Evidence

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> trials = evidence(4, generator=torch.Generator().manual_seed(0))
    >>> tuple(trials.spikes.shape), sorted(trials.labels.tolist())
    ((120, 4, 40), [0, 0, 1, 1])
    >>> bool(((trials.cues.sum(1) >= 2) == trials.labels.bool()).all())
    True

    Chapter 6b; a short form of the task of Bellec et al. (2020).
    """
    for name, value, minimum in (
        ("samples", samples, 1),
        ("cues", cues, 1),
        ("cue", cue, 1),
        ("gap", gap, 0),
        ("delay", delay, 0),
        ("recall", recall, 1),
        ("group", group, 1),
    ):
        check_integer(name, value, minimum)
    if cues % 2 == 0:
        raise ValueError(f"cues is {cues}; an odd number is accepted, so that no trial is a tie")
    check_positive("dt", dt)
    for name, value in (("rate", rate), ("noise", noise)):
        check_positive(name, value)
        check_probability(name, value, dt)
    check_generator(generator)
    labels = torch.arange(samples)[torch.randperm(samples, generator=generator)] % 2
    sides = torch.randint(2, (samples, cues), generator=generator)
    wrong = (2 * sides.sum(1) > cues).long() != labels
    sides = torch.where(wrong[:, None], 1 - sides, sides)
    steps = cues * (cue + gap) + delay + recall
    chance = torch.zeros(steps, samples, 4, group)
    for k in range(cues):
        first = k * (cue + gap)
        active = torch.nn.functional.one_hot(sides[:, k], 2).float()
        chance[first : first + cue, :, :2] = rate * dt * active[:, :, None]
    chance[steps - recall :, :, 2] = rate * dt
    chance[:, :, 3] = noise * dt
    spikes = (torch.rand(chance.shape, generator=generator) < chance).float()
    return Evidence(spikes.flatten(2), labels, sides, recall)


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

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

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
