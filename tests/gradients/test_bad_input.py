"""Every rule of the room against bad input: an error names the argument and what is accepted."""

import math

import pytest
import torch
from helpers import seeded
from hypothesis import given, settings, strategies as st
from torch import nn
from wrong import NUMBERS, bad_tensors, refused

from snnbook.gradients import (
    RTRL,
    Adjoint,
    autograd,
    backward,
    blame_table,
    bptt,
    check_sizes,
    compare,
    cost,
    evolution_strategy,
    exponent,
    hill_climb,
    measure,
    network_step,
    perturbation_gradient,
    record,
    rest,
    rnn_bptt,
    rnn_rtrl,
    rnn_run,
    rtrl,
    run_back,
    smooth_rnn,
    traffic,
    uoro,
    vector_loss,
    whole_run,
)
from snnbook.neurons import AdaptiveNetwork, SpikingNetwork
from snnbook.training import step_cross_entropy, step_squared_error

STEPS, BATCH = 6, 2
SPIKES = (torch.rand(STEPS, BATCH, 3, generator=seeded(0)) < 0.5).float()
ERROR = step_cross_entropy(torch.tensor([0, 1]), steps=STEPS)


def network(**options):
    return SpikingNetwork((3, 4, 2), generator=seeded(0), **options)


def spoiled(value, name="hidden.0.weight"):
    """Return a network with one wrong weight."""
    net = network()
    with torch.no_grad():
        dict(net.named_parameters())[name][1, 1] = value
    return net


#: Rules and what runs like one: ``rule(network, spikes, error)``.
RULES = {
    "bptt": bptt,
    "truncated": lambda *run: bptt(*run, truncate=2),
    "checkpoints": lambda *run: bptt(*run, checkpoint=3),
    "uoro": lambda *run: uoro(*run, generator=seeded(0)),
    "rtrl": rtrl,
    "autograd": autograd,
    "record": lambda net, spikes, error: record(net, spikes),
    "whole_run": lambda net, spikes, error: whole_run(net, spikes),
    "blame_table": lambda *run: blame_table(*run, "readout.weight"),
    "measure": lambda *run: measure("bptt", *run, repeats=1),
    "measure rtrl": lambda *run: measure("rtrl", *run, repeats=1),
    "traffic": traffic,
}
WITHOUT_ERROR = {"record", "whole_run"}


@pytest.mark.parametrize("rule", RULES)
def test_spikes_that_no_rule_takes(rule):
    RULES[rule](network(), SPIKES, ERROR)
    for _, bad, error in bad_tensors(SPIKES):
        refused(lambda bad=bad: RULES[rule](network(), bad, ERROR), "spikes", error)
    refused(lambda: RULES[rule](network(), SPIKES.double(), ERROR), "spikes", TypeError)
    refused(lambda: RULES[rule](network(), SPIKES[:0], ERROR), "spikes", ValueError)
    refused(lambda: RULES[rule](network(), SPIKES[:, :0], ERROR), "spikes", ValueError)
    late = SPIKES.clone()
    late[4, 1, 2] = torch.nan
    assert "step 4" in refused(lambda: RULES[rule](network(), late, ERROR), "spikes")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_no_numbers(rule, value):
    for name in ("hidden.0.weight", "readout.weight"):
        refused(lambda name=name: RULES[rule](spoiled(value, name), SPIKES, ERROR), name)


@pytest.mark.parametrize("rule", RULES)
def test_networks_that_no_rule_knows(rule):
    torn = network()
    torn.hidden[0] = nn.Linear(3, 4)
    for wrong in (nn.Linear(3, 2), AdaptiveNetwork((3, 4, 2)), torn, None, "network"):
        refused(lambda wrong=wrong: RULES[rule](wrong, SPIKES, ERROR), "network", TypeError)


class Wrong:
    """An error that is wrong from one step on."""

    def __init__(self, value, first=3):
        self.value, self.first = value, first

    def __call__(self, readout, n):
        return self.value if n >= self.first else torch.zeros_like(readout)

    def loss(self, readout):
        return (self.value * readout).sum() if isinstance(self.value, torch.Tensor) else self.value


@pytest.mark.parametrize("rule", sorted(set(RULES) - WITHOUT_ERROR))
def test_errors_that_are_no_numbers(rule):
    for value in (math.nan, math.inf):
        bad = Wrong(torch.full((BATCH, 2), value))
        message = refused(lambda bad=bad: RULES[rule](network(), SPIKES, bad), "error", ValueError)
        assert "step 3" in message or rule == "autograd"
    for bad in (Wrong([1.0]), "cross entropy", None):
        refused(lambda bad=bad: RULES[rule](network(), SPIKES, bad), "error", TypeError)
    if rule != "autograd":
        bad = Wrong(torch.ones(2))
        refused(lambda: RULES[rule](network(), SPIKES, bad), "error", ValueError)


RNN = smooth_rnn((3, 4, 2), generator=seeded(0))
INPUTS = torch.rand(STEPS, BATCH, 3, generator=seeded(0), dtype=torch.float64)
SQUARED = step_squared_error(torch.ones(STEPS, BATCH, 2, dtype=torch.float64))
RNN_RULES = {"rnn_bptt": rnn_bptt, "rnn_rtrl": rnn_rtrl, "rnn_run": lambda r, x, e: rnn_run(r, x)}


@pytest.mark.parametrize("rule", RNN_RULES)
def test_the_smooth_network_looks_too(rule):
    run = RNN_RULES[rule]
    run(RNN, INPUTS, SQUARED)
    for _, bad, error in bad_tensors(INPUTS):
        refused(lambda bad=bad: run(RNN, bad, SQUARED), "inputs", error)
    for name in ("weights", "recurrent"):
        for _, bad, error in bad_tensors(getattr(RNN, name)[0]):
            other = (bad, *getattr(RNN, name)[1:])
            wrong = RNN._replace(**{name: other})
            with pytest.raises((TypeError, ValueError, error), match="accepted"):
                run(wrong, INPUTS, SQUARED)
    refused(lambda: run(network(), INPUTS, SQUARED), "rnn", TypeError)
    refused(lambda: run(RNN._replace(sigma=torch.tanh), INPUTS, SQUARED), "sigma", TypeError)
    if rule != "rnn_run":
        bad = Wrong(torch.full((BATCH, 2), math.nan, dtype=torch.float64))
        assert "step 3" in refused(lambda: run(RNN, INPUTS, bad), "error")


SEARCH = {"sigma": 0.1, "generator": seeded(0)}


def square(weights):
    return float((weights**2).sum())


SEARCHES = {
    "gradient": lambda loss, w, **more: perturbation_gradient(
        loss, w, **{**SEARCH, "pairs": 2, **more}),
    "hill_climb": lambda loss, w, **more: hill_climb(loss, w, **{**SEARCH, "budget": 4, **more}),
    "evolution": lambda loss, w, **more: evolution_strategy(
        loss, w, **{**SEARCH, "pairs": 1, "lr": 0.1, "budget": 6, **more}),
}  # fmt: skip


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_does_not_walk_on_nan(search):
    run = SEARCHES[search]
    run(square, torch.ones(3))
    for kind, bad, _ in bad_tensors(torch.ones(3), "wide", "empty"):
        refused(lambda bad=bad: run(square, bad), "weights")
        assert kind
    for value in (math.nan, math.inf, "a", None, [1.0, 2.0]):
        refused(lambda value=value: run(lambda w: value, torch.ones(3)), "loss")
    refused(lambda: run("loss", torch.ones(3)), "loss", TypeError)
    refused(lambda: run(square, torch.ones(3), generator=0), "generator", TypeError)
    for value in NUMBERS.values():
        refused(lambda value=value: run(square, torch.ones(3), sigma=value), "sigma")


def test_a_search_ends_after_its_budget():
    assert len(SEARCHES["hill_climb"](square, torch.ones(3), budget=7).losses) == 7
    assert SEARCHES["evolution"](square, torch.ones(3), budget=11).passes == (3, 6, 9)


HISTORY = record(network(), SPIKES)
ERRORS = [torch.zeros(BATCH, 2)] * STEPS
OTHERS = [
    ("truncate", lambda: bptt(network(), SPIKES, ERROR, truncate=0)),
    ("checkpoint", lambda: bptt(network(), SPIKES, ERROR, checkpoint=0)),
    ("checkpoint", lambda: bptt(network(), SPIKES, ERROR, truncate=2, checkpoint=2)),
    ("checkpoint", lambda: cost("bptt", (3, 2), 5, checkpoint=0)),
    ("checkpoint", lambda: cost("rtrl", (3, 2), 5, checkpoint=2)),
    ("checkpoint", lambda: measure("traces", network(), SPIKES, ERROR, checkpoint=2)),
    ("recurrent", lambda: rtrl(network(), SPIKES, ERROR, recurrent=1)),
    ("reset", lambda: rtrl(network(), SPIKES, ERROR, reset="no")),
    ("network", lambda: RTRL().start(nn.Linear(2, 2), 1)),
    ("batch", lambda: RTRL().start(network(), 0)),
    ("inputs", lambda: network_step(network(), rest(network(), 2), SPIKES[0, :1])),
    ("inputs", lambda: network_step(network(), rest(network(), 2), SPIKES[0].tolist())),
    ("errors", lambda: run_back(network(), HISTORY, ERRORS[:2])),
    ("errors", lambda: run_back(network(), HISTORY, [*ERRORS[:5], ERRORS[0] * math.nan])),
    ("errors", lambda: list(backward(network(), HISTORY, [torch.zeros(1, 2)] * STEPS))),
    ("history", lambda: run_back(SpikingNetwork((3, 5, 2)), HISTORY, ERRORS)),
    ("name", lambda: blame_table(network(), SPIKES, ERROR, "bias")),
    ("rule", lambda: measure("backprop", network(), SPIKES, ERROR)),
    ("repeats", lambda: measure("bptt", network(), SPIKES, ERROR, repeats=0)),
    ("drop", lambda: Adjoint(drop=5)),
    ("drop", lambda: Adjoint(drop={"leak"})),
    ("back", lambda: Adjoint(back="weights")),
    ("spike", lambda: Adjoint(spike=0.5)),
    ("sizes", lambda: cost("bptt", (3,), 5)),
    ("sizes", lambda: cost("bptt", (3, 0), 5)),
    ("sizes", lambda: check_sizes(5)),
    ("recurrent", lambda: cost("bptt", (3, 2), 5, recurrent="yes")),
    ("sizes", lambda: smooth_rnn((3, -1))),
    ("radius", lambda: smooth_rnn((3, 2), radius=math.nan)),
    ("generator", lambda: smooth_rnn((3, 2), generator=0)),
    ("exact", lambda: compare([torch.ones(1)], {})),
    ("other", lambda: compare({"w": torch.ones(1)}, {"w": [1.0]})),
    ("values", lambda: exponent([1, 2], [1, math.nan])),
    ("sizes", lambda: exponent([1], [1])),
    ("network", lambda: vector_loss(lambda x: x, lambda: torch.ones(()))),
    ("bias", lambda: vector_loss(nn.LayerNorm(3), lambda: torch.ones(())) and None),
    ("evaluate", lambda: vector_loss(nn.Linear(3, 3), 0.5)),
    ("until", lambda: SEARCHES["evolution"](square, torch.ones(3), until=math.nan)),
    ("budget", lambda: SEARCHES["evolution"](square, torch.ones(3), budget=2)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_what_does_not_fit_is_named(number):
    name, call = OTHERS[number]
    refused(call, "weight" if name == "bias" else name)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    steps=st.integers(1, 6),
    batch=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_finite_input_of_the_documented_shapes_has_an_answer(sizes, steps, batch, seed):
    net = SpikingNetwork(sizes, generator=seeded(seed))
    spikes = (torch.rand(steps, batch, sizes[0], generator=seeded(seed)) < 0.5).float()
    error = step_squared_error(torch.ones(steps, batch, sizes[-1]))
    for rule in (bptt, rtrl, autograd):
        found = rule(net, spikes, error)
        assert {k: v.shape for k, v in found.items()} == {
            k: v.shape for k, v in net.named_parameters()
        }
        assert all(value.isfinite().all() for value in found.values())


@pytest.mark.parametrize("rule", ["bptt", "truncated", "rtrl", "blame_table", "traffic"])
def test_labels_out_of_range(rule):
    for wrong in ([0, 2], [-1, 0]):
        labels = torch.tensor(wrong)
        refused(
            lambda labels=labels: RULES[rule](
                network(), SPIKES, step_cross_entropy(labels, steps=STEPS)
            ),
            "labels",
            ValueError,
        )


def test_backpropagation_under_vmap_is_that_of_each_run():
    many = (torch.rand(3, STEPS, BATCH, 3, generator=seeded(1)) < 0.5).float()
    net = network()

    def gradient(spikes):
        return bptt(net, spikes, ERROR)["hidden.0.weight"]

    for spikes, value in zip(many, torch.func.vmap(gradient)(many), strict=True):
        torch.testing.assert_close(value, gradient(spikes))
