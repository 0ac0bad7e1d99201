"""What a reader writes, for the type checker: every line must be accepted, and known by its type.

``make types`` reads this file and does not run it; ``tests/typing/test_types.py`` does both.
"""

from typing import assert_type

import torch
from torch import Tensor

from snnbook import (
    conclusions,
    data,
    explore,
    gradients,
    kernels,
    layers,
    local,
    neurons,
    readers,
    results,
    smoothed,
    spike_times,
    surrogates,
    training,
)

generator = torch.Generator().manual_seed(0)

# Data and codes
digits = data.digits()
assert_type(digits, data.Split)
assert_type(digits.train_inputs, Tensor)
spikes = data.latency_code(digits.train_inputs[:8], steps=20, tau=30e-3)
assert_type(spikes, Tensor)
times = data.latency_code(digits.train_inputs[:8], steps=20, events=True)
assert_type(times, kernels.Events)


# Files, read on demand; no such files are here, so this is only read
def files() -> None:
    """Open data sets."""
    assert_type(readers.mnist("test"), readers.Images)
    assert_type(readers.n_mnist("train", steps=300, pool=2), readers.Recordings)
    sounds = readers.WavFolder("sounds", encode=lambda sound: sound.samples)
    assert_type(sounds.classes, tuple[str, ...])
    assert_type(readers.read_wav("a.wav").rate, int)


# Neurons, by hand and in layers
neuron = neurons.LIFNeuron(tau_mem=10e-3, surrogate=surrogates.fast_sigmoid(width=0.5))
assert_type(neuron.beta, float | Tensor)
assert_type(neuron.surrogate, surrogates.Surrogate)
layer = neurons.RecurrentLIF(64, 10, neuron, generator=generator)
record = layer(spikes)
assert_type(neurons.lif_step(neurons.LIFState(spikes[0], spikes[0]), spikes[0], neuron)[0], Tensor)
choice = kernels.explain(spikes, weight=layer.weight)
assert_type(choice, kernels.Choice)
assert_type(choice.reason, str)

# A network as a list, whole and in pieces
cells = layers.Cells(neuron)
listed = layers.Network([layers.Dense(64, 10, neuron, generator=generator), cells])
assert_type(layers.over_time(torch.nn.Flatten(), spikes), Tensor)
for part in layers.in_pieces(listed, spikes, 5):
    assert_type(part, layers.LayerOutput)
    assert_type(part.outputs, Tensor)
linear = layers.rate_driven_(torch.nn.Linear(64, 10), neuron, generator=generator)
assert_type(linear, torch.nn.Linear)


# Training
def encode(images: Tensor) -> Tensor:
    """Turn pictures into spikes."""
    return data.latency_code(images, steps=20, tau=30e-3)


model = neurons.SpikingNetwork((64, 30, 10), generator=generator)
history = training.fit(
    model,
    digits.train_inputs[:64],
    digits.train_labels[:64],
    encode=encode,
    epochs=1,
    batch_size=32,
    lr=5e-3,
    generator=generator,
    progress=False,
)
assert_type(history, training.History)
share = training.accuracy(model, digits.test_inputs, digits.test_labels, encode=encode)
assert_type(share, training.Accuracy)
assert_type(training.mean_over_time(spikes, digits.train_labels[:8]), Tensor)

# Learning rules beside the exact gradient
error = training.step_cross_entropy(digits.train_labels[:8], steps=20)
exact = gradients.bptt(model, spikes, error)
assert_type(exact, dict[str, Tensor])
feedback = local.random_feedback(model, direct=True, generator=generator)
online = local.e_prop(model, spikes, error, feedback=feedback)
assert_type(online, dict[str, Tensor])
agreement = gradients.compare(online, exact)

# The other ways around the step
assert_type(smoothed.noisy(neuron, escape=smoothed.SigmoidEscape()), smoothed.NoisyNeuron)
trains = spike_times.Trains(torch.ones(1, 2).double() * 1e-3, torch.zeros(1, 2).long())
cell = spike_times.EqualTau()

# What was measured, and how it is shown
assert_type(conclusions.CLAIMS[0], conclusions.Claim)
assert_type(results.available(), tuple[str, ...])
figure = explore.lif()
assert_type(figure, explore.Explorer)
