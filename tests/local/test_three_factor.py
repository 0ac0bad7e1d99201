"""SuperSpike, e-prop, local errors: exact in one layer, flat in memory, and what they drop."""

import pytest
import torch
from helpers import seeded
from local.cases import BATCH, assert_equal, network, run
from torch.utils._pytree import tree_leaves

from snnbook.gradients import Allocations, bptt, online_steps, rtrl
from snnbook.local import (
    EProp,
    Feedback,
    LocalErrors,
    SuperSpike,
    e_prop,
    local_errors,
    random_feedback,
    random_readouts,
    superspike,
)
from snnbook.neurons import SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import step_cross_entropy, step_squared_error


def symmetric(net):
    return random_feedback(net, "symmetric", direct=True)


def cosine(a, b):
    return torch.cosine_similarity(a.flatten(), b.flatten(), dim=0).item()


@pytest.mark.parametrize("rule", [superspike, e_prop])
@pytest.mark.parametrize("reset", ["subtract", "none"])
def test_one_layer_without_recurrence_and_reset_gradient_is_exact(rule, reset):
    net = network(reset=reset)
    assert_equal(rule(net, *run(), feedback=symmetric(net)), bptt(net, *run()))


def test_reset_to_zero_erases_the_trace_of_e_prop_alone():
    net = network(reset="zero")
    exact = bptt(net, *run())
    assert_equal(e_prop(net, *run(), feedback=symmetric(net)), exact)
    found = superspike(net, *run(), feedback=symmetric(net))["hidden.0.weight"]
    # the trace that a reset does not erase is larger
    assert found.norm() > exact["hidden.0.weight"].norm()
    assert cosine(found, exact["hidden.0.weight"]) < 0.999


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_recurrent_layer_is_rtrl_without_recurrence_and_reset(reset):
    net = network(recurrent=True, reset=reset, reset_gradient=True)
    found = e_prop(net, *run(), feedback=symmetric(net))
    assert_equal(found, rtrl(net, *run(), recurrent=False, reset=False))
    if reset == "subtract":
        assert_equal(superspike(net, *run(), feedback=symmetric(net)), found)
    assert not torch.allclose(found["hidden.0.weight"], bptt(net, *run())["hidden.0.weight"])


def test_recurrent_weights_of_zero_leave_nothing_to_drop():
    net = network(recurrent=True)
    with torch.no_grad():
        net.hidden[0].recurrent_weight.zero_()
    assert_equal(e_prop(net, *run(), feedback=symmetric(net)), bptt(net, *run()))


def test_recurrence_is_missed_from_the_step_on_at_which_it_arrives():
    """Input at 0, first effect on a spike at 2, on its neighbors' spikes at 4, on U_out at 6."""
    net = network(recurrent=True)
    spikes = torch.zeros(8, 1, 5).double()
    spikes[0] = 1.0
    for steps, same in ((5, True), (6, True), (7, False)):
        error = step_cross_entropy(torch.tensor([0]), steps=steps)
        case = net, spikes[:steps], error
        found, exact = e_prop(*case, feedback=symmetric(net)), bptt(*case)
        name = "hidden.0.weight"
        assert exact[name].any()
        assert torch.allclose(found[name], exact[name], rtol=1e-10, atol=1e-15) == same


def test_reset_gradient_is_what_separates_one_layer_from_bptt():
    net = network(reset_gradient=True)
    found = e_prop(net, *run(), feedback=symmetric(net))
    assert_equal(found, bptt(net.with_neuron(reset_gradient=False), *run()))
    assert not torch.allclose(found["hidden.0.weight"], bptt(net, *run())["hidden.0.weight"])


def test_reset_term_by_hand():
    """One neuron: with the reset, dU/dw loses theta g(U) dU/dw at each step."""
    net = network((1, 1, 1), surrogate=fast_sigmoid(width=0.5), reset_gradient=True)
    with torch.no_grad():
        net.hidden[0].weight.fill_(0.5)
        net.readout.weight.fill_(2.0)
    steps, neuron = 30, net.readout.neuron
    spikes = torch.ones(steps, 1, 1).double()
    error = step_squared_error(torch.zeros(steps, 1, 1).double())
    out = net(spikes)
    mem, wrong = out.hidden[0].mem.flatten().tolist(), out.readout.flatten().tolist()
    want = {}
    for theta in (0.0, 1.0):
        dsyn = dmem = fsyn = fmem = total = 0.0
        for n in range(steps):
            total += wrong[n] / steps * 2.0 * fmem
            slope = net.hidden[0].neuron.surrogate.derivative(torch.tensor(mem[n] - 1.0)).item()
            fmem, fsyn = neuron.beta * fmem + fsyn, neuron.alpha * fsyn + slope * dmem
            dmem = neuron.beta * dmem + dsyn - theta * slope * dmem
            dsyn = neuron.alpha * dsyn + 1.0
        want[theta] = total
    found = superspike(net, spikes, error, feedback=symmetric(net))["hidden.0.weight"]
    exact = bptt(net, spikes, error)["hidden.0.weight"]
    assert found.item() == pytest.approx(want[0.0], rel=1e-5)
    assert exact.item() == pytest.approx(want[1.0], rel=1e-5)
    assert want[0.0] > want[1.0] > 0  # here the reset takes back part of the effect


def test_in_a_stack_only_the_last_hidden_layer_is_exact():
    net = network((5, 8, 7, 3))
    found, exact = superspike(net, *run(), feedback=symmetric(net)), bptt(net, *run())
    assert_equal(found, exact, ["hidden.1.weight", "readout.weight"])
    assert cosine(found["hidden.0.weight"], exact["hidden.0.weight"]) < 0.99


@pytest.mark.parametrize("kind", ["random", "sign_symmetric", "uniform"])
def test_other_feedback_leaves_the_readout_exact(kind):
    net = network()
    feedback = random_feedback(net, kind, direct=True, generator=seeded(5))
    found, exact = superspike(net, *run(), feedback=feedback), bptt(net, *run())
    assert_equal(found, exact, ["readout.weight"])
    assert abs(cosine(found["hidden.0.weight"], exact["hidden.0.weight"])) < 0.99
    (matrix,) = feedback.matrices
    flipped = superspike(net, *run(), feedback=Feedback((-3 * matrix,), direct=True))
    torch.testing.assert_close(flipped["hidden.0.weight"], -3 * found["hidden.0.weight"])


def test_local_errors_with_the_networks_own_readout_are_exact_in_one_layer():
    net = network()
    own = (net.readout.weight.detach(),)
    found = local_errors(net, *run(), readouts=own, memory="leaky")
    assert_equal(found, bptt(net, *run()))
    without = local_errors(net, *run(), readouts=own)["hidden.0.weight"]
    exact = bptt(net, *run())["hidden.0.weight"]
    assert without.norm() < 0.5 * exact.norm()  # no filter: the kernel's sum is missing


@pytest.mark.parametrize("memory", ["none", "leaky"])
def test_local_errors_are_the_gradient_of_the_local_losses(memory):
    """Autograd, with every layer cut from the one below."""
    net = network((5, 8, 7, 3))
    spikes, error = run()
    readouts = random_readouts(net, generator=seeded(2), gain=3.0)
    found = local_errors(net, spikes, error, readouts=readouts, memory=memory)
    source = spikes
    for i, (layer, matrix) in enumerate(zip(net.hidden, readouts)):
        out = layer(source.detach())
        opinion = out.spikes @ matrix.T
        if memory == "leaky":
            reader = SpikingNetwork((len(layer.weight), 3), std=1.0).double()
            with torch.no_grad():
                reader.readout.weight.copy_(matrix)
            opinion = reader.readout(out.spikes).mem
        (want,) = torch.autograd.grad(error.loss(opinion), layer.weight)
        assert want.any()
        torch.testing.assert_close(found[f"hidden.{i}.weight"], want, rtol=1e-10, atol=1e-14)
        source = out.spikes
    assert_equal(found, bptt(net, spikes, error), ["readout.weight"])


def test_local_errors_do_not_hear_the_layers_above():
    net = network((5, 8, 7, 3))
    readouts = random_readouts(net, generator=seeded(2))
    before = local_errors(net, *run(), readouts=readouts)["hidden.0.weight"]
    with torch.no_grad():
        net.hidden[1].weight.neg_()
        net.readout.weight.mul_(5)
    after = local_errors(net, *run(), readouts=readouts)["hidden.0.weight"]
    assert before.any() and torch.equal(before, after)


def rules(net):
    feedback = random_feedback(net, direct=True, generator=seeded())
    readouts = random_readouts(net, generator=seeded())
    return {
        "superspike": SuperSpike(feedback),
        "e_prop": EProp(feedback),
        "local": LocalErrors(readouts),
        "local leaky": LocalErrors(readouts, memory="leaky"),
    }


@pytest.mark.parametrize("name", ["superspike", "e_prop", "local", "local leaky"])
def test_memory_does_not_grow_with_time(name):
    """What is carried, and the peak within a step, at T = 100 and at T = 2000."""
    net = network(recurrent=True, reset="zero")
    spikes, error = run(steps=2000)
    rule, carried, peaks = rules(net)[name], {}, {}
    carry = rule.start(net, BATCH)
    for n, inputs in enumerate(spikes.unbind(0), start=1):
        if n in (100, 2000):
            with Allocations() as measured:
                carry, increment = rule.step(net, carry, inputs, error, n - 1)
            peaks[n] = measured.peak
            storages = {leaf.untyped_storage() for leaf in tree_leaves(carry)}
            carried[n] = sum(one.nbytes() for one in storages)
        else:
            carry, increment = rule.step(net, carry, inputs, error, n - 1)
    assert 0 < carried[100] == carried[2000]
    assert 0 < peaks[100] == peaks[2000]


@pytest.mark.parametrize("name", ["superspike", "e_prop", "local", "local leaky"])
def test_increments_sum_to_the_rule_and_hold_no_history(name):
    net = network((5, 8, 7, 3), recurrent=True)
    functions = {
        "superspike": lambda: superspike(net, *run(), feedback=rules(net)["e_prop"].feedback),
        "e_prop": lambda: e_prop(net, *run(), feedback=rules(net)["e_prop"].feedback),
        "local": lambda: local_errors(net, *run(), readouts=rules(net)["local"].readouts),
        "local leaky": lambda: local_errors(
            net, *run(), readouts=rules(net)["local"].readouts, memory="leaky"
        ),
    }
    steps = list(online_steps(rules(net)[name], net, *run()))
    total = {key: sum(step[key] for step in steps) for key in steps[0]}
    assert_equal(functions[name](), total)
    assert list(total) == [key for key, _ in net.named_parameters()]
    again = list(online_steps(rules(net)[name], net, *run()))
    assert all(torch.equal(a[key], b[key]) for a, b in zip(steps, again) for key in total)
    spikes, error = run()
    rule = rules(net)[name]
    carry, increment = rule.step(net, rule.start(net, BATCH), spikes[0], error, 0)
    assert not any(leaf.requires_grad for leaf in tree_leaves((carry, increment)))


def test_local_errors_without_memory_keep_nothing_per_synapse():
    net = network((50, 40, 3))
    plain, leaky = (
        sum(leaf.numel() for leaf in tree_leaves(rules(net)[name].start(net, BATCH)))
        for name in ("local", "local leaky")
    )
    assert plain < BATCH * 2 * (50 + 40 + 40 + 40 + 3 + 3) + 1
    assert leaky > plain + BATCH * 2 * 40 * 50


def test_one_step_has_no_gradient_yet():
    net = network()
    found = e_prop(net, *run(steps=1), feedback=symmetric(net))
    assert not any(value.any() for value in found.values())
    assert not any(value.any() for value in bptt(net, *run(steps=1)).values())


def test_bad_input_is_named():
    net, readouts = network(), (torch.ones(3, 8).double(),)
    spikes, error = run()
    with pytest.raises(ValueError, match="direct=False; direct=True is accepted"):
        superspike(net, spikes, error, feedback=random_feedback(net, "symmetric"))
    with pytest.raises(TypeError, match="feedback is a str"):
        e_prop(net, spikes, error, feedback="symmetric")
    with pytest.raises(ValueError, match="spikes has shape"):
        e_prop(net, spikes[:, :, :4], error, feedback=symmetric(net))
    with pytest.raises(TypeError, match="spikes has dtype torch.float32"):
        superspike(net, spikes.float(), error, feedback=symmetric(net))
    with pytest.raises(ValueError, match="memory is 'long'"):
        local_errors(net, spikes, error, readouts=readouts, memory="long")
    with pytest.raises(ValueError, match="readouts has 2 entries; 1 are accepted"):
        local_errors(net, spikes, error, readouts=readouts * 2)
    with pytest.raises(ValueError, match=r"readouts\[0\] has shape"):
        local_errors(net, spikes, error, readouts=(torch.ones(3, 7).double(),))
    with pytest.raises(TypeError, match="generator is a int"):
        random_readouts(net, generator=3)
