"""Hand-written BPTT equals PyTorch's gradient for any network of the book."""

import pytest
import torch
from gradients.cases import assert_equal, task
from hypothesis import given, settings, strategies as st

from snnbook import gradients, training
from snnbook.neurons import LIFState, leaky_step, lif_step
from snnbook.surrogates import ALL

networks = {
    "reset": st.sampled_from(["subtract", "zero", "none"]),
    "reset_gradient": st.booleans(),
    "recurrent": st.booleans(),
    "surrogate": st.sampled_from([x.scaled(width=0.7) for x in ALL.values()]),
    "tau_mem": st.floats(2e-3, 5e-2),
    "tau_syn": st.floats(1e-3, 2e-2),
}


@given(
    seed=st.integers(0, 10**6),
    steps=st.integers(1, 15),
    batch=st.integers(1, 3),
    depth=st.integers(1, 3),
    width=st.integers(1, 5),
    options=st.fixed_dictionaries(networks),
)
@settings(max_examples=60, deadline=None)
def test_by_hand_equals_autograd(seed, steps, batch, depth, width, options):
    sizes = (3, *[width] * depth, 2)
    run = task(seed, steps=steps, batch=batch, sizes=sizes, **options)
    assert_equal(gradients.bptt(*run), gradients.autograd(*run))


@pytest.mark.parametrize("reset_gradient", [True, False])
@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
def test_the_networks_of_these_tests_do_spike(reset, reset_gradient):
    network, spikes, error = task(0, reset=reset, reset_gradient=reset_gradient, recurrent=True)
    assert 0.05 < network(spikes).hidden[0].spikes.mean() < 0.95
    assert all(g.abs().sum() > 0 for g in gradients.bptt(network, spikes, error).values())


def test_squared_error_and_no_hidden_layer():
    network, spikes, _ = task(1, sizes=(4, 2))
    error = training.step_squared_error(torch.randn(12, 2, 2, dtype=torch.float64))
    assert_equal(gradients.bptt(network, spikes, error), gradients.autograd(network, spikes, error))


def truncated_by_autograd(network, spikes, error, truncate):
    """Return the gradient of a plain loop that detaches its state after each piece."""
    states = [LIFState(*x) for x in gradients.rest(network, spikes.shape[1]).hidden]
    out, readouts = gradients.rest(network, spikes.shape[1]).readout, []
    for n, x in enumerate(spikes):
        if n % truncate == 0:
            states = [LIFState(s.syn.detach(), s.mem.detach()) for s in states]
            out = LIFState(out.syn.detach(), out.mem.detach())
        for i, layer in enumerate(network.hidden):
            drive = x @ layer.weight.T
            x, states[i] = lif_step(states[i], drive, layer.neuron, layer.recurrent())
        readouts.append(out.mem)
        out = leaky_step(out, x @ network.readout.weight.T, network.readout.neuron)
    named = dict(network.named_parameters())
    loss = error.loss(torch.stack(readouts))
    values = torch.autograd.grad(loss, list(named.values()), materialize_grads=True)
    return dict(zip(named, values, strict=True))


@pytest.mark.parametrize("truncate", [3, 5, 12, 40])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_truncation_equals_a_loop_that_detaches(truncate, reset):
    run = task(2, reset=reset, reset_gradient=True, recurrent=True, sizes=(4, 5, 5, 3))
    cut = gradients.bptt(*run, truncate=truncate)
    assert_equal(cut, truncated_by_autograd(*run, truncate))
    exact = gradients.bptt(*run)
    if truncate >= 12:
        assert_equal(cut, exact)
    else:
        assert all((cut[name] - exact[name]).abs().max() > 1e-6 for name in exact)


def test_pieces_shorter_than_the_latency_reach_no_deep_weight():
    """An input needs three steps to the readout, and two more for each hidden layer."""
    network, spikes, error = task(6, sizes=(4, 5, 5, 3), steps=40)
    for truncate in range(1, 9):
        cut = gradients.bptt(network, spikes, error, truncate=truncate)
        reached = [bool(value.any()) for value in cut.values()]
        assert reached == [truncate >= 7, truncate >= 5, truncate >= 3]


def test_truncation_to_one_step_leaves_nothing():
    network, spikes, error = task(3)
    cut = gradients.bptt(network, spikes, error, truncate=1)
    assert all(not value.any() for value in cut.values())


def test_nothing_is_changed_and_no_graph_is_built():
    network, spikes, error = task(4, recurrent=True)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    result = gradients.bptt(network, spikes, error)
    assert all(not value.requires_grad for value in result.values())
    assert all(p.grad is None for p in network.parameters())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_float32_stays_float32():
    network, spikes, error = task(5)
    result = gradients.bptt(network.float(), spikes.float(), error)
    assert {value.dtype for value in result.values()} == {torch.float32}


@pytest.mark.parametrize("kind", ["cross entropy", "squared"])
def test_errors_are_the_derivative_of_their_loss(kind):
    generator = torch.Generator().manual_seed(0)
    readout = torch.randn(4, 3, 2, dtype=torch.float64, generator=generator, requires_grad=True)
    if kind == "squared":
        error = training.step_squared_error(torch.randn(4, 3, 2, dtype=torch.float64))
    else:
        error = training.step_cross_entropy(torch.tensor([0, 1, 1]), 4)
    (exact,) = torch.autograd.grad(error.loss(readout), readout)
    rows = torch.stack([error(readout.detach()[n], n) for n in range(4)])
    torch.testing.assert_close(rows, exact, atol=1e-14, rtol=0)


def test_agreement_of_known_gradients():
    a = {"w": torch.tensor([[3.0, 4.0]])}
    same = gradients.compare(a, {"w": 2 * a["w"]})["w"]
    assert same == pytest.approx((1.0, 2.0))
    across = gradients.compare(a, {"w": torch.tensor([[-4.0, 3.0]])})["w"]
    assert across == pytest.approx((0.0, 1.0))
    nothing = gradients.compare(a, {"w": torch.zeros(1, 2)})["w"]
    assert torch.isnan(torch.tensor(nothing.cosine)) and nothing.norm_ratio == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda n, s, e: gradients.bptt(torch.nn.Linear(2, 2), s, e), "network is a Linear"),
        (lambda n, s, e: gradients.bptt(n, s[0], e), "spikes has shape"),
        (lambda n, s, e: gradients.bptt(n, s.float(), e), "spikes has dtype"),
        (lambda n, s, e: gradients.bptt(n, s, e, truncate=0), "truncate is 0"),
        (lambda n, s, e: training.step_cross_entropy(torch.zeros(2), 3), "labels is"),
        (lambda n, s, e: training.step_cross_entropy(torch.zeros(2, 2).long(), 3), "labels has"),
        (lambda n, s, e: training.step_squared_error(torch.zeros(2)), "target has shape"),
        (lambda n, s, e: e(torch.zeros(2, 3), 12), "n is 12"),
        (lambda n, s, e: e(torch.zeros(5, 3), 0), "readout has shape"),
        (lambda n, s, e: e.loss(torch.zeros(5, 2, 3)), "readout has shape"),
        (lambda n, s, e: gradients.compare({"a": s}, {"b": s}), "other has the names"),
        (lambda n, s, e: gradients.compare({"a": s}, {"a": s[0]}), "other.'a'. has shape"),
    ],
)
def test_errors_name_the_argument(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call(*task(0))


@pytest.mark.parametrize("checkpoint", [1, 4, 5, 12, 40])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_checkpoints_change_no_bit(checkpoint, reset):
    run = task(3, reset=reset, reset_gradient=True, recurrent=True, sizes=(4, 5, 5, 3))
    exact, found = gradients.bptt(*run), gradients.bptt(*run, checkpoint=checkpoint)
    assert all(torch.equal(exact[name], found[name]) for name in exact)
