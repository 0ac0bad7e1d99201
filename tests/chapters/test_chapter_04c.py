"""What chapter 4c says, and what its stored experiment holds."""

import numpy as np
import pytest
import torch

from snnbook import data, results, smoothed, training


@pytest.fixture(scope="module")
def curves():
    found = {}
    for name, seeds in results.load("ch04c_pareto")["curves"].items():
        keys = ("steps", "accuracy", "hidden_spikes", "input_spikes")
        table = [[[row[key] for key in keys] for row in one["rows"]] for one in seeds]
        found[name] = np.array(table).mean(0)
    return found


def at(curve, steps):
    return curve[list(curve[:, 0]).index(steps)]


def test_converted_network_keeps_the_accuracy():
    digits = data.digits()
    network = smoothed.RateNetwork((64, 60, 10), generator=torch.Generator().manual_seed(0))
    inputs = data.constant_code(digits.train_inputs, 1)
    options = {"loss": training.sum_over_time, "lr": 3e-3, "progress": False}
    source = torch.Generator().manual_seed(0)
    labels = digits.train_labels
    training.fit(network, inputs, labels, epochs=8, batch_size=64, generator=source, **options)
    judge = {"labels": digits.test_labels, "decide": training.decide_by_sum}
    own = training.accuracy(network, data.constant_code(digits.test_inputs, 1), **judge)
    spiking = smoothed.to_spiking(network)
    ran = {}
    for steps in (6, 50):
        code = data.constant_code(digits.test_inputs, steps)
        ran[steps] = training.accuracy(spiking, code, **judge).value
    assert own.value > 0.95 and ran[50] > own.value - 0.015
    assert ran[6] < 0.3


def test_claim_10_rate_networks_train_well(curves):
    own = [one["own"] for one in results.load("ch04c_pareto")["curves"]["rate; current"]]
    assert np.mean(own) > 0.96
    assert at(curves["rate; current"], 50)[1] > np.mean(own) - 0.01


def test_claim_10_the_window(curves):
    assert at(curves["rate; current"], 8)[1] < 0.4
    assert at(curves["surrogate; current"], 8)[1] > 0.93
    assert at(curves["rate; current"], 20)[1] > 0.95
    assert at(curves["rate, three hidden layers; current"], 20)[1] < 0.6
    assert at(curves["rate, three hidden layers; current"], 50)[1] > 0.94


def test_claim_10_random_spikes_are_the_expensive_part(curves):
    for name in ("rate; random", "surrogate; random"):
        assert at(curves[name], 50)[1] < 0.93
    assert at(curves["rate; regular"], 50)[1] > 0.95
    assert at(curves["surrogate; latency"], 20)[1] > 0.95
    assert curves["rate; random"][:, 1].max() < 0.95 < at(curves["surrogate; latency"], 10)[1]


def test_claim_10_a_price_on_spikes_makes_both_kinds_thrifty(curves):
    few = [curves[f"{kind}, few spikes; current"] for kind in ("rate", "surrogate")]
    rate, rival = (curve[curve[:, 1] >= 0.95][0] for curve in few)
    assert rate[0] > rival[0] and 0.7 < rate[2] / rival[2] < 1.4


def test_every_arm_of_claim_10_has_its_own_learning_rate_inside_its_grid():
    stored = results.load("ch04c_pareto")
    for one in stored["choices"]:
        tried = {row["lr"] for row in stored["search"] if row["arm"] == one["arm"]}
        assert min(tried) < one["lr"] < max(tried) and max(tried) >= 100 * min(tried)
    assert all(len(curve) == 5 for curve in stored["curves"].values())
