"""Tasks with a delay between what counts and the answer: a decision, and the delayed XOR."""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_generator,
    check_integer,
    check_positive,
    check_probability,
)


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


class DelayedXor(NamedTuple):
    """Currents (T, B, 3) on the channels zero, one and go; labels (B,); where the answer counts."""

    inputs: Tensor
    labels: Tensor
    answer: Tensor


def delayed_xor(
    samples: int, *, pause: int = 40, pulse: int = 5, generator: torch.Generator
) -> DelayedXor:
    """Draw trials of the delayed XOR: two pulses, a pause, a cue, then the answer.

    The first pulse comes at step 2, the second 7 to 11 steps after it, the cue ``pause`` to
    ``pause + 4`` steps after the latest end of the second. A pulse on the channel "zero" or
    "one" is a bit, and the label is the exclusive or of the two bits. The answer counts from the
    end of the cue to the end of the trial. The times are those of this book; the task of Huh and
    Sejnowski takes about a second.

    Parameters
    ----------
    samples : int
        Number of trials.
    pause : int
        Steps between the pulses and the cue, at least 0.
    pulse : int
        Length of a pulse in steps, at least 1.
    generator : torch.Generator
        Source of bits and times.

    Returns
    -------
    DelayedXor
        ``answer`` is (T, B), 1 where the readout counts.

    Examples
    --------
    >>> task = delayed_xor(4, pause=10, generator=torch.Generator().manual_seed(0))
    >>> task.inputs.shape, int(task.inputs.sum())
    (torch.Size([52, 4, 3]), 60)

    Huh and Sejnowski (2018); chapter 4a.
    """
    for name, value, minimum in (("samples", samples, 1), ("pause", pause, 0), ("pulse", pulse, 1)):
        check_integer(name, value, minimum)
    check_generator(generator)
    bits = torch.randint(0, 2, (2, samples), generator=generator)
    late = torch.randint(0, 5, (2, samples), generator=generator)
    second, cue = pulse + 9, 2 * pulse + 13 + pause
    starts = torch.stack((torch.full_like(late[0], 2), second + late[0], cue + late[1]))
    time = torch.arange(cue + pulse + 14)[:, None, None]
    on = ((time >= starts) & (time < starts + pulse)).float()  # (T, 3, B)
    inputs = torch.zeros(len(time), samples, 3)
    for bit, shown in zip(bits, on.unbind(1)):
        inputs[:, :, 0] += shown * (1 - bit)
        inputs[:, :, 1] += shown * bit
    inputs[:, :, 2] = on[:, 2]
    answer = (time[:, :, 0] >= starts[2] + pulse).float()
    return DelayedXor(inputs, bits[0] ^ bits[1], answer)
