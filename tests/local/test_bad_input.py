"""Every local rule against bad input: an error names the argument and what is accepted."""

import math

import pytest
import torch
from helpers import seeded
from torch import nn
from wrong import bad_tensors, refused

from snnbook.local import (
    ERBP,
    OSTL,
    OTTT,
    EProp,
    LocalErrors,
    SuperSpike,
    adaptive_eprop,
    adaptive_eprop_step,
    adaptive_gradient,
    adaptive_start,
    direct_feedback_alignment,
    e_prop,
    erbp,
    feedback_alignment,
    feedback_angles,
    feedback_gathered,
    feedback_gradient,
    learn_raster,
    local_errors,
    local_gathered,
    match_spikes,
    ostl,
    ostl_gathered,
    ottt,
    random_feedback,
    random_readouts,
    raster_start,
    raster_step,
    readout_alone,
    superspike,
    superspike_gathered,
    train_by_feedback,
)
from snnbook.neurons import AdaptiveNetwork, SpikingNetwork
from snnbook.training import step_cross_entropy

STEPS, BATCH = 6, 2
SPIKES = (torch.rand(STEPS, BATCH, 3, generator=seeded(0)) < 0.5).float()
LABELS = torch.tensor([0, 1])
ERROR = step_cross_entropy(LABELS, steps=STEPS)


def network(**options):
    return SpikingNetwork((3, 4, 2), generator=seeded(0), **options)


def adaptive():
    return AdaptiveNetwork((3, 4, 2), generator=seeded(0))


BACK = random_feedback(network(), "symmetric")
DIRECT = random_feedback(network(), "symmetric", direct=True)
READOUTS = random_readouts(network(), generator=seeded(0))
B = torch.ones(2, 4)

#: rule(network, spikes, error, fixed): the fixed matrices, and the rule that takes them.
RULES = {
    "feedback_alignment": (lambda *a, f: feedback_alignment(*a, feedback=f), BACK),
    "direct": (lambda *a, f: direct_feedback_alignment(*a, feedback=f), DIRECT),
    "feedback_gathered": (lambda *a, f: feedback_gathered(*a, feedback=f), BACK),
    "superspike": (lambda *a, f: superspike(*a, feedback=f), DIRECT),
    "superspike_gathered": (lambda *a, f: superspike_gathered(*a, feedback=f), DIRECT),
    "e_prop": (lambda *a, f: e_prop(*a, feedback=f), DIRECT),
    "erbp": (lambda *a, f: erbp(*a, feedback=f), DIRECT),
    "local_errors": (lambda *a, f: local_errors(*a, readouts=f), READOUTS),
    "local_errors leaky": (lambda *a, f: local_errors(*a, readouts=f, memory="leaky"), READOUTS),
    "local_gathered": (lambda *a, f: local_gathered(*a, readouts=f), READOUTS),
    "adaptive_eprop": (lambda *a, f: adaptive_eprop(*a, feedback=f), B),
    "adaptive_gradient": (lambda *a, f: adaptive_gradient(*a, feedback=f), B),
    "ottt": (lambda *a, f: ottt(*a), None),
    "ostl": (lambda *a, f: ostl(*a), None),
    "ostl_gathered": (lambda *a, f: ostl_gathered(*a), None),
    "readout_alone": (lambda *a, f: readout_alone(*a), None),
}


def made(rule):
    return adaptive() if rule.startswith("adaptive") else network()


OWN = object()  # the matrices of the table


def run(rule, net=None, spikes=SPIKES, error=ERROR, fixed=OWN):
    function, own = RULES[rule]
    net = made(rule) if net is None else net
    return function(net, spikes, error, f=own if fixed is OWN else fixed)


@pytest.mark.parametrize("rule", RULES)
def test_spikes_that_no_rule_takes(rule):
    assert all(value.isfinite().all() for value in run(rule).values())
    for _, bad, error in bad_tensors(SPIKES):
        refused(lambda bad=bad: run(rule, spikes=bad), "spikes", error)
    refused(lambda: run(rule, spikes=SPIKES.double()), "spikes", TypeError)
    refused(lambda: run(rule, spikes=SPIKES[:, :0]), "spikes", ValueError)
    late = SPIKES.clone()
    late[4, 1, 2] = torch.nan
    assert "step 4" in refused(lambda: run(rule, spikes=late), "spikes")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers(rule, value):
    for name, _ in made(rule).named_parameters():
        net = made(rule)
        with torch.no_grad():
            dict(net.named_parameters())[name][1, 1] = value
        refused(lambda net=net: run(rule, net), name)


@pytest.mark.parametrize("rule", RULES)
def test_networks_that_the_rule_does_not_know(rule):
    torn = network()
    torn.hidden[0] = nn.Linear(3, 4)
    other = network() if rule.startswith("adaptive") else adaptive()
    for wrong in (nn.Linear(3, 2), other, torn, "network"):
        refused(lambda wrong=wrong: run(rule, wrong), "network", TypeError)


class Wrong:
    """An error that is wrong from step 3 on."""

    def __init__(self, value):
        self.value = value

    def __call__(self, readout, n):
        return self.value if n >= 3 else torch.zeros_like(readout)

    def loss(self, readout):
        return (self.value * readout).sum()


@pytest.mark.parametrize("rule", RULES)
def test_errors_that_are_no_numbers(rule):
    for value in (math.nan, math.inf):
        bad = Wrong(torch.full((BATCH, 2), value))
        message = refused(lambda bad=bad: run(rule, error=bad), "error", ValueError)
        assert "step 3" in message or rule == "readout_alone"
    refused(lambda: run(rule, error="cross entropy"), "error", TypeError)


def replaced(fixed, matrix):
    """Return the fixed matrices of a rule with another one in the first place."""
    if isinstance(fixed, torch.Tensor):
        return matrix
    if isinstance(fixed, tuple):
        return (matrix,)
    return type(fixed)((matrix,), fixed.direct)


@pytest.mark.parametrize("rule", [rule for rule, (_, fixed) in RULES.items() if fixed is not None])
def test_fixed_matrices_that_do_not_fit(rule):
    fixed = RULES[rule][1]
    name = "readouts" if rule.startswith("local") else "feedback"
    fine = ("None",) if isinstance(fixed, torch.Tensor) else ()  # by default, the readout's weight
    for _, bad, error in bad_tensors(torch.ones(2, 4), *fine):
        refused(lambda bad=bad: run(rule, fixed=replaced(fixed, bad)), name, error)
    refused(lambda: run(rule, fixed=0.5), name, TypeError)
    if not isinstance(fixed, torch.Tensor):
        both = (torch.ones(2, 4), torch.ones(2, 4))
        two = both if isinstance(fixed, tuple) else type(fixed)(both, fixed.direct)
        refused(lambda: run(rule, fixed=two), name, ValueError)


def test_rules_of_feedforward_layers_name_a_recurrent_one():
    net = network(recurrent=True)
    for rule in ("feedback_gathered", "local_gathered"):
        assert "recurrent" in refused(lambda rule=rule: run(rule, net), "network", ValueError)


WEIGHTS = (torch.rand(2, 4, 3, generator=seeded(0)), torch.rand(2, 5, 4, generator=seeded(1)))
TARGET = torch.zeros(STEPS, 2, 5)


def test_rasters():
    match_spikes(WEIGHTS, SPIKES, TARGET)
    for _, bad, error in bad_tensors(SPIKES):
        refused(lambda bad=bad: match_spikes(WEIGHTS, bad, TARGET), "inputs", error)
        refused(
            lambda bad=bad: learn_raster(WEIGHTS, bad, TARGET, trials=1, lr=0.1), "inputs", error
        )
    for _, bad, error in bad_tensors(TARGET):
        refused(lambda bad=bad: match_spikes(WEIGHTS, SPIKES, bad), "target", error)
    for _, bad, error in bad_tensors(WEIGHTS[1]):
        given = (WEIGHTS[0], bad)
        refused(lambda given=given: match_spikes(given, SPIKES, TARGET), "weights[1]", error)
        refused(lambda given=given: raster_start(given), "weights[1]", error)
    back = torch.ones(2, 5, 4)
    match_spikes(WEIGHTS, SPIKES, TARGET, feedback=(back,))
    for _, bad, error in bad_tensors(back):
        refused(
            lambda bad=bad: match_spikes(WEIGHTS, SPIKES, TARGET, feedback=(bad,)),
            "feedback[0]",
            error,
        )
    for given in (list(WEIGHTS), WEIGHTS[0], (), None):
        refused(lambda given=given: match_spikes(given, SPIKES, TARGET), "weights", ValueError)


CARRY = raster_start(WEIGHTS)
TRAIN = {"epochs": 1, "batch_size": 2, "lr": 0.01}
OTHERS = [
    ("neuron", lambda: match_spikes(WEIGHTS, SPIKES, TARGET, neuron="lif")),
    ("inputs", lambda: raster_step(WEIGHTS, CARRY, SPIKES[0, :1], TARGET[0])),
    ("target", lambda: raster_step(WEIGHTS, CARRY, SPIKES[0], TARGET[0, :1])),
    ("lr", lambda: learn_raster(WEIGHTS, SPIKES, TARGET, trials=1, lr="a")),
    ("forget", lambda: learn_raster(WEIGHTS, SPIKES, TARGET, trials=1, lr=0.1, forget=math.nan)),
    ("step_size", lambda: learn_raster(WEIGHTS, SPIKES, TARGET, trials=1, lr=0.1, step_size=1)),
    ("trials", lambda: learn_raster(WEIGHTS, SPIKES, TARGET, trials=0, lr=0.1)),
    ("window", lambda: ERBP(DIRECT, window=math.nan)),
    ("decay", lambda: ERBP(DIRECT, decay="a")),
    ("decay", lambda: ERBP(DIRECT, decay=math.nan)),
    ("quantum", lambda: ERBP(DIRECT, quantum=0)),
    ("memory", lambda: local_errors(network(), SPIKES, ERROR, readouts=READOUTS, memory="long")),
    ("recurrent", lambda: feedback_alignment(network(), SPIKES, ERROR, feedback=BACK, recurrent=1)),
    ("direct", lambda: feedback_alignment(network(), SPIKES, ERROR, feedback=DIRECT)),
    ("direct", lambda: superspike(network(), SPIKES, ERROR, feedback=BACK)),
    ("recurrent", lambda: adaptive_gradient(adaptive(), SPIKES, ERROR, recurrent="no")),
    ("kind", lambda: random_feedback(network(), "orthogonal")),
    ("gain", lambda: random_feedback(network(), "symmetric", gain=math.inf)),
    ("direct", lambda: random_feedback(network(), "symmetric", direct=1)),
    ("generator", lambda: random_feedback(network(), "random")),
    ("generator", lambda: random_readouts(network(), generator=0)),
    ("network", lambda: random_feedback(nn.Linear(2, 2), "symmetric")),
    ("network", lambda: random_readouts(adaptive(), generator=seeded(0))),
    ("network", lambda: feedback_angles(adaptive(), BACK)),
    ("feedback", lambda: feedback_angles(network(), READOUTS)),
    ("arm", lambda: feedback_gradient("best", network(), generator=seeded(0))),
    ("generator", lambda: feedback_gradient("fa", network(), generator=0)),
    ("network", lambda: feedback_gradient("fa", adaptive(), generator=seeded(0))),
    ("lr", lambda: feedback_gradient("fa", network(), generator=seeded(0), lr=0)),
    ("decay", lambda: feedback_gradient("kolen_pollack", network(), generator=seeded(0), decay=2)),
    ("arm", lambda: train_by_feedback("best", network(), SPIKES, LABELS, seed=0, **TRAIN)),
    ("seed", lambda: train_by_feedback("fa", network(), SPIKES, LABELS, seed=0.5, **TRAIN)),
    ("network", lambda: adaptive_start(network(), 1)),
    ("batch", lambda: adaptive_start(adaptive(), 0)),
    ("inputs", lambda: adaptive_eprop_step(adaptive(), adaptive_start(adaptive(), 2), SPIKES[0, :1],
                                           ERROR, 0)),
    *[("network", lambda rule=rule: rule.start(adaptive(), 1)) for rule in (
        SuperSpike(DIRECT), EProp(DIRECT), ERBP(DIRECT), LocalErrors(READOUTS), OTTT(), OSTL())],
    *[("batch", lambda rule=rule: rule.start(network(), 0)) for rule in (
        SuperSpike(DIRECT), EProp(DIRECT), ERBP(DIRECT), LocalErrors(READOUTS), OTTT(), OSTL())],
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_what_does_not_fit_is_named(number):
    name, call = OTHERS[number]
    refused(call, name)
