"""Exercises of chapter 7: conclusion: every claim, measured (paper section VI)."""

import torch
from scipy.special import stdtrit
from torch.distributions import Normal

from snnbook import conclusions, laboratory, training
from snnbook.exercises._records import Plus, Times, function, integer, number
from snnbook.exercises._tools import count_weights


@number(
    "07-1",
    right="Nearly a million numbers for one word. A rule that carries traces buffers none of them.",
    hints=(
        "What is buffered in one step, and how many steps has a second?",
        "One number for every input, hidden neuron and output, times the steps; the "
        "weights do not count.",
        "One step buffers `700 + 200 + 20` numbers.",
    ),
)
def second_of_speech():
    return laboratory.needs("bptt", 700, 200, 20, 1000).kept, {
        "The inputs and the outputs are buffered, too.": Plus(-1000 * (700 + 20)),
        "These are the weights. They do not grow with time.": 700 * 200 + 200 * 20,
        "That is one step; there are a thousand.": Times(1 / 1000),
    }


@integer(
    "07-2",
    right="Two gates and a candidate, two weight matrices each: few units for the same money.",
    hints=(
        "How many parameters has the spiking network, with its recurrent weights?",
        "Both networks have a readout: the GRU with its own has 3N(M + N + 2) + 20N "
        "parameters. Try numbers N until they exceed the budget.",
        "`budget = 700 * 200 + 200 * 200 + 200 * 20`.",
    ),
)
def fair_opponent():
    plain, truth = (
        conclusions.gru_size(700, 20, count_weights(700, 200, 20, recurrent=option))
        for option in (False, True)
    )
    return truth, {
        "The spiking network is recurrent: it has 200 · 200 weights more.": plain,
        "One unit too many: it exceeds the budget.": truth + 1,
        "Equal neurons are not equal parameters: a GRU has six matrices where this network has "
        "two.": 200,
    }


@integer(
    "07-3",
    right="Ten seeds for one point, and four times as many for half a point.",
    hints=(
        "How wide is the interval from end to end, as a formula in n?",
        "Half of the width is half a point: set 1.96 σ/√n equal to it, solve for n and round up.",
        "√n = 1.96 · 0.8 / 0.5.",
    ),
)
def how_many_seeds():
    ends = torch.tensor([0.025, 0.975], dtype=torch.float64)

    def width(seeds):
        """Return how wide the interval of a mean is, in points."""
        return float(Normal(0.0, 0.8 / seeds**0.5).icdf(ends).diff())

    truth = next(seeds for seeds in range(1, 100) if width(seeds) <= 1)
    return truth, {
        "Half the width, not the whole width, is ±1.96 σ/√n.": 3,
        "Round up: with nine the interval is a little too wide.": truth - 1,
        "The root of n stands there: square the ratio.": 4,
    }


@function(
    "07-4",
    right="With three seeds t is above four: few seeds make wide intervals twice over.",
    hints=(
        "How far do single seeds scatter, and how much less does their mean?",
        "`values.std()` divides by n − 1, as an estimate from few seeds should; a mean of "
        "n seeds scatters less by √n.",
        "`half = t * values.std() / len(values) ** 0.5`.",
    ),
)
def interval_of_a_mean(draw):
    # Accuracies (n,) and the quantile of Student's t for n - 1 degrees of freedom
    cases = [
        (0.9 + 0.02 * draw.normal(seeds), float(stdtrit(seeds - 1, 0.975))) for seeds in (3, 5, 10)
    ]

    def interval(values, t):
        found = training.seed_interval(values)
        return torch.tensor([found.low, found.high], dtype=torch.float64)

    def around(values, half):
        return torch.stack([values.mean() - half, values.mean() + half])

    return (interval, cases), {
        "The mean was estimated from the same seeds, so the squares are divided by n - "
        "1.": lambda values, t: around(values, t * values.std(correction=0) / len(values) ** 0.5),
        "That is how single seeds scatter. A mean scatters less, by the "
        "root of n.": lambda values, t: around(values, t * values.std()),
    }
