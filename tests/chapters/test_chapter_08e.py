"""What chapter 8e says: bills, bounds, accuracies, and the spikes of other readers."""

import numpy as np
import pytest
import torch
from torch import nn

from snnbook import conclusions, data, results
from snnbook.counting import ENERGIES, affordable_spikes, count_operations, least_fan_in


def arms(kind, **given):
    found = [arm for arm in conclusions.energy_arms() if arm["kind"] == kind]
    return [arm for arm in found if all(arm[k] == v for k, v in given.items())]


def test_every_spiking_network_costs_more_than_its_rival():
    said = conclusions.measured("8e.1")
    assert 1 < said["least"] <= said["cheap_float32"] <= said["most"]
    assert said["best_float32"] > 2 and said["best_int8"] > said["best_float32"]
    assert 0.6 < said["free_states"] < 1
    assert said["best_other"].mean > said["best_test"].mean - 0.01
    runs = results.load("ch08e_accuracy")["runs"]
    assert {run["seed"] for run in runs} == set(range(5)) and len(runs) == 5 * len(
        conclusions.energy_arms()
    )


def test_synapses_are_cheaper_and_the_whole_is_not():
    said = conclusions.measured("8e.2")
    assert said["sent"] < said["plain"] and said["synapses"] < 0.5 < 4 < said["total"]
    assert affordable_spikes(64, 50) < 0 < affordable_spikes(784, 40)
    assert 0.2 < said["zeros"] < 0.9


def test_fewer_steps_help_and_a_price_on_spikes_hardly_does():
    full, fast = (arms("spiking", steps=n, hidden=50, price=0.0)[0] for n in (50, 10))
    dear = arms("spiking", steps=50, hidden=50, price=1.0)[0]
    assert fast["float32"] < 0.5 * full["float32"]
    fewer, cheaper = 1 - dear["events"] / full["events"], 1 - dear["float32"] / full["float32"]
    assert fewer > 0.3 and cheaper < 0.25 and cheaper < 0.5 * fewer
    assert dear["test"].mean < full["test"].mean
    (little,) = arms("spiking", steps=50, hidden=50, price=0.1)
    assert little["test"].mean > full["test"].mean and little["events"] < 0.6 * full["events"]


def test_eight_bits_cost_no_accuracy_to_speak_of():
    for arm in conclusions.energy_arms():
        assert arm["rounded"].mean > arm["test"].mean - 0.015, arm
        assert arm["bytes_rounded"] < 0.45 * arm["bytes"]


def test_counts_of_the_digits_can_be_counted_again():
    """Pixels with ink, by hand, are the products of a linear map and what the store has."""
    inputs = data.digits().test_inputs
    arm = arms("without time", hidden=0)[0]
    ink = float((inputs != 0).sum()) / len(inputs)
    assert arm["macs"] == pytest.approx(10 * ink, rel=1e-3)
    torch.manual_seed(0)
    assert count_operations(nn.Linear(64, 10), inputs).macs == pytest.approx(10 * ink)


def test_gray_levels_in_every_step_multiply():
    layer, x = nn.Linear(64, 50), data.digits().test_inputs[:20]
    found = count_operations(layer, x)
    assert not found.synapses[0].spikes and found.macs > 1000


def test_readers_with_the_same_reset_have_the_same_spikes():
    said = conclusions.measured("8e.3")
    assert said["same"] == said["to_first"] == said["back"] == 0
    assert said["other"] == said["other_least"] > 0.1 * said["spikes"]
    found = results.load("ch08e_peers")
    for reset in found["resets"].values():
        ways = [reset["readers"][k] for k in reset["readers"] if k.endswith("at once")]
        assert len(ways) == 3 and all(way == ways[0] for way in ways)


def test_neurobench_counts_what_we_count():
    for pair in results.load("ch08e_peers")["counts"].values():
        ours, theirs = pair["snnbook"], pair["neurobench"]
        assert ours.keys() == theirs.keys()
        for name, value in ours.items():
            assert value == pytest.approx(theirs[name], abs=5e-5), name  # it rounds to four


def test_whole_numbers_raise_the_fan_in():
    assert least_fan_in(50, ENERGIES["int8"], weight_bytes=1) > 3 * least_fan_in(50)
    shares = [affordable_spikes(1024, n, ENERGIES["int8"], weight_bytes=1) for n in (5, 50)]
    assert shares[0] > 0 > shares[1] - 0.5 and np.all(np.diff(shares) < 0)
