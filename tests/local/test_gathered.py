"""Feedback alignment gathered after the run against the rule that goes back through time."""

import pytest
import torch
from helpers import seeded

from snnbook.local import (
    direct_feedback_alignment,
    erbp,
    erbp_gathered,
    feedback_alignment,
    feedback_gathered,
    random_feedback,
    superspike_gathered,
)
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import step_cross_entropy


def case(recurrent=False, reset_gradient=False):
    network = SpikingNetwork(
        (6, 8, 7, 5, 3),
        LIFNeuron(surrogate=fast_sigmoid(width=0.5), reset_gradient=reset_gradient),
        recurrent=recurrent,
        input_rate=300.0,
        generator=seeded(0),
        std=1.0,
    ).double()
    spikes = (torch.rand(40, 4, 6, generator=seeded(1)) < 0.3).double()
    return network, spikes, step_cross_entropy(torch.tensor([0, 1, 2, 1]), steps=40)


@pytest.mark.parametrize("kind", ["random", "sign_symmetric", "symmetric"])
def test_gathered_is_feedback_alignment(kind):
    network, spikes, error = case()
    feedback = random_feedback(network, kind, generator=seeded(2))
    plain = feedback_alignment(network, spikes, error, feedback=feedback)
    found = feedback_gathered(network, spikes, error, feedback=feedback)
    assert list(found) == list(plain)
    for name, value in plain.items():
        assert value.abs().max() > 0
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-14)


def test_direct_feedback_and_superspike_are_one_rule_without_reset_and_recurrence():
    network, spikes, error = case()
    feedback = random_feedback(network, direct=True, generator=seeded(2))
    plain = direct_feedback_alignment(network, spikes, error, feedback=feedback)
    found = superspike_gathered(network, spikes, error, feedback=feedback)
    for name, value in plain.items():
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("option", ["recurrent", "reset_gradient"])
def test_a_layer_with_other_paths_is_refused(option):
    network, spikes, error = case(**{option: True})
    feedback = random_feedback(network, generator=seeded(2))
    with pytest.raises(ValueError, match=r"hidden layer 0 .* reset_gradient"):
        feedback_gathered(network, spikes, error, feedback=feedback)


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("settings", [{}, {"window": 0.7, "decay": 0.5}, {"quantum": 0.05}])
def test_gathered_is_erbp(recurrent, settings):
    network, spikes, error = case(recurrent)
    feedback = random_feedback(network, direct=True, generator=seeded(2))
    plain = erbp(network, spikes, error, feedback=feedback, **settings)
    found = erbp_gathered(network, spikes, error, feedback=feedback, **settings)
    assert sorted(found) == sorted(plain)
    for name, value in plain.items():
        assert value.abs().max() > 0
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-13)
