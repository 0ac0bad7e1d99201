"""The Yin-Yang data set: four numbers, three classes, and a hidden layer that has to learn."""

import math

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_integer, check_positive

DRAWS = 1_000_000  # of a point, at most


def yin_yang(
    samples: int = 5000, seed: int = 42, r_small: float = 0.1, r_big: float = 0.5
) -> tuple[Tensor, Tensor]:
    r"""Draw points of the Yin-Yang data set.

    A point :math:`(x, y)` is drawn uniformly in the disc of radius :math:`R` = ``r_big`` around
    :math:`(R, R)`. With :math:`d_l` and :math:`d_r` its distances to the centers of the left
    and the right dot, :math:`(R/2, R)` and :math:`(3R/2, R)`, and :math:`r` = ``r_small``, it
    belongs to

    - class 2 (dot) if :math:`d_l < r` or :math:`d_r < r`,
    - class 1 otherwise, if :math:`r < d_l \le R/2`, or :math:`y > R` and :math:`d_r > R/2`,
    - class 0 otherwise.

    The two halves are images of each other under a half turn. Each sample first draws its class,
    so the classes are equally likely, then points until one is of that class.

    Parameters
    ----------
    samples : int
        Number of points n, at least 1.
    seed : int
        Seed of the NumPy ``RandomState`` stream, from 0 to 2**32 - 1. The published sets are
        ``yin_yang(5000, seed=42)`` for training, ``yin_yang(1000, seed=41)`` for validation and
        ``yin_yang(1000, seed=40)`` for the test; this function gives them bit for bit. Two sets
        with the same seed share their points.
    r_small : float
        Radius of the dots, at least ``r_big / 100`` and below ``r_big / 2``.
    r_big : float
        Radius of the disc, above 0.

    Returns
    -------
    features : Tensor
        float64 (n, 4): x, y, 1 - x, 1 - y. The mirrored pair gives each point the same total, so
        a network needs no bias. They lie in [0, 1] for ``r_big = 0.5``.
    labels : Tensor
        int64 (n,): 0, 1 or 2.

    Notes
    -----
    L. Kriener, J. Goeltz, M. A. Petrovici, The Yin-Yang dataset, NICE 2022,
    doi 10.1145/3517343.3517380. The published arrays and code carry the MIT license; this is an
    implementation of our own.

    Examples
    --------
    >>> features, labels = yin_yang(3, seed=42)
    >>> features[0]
    tensor([0.6803, 0.4505, 0.3197, 0.5495], dtype=torch.float64)
    >>> labels
    tensor([2, 1, 2])

    Chapter 5.
    """
    check_integer("samples", samples, 1)
    check_integer("seed", seed, 0)
    if seed >= 2**32:
        raise ValueError(f"seed is {seed}; at most 2**32 - 1 is accepted")
    check_positive("r_big", r_big)
    check_positive("r_small", r_small)
    if r_small >= r_big / 2:
        raise ValueError(
            f"r_small is {r_small!r}; a radius below r_big / 2 = {r_big / 2!r} is accepted"
        )
    if r_small < r_big / 100:  # whose dots no draw would meet
        raise ValueError(
            f"r_small is {r_small!r}; a radius from r_big / 100 = {r_big / 100!r} up is accepted"
        )
    # The published arrays come from this stream, and NumPy has frozen it.
    stream = np.random.RandomState(seed)
    features = np.empty((samples, 4))
    labels = np.empty(samples, dtype=np.int64)
    for n in range(samples):
        labels[n] = goal = stream.randint(3)
        x, y = _draw_point(stream, goal, r_small, r_big)
        features[n] = x, y, 1.0 - x, 1.0 - y
    return torch.from_numpy(features), torch.from_numpy(labels)


def _draw_point(
    stream: np.random.RandomState, goal: int, r_small: float, r_big: float
) -> tuple[float, float]:
    """Draw points of the square until one lies in the disc and has the class ``goal``."""
    for _ in range(DRAWS):
        x = stream.random_sample() * 2.0 * r_big
        y = stream.random_sample() * 2.0 * r_big
        in_disc = math.sqrt((x - r_big) ** 2 + (y - r_big) ** 2) <= r_big
        if in_disc and _class_of(x, y, r_small, r_big) == goal:
            return x, y
    raise RuntimeError(f"none of {DRAWS} points had class {goal}")  # its odds are below 1e-60


def _class_of(x: float, y: float, r_small: float, r_big: float) -> int:
    """Return the class of a point in the disc: 0, 1, or 2 for the dots."""
    d_right = math.sqrt((x - 1.5 * r_big) ** 2 + (y - r_big) ** 2)
    d_left = math.sqrt((x - 0.5 * r_big) ** 2 + (y - r_big) ** 2)
    if d_right < r_small or d_left < r_small:
        return 2
    in_left_head = r_small < d_left <= 0.5 * r_big
    in_upper_half = y > r_big and d_right > 0.5 * r_big
    return int(in_left_head or in_upper_half)
