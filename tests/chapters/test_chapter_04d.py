"""What chapter 4d says, held to its stored results, and one short training of its own."""

from functools import partial

import numpy as np
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


def test_claim_11_decisions_come_sooner_and_spikes_can_be_fewer_elsewhere():
    needs = {}
    for name, kept in runs("decision").items():
        accuracy = np.mean([run["accuracy"] for run in kept], axis=0)
        first = (accuracy >= 0.95).argmax()
        assert accuracy[first] >= 0.95, name
        spikes = np.mean([run["spikes"] for run in kept], axis=0)[first]
        needs[name] = kept[0]["time"][first], spikes
    time, spikes = needs.pop("single spikes")
    assert time < 0.6 * min(other for other, _ in needs.values()) and time < 2
    assert spikes < 0.6 * needs["surrogate, peak"][1]
    assert spikes > needs["surrogate, peak, few spikes"][1]


def test_claim_12_silent_neurons_do_no_harm_and_silent_layers_do():
    stored = runs("silent")
    dead = {name: np.array(kept["dead"])[:, -1, 0].mean() for name, kept in stored.items()}
    learned = {name: sum(np.array(kept["test"]) > 0.5) for name, kept in stored.items()}
    assert dead["healthy, none"] > 0.1
    assert np.mean(stored["healthy, none"]["test"]) > 0.96
    assert learned["quiet, bump"] == 3
    assert learned["quiet, none"] < 3 and learned["quiet, penalty"] < 3


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
