"""What chapter 1 says in words, held against a fresh computation and the stored results."""

import importlib.util
import math
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from snnbook import data, results, surrogates, training
from snnbook.neurons import LIFNeuron, SpikingNetwork

STEPS = 50
PARAMS = LIFNeuron(tau_mem=20e-3, tau_syn=10e-3)
LOSS = partial(training.sum_over_time, scale=1 / STEPS)


def experiment(name):
    """Import a script of the folder experiments."""
    path = Path(__file__).parents[2] / "experiments" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"experiment_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def digits():
    split = data.digits()
    encode = partial(data.latency_code, steps=STEPS, tau=30e-3)
    return data.Split(encode(split[0]), split[1], encode(split[2]), split[3])


def network(digits, surrogate, seed=0):
    rate = float(digits.train_inputs.mean()) / PARAMS.dt
    generator = torch.Generator().manual_seed(seed)
    neuron = replace(PARAMS, surrogate=surrogate)
    return SpikingNetwork(
        (64, 100, 10), neuron, input_rate=rate, generator=generator, std=1.0
    ), generator


def test_five_epochs_read_most_digits(digits):
    model, generator = network(digits, surrogates.fast_sigmoid(width=0.4), seed=11)
    options = {"epochs": 5, "batch_size": 64, "lr": 3e-3, "loss": LOSS, "generator": generator}
    training.fit(model, digits.train_inputs, digits.train_labels, **options)
    options = {"decide": training.decide_by_sum}
    judged = training.accuracy(model, digits.test_inputs, digits.test_labels, **options)
    assert judged.value > 0.93


def test_stored_digits_reach_the_goal_with_every_seed():
    stored = results.load("ch01_digits")
    assert len(stored["spiking"]["accuracy"]) == 10
    assert min(stored["spiking"]["accuracy"]) >= 0.96
    assert max(stored["spiking"]["seconds"]) < 20
    spiking = training.seed_interval(stored["spiking"]["accuracy"])
    flat = training.seed_interval(stored["no_hidden"]["accuracy"])
    assert flat.high < spiking.low
    assert stored["logistic"] < flat.low


def test_stored_runs_rank_the_hidden_layers():
    """The claim box: training matters while neurons are few, a large frozen layer does as well."""
    stored = results.load("ch01_hidden_layer")

    def interval(kind, hidden):
        runs = [run for run in stored["runs"] if (run["kind"], run["hidden"]) == (kind, hidden)]
        return training.seed_interval(run["accuracy"] for run in runs)

    assert interval("none", 0).high < interval("frozen", 30).low
    gaps = [interval("trained", n).mean - interval("frozen", n).mean for n in stored["sizes"]]
    assert gaps == sorted(gaps, reverse=True)
    assert interval("frozen", 10).high < interval("trained", 10).low
    assert abs(gaps[-1]) < 0.01
    assert interval("none", 0).high < interval("trained", 10).low
    assert interval("frozen", 10).mean < interval("frozen", 30).mean < interval("frozen", 120).mean


def test_a_stored_digit_run_can_be_repeated(digits):
    script = experiment("ch01_digits")
    row = script.run(digits, 20, kind="no_hidden", seed=3)
    stored = results.load("ch01_digits")["no_hidden"]["accuracy"][3]
    assert row["accuracy"] == pytest.approx(stored, abs=2 / 397)


def test_yin_yang_spikes_carry_the_features():
    script = experiment("ch01_hidden_layer")
    points, _ = data.yin_yang(50, seed=1)
    spikes = script.spikes_of(points)
    assert spikes.shape == (36, 50, 5)
    assert torch.equal(spikes.sum(0), torch.ones(50, 5))
    times = spikes.argmax(0)
    assert torch.equal(times[:, :4], (30 * points).long())
    assert not times[:, 4].any()


@pytest.mark.parametrize("kind", ["frozen", "trained"])
def test_a_frozen_layer_stays(kind):
    script = experiment("ch01_hidden_layer")
    model = script.build(kind, 6, 20.0, torch.Generator().manual_seed(0))
    before = model.hidden[0].weight.detach().clone()
    points, classes = data.yin_yang(100, seed=1)
    options = {"epochs": 2, "batch_size": 50, "lr": 1e-2}
    generator = torch.Generator().manual_seed(0)
    training.fit(model, script.spikes_of(points), classes, generator=generator, **options)
    assert torch.equal(before, model.hidden[0].weight) is (kind == "frozen")


def test_the_true_gradient_of_hidden_weights_is_zero(digits):
    model, _ = network(digits, surrogates.true_derivative())
    LOSS(model(digits.train_inputs[:, :32]).readout, digits.train_labels[:32]).backward()
    assert not model.hidden[0].weight.grad.any()
    assert model.readout.weight.grad.any()


@pytest.mark.parametrize(("name", "wakes"), [("piecewise_linear", False), ("fast_sigmoid", True)])
def test_long_tails_wake_a_dead_network(digits, name, wakes):
    model, generator = network(digits, getattr(surrogates, name)(width=0.4))
    with torch.no_grad():
        model.hidden[0].weight *= 0.05
    options = {"epochs": 1, "batch_size": 64, "lr": 3e-3, "loss": LOSS, "generator": generator}
    said = nullcontext() if wakes else pytest.warns(UserWarning, match="layer 0 spikes; no grad")
    with said:
        history = training.fit(model, digits.train_inputs, digits.train_labels, **options)
    with torch.no_grad():
        found = training.diagnose(model(digits.test_inputs).hidden[0].spikes)
    assert found.healthy is wakes
    if not wakes:
        assert history.loss[-1] == pytest.approx(math.log(10), rel=1e-6)
        assert found.silent == 1.0
