"""Training by random feedback: the arms, the angles, and what a frozen layer keeps."""

import pytest
import torch
from helpers import seeded

from snnbook.local import (
    ARMS,
    Feedback,
    feedback_angles,
    feedback_gathered,
    feedback_gradient,
    random_feedback,
    shrinking,
    train_by_feedback,
)
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import fit, step_cross_entropy, step_loss


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


def followed(arm, *, lr=0.02, decay=0.05, epochs=3):
    """Train with a way; return the feedback and the weights above, before and after."""
    network, spikes, labels = case()
    gradient = feedback_gradient(arm, network, generator=seeded(1), lr=lr, decay=decay)

    def pairs():
        weights = [network.hidden[1].weight, network.readout.weight]
        fed_back = gradient.feedback.matrices
        return [(w.detach().clone(), g.clone()) for w, g in zip(weights, fed_back)]

    before = pairs()
    fit(
        network,
        spikes,
        labels,
        epochs=epochs,
        batch_size=8,
        lr=lr,
        optimizer=shrinking(decay),
        loss=step_loss(step_cross_entropy),
        gradient=gradient,
        generator=seeded(2),
        progress=False,
    )
    return before, pairs(), gradient


def test_kolen_pollack_feedback_comes_to_the_weights_by_the_factor_of_the_decay():
    before, after, _ = followed("kolen_pollack", decay=0.05, epochs=3)
    steps = 3 * 2
    for (weight, matrix), (later, moved) in zip(before, after):
        assert (later - weight).abs().max() > 0.01
        torch.testing.assert_close(
            later - moved, 0.95**steps * (weight - matrix), rtol=1e-4, atol=1e-6
        )


def test_with_the_weights_as_feedback_kolen_pollack_is_the_gradient():
    network, spikes, labels = case()
    gradient = feedback_gradient("kolen_pollack", network, generator=seeded(1))
    for matrix, layer in zip(gradient.feedback.matrices, (network.hidden[1], network.readout)):
        matrix.copy_(layer.weight.detach())
    exact = feedback_gradient("bptt", network, generator=seeded(1))(network, spikes, labels)
    for name, value in gradient(network, spikes, labels).items():
        torch.testing.assert_close(value, exact[name], rtol=1e-4, atol=1e-7)


def test_the_signs_follow_the_weights_and_the_sizes_stay():
    before, after, gradient = followed("sign_symmetric", lr=0.1, decay=0.0)
    network, spikes, labels = case()
    changed = 0
    for (weight, matrix), (_, moved) in zip(before, after):
        torch.testing.assert_close(matrix.abs(), moved.abs(), rtol=0, atol=0)
        assert torch.equal(matrix.sign(), weight.sign())
        changed += int((moved.sign() != matrix.sign()).sum())
    assert changed > 0
    now = random_feedback(network, "symmetric")
    fixed = gradient(network, spikes, labels)
    signed = Feedback(
        tuple(w.sign() * g[1].abs() for w, g in zip(now.matrices, after)), kind="by hand"
    )
    error = step_cross_entropy(labels, len(spikes))
    for name, value in feedback_gathered(network, spikes, error, feedback=signed).items():
        torch.testing.assert_close(fixed[name], value)


def test_the_first_parameters_are_spared():
    weights = [torch.nn.Parameter(torch.ones(1)) for _ in range(3)]
    for one in weights:
        one.grad = torch.zeros(1)
    shrinking(0.1, spare=1)(weights, lr=0.5).step()
    assert [one.item() for one in weights] == pytest.approx([1.0, 0.9, 0.9])


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan"), "much"])
def test_a_decay_out_of_range_is_named(decay):
    with pytest.raises(ValueError, match="decay"):
        shrinking(decay)
