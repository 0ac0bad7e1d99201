"""Equations of chapter 6e: how far one gradient is from another."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook import gradients, local
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import step_cross_entropy


@pytest.mark.equation("eq-06e-cosine")
def test_cosine_and_length():
    a, b = (torch.randn(4, 3, generator=seeded(seed), dtype=torch.float64) for seed in (4, 5))
    found = gradients.compare({"w": a}, {"w": b})["w"]
    x, y = a.numpy().ravel(), b.numpy().ravel()
    assert found.cosine == pytest.approx(x @ y / np.sqrt((x @ x) * (y @ y)))
    assert found.norm_ratio == pytest.approx(np.sqrt(y @ y) / np.sqrt(x @ x))


@pytest.mark.equation("eq-06e-chance")
@pytest.mark.parametrize("size", [16, 64, 256])
def test_the_spread_of_a_random_cosine(size):
    a, b = torch.randn(2, 20000, size, generator=seeded(6))
    cosines = torch.nn.functional.cosine_similarity(a, b)
    assert abs(float(cosines.mean())) < 4 / math.sqrt(20000 * size)
    assert float(cosines.std()) == pytest.approx(1 / math.sqrt(size), rel=0.03)


STEPS = 16


def stack(sizes, **kind):
    neuron = LIFNeuron(surrogate=fast_sigmoid(width=0.5), **kind)
    options = {"input_rate": 300.0, "hidden_rate": 50.0, "std": 1.0, "generator": seeded(7)}
    network = SpikingNetwork(sizes, neuron, recurrent=True, **options).double()
    spikes = torch.rand(STEPS, 2, sizes[0], generator=seeded(8)).lt(0.4).double()
    return network, spikes, step_cross_entropy(torch.tensor([0, 1]), steps=STEPS)


def blame_by_autograd(network, spikes, error):
    """The derivative of the loss by each membrane (T, B, N), through one spike in each layer.

    Every membrane above is what it was, and hears of the one below by that spike alone.
    """
    with torch.no_grad():
        readout, hidden = network(spikes)
    mems = [*(seen.mem for seen in hidden), readout]
    found = []
    for i in range(len(hidden)):
        late = 2 * (len(hidden) - i)
        blame = torch.zeros_like(mems[i])
        for n in range(STEPS - late):
            first = now = mems[i][n].clone().requires_grad_()
            for up, above in enumerate((*network.hidden, network.readout)[i + 1 :], start=1):
                sent = network.hidden[0].neuron.surrogate(now - 1.0)
                change = (sent - sent.detach()) @ above.weight.T
                now = mems[i + up][n + 2 * up] + change
            wrong = error(readout[n + late], n + late)
            (blame[n],) = torch.autograd.grad((wrong * now).sum(), first)
        found.append(blame)
    return found, [spikes, *(seen.spikes for seen in hidden)]


def presynaptic(neuron, arrived):
    """The convolution of spikes (T, B, N) with the membrane's response, in closed form."""
    lags = torch.arange(STEPS).double()
    answer = (neuron.alpha ** (lags - 1) - neuron.beta ** (lags - 1)) / (neuron.alpha - neuron.beta)
    answer[0] = 0.0
    return torch.stack(
        [sum(answer[n - m] * arrived[m] for m in range(n + 1)) for n in range(STEPS)]
    )


@pytest.mark.equation("eq-06e-space")
@pytest.mark.parametrize("sizes", [(5, 8, 3), (5, 8, 7, 3), (5, 8, 7, 6, 3)])
def test_blame_by_the_first_step_of_each_layer(sizes):
    case = stack(sizes)
    network, rule = case[0], local.ottt(*case)
    blame, sources = blame_by_autograd(*case)
    for i, (rows, arrived) in enumerate(zip(blame, sources)):
        trace = presynaptic(network.hidden[i].neuron, arrived)
        want = torch.einsum("tbi,tbj->ij", rows, trace)
        assert want.any()
        torch.testing.assert_close(rule[f"hidden.{i}.weight"], want, rtol=1e-9, atol=1e-15)


@pytest.mark.equation("eq-06e-traces")
@pytest.mark.parametrize("name", ["weight", "recurrent_weight"])
def test_a_presynaptic_trace_and_an_influence(name):
    case = stack((5, 6, 3), reset_gradient=True)
    network, spikes, _ = case
    (blame,), (_, own) = blame_by_autograd(*case)
    layer, arrived = network.hidden[0], spikes if name == "weight" else own
    weight = getattr(layer, name)
    trace = torch.einsum("tbi,tbj->ij", blame, presynaptic(layer.neuron, arrived))
    (influence,) = torch.autograd.grad((blame * layer(spikes).mem).sum(), weight)  # sum of d P
    assert not torch.allclose(trace, influence, rtol=0.1)
    found = f"hidden.0.{name}"
    torch.testing.assert_close(local.ottt(*case)[found], trace, rtol=1e-9, atol=1e-15)
    for rule in (local.ostl, local.ostl_gathered):
        torch.testing.assert_close(rule(*case)[found], influence, rtol=1e-9, atol=1e-15)
