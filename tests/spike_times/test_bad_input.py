"""Every entry of the room against bad input: an error names the argument and what is accepted."""

import math
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from helpers import seeded
from hypothesis import given, settings, strategies as st
from wrong import NUMBERS, bad_tensors, refused

from snnbook.neurons import LIFNeuron
from snnbook.spike_times import (
    DoubleTau,
    EqualTau,
    EventNetwork,
    NonLeaky,
    SpikeLayer,
    SpikeTimeNetwork,
    TimingLayer,
    TimingNetwork,
    TimingOutput,
    Trains,
    bump_silent,
    eventprop,
    first_spike,
    first_to_spike,
    fit_times,
    free_membrane,
    integrated_mem,
    lambert_w,
    membranes,
    share_right,
    simulate_events,
    simulate_exact,
    spikeprop,
    spikeprop_network,
    time_cross_entropy,
    train_spikeprop,
    wake_silent,
    weight_sum_penalty,
)


def ramp(*shape: int) -> torch.Tensor:
    """Return numbers from 0.1 to 1 in float64."""
    return torch.linspace(0.1, 1.0, math.prod(shape), dtype=torch.float64).reshape(shape)


TIMES, LABELS = ramp(4, 5), torch.tensor([0, 1, 2, 0])
NETWORK = SpikeTimeNetwork(
    (5, 8, 3), mean=1.5, spread=0.5, tau_mem=2.0, tau_syn=1.0, duration=10.0, generator=seeded(0)
)
SINGLE = TimingNetwork((5, 8, 3), NonLeaky(), generator=seeded(0))
LAYER = NETWORK.layers[0]
TRAINS = Trains(TIMES, torch.arange(5).repeat(4, 1))
OUT = LAYER(TRAINS)
OUT = Trains(OUT.times.detach(), OUT.sources)
XOR = spikeprop_network(generator=seeded(0))
XOR_TIMES, WANTED = ramp(4, 3), 10 + ramp(4, 1)
FIT = {"epochs": 1, "batch_size": 2, "generator": seeded(0)}
EVENTS = EventNetwork(np.full((2, 3), 4.0), np.zeros((2, 2)), np.ones(2))
RUN = simulate_events(EVENTS, [0.0, 0.01], [0, 2], duration=0.05)
SILENT = ("infinity",)  # a time may be infinite: no spike
ANY_BATCH = ("empty",)


def with_times(times):
    return Trains(times, TRAINS.sources)


#: entry, argument that the message names, good value, call, kinds that are fine
TENSORS = [
    ("SpikeTimeNetwork", "times", TIMES, NETWORK, (*SILENT, *ANY_BATCH)),
    ("SpikeLayer", "trains.times", TIMES, lambda x: LAYER(with_times(x)), SILENT),
    ("SpikeLayer()", "weight", ramp(2, 3), lambda x: SpikeLayer(x, 1.0, 1.0, 1.0), ("wide",)),
    ("membranes", "at", ramp(3), partial(membranes, LAYER, TRAINS, OUT), ("wide", *ANY_BATCH)),
    ("TimingNetwork", "times", TIMES, SINGLE, (*SILENT, *ANY_BATCH)),
    ("TimingLayer", "times", TIMES, SINGLE.layers[0], (*SILENT, *ANY_BATCH)),
    ("first_spike times", "times", TIMES, lambda x: first_spike(x, ramp(2, 5), NonLeaky()),
     (*SILENT, *ANY_BATCH, "wide")),
    ("first_spike weight", "weight", ramp(2, 5), lambda x: first_spike(TIMES, x, NonLeaky()),
     ANY_BATCH),
    ("free_membrane t", "t", ramp(3), lambda x: free_membrane(x, TIMES, ramp(2, 5), NonLeaky()),
     ("wide", *ANY_BATCH)),
    ("free_membrane times", "times", TIMES,
     lambda x: free_membrane(ramp(3), x, ramp(2, 5), NonLeaky()), (*SILENT, *ANY_BATCH, "wide")),
    ("lambert_w", "x", -ramp(3) / math.e, lambert_w, ("rank", "wide", *ANY_BATCH)),
    ("fit_times", "times", TIMES, lambda x: fit_times(NETWORK, x, LABELS, **FIT), SILENT),
    ("fit_times single", "times", TIMES, lambda x: fit_times(SINGLE, x, LABELS, **FIT), SILENT),
    ("time_cross_entropy", "times", ramp(4, 3), lambda x: time_cross_entropy(x, LABELS),
     (*SILENT, "wide")),
    ("first_to_spike", "times", ramp(4, 3), first_to_spike, (*SILENT, *ANY_BATCH, "wide")),
    ("share_right", "times", TIMES, lambda x: share_right(NETWORK, x, LABELS), SILENT),
    ("spikeprop times", "times", XOR_TIMES, lambda x: spikeprop(XOR, x, WANTED),
     (*SILENT, *ANY_BATCH)),
    ("spikeprop wanted", "wanted", WANTED, lambda x: spikeprop(XOR, XOR_TIMES, x), ()),
    ("train_spikeprop", "wanted", WANTED,
     lambda x: train_spikeprop(XOR, XOR_TIMES, x, cycles=1, lr=1e-3), ()),
]  # fmt: skip


@pytest.mark.parametrize("case", TENSORS, ids=lambda case: case[0])
def test_bad_tensors_are_named(case):
    _, name, good, call, fine = case
    call(good)
    tried = 0
    for kind, bad, error in bad_tensors(good, *fine):
        message = refused(lambda bad=bad: call(bad), "", error)
        assert name.split(".")[-1] in message or (kind == "empty" and "labels" in message), message
        tried += 1
        if kind in ("rank", "wide"):
            assert "(" in message, message
    assert tried >= 8


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("tau_syn", NonLeaky),
        ("threshold", lambda x: EqualTau(threshold=x)),
        ("tau_mem", lambda x: SpikeLayer(ramp(2, 3), x, 1.0, 1.0)),
        ("tau_syn", lambda x: SpikeLayer(ramp(2, 3), 1.0, x, 1.0)),
        ("duration", lambda x: SpikeLayer(ramp(2, 3), 1.0, 1.0, x)),
        ("threshold", lambda x: SpikeLayer(ramp(2, 3), 1.0, 1.0, 1.0, x)),
        ("max_spikes", lambda x: SpikeLayer(ramp(2, 3), 1.0, 1.0, 1.0, max_spikes=x)),
        ("spread", lambda x: SpikeTimeNetwork((2, 2), mean=1.0, spread=x, generator=seeded(0))),
        ("gain", lambda x: TimingNetwork((2, 2), DoubleTau(), gain=x)),
        ("lr", lambda x: fit_times(NETWORK, TIMES, LABELS, lr=x, **FIT)),
        ("decay", lambda x: fit_times(NETWORK, TIMES, LABELS, decay=x, **FIT)),
        ("clip", lambda x: fit_times(NETWORK, TIMES, LABELS, clip=x, **FIT)),
        ("epochs", lambda x: fit_times(NETWORK, TIMES, LABELS, **{**FIT, "epochs": x})),
        ("batch_size", lambda x: fit_times(NETWORK, TIMES, LABELS, **{**FIT, "batch_size": x})),
        ("tau", lambda x: time_cross_entropy(ramp(4, 3), LABELS, tau=x)),
        ("late", lambda x: time_cross_entropy(ramp(4, 3), LABELS, late=x)),
        ("early", lambda x: time_cross_entropy(ramp(4, 3), LABELS, early=x)),
        ("duration", lambda x: simulate_exact([], 0.0, LIFNeuron(), duration=x)),
        ("duration", lambda x: simulate_events(EVENTS, [], [], duration=x)),
        ("max_spikes", lambda x: simulate_events(EVENTS, [], [], duration=1.0, max_spikes=x)),
        ("step", lambda x: bump_silent(NETWORK, NETWORK(TIMES), step=x)),
        ("wake", lambda x: wake_silent(NETWORK, NETWORK(TIMES), LABELS, wake=x)),
        ("lr", lambda x: train_spikeprop(XOR, XOR_TIMES, WANTED, cycles=1, lr=x)),
        ("hidden", lambda x: spikeprop_network(x, generator=seeded(0))),
        ("network.tau_mem", lambda x: simulate_events(
            EVENTS._replace(tau_mem=x), [], [], duration=1.0)),
    ],
)  # fmt: skip
def test_bad_numbers_are_named(name, call, number):
    refused(lambda: call(NUMBERS[number]), name)


OTHERS = [
    ("labels", lambda: fit_times(NETWORK, TIMES, [0, 1, 2, 0], **FIT)),
    ("labels", lambda: fit_times(NETWORK, TIMES, LABELS + 1, **FIT)),
    ("labels", lambda: fit_times(NETWORK, TIMES, LABELS[:3], **FIT)),
    ("labels", lambda: fit_times(NETWORK, TIMES[:0], LABELS[:0], **FIT)),
    ("labels", lambda: share_right(NETWORK, TIMES, LABELS[:1])),
    ("labels", lambda: wake_silent(NETWORK, NETWORK(TIMES), LABELS + 1)),
    ("labels", lambda: time_cross_entropy(ramp(4, 3), LABELS.double())),
    ("lr", lambda: fit_times(NETWORK, TIMES, LABELS, lr=(0.1, 0.1, 0.1), **FIT)),
    ("generator", lambda: fit_times(NETWORK, TIMES, LABELS, **{**FIT, "generator": 0})),
    ("generator", lambda: SpikeTimeNetwork((2, 2), mean=1.0, spread=1.0, generator=0)),
    ("generator", lambda: TimingNetwork((2, 2), NonLeaky(), generator=0)),
    ("generator", lambda: spikeprop_network(generator=np.random.default_rng(0))),
    ("loss", lambda: fit_times(NETWORK, TIMES, LABELS, loss="cross entropy", **FIT)),
    ("loss", lambda: fit_times(NETWORK, TIMES, LABELS, loss=lambda t, y: 1.0, **FIT)),
    ("loss", lambda: fit_times(NETWORK, TIMES, LABELS, loss=lambda t, y: t, **FIT)),
    ("loss", lambda: fit_times(NETWORK, TIMES, LABELS, loss=lambda t, y: t.sum() * 0 / 0, **FIT)),
    ("penalty", lambda: fit_times(NETWORK, TIMES, LABELS, penalty=1.0, **FIT)),
    ("remedy", lambda: fit_times(NETWORK, TIMES, LABELS, remedy="bump", **FIT)),
    ("on_epoch", lambda: fit_times(NETWORK, TIMES, LABELS, on_epoch=1, **FIT)),
    ("network", lambda: fit_times(torch.nn.Linear(5, 3), TIMES, LABELS, **FIT)),
    ("network", lambda: spikeprop(NETWORK, TIMES, TIMES)),
    ("network", lambda: weight_sum_penalty(NETWORK)),
    ("network", lambda: share_right("network", TIMES, LABELS)),
    ("output", lambda: bump_silent(NETWORK, SINGLE(TIMES[:0]))),
    ("output", lambda: bump_silent(NETWORK, TimingOutput(TIMES, ()))),
    ("output", lambda: wake_silent(NETWORK, TIMES, LABELS)),
    ("margin", lambda: weight_sum_penalty(SINGLE, "large")),
    ("sizes", lambda: SpikeTimeNetwork(5, mean=1.0, spread=1.0, generator=seeded(0))),
    ("sizes", lambda: SpikeTimeNetwork((5,), mean=1.0, spread=1.0, generator=seeded(0))),
    ("sizes", lambda: TimingNetwork((5, 0), NonLeaky())),
    ("sizes", lambda: TimingNetwork((5, 2.0), NonLeaky())),
    ("mean", lambda: SpikeTimeNetwork((5, 3), mean=(1, 2), spread=1.0, generator=seeded(0))),
    ("mean", lambda: SpikeTimeNetwork((5, 3), mean=math.nan, spread=1.0, generator=seeded(0))),
    ("cell", lambda: TimingNetwork((5, 3), "double")),
    ("cell", lambda: TimingNetwork((5, 3), NonLeaky)),
    ("cell", lambda: first_spike(TIMES, ramp(2, 5), LIFNeuron())),
    ("delays", lambda: TimingLayer(2, 2, NonLeaky(), delays="abc")),
    ("delays", lambda: TimingLayer(2, 2, NonLeaky(), delays=(math.nan,))),
    ("delays", lambda: TimingLayer(2, 2, NonLeaky(), delays=())),
    ("dtype", lambda: TimingLayer(2, 2, NonLeaky(), dtype=torch.int64)),
    ("dtype", lambda: TimingLayer(2, 2, NonLeaky(), dtype="float64")),
    ("weight", lambda: SpikeLayer(ramp(2, 3).float(), 1.0, 1.0, 1.0)),
    ("weight", lambda: SpikeLayer(ramp(2, 3)[:, :0], 1.0, 1.0, 1.0)),
    ("weight", lambda: SpikeLayer(ramp(2, 3).to("meta"), 1.0, 1.0, 1.0)),
    ("x", lambda: lambert_w(ramp(2))),
    ("x", lambda: lambert_w(-ramp(2))),
    ("overflows", lambda: first_spike(600 * TIMES, 1e300 * ramp(2, 5), NonLeaky())),
    ("trains", lambda: LAYER(TIMES)),
    ("trains.sources", lambda: LAYER(Trains(TIMES, TRAINS.sources[:, :2]))),
    ("trains.sources", lambda: LAYER(Trains(TIMES, TRAINS.sources[:1]))),
    ("trains.sources", lambda: LAYER(Trains(TIMES, TRAINS.sources + 1))),
    ("trains.sources", lambda: LAYER(Trains(TIMES, TRAINS.sources - 1))),
    ("trains.sources", lambda: LAYER(Trains(TIMES, TRAINS.sources.int()))),
    ("trains.sources", lambda: LAYER(Trains(TIMES, TRAINS.sources.double()))),
    ("trains.sources", lambda: LAYER(Trains(TIMES, TRAINS.sources.tolist()))),
    ("trains.times", lambda: LAYER(with_times(TIMES.flip(1)))),
    ("trains.times", lambda: LAYER(with_times(TIMES - 0.5))),
    ("trains.times", lambda: LAYER(with_times(TIMES.float()))),
    ("neurons", lambda: TRAINS.first(0)),
    ("trains.sources", lambda: TRAINS.first(4)),
    ("trains.sources", lambda: TRAINS.counts_of(4)),
    ("own", lambda: membranes(LAYER, TRAINS, Trains(OUT.times[:1], OUT.sources[:1]), ramp(3))),
    ("layer", lambda: membranes(NETWORK, TRAINS, OUT, ramp(3))),
    ("arrived", lambda: membranes(LAYER, TIMES, OUT, ramp(3))),
    ("neuron", lambda: simulate_exact([], 0.0, "lif", duration=1.0)),
    ("input_times", lambda: simulate_exact(["a"], 0.0, LIFNeuron(), duration=1.0)),
    ("input_times", lambda: simulate_exact([[0.1]], 0.0, LIFNeuron(), duration=1.0)),
    ("weights", lambda: simulate_exact([0.1], "a", LIFNeuron(), duration=1.0)),
    ("bias", lambda: simulate_exact([], 0.0, LIFNeuron(), duration=1.0, bias="a")),
    ("max_spikes", lambda: simulate_exact([], 0.0, LIFNeuron(), duration=1.0, max_spikes=-1)),
    ("max_spikes", lambda: simulate_exact([], 0.0, LIFNeuron(), duration=1.0, bias=2.0,
                                          max_spikes=9)),
    ("network", lambda: simulate_events(NETWORK, [], [], duration=1.0)),
    ("threshold", lambda: simulate_events(EVENTS._replace(threshold=np.array([1.0, np.nan])), [],
                                          [], duration=1.0)),
    ("threshold", lambda: simulate_events(EVENTS._replace(threshold=[1.0, 1.0]), [], [],
                                          duration=1.0)),
    ("input_weight", lambda: simulate_events(EVENTS._replace(input_weight=np.full((2, 3), np.nan)),
                                             [0.0], [0], duration=1.0)),
    ("recurrent_weight", lambda: simulate_events(
        EVENTS._replace(recurrent_weight=np.zeros((2, 3))), [0.0], [0], duration=1.0)),
    ("times", lambda: simulate_events(EVENTS, [math.nan], [0], duration=1.0)),
    ("times", lambda: simulate_events(EVENTS, [2.0], [0], duration=1.0)),
    ("sources", lambda: simulate_events(EVENTS, [0.0], [-1], duration=1.0)),
    ("sources", lambda: simulate_events(EVENTS, [0.0], [3], duration=1.0)),
    ("sources", lambda: simulate_events(EVENTS, [0.0], [0.5], duration=1.0)),
    ("sources", lambda: simulate_events(EVENTS, [0.0], [0, 1], duration=1.0)),
    ("run", lambda: eventprop(EVENTS, None)),
    ("run", lambda: integrated_mem(EVENTS, RUN._replace(mem=np.zeros(3)))),
    ("by_integral", lambda: eventprop(EVENTS, RUN, by_integral=np.ones(1))),
    ("by_final_mem", lambda: eventprop(EVENTS, RUN, by_final_mem=np.full(2, np.nan))),
    ("by_spike_time", lambda: eventprop(EVENTS, RUN, by_spike_time=["a"] * len(RUN.spikes))),
    ("cycles", lambda: train_spikeprop(XOR, XOR_TIMES, WANTED, cycles=1.5, lr=1.0)),
    ("tol", lambda: train_spikeprop(XOR, XOR_TIMES, WANTED, cycles=1, lr=1.0, tol=math.nan)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_what_does_not_fit_is_named(number):
    name, call = OTHERS[number]
    refused(call, name)


HUNG = {
    "a runaway layer": "layer(3e5, [0.0])",
    "a weight at the end of the range": "layer(1e308, [0.0])",
    "many of them": "layer(1e308, [0.0, 0.0, 0.0])",
    "NaN among the times": "layer(4.0, [0.0, float('nan')])",
    "NaN among the weights": "spoiled(float('nan'))",
    "infinity among the weights": "spoiled(float('inf'))",
    "an exact neuron": "simulate_exact([0.0], 1e300, LIFNeuron(), duration=0.05)",
    "events": "simulate_events(EventNetwork(np.array([[1e9]]), np.zeros((1, 1)), np.ones(1)), "
    "[0.0], [0], duration=0.05)",
    "tiny dots": "yin_yang(10, r_small=1e-9)",
}
SCRIPT = """
import numpy as np, torch
from snnbook.data import yin_yang
from snnbook.neurons import LIFNeuron
from snnbook.spike_times import *

def layer(weight, times, spoil=None):
    one = SpikeLayer(torch.full((2, 1), weight, dtype=torch.float64), 20e-3, 5e-3, 60e-3)
    if spoil is not None:
        torch.nn.init.constant_(one.weight, spoil)
    when = torch.tensor([times], dtype=torch.float64)
    return one(Trains(when, torch.zeros_like(when, dtype=torch.int64)))

def spoiled(weight):
    return layer(1.0, [0.0], weight)

for case in {cases!r}:
    try:
        print("an answer:", eval(case))
    except ValueError as error:
        print("refused:", error)
"""


def test_what_would_never_end_ends_with_an_error():
    """In a process of its own, since each of these once ran for ever, or ended the interpreter."""
    code = SCRIPT.format(cases=list(HUNG.values()))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(HUNG), done.stdout
    for case, line in zip(HUNG, lines):
        assert line.startswith("refused:") and "accepted" in line, (case, line)
    assert "max_spikes = 10000" in lines[0] and "max_spikes" in lines[6] + lines[7]


def test_a_limit_can_be_raised_and_lowered():
    trains = Trains(torch.zeros(1, 1).double(), torch.zeros(1, 1).long())
    weight = torch.full((1, 1), 200.0, dtype=torch.float64)
    spikes = int(SpikeLayer(weight, 20e-3, 5e-3, 60e-3)(trains).counts[0])
    same = SpikeLayer(weight, 20e-3, 5e-3, 60e-3, max_spikes=spikes)(trains)
    assert int(same.counts[0]) == spikes > 30
    refused(
        lambda: SpikeLayer(weight, 20e-3, 5e-3, 60e-3, max_spikes=spikes - 1)(trains), "max_spikes"
    )


def test_inputs_do_not_count_as_spikes_of_the_network():
    run = simulate_events(EVENTS, np.linspace(0, 1e-3, 50), [0] * 50, duration=2e-3, max_spikes=40)
    assert 0 < len(run.spikes) <= 40 < len(run.events)


def test_a_batch_without_samples_has_an_answer_without_samples():
    NETWORK.zero_grad()
    out = NETWORK(TIMES[:0])
    assert out.times.shape == (0, 3) and out.counts[0].shape == (0, 8)
    assert SINGLE(TIMES[:0]).times.shape == (0, 3)
    out.times.sum().backward()
    assert not LAYER.weight.grad.any()


def test_a_layer_without_input_is_silent():
    nothing = Trains(torch.zeros(2, 0).double(), torch.zeros(2, 0).long())
    assert LAYER(nothing).counts.tolist() == [0, 0]


@pytest.mark.parametrize("one", [1, np.float32(1.0), np.float64(1.0), [1, 1], np.ones(2)])
def test_one_number_or_one_for_each_layer(one):
    fit_times(NETWORK, TIMES, LABELS, lr=one, **FIT)
    TimingNetwork((5, 8, 3), NonLeaky(), gain=one, spread=one)
    SpikeTimeNetwork((5, 8, 3), mean=one, spread=one, generator=seeded(0))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    batch=st.integers(0, 3),
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    seed=st.integers(0, 999),
    scale=st.floats(0.0, 4.0),
)
def test_finite_input_of_the_documented_shapes_has_an_answer(batch, sizes, seed, scale):
    times = scale * torch.rand(batch, sizes[0], generator=seeded(seed), dtype=torch.float64)
    times[torch.rand(times.shape, generator=seeded(seed)) < 0.2] = torch.inf
    times.requires_grad_()
    many = SpikeTimeNetwork(
        sizes, mean=2.0, spread=2.0, tau_mem=2.0, tau_syn=1.0, duration=5.0, generator=seeded(seed)
    )
    for network in (many, TimingNetwork(sizes, NonLeaky(), generator=seeded(seed))):
        found = network(times).times
        assert found.shape == (batch, sizes[-1]) and not found.isnan().any() and (found >= 0).all()
        found.clamp(max=9.0).sum().backward()
        assert all(p.grad.isfinite().all() for p in network.parameters())
    assert times.grad.isfinite().all()
