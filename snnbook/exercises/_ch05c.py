"""Exercises of chapter 5c: tuning, or: is A better than B? (no section of the paper).

Which comparison is fair, what it costs, and how sure it is.
"""

import math

import numpy as np
import torch
from scipy.special import ndtr, ndtri, stdtrit

from snnbook import training
from snnbook.exercises._records import Plus, choice, function, integer, number


@choice(
    "05c-1",
    options=("P", "Q", "both", "neither"),
    right="P compares the two rules at one learning rate, very surely. Q says little about who is "
    "ahead, and what it says is about the rules at their best.",
    hints=(
        "Ask of each report: what would change if another learning rate had been the default?",
        "A narrow interval makes sure of a difference at one setting. A verdict about "
        "rules needs a search for each of them, on validation data.",
    ),
)
def fair_comparison():
    reports = {
        "P": {"own search": False, "validation": False, "until flat": False, "seeds": 10},
        "Q": {"own search": True, "validation": True, "until flat": True, "seeds": 5},
    }
    fair = [name for name, report in reports.items() if all(report.values())]
    return "".join(fair), {
        "Ten seeds and a narrow interval make sure that the difference is there at this learning "
        "rate; they do not say whose rate it is.": "P",
        "P gave both rules the same rate; the rate that suits one is an accident for the "
        "other.": "both",
        "An interval that contains zero is a result too: it says which differences are still "
        "possible.": "neither",
    }


@integer(
    "05c-2",
    right="Three arms with 7 · 2 tries and 5 runs, and one with 5 runs.",
    hints=(
        "Which networks does the search train, and which does the judging?",
        "For each arm take the settings times the search seeds, and add the runs of the "
        "result; an arm without a choice has no search.",
        "One arm that learns by gradient descent takes `7 * 2 + 5` networks.",
    ),
)
def networks_of_a_plan():
    def count(grids, search_seeds, seeds):
        return sum(search_seeds * grid + seeds for grid in grids)

    truth = count((7, 7, 7, 0), 2, 5)
    return truth, {
        "The fourth arm is judged with five seeds, too.": Plus(-5),
        "The search has two seeds for each learning rate.": Plus(-3 * 7),
        "The fourth arm has nothing to choose, so it takes no part in the search.": (
            count((7, 7, 7, 7), 2, 5)
        ),
        "That is the search alone; each arm is judged with five seeds, too.": 42,
        "Only the chosen setting of an arm is trained with all five seeds.": (
            sum(7 * 2 * 5 for _ in range(3)) + 5
        ),
        "Search and result are added, not multiplied: the seeds of the search are others.": (
            3 * 7 * 5 + 5
        ),
        "That is one arm that learns by gradient descent.": count((7,), 2, 5),
    }


@number(
    "05c-3",
    generic=False,
    right="The first arm is best at the end of its grid and may go on rising; the second has a "
    "worse neighbor on either side.",
    hints=(
        "Where in its grid does each arm have its best value?",
        "A best value at the end of the grid says that the search is not finished; the "
        "next rate lies beyond that end.",
        "Each rate of this grid is about three times the one before.",
    ),
)
def next_rate():
    rates = [0.001, 0.003, 0.01, 0.03, 0.1]
    arms = [61, 66, 71, 77, 80], [80, 84, 83, 79, 60]
    tops = [rates[max(range(5), key=values.__getitem__)] for values in arms]
    (edge,) = [top for top in tops if top in (rates[0], rates[-1])]
    onward = next(r for r in (0.3, 1.0) if r > edge)
    return onward, {
        "That is the best rate so far, at the end of the grid; the curve may go on rising beyond "
        "it.": edge,
        "The second arm has its best rate inside the grid; it is the first that is not finished.": (
            min(tops)
        ),
        "That is the other end of the grid, where the first arm is at its worst.": 0.0003,
        "First find out whether the curve goes on rising; between two tried rates you refine "
        "later.": 0.05,
        "One step of this grid is about a factor of three.": 1.0,
    }


@function(
    "05c-4",
    outputs=("low", "high"),
    right="Differences first, then their mean, their deviation and Student's quantile: what both "
    "arms of a seed share has canceled.",
    hints=(
        "What do the two accuracies of one seed share, and what removes it?",
        "Take the differences first; then their mean, their standard deviation with n − 1, "
        "and Student's quantile for n − 1 degrees of freedom.",
        "`difference = b - a`; `training.seed_interval` takes a list and has the ends "
        "`low` and `high`.",
    ),
)
def interval_of_pairs(draw):
    def ends(values, quantile=None, divisor=None, ddof=1):
        n = len(values)
        t = stdtrit(n - 1, 0.975) if quantile is None else quantile
        half = t * float(values.std(correction=ddof)) / (math.sqrt(n) if divisor is None else 1)
        return float(values.mean()) - half, float(values.mean()) + half

    cases = []
    for n in (4, 5, 8, 10):
        easy = draw.uniform(n, low=0.6, high=0.9)
        cases.append((easy + 0.02 * draw.normal(n), easy + 0.01 + 0.02 * draw.normal(n)))

    def paired_interval(a, b):
        found = training.seed_interval((b - a).tolist())
        return found.low, found.high

    def unpaired(a, b):
        n, mean = len(a), float(b.mean() - a.mean())
        half = stdtrit(2 * n - 2, 0.975) * float(torch.sqrt((a.var() + b.var()) / n))
        return mean - half, mean + half

    return (paired_interval, cases), {
        "The sign: the difference is b − a.": lambda a, b: ends(a - b),
        "The factor 1.96 holds for many seeds; with n of them it is Student's "
        "quantile.": lambda a, b: ends(b - a, quantile=1.96),
        "That is where single differences lie; the mean of n of them is surer by the root of "
        "n.": lambda a, b: ends(b - a, divisor=1),
        "These intervals do not know which accuracies belong to one seed: subtract "
        "first.": unpaired,
        "The standard deviation has n − 1 below, since the mean was taken from the same "
        "numbers.": lambda a, b: ends(b - a, ddof=0),
        "That is the standard error without the quantile: a 68 % interval at best.": lambda a, b: (
            ends(b - a, quantile=1.0)
        ),
    }


def _seeds_for(half: float, deviation: float, quantile) -> int:
    """Return the least number of seeds whose interval is narrower than that."""
    return next(n for n in range(2, 10_000) if quantile(n) * deviation / math.sqrt(n) < half)


@integer(
    "05c-5",
    right="The half width falls with the root of n: to see a third of the scatter takes dozens of "
    "seeds. Pairs that share more need fewer.",
    hints=(
        "In which two places does n enter the half width?",
        "Begin with two seeds and count up, until the half width is below one point; the "
        "quantile is another one for each n.",
        "`n = 2`, and then `while stdtrit(n - 1, 0.975) * 3 / n**0.5 >= 1`.",
    ),
)
def seeds_for_a_point():
    truth = _seeds_for(1.0, 3.0, lambda n: stdtrit(n - 1, 0.975))
    return truth, {
        "Close: there the half width is still a little above one point.": truth - 1,
        "With 1.96 in place of Student's quantile the interval is a little too narrow.": (
            _seeds_for(1.0, 3.0, lambda n: 1.96)
        ),
        "The quantile 0.975 leaves 2.5 % on either side; yours leaves 5 %.": (
            _seeds_for(1.0, 3.0, lambda n: stdtrit(n - 1, 0.95))
        ),
        "That makes the standard error one point; the half width is about two of them.": 9,
        "For one point in all, half to either side, it would be this many.": (
            _seeds_for(0.5, 3.0, lambda n: stdtrit(n - 1, 0.975))
        ),
    }


@number(
    "05c-6",
    tolerance=2e-2,
    right="More than one standard deviation, for nothing: that is why choices are made on "
    "validation data and the test set judges what was chosen.",
    hints=(
        "What do you report of each set of five, and what is it on average?",
        "Take the maximum of each set, and then the mean over very many sets.",
        "`draws = torch.randn(400_000, 5)` has one row for each set.",
    ),
)
def best_of_five():
    """Integrate 1 - Phi^5 above zero and Phi^5 below it: the mean of the maximum."""
    x = np.linspace(0, 10, 100_001)
    above, below = 1 - ndtr(x) ** 5, ndtr(-x) ** 5
    mean = float(np.trapezoid(above - below, x))
    return mean, {
        "Each of the five is right on average; the largest of them is not.": 0.0,
        "That is the standard deviation of one; the largest of five lies further out.": 1.0,
        "That is the best of two; there are five.": 1 / math.sqrt(math.pi),
        "The mean of five scatters by this; you report the best of them, not the mean.": (
            1 / math.sqrt(5)
        ),
        "That is the median of the maximum, not its mean.": float(ndtri(0.5**0.2)),
    }
