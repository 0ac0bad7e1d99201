"""Exercises of chapter 4: credit assignment with spiking neurons (paper section IV)."""

import torch

from snnbook import data, neurons
from snnbook.exercises._records import Plus, Times, function, integer, number
from snnbook.exercises._tools import count_weights


@integer(
    "04-1",
    right="Two passes for each of the 64 · 100 + 100 · 10 weights. Backpropagation needs one.",
    hints=(
        "How many weights does the network have, and how many losses does one difference need?",
        "Each entry of the gradient needs its own difference: one pass with w + h and one "
        "with w − h.",
        "There are `64 * 100 + 100 * 10` weights.",
    ),
)
def passes_of_a_difference():
    weights = count_weights(64, 100, 10)
    return 2 * weights, {
        "A central difference needs two passes, one on each side of the weight.": Times(1 / 2),
        "The readout has weights, too: 100 · 10.": Plus(-2 * 100 * 10),
        "Count weights, not neurons.": 2 * (64 + 100 + 10),
        "Two passes give the difference along one weight alone.": 2,
    }


@number(
    "04-2",
    right="A quarter equals M/(M + d), so M = d/3, rounded 2467 pairs.",
    hints=(
        "Which equation says that the cosine is a half?",
        "Square both sides, so that the root is gone, and solve for M.",
        "1/4 = M/(M + d), so M + d = 4M.",
    ),
)
def pairs_for_half_a_gradient():
    d = count_weights(64, 100, 10)
    truth = next(pairs for pairs in range(d) if (pairs / (pairs + d)) ** 0.5 >= 0.5)
    return truth, {
        "With M = d the cosine is √(1/2), about 0.71: more than was asked.": d,
        "With M = d/2 the cosine is √(1/3), about 0.58: more than was asked.": d / 2,
        "1/4 is M/(M + d), not M/d: the pairs stand in the denominator, too.": d / 4,
        "That counts forward passes; each pair takes two of them.": Times(2),
    }


@function(
    "04-3",
    right="Each pair measures one slope, and votes for its direction with it.",
    hints=(
        "What does one pair of losses measure, and along which direction?",
        "One slope for each pair, times its direction, averaged over the pairs; the two "
        "points of a pair lie 2σ apart.",
        "`slopes = (up - down) / (2 * sigma)`.",
    ),
)
def search_gradient(draw):
    # Losses above and below (M,), the noise (M, d), and its size
    cases = [
        (
            draw.uniform(pairs),
            draw.uniform(pairs),
            draw.normal(pairs, weights),
            0.05 + draw.number(),
        )
        for pairs, weights in ((1, 3), (4, 2), (7, 5))
    ]

    def estimate(up, down, noise, sigma):
        return (up - down) / (2 * sigma * len(up)) @ noise

    def product_of_means(up, down, noise, sigma):
        return noise.mean(0) * ((up - down) / (2 * sigma)).mean()

    return (estimate, cases), {
        "The two points lie 2σ apart, not σ.": lambda *case: 2 * estimate(*case),
        "The size σ of the step is missing: that is a difference, "
        "not a slope.": lambda up, down, noise, sigma: sigma * estimate(up, down, noise, sigma),
        "Average over the pairs: yours grows with M.": lambda up, down, noise, sigma: (
            len(up) * estimate(up, down, noise, sigma)
        ),
        "The sign is turned around: a gradient points uphill.": lambda up, down, noise, sigma: (
            estimate(down, up, noise, sigma)
        ),
        "Weigh each direction with the noise itself, not "
        "with its sign.": lambda up, down, noise, sigma: estimate(up, down, noise.sign(), sigma),
        "The mean of a product is not the product of the means: multiply "
        "before you average.": product_of_means,
    }


@integer(
    "04-4",
    right="256 · 1024 / (4 · 1024) = 64 steps: a blink at a millisecond per step.",
    hints=(
        "How many bytes does one step take, for the whole core?",
        "Divide the memory by the bytes of a step: 1024 neurons, 4 bytes each.",
        "The memory has `256 * 1024` bytes.",
    ),
)
def full_core():
    core, count = 256 * 1024, 1024
    per_step = neurons.run(neurons.LIFNeuron(), torch.zeros(1, 1, count)).mem.nbytes
    n = core // per_step
    return n, {
        "A number takes 4 bytes, not one.": Times(4),
        "The backward pass never reads the current; this count keeps the potential alone.": Times(
            1 / 2
        ),
        "That is for one neuron; the core has 1024 of them.": Times(count),
        "Bytes, not bits: a byte has 8 bits.": 8 * core // count,
    }


@integer(
    "04-5",
    right="0, 1, ..., 10 spikes: eleven levels. The trained network computed with a continuum.",
    hints=(
        "What is the largest count in this window? And the smallest?",
        "At most 200 Hz means at most 200 · 0.05 spikes, and silence is a level, too.",
    ),
)
def levels_of_a_count():
    activities = torch.linspace(0, 1, 1001)[None]
    spikes = data.regular_code(activities, steps=50, max_rate=200.0, phase=0.0)
    levels = len(spikes.sum(0).unique())
    return levels, {
        "Silence counts, too: zero spikes is a message.": levels - 1,
        "That counts all patterns of ten spikes in time; a rate forgets the order.": (
            2 ** (levels - 1)
        ),
        "The neuron cannot fire in every millisecond: at most 200 Hz.": 51,
        "That counts milliseconds; the neuron fires in one of five at most.": 50,
        "Each step is binary, but the count over 50 ms is not.": 2,
    }
