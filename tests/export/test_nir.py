"""NIR: a round trip equal to rounding, and what other libraries make of a graph."""

import sys

import numpy as np
import pytest
import torch
from helpers import seeded
from torch import nn

from snnbook.export import from_nir, to_nir
from snnbook.neurons import (
    LIF,
    AdaptiveNeuron,
    LeakyReadout,
    LIFNeuron,
    RecurrentLIF,
    SpikingNetwork,
    draw_constants,
)
from snnbook.surrogates import Z, boxcar, custom, gaussian

nir = pytest.importorskip("nir", reason="nir is not installed")

STEPS, INPUTS = 60, 8


def spikes(batch=5, dtype=torch.float32):
    return (torch.rand(STEPS, batch, INPUTS, generator=seeded(3)) < 0.2).to(dtype)


def network(neuron=None, sizes=(INPUTS, 10, 7, 3), **options):
    neuron = LIFNeuron(tau_mem=17e-3, tau_syn=3e-3) if neuron is None else neuron
    options = {"input_rate": 200.0, "std": 2.0, "generator": seeded()} | options
    return SpikingNetwork(sizes, neuron, **options)


def differing():
    taus = draw_constants(20e-3, 10, generator=seeded(4))
    first = LIFNeuron(taus, threshold=0.8, reset="zero", surrogate=gaussian(width=0.4))
    return network((first, LIFNeuron(reset_gradient=True)), recurrent=(True, False))


NETWORKS = {
    "plain": network,
    "recurrent": lambda: network(recurrent=True),
    "differing": differing,
    "learned": lambda: network(learn=("tau_mem", "threshold"), spread=0.3),
    "no synapse": lambda: network(LIFNeuron(tau_syn=1e-9)),
    "other steps": lambda: network(LIFNeuron(dt=5e-4, reset="none")),
    "doubles": lambda: network(recurrent=True).double(),
    "no hidden layer": lambda: network(sizes=(INPUTS, 3)),
}


@pytest.mark.parametrize("decay", ["euler", "exact"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_round_trip_through_a_file_is_equal_to_rounding(name, decay, tmp_path):
    model = NETWORKS[name]()
    nir.write(tmp_path / "graph.nir", to_nir(model, decay=decay))
    again = from_nir(nir.read(tmp_path / "graph.nir"))
    kinds = ([type(x) for x in one.modules()] for one in (model, again))
    assert next(kinds) == next(kinds)
    x = spikes(dtype=model.readout.weight.dtype)
    with torch.no_grad():
        wanted, found = model(x), again(x)
    for one, other in zip(wanted.hidden, found.hidden, strict=True):
        assert one.spikes.any() and torch.equal(one.spikes, other.spikes)
    torch.testing.assert_close(found.readout, wanted.readout, rtol=1e-5, atol=1e-5)
    layers = zip([*model.hidden, model.readout], [*again.hidden, again.readout], strict=True)
    for one, other in layers:
        torch.testing.assert_close(other.weight, one.weight, rtol=1e-12, atol=0)
        assert one.weight.dtype == other.weight.dtype
        for constant, value in one.neuron.constants().items():
            if isinstance(value, float) and value > 1e-7:
                got = other.neuron.constants().get(constant)
                got = other.neuron.constants()[constant.split("[")[0]] if got is None else got
                assert got == pytest.approx(value, rel=1e-6), constant
        for option in ("reset", "reset_gradient", "surrogate", "spike_at_threshold"):
            assert getattr(one.neuron, option, 0) == getattr(other.neuron, option, 0)


@pytest.mark.parametrize("decay", ["euler", "exact"])
@pytest.mark.parametrize("dt", [None, 1e-4])
def test_a_reader_that_steps_as_was_said_has_the_membrane_of_the_network(decay, dt):
    """The differential equations of the nodes, stepped in ten lines of NumPy, without spikes."""
    layer = LeakyReadout(INPUTS, 3, network().readout.neuron, generator=seeded()).double()
    graph = to_nir(layer, decay=decay, dt=dt)
    node, weight = graph.nodes["readout"], graph.nodes["weight_0"].weight
    step = 1e-3 if dt is None else dt
    keep = {
        name: 1 - step / tau if decay == "euler" else np.exp(-step / tau)
        for name, tau in (("syn", node.tau_syn), ("mem", node.tau_mem))
    }
    x = spikes(dtype=torch.float64)
    current, mem, mems = np.zeros((5, 3)), np.zeros((5, 3)), []
    for row in x.numpy():
        mems.append(mem)
        mem = keep["mem"] * mem + (1 - keep["mem"]) * node.r * current
        current = keep["syn"] * current + (1 - keep["syn"]) * node.w_in * (row @ weight.T)
    assert np.allclose(np.stack(mems), layer(x).mem.detach().numpy(), rtol=1e-10, atol=1e-12)
    if decay == "exact" and dt is None:
        assert np.allclose(node.tau_mem, 17e-3) and np.allclose(node.tau_syn, 3e-3)


def test_the_graph_is_a_chain_with_a_cycle():
    graph = to_nir(network(recurrent=(False, True)))
    assert list(graph.nodes) == (
        "input weight_0 hidden_0 weight_1 hidden_1 recurrent_1 weight_2 readout output".split()
    )
    assert ("hidden_1", "recurrent_1") in graph.edges and ("recurrent_1", "hidden_1") in graph.edges
    kinds = [type(graph.nodes[name]).__name__ for name in ("hidden_0", "readout", "weight_0")]
    assert kinds == ["CubaLIF", "CubaLI", "Linear"]
    assert list(to_nir(network(sizes=(4, 3, 2)), readout=False).nodes)[-2:] == [
        "hidden_0",
        "output",
    ]


# graphs from elsewhere ---------------------------------------------------------------------------


def foreign(hidden=None, weight=None, last=None, edges=None, **nodes):
    """A graph as another library writes it: float32, a gain in the neurons, nothing noted."""
    ones = np.ones(4, np.float32)
    numbers = {"tau_syn": 5e-4 * ones, "tau_mem": 2e-3 * ones, "r": 20 * ones, "v_leak": 0 * ones}
    weight = np.arange(12, dtype=np.float32).reshape(4, 3) / 10 if weight is None else weight
    two = np.ones(2, np.float32)
    found = {
        "in": nir.Input({"input": np.array([3])}),
        "w": nir.Affine(weight=weight, bias=np.zeros(4, np.float32)),
        "lif": hidden or nir.CubaLIF(**numbers, v_threshold=0.5 * ones, w_in=10 * ones),
        "v": nir.Linear(weight=np.ones((2, 4), np.float32)),
        "li": last or nir.LI(tau=1e-3 * two, r=5 * two, v_leak=0 * two),
        "out": nir.Output({"output": np.array([2])}),
    } | nodes
    chain = list(found)
    edges = [*zip(chain[:6], chain[1:6]), *(edges or ())]
    return nir.NIRGraph(nodes=found, edges=edges, type_check=False)


def test_a_graph_from_elsewhere_becomes_the_recursion_that_it_describes():
    """Gains go into the weights, a leaky integrator without a synapse has a current of one step."""
    found = from_nir(foreign(), dt=1e-4)
    first, readout = found.hidden[0], found.readout
    assert (first.neuron.reset, first.neuron.threshold, first.neuron.dt) == ("zero", 0.5, 1e-4)
    assert float(first.neuron.alpha) == pytest.approx(0.8) and first.neuron.beta == pytest.approx(
        0.95
    )
    gain = 10 * 0.2 * 20 * 0.05
    torch.testing.assert_close(first.weight, gain * torch.arange(12.0).reshape(4, 3) / 10)
    assert readout.neuron.alpha == 0 and readout.neuron.beta == pytest.approx(0.9)
    torch.testing.assert_close(readout.weight, torch.full((2, 4), 0.5))
    exact = from_nir(foreign(), dt=1e-4, decay="exact", reset="none", surrogate=boxcar())
    assert exact.hidden[0].neuron.tau_mem == pytest.approx(2e-3)
    assert exact.hidden[0].neuron.surrogate == boxcar() and exact.hidden[0].neuron.reset == "none"


def cuba(size=4, **changes):
    ones = np.ones(size)
    numbers = {"tau_syn": 5e-3, "tau_mem": 2e-2, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0}
    return nir.CubaLIF(**{key: value * ones for key, value in (numbers | changes).items()})


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: foreign(), "dt is not given, and the graph does not say it"),
        (lambda: (foreign(cuba(v_leak=0.1)), 1e-3), "v_leak of 'lif' is not 0"),
        (lambda: (foreign(cuba(v_reset=-1.0)), 1e-3), "v_reset of 'lif' is not 0"),
        (lambda: (foreign(cuba(), edges=[("lif", "out")]), 1e-3), "'lif' to 2 nodes"),
        (lambda: (foreign(cuba()), 6e-3), "'lif' of the graph has a time constant of 0.005 s"),
        (lambda: (foreign(cuba(), last=cuba(2)), 1e-3), "ends in neurons that spike"),
        (lambda: (foreign(nir.Threshold(np.ones(4))), 1e-3), "'lif' of the graph is a Threshold"),
        (
            lambda: (foreign(cuba(), w=nir.Affine(np.ones((4, 3)), np.ones(4))), 1e-3),
            "'w' of the graph has a bias",
        ),
        (lambda: (foreign(cuba(), w=nir.Flatten({"input": np.array([3])}, 0)), 1e-3), "'w' of the"),
        (lambda: (foreign(cuba(), sub=to_nir(network())), 1e-3), "graph holds the graph 'sub'"),
        (lambda: ("graph", 1e-3), "graph is a str"),
        (lambda: (foreign(cuba(5)), 1e-3), "'lif' of the graph has 5 neurons, and its weights"),
    ],
)
def test_a_graph_that_is_no_network_here_is_named(make, says):
    made = make()
    graph, dt = made if isinstance(made, tuple) else (made, None)
    with pytest.raises((ValueError, TypeError), match=says) as caught:
        from_nir(graph, dt=dt)
    assert "accepted" in str(caught.value)


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: nn.Linear(2, 2), "network is a Linear"),
        (lambda: "network", "network is a str"),
        (lambda: RecurrentLIF(3, 2, AdaptiveNeuron()), "is a AdaptiveNeuron; a LIFNeuron is acc"),
        (lambda: LIF(3, 2, LIFNeuron(tau_mem=float("inf"))), "tau_mem of a layer is inf"),
    ],
)
def test_a_network_without_a_graph_is_named(make, says):
    with pytest.raises((ValueError, TypeError), match=says):
        to_nir(make())
    with pytest.raises(ValueError, match="readout is False for a network without"):
        to_nir(network(sizes=(3, 2)), readout=False)


def test_a_surrogate_of_ones_own_is_asked_for():
    own = custom("mine", lambda z: 1 / (1 + 4 * z**2), 1 / (1 + 4 * Z**2))
    graph = to_nir(network(LIFNeuron(surrogate=own)))
    with pytest.raises(ValueError, match="surrogate is not given"):
        from_nir(graph)
    assert from_nir(graph, surrogate=own).hidden[0].neuron.surrogate is own


def test_without_nir_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "nir", None)
    for call in (lambda: to_nir(network()), lambda: from_nir(None)):
        with pytest.raises(ImportError, match="'pip install nir' installs it"):
            call()


# other libraries ---------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # their own
def test_snntorch_has_the_same_spikes_two_steps_earlier_for_each_layer():
    snntorch = pytest.importorskip("snntorch", reason="snnTorch is not installed")
    from snntorch.import_nir import import_from_nir

    model, x = network(LIFNeuron(reset="zero")), spikes()
    ours = [record.spikes for record in model(x).hidden]
    theirs = import_from_nir(to_nir(model, dt=1e-4, readout=False))
    told = [m for m in theirs.modules() if isinstance(m, snntorch.Synaptic)]
    assert len(told) == 2 and all(record.any() for record in ours)
    at_once = sent_by(theirs, told, x)
    for neuron in told:
        neuron.reset_delay = True
    later = sent_by(theirs, told, x)
    for k in (0, 1):
        shift = 2 * (k + 1)
        assert torch.equal(later[k][:-shift], ours[k][shift:])
    alone = up_to_the_first(ours[0][2:])
    assert torch.equal(at_once[0][:-2] * alone, ours[0][2:] * alone)


def sent_by(theirs, neurons, x):
    """Return the spikes of each of snnTorch's neurons, from rest."""
    sent = [[] for _ in neurons]
    hooks = [
        neuron.register_forward_hook(lambda module, given, out, rows=rows: rows.append(out))
        for neuron, rows in zip(neurons, sent)
    ]
    with torch.no_grad():
        for neuron in neurons:
            neuron.reset_mem()
        for row in x:
            theirs(row)
    for hook in hooks:
        hook.remove()
    return [torch.stack(rows) for rows in sent]


def up_to_the_first(sent):
    """Return 1 where a neuron has not spiked before, else 0."""
    return (sent.cumsum(0) - sent == 0).float()


@pytest.mark.filterwarnings("ignore")  # their own
def test_norse_has_the_same_spikes_up_to_the_first_of_each_neuron():
    pytest.importorskip("norse", reason="norse is not installed")
    from norse.torch.utils.import_nir import from_nir as norse_from_nir

    model, x = network(sizes=(INPUTS, INPUTS, 3)), spikes()
    theirs, state, rows = norse_from_nir(to_nir(model, readout=False)), None, []
    with torch.no_grad():
        for row in x:
            out, state = theirs(row, state)
            rows.append(out)
    ours, found = model(x).hidden[0].spikes[2:], torch.stack(rows)[:-2]
    alone = up_to_the_first(ours)
    assert ours.any() and torch.equal(found * alone, ours * alone)
