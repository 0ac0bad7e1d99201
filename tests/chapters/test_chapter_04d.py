"""What chapter 4d says, held to its stored results, and one short training of its own."""

import importlib.util
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from snnbook import data, results, spike_times


def runs(part):
    return results.load(f"ch04d_{part}")["runs"]


def test_yin_yang_is_solved_by_single_spikes():
    stored = runs("yin_yang")
    for name in ("non-leaky", "double"):
        assert min(stored[name]["test"]) > 0.95 and min(stored[name]["fresh"]) > 0.95
        assert max(stored[name]["seconds"]) < 60
    assert np.mean(stored["equal"]["fresh"]) > 0.95
    for kept in stored.values():
        assert abs(np.mean(kept["test"]) - np.mean(kept["fresh"])) < 0.01


@pytest.fixture(scope="module")
def decisions():
    """Return for each arm its rows, with time and hidden spikes at the first reading at 90 %."""
    stored, found = results.load("ch04d_decision"), {}
    for run in stored["runs"]:
        accuracy = np.array(run["course"]["accuracy"])
        first = int((accuracy >= 0.9).argmax()) if accuracy.max() >= 0.9 else -1
        at_level = {"time": stored["times"][first], "spikes": run["course"]["spikes"][first]}
        found.setdefault(run["arm"], []).append(run | at_level)
    return found


def column(rows, key):
    return np.array([row[key] for row in rows])


def test_claim_11_the_loss_makes_decisions_early_and_the_exact_gradient_is_more_accurate(decisions):
    single, first = (decisions[arm] for arm in ("single spikes", "surrogate, first spike"))
    others = [decisions[f"surrogate, {one}, few spikes"] for one in ("peak", "mean")]
    assert max(column(first, "time")) < 2 and max(column(single, "time")) < 2
    assert (column(single, "time") < column(first, "time")).all()
    for rows in (*others, decisions["surrogate, peak"]):
        assert min(column(rows, "time")) > max(column(first, "time"))
    for rows in (*others, first):
        assert column(rows, "spikes").mean() < column(single, "spikes").mean()
    for key in ("test", "train"):
        assert column(single, key).mean() > column(first, key).mean() + 0.02


def test_the_ranges_that_the_chapter_tells_have_these_ends(decisions):
    kinds = ("surrogate, peak", "surrogate, peak, few spikes", "surrogate, mean, few spikes")
    reached = [[row for row in decisions[one] if row["test"] >= 0.9] for one in kinds]
    times = [column(rows, "time").mean() for rows in reached]
    spikes = [column(rows, "spikes").mean() for rows in reached]
    assert np.argsort(times).tolist() == [1, 0, 2] and np.argsort(spikes).tolist() == [1, 2, 0]


def test_every_arm_of_claim_11_has_its_own_learning_rate_inside_its_grid():
    stored = results.load("ch04d_decision")
    for one in stored["choices"]:
        tried = {row["lr"] for row in stored["search"] if row["arm"] == one["arm"]}
        assert min(tried) < one["lr"] < max(tried) and max(tried) >= 100 * min(tried)


def script():
    """Import the script of claim 11 from the folder experiments."""
    path = Path(__file__).parents[2] / "experiments" / "ch04d_decision.py"
    spec = importlib.util.spec_from_file_location("experiment_ch04d_decision", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_decision_counts_hidden_spikes_until_the_first_output_spike():
    inf = float("inf")
    times = torch.tensor([[0.4, inf, 0.8], [inf, 1.0, 0.6]], dtype=torch.float64)
    hidden = torch.tensor([[0.2, 0.4, 0.9], [0.5, 0.7, inf]], dtype=torch.float64)
    counts = script().hidden_of_single(hidden)
    found = script().course_by_spike(times, counts, torch.tensor([0, 1]))
    assert found["accuracy"][9:11] == [0.0, 0.5] and found["accuracy"][-1] == 0.5
    assert found["spikes"][5] == 0.5 and found["spikes"][-1] == (2 + 1) / 2
    assert found["decided"] == pytest.approx(0.4) and found["all_spikes"] == 2.5


def test_first_spikes_of_a_grid_are_times_in_synaptic_constants():
    spikes = torch.zeros(script().STEPS, 1, 3)
    spikes[[10, 20], 0, 0] = 1
    spikes[0, 0, 1] = 1
    found = script().first_spikes(spikes)
    torch.testing.assert_close(found, torch.tensor([[0.4, 0.0, float("inf")]]).double())


def test_claim_12_silent_neurons_do_no_harm_and_a_quiet_start_does():
    stored, found = results.load("ch04d_silent"), {}
    for run in stored["runs"]:
        found.setdefault((run["start"], run["remedy"]), []).append(run)
    solved = {arm: (column(rows, "test") > stored["solved"]).sum() for arm, rows in found.items()}
    assert {len(rows) for rows in found.values()} == {10}
    dead, silent = (
        {arm: column(rows, key)[:, -1, 0].mean() for arm, rows in found.items()}
        for key in ("dead", "silent")
    )
    assert dead["healthy", "none"] > 0.1 and silent["healthy", "none"] > 0.15
    assert all(solved["healthy", remedy] == 10 for remedy in ("none", "bump", "penalty"))
    assert column(found["healthy", "none"], "test").mean() > 0.96
    assert solved["quiet", "bump"] == 10 and dead["quiet", "bump"] == 0
    assert solved["quiet", "none"] <= 5 and solved["quiet", "penalty"] <= 5
    assert dead["quiet", "penalty"] < 0.2 < dead["quiet", "none"]


def test_no_learning_rate_of_the_search_saves_the_quiet_start():
    stored = results.load("ch04d_silent")
    tried = [row for row in stored["search"] if (row["start"], row["remedy"]) == ("quiet", "none")]
    rates = {row["lr"] for row in tried}
    assert max(rates) >= 100 * min(rates)
    assert max(row["validation"] for row in tried) < 0.5


def test_a_stream_needs_no_bell_if_neurons_may_spike_again():
    kept = runs("stream")
    assert np.mean(kept["second of two"]) > np.mean(kept["alone"]) - 0.03


def test_a_short_training_beats_frozen_features():
    values, labels = data.yin_yang(1500, seed=42)
    generator = torch.Generator().manual_seed(0)
    network = spike_times.TimingNetwork(
        (5, 60, 3), spike_times.DoubleTau(), gain=(2.5, 6.0), spread=(1.0, 2.0), generator=generator
    )
    spike_times.fit_times(
        network, data.clock_code(values), labels, epochs=8, batch_size=50, generator=generator,
        lr=0.2, decay=0.75, loss=partial(spike_times.time_cross_entropy, tau=0.05),
        remedy=partial(spike_times.bump_silent, step=0.2),
    )  # fmt: skip
    fresh, wanted = data.yin_yang(1000, seed=40)
    with torch.no_grad():
        answer = spike_times.first_to_spike(network(data.clock_code(fresh)).times)
    assert (answer == wanted).double().mean() > 0.9
