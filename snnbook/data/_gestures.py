"""Gestures as an event camera sees them: moving shapes, drawn by the package (chapter 6c)."""

import math

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer, check_positive

#: The eleven classes, by label. Most come in pairs that differ in the order of events alone.
GESTURES = (
    "bar to the right",
    "bar to the left",
    "bar down",
    "bar up",
    "bar turns left",
    "bar turns right",
    "disc circles left",
    "disc circles right",
    "ring grows",
    "ring shrinks",
    "disc blinks",
)


def gestures(
    samples: int,
    *,
    size: int = 12,
    steps: int = 60,
    contrast: float = 0.4,
    noise: float = 0.02,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    r"""Draw gestures, and return the events of a camera that looks at them.

    A pixel remembers the logarithm of the light at its last event. When the logarithm has risen
    by ``contrast`` it sends an ON event, when it has fallen an OFF event, at most one a step.

    Parameters
    ----------
    samples : int
        Number of samples n, at least 1; each class has its share, to within one.
    size : int
        Pixels of an edge, at least 4.
    steps : int
        Time steps T, at least 2.
    contrast : float
        Change of the logarithm that makes an event, above 0.
    noise : float
        Chance of a false event at each pixel, polarity and step, from 0 to 1.
    generator : torch.Generator
        Draws speed, phase, place and width of each gesture.

    Returns
    -------
    spikes : Tensor
        float32 (T, n, 2 * size * size): ON events of all pixels, then OFF events.
    labels : Tensor
        int64 (n,), the index in :data:`GESTURES`.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> spikes, labels = gestures(22, generator=torch.Generator().manual_seed(0))
    >>> tuple(spikes.shape), labels.bincount().tolist() == [2] * 11
    ((60, 22, 288), True)

    Chapter 6c; in the role of the paper's figure 6.
    """
    check_integer("samples", samples, 1)
    check_integer("size", size, 4)
    check_integer("steps", steps, 2)
    check_positive("contrast", contrast)
    if not 0 <= noise <= 1:
        raise ValueError(f"noise is {noise}; a chance from 0 to 1 is accepted")
    check_generator(generator)
    labels = (torch.arange(samples) % len(GESTURES))[torch.randperm(samples, generator=generator)]
    light = torch.log(0.1 + _scene(labels, size, steps, generator))
    known, events = light[0].clone(), torch.zeros(steps, samples, 2, size, size)
    for n in range(steps):
        change = light[n + 1] - known
        on, off = change >= contrast, change <= -contrast
        known += contrast * (on.float() - off.float())
        events[n, :, 0], events[n, :, 1] = on.float(), off.float()
    false = torch.rand(events.shape, generator=generator) < noise
    return torch.maximum(events, false.float()).flatten(2), labels


def _scene(labels: Tensor, size: int, steps: int, generator: torch.Generator) -> Tensor:
    """Return the light of each pixel, (T + 1, n, size, size), from 0 to 1."""

    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(len(labels), 1, 1, generator=generator)

    axis = torch.linspace(-1, 1, size)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    x, y = x - draw(-0.35, 0.35), y - draw(-0.35, 0.35)
    width, speed, phase = draw(0.12, 0.3), draw(0.5, 1.2), draw(0.0, 1.0)
    time = torch.linspace(0, 1, steps + 1)[:, None, None, None]
    turn = 2 * math.pi * (phase + speed * time)  # (T + 1, n, 1, 1)
    moved = 2.4 * (0.3 * phase + speed * time).fmod(1.0) - 1.2
    label = labels[:, None, None]
    angle = torch.where(label % 2 == 1, -turn, turn)
    place = torch.where(label % 2 == 1, -moved, moved)
    distance = torch.where(
        label < 2,
        x - place,
        torch.where(label < 4, y - place, y * torch.cos(angle / 2) - x * torch.sin(angle / 2)),
    )
    away = torch.hypot(x - 0.6 * torch.cos(angle), y + 0.6 * torch.sin(angle))
    ring = torch.hypot(x, y) - (0.6 + 0.5 * place)
    distance = torch.where(label < 6, distance, torch.where(label < 8, away, ring))
    distance = torch.where(label == 10, torch.hypot(x, y), distance)
    bright = torch.exp(-((distance / width) ** 2))
    return torch.where(label == 10, bright * (0.5 + 0.5 * torch.sin(2 * turn)), bright)
