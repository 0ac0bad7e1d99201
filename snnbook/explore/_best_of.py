"""Explorer of chapter 8d: how far the best of some looks at a test set lies above the truth."""

import math

import numpy as np
from scipy.stats import binom

from snnbook._validate import check_integer
from snnbook.explore._explorer import Control, Explorer, Layer, Panel
from snnbook.training import best_of_looks

TRUTHS, SAMPLES = (0.7, 0.8, 0.9, 0.95), (50, 100, 300, 1000)
LOOKS, SHARED = (1, 2, 4, 8, 16, 32, 64, 128), (0.0, 0.5, 0.9)
TOP, POINTS = 21.0, 60  # points of the second panel, and of a curve of the first


def best_scores(truth: float, samples: int, looks: int, shared: int) -> np.ndarray:
    """Return the chance of each number of right answers, (n + 1,), of the best of some looks.

    ``shared`` samples are right or wrong for all looks together, the others for each look alone:
    the best look is that with most right answers among the others, the largest of K binomials.
    """
    own = samples - shared
    largest = np.diff(binom.cdf(np.arange(own + 1), own, truth) ** looks, prepend=0.0)
    return np.convolve(binom.pmf(np.arange(shared + 1), shared, truth), largest)


def inflation(truth: float, samples: int, looks: int, shared: int) -> float:
    """Return by how many points the best score exceeds the truth on average."""
    own = samples - shared
    return 100 * (best_of_looks(truth, own, looks) - truth) * own / samples if own else 0.0


def best_of_frame(
    truth: float = 0.8, samples: int = 100, looks: int = 16, shared: float = 0.0
) -> dict:
    """Return what one look at a test set shows, and what the best of many shows.

    All looks, such as epochs, learning rates or seeds, have the same true accuracy p; a score is
    their share of right answers on n samples. With r the share of samples that all looks get right
    or wrong together, two scores have the correlation r.

    Parameters
    ----------
    truth : float
        p, between 0 and 1.
    samples, looks : int
        n and K, at least 1.
    shared : float
        r, from 0 to 1; rounded to whole samples.

    Returns
    -------
    dict
        Over ``score`` in percent, the chance of ``one`` look and of the ``best``, each against its
        largest; ``mean``, that of the best; ``line`` and ``line_y``, an upright line at the truth;
        over ``power``, the logarithm of the looks to base 2, the points by which the best exceeds
        the truth, ``exact`` and by the formula ``100 sqrt(2 ln K) sqrt(p (1 - p) (1 - r) / n)``,
        ``formula``; the current point, ``now`` and ``now_points``; and ``text``.

    Examples
    --------
    >>> print(best_of_frame()["text"].split(". ")[0])
    One look shows 80.0 % on average, which is the truth, and the best of 16 shows 86.8 %

    Chapter 8d.
    """
    if not 0 < truth < 1:
        raise ValueError(f"truth is {truth!r}; a number between 0 and 1 is accepted")
    if not 0 <= shared <= 1:
        raise ValueError(f"shared is {shared!r}; a number from 0 to 1 is accepted")
    check_integer("samples", samples, 1)
    check_integer("looks", looks, 1)
    same = round(shared * samples)
    one, best = (best_scores(truth, samples, k, same) for k in (1, looks))
    seen = np.flatnonzero(np.maximum(one / one.max(), best / best.max()) > 1e-3)
    seen = seen[:: math.ceil(len(seen) / POINTS)]
    deviation = 100 * math.sqrt(truth * (1 - truth) * (1 - same / samples) / samples)
    points = [inflation(truth, samples, k, same) for k in (*LOOKS, looks)]
    formula = [deviation * math.sqrt(2 * math.log(k)) for k in (*LOOKS, looks)]
    lies = float(best @ (np.arange(samples + 1) > truth * samples))
    return {
        "score": 100 * seen / samples,
        "one": one[seen] / one.max(),
        "best": best[seen] / best.max(),
        "mean": [100 * truth + points[-1]],
        "mean_y": [0.0],
        "line": [100 * truth] * 2,
        "line_y": [0.0, 1.05],
        "power": np.log2(LOOKS),
        "exact": points[:-1],
        "formula": formula[:-1],
        "now": [math.log2(looks)],
        "now_points": points[-1:],
        "text": f"One look shows {100 * truth:.1f} % on average, which is the truth, and the best "
        f"of {looks} shows {100 * truth + points[-1]:.1f} %. That is {points[-1]:.1f} points too "
        f"many, and {formula[-1]:.1f} by the formula. The best is above the truth in "
        f"{100 * lies:.1f} % of all cases.",
    }


def best_of(live: bool | None = None) -> Explorer:
    """Return the explorer of looks: true accuracy, samples, looks and what they have in common.

    >>> best_of()
    Explorer('best-of': truth, samples, looks, shared, 384 settings)

    Chapter 8d.
    """
    scores = (
        Layer("line", "line_y", "line", "truth", "threshold", True),
        Layer("line", "one", "score", "one look", "reset"),
        Layer("line", "best", "score", "best look", "spikes"),
        Layer("points", "mean_y", "mean", "mean of the best", "spikes"),
    )
    growth = (
        Layer("line", "exact", "power", "exact", "spikes"),
        Layer("line", "formula", "power", "formula", "threshold", True),
        Layer("points", "now_points", "now", "now", "spikes"),
    )
    return Explorer(
        name="best-of",
        function=best_of_frame,
        controls={
            "truth": Control("true accuracy p", TRUTHS, 0.8),
            "samples": Control("test samples n", SAMPLES, 100),
            "looks": Control("looks K", LOOKS, 16),
            "shared": Control("share of samples on which all looks agree, r", SHARED, 0.0),
        },
        panels=[
            Panel(
                scores,
                "How likely a score is, against the most likely one",
                xlim=(50, 100),
                ylim=(-0.08, 1.5),
                xlabel="score (%)",
                height=190,
                wide=True,
                yticks=False,
            ),
            Panel(
                growth,
                "Points above the truth, of the best look on average",
                xlim=(-0.2, 7.2),
                ylim=(-0.8, TOP),
                xlabel="looks, as a power of 2",
                height=170,
                wide=True,
            ),
        ],
        alt="The distribution of the score of one look at a test set, around the truth, and of the "
        "best of some looks, which lies to its right; and the mean distance of the best from the "
        "truth, which grows with the number of looks.",
        caption="All looks are equally good, so what the best shows above the truth is luck. "
        "Scores on one test set are alike, because some of its samples are easy for every network "
        "and some hard: here all looks agree on a share r, right or wrong, and answer the others "
        "each by itself, so two scores have the correlation r. Looks without anything in common "
        "are the worst case. The curves are exact (`scipy.stats.binom`); the formula, for many "
        "looks, is the standard deviation of what is not shared times the root of 2 ln K.",
        live=live,
        title="The price of a look",
        chapter="08d-real-sounds",
        heading="ch08d-explore",
        change="Begin with one look and take more; then change the samples, and let looks agree.",
        question="With 1000 samples, how many looks may you take before the best is a point too "
        "good, and how many if they agree on nine samples in ten?",
    )
