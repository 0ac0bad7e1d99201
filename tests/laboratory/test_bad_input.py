"""Every entry of the laboratory against bad input: an error names the argument."""

import math
from functools import partial

import pytest
import torch
from helpers import seeded
from torch import nn
from wrong import NUMBERS, bad_tensors, refused

from snnbook.gradients import bptt
from snnbook.laboratory import (
    RULES,
    agreement_behind_noise,
    closed_loop,
    compare_rules,
    count_terms,
    detached_reset,
    expected_gradients,
    needs,
    score_function,
    sigmoid_network,
    sigmoid_network_gradient,
    sign_errors,
    smoothed_differences,
    spike_trains,
    term_gradient,
)
from snnbook.neurons import AdaptiveNetwork, LIFNeuron, SpikingNetwork
from snnbook.training import step_cross_entropy

STEPS, BATCH = 6, 2
SPIKES = (torch.rand(STEPS, BATCH, 3, generator=seeded(0)) < 0.5).float()
ERROR = step_cross_entropy(torch.tensor([0, 1]), steps=STEPS)


def network(**options):
    return SpikingNetwork((3, 4, 2), generator=seeded(0), **options)


GRADIENTS = {
    **{
        name: lambda *run, rule=rule: rule(*run, torch.Generator().manual_seed(0))
        for name, rule in RULES.items()
    },
    "compare_rules": lambda *run: compare_rules(*run, rules={"bptt": bptt}),
    "detached_reset": detached_reset,
    "differences": lambda *run: smoothed_differences(*run, generator=seeded(0), samples=2),
    "score_function": lambda *run: score_function(*run, generator=seeded(0), samples=2),
    "term_gradient": lambda *run: term_gradient(*run, drop={"reset"}),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_no_gradient_of_nan(name):
    run = GRADIENTS[name]
    run(network(), SPIKES, ERROR)
    for _, bad, error in bad_tensors(SPIKES):
        refused(lambda bad=bad: run(network(), bad, ERROR), "spikes", error)
    for value in (math.nan, math.inf):
        net = network()
        with torch.no_grad():
            net.hidden[0].weight[1, 1] = value
        refused(lambda net=net: run(net, SPIKES, ERROR), "hidden.0.weight", ValueError)
    for wrong in (nn.Linear(3, 2), AdaptiveNetwork((3, 4, 2)), None):
        refused(lambda wrong=wrong: run(wrong, SPIKES, ERROR), "network", TypeError)
    refused(lambda: run(network(), SPIKES, "cross entropy"), "error", TypeError)


class Wrong:
    """An error of NaN, as a derivative and as a loss."""

    def __call__(self, readout, n):
        return readout * math.nan

    def loss(self, readout):
        return readout.sum() * math.nan

    def losses(self, readout):
        return readout.sum((0, 2)) * math.nan


@pytest.mark.parametrize("name", GRADIENTS)
def test_no_gradient_of_an_error_of_nan(name):
    refused(lambda: GRADIENTS[name](network(), SPIKES, Wrong()), "error", ValueError)


PLANE = [torch.zeros(2), torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])]
WEIGHTS = torch.ones(3, 5)
PULSE = torch.tensor([1.0, 0.0, 1.0, 0.0])


def loop_at(place, value, **options):
    plane = [*PLANE]
    plane[place] = value
    return closed_loop(lambda w: 2 * w, *plane, **options)


def spikes_of(trains):
    return trains.sum(1)


#: entry, argument, good value, call, kinds that are fine
TENSORS = [
    ("center", PLANE[0], partial(loop_at, 0), ("wide", "empty")),
    ("first", PLANE[1], partial(loop_at, 1), ()),
    ("second", PLANE[2], partial(loop_at, 2), ()),
    ("weights", WEIGHTS, sigmoid_network, ("empty",)),
    ("weights", WEIGHTS, sigmoid_network_gradient, ("empty",)),
    ("weights", WEIGHTS, lambda w: sign_errors(w, 2.0, 1.0), ("empty",)),
    ("inputs", PULSE, lambda x: expected_gradients(1.0, x, spikes_of), ("wide",)),
]


@pytest.mark.parametrize("number", range(len(TENSORS)))
def test_bad_tensors_are_named(number):
    name, good, call, fine = TENSORS[number]
    call(good)
    for kind, bad, error in bad_tensors(good, *fine):
        if name in ("first", "second") and kind in ("NaN", "infinity", "minus infinity"):
            refused(lambda bad=bad: call(bad), "orthonormal", ValueError)
        else:
            refused(lambda bad=bad: call(bad), name, error)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("radius", lambda x: loop_at(0, PLANE[0], radius=x)),
        ("points", lambda x: loop_at(0, PLANE[0], points=x)),
        ("slope", lambda x: sigmoid_network(WEIGHTS, slope=x)),
        ("slope", lambda x: expected_gradients(1.0, PULSE, spikes_of, slope=x)),
        ("size", lambda x: smoothed_differences(
            network(), SPIKES, ERROR, generator=seeded(0), samples=1, size=x)),
        ("samples", lambda x: score_function(
            network(), SPIKES, ERROR, generator=seeded(0), samples=x)),
        ("width", lambda x: score_function(
            network(), SPIKES, ERROR, generator=seeded(0), width=x)),
        ("steps", spike_trains),
        ("steps", lambda x: count_terms((3, 2), x)),
        ("hidden", lambda x: needs("bptt", 2, x, 2, 2)),
    ],
)  # fmt: skip
def test_bad_numbers_are_named(name, call, number):
    refused(lambda: call(NUMBERS[number]), name)


ONE = {"readout.weight": torch.ones(1, 2)}
OTHERS = [
    ("field", lambda: closed_loop("gradient", *PLANE)),
    ("field", lambda: closed_loop(lambda w: w * math.nan, *PLANE)),
    ("field", lambda: closed_loop(lambda w: w.sum(), *PLANE)),
    ("field", lambda: closed_loop(lambda w: w.tolist(), *PLANE)),
    ("x", lambda: sigmoid_network(WEIGHTS, x=math.nan)),
    ("loss", lambda: expected_gradients(1.0, PULSE, "spikes")),
    ("loss", lambda: expected_gradients(1.0, PULSE, lambda s: s.sum())),
    ("loss", lambda: expected_gradients(1.0, PULSE, lambda s: s.sum(1) * math.nan)),
    ("weight", lambda: expected_gradients(math.nan, PULSE, spikes_of)),
    ("weight", lambda: expected_gradients("a", PULSE, spikes_of)),
    ("neuron", lambda: expected_gradients(1.0, PULSE, spikes_of, neuron="lif")),
    ("reset", lambda: expected_gradients(1.0, PULSE, spikes_of, neuron=LIFNeuron(reset="zero"))),
    ("steps", lambda: spike_trains(40)),
    ("halves", lambda: agreement_behind_noise(ONE, [ONE])),
    ("halves", lambda: agreement_behind_noise(ONE, None)),
    ("halves[1]", lambda: agreement_behind_noise(ONE, [ONE, {}])),
    ("halves[0]", lambda: agreement_behind_noise(ONE, [{"readout.weight": torch.ones(3)}, ONE])),
    ("halves[1]", lambda: agreement_behind_noise(
        ONE, [ONE, {"readout.weight": torch.tensor([[1.0, math.nan]])}])),
    ("exact", lambda: agreement_behind_noise([1.0], [ONE, ONE])),
    ("rules", lambda: compare_rules(network(), SPIKES, ERROR, rules=[bptt])),
    ("rules", lambda: compare_rules(network(), SPIKES, ERROR, rules={"mine": 0.5})),
    ("exact", lambda: compare_rules(network(), SPIKES, ERROR, exact="bptt")),
    ("seed", lambda: compare_rules(network(), SPIKES, ERROR, seed=-1)),
    ("generator", lambda: smoothed_differences(network(), SPIKES, ERROR, generator=0)),
    ("back", lambda: term_gradient(network(), SPIKES, ERROR, back=torch.ones(2, 4)[0])),
    ("back[0]", lambda: term_gradient(network(), SPIKES, ERROR, back=[torch.ones(4, 2)])),
    ("back[0]", lambda: term_gradient(network(), SPIKES, ERROR, back=[torch.ones(2, 4) / 0])),
    ("drop", lambda: term_gradient(network(), SPIKES, ERROR, drop={"leak"})),
    ("sizes", lambda: count_terms(5, 2)),
    ("sizes", lambda: count_terms((5, 0), 2)),
    ("recurrent", lambda: count_terms((5, 2), 2, recurrent="no")),
    ("rule", lambda: needs("backprop", 1, 1, 1, 1)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_what_does_not_fit_is_named(number):
    name, call = OTHERS[number]
    refused(call, name)
