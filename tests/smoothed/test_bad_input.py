"""Every entry of the room against bad input: an error names the argument and what is accepted."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded
from torch import nn
from wrong import NUMBERS, bad_tensors, refused

from snnbook.neurons import LIFNeuron, LIFState, run
from snnbook.smoothed import (
    ExponentialEscape,
    Gate,
    GatedNetwork,
    GatedNeuron,
    MorrisLecar,
    NoisyNeuron,
    RateNetwork,
    SigmoidEscape,
    all_spike_trains,
    answer_scores,
    card,
    clamped_run,
    count_rate,
    discrete_rate,
    drive_gain,
    euler_step,
    expected_loss,
    first_crossing,
    gated,
    gated_step,
    gradient_samples,
    learn_xor,
    lif_rate,
    likelihood_gradient,
    log_likelihood,
    rk4_step,
    scale_to_rate,
    score_loss,
    siegert_rate,
    solve,
    staircase_mean,
    steps_per_spike,
    to_spiking,
    xor_loss,
)

W, X = torch.ones(2, 3), torch.ones(4, 1, 3)
TARGET = torch.zeros(4, 1, 2)
MEAN = torch.tensor([0.5, 1.5, 2.0])
RATES = RateNetwork((3, 4, 2), generator=seeded(0))
RELU = RateNetwork((3, 4, 2), curve="relu", generator=seeded(0))
SHARES = 0.1 * torch.ones(2, 5, 3)
GATED = GatedNetwork((3, 5, 2), GatedNeuron(), generator=seeded(0))
CURRENT = 50 * torch.ones(6, 1, 2)
STATE = torch.tensor([[[-60.0, 0.0], [-60.0, 0.0]]])
REST = LIFState(torch.zeros(1, 2), torch.zeros(1, 2))
NOISY = NoisyNeuron(generator=seeded(0))


def count(spikes):
    return spikes.sum((0, 2))


def line(y):
    return y


#: entry, argument, good value, call, kinds that are fine
TENSORS = [
    ("log_likelihood weight", "weight", W, lambda w: log_likelihood(w, X, TARGET), ()),
    ("log_likelihood inputs", "inputs", X, lambda x: log_likelihood(W, x, TARGET), ()),
    ("log_likelihood target", "target", TARGET, lambda s: log_likelihood(W, X, s), ()),
    ("likelihood weight", "weight", W, lambda w: likelihood_gradient(w, X, TARGET), ()),
    ("likelihood inputs", "inputs", X, lambda x: likelihood_gradient(W, x, TARGET), ()),
    ("likelihood target", "target", TARGET, lambda s: likelihood_gradient(W, X, s), ()),
    ("expected_loss weight", "weight", W, lambda w: expected_loss(w, X, count), ()),
    ("expected_loss inputs", "inputs", X, lambda x: expected_loss(W, x, count), ()),
    *[(f"{kind} {name}", name, good, call, ()) for kind in ("score", "escape", "expected")
      for name, good, call in (
        ("weight", W, lambda w, kind=kind: gradient_samples(
            w, X, count, NOISY, estimator=kind, samples=2)),
        ("inputs", X, lambda x, kind=kind: gradient_samples(
            W, x, count, NOISY, estimator=kind, samples=2)))],
    ("clamped_run drive", "drive", TARGET, lambda x: clamped_run(NOISY, x, TARGET), ("wide",)),
    ("clamped_run spikes", "spikes", TARGET, lambda s: clamped_run(NOISY, TARGET, s), ()),
    ("score_loss losses", "losses", torch.ones(3, 2), lambda x: score_loss(x, torch.ones(3, 2)),
     ("wide",)),
    ("score_loss log_prob", "log_prob", torch.ones(3, 2), lambda x: score_loss(
        torch.ones(3, 2), x), ()),
    ("lif_rate", "mean", MEAN, lif_rate, ("rank", "wide", "empty")),
    ("lif_rate soft", "mean", MEAN, lambda x: lif_rate(x, softness=0.1, discrete=True),
     ("rank", "wide", "empty")),
    ("siegert_rate", "mean", MEAN, lambda x: siegert_rate(x, 0.3), ("rank", "wide", "empty")),
    ("discrete_rate", "mean", MEAN, discrete_rate, ("rank", "wide", "empty")),
    ("count_rate", "mean", MEAN, lambda x: count_rate(x, steps=20), ("wide", "empty")),
    ("RateNetwork", "spikes", SHARES, RATES, ("empty",)),
    ("RateNetwork relu", "spikes", SHARES, RELU, ("empty",)),
    ("scale_to_rate", "inputs", SHARES, lambda x: scale_to_rate(RELU, x, max_rate=200.0), ()),
    ("GatedNetwork", "inputs", SHARES, GATED, ("empty",)),
    ("answer_scores", "readout", torch.ones(4, 2, 3), lambda x: answer_scores(
        x, torch.ones(4, 2)), ("wide",)),
    ("answer_scores answer", "answer", torch.ones(4, 2), lambda x: answer_scores(
        torch.ones(4, 2, 3), x), ()),
    ("solve current", "current", CURRENT, lambda x: solve(MorrisLecar(), x, 0.1), ("wide",)),
    ("solve state", "state", STATE, lambda x: solve(MorrisLecar(), CURRENT, 0.1, state=x),
     ("None",)),
    ("first_crossing", "mem", CURRENT, lambda x: first_crossing(x, 0.1), ("wide",)),
    ("Gate.charge", "mem", MEAN, Gate(0.3).charge,
     ("rank", "wide", "empty", "NaN", "infinity", "minus infinity")),
]  # fmt: skip


@pytest.mark.parametrize("case", TENSORS, ids=lambda case: case[0])
def test_bad_tensors_are_named(case):
    entry, name, good, call, fine = case
    call(good)
    for kind, bad, error in bad_tensors(good, *fine):
        message = refused(lambda bad=bad: call(bad), "", error)
        other = {
            "empty": "inputs|target|losses|answer|drive|spikes",
            "wide": "inputs|weight|target",
        }
        named = [name, *other.get(kind, "").split("|")] if kind in other else [name]
        assert any(each and each in message for each in named), (entry, kind, message)


@pytest.mark.parametrize("gate", [Gate(0.3), Gate(0.3, shape="boxcar")])
@pytest.mark.parametrize("part", ["charge", "density"])
def test_nan_stays_nan_where_numbers_pass_one_by_one(gate, part):
    given = torch.tensor([math.nan, 0.9])
    found = getattr(gate, part)(given)
    assert bool(found[0].isnan()) and bool(found[1].isfinite())


@pytest.mark.parametrize("escape", [SigmoidEscape(), ExponentialEscape()])
def test_escape_noise(escape):
    x, spikes = torch.tensor([-0.2, math.nan]), torch.tensor([1.0, 0.0])
    for found in (escape.probability(x), escape.derivative(x), escape.score(spikes, x),
                  escape.log_probability(spikes, x)):  # fmt: skip
        assert bool(found[0].isfinite()) and bool(found[1].isnan())
    for call in (escape.score, escape.log_probability):
        refused(lambda call=call: call(spikes * math.nan, x), "spikes", ValueError)
        refused(lambda call=call: call([1.0, 0.0], x), "spikes", TypeError)
        refused(lambda call=call: call(spikes, x.tolist()), "x", TypeError)


def test_what_a_gated_neuron_makes_of_nan():
    release, _, after = gated_step(REST, torch.tensor([[math.nan, 2.0]]), GatedNeuron())
    assert bool(release[0, 0].isnan()) and bool(after.mem[0, 0].isnan())
    assert bool(release[0, 1].isfinite())
    with pytest.raises(ValueError, match="NaN"):
        run(GatedNeuron(), torch.full((3, 1, 1), math.nan))


def test_a_solver_says_where_it_left_the_numbers():
    with pytest.raises(ValueError, match="in step [0-9]+ with dt = 500.0"):
        solve(MorrisLecar(), CURRENT, 500.0, method="euler")


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("name", ["hidden.0.weight", "readout.weight"])
def test_weights_of_rates_that_are_no_numbers(name, value):
    net = RateNetwork((3, 4, 2), curve="relu", generator=seeded(0))
    with torch.no_grad():
        dict(net.named_parameters())[name][1, 1] = value
    for call in (
        lambda: net(SHARES),
        lambda: to_spiking(net),
        lambda: scale_to_rate(net, SHARES, max_rate=100.0),
    ):
        refused(call, name, ValueError)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("noise", lambda x: SigmoidEscape(noise=x)),
        ("hazard", lambda x: ExponentialEscape(hazard=x)),
        ("width", lambda x: Gate(x)),
        ("V_2", lambda x: MorrisLecar(V_2=x)),
        ("C", lambda x: MorrisLecar(C=x)),
        ("dt", lambda x: solve(MorrisLecar(), CURRENT, x)),
        ("dt", lambda x: euler_step(line, MEAN, x)),
        ("dt", lambda x: rk4_step(line, MEAN, x)),
        ("dt", lambda x: first_crossing(CURRENT, x)),
        ("softness", lambda x: lif_rate(MEAN, softness=x)),
        ("softness", lambda x: RateNetwork((3, 4, 2), softness=x)),
        ("std", lambda x: siegert_rate(MEAN, x)),
        ("nodes", lambda x: siegert_rate(MEAN, 0.3, nodes=x)),
        ("std", lambda x: count_rate(MEAN, steps=5, std=x)),
        ("steps", lambda x: count_rate(MEAN, steps=x)),
        ("input_rate", lambda x: RateNetwork((3, 4, 2), input_rate=x)),
        ("hidden_rate", lambda x: RateNetwork((3, 4, 2), hidden_rate=x)),
        ("max_rate", lambda x: scale_to_rate(RELU, SHARES, max_rate=x)),
        ("quantile", lambda x: scale_to_rate(RELU, SHARES, max_rate=9.0, quantile=x)),
        ("samples", lambda x: gradient_samples(W, X, count, NOISY, samples=x)),
        ("networks", lambda x: learn_xor("escape", networks=x)),
        ("lr", lambda x: learn_xor("escape", networks=1, updates=1, lr=x)),
        ("steps", lambda x: all_spike_trains(x, 1)),
    ],
)
def test_bad_numbers_are_named(name, call, number):
    refused(lambda: call(NUMBERS[number]), name)


RECORD = run(GatedNeuron(), torch.full((9, 1, 1), 2.0))
OTHERS = [
    ("threshold", lambda: Gate(0.3, threshold="high")),
    ("shape", lambda: Gate(0.3, shape="circle")),
    ("gate", lambda: GatedNeuron(gate=0.3)),
    ("gate", lambda: gated(LIFNeuron(), 0.3)),
    ("neuron", lambda: gated("lif", Gate(0.3))),
    ("record", lambda: steps_per_spike(None, Gate(0.3))),
    ("gate", lambda: steps_per_spike(RECORD, 0.3)),
    ("record.mem", lambda: steps_per_spike(RECORD._replace(mem=RECORD.mem * math.nan), Gate(0.3))),
    ("sizes", lambda: GatedNetwork((3, 2), GatedNeuron(), generator=seeded(0))),
    ("sizes", lambda: GatedNetwork((3, 0, 2), GatedNeuron(), generator=seeded(0))),
    ("neuron", lambda: GatedNetwork((3, 4, 2), LIFNeuron(), generator=seeded(0))),
    ("generator", lambda: GatedNetwork((3, 4, 2), GatedNeuron(), generator=0)),
    ("dtype", lambda: GatedNetwork((3, 4, 2), GatedNeuron(), generator=seeded(0), dtype=int)),
    ("answer", lambda: answer_scores(torch.ones(4, 2, 3), torch.zeros(4, 2))),
    ("escape", lambda: NoisyNeuron(escape="sigmoid")),
    ("gradient", lambda: NoisyNeuron(gradient="exact")),
    ("generator", lambda: NoisyNeuron(generator=0)),
    ("spikes", lambda: clamped_run(NOISY, TARGET, TARGET + 0.5)),
    ("target", lambda: log_likelihood(W, X, TARGET + 2)),
    ("neuron", lambda: log_likelihood(W, X, TARGET, LIFNeuron())),
    ("neuron", lambda: clamped_run(LIFNeuron(), TARGET, TARGET)),
    ("neuron", lambda: expected_loss(W, X, count, LIFNeuron())),
    ("neuron", lambda: gradient_samples(W, X, count, LIFNeuron())),
    ("neuron", lambda: learn_xor("escape", LIFNeuron())),
    ("inputs", lambda: expected_loss(W, torch.ones(4, 2, 3), count)),
    ("steps", lambda: expected_loss(W, torch.ones(40, 1, 3), count)),
    ("loss", lambda: expected_loss(W, X, "count")),
    ("loss", lambda: expected_loss(W, X, lambda s: s.sum())),
    ("loss", lambda: expected_loss(W, X, lambda s: count(s) * math.nan)),
    ("loss", lambda: gradient_samples(W, X, 0.5, NOISY)),
    ("loss", lambda: gradient_samples(W, X, lambda s: s.sum(), NOISY)),
    ("loss", lambda: gradient_samples(W, X, lambda s: count(s) * math.nan, NOISY)),
    ("estimator", lambda: gradient_samples(W, X, count, NOISY, estimator="exact")),
    ("baseline", lambda: score_loss(torch.ones(3, 2), torch.ones(3, 2), baseline="mean")),
    ("baseline", lambda: score_loss(torch.ones(3, 2), torch.ones(3, 2), baseline=math.nan)),
    ("baseline", lambda: score_loss(torch.ones(3, 2), torch.ones(3, 2), baseline=torch.ones(5, 1))),
    ("baseline", lambda: score_loss(torch.ones(3, 2), torch.ones(3, 2), baseline=[1.0])),
    ("rule", lambda: learn_xor("best")),
    ("history", lambda: xor_loss([1.0])),
    ("neuron", lambda: drive_gain("lif")),
    ("neuron", lambda: lif_rate(MEAN, 0.01)),
    ("neuron", lambda: siegert_rate(MEAN, 0.3, 0.01)),
    ("neuron", lambda: staircase_mean(np.array([0.5]), "lif")),
    ("share", lambda: staircase_mean(np.array([math.nan]))),
    ("share", lambda: staircase_mean(np.array(["a"]))),
    ("share", lambda: staircase_mean([1.5])),
    ("tau_mem", lambda: staircase_mean([0.5], LIFNeuron(tau_mem=1e9))),
    ("discrete", lambda: lif_rate(MEAN, discrete="yes")),
    ("generator", lambda: count_rate(MEAN, steps=5, std=0.1, generator=0)),
    ("sizes", lambda: RateNetwork((3, 2))),
    ("sizes", lambda: RateNetwork(3)),
    ("sizes", lambda: RateNetwork((3, 4.0, 2))),
    ("neuron", lambda: RateNetwork((3, 4, 2), "lif")),
    ("curve", lambda: RateNetwork((3, 4, 2), curve="tanh")),
    ("generator", lambda: RateNetwork((3, 4, 2), generator=0)),
    ("network", lambda: to_spiking(nn.Linear(2, 2))),
    ("neuron", lambda: to_spiking(RATES, "lif")),
    ("network", lambda: scale_to_rate(RATES, SHARES, max_rate=9.0)),
    ("f", lambda: euler_step(0.5, MEAN, 0.1)),
    ("state", lambda: rk4_step(line, [1.0], 0.1)),
    ("method", lambda: solve(MorrisLecar(), CURRENT, 0.1, method="midpoint")),
    ("neuron", lambda: solve("neuron", CURRENT, 0.1)),
    ("level", lambda: first_crossing(CURRENT, 0.1, level=math.nan)),
    ("mem", lambda: first_crossing(CURRENT[:1], 0.1)),
    ("V_1", lambda: MorrisLecar(V_1=math.nan)),
    ("name", lambda: card("time")),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_what_does_not_fit_is_named(number):
    name, call = OTHERS[number]
    refused(call, name)
