"""Each labelled equation of chapter 8e against an independent computation."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from snnbook.counting import (
    Energies,
    affordable_spikes,
    bytes_moved,
    count_operations,
    inference_energy,
    least_fan_in,
)
from snnbook.neurons import LIFNeuron, SpikingNetwork, run

PRICES = Energies(mac=4.0, ac=1.5, update=7.0, byte=0.25)


def network():
    generator = torch.Generator().manual_seed(0)
    made = SpikingNetwork((4, 3, 2), std=3.0, input_rate=300.0, generator=generator)
    with torch.no_grad():
        made.hidden[0].weight[0, 1] = made.readout.weight[1, 2] = 0.0
    return made


def trains(batch=2, steps=15):
    generator = torch.Generator().manual_seed(1)
    return (torch.rand(steps, batch, 4, generator=generator) < 0.4).float()


@torch.no_grad()
def ledger(model, spikes):
    """Run a network as a machine would, and write down every operation and every access."""
    book = {"ac": 0, "dense": 0, "update": 0, "weight": 0, "state": 0}
    sent = model(spikes).hidden[0].spikes
    for sample in range(spikes.shape[1]):
        for n in range(spikes.shape[0]):
            for layer, arrived in ((model.hidden[0], spikes), (model.readout, sent)):
                for row in layer.weight.tolist():
                    book["update"] += 1
                    book["state"] += 4  # current and membrane, each read and written
                    for weight, spike in zip(row, arrived[n, sample].tolist(), strict=True):
                        book["dense"] += 1
                        if weight != 0 and spike != 0:
                            book["weight"] += 1
                            book["ac"] += 1
    assert sent.any()
    return {name: value / spikes.shape[1] for name, value in book.items()}


@pytest.mark.equation("eq-08e-operations")
def test_operations_one_by_one():
    found, book = count_operations(network(), trains()), ledger(network(), trains())
    assert (found.dense, found.acs, found.updates) == pytest.approx(
        (book["dense"], book["ac"], book["update"])
    )


@pytest.mark.equation("eq-08e-bytes")
def test_bytes_as_a_machine_would_move_them():
    found, book = count_operations(network(), trains()), ledger(network(), trains())
    moved = bytes_moved(found, weight_bytes=1, state_bytes=2)
    assert moved.total == pytest.approx(1 * book["weight"] + 2 * book["state"])


@pytest.mark.equation("eq-08e-energy")
def test_energy_is_the_sum_of_a_ledger():
    found, book = count_operations(network(), trains()), ledger(network(), trains())
    energy = inference_energy(found, PRICES, weight_bytes=1, state_bytes=2)
    spent = 1.5 * book["ac"] + 7.0 * book["update"] + 0.25 * (book["weight"] + 2 * book["state"])
    assert energy.total == pytest.approx(spent)


def difference(spikes, fan_in, steps, nonzero):
    """Return what a spiking neuron costs more than its rival, item by item."""
    bill = [fan_in * spikes * (1.5 + 4 * 0.25), steps * 7.0, steps * 2 * 2 * 4 * 0.25]
    return math.fsum(bill) - nonzero * fan_in * (4.0 + 4 * 0.25)


@pytest.mark.equation("eq-08e-bound")
@pytest.mark.parametrize("fan_in, steps, nonzero", [(500, 10, 1.0), (90, 5, 0.6), (20, 40, 0.5)])
def test_the_bound_by_search(fan_in, steps, nonzero):
    root = brentq(difference, -100, 100, args=(fan_in, steps, nonzero))
    found = affordable_spikes(fan_in, steps, PRICES, nonzero=nonzero)
    assert found == pytest.approx(root)


@pytest.mark.equation("eq-08e-fan")
@pytest.mark.parametrize("steps, nonzero", [(10, 1.0), (50, 0.4)])
def test_the_least_fan_in_by_search(steps, nonzero):
    root = brentq(lambda m: difference(0.0, m, steps, nonzero), 1, 1e5)
    assert least_fan_in(steps, PRICES, nonzero=nonzero) == pytest.approx(root)


@pytest.mark.equation("eq-08e-nir")
def test_euler_steps_give_the_recursion_of_the_book():
    """The differential equations by the Euler method, below threshold, against `run`."""
    neuron, dt = LIFNeuron(tau_mem=17e-3, tau_syn=6e-3, reset="none"), 1e-3
    alpha, beta = math.exp(-1 / 6), math.exp(-1 / 17)
    x = 0.02 * np.random.default_rng(0).random(40)
    current = mem = 0.0
    rows = []
    for value in x:
        rows.append(mem)
        mem += dt / (dt / (1 - beta)) * (-mem + current / (1 - beta))
        current += dt / (dt / (1 - alpha)) * (-current + value / (1 - alpha))
    found = run(neuron, torch.from_numpy(x)[:, None, None]).mem.flatten()
    assert np.allclose(found.numpy(), rows, rtol=1e-10, atol=1e-14)
    nir = pytest.importorskip("nir", reason="nir is not installed")
    from snnbook.export import to_nir
    from snnbook.neurons import LIF

    node = to_nir(LIF(2, 1, neuron)).nodes["hidden_0"]
    assert isinstance(node, nir.CubaLIF)
    assert node.w_in == pytest.approx(1 / (1 - alpha)) and node.r == pytest.approx(1 / (1 - beta))
    assert node.tau_syn == pytest.approx(dt / (1 - alpha))
    assert node.tau_mem == pytest.approx(dt / (1 - beta))
