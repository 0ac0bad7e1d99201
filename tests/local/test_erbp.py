"""Event-driven random backpropagation against a plain loop over events."""

import pytest
import torch
from helpers import seeded
from torch.utils._pytree import tree_leaves

from snnbook.local import ERBP, erbp, random_feedback
from snnbook.neurons import SpikingNetwork
from snnbook.training import step_squared_error


def case(steps=40, batch=2, sizes=(4, 5, 3, 2)):
    network = SpikingNetwork(sizes, generator=seeded(0), std=1.0).double()
    with torch.no_grad():
        for layer in network.hidden:
            layer.weight.abs_().mul_(2.0)
    spikes = (torch.rand(steps, batch, sizes[0], generator=seeded(1)) < 0.3).double()
    error = step_squared_error(torch.randn(steps, batch, 2, generator=seeded(2)).double())
    feedback = random_feedback(network, "random", direct=True, generator=seeded(3))
    return network, spikes, error, feedback


def by_events(network, spikes, error, feedback, window, decay, quantum):
    """Loop over samples, layers, spikes and neurons; only ``+=`` and comparisons at a synapse."""
    out = network(spikes)
    sources = [spikes, *(layer.spikes for layer in out.hidden)]
    found = {name: torch.zeros_like(value) for name, value in network.named_parameters()}
    waiting = torch.zeros_like(out.readout[0])
    dendrites = [torch.zeros_like(layer.mem[0]) for layer in out.hidden]
    for n in range(len(spikes)):
        waiting = waiting + error(out.readout[n], n)
        sent = waiting.clone()
        if quantum is not None:
            sent = quantum * ((waiting >= quantum).double() - (waiting <= -quantum).double())
        waiting = waiting - sent
        for i, layer in enumerate(out.hidden):
            dendrites[i] = decay * dendrites[i] + sent @ feedback.matrices[i]
            for b, j in sources[i][n].nonzero().tolist():
                for neuron in range(layer.mem.shape[2]):
                    if abs(layer.mem[n, b, neuron] - 1) < window:
                        found[f"hidden.{i}.weight"][neuron, j] += dendrites[i][b, neuron]
        for b, j in sources[-1][n].nonzero().tolist():
            found["readout.weight"][:, j] += sent[b]
    return found


@pytest.mark.parametrize("quantum", [None, 1e-3])
@torch.no_grad()
def test_the_rule_is_the_loop_over_events(quantum):
    network, spikes, error, feedback = case()
    settings = {"window": 0.6, "decay": 0.7, "quantum": quantum}
    expected = by_events(network, spikes, error, feedback, **settings)
    found = erbp(network, spikes, error, feedback=feedback, **settings)
    for name, value in expected.items():
        assert value.abs().max() > 0
        torch.testing.assert_close(found[name], value, rtol=1e-9, atol=1e-12)


def test_without_input_spikes_nothing_changes():
    network, spikes, error, feedback = case()
    found = erbp(network, torch.zeros_like(spikes), error, feedback=feedback)
    assert not any(value.any() for value in found.values())


def test_the_size_of_an_input_event_does_not_enter():
    """A product with the input would double; an event is an event."""
    network, spikes, error, feedback = case()
    rule = ERBP(feedback, window=100.0)
    carry = rule.start(network, 2)
    for n in range(10):
        carry, _ = rule.step(network, carry, spikes[n], error, n)
    once = rule.step(network, carry, spikes[10], error, 10)[1]["hidden.0.weight"]
    twice = rule.step(network, carry, 2 * spikes[10], error, 10)[1]["hidden.0.weight"]
    assert once.any() and torch.equal(once, twice)


def test_what_is_kept_does_not_grow_with_time():
    sizes = []
    for steps in (100, 2000):
        network, spikes, error, feedback = case(steps=steps, batch=1)
        rule = ERBP(feedback)
        carry = rule.start(network, 1)
        for n in range(steps):
            carry, _ = rule.step(network, carry, spikes[n], error, n)
        sizes.append(sum(leaf.numel() for leaf in tree_leaves(carry)))
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("wrong", [{"window": 0.0}, {"decay": 1.0}, {"quantum": -1.0}])
def test_settings_out_of_range_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ERBP(case()[3], **wrong)
