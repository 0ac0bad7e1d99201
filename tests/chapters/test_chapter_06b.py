"""What chapter 6b says, and the stored results it stands on."""

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook import data, local, results
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import fit, rule_gradient, step_cross_entropy


def mean(rows, what="accuracy", **chosen):
    found = [row[what] for row in rows if all(row[k] == v for k, v in chosen.items())]
    assert len(found) >= 3
    return float(np.mean(found))


def test_symmetric_feedback_draws_best_and_a_frozen_layer_draws_too():
    arms = results.load("ch06b_raster")["arms"]
    last = {arm: np.mean(found["last"]) for arm, found in arms.items()}
    assert last["symmetric"] < 0.1 * np.mean(arms["symmetric"]["first"])
    assert last["random"] > 1.5 * last["symmetric"] and last["uniform"] > 1.5 * last["symmetric"]
    assert 0.8 < last["frozen"] / last["symmetric"] < 1.5


def at(depth, width, gradient, what="accuracy"):
    runs = results.load("ch06b_depth")["runs"]
    point = {"depth": depth, "width": width, "gradient": gradient}
    return np.array([run[what] for run in runs if point.items() <= run.items()])


def test_every_gradient_was_searched_at_every_depth_and_width():
    stored = results.load("ch06b_depth")
    for given in stored["budget"]:
        point = {name: given[name] for name in ("depth", "width", "gradient")}
        if given["gradient"] != "frozen":
            rates = [row["lr"] for row in stored["search"] if point.items() <= row.items()]
            assert max(rates) / min(rates) >= 99 and given["settings"] >= 4
    assert len(stored["choices"]) == 20 and not set(stored["search_seeds"]) & {0, 1, 2, 3, 4}


def test_with_one_layer_all_are_level_even_a_frozen_one():
    means = [at(1, 60, kind).mean() for kind in ("bptt", "symmetric", "random", "frozen")]
    assert max(means) - min(means) < 0.02
    assert at(1, 60, "symmetric", "cosine_before") == pytest.approx(1, abs=1e-6)


def test_superspike_falls_behind_with_depth_and_stays_above_frozen_layers():
    for kind in ("symmetric", "random"):
        apart = [(at(depth, 60, "bptt") - at(depth, 60, kind)).mean() for depth in (1, 2, 4)]
        assert apart == sorted(apart) and 0.04 < apart[-1] < 0.1
        assert at(4, 60, kind).min() > at(4, 60, "frozen").max() + 0.4
    cosines = [at(depth, 60, "symmetric", "cosine_before").mean() for depth in (1, 2, 4)]
    assert cosines == sorted(cosines, reverse=True)


def test_width_leaves_some_of_the_gap():
    for kind in ("symmetric", "random"):
        for width in (20, 60, 150):
            assert len(at(4, width, kind)) == 5
            assert (at(4, width, "bptt") - at(4, width, kind)).mean() > 0.02


def test_a_memory_in_the_threshold_is_needed_and_followed():
    runs = results.load("ch06b_evidence")["runs"]
    assert mean(runs, neuron="ALIF", gradient="symmetric") > 0.9
    assert mean(runs, neuron="ALIF", gradient="bptt_narrow") > 0.9
    assert mean(runs, neuron="LIF", gradient="symmetric") < 0.8
    assert mean(runs, neuron="LIF", gradient="symmetric_narrow") < 0.8
    assert mean(runs, neuron="LIF", gradient="bptt_narrow") > 0.85
    assert mean(runs, neuron="ALIF", gradient="bptt") < 0.8
    errors = results.load("ch06b_pattern")["runs"]
    good = mean(errors, "last", neuron="ALIF", gradient="symmetric")
    assert good < 0.5 < mean(errors, "last", neuron="ALIF", gradient="bptt")


def test_a_rule_of_three_factors_trains_in_the_one_loop():
    labels = torch.arange(16) % 2
    spikes = torch.eye(2)[labels].expand(30, 16, 2).contiguous()
    network = SpikingNetwork(
        (2, 10, 2), LIFNeuron(surrogate=fast_sigmoid(width=0.5)), generator=seeded(0), std=1.0
    )
    feedback = local.random_feedback(network, "random", direct=True, generator=seeded(1))
    history = fit(
        network,
        spikes,
        labels,
        epochs=8,
        batch_size=8,
        lr=0.02,
        gradient=rule_gradient(local.superspike, step_cross_entropy, feedback=feedback),
        generator=seeded(2),
    )
    assert history.accuracy[-1] == 1.0


def test_a_silent_neuron_hears_its_error_through_a_wide_surrogate():
    inputs = (torch.rand(60, 1, 20, generator=seeded(0)) < 0.05).double()
    wanted = torch.zeros(60, 1, 1).double()
    wanted[40] = 1.0
    quiet = (torch.full((1, 1, 20), 0.002).double(),)
    sizes = []
    for width in (0.01, 0.1, 1.0):
        neuron = LIFNeuron(surrogate=fast_sigmoid(width=width))
        found = local.match_spikes(quiet, inputs, wanted, neuron=neuron)
        assert not found.spikes.any()
        sizes.append(float(found.gradients[0].norm()))
    assert sizes == sorted(sizes) and sizes[2] > 50 * sizes[0]


def test_the_word_is_the_one_on_the_page():
    assert int(data.picture_spikes().sum()) == 3 * sum(
        character != " " for line in data.SPIKE_DRAWING for character in line
    )
