"""The labelled equations of chapter 6a, each against an independent computation."""

import math

import pytest
import torch
from helpers import seeded

from snnbook import gradients, local, training
from snnbook.local import feedback_angles
from snnbook.neurons import SpikingNetwork, run


def case(sizes=(8, 6, 5, 3)):
    network = SpikingNetwork(sizes, input_rate=150.0, generator=seeded(0), std=1.0).double()
    spikes = (torch.rand(50, 2, sizes[0], generator=seeded(1)) < 0.2).double()
    return network, spikes, training.step_cross_entropy(torch.tensor([0, 2]), steps=50)


@pytest.mark.equation("eq-06a-blame")
def test_the_blame_of_a_hidden_layer():
    """With W it is autograd; with G it is autograd of a network whose backward product is G."""
    network, spikes, error = case()
    mirrored = local.random_feedback(network, "symmetric")
    exact = gradients.autograd(network, spikes, error)
    found = local.feedback_alignment(network, spikes, error, feedback=mirrored)
    for name, value in exact.items():
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-13)
    feedback = local.random_feedback(network, generator=seeded(2))
    found = local.feedback_alignment(network, spikes, error, feedback=feedback)
    for name, value in _swapped(network, spikes, error, feedback).items():
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-13)


def _swapped(network, spikes, error, feedback):
    """Run the forward pass with W, and let autograd go back through G."""

    class Swap(torch.autograd.Function):
        @staticmethod
        def forward(ctx, source, weight, back):
            ctx.save_for_backward(source, back)
            return source @ weight.T

        @staticmethod
        def backward(ctx, blame):
            source, back = ctx.saved_tensors
            return blame @ back, blame.flatten(0, 1).T @ source.flatten(0, 1), None

    named = {name: p.detach().clone().requires_grad_() for name, p in network.named_parameters()}
    for i, layer in enumerate(network.hidden):
        back = torch.zeros_like(layer.weight) if i == 0 else feedback.matrices[i - 1]
        drive = Swap.apply(spikes, named[f"hidden.{i}.weight"], back)
        spikes = run(layer.neuron, drive).spikes
    drive = Swap.apply(spikes, named["readout.weight"], feedback.matrices[-1])
    loss = error.loss(run(network.readout.neuron, drive).mem)
    return dict(zip(named, torch.autograd.grad(loss, list(named.values()))))


@pytest.mark.equation("eq-06a-angle")
def test_the_angle_of_two_matrices():
    network, _, _ = case((8, 6, 3))
    feedback = local.random_feedback(network, generator=seeded(4))
    one, two = network.readout.weight.detach(), feedback.matrices[0]
    pairs = [(float(a), float(b)) for a, b in zip(one.flatten(), two.flatten())]
    inner = math.fsum(a * b for a, b in pairs)
    lengths = [math.sqrt(math.fsum(x[k] ** 2 for x in pairs)) for k in (0, 1)]
    wanted = math.degrees(math.acos(inner / (lengths[0] * lengths[1])))
    assert feedback_angles(network, feedback) == pytest.approx([wanted], abs=1e-9)


def linear(step, steps):
    """Follow feedback alignment of a linear network; return G, W, A and the data."""
    x = torch.randn(6, 40, generator=seeded(0), dtype=torch.float64)
    wanted = torch.randn(2, 6, generator=seeded(1), dtype=torch.float64) @ x
    feedback = torch.randn(2, 4, generator=seeded(2), dtype=torch.float64)
    first = torch.zeros(4, 6, dtype=torch.float64)
    top = torch.zeros(2, 4, dtype=torch.float64)
    for _ in range(steps):
        mixed = (wanted - top @ first @ x) @ x.T / 40
        top, first = top + step * mixed @ first.T, first + step * feedback.T @ mixed
    return feedback, top, first, x, wanted


@pytest.mark.equation("eq-06a-linear")
def test_the_linear_flow_is_feedback_alignment():
    """Autograd of half the squared error; in the first layer with G in place of W."""
    feedback, top, first, x, wanted = linear(1e-3, 500)
    mixed = (wanted - top @ first @ x) @ x.T / 40
    one, two = first.clone().requires_grad_(), top.clone().requires_grad_()

    def loss(upper, lower):
        return (wanted - upper @ lower @ x).square().sum() / 80

    (down,) = torch.autograd.grad(loss(two, first), two)
    torch.testing.assert_close(-down, mixed @ first.T, rtol=1e-10, atol=1e-13)
    (down,) = torch.autograd.grad(loss(top, one), one)
    torch.testing.assert_close(-down, top.T @ mixed, rtol=1e-10, atol=1e-13)


@pytest.mark.equation("eq-06a-invariant")
def test_the_invariant_to_first_order_in_the_step():
    """Half the step, half the gap; and the inner product is positive."""
    gaps = []
    for step in (2e-3, 1e-3):
        feedback, top, first, _, _ = linear(step, round(2 / step))
        product = feedback.T @ top
        gaps.append(float((product + product.T - first @ first.T).norm()))
        half = 0.5 * float(first.square().sum())
        assert float((feedback * top).sum()) == pytest.approx(half, rel=0.02) and half > 0.1
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.05)


@pytest.mark.equation("eq-06a-erbp")
def test_erbp_event_by_event():
    network, spikes, error = case((5, 4, 3))
    feedback = local.random_feedback(network, direct=True, generator=seeded(3))
    with torch.no_grad():
        out, (matrix,) = network(spikes), feedback.matrices
    wanted = torch.zeros(4, 5, dtype=torch.float64)
    dendrite = torch.zeros(2, 4, dtype=torch.float64)
    for n in range(50):
        wrong = error(out.readout[n].detach(), n)
        for b in range(2):
            for i in range(4):
                sent = sum(float(matrix[k, i] * wrong[b, k]) for k in range(3))
                dendrite[b, i] = 0.7 * dendrite[b, i] + sent
                if abs(float(out.hidden[0].mem[n, b, i]) - 1) < 0.8:
                    for j in spikes[n, b].nonzero().flatten():
                        wanted[i, j] += dendrite[b, i]
    found = local.erbp(network, spikes, error, feedback=feedback, window=0.8, decay=0.7)
    torch.testing.assert_close(found["hidden.0.weight"], wanted, rtol=1e-10, atol=1e-13)


@pytest.mark.equation("eq-06a-kolen-pollack")
def test_feedback_that_gets_the_same_update():
    """Adam and the decay by hand, for the weights and the feedback above the first layer."""
    lr, decay, steps = 0.01, 0.1, 6
    network, spikes, error = case((8, 6, 3))
    gradient = local.feedback_gradient(
        "kolen_pollack", network, generator=seeded(2), lr=lr, decay=decay
    )
    weight, matrix = network.readout.weight.detach().clone(), gradient.feedback.matrices[0].clone()
    apart = weight - matrix
    optimizer = local.shrinking(decay)(network.parameters(), lr=lr)
    first, second = torch.zeros_like(weight), torch.zeros_like(weight)
    for n in range(1, steps + 1):
        now = local.Feedback((matrix,))
        by_hand = local.feedback_alignment(network, spikes, error, feedback=now)
        for name, value in gradient(network, spikes, torch.tensor([0, 2])).items():
            network.get_parameter(name).grad = value
        optimizer.step()
        found = by_hand["readout.weight"]
        first, second = 0.9 * first + 0.1 * found, 0.999 * second + 0.001 * found**2
        moved = lr * (first / (1 - 0.9**n)) / ((second / (1 - 0.999**n)).sqrt() + 1e-8)
        weight, matrix = (1 - decay) * weight - moved, (1 - decay) * matrix - moved
    torch.testing.assert_close(network.readout.weight.detach(), weight, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(gradient.feedback.matrices[0], matrix, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(weight - matrix, (1 - decay) ** steps * apart, rtol=1e-9, atol=1e-12)
