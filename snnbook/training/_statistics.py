"""Intervals: how sure an accuracy on a test set, or a mean over seeds, can be."""

import math
from collections.abc import Iterable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from snnbook._validate import check_integer, is_number


class Accuracy(NamedTuple):
    """A share of right answers with its 95 % interval.

    Attributes
    ----------
    value : float
        Share of right answers, 0 to 1.
    low, high : float
        Ends of the Wilson interval.
    n : int
        Number of samples.

    Examples
    --------
    >>> print(Accuracy(0.5, 0.3, 0.7, 20))
    50.0 % (95 % interval 30.0 to 70.0 %, n = 20)
    """

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return (
            f"{100 * self.value:.1f} % (95 % interval {100 * self.low:.1f} "
            f"to {100 * self.high:.1f} %, n = {self.n})"
        )


class SeedInterval(NamedTuple):
    """A mean over seeds with its interval.

    Attributes
    ----------
    mean : float
        Mean over the seeds.
    low, high : float
        Ends of the interval of the mean.
    std : float
        Standard deviation of one seed (with ``n - 1``).
    n : int
        Number of seeds.

    Examples
    --------
    >>> print(SeedInterval(0.9, 0.88, 0.92, 0.02, 5))
    0.9 (interval of the mean 0.88 to 0.92, 5 seeds)
    """

    mean: float
    low: float
    high: float
    std: float
    n: int

    def __str__(self) -> str:
        return (
            f"{self.mean:.3g} (interval of the mean {self.low:.3g} to {self.high:.3g}, "
            f"{self.n} seeds)"
        )


def wilson_interval(correct: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    r"""Return Wilson's score interval of a share.

    .. math:: \frac{p + \frac{z^2}{2n} \pm z \sqrt{\frac{p (1 - p)}{n} + \frac{z^2}{4 n^2}}}
        {1 + \frac{z^2}{n}}, \qquad p = \frac{\mathrm{correct}}{n}

    ``z`` is the quantile of the normal distribution, 1.96 for 95 %.
    Unlike ``p`` plus or minus two standard errors, it stays within [0, 1] and has a width
    when every answer is right.
    It covers the choice of the test samples, not the choice of the seed.

    Parameters
    ----------
    correct : int
        Number of right answers, ``0 .. n``.
    n : int
        Number of answers, at least 1.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper end.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22:209.

    Examples
    --------
    With ``z = 1.96`` and all of n right, the lower end is n / (n + 3.84).

    >>> [round(end, 3) for end in wilson_interval(100, 100)]
    [0.963, 1.0]
    >>> [round(end, 3) for end in wilson_interval(1, 2)]
    [0.095, 0.905]
    """
    check_integer("n", n, 1)
    check_integer("correct", correct, 0)
    correct, n = int(correct), int(n)
    if correct > n:
        raise ValueError(f"correct is {correct}; at most n = {n} is accepted")
    z = NormalDist().inv_cdf(0.5 + _confidence(confidence) / 2)
    share = correct / n
    middle = share + z**2 / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low = 0.0 if correct == 0 else (middle - half) / (1 + z**2 / n)
    high = 1.0 if correct == n else (middle + half) / (1 + z**2 / n)
    return float(low), float(high)


def seed_interval(values: Iterable[float], confidence: float = 0.95) -> SeedInterval:
    r"""Return the mean over seeds and Student's interval of that mean.

    .. math:: \bar{x} \pm t_{n-1} \frac{s}{\sqrt{n}}, \qquad
        s^2 = \frac{1}{n - 1} \sum_k (x_k - \bar{x})^2

    ``t`` is the quantile of Student's distribution with ``n - 1`` degrees of freedom: 12.7 for two
    seeds, 4.3 for three and 2.8 for five, at 95 %.

    Parameters
    ----------
    values : iterable of float
        One number for each seed, at least two, all finite.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    SeedInterval
        Mean, both ends, standard deviation and number of seeds.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two values, or one is no finite number.

    Examples
    --------
    >>> interval = seed_interval([1.0, 2.0, 3.0])
    >>> interval.mean, interval.std
    (2.0, 1.0)
    >>> round(interval.high - interval.mean, 3)  # 4.303 / sqrt(3)
    2.484

    Chapter 5c; ``eq-05c-paired``, for the differences of two arms seed by seed.
    """
    from scipy.special import stdtrit

    try:
        numbers = np.asarray([float(value) for value in values])
    except (TypeError, ValueError) as error:
        raise TypeError(f"values is {values!r}; one number for each seed is accepted") from error
    if len(numbers) < 2:
        raise ValueError(f"values has {len(numbers)} entries; at least 2 are accepted")
    if not np.isfinite(numbers).all():
        raise ValueError("values holds nan or inf; finite numbers are accepted")
    mean, std = float(numbers.mean()), float(numbers.std(ddof=1))
    quantile = float(stdtrit(len(numbers) - 1, 0.5 + _confidence(confidence) / 2))
    half = quantile * std / math.sqrt(len(numbers))
    return SeedInterval(mean, mean - half, mean + half, std, len(numbers))


def best_of_looks(accuracy: float, n: int, looks: int) -> float:
    r"""Return the accuracy that the best of several looks at one test set is expected to show.

    .. math:: \operatorname{E} \max_k \hat p_k
        = 1 - \frac{1}{n} \sum_{c=0}^{n-1} F(c)^K,
        \qquad F(c) = \sum_{j=0}^{c} \binom{n}{j}\, p^j (1 - p)^{n - j}

    Every look has the same true accuracy p and sees n samples; what it reports is the share that
    was right, and the best of K is told. For large n it lies about
    :math:`\sqrt{2 \ln K \; p (1 - p) / n}` above p. Looks at the same samples agree on many of
    them, so what looking brings there is less: this is an upper bound of it.

    Parameters
    ----------
    accuracy : float
        p, from 0 to 1.
    n : int
        Number of test samples, at least 1.
    looks : int
        K, how many results the best is chosen from, at least 1: epochs, settings or seeds.

    Returns
    -------
    float
        From p to 1.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range.

    Examples
    --------
    Two coins, and each shows its better side: at least one is right in three of four cases.

    >>> best_of_looks(0.5, n=1, looks=1), best_of_looks(0.5, n=1, looks=2)
    (0.5, 0.75)
    >>> round(best_of_looks(0.9, n=300, looks=30), 3)
    0.934

    Chapter 8d; ``eq-08d-best``.
    """
    from scipy.stats import binom

    if not (is_number(accuracy) and 0 <= accuracy <= 1):
        raise ValueError(f"accuracy is {accuracy!r}; a number from 0 to 1 is accepted")
    check_integer("n", n, 1)
    check_integer("looks", looks, 1)
    below = binom.cdf(np.arange(n), int(n), float(accuracy)) ** int(looks)
    return float(1 - below.sum() / n)


def _confidence(value: float) -> float:
    if not (is_number(value) and 0 < value < 1):
        raise ValueError(f"confidence is {value!r}; a number between 0 and 1 is accepted")
    return value
