"""A code that learns: against a written-out loop, the fixed code, and autograd."""

import math

import pytest
import torch
from helpers import seeded

from snnbook import layers, neurons, signals, training
from snnbook.layers._encoder import ENCODING


def signal(steps=60, batch=4, channels=2, seed=0):
    phase = torch.rand(2, batch, channels, generator=seeded(seed))
    time = torch.arange(steps)[:, None, None] / 20
    return torch.sin(time * (1 + phase[0]) + 6 * phase[1])


def test_it_is_a_loop_over_channels_and_copies():
    encoder, inputs = layers.Encoder(2, 3, generator=seeded(1)), signal()
    with torch.no_grad():
        encoder.bias.copy_(0.02 * torch.randn(2, 3, generator=seeded(2)))
    spikes, state = encoder(inputs)
    beta = math.exp(-1 / 20)
    for i in range(2):
        for k in range(3):
            gain, bias = encoder.weight[i, k].item(), encoder.bias[i, k].item()
            mem, drive = torch.zeros(4), torch.zeros(4)
            for n in range(60):
                fired = (mem > 1).float()
                assert torch.equal(spikes[n, :, 3 * i + k], fired)
                mem, drive = beta * mem + drive - fired, gain * inputs[n, :, i] + bias
    assert spikes.sum() > 30
    pieces = encoder(inputs[:25])
    rest = encoder(inputs[25:], pieces.states)
    assert torch.equal(torch.cat([pieces.outputs, rest.outputs]), spikes)
    assert all(torch.equal(a, b) for a, b in zip(rest.states, state))


def test_with_given_gains_it_is_the_fixed_code():
    encoder, inputs = layers.Encoder(2, 1, generator=seeded(1)), signal()
    gain = torch.tensor([0.2, 0.4])
    with torch.no_grad():
        encoder.weight.copy_(gain[:, None])
    assert torch.equal(encoder(inputs).outputs, signals.lif_code(inputs, gain=gain))


def test_gains_start_with_both_signs_and_the_size_that_is_asked_for():
    weight = layers.Encoder(50, 4, gain=0.5, generator=seeded(0)).weight
    assert (weight[:, ::2] > 0).all() and (weight[:, 1::2] < 0).all()
    assert (weight.abs() >= 0.25).all() and (weight.abs() <= 0.75).all()


def test_gains_and_biases_learn_by_the_gradient_of_the_plain_loop():
    inputs = signal()
    found = {}
    for kernel in ("reference", "auto"):
        encoder = layers.Encoder(2, 3, kernel=kernel, generator=seeded(1))
        (encoder(inputs).outputs.cumsum(0) ** 2).mean().backward()
        found[kernel] = encoder.weight.grad, encoder.bias.grad
    for plain, compiled in zip(*found.values()):
        assert plain.abs().min() > 0 and torch.allclose(plain, compiled, rtol=1e-4, atol=1e-6)


def test_a_signal_too_weak_for_the_fixed_code_is_learned():
    """Two classes: the signal is small and positive, or small and negative."""
    labels = torch.arange(40) % 2
    level = torch.where(labels == 0, 0.09, -0.09)
    inputs = level[None, :, None] + 0.01 * torch.randn(50, 40, 1, generator=seeded(3))
    neuron = neurons.LIFNeuron()
    encoder = layers.Encoder(1, 4, generator=seeded(4))
    assert encoder(inputs).outputs.sum() == 0
    network = layers.Network(
        [encoder, layers.Dense(4, 2, neuron.leaky, input_rate=50.0, generator=seeded(5))]
    )
    training.fit(network, inputs, labels, epochs=30, batch_size=20, lr=0.02, generator=seeded(6))
    assert training.accuracy(network, inputs, labels).value == 1.0


def test_what_does_not_fit_is_refused():
    encoder = layers.Encoder(2, 3, generator=seeded(1))
    with pytest.raises(ValueError, match="2 are accepted"):
        encoder(torch.zeros(5, 1, 3))
    with pytest.raises(ValueError, match="copies"):
        layers.Encoder(2, 0)
    assert ENCODING.alpha == 0.0
