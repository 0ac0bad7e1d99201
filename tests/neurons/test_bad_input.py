"""Whatever is given to the room of neurons: a right answer, or an error that says what is wrong."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from helpers import seeded
from torch import Tensor

from snnbook.neurons import (
    LIF,
    AdaptiveNetwork,
    AdaptiveNeuron,
    AdaptiveState,
    LeakyNeuron,
    LeakyReadout,
    LIFNeuron,
    LIFState,
    RecurrentLIF,
    SpikingNetwork,
    adaptive_step,
    fluctuation_driven_,
    leaky_step,
    lif_step,
    psp_kernel,
    run,
)
from snnbook.smoothed import Gate, GatedNeuron, RateNetwork, lif_rate

NAN, INF = math.nan, math.inf
NETWORK, SIZES = SpikingNetwork, (5, 4, 3)
X = torch.zeros(6, 2, 5)


class Swapped(NamedTuple):
    mem: Tensor
    syn: Tensor


def state(*shape, kind=LIFState, dtype=torch.float32):
    return kind(*(torch.zeros(shape, dtype=dtype) for _ in kind._fields))


def network(**options):
    return lambda: SpikingNetwork(SIZES, **options)


def sizes(value):
    return lambda: SpikingNetwork(value)


def step(function, drive, given, *more):
    return lambda: function(given, drive, *more)


#: What is done, which error it is, and what the error says.
NEURONS = [
    (lambda: LIFNeuron(tau_mem=torch.tensor([0.01, 0.0])), ValueError, "tau_mem holds 0; finite"),
    (lambda: LIFNeuron(tau_mem=torch.tensor(NAN)), ValueError, "tau_mem holds nan; finite numbers"),
    (lambda: LIFNeuron(tau_syn=torch.tensor(INF)), ValueError, "tau_syn holds inf"),
    (lambda: LIFNeuron(tau_syn=torch.ones(3).int()), TypeError, "tau_syn has dtype torch.int32"),
    (lambda: LIFNeuron(threshold=torch.ones(2, 3)), ValueError, r"threshold has shape \(2, 3\)"),
    (lambda: LIFNeuron(dt=torch.tensor(1e-3)), ValueError, "dt is tensor"),
    (lambda: LIFNeuron(tau_mem=-INF), ValueError, "tau_mem is -inf"),
    (lambda: LIFNeuron(tau_mem=NAN), ValueError, "tau_mem is nan"),
    (lambda: LIFNeuron(tau_syn=INF), ValueError, "tau_syn is inf; a finite number above 0"),
    (lambda: LIFNeuron(dt=INF), ValueError, "dt is inf"),
    (lambda: LIFNeuron(dt="1"), ValueError, "dt is '1'"),
    (lambda: LIFNeuron(tau_mem=True), ValueError, "tau_mem is True"),
    (lambda: replace(LIFNeuron(), tau_mem=[0.01]), ValueError, r"tau_mem is \[0.01\]"),
    (lambda: LeakyNeuron(tau_mem=np.array([0.01, 0.02])), ValueError, "tau_mem is array"),
    (lambda: AdaptiveNeuron(tau_adapt=0.0), ValueError, "tau_adapt is 0.0"),
    (lambda: AdaptiveNeuron(strength=-0.1), ValueError, "strength holds -0.1; finite numbers of"),
    (lambda: AdaptiveNeuron(strength=NAN), ValueError, "strength holds nan"),
    (lambda: AdaptiveNeuron(strength="0.1"), ValueError, "strength holds '0.1'"),
    (lambda: AdaptiveNeuron(strength=torch.tensor([0.1, NAN])), ValueError, "strength holds nan"),
    (lambda: AdaptiveNeuron(strength=torch.tensor([0.1, -1.0])), ValueError, "holds -1.0"),
    (lambda: AdaptiveNeuron(strength=torch.ones(2, 3)), ValueError, r"shape \(2, 3\); \(N,\)"),
    (lambda: AdaptiveNeuron(strength=torch.ones(2).int()), TypeError, "strength has dtype"),
    (lambda: GatedNeuron(tau_mem=INF, gate=Gate(0.3)), ValueError, "tau_mem is inf"),
    (lambda: RateNetwork(SIZES, LIFNeuron(INF)), ValueError, "neuron.tau_mem is inf"),
    (lambda: lif_rate(torch.ones(2), LIFNeuron(INF)), ValueError, "neuron.tau_mem is inf"),
    (lambda: psp_kernel("lif", 5), TypeError, "neuron is a str; a neuron is accepted"),
    (lambda: psp_kernel(LIFNeuron(), 5.5), ValueError, "steps is 5.5"),
    (lambda: psp_kernel(LIFNeuron(), -1), ValueError, "steps is -1; a whole number of at least 0"),
]

NETWORKS = [
    (network(recurrent="no"), TypeError, "recurrent is 'no'; True or False"),
    (network(recurrent=1), TypeError, "recurrent is 1; True or False"),
    (network(recurrent=None), TypeError, "recurrent is None"),
    (
        network(recurrent=[True, False]),
        ValueError,
        "recurrent has 2 entries; 1 are accepted, one a",
    ),
    (network(recurrent=[1]), TypeError, r"recurrent\[0\] is 1; True or False"),
    (
        network(neuron=[LIFNeuron(), LIFNeuron()]),
        ValueError,
        "neuron has 2 entries; 1 are accepted",
    ),
    (network(neuron=[LeakyNeuron()]), TypeError, "neuron is a LeakyNeuron; a LIFNeuron"),
    (network(neuron=LIFNeuron(torch.ones(3))), ValueError, r"tau_mem .* has shape \(3,\); \(4,\)"),
    (
        network(neuron=LIFNeuron(torch.ones(4).requires_grad_())),
        ValueError,
        r"learn=\('tau_mem',\)",
    ),
    (network(neuron=LIFNeuron(INF), learn=("tau_mem",)), ValueError, "tau_mem is inf and in learn"),
    (network(learn=("tau",)), ValueError, "learn is 'tau'; one of 'tau_mem'"),
    (network(learn=3), TypeError, "learn is a int; names are accepted"),
    (network(spread=0.5), ValueError, "spread is 0.5 and nothing is in learn"),
    (network(learn=("tau_mem",), spread=-1.0), ValueError, "spread is -1.0"),
    (network(neuron=LeakyNeuron()), TypeError, "neuron is a LeakyNeuron; a LIFNeuron"),
    (network(neuron=LIFNeuron), TypeError, "neuron is a type; a LIFNeuron"),
    (lambda: SpikingNetwork((5, 3), neuron=LeakyNeuron()), TypeError, "neuron is a LeakyNeuron"),
    (network(reset="banana"), TypeError, "'reset'"),
    (lambda: SpikingNetwork((64, 10), surogate=1), TypeError, "'surogate'"),
    (network(generator=0), TypeError, "generator is a int; a torch.Generator"),
    (network(kernel="cuda"), ValueError, "kernel is 'cuda'; one of 'auto'"),
    (network(checkpoint=0), ValueError, "checkpoint is 0"),
    (network(input_rate=0), ValueError, "input_rate is 0; a finite number above 0"),
    (network(input_rate=NAN), ValueError, "input_rate is nan"),
    (network(input_rate=-5.0), ValueError, "input_rate is -5.0"),
    (network(input_rate=1000.0), ValueError, "input_rate is 1000.0; a value below 1/dt = 1000 Hz"),
    (network(hidden_rate=0), ValueError, "hidden_rate is 0"),
    (network(hidden_rate="10"), ValueError, "hidden_rate is '10'"),
    (network(hidden_rate=torch.tensor(10.0)), ValueError, r"hidden_rate is tensor\(10.\)"),
    (network(recurrent=True, recurrent_rate=2e3), ValueError, "recurrent_rate is 2000.0; a value"),
    (network(std=0.0), ValueError, "std is 0.0"),
    (network(std=NAN), ValueError, "std is nan"),
    (network(readout_std=-1), ValueError, "readout_std is -1"),
    (sizes(5), TypeError, "sizes is a int; a sequence of whole numbers"),
    (sizes("643"), TypeError, "sizes is a str"),
    (sizes(torch.tensor([5, 4, 3])), TypeError, r"sizes is a Tensor; .* such as \(64, 100, 10\)"),
    (sizes((5, 0, 3)), ValueError, r"sizes\[1\] is 0; a whole number of at least 1"),
    (sizes((5, -4, 3)), ValueError, r"sizes\[1\] is -4"),
    (sizes((5, 4.0, 3)), ValueError, r"sizes\[1\] is 4.0"),
    (sizes((5, "4", 3)), ValueError, r"sizes\[1\] is '4'"),
    (sizes((5, True, 3)), ValueError, r"sizes\[1\] is True"),
    (sizes(np.array([5.0, 3.0])), ValueError, r"sizes\[0\] is .*5.0"),
    (sizes({5, 3}), TypeError, "sizes is a set"),
    (sizes(()), ValueError, r"sizes is \(\); at least inputs and outputs"),
    (lambda: AdaptiveNetwork(SIZES, adaptive=True), ValueError, "adaptive is True; a share"),
    (lambda: AdaptiveNetwork(SIZES, adaptive=NAN), ValueError, "adaptive is nan"),
    (lambda: AdaptiveNetwork(SIZES, LIFNeuron()), TypeError, "neuron is a LIFNeuron; an Adaptive"),
    (lambda: AdaptiveNetwork(SIZES, generator=1), TypeError, "generator is a int"),
    (lambda: AdaptiveNetwork(SIZES, input_rate=0.0), ValueError, "input_rate is 0.0"),
    (
        lambda: AdaptiveNetwork(SIZES, AdaptiveNeuron(strength=torch.ones(3))),
        ValueError,
        "strength has 3 entries; 4, one of each hidden neuron",
    ),
    (lambda: LIF(5, 4, rate=0.0), ValueError, "rate is 0.0"),
    (lambda: LIF(5, 4, rate=5e3), ValueError, "rate is 5000.0; a value below 1/dt"),
    (lambda: LIF(5, 4, std="1"), ValueError, "std is '1'"),
    (lambda: LIF(5, 4, generator=seeded), TypeError, "generator is a function"),
    (lambda: RecurrentLIF(5, 4, std=(1.0, 0.0)), ValueError, "std is 0.0"),
    (lambda: RecurrentLIF(5, 4, std=(1.0, 1.0, 1.0)), ValueError, r"std is \(1.0, 1.0, 1.0\)"),
    (lambda: RecurrentLIF(5, 4, recurrent_rate=0), ValueError, "recurrent_rate is 0"),
    (lambda: RecurrentLIF(5.0, 4), ValueError, "in_features is 5.0"),
    (lambda: LeakyReadout(5, 4, LIFNeuron()), TypeError, "neuron is a LIFNeuron; a LeakyNeuron"),
    (lambda: LeakyReadout(5, 4, std=-1.0), ValueError, "std is -1.0"),
    (lambda: LeakyReadout(5, 4, input_rate=NAN), ValueError, "input_rate is nan"),
    (lambda: NETWORK(SIZES)(X, record=1), TypeError, "record is 1; True or False"),
    (lambda: NETWORK(SIZES)(X.numpy()), TypeError, "spikes is a ndarray; a torch.Tensor"),
    (lambda: NETWORK(SIZES).with_neuron(tau=1), TypeError, "tau"),
    (lambda: AdaptiveNetwork(SIZES)(X.double()), TypeError, "spikes has dtype torch.float64"),
]

STEPS = [
    (step(lif_step, X, state(2, 5)), ValueError, r"drive has shape \(6, 2, 5\) and state.syn \(2,"),
    (step(lif_step, X[0, 0], state(2, 5)), ValueError, r"drive has shape \(5,\) and state.syn \(2"),
    (step(lif_step, X[0], state(1, 5)), ValueError, r"state.syn \(1, 5\); the same shape"),
    (step(lif_step, X[0, :1], state(2, 5)), ValueError, r"drive has shape \(1, 5\)"),
    (
        step(lif_step, X[0], LIFState(torch.zeros(2, 5), torch.zeros(5))),
        ValueError,
        r"state.mem \(5,\)",
    ),
    (step(lif_step, X[0].double(), state(2, 5)), TypeError, "torch.float64 and state.syn torch.fl"),
    (step(lif_step, [0.0], state(2, 5)), TypeError, "drive is a list; a torch.Tensor"),
    (step(lif_step, X[0], LIFState(0.0, 0.0)), TypeError, "state.syn is a float"),
    (step(lif_step, X[0], None), TypeError, r"state is a NoneType; LIFState\(syn, mem\) is"),
    (
        step(lif_step, X[0], Swapped(X[0], X[0])),
        TypeError,
        "is a Swapped of mem, syn; LIFState",
    ),
    (step(lif_step, X[0], (X[0], X[0])), TypeError, r"state is a tuple; LIFState\(syn, mem\) is"),
    (
        step(lif_step, X[0], state(2, 5, kind=AdaptiveState)),
        TypeError,
        r"LIFState\(syn, mem\) is accepted",
    ),
    (step(leaky_step, X, state(2, 5)), ValueError, r"drive has shape \(6, 2, 5\)"),
    (step(leaky_step, X[0].double(), state(2, 5)), TypeError, "the same dtype is accepted"),
    (step(adaptive_step, X[0], state(2, 5)), TypeError, r"AdaptiveState\(syn, mem, adapt\) is"),
    (
        step(adaptive_step, X, state(2, 5, kind=AdaptiveState)),
        ValueError,
        r"drive has shape \(6, 2, 5\)",
    ),
    (
        step(
            adaptive_step,
            X[0],
            state(2, 5, kind=AdaptiveState),
            AdaptiveNeuron(strength=torch.ones(4)),
        ),
        ValueError,
        r"strength has shape \(4,\); \(5,\), one of each neuron",
    ),
    (
        lambda: run(AdaptiveNeuron(strength=torch.ones(1)), X),
        ValueError,
        r"strength of the neuron has shape \(1,\); \(5,\)",
    ),
    (lambda: run(LIFNeuron(), X, Swapped(X[0], X[0])), TypeError, "is a Swapped of mem, syn"),
    (lambda: run(LIFNeuron(), X, (X[0], X[0])), TypeError, "state is a tuple; LIFState"),
    (lambda: run(LIFNeuron(), X, X[0]), TypeError, "state is a Tensor; LIFState"),
    (
        lambda: run(LIFNeuron(), X, state(2, 5, dtype=torch.float64)),
        TypeError,
        "state.syn has dtype",
    ),
    (lambda: run(LIFNeuron(), X, run(LIFNeuron(), X)), ValueError, "state has 4 tensors"),
    (lambda: run(LIFNeuron(), X, record="yes"), TypeError, "record is 'yes'"),
    (lambda: LIF(5, 4)(X, Swapped(X[0], X[0])), TypeError, "is a Swapped of mem, syn"),
    (lambda: LeakyReadout(5, 4)(X, (X[0], X[0])), TypeError, "state is a tuple"),
]


def fill(weight=None, neuron=None, **options):
    weight = torch.empty(3, 4) if weight is None else weight
    given = {"rate": 10.0} | options
    return lambda: fluctuation_driven_(weight, neuron or LIFNeuron(), **given)


WEIGHTS = [
    (fill([[0.0]]), TypeError, "weight is a list"),
    (fill(torch.empty(3, 4).int()), TypeError, "weight has dtype torch.int32"),
    (fill(torch.empty(3, 4).to_sparse()), TypeError, "weight has layout torch.sparse_coo"),
    (fill(torch.empty(2, 3, 4)), ValueError, r"weight has shape \(2, 3, 4\); \(out, in\)"),
    (fill(neuron="lif"), TypeError, "neuron is a str; a neuron is accepted"),
    (fill(rate=NAN), ValueError, "rate is nan"),
    (fill(rate=-1.0), ValueError, "rate is -1.0"),
    (fill(std=INF), ValueError, "std is inf"),
    (fill(mean=NAN), ValueError, "mean is nan; a finite number"),
    (fill(mean="0"), ValueError, "mean is '0'"),
    (fill(generator=3), TypeError, "generator is a int"),
]


@pytest.mark.parametrize("call, error, message", NEURONS + NETWORKS + STEPS + WEIGHTS)
def test_it_says_what_was_given_and_what_is_accepted(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: SpikingNetwork(np.array([5, 4, 3])),
        lambda: SpikingNetwork([5, np.int64(4), 3], input_rate=np.float32(20), hidden_rate=30),
        lambda: SpikingNetwork(range(5, 2, -1), recurrent=np.array([True])),
        lambda: SpikingNetwork(SIZES, LIFNeuron(tau_mem=np.float32(0.02), dt=np.float64(1e-3))),
        lambda: SpikingNetwork(SIZES, LIFNeuron(tau_mem=1e-3, tau_syn=1e-9, dt=5e-3)),
        lambda: SpikingNetwork(SIZES, LIFNeuron(tau_mem=1e14), recurrent=True),
        lambda: SpikingNetwork(SIZES, AdaptiveNeuron(tau_mem=math.inf)),
        lambda: SpikingNetwork(SIZES, input_rate=1e-3, std=1),
        lambda: AdaptiveNetwork(SIZES, AdaptiveNeuron(strength=torch.ones(4)), adaptive=0),
    ],
)
def test_what_is_a_number_is_taken(call):
    model = call()
    assert all(torch.isfinite(weight).all() for weight in model.parameters())
    out = model(X + 1)
    assert torch.isfinite(out.readout).all() and model.readout.weight.any()
    out.readout.sum().backward()


def test_each_hidden_layer_may_be_recurrent_or_not():
    model = SpikingNetwork((5, 4, 6, 3), recurrent=[True, False], generator=seeded())
    assert [type(layer) for layer in model.hidden] == [RecurrentLIF, LIF]
    assert [name for name, _ in model.named_parameters()] == [
        "hidden.0.weight",
        "hidden.0.recurrent_weight",
        "hidden.1.weight",
        "readout.weight",
    ]
    assert model(X + 1).readout.shape == (6, 2, 3)


def test_layers_of_other_time_steps_do_not_mix():
    model = SpikingNetwork((5, 4, 6, 3))
    model.hidden[1] = LIF(4, 6, LIFNeuron(dt=2e-3))
    with pytest.raises(ValueError, match="dt is 0.001, 0.002, 0.001 in the layers; one time step"):
        model(X)
    model = SpikingNetwork(SIZES, recurrent=True)
    other = model.with_neuron(dt=2e-3)
    assert other.readout.neuron.dt == 2e-3 and model.readout.neuron.dt == 1e-3
    assert other(X).readout.shape == (6, 2, 3) and other.readout.weight is model.readout.weight


def test_neurons_are_equal_where_their_values_are():
    assert LIFNeuron() == LIFNeuron() != LIFNeuron(tau_mem=0.02)
    one, same = (AdaptiveNeuron(strength=torch.tensor([0.1, 0.2])) for _ in range(2))
    assert one == same and hash(one) == hash(same) and one != AdaptiveNeuron()
    assert AdaptiveNeuron() == AdaptiveNeuron() != LIFNeuron()
    assert len({LIFNeuron(), LIFNeuron(), LIFNeuron(INF)}) == 2
    assert replace(one, tau_mem=INF).strength is one.strength


def test_an_integrator_forgets_nothing():
    neuron = LIFNeuron(tau_mem=INF, tau_syn=1e-9)
    drive = torch.zeros(50, 1, 1)
    drive[::10] = 0.25
    for kernel in ("reference", "numba"):
        out = run(neuron, drive, kernel=kernel)
        assert out.spikes.sum() == 1 and out.mem.max() == 1.25 and out.mem[-1] == 0.25


def test_a_step_under_autocast_and_in_a_transform_still_runs():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        lif_step(state(2, 5), X[0].bfloat16(), LIFNeuron())
    found = torch.func.vmap(lambda x: lif_step(state(5), x)[1].syn)(X[0])
    assert found.shape == (2, 5)
