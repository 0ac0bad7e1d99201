"""Exercises of chapter 8e: counting: what an inference costs (no section of the paper).

What is an operation, what an update, and when a spike pays.
"""

import torch

from snnbook.counting import (
    ENERGIES,
    Energies,
    affordable_spikes,
    count_operations,
    least_fan_in,
)
from snnbook.exercises._records import choice, function, integer, number
from snnbook.neurons import LIF, SpikingNetwork


@integer(
    "08e-1",
    right="Each spike is one addition at each neuron that it reaches; steps without a spike and "
    "weights of 0 cost nothing.",
    hints=(
        "What does one spike of the first input make its neurons do?",
        "Count for each input: its spikes times those of its weights that are not 0.",
        "The first input: 2 spikes times 4 weights. Go on with the third.",
    ),
)
def accumulates_by_hand():
    spikes = torch.zeros(6, 1, 3)
    spikes[[1, 4], 0, 0] = spikes[[0, 2, 3], 0, 2] = 1.0
    layer = LIF(3, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        layer.weight.fill_(0.5)
        layer.weight[:3, 2] = 0.0
    found = count_operations(layer, spikes)
    return round(found.acs), {
        "Those are all products, zeros included: the dense count.": round(found.dense),
        "Three weights of the third input are 0, and an operation on 0 is skipped.": 20,
        "That is the number of spikes; each reaches several neurons.": 5,
        "Those are updates: neurons times steps.": round(found.updates),
    }


@integer(
    "08e-2",
    right="Every neuron, in every step, spike or not: that is the part of the bill that silence "
    "does not lower.",
    hints=(
        "Does a neuron that stays silent decay?",
        "Hidden neurons and readout, each once a step.",
        "(100 + 10) neurons; how many steps?",
    ),
)
def updates_of_a_network():
    network = SpikingNetwork((64, 100, 10), generator=torch.Generator().manual_seed(0))
    found = count_operations(network, torch.zeros(20, 1, 64))
    return round(found.updates), {
        "The ten neurons of the readout decay in each step, too.": 2000,
        "Inputs are spikes from outside; they have no state here.": 3480,
        "That is one step; there are 20.": 110,
        "An update moves current and membrane together, and counts once.": round(2 * found.updates),
        "Without a spike there is no accumulate, but the states decay all the same.": 0,
    }


@choice(
    "08e-3",
    options=("about 5", "about 1.6", "none"),
    right="With 64 inputs and 50 steps the updates alone cost more than all products of the other "
    "network.",
    hints=(
        "What does a neuron cost in 50 steps if nobody sends a spike?",
        "Updates: 50 times (9.2 + 4 numbers of 4 bytes at 1.25) pJ. Products: 64 times what?",
        "A product costs 4.6 + 4 times 1.25 pJ.",
    ),
)
def spikes_at_small_fan_in():
    bound = affordable_spikes(64, 50, ENERGIES["float32"])
    return "none" if bound < 0 else "about 1.6", {
        "That compares an addition with a product, and forgets updates and memory.": "about 5",
        "That has the memory of the weights, and forgets the updates.": "about 1.6",
    }


@function(
    "08e-4",
    right="The whole argument in one line: what a product costs, less the updates that fall on an "
    "input, in units of an addition.",
    hints=(
        "At the bound both neurons cost the same: which two sums are equal?",
        "fan_in * s * ac + steps * update on one side, fan_in * mac on the other.",
        "Solve it for s: divide by `fan_in * ac`.",
    ),
)
def bound_without_memory(draw):
    cases = [
        (64, 50, 4.6, 0.9, 9.2),
        (1000, 10, 4.6, 0.9, 9.2),
        (300, 5, 0.3, 0.1, 6.4),
        (2000, 20, 4.6, 0.9, 0.0),
    ]

    def bound(fan_in, steps, mac, ac, update):
        return affordable_spikes(fan_in, steps, Energies(mac, ac, update, 0.0))

    def popular(fan_in, steps, mac, ac, update):
        return mac / ac

    def once(fan_in, steps, mac, ac, update):
        return (mac - update / fan_in) / ac

    def each(fan_in, steps, mac, ac, update):
        return (mac - steps * update) / ac

    def rate(fan_in, steps, mac, ac, update):
        return bound(fan_in, steps, mac, ac, update) / steps

    def whole(fan_in, steps, mac, ac, update):
        return bound(fan_in, steps, mac, ac, update) * fan_in

    def added(fan_in, steps, mac, ac, update):
        return (mac + steps / fan_in * update) / ac

    return (bound, cases), {
        "A neuron is updated in every step, whatever its inputs send.": popular,
        "An update is due in each of the steps.": once,
        "The inputs of a neuron share its updates.": each,
        "That is the share of steps with a spike; asked are the spikes of an input.": rate,
        "Those are the spikes of all inputs; asked are those of one.": whole,
        "Updates are paid by the spiking neuron, so they lower the bound.": added,
    }


@number(
    "08e-5",
    right="More inputs than most hidden layers of this book have. With whole numbers additions and "
    "products become cheap, and the states, still in 32 bits, do not.",
    hints=(
        "Which function of `snnbook.counting` knows where no spike pays?",
        '`least_fan_in` takes the steps, the prices `ENERGIES["int8"]`, and keywords.',
        '`least_fan_in(20, ENERGIES["int8"], nonzero=0.5, weight_bytes=1)`.',
    ),
)
def fan_in_of_whole_numbers():
    def least(**options):
        return least_fan_in(20, ENERGIES["int8"], **options)

    truth = least(nonzero=0.5, weight_bytes=1)
    return truth, {
        "That is against a network that skips no zero.": least(weight_bytes=1),
        "A weight of 8 bits is one byte, not four.": least(nonzero=0.5),
        "A weight is one byte, and half of the activations are 0.": least(),
        "States stay in 32 bits here, four bytes.": least(
            nonzero=0.5, weight_bytes=1, state_bytes=1
        ),
    }
