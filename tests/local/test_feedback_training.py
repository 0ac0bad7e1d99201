"""Training by random feedback: the arms, the angles, and what a frozen layer keeps."""

import pytest
import torch
from helpers import seeded

from snnbook.local import (
    ARMS,
    Feedback,
    feedback_angles,
    feedback_gradient,
    random_feedback,
    train_by_feedback,
)
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid


def case():
    labels = torch.arange(16) % 2
    spikes = torch.eye(2)[labels].expand(30, 16, 2).contiguous()
    network = SpikingNetwork(
        (2, 8, 6, 2), LIFNeuron(surrogate=fast_sigmoid(width=0.5)), generator=seeded(0), std=1.0
    )
    return network, spikes, labels


@pytest.mark.parametrize("arm", ARMS)
def test_each_arm_trains_and_only_the_frozen_one_keeps_its_hidden_weights(arm):
    network, spikes, labels = case()
    before = [layer.weight.detach().clone() for layer in network.hidden]
    reached, angles = train_by_feedback(
        arm, network, spikes, labels, epochs=3, batch_size=8, lr=0.01, seed=1
    )
    assert len(reached) == 3 and len(angles) == (0 if arm in ("bptt", "frozen") else 4)
    moved = [not torch.equal(a, b.weight) for a, b in zip(before, network.hidden)]
    assert moved[0] == (arm != "frozen")


def test_the_angle_is_that_between_vectors():
    network = case()[0]
    same = random_feedback(network, "symmetric")
    opposite = Feedback(tuple(-one for one in same.matrices))
    assert feedback_angles(network, same) == pytest.approx([0, 0], abs=1e-3)
    assert feedback_angles(network, opposite) == pytest.approx([180, 180], abs=1e-3)


def test_an_unknown_arm_is_named():
    with pytest.raises(ValueError, match="arm"):
        feedback_gradient("magic", case()[0], generator=seeded(0))
