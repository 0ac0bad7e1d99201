"""``checkpoint`` saves memory in every loop and in ``fit``, or says why it cannot."""

from dataclasses import dataclass

import pytest
import torch

from snnbook.gradients import Allocations
from snnbook.kernels import run_layer
from snnbook.neurons import LIF, AdaptiveNeuron, LeakyNeuron, LIFNeuron, SpikingNetwork, run
from snnbook.training import fit

STEPS = 400
SPIKES = (torch.rand(STEPS, 8, 20, generator=torch.Generator().manual_seed(0)) < 0.1).float()


def network_of(**options):
    return SpikingNetwork((20, 48, 2), generator=torch.Generator().manual_seed(1), **options)


def train(network):
    """Train in the usual way; return the most bytes that were alive at once."""
    values, labels = torch.zeros(8, 20), torch.arange(8) % 2
    with Allocations() as count:
        fit(
            network,
            values,
            labels,
            encode=lambda batch: SPIKES[:, : len(batch)],
            epochs=1,
            batch_size=8,
            progress=False,
            generator=torch.Generator().manual_seed(0),
        )
    return count.peak


@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("recurrent", [False, True])
def test_fit_takes_less_memory_and_learns_the_same(kernel, recurrent):
    options = {"kernel": kernel, "recurrent": recurrent}
    whole, sparing = network_of(**options), network_of(checkpoint=20, **options)
    peaks = train(whole), train(sparing)
    states = 4 * STEPS * 8 * 48  # bytes of one record: U or I of every step
    assert peaks[0] - peaks[1] > 1.5 * states, [peak / states for peak in peaks]
    for a, b in zip(whole.parameters(), sparing.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


NEURONS = [LIFNeuron(reset="zero", reset_gradient=True), AdaptiveNeuron(), LeakyNeuron()]


@pytest.mark.parametrize("neuron", NEURONS, ids=lambda neuron: type(neuron).__name__)
@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("length", [7, STEPS, 10**6])
def test_every_neuron_gets_the_same_gradient(neuron, kernel, length):
    results = []
    for checkpoint in (None, length):
        weight = (SPIKES[0, 0] - 0.1).repeat(5, 1).requires_grad_()
        options = {"kernel": kernel, "checkpoint": checkpoint}
        out = run_layer(neuron, SPIKES, weight, **options)
        (out[0].sum() + out.state.mem.square().sum()).backward()
        results.append((out[0].detach(), *(x.detach() for x in out.state), weight.grad))
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_states_are_recorded_unless_checkpoints_are_asked_for():
    for kernel in ("auto", "reference"):
        assert LIF(20, 4, kernel=kernel)(SPIKES).mem is not None
        layer = LIF(20, 4, kernel=kernel, checkpoint=5)
        assert layer(SPIKES).mem is None and layer(SPIKES, record=False).syn is None
        with pytest.raises(ValueError, match="checkpoint is 5 with record=True.*accepted"):
            layer(SPIKES, record=True)


@dataclass(frozen=True)
class Noisy(LIFNeuron):
    """A neuron with noise from a generator of its own."""

    generator: torch.Generator = torch.Generator()

    def step(self, state, drive, recurrent_weight=None):
        noise = torch.randn(drive.shape, generator=self.generator)
        return super().step(state, drive + noise, recurrent_weight)


def test_steps_that_differ_when_they_are_run_again_are_an_error():
    drive = torch.rand(9, 2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match="runs the steps twice.*checkpoint=None is accepted"):
        run(Noisy(), drive, checkpoint=4).spikes.sum().backward()
