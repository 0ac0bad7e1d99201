"""The gradient term by term, and what a rule needs from elsewhere."""

import pytest
import torch
from helpers import seeded

from snnbook.gradients import DROPS, autograd, bptt
from snnbook.laboratory import NEEDS, TERMS, count_terms, needs, term_gradient
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import step_cross_entropy, step_squared_error


def make(sizes=(5, 7, 6, 3), recurrent=True, reset_gradient=True, **changes):
    changes = {"surrogate": fast_sigmoid(width=0.5), "reset_gradient": reset_gradient} | changes
    network = SpikingNetwork(
        sizes,
        LIFNeuron(**changes),
        recurrent=recurrent,
        input_rate=100.0,
        hidden_rate=50.0,
        generator=seeded(0),
        std=1.0,
    ).double()
    spikes = (torch.rand(30, 4, sizes[0], generator=seeded(1)) < 0.2).double()
    target = torch.randn(30, 4, sizes[-1], generator=seeded(2), dtype=torch.float64)
    return network, spikes, step_squared_error(target)


def agree(a, b):
    assert a.keys() == b.keys()
    return all(torch.allclose(a[name], b[name], rtol=1e-10, atol=1e-14) for name in a)


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("reset", ["subtract", "none"])
def test_all_terms_are_the_exact_surrogate_gradient(recurrent, reset):
    case = make(recurrent=recurrent, reset=reset)
    assert agree(autograd(*case), term_gradient(*case))


def test_dropping_the_reset_is_the_detached_reset():
    network, spikes, error = make()
    detached, _, _ = make(reset_gradient=False)
    detached.load_state_dict(network.state_dict())
    assert agree(bptt(detached, spikes, error), term_gradient(network, spikes, error, drop="reset"))


def test_a_term_that_is_not_there_changes_nothing():
    case = make(recurrent=False, reset="none")
    assert agree(term_gradient(*case), term_gradient(*case, drop=("recurrent", "reset")))


def test_the_table_explains_every_term_that_can_be_dropped():
    assert set(TERMS) == set(DROPS)


@pytest.mark.parametrize("term", sorted(TERMS))
def test_every_term_matters(term):
    case = make()
    exact, without = term_gradient(*case), term_gradient(*case, drop=(term,))
    assert not torch.allclose(exact["hidden.0.weight"], without["hidden.0.weight"])


@pytest.mark.parametrize("term", ["spike", "forward", "charge"])
def test_nothing_reaches_a_hidden_layer_without_the_way_there(term):
    found = term_gradient(*make(), drop=(term,))
    assert not any(values.any() for name, values in found.items() if name.startswith("hidden"))


def test_other_matrices_on_the_way_back():
    network, spikes, error = make()
    above = [network.hidden[1].weight.detach(), network.readout.weight.detach()]
    exact = term_gradient(network, spikes, error)
    assert agree(exact, term_gradient(network, spikes, error, back=above))
    other = [torch.randn(w.shape, generator=seeded(3), dtype=w.dtype) for w in above]
    found = term_gradient(network, spikes, error, back=other)
    assert torch.equal(found["readout.weight"], exact["readout.weight"])
    assert not torch.allclose(found["hidden.1.weight"], exact["hidden.1.weight"])


def test_the_counts_are_those_of_the_graph():
    steps, (inputs, first, second, outputs) = 4, (2, 3, 5, 2)
    found = count_terms((inputs, first, second, outputs), steps)
    neurons = first + second
    assert found["spike"] == steps * neurons
    assert found["membrane"] == found["reset"] == (steps - 1) * neurons
    assert found["charge"] == (steps - 1) * (neurons + outputs)
    assert found["recurrent"] == (steps - 1) * (first**2 + second**2)
    assert found["forward"] == (steps - 1) * (first * second + second * outputs)
    assert count_terms((2, 3, 2), 1)["recurrent"] == 0
    assert count_terms((2, 3, 2), 5, recurrent=False)["recurrent"] == 0


def test_what_a_rule_needs():
    inputs, hidden, outputs, steps = 4, 3, 2, 5
    found = {rule: needs(rule, inputs, hidden, outputs, steps) for rule in NEEDS}
    # These three read weights that belong to other neurons; one has a buffer.
    assert {rule for rule in NEEDS if found[rule].borrowed} == {"bptt", "rtrl", "e-prop"}
    assert {rule for rule in NEEDS if found[rule].kept} == {"bptt"}
    influence = hidden * (inputs + hidden)  # one number for each weight of the layer
    errors = steps * hidden * outputs
    assert found["rtrl"].sent == steps * hidden * (hidden - 1) * influence + errors
    assert found["bptt"].sent == steps * hidden * (hidden - 1) + errors
    assert found["uoro"].sent == steps * hidden * (hidden - 1 + 3)
    twice = needs("bptt", inputs, hidden, outputs, 2 * steps)
    assert twice.kept == 2 * found["bptt"].kept


def test_bad_input():
    network, spikes, error = make()
    with pytest.raises(ValueError, match="drop names"):
        term_gradient(network, spikes, error, drop=("synapse",))
    with pytest.raises(ValueError, match="back has 1"):
        term_gradient(network, spikes, error, back=[torch.ones(6, 7)])
    with pytest.raises(ValueError, match="resets to zero"):
        term_gradient(*make(reset="zero"))
    with pytest.raises(ValueError, match="rule is 'sgd'"):
        needs("sgd", 1, 1, 1, 1)
    with pytest.raises(ValueError, match="steps is 0"):
        count_terms((2, 2), 0)
    with pytest.raises(ValueError, match="at least inputs"):
        count_terms((2,), 1)


def test_a_network_without_hidden_layers():
    network = SpikingNetwork((3, 2), generator=seeded(0), std=1.0)
    spikes = torch.ones(6, 2, 3)
    error = step_cross_entropy(torch.tensor([0, 1]), steps=6)
    found = term_gradient(network, spikes, error)
    expected = autograd(network, spikes, error)
    assert torch.allclose(found["readout.weight"], expected["readout.weight"], rtol=1e-5)
