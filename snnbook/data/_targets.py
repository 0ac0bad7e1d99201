"""Courses in time to be reproduced: a picture in spikes, and curves of sinusoids."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer, check_positive

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
