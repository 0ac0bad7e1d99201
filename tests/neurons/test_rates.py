"""Networks start near their stated rates, and with a loss near ln C, whatever their settings."""

import math
import time
import warnings

import pytest
import torch
from helpers import seeded
from torch.nn.functional import cross_entropy

from snnbook.neurons import (
    LIF,
    AdaptiveNetwork,
    AdaptiveNeuron,
    LeakyReadout,
    LIFNeuron,
    RecurrentLIF,
    SpikingNetwork,
    fluctuation_driven_,
    psp_kernel,
)
from snnbook.neurons._calibrate import pilot, readout_spread
from snnbook.training import SideBySide

FAST, PLAIN, SLOW = LIFNeuron(5e-3, 5e-3, 2e-3), LIFNeuron(), LIFNeuron(50e-3, 10e-3, 5e-4)

#: Sizes, neuron, rates of inputs and of hidden neurons; how many seeds a fair mean needs.
CASES = [
    ((100, 100, 100, 10), PLAIN, 10.0, 10.0, 3),
    ((20, 20, 20, 27), PLAIN, 5.0, 5.0, 30),
    ((20, 20, 20, 2), PLAIN, 5.0, 60.0, 30),
    ((700, 200, 100), PLAIN, 100.0, 5.0, 6),
    ((700, 200, 50, 2), PLAIN, 20.0, 60.0, 4),
    ((50, 60, 60, 60, 100), PLAIN, 10.0, 20.0, 6),
    ((100, 100, 50, 27), FAST, 10.0, 10.0, 4),
    ((40, 100, 100, 10), FAST, 100.0, 60.0, 4),
    ((100, 100, 100, 10), SLOW, 10.0, 10.0, 3),
    ((40, 100, 100, 27), SLOW, 100.0, 60.0, 4),
    ((100, 80, 10), LIFNeuron(20e-3, 1e-9, reset="zero"), 20.0, 20.0, 4),
    ((60, 80, 10), LIFNeuron(threshold=7.0, reset="none"), 20.0, 20.0, 4),
    ((60, 80, 10), LIFNeuron(math.inf), 10.0, 10.0, 4),
    ((3, 4, 2), PLAIN, 10.0, 10.0, 150),
]


def observe(build, neuron, input_rate, seeds, batch=6, seconds=0.3):
    """Return rates in Hz, (layers,), and first losses over ln C of mean and maximum over time."""
    rates, losses = [], []
    settled = int(min(4 * max(neuron.tau_mem, neuron.tau_syn), 0.25) / neuron.dt)
    for seed in range(seeds):
        network, generator = build(seed), seeded(1000 + seed)
        shape = settled + int(seconds / neuron.dt), batch, network.weights_in
        spikes = torch.rand(shape, generator=generator).lt(input_rate * neuron.dt).float()
        with torch.no_grad():
            out = network(spikes)
        rates.append([float(h.spikes[settled:].mean()) / neuron.dt for h in out.hidden])
        classes = out.readout.shape[2]
        labels = torch.randint(classes, (batch,), generator=generator)
        scores = out.readout.mean(0), out.readout.amax(0)
        losses.append([float(cross_entropy(x, labels)) / math.log(classes) for x in scores])
    return torch.tensor(rates).mean(0), torch.tensor(losses).mean(0)


def with_inputs(network, inputs):
    network.weights_in = inputs
    return network


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("sizes, neuron, input_rate, hidden_rate, seeds", CASES)
def test_rates_and_first_loss(sizes, neuron, input_rate, hidden_rate, seeds, recurrent):
    def build(seed):
        rates = {"input_rate": input_rate, "hidden_rate": hidden_rate}
        network = SpikingNetwork(
            sizes, neuron, recurrent=recurrent, generator=seeded(seed), **rates
        )
        return with_inputs(network, sizes[0])

    rates, losses = observe(build, neuron, input_rate, seeds)
    assert (rates / hidden_rate).log().abs().max() < math.log(1.5), rates
    assert (losses - 1).abs().max() < 0.15, losses


def test_an_adaptive_network_counts_its_thresholds():
    neuron = AdaptiveNeuron(strength=0.3)

    def build(seed):
        options = {"adaptive": 0.5, "input_rate": 50.0, "hidden_rate": 30.0}
        return with_inputs(
            AdaptiveNetwork((30, 60, 5), neuron, generator=seeded(seed), **options), 30
        )

    rates, losses = observe(build, neuron, 50.0, seeds=8)
    assert 20 < float(rates) < 45 and (losses - 1).abs().max() < 0.15


@pytest.mark.parametrize("recurrent", [False, True])
def test_one_layer_fires_as_asked(recurrent):
    kind = RecurrentLIF if recurrent else LIF
    found = []
    for seed in range(6):
        layer = kind(80, 60, input_rate=20.0, rate=40.0, generator=seeded(seed))
        spikes = torch.rand(400, 4, 80, generator=seeded(seed + 50)).lt(0.02).float()
        found.append(float(layer(spikes).spikes[60:].detach().mean()) * 1e3)
    assert 40 / 1.3 < sum(found) / 6 < 40 * 1.3


def test_a_readout_of_one_layer_starts_small():
    losses = []
    for seed in range(20):
        spikes = torch.rand(200, 10, 64, generator=seeded(seed)).lt(0.1).float()
        readout = LeakyReadout(64, 27, input_rate=100.0, generator=seeded(seed))(spikes).mem
        labels = torch.randint(27, (10,), generator=seeded(seed))
        scores = readout.detach().mean(0), readout.detach().amax(0)
        losses += [float(cross_entropy(x, labels)) for x in scores]
    assert sum(losses) / len(losses) == pytest.approx(math.log(27), rel=0.05)


def test_recurrent_rate_is_the_hidden_rate_unless_it_is_given():
    def spread(**rates):
        network = SpikingNetwork((20, 300, 2), recurrent=True, generator=seeded(), **rates)
        return float(network.hidden[0].recurrent_weight.detach().std())

    assert spread(hidden_rate=60.0) == spread(hidden_rate=60.0, recurrent_rate=60.0)
    old = {"std": 1.0, "recurrent_rate": 10.0}
    assert spread(hidden_rate=60.0, std=1.0) == pytest.approx(
        spread(hidden_rate=60.0, **old) * math.sqrt(0.01 * 0.99 / (0.06 * 0.94)), rel=1e-5
    )


def test_std_is_the_closed_form():
    network = SpikingNetwork((30, 20, 5), recurrent=True, std=0.8, generator=seeded(2))
    draw = seeded(2)
    for weight, share in zip(network.parameters(), (0.9, 0.1, 1.0), strict=True):
        std = 0.8 * math.sqrt(share)
        want = fluctuation_driven_(
            torch.empty_like(weight), PLAIN, rate=10.0, std=std, generator=draw
        )
        torch.testing.assert_close(weight, want, rtol=1e-6, atol=0)
    small = SpikingNetwork((30, 20, 5), std=0.8, readout_std=0.1, generator=seeded(2))
    plain = SpikingNetwork((30, 20, 5), std=0.8, generator=seeded(2))
    assert torch.allclose(8 * small.readout.weight, plain.readout.weight)
    both = RecurrentLIF(30, 20, std=(0.5, 0.25), generator=seeded(2))
    split = RecurrentLIF(30, 20, std=1.0, generator=seeded(2))
    assert torch.allclose(both.weight, split.weight * 0.5 / math.sqrt(0.9))
    side = SideBySide((3, 4, 2), (7,), std=0.8)
    one = SpikingNetwork((3, 4, 2), std=0.8, generator=seeded(7))
    assert torch.equal(side.weights[0][0], one.hidden[0].weight)


@pytest.mark.parametrize("tau_mem", [2.0, 1e9, 1e14, math.inf])
def test_a_membrane_without_leak(tau_mem):
    neuron = LIFNeuron(tau_mem=tau_mem, tau_syn=1e-9)
    assert 0.999 < neuron.beta <= 1 and neuron.leaky.beta == neuron.beta
    weight = fluctuation_driven_(torch.empty(200, 100), neuron, rate=10.0, generator=seeded())
    spikes = torch.rand(502, 1, 100, generator=seeded(1)).lt(0.01).float()
    mem = LeakyReadout(100, 200, neuron.leaky)
    with torch.no_grad():
        mem.weight.copy_(weight - weight.mean(1, keepdim=True))
    end = mem(spikes).mem.detach()[-1, 0].std()
    assert float(end) == pytest.approx(1.0, rel=0.25)  # half a second of input
    if tau_mem == math.inf:
        assert psp_kernel(neuron, 5).tolist() == [0, 0, 1, 1, 1]


def test_rates_out_of_reach_say_so():
    with pytest.raises(ValueError, match=r"hidden_rate is 900.0; at most \d+ Hz is accepted at a"):
        SpikingNetwork((100, 50, 10), hidden_rate=900.0)
    with pytest.raises(ValueError, match=r"rate is 700.0; at most \d+ Hz is accepted"):
        LIF(100, 50, rate=700.0)
    with pytest.warns(UserWarning, match="rate is 10.0, but with so few input spikes"):
        layer = LIF(1, 5, LIFNeuron(tau_syn=1e-9, reset="zero"), input_rate=1.0)
    assert torch.isfinite(layer.weight).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SpikingNetwork((100, 50, 10), hidden_rate=250.0)


def test_a_second_network_costs_no_second_pilot():
    sizes = (31, 37, 41, 5)
    network = SpikingNetwork(sizes, generator=seeded())
    before = pilot.cache_info().misses, readout_spread.cache_info().misses
    start = time.perf_counter()
    again = SpikingNetwork(sizes, generator=seeded())
    assert time.perf_counter() - start < 0.05
    assert (pilot.cache_info().misses, readout_spread.cache_info().misses) == before
    assert torch.equal(again.readout.weight, network.readout.weight)
    pilot.cache_clear()
    readout_spread.cache_clear()
    assert torch.equal(
        SpikingNetwork(sizes, generator=seeded()).readout.weight, network.readout.weight
    )
