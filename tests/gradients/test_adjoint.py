"""One step back in time: exact with the weights, and each term where the plain loop has it."""

import pytest
import torch

from snnbook.gradients import (
    DROPS,
    Adjoint,
    autograd,
    backward,
    bptt,
    record,
    run_back,
    slope,
    through_matrices,
    whole_run,
)
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import step_cross_entropy, step_errors

STEPS = 30
RESETS = [("subtract", True), ("subtract", False), ("zero", True), ("none", False)]


def rng(seed):
    return torch.Generator().manual_seed(seed)


def case(reset="subtract", reset_gradient=True, recurrent=True):
    network = SpikingNetwork(
        (5, 7, 6, 3),
        LIFNeuron(reset=reset, reset_gradient=reset_gradient, surrogate=fast_sigmoid(width=0.5)),
        recurrent=recurrent,
        input_rate=50.0,
        generator=rng(0),
        std=1.0,
    ).double()
    spikes = (torch.rand(STEPS, 4, 5, generator=rng(1)) < 0.2).double()
    return network, spikes, step_cross_entropy(torch.tensor([0, 1, 2, 0]), steps=STEPS)


def above(network):
    return [network.hidden[1].weight.detach(), network.readout.weight.detach()]


def ran(network, spikes, error):
    history = record(network, spikes)
    return history, [error(seen[-1].mem, n) for n, seen in enumerate(history)]


def assert_close(found, want):
    assert found.keys() == want.keys()
    for name, value in want.items():
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-14, msg=name)


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("reset", RESETS)
def test_the_transposed_weights_and_nothing_dropped_are_autograd(reset, recurrent):
    network, *run = case(*reset, recurrent)
    adjoint = Adjoint(back=through_matrices(above(network)))
    found = run_back(network, *ran(network, *run), adjoint)
    assert all(value.any() for value in found.values())
    assert_close(found, autograd(network, *run))
    assert all(torch.equal(found[name], value) for name, value in bptt(network, *run).items())


def plain(network, spikes, error, drop, back):
    """The gradient term by term, written out layer by layer, with a factor at each term."""
    keep = {term: float(term not in drop) for term in DROPS}
    run = whole_run(network, spikes)
    inputs = [seen.source for seen in run]

    def outer(lam_syn, source):
        later = torch.cat([lam_syn[1:], torch.zeros_like(lam_syn[:1])])
        return torch.einsum("tbo,tbi->oi", later, source), later

    neuron, found = network.readout.neuron, {}
    alpha, beta = neuron.alpha * keep["readout"], neuron.beta * keep["readout"]
    syn = mem = torch.zeros_like(run[-1].mem[0])
    lam = torch.empty_like(run[-1].mem)
    for n in reversed(range(STEPS)):
        syn, mem = alpha * syn + mem * keep["charge"], beta * mem + error(run[-1].mem[n], n)
        lam[n] = syn
    found["readout.weight"], later = outer(lam, inputs[-1])
    for i in reversed(range(len(network.hidden))):
        layer, seen = network.hidden[i], run[i]
        theta = layer.neuron.threshold
        from_above = later @ back[i] * keep["forward"]
        bump = layer.neuron.surrogate.derivative(seen.mem - theta) * keep["spike"]
        syn = mem = torch.zeros_like(seen.mem[0])
        lam = torch.empty_like(seen.mem)
        for n in reversed(range(STEPS)):
            lam_spike = from_above[n] - theta * keep["reset"] * mem
            lam_spike = lam_spike + syn @ layer.recurrent() * keep["recurrent"]
            syn, mem = (
                layer.neuron.alpha * keep["current"] * syn + mem * keep["charge"],
                layer.neuron.beta * keep["membrane"] * mem + bump[n] * lam_spike,
            )
            lam[n] = syn
        found[f"hidden.{i}.weight"], later = outer(lam, inputs[i])
        found[f"hidden.{i}.recurrent_weight"], _ = outer(lam, seen.spikes)
    return {name: found[name].detach() for name, _ in network.named_parameters()}


@pytest.mark.parametrize("drop", [(), *[(term,) for term in DROPS], ("reset", "recurrent")])
def test_each_term_is_dropped_where_the_plain_loop_has_it(drop):
    network, spikes, error = case()
    found = run_back(network, *ran(network, spikes, error), Adjoint(drop=drop))
    with torch.no_grad():
        assert_close(found, plain(network, spikes, error, drop, above(network)))
    changed = [not torch.allclose(found[k], v) for k, v in bptt(network, spikes, error).items()]
    assert any(changed) == bool(drop)


def test_other_matrices_on_the_way_back():
    network, spikes, error = case()
    other = [torch.randn(w.shape, generator=rng(3), dtype=w.dtype) for w in above(network)]
    adjoint = Adjoint(back=through_matrices(other))
    found = run_back(network, *ran(network, spikes, error), adjoint)
    with torch.no_grad():
        assert_close(found, plain(network, spikes, error, (), other))


def test_something_else_in_place_of_the_surrogate():
    """Twice the surrogate in a network of one hidden layer: every path through it is doubled."""
    network, spikes, error = case(recurrent=False, reset="none", reset_gradient=False)
    network.hidden = network.hidden[:1]
    network.readout = SpikingNetwork((7, 3), generator=rng(5), std=1.0).double().readout
    twice = Adjoint(spike=lambda layer, seen, lam: 2 * slope(layer, seen) * lam)
    found, exact = (
        run_back(network, *ran(network, spikes, error), twice),
        bptt(network, spikes, error),
    )
    assert_close(found, exact | {"hidden.0.weight": 2 * exact["hidden.0.weight"]})


@pytest.mark.parametrize("reset", RESETS)
def test_the_whole_run_is_the_record_of_each_step(reset):
    network, spikes, error = case(*reset)
    run, history = whole_run(network, spikes), record(network, spikes)
    for n in (0, 7, STEPS - 1):
        for whole, seen in zip(run, history[n]):
            for one, two in zip(whole.at(n), seen):
                assert (one is None) or torch.allclose(one, two, rtol=1e-12, atol=1e-14)
    errors = ran(network, spikes, error)[1]
    torch.testing.assert_close(step_errors(error, run[-1].mem), torch.stack(errors))


def test_no_history_gives_nothing():
    network, *_ = case()
    assert list(backward(network, [], [])) == []


def test_a_term_that_there_is_not_is_named():
    with pytest.raises(ValueError, match=r"drop names \['synapse'\]; of current, "):
        Adjoint(drop=("reset", "synapse"))
    assert Adjoint(drop="reset").drop == {"reset"}
