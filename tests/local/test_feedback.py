"""Feedback alignment: exact with symmetric matrices, and different where theory says so."""

import pytest
import torch
from helpers import seeded
from local.cases import assert_equal, network, run

from snnbook.gradients import bptt, rtrl
from snnbook.local import (
    Feedback,
    direct_feedback_alignment,
    feedback_alignment,
    random_feedback,
    random_readouts,
)
from snnbook.training import step_cross_entropy


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("sizes", [(5, 6, 3), (5, 8, 7, 3), (5, 8, 7, 6, 3)])
@pytest.mark.parametrize(
    "reset", [("subtract", False), ("subtract", True), ("zero", True), ("none", False)]
)
def test_symmetric_feedback_is_bptt(recurrent, sizes, reset):
    net = network(sizes, recurrent=recurrent, reset=reset[0], reset_gradient=reset[1])
    found = feedback_alignment(net, *run(), feedback=random_feedback(net, "symmetric"))
    assert_equal(found, bptt(net, *run()))


@pytest.mark.parametrize("recurrent", [False, True])
def test_one_hidden_layer_makes_the_two_rules_one(recurrent):
    net = network((5, 6, 3), recurrent=recurrent, reset_gradient=True)
    drawn = random_feedback(net, generator=seeded()).matrices
    layered = feedback_alignment(net, *run(), feedback=Feedback(drawn))
    direct = direct_feedback_alignment(net, *run(), feedback=Feedback(drawn, direct=True))
    assert_equal(direct, layered)
    symmetric = random_feedback(net, "symmetric", direct=True)
    assert_equal(direct_feedback_alignment(net, *run(), feedback=symmetric), bptt(net, *run()))


def test_direct_feedback_is_exact_in_the_last_hidden_layer_alone():
    net = network((5, 8, 7, 3))
    symmetric = random_feedback(net, "symmetric", direct=True)
    found, exact = direct_feedback_alignment(net, *run(), feedback=symmetric), bptt(net, *run())
    for name in ("hidden.1.weight", "readout.weight"):
        torch.testing.assert_close(found[name], exact[name], rtol=1e-10, atol=1e-14)
    assert not torch.allclose(found["hidden.0.weight"], exact["hidden.0.weight"], rtol=0.05)


def test_direct_feedback_comes_two_steps_early():
    """A layer between costs two steps, which the direct path does not know of."""
    net = network((2, 3, 3, 2), input_rate=5.0)
    spikes = torch.zeros(6, 1, 2).double()
    spikes[0] = 1.0
    error = step_cross_entropy(torch.tensor([0]), steps=6)
    direct = random_feedback(net, "uniform", direct=True)
    found = direct_feedback_alignment(net, spikes, error, feedback=direct)
    # uniform feedback sums the errors of a softmax, which is 0: use one that does not
    direct = Feedback(tuple(m * torch.tensor([[1.0], [0.0]]) for m in direct.matrices), True)
    assert found["hidden.0.weight"].abs().max() < 1e-15
    found = direct_feedback_alignment(net, spikes, error, feedback=direct)
    assert found["hidden.0.weight"].any()
    assert not bptt(net, spikes, error)["hidden.0.weight"].any()


def test_without_recurrence_is_rtrl_without_recurrence():
    net = network((5, 6, 3), recurrent=True, reset_gradient=True)
    symmetric = random_feedback(net, "symmetric")
    found = feedback_alignment(net, *run(), feedback=symmetric, recurrent=False)
    assert_equal(found, rtrl(net, *run(), recurrent=False))
    assert not torch.allclose(found["hidden.0.weight"], bptt(net, *run())["hidden.0.weight"])


@pytest.mark.parametrize("rule", [feedback_alignment, direct_feedback_alignment])
def test_gradient_is_linear_in_the_last_matrix_and_follows_its_sign(rule):
    net = network((5, 6, 3), recurrent=True)
    direct = rule is direct_feedback_alignment
    (matrix,) = random_feedback(net, "symmetric", direct=direct).matrices
    found = rule(net, *run(), feedback=Feedback((-2 * matrix,), direct))
    exact = bptt(net, *run())
    for name in ("hidden.0.weight", "hidden.0.recurrent_weight"):
        torch.testing.assert_close(found[name], -2 * exact[name], rtol=1e-10, atol=1e-14)
    torch.testing.assert_close(found["readout.weight"], exact["readout.weight"])


def test_matrices_are_scaled_like_the_weights():
    net = network((5, 300, 200, 30))
    rms = [net.hidden[1].weight.square().mean().sqrt(), net.readout.weight.square().mean().sqrt()]
    for kind in ("random", "sign_symmetric", "uniform", "symmetric"):
        made = random_feedback(net, kind, gain=2.0, generator=seeded())
        assert made.kind == kind and not made.direct
        for matrix, size in zip(made.matrices, rms):
            got = matrix.square().mean().sqrt()
            torch.testing.assert_close(got, 2 * size.detach(), rtol=0.02, atol=0.0)
    above = (net.hidden[1].weight, net.readout.weight)
    signs = random_feedback(net, "sign_symmetric", generator=seeded()).matrices
    assert all(torch.equal(m.sign(), w.sign()) for m, w in zip(signs, above))
    assert all(m.unique().numel() == 1 for m in random_feedback(net, "uniform").matrices)
    path = random_feedback(net, "symmetric", direct=True).matrices
    torch.testing.assert_close(path[0], (net.readout.weight @ net.hidden[1].weight).detach())
    assert torch.equal(path[1], net.readout.weight)


def test_matrices_are_values_fixed_by_the_seed():
    net = network((5, 8, 7, 3))
    first, second = (random_feedback(net, generator=seeded(3)).matrices for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second))
    fixed = random_feedback(net, "symmetric").matrices[0].clone()
    kept = random_feedback(net, "symmetric")
    with torch.no_grad():
        net.hidden[1].weight.zero_()
    assert torch.equal(kept.matrices[0], fixed)
    assert not any(m.requires_grad for m in kept.matrices)
    a = random_readouts(net, generator=seeded(3), gain=2.0)
    b = random_readouts(net, generator=seeded(3))
    assert all(torch.equal(x, 2 * y) for x, y in zip(a, b))
    assert [tuple(x.shape) for x in a] == [(3, 8), (3, 7)]


def test_rule_changes_nothing():
    net = network((5, 8, 7, 3), recurrent=True)
    before = {name: value.clone() for name, value in net.named_parameters()}
    found = feedback_alignment(net, *run(), feedback=random_feedback(net, "symmetric"))
    for name, value in net.named_parameters():
        assert torch.equal(value, before[name]) and value.grad is None
        assert not found[name].requires_grad


def test_no_hidden_layer():
    net = network((5, 3))
    found = feedback_alignment(net, *run(), feedback=Feedback(()))
    assert_equal(found, bptt(net, *run()))


def test_bad_input_is_named():
    net = network((5, 8, 7, 3))
    good, direct = random_feedback(net, "symmetric"), random_feedback(net, "uniform", direct=True)
    with pytest.raises(TypeError, match="feedback is a list; a Feedback is accepted"):
        feedback_alignment(net, *run(), feedback=[])
    with pytest.raises(ValueError, match="feedback has direct=True; direct=False is accepted"):
        feedback_alignment(net, *run(), feedback=direct)
    with pytest.raises(ValueError, match="direct=False; direct=True is accepted"):
        direct_feedback_alignment(net, *run(), feedback=good)
    with pytest.raises(ValueError, match="feedback.matrices has 1 entries; 2 are accepted"):
        feedback_alignment(net, *run(), feedback=Feedback(good.matrices[:1]))
    with pytest.raises(ValueError, match=r"feedback.matrices\[0\] has shape"):
        feedback_alignment(net, *run(), feedback=Feedback(good.matrices[::-1]))
    with pytest.raises(TypeError, match=r"feedback.matrices\[0\] has dtype torch.float32"):
        single = Feedback(tuple(m.float() for m in good.matrices))
        feedback_alignment(net, *run(), feedback=single)
    with pytest.raises(ValueError, match="kind is 'orthogonal'"):
        random_feedback(net, "orthogonal")
    with pytest.raises(TypeError, match="generator is a NoneType"):
        random_feedback(net)
    with pytest.raises(ValueError, match="gain is 0"):
        random_feedback(net, "uniform", gain=0)
    with pytest.raises(TypeError, match="network is a int; a SpikingNetwork"):
        random_feedback(3, "uniform")
