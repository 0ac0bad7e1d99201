"""Exercises of chapter 8a: time constants and delays that learn (no section of the paper).

What a membrane says about its decay, what a kernel says about its delay, and what is exact.
"""

import numpy as np
import torch

from snnbook.exercises._records import function, integer, number, sequence
from snnbook.explore import one_delay_frame
from snnbook.spike_times import NonLeaky, delayed_first_spike


def influence(decay, mem):
    found = torch.zeros_like(mem)
    for n in range(len(mem) - 1):
        found[n + 1] = decay * found[n] + mem[n]
    return found


@sequence(
    "08a-1",
    right="One and one half of a membrane that has halved: the influence grows first and then "
    "decays, while the membrane only decays.",
    hints=(
        "What is P in the step in which the membrane begins, before anything has decayed?",
        "P[n+1] is half of P[n], plus the membrane of step n.",
        "P[1] = 0.5 * 0 + 1, and the membrane of step 1 is one half.",
    ),
)
def influence_by_head():
    mem = torch.tensor([1.0, 0.5, 0.25, 0.125])
    truth = tuple(influence(0.5, mem)[1:].tolist())
    return truth, {
        "That is the membrane itself; how does it change with the decay?": (0.5, 0.25, 0.125),
        "That begins with step 0, where nothing has decayed yet.": (0.0, 1.0, 1.0),
        "The membrane adds up in P without decay; P decays, too.": (1.0, 1.5, 1.75),
        "P[n+1] takes the membrane of step n, not that of step n + 1.": (0.5, 0.5, 0.375),
    }


@number(
    "08a-2",
    right="If all inputs of the causal set came later by a millisecond, so would the spike: the "
    "derivatives add up to 1.",
    hints=(
        "What happens to the spike if all three delays grow by the same small time?",
        "Nothing in the neuron knows what time it is.",
        "The three derivatives add up to 1.",
    ),
)
def derivatives_add_up():
    times, weight = torch.zeros(1, 3), torch.tensor([[1.0, 0.5, 0.8]])
    delay = torch.tensor([[0.0, 0.3, 0.6]], requires_grad=True)
    spike = delayed_first_spike(times, weight, delay, NonLeaky())
    (by_delay,) = torch.autograd.grad(spike.sum(), delay)
    return round(float(by_delay.sum()) - 0.3 - 0.5, 5), {
        "That is the sum of the two that are given.": 0.8,
        "That would be all of them together.": 1.0,
        "They need not cancel: if all delays grow, the spike moves.": -0.8,
        "The synapse arrives before the spike, so it is in the causal set.": 0.0,
        "Their mean says nothing about the third.": 0.4,
    }


@function(
    "08a-3",
    right="One more state for each neuron, whatever the number of its synapses.",
    axes=("n",),
    hints=(
        "How many earlier steps does P[n+1] need?",
        "Begin with zeros of the shape of the membrane, and fill step n + 1 from step n.",
        "`found[n + 1] = decay * found[n] + mem[n]`.",
    ),
)
def influence_of_the_decay(draw):
    cases = [(decay, draw.normal(12)) for decay in (0.5, 0.9, 0.2, 0.95)]

    def late(decay, mem):
        found = torch.zeros_like(mem)
        for n in range(len(mem) - 1):
            found[n + 1] = decay * found[n] + mem[n + 1]
        return found

    def summed(decay, mem):
        return mem.cumsum(0) - mem

    def single(decay, mem):
        return torch.cat((torch.zeros(1, dtype=mem.dtype), mem[:-1]))

    def early(decay, mem):
        found = torch.zeros_like(mem)
        for n in range(len(mem)):
            found[n] = (decay * found[n - 1] if n else 0) + mem[n]
        return found

    return (influence, cases), {
        "P[n+1] takes the membrane of step n.": late,
        "P decays, as the membrane does.": summed,
        "Earlier steps act as well, through P[n].": single,
        "P[0] is 0, since nothing has decayed before step 0.": early,
    }


@function(
    "08a-4",
    right="Each share changes by its distance from the mean of the kernel, in units of the squared "
    "width; the sum of all changes is 0, as the sum of the shares stays 1.",
    hints=(
        "The shares have the sum 1, whatever the delay. What is the sum of their derivatives?",
        "The logarithm of a share is -(k - d)^2 / (2 width^2), less the logarithm of the sum; "
        "derive both.",
        "`shares * (steps - (shares * steps).sum()) / width**2`.",
    ),
)
def slope_of_a_kernel(draw):
    cases = []
    for delay, width in ((4.0, 2.0), (0.0, 3.0), (9.5, 1.0), (12.0, 4.0)):
        steps = torch.arange(13, dtype=torch.float64)
        shares = torch.softmax(-((steps - delay) / width).square() / 2, 0)
        cases.append((steps, shares, delay, width))

    def slope(steps, shares, delay, width):
        return shares * (steps - (shares * steps).sum()) / width**2

    def center(steps, shares, delay, width):
        return shares * (steps - delay) / width**2

    def plain(steps, shares, delay, width):
        return shares * (steps - (shares * steps).sum()) / width

    def opposite(steps, shares, delay, width):
        return -slope(steps, shares, delay, width)

    def bare(steps, shares, delay, width):
        return (steps - (shares * steps).sum()) / width**2

    return (slope, cases), {
        "The shares are divided by their sum, which depends on the delay too; near an end of the "
        "range the mean of the kernel is not the delay.": center,
        "The exponent has the square of the width.": plain,
        "A larger delay moves the kernel to later steps, so those gain.": opposite,
        "That is the derivative of the logarithm of a share.": bare,
    }


@integer(
    "08a-5",
    right="The smallest of a few: the window of the neuron is wider than one step, so several "
    "delays do.",
    hints=(
        "Which number under the figure says how many samples are right?",
        "Begin at a delay of 12, where all are right, and go down.",
        "Set the width to 0.5, and move the delay down from 12 until the number falls.",
    ),
)
def smallest_right_delay():
    right = np.flatnonzero(one_delay_frame(0, 0.5)["loss"] == 0)  # a spike where it shall be
    truth = int(right[0])
    return truth, {
        "That is the lag itself; smaller delays do as well.": 12,
        "There the first samples are wrong; one step more.": truth - 1,
        "That is the largest delay at which all are right.": int(right[-1]),
        "Without a delay the neuron answers to pairs that come together.": 0,
    }
