"""Energy and its bound against sums written out, neuron by neuron and step by step."""

import pytest
import torch
from helpers import seeded
from torch import nn

from snnbook.counting import (
    ENERGIES,
    Energies,
    affordable_spikes,
    bytes_moved,
    count_operations,
    inference_energy,
    least_fan_in,
)
from snnbook.neurons import LIF

PRICES = Energies(mac=4.0, ac=1.5, update=7.0, byte=0.25)


def spiking_cost(fan_in, steps, spikes, weight_bytes=2, state_bytes=3, states=2):
    """Add up what one neuron costs, as a machine would meet it."""
    total = 0.0
    for _ in range(steps):
        for _ in range(states):
            total += 2 * state_bytes * PRICES.byte  # read and written
        total += PRICES.update
    for _ in range(fan_in * spikes):
        total += weight_bytes * PRICES.byte + PRICES.ac
    return total


@pytest.mark.parametrize("fan_in, steps, nonzero", [(64, 10, 1.0), (200, 50, 0.5), (3, 4, 1.0)])
def test_at_the_bound_both_networks_cost_the_same(fan_in, steps, nonzero):
    given = {"weight_bytes": 2, "state_bytes": 3}
    bound = affordable_spikes(fan_in, steps, PRICES, nonzero=nonzero, **given)
    other = nonzero * fan_in * (PRICES.mac + 2 * PRICES.byte)
    idle, once = (spiking_cost(fan_in, steps, spikes) for spikes in (0, 1))
    assert idle + bound * (once - idle) == pytest.approx(other)
    assert (bound < 0) == (idle > other)


def test_no_spike_pays_at_the_least_fan_in():
    for nonzero in (0.3, 1.0):
        fan_in = least_fan_in(20, PRICES, nonzero=nonzero)
        assert affordable_spikes(fan_in, 20, PRICES, nonzero=nonzero) == pytest.approx(0)
        assert affordable_spikes(2 * fan_in, 20, PRICES, nonzero=nonzero) > 0


def test_energy_and_bytes_of_a_layer_step_by_step():
    layer = LIF(4, 3, std=2.0, input_rate=300.0, generator=seeded())
    x = (torch.rand(9, 2, 4, generator=seeded(1)) < 0.5).float()
    found = count_operations(layer, x)
    adds, read, kept = 0.0, 0.0, 0.0
    for step in x:
        adds += 3 * float(step.sum()) / 2
        for _ in range(3):
            kept += 2 * 2 * 3  # current and membrane of three bytes, read and written
    read = 2 * adds
    moved = bytes_moved(found, weight_bytes=2, state_bytes=3)
    assert moved == pytest.approx((read, kept)) and moved.total == pytest.approx(read + kept)
    energy = inference_energy(found, PRICES, weight_bytes=2, state_bytes=3)
    assert energy.total == pytest.approx(1.5 * adds + 7.0 * 9 * 3 + 0.25 * (read + kept), rel=1e-12)


def test_prices_are_made_of_the_published_figures():
    """Horowitz (2014), 45 nm, in picojoules."""
    assert ENERGIES["float32"].mac == pytest.approx(4.6) and ENERGIES["float32"].ac == 0.9
    assert ENERGIES["int8"].mac == pytest.approx(0.3) and ENERGIES["int8"].ac == 0.1
    assert {one.byte for one in ENERGIES.values()} == {1.25}
    assert ENERGIES["int8"].update == pytest.approx(2 * 3.1 + 2 * 0.1)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: Energies(-1.0, 1.0, 1.0, 1.0), "mac is -1.0; a finite number, 0 or above"),
        (lambda: affordable_spikes(0, 10), "fan_in is 0; at least one input"),
        (lambda: affordable_spikes(4, 10, nonzero=1.5), "nonzero is 1.5; a share from 0 to 1"),
        (lambda: affordable_spikes(4, 10, Energies(1, 0, 1, 0)), "has a spike that costs nothing"),
        (lambda: least_fan_in(10, Energies(0, 1, 1, 0)), "make the other network free"),
        (lambda: least_fan_in(10, nonzero=0), "make the other network free"),
        (lambda: bytes_moved("counts"), "operations is a str"),
    ],
)
def test_what_is_no_price_is_named(call, says):
    with pytest.raises((TypeError, ValueError), match=says):
        call()


def test_without_time_there_is_no_update_to_pay():
    energy = inference_energy(count_operations(nn.Linear(5, 2), torch.rand(3, 5)), PRICES)
    assert energy.updates == energy.states == 0 and energy.synapses == pytest.approx(40)
