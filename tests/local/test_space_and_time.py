"""OTTT and OSTL: written out, exact where layers above forget at once, and what they drop."""

from dataclasses import replace

import pytest
import torch
from helpers import seeded
from local.cases import BATCH, assert_equal, network, run
from torch.utils._pytree import tree_leaves

from snnbook.gradients import (
    Adjoint,
    Allocations,
    autograd,
    bptt,
    error_at,
    online_steps,
    record,
    run_back,
)
from snnbook.local import (
    OSTL,
    OTTT,
    e_prop,
    ostl,
    ostl_gathered,
    ottt,
    random_feedback,
    superspike,
)
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import step_cross_entropy

RULES = {"ottt": (ottt, OTTT()), "ostl": (ostl, OSTL())}
TINY = 1e-6  # a time constant of which a step of 1 ms leaves nothing


def forgetful(above=0, sizes=(5, 8, 3), recurrent=False, **kind):
    """Return a network whose readout forgets at once, and ``above`` layers below it too."""
    slow = LIFNeuron(surrogate=fast_sigmoid(width=0.5), **kind)
    fast = replace(slow, tau_mem=TINY, tau_syn=2 * TINY)
    assert fast.alpha < 1e-200 and fast.beta < 1e-200
    hidden = len(sizes) - 2
    neurons = [slow] * (hidden - above) + [fast] * above
    options = {"recurrent": recurrent, "input_rate": 300.0, "hidden_rate": 50.0, "std": 1.0}
    if above:
        net = SpikingNetwork(sizes, neurons, generator=seeded(0), **options)
    else:  # the readout takes the constants of the last layer, and with_neuron leaves it alone
        net = SpikingNetwork(sizes, fast, generator=seeded(0), **options)
        net = net.with_neuron(tau_mem=slow.tau_mem, tau_syn=slow.tau_syn)
    assert net.readout.neuron.beta < 1e-200 < 0.5 < net.hidden[0].neuron.beta
    return net.double()


def differ(found, want, name="hidden.0.weight"):
    assert found[name].any() and want[name].any()
    return not torch.allclose(found[name], want[name], rtol=1e-3, atol=0)


def response(neuron, lag):
    """The membrane's answer to one spike, in closed form: 0, 0, 1, alpha + beta, and so on."""
    return (
        0.0
        if lag < 1
        else (neuron.alpha ** (lag - 1) - neuron.beta ** (lag - 1)) / (neuron.alpha - neuron.beta)
    )


def presynaptic_trace(layer, source, rows):
    """The trace of OTTT, (T, B, N, N, N_in): a double loop over time, alike for all neurons."""
    steps, batch, inputs = source.shape
    trace = torch.zeros(steps, batch, rows, rows, inputs).double()
    for n in range(steps):
        for m in range(n):
            answer = response(layer.neuron, n - m) * source[m]
            for i in range(rows):
                trace[n, :, i, i] += answer
    return trace


def influence(layer, source, weight):
    """The trace of OSTL, (T, B, N, N, N_in): autograd asks each membrane for each weight."""
    mem = layer(source).mem
    found = [torch.autograd.grad(x, weight, retain_graph=True)[0] for x in mem.flatten()]
    return torch.stack(found).reshape(*mem.shape, *weight.shape)


def written_out(net, spikes, error, rule):
    """The rule as it is defined: loops over steps and layers, nothing carried, nothing reused."""
    with torch.no_grad():
        readout, hidden = net(spikes)
    steps, found = len(spikes), {}
    delta = [error(readout[n], n) for n in range(steps)]
    arrived = sum(
        torch.einsum(
            "bc,bm->cm", delta[n], response(net.readout.neuron, n - m) * hidden[-1].spikes[m]
        )
        for n in range(steps)
        for m in range(n)
    )
    above = net.readout
    for i in reversed(range(len(hidden))):
        layer, mem = net.hidden[i], hidden[i].mem
        nothing = torch.zeros_like(mem[0])
        delta = [
            layer.neuron.surrogate.derivative(mem[n] - 1.0) * (delta[n + 2] @ above.weight.detach())
            if n + 2 < steps
            else nothing
            for n in range(steps)
        ]
        source = spikes if i == 0 else hidden[i - 1].spikes
        for name, weight in layer.named_parameters():
            sent = hidden[i].spikes if name == "recurrent_weight" else source
            if rule == "ottt":
                trace = presynaptic_trace(layer, sent, len(weight))
            else:
                trace = influence(layer, source, weight)
            found[f"hidden.{i}.{name}"] = sum(
                torch.einsum("bk,bkij->ij", delta[n], trace[n]) for n in range(steps)
            )
        above = layer
    return found | {"readout.weight": arrived}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("sizes", [(5, 4, 3), (5, 4, 3, 3), (5, 3, 4, 3, 3)])
@pytest.mark.parametrize(
    "kind",
    [{}, {"reset": "zero"}, {"recurrent": True, "reset_gradient": True},
     {"recurrent": True, "reset": "zero", "reset_gradient": True}],
)  # fmt: skip
def test_the_rule_written_out(rule, sizes, kind):
    net = network(sizes, **kind)
    spikes, error = run(steps=10 * len(sizes) - 18)
    want = written_out(net, spikes, error, rule)
    assert_equal(RULES[rule][0](net, spikes, error), want)


def without(net, *drop):
    """The exact gradient without some of its arrows, backward in time."""
    spikes, error = run()
    history = record(net, spikes)
    errors = [error_at(error, seen[-1].mem, n) for n, seen in enumerate(history)]
    return run_back(net, history, errors, Adjoint(drop=drop))


@pytest.mark.parametrize("reset", ["subtract", "none", "zero"])
def test_one_layer_lacks_the_memory_of_the_readout_and_what_the_trace_lacks(reset):
    net = network(recurrent=True, reset=reset, reset_gradient=True)
    names = ["hidden.0.weight", "hidden.0.recurrent_weight"]
    exact = bptt(net, *run())
    found = ostl(net, *run())
    assert_equal(found, without(net, "readout"), names)
    assert_equal(found, exact, ["readout.weight"])
    assert differ(found, exact)
    found = ottt(net, *run())
    assert_equal(found, exact, ["readout.weight"])
    assert differ(found, exact)
    if reset != "zero":  # which erases the trace of every other rule
        assert_equal(found, without(net, "readout", "reset", "recurrent"), names)


@pytest.mark.parametrize("reset", ["subtract", "none", "zero"])
@pytest.mark.parametrize("recurrent", [False, True])
def test_a_readout_that_forgets_at_once_makes_ostl_exact(reset, recurrent):
    net = forgetful(recurrent=recurrent, reset=reset, reset_gradient=True)
    exact = autograd(net, *run())
    assert_equal(ostl(net, *run()), exact)
    assert_equal(bptt(net, *run()), exact)
    if recurrent or reset != "none":
        assert differ(ottt(net, *run()), exact)


@pytest.mark.parametrize("reset", ["subtract", "none"])
def test_a_readout_that_forgets_at_once_makes_ottt_exact_without_reset_and_recurrence(reset):
    net = forgetful(reset=reset)
    assert_equal(ottt(net, *run()), autograd(net, *run()))


def test_there_ottt_is_superspike_and_nowhere_else():
    """The eligibility trace of SuperSpike is filtered by the readout; OTTT has no such filter."""
    for net, same in ((forgetful(), True), (network(), False)):
        feedback = random_feedback(net, "symmetric", direct=True)
        found = superspike(net, *run(), feedback=feedback)
        assert differ(ottt(net, *run()), found) != same
        if same:
            assert_equal(ottt(net, *run()), found)
            assert_equal(found, e_prop(net, *run(), feedback=feedback))


def test_two_layers_are_exact_where_all_above_forgets_at_once():
    net = forgetful(1, (5, 8, 7, 3))
    exact = autograd(net, *run())
    assert_equal(ostl(net, *run()), exact)
    assert_equal(ottt(net, *run()), exact)


def test_the_memory_of_a_layer_above_is_dropped_whatever_it_is():
    """Leak, reset and recurrent weights of the second layer: each alone is missing in the first."""
    last = ["hidden.1.weight", "readout.weight"]
    sizes = (5, 8, 7, 3)
    kinds = {
        "leak": forgetful(0, sizes),
        "reset": forgetful(1, sizes, reset_gradient=True),
        "recurrent": forgetful(1, sizes, recurrent=(False, True)),
    }
    for kind, net in kinds.items():
        exact, found = autograd(net, *run()), ostl(net, *run())
        assert_equal(found, exact, last)
        assert differ(found, exact), kind


def test_the_layer_of_the_weight_may_remember_by_reset_and_recurrence():
    slow = LIFNeuron(surrogate=fast_sigmoid(width=0.5), reset_gradient=True)
    fast = replace(slow, tau_mem=TINY, tau_syn=2 * TINY, reset_gradient=False)
    options = {"input_rate": 300.0, "hidden_rate": 50.0, "std": 1.0, "generator": seeded(0)}
    net = SpikingNetwork((5, 8, 7, 3), [slow, fast], recurrent=(True, False), **options).double()
    exact = autograd(net, *run())
    assert_equal(ostl(net, *run()), exact)
    assert differ(ottt(net, *run()), exact)


@pytest.mark.parametrize("sizes", [(5, 8, 3), (5, 8, 7, 3)])
@pytest.mark.parametrize(
    ("kind", "same"),
    [({}, True), ({"reset": "none"}, True), ({"reset": "none", "reset_gradient": True}, True),
     ({"reset_gradient": True}, False), ({"reset": "zero"}, False), ({"recurrent": True}, False)],
)  # fmt: skip
def test_the_two_rules_are_one_without_recurrence_and_reset(sizes, kind, same):
    net = network(sizes, **kind)
    if same:
        assert_equal(ottt(net, *run()), ostl(net, *run()))
    else:
        assert differ(ottt(net, *run()), ostl(net, *run()))


def test_ottt_does_not_look_at_the_reset():
    names = [name for name, _ in network((5, 8, 7, 3)).named_parameters()]
    plain = ottt(network((5, 8, 7, 3)), *run())
    assert_equal(ottt(network((5, 8, 7, 3), reset_gradient=True), *run()), plain, names)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_first_effect_is_exact_and_the_second_is_not(rule, layers):
    """Input at 0; two steps for each layer; the readout hears of it at 2 (layers + 1)."""
    net = network((5, *[8] * layers, 3), recurrent=True, reset_gradient=True)
    first = 2 * (layers + 1)
    spikes = torch.zeros(first + 2, 1, 5).double()
    spikes[0] = 1.0
    for steps, same in ((first, None), (first + 1, True), (first + 2, False)):
        error = step_cross_entropy(torch.tensor([0]), steps=steps)
        found, exact = RULES[rule][0](net, spikes[:steps], error), bptt(net, spikes[:steps], error)
        if same is None:
            assert not found["hidden.0.weight"].any() and not exact["hidden.0.weight"].any()
        else:
            assert differ(found, exact) != same
        if same:
            assert_equal(found, exact, ["hidden.0.weight"])


@pytest.mark.parametrize("rule", RULES)
def test_the_error_of_a_step_needs_no_later_step(rule):
    """Cut the run at any step: what was learned until there is the same."""
    net = network((5, 4, 4, 3), recurrent=True, reset_gradient=True)
    spikes, error = run(steps=20)
    whole = list(online_steps(RULES[rule][1], net, spikes, error))
    for steps in (7, 13):
        part = list(online_steps(RULES[rule][1], net, spikes[:steps], error))
        for a, b in zip(part, whole):
            assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("rule", RULES)
def test_memory_grows_with_depth_and_not_with_time(rule):
    """What is carried, and the peak within a step, at T = 50 and at T = 500."""
    online, totals = RULES[rule][1], {}
    for layers in (1, 2, 3):
        net = network((5, *[4] * layers, 3), recurrent=True, reset="zero")
        spikes, error = run(steps=500)
        carry, carried, peaks = online.start(net, BATCH), {}, {}
        for n, inputs in enumerate(spikes.unbind(0), start=1):
            if n not in (50, 500):
                carry, _ = online.step(net, carry, inputs, error, n - 1)
            else:
                with Allocations() as measured:
                    carry, _ = online.step(net, carry, inputs, error, n - 1)
                peaks[n] = measured.peak
                storages = {leaf.untyped_storage() for leaf in tree_leaves(carry)}
                carried[n] = sum(one.nbytes() for one in storages)
        assert 0 < carried[50] == carried[500]
        assert 0 < peaks[50] == peaks[500]
        assert [len(steps) for steps in carry.past] == [2 * d for d in range(layers, 0, -1)]
        totals[layers] = carried[500]
    assert totals[1] < totals[2] < totals[3]


def test_ottt_carries_a_number_for_each_input_and_ostl_one_for_each_synapse():
    numbers = {}
    for rule, (_, online) in RULES.items():
        carry = online.start(network((50, 40, 3)), BATCH)
        numbers[rule] = carry.traces["hidden.0.weight"].mem.numel()
    assert numbers == {"ottt": BATCH * 50, "ostl": BATCH * 40 * 50}
    wide = OSTL().start(network((50, 40, 3), recurrent=True), BATCH)
    assert wide.traces["hidden.0.weight"].mem.numel() == BATCH * 40 * 40 * 50


@pytest.mark.parametrize("rule", RULES)
def test_increments_sum_to_the_rule_and_hold_no_history(rule):
    net = network((5, 8, 7, 3), recurrent=True, reset_gradient=True)
    function, online = RULES[rule]
    steps = list(online_steps(online, net, *run()))
    total = {name: sum(step[name] for step in steps) for name in steps[0]}
    assert_equal(function(net, *run()), total)
    assert list(total) == [name for name, _ in net.named_parameters()]
    spikes, error = run()
    carry, increment = online.step(net, online.start(net, BATCH), spikes[0], error, 0)
    assert not any(leaf.requires_grad for leaf in tree_leaves((carry, increment)))


@pytest.mark.parametrize("sizes", [(5, 3), (5, 8, 3), (5, 8, 7, 6, 3)])
@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("kind", [{}, {"reset_gradient": True}, {"reset": "zero"}])
def test_gathered_is_ostl(sizes, recurrent, kind):
    net = network(sizes, recurrent=recurrent, **kind)
    assert_equal(ostl_gathered(net, *run()), ostl(net, *run()))


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_short_runs(steps):
    net = network((5, 8, 7, 3), recurrent=True)
    for rule in (ottt, ostl, ostl_gathered):
        found = rule(net, *run(steps=steps))
        assert found["readout.weight"].shape == (3, 7)
        assert not found["hidden.1.weight"].any()


def test_bad_input_is_named():
    net, (spikes, error) = network(), run()
    for rule in (ottt, ostl, ostl_gathered):
        with pytest.raises(ValueError, match="spikes has shape"):
            rule(net, spikes[:, :, :4], error)
        with pytest.raises(TypeError, match="error is a str"):
            rule(net, spikes, "cross entropy")
    for online in (OTTT(), OSTL()):
        with pytest.raises(ValueError, match="batch is 0"):
            online.start(net, 0)
        with pytest.raises(TypeError, match="network is a Linear"):
            online.start(torch.nn.Linear(3, 2), 1)
