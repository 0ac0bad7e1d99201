"""Exercises of chapter 8d: real sounds: what an accuracy tells (no section of the paper).

What a filter bank leaves, which split answers which question, and what looking at the test adds.
"""

import torch

from snnbook.data import moved
from snnbook.exercises._records import choice, function, integer
from snnbook.signals import mel_bank
from snnbook.training import best_of_looks


@integer(
    "08d-1",
    right="Thousands of samples became 40 slow signals, each with 100 values in a second.",
    hints=(
        "How long is a step, and how many fit into the recording?",
        "The recording has 30 steps.",
        "In each step every one of the 40 bands has one number.",
    ),
)
def numbers_of_a_filter_bank():
    bands = mel_bank(torch.zeros(2400), 8000, channels=40, dt=10e-3)
    return bands.numel(), {
        "Those are the samples of the wave, before the filter bank.": 2400,
        "Those are the steps; each has a number for every band.": len(bands),
        "That is one number of each band; how many steps are there?": 40,
        "That is a whole second; the recording lasts 0.3 of one.": 4000,
        "That takes one step for each sample.": 2400 * 40,
        "A step is 10 ms, not 1 ms.": 300 * 40,
    }


@choice(
    "08d-2",
    options=("by take", "by voice", "either of the two"),
    right="Every user of the machine is a voice that it has never heard, so the test has to be one "
    "as well.",
    hints=(
        "Whose voices will the machine hear once it is sold?",
        "In which of the splits is a voice of the test unknown to the network?",
        "If takes are split, each voice of the test has also been trained on.",
    ),
)
def split_for_strangers():
    said = [(voice, take) for voice in range(3) for take in range(4)]
    tests = {
        "by take": [one for one in said if one[1] == 0],
        "by voice": [one for one in said if one[0] == 0],
    }
    strange = [
        name
        for name, test in tests.items()
        if not {voice for voice, _ in test} & {voice for voice, take in set(said) - set(test)}
    ]
    truth = strange[0] if len(strange) == 1 else "either of the two"
    return truth, {
        "That says how well it understands the people who recorded the training set.": "by take",
        "They differ by more than most networks do: only one has unknown voices in its test.": (
            "either of the two"
        ),
    }


@function(
    "08d-3",
    right="What leaves the highest band is lost, and nothing comes in from the other end: a high "
    "voice has no deep copy.",
    axes=("n", "i"),
    hints=(
        "Which band of the sample lands in band i of the result?",
        "Begin with zeros of the same shape, and fill a slice of them.",
        "For a shift upward: `found[:, shift:] = spikes[:, :-shift]`; for 0 it is the sample.",
    ),
)
def upward(draw):
    trains = [draw.uniform(6, 5) for _ in range(3)]
    cases = list(zip(trains, (0, 1, 3)))

    def up(sample, shift):
        return moved(sample, shift=shift)

    def round_(sample, shift):
        return sample.roll(shift, 1)

    def down(sample, shift):
        return moved(sample, shift=-shift)

    def later(sample, shift):
        return moved(sample.T.contiguous(), shift=shift).T

    return (up, cases), {
        "What leaves the top comes back at the bottom; `roll` goes round.": round_,
        "That moves the sample downward.": down,
        "That moves it in time; bands are the second axis.": later,
    }


@function(
    "08d-4",
    right="The best of several is above p without any of them being better: that is what a choice "
    "on the test set adds.",
    hints=(
        "How likely is it that all looks have at most c right answers?",
        "The best has at most c with probability F(c)^K. The mean of a count is the sum, over c "
        "from 0 to n - 1, of the probability to be above c.",
        "`1 - (binom.cdf(np.arange(n), n, p) ** looks).sum() / n`.",
    ),
)
def best_of_several(draw):
    from scipy.stats import binom, norm

    cases = [(0.5, 1, 2), (0.9, 100, 1), (0.94, 300, 30), (0.7, 500, 10)]

    def best(p, n, looks):
        return best_of_looks(p, n, looks)

    def mean(p, n, looks):
        return p

    def normal(p, n, looks):
        return p + float(norm.ppf(1 - 0.5 / looks)) * (p * (1 - p) / n) ** 0.5

    def once(p, n, looks):
        counts = binom.cdf(range(n), n, p)
        return float(1 - counts.sum() / n * looks)

    def worst(p, n, looks):
        above = binom.sf(range(n), n, p) ** looks
        return float(above.sum() / n)

    def counted(p, n, looks):
        return n * best(p, n, looks)

    return (best, cases), {
        "That is what one look shows; the best of several shows more.": mean,
        "The best is at most c only if all looks are: a power, and not a product.": once,
        "That is the worst of them.": worst,
        "That is the number of right answers; asked is their share.": counted,
        "Near it, for many samples; the exact number takes the distribution of the count.": normal,
    }


@integer(
    "08d-5",
    right="A few epochs, seeds and settings are that many looks, and they pass for two points of "
    "progress.",
    hints=(
        "What does `training.best_of_looks(0.94, 300, looks)` say for a few numbers of looks?",
        "Count upward from 1 until the best is at 0.96 or above.",
        "`while training.best_of_looks(0.94, 300, looks) < 0.96:` begins the count.",
    ),
)
def looks_for_two_points():
    def needed(accuracy, n, gain):
        values = range(1, 1000)
        return next(k for k in values if best_of_looks(accuracy, n, k) >= accuracy + gain)

    truth = needed(0.94, 300, 0.02)
    return truth, {
        "That is enough for one point; asked are two.": needed(0.94, 300, 0.01),
        "One look fewer is not enough yet.": truth - 1,
        "One fewer is enough already.": truth + 1,
        "That is for three points.": needed(0.94, 300, 0.03),
    }
