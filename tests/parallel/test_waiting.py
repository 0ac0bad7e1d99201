"""The neuron whose reset waits, between LIF neuron and no reset; blocks are the loop."""

import pytest
import torch

from snnbook.neurons import LIFNeuron, SpikingNetwork, run
from snnbook.parallel import WaitingNeuron, block_run


def drive_of(steps=103):
    generator = torch.Generator().manual_seed(0)
    return 0.03 + 0.08 * torch.randn(steps, 3, 4, generator=generator, dtype=torch.float64)


def same(a, b):
    for x, y in zip((*a[:3], *a.state), (*b[:3], *b.state)):
        torch.testing.assert_close(x, y, rtol=1e-10, atol=1e-10)


def test_a_block_of_one_step_is_the_lif_neuron():
    drive = drive_of()
    for record in (run(WaitingNeuron(wait=1), drive), block_run(WaitingNeuron(wait=1), drive)):
        want = run(LIFNeuron(), drive)
        assert torch.equal(record.spikes, want.spikes)
        torch.testing.assert_close(record.mem, want.mem, rtol=1e-10, atol=1e-10)


def test_a_block_longer_than_the_run_has_no_reset():
    drive = drive_of()
    want = run(LIFNeuron(reset="none"), drive)
    for record in (run(WaitingNeuron(wait=104), drive), block_run(WaitingNeuron(wait=104), drive)):
        assert torch.equal(record.spikes, want.spikes)
        torch.testing.assert_close(record.mem, want.mem, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("wait", [2, 7, 50, 103])
def test_blocks_are_the_loop(wait):
    record = block_run(WaitingNeuron(wait=wait), drive_of())
    same(record, run(WaitingNeuron(wait=wait), drive_of()))
    assert float(record.spikes.sum()) > 50


@pytest.mark.parametrize("through", [False, True])
def test_the_gradient_of_blocks_is_that_of_the_loop(through):
    neuron, gradients = WaitingNeuron(wait=7, reset_gradient=through), []
    for way in (block_run, run):
        drive = drive_of().requires_grad_()
        (way(neuron, drive).spikes * drive_of()).sum().backward()
        gradients.append(drive.grad)
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-12)


def test_what_is_owed_is_paid_at_the_end_of_the_block():
    """By hand: 3 steps a block, spikes in two of them."""
    drive = torch.full((6, 1, 1), 0.9, dtype=torch.float64)
    record, neuron = run(WaitingNeuron(wait=3), drive), LIFNeuron()
    syn = mem = torch.zeros(1, 1, dtype=torch.float64)
    owed = 0.0
    for n in range(6):
        assert torch.allclose(record.mem[n], mem)
        owed = owed + (mem > 1)
        syn, mem = neuron.alpha * syn + 0.9, neuron.beta * mem + syn
        if n in (2, 5):
            mem, owed = mem - owed, 0.0


def test_a_network_of_waiting_neurons_learns_like_any_other():
    network = SpikingNetwork((3, 4, 2), WaitingNeuron(wait=5), input_rate=200.0)
    spikes = (torch.rand(20, 2, 3, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    network(spikes).readout.sum().backward()
    assert float(network.hidden[0].weight.grad.abs().sum()) > 0


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="wait is 0"):
        WaitingNeuron(wait=0)
    with pytest.raises(ValueError, match="reset is 'zero'; 'subtract' is accepted"):
        WaitingNeuron(reset="zero")
    with pytest.raises(TypeError, match="neuron is a LIFNeuron; a WaitingNeuron is accepted"):
        block_run(LIFNeuron(), torch.zeros(3, 1, 1))
