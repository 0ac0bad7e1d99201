"""What chapter 6e says, and the stored results it stands on."""

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook import gradients, local, results, surrogates, training
from snnbook.gradients import compare
from snnbook.laboratory import term_gradient
from snnbook.neurons import LeakyNeuron, LeakyReadout, LIFNeuron, SpikingNetwork


def task(width=0.1, seed=0, sizes=(50, 48, 5), steps=80, batch=8, rate=15.0):
    network = SpikingNetwork(
        sizes,
        LIFNeuron(surrogate=surrogates.fast_sigmoid(width=width), reset_gradient=True),
        recurrent=True,
        input_rate=rate,
        generator=seeded(seed),
        std=1.0,
    )
    spikes = (
        torch.rand(steps, batch, sizes[0], generator=seeded(100 + seed)) < rate * 1e-3
    ).float()
    labels = torch.arange(batch) % sizes[-1]
    return network, spikes, training.step_cross_entropy(labels, steps)


@pytest.fixture(scope="module")
def stored():
    found = results.load("ch06e_laboratory")
    return {(one["depth"], one["steps"], one["trained"]): one for one in found["points"]}


def mean(point, rule, what="cosine", name="hidden.0.weight"):
    values = [value for value in point["rows"][rule][name][what] if value is not None]
    return float(np.mean(values))


def test_dropped_paths_cost_one_more_bump():
    cosines = []
    for width in (0.003, 0.03, 0.3):
        run = task(width)
        exact = term_gradient(*run)
        local = term_gradient(*run, drop={"reset", "recurrent"})
        cosines.append(compare(exact, local)["hidden.0.weight"].cosine)
    assert cosines[0] > 0.99 and cosines == sorted(cosines, reverse=True) and cosines[2] < 0.9


def test_a_detached_reset_with_recurrence_explodes():
    def growth(reset_gradient):
        norms = []
        for steps in (25, 100):
            network, *rest = task(width=0.3, steps=steps)
            network = network.with_neuron(reset_gradient=reset_gradient)
            norms.append(float(gradients.bptt(network, *rest)["hidden.0.weight"].norm()))
        return norms[1] / norms[0]

    assert growth(False) > 20 * growth(True)


def test_random_feedback_is_chance():
    run = task(sizes=(30, 64, 4), steps=50, rate=20.0)
    exact = term_gradient(*run)
    found = []
    for draw in range(12):
        matrix = torch.randn(4, 64, generator=seeded(draw))
        found.append(compare(exact, term_gradient(*run, back=[matrix]))["hidden.0.weight"].cosine)
    assert abs(np.mean(found)) < 0.2 and 0.05 < np.std(found) < 0.4


def test_depth_hurts_eprop_because_it_skips_layers(stored):
    before = [stored[depth, 100, 0] for depth in (1, 2, 3, 4, 5)]
    eprop = [mean(point, "e_prop") for point in before]
    assert eprop == sorted(eprop, reverse=True) and eprop[0] > 0.9 and eprop[-1] < 0.3
    assert min(mean(point, "no_recurrence") for point in before) > 0.9
    last = [mean(p, "e_prop", name=f"hidden.{d}.weight") for d, p in enumerate(before)]
    assert min(last) > 0.9
    truncated = [mean(point, "truncated_20") for point in before]
    assert truncated == sorted(truncated, reverse=True)


def test_training_makes_neurons_busy_and_local_rules_worse(stored):
    before, after = stored[1, 100, 0], stored[1, 100, 1]
    assert np.mean(after["rates_hz"]) > 3 * np.mean(before["rates_hz"])
    assert mean(after, "e_prop") < mean(before, "e_prop") - 0.05
    assert mean(after, "detached_reset") < 0.8 < mean(before, "detached_reset")
    assert mean(stored[5, 100, 1], "detached_reset") > 0.8
    assert max(stored[1, 300, 1]["rows"]["detached_reset"]["hidden.0.weight"]["norm_ratio"]) > 1e3


def test_time_does_not_hurt_eprop_before_training(stored):
    assert min(mean(stored[1, steps, 0], "e_prop") for steps in (10, 30, 100, 300, 1000)) > 0.95


def test_the_memory_of_the_readout_is_the_length_of_ostl():
    for tau, near in ((1e-5, 0.001), (3e-3, 0.1)):
        network, spikes, error = task()
        fast = LeakyNeuron(tau_mem=tau, tau_syn=tau / 2)
        network.readout = LeakyReadout(48, 5, fast, std=1.0, generator=seeded(1))
        exact = gradients.bptt(network, spikes, error)
        found = compare(exact, local.ostl_gathered(network, spikes, error))["hidden.0.weight"]
        assert found.norm_ratio == pytest.approx((1 - fast.alpha) * (1 - fast.beta), rel=near)
        assert 1 - found.cosine < (1e-4 if tau < 1e-4 else 0.05)
        leaks = compare(exact, local.ottt(network, spikes, error))["hidden.0.weight"]
        assert leaks.cosine < 0.95


def test_rules_past_the_memory_of_the_layers_above_lose_with_depth(stored):
    for rule in ("ostl", "ottt"):
        first = [mean(stored[depth, 100, 0], rule) for depth in (1, 2, 3, 4, 5)]
        assert first == sorted(first, reverse=True) and first[0] > 0.9 and first[-1] < 0.4
        assert mean(stored[5, 100, 1], rule) < mean(stored[5, 100, 1], "e_prop") - 0.1
        signs = []
        for trained in (0, 1):
            rows = stored[5, 100, trained]["rows"]
            pair = [rows[name]["hidden.0.weight"]["cosine"] for name in (rule, "e_prop")]
            signs.append({a < b for a, b in zip(*pair)})
        assert signs == [{False, True}, {True}]  # no difference before, the same sign after
    deep = stored[5, 100, 0]
    assert all(
        abs(
            mean(deep, "ostl", name=f"hidden.{k}.weight")
            - mean(deep, "ottt", name=f"hidden.{k}.weight")
        )
        < 0.07
        for k in range(5)
    )
    lengths = [mean(deep, "ostl", "norm_ratio", f"hidden.{k}.weight") for k in range(5)]
    assert all(10 < after / before < 100 for before, after in zip(lengths, lengths[1:]))
    by_time = [mean(stored[1, steps, 0], "ostl") for steps in (10, 30, 100, 300, 1000)]
    assert by_time == sorted(by_time) and by_time[-1] > 0.99
    lengths = [mean(stored[1, steps, 0], "ostl", "norm_ratio") for steps in (100, 300, 1000)]
    share = (1 - LeakyNeuron().alpha) * (1 - LeakyNeuron().beta)
    assert lengths == pytest.approx([share] * 3, rel=0.15)


def test_the_end_of_the_run_is_what_ostl_misses_in_a_short_one():
    """With an error that is the same in every step nothing but the end can make a difference."""
    cosines = []
    for steps in (20, 80, 320):
        network, spikes, _ = task(steps=steps)
        wrong = torch.randn(8, 5, generator=seeded(2)) / steps
        run = network, spikes, lambda readout, n, wrong=wrong: wrong
        found = compare(gradients.bptt(*run), local.ostl_gathered(*run))
        cosines.append(found["hidden.0.weight"].cosine)
    assert cosines == sorted(cosines) and cosines[0] < 0.95 and cosines[-1] > 0.98


def test_erbp_is_chance_in_a_hidden_layer_and_near_in_the_readout(stored):
    for trained in (0, 1):
        assert abs(mean(stored[1, 100, trained], "erbp")) < 0.1
    before, after = (mean(stored[1, 100, t], "erbp", name="readout.weight") for t in (0, 1))
    assert 0.5 < after < before < 1


def test_the_referees_agree_with_the_surrogate():
    for one in results.load("ch06e_laboratory")["estimates"]:
        rows = [row for row in one["rows"] if row["parameter"] == "hidden.0.weight"]
        assert np.mean([row["behind_noise"][0] for row in rows]) > 0.7
        if one["amount"] in (0.5, 0.2):
            assert np.mean([row["behind_noise"][0] for row in rows]) > 0.85
