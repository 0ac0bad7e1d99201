"""Whatever a user brings to the loops: accepted, or an error that names the argument."""

import copy
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from kernels.cases import problem

from snnbook.kernels import Events, explain, plain_loop, run_layer
from snnbook.neurons import (
    LIF,
    AdaptiveNetwork,
    LeakyNeuron,
    LeakyReadout,
    LIFNeuron,
    LIFState,
    RecurrentLIF,
    SpikingNetwork,
    run,
)
from snnbook.surrogates import Surrogate, fast_sigmoid

DENSE = torch.rand(6, 2, 3, generator=torch.Generator().manual_seed(0))
WEIGHT = torch.ones(4, 3)
EVENTS = Events.from_dense((DENSE > 0.5).float())


def quiet(make, *arguments):
    """Return a tensor of a kind that PyTorch makes with a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make(*arguments)


#: What is no dense tensor of real numbers, and what an error says of it.
NO_TENSORS = {
    "list": (DENSE.tolist(), TypeError, "is a list.*torch.as_tensor"),
    "array": (DENSE.numpy(), TypeError, "is a ndarray.*torch.as_tensor"),
    "text": ("abc", TypeError, "is a str; a torch.Tensor"),
    "number": (5, TypeError, "is a int; a torch.Tensor"),
    "integers": (DENSE.long(), TypeError, r"torch.int64; .*\.to\(torch.float32\)"),
    "truth values": (DENSE > 0.5, TypeError, "dtype torch.bool; a floating-point"),
    "complex": (DENSE.to(torch.complex64), TypeError, "dtype torch.complex64; a floating"),
    "8 bits": (DENSE.to(torch.float8_e4m3fn), TypeError, "torch.float8_e4m3fn; a floating-point"),
    "quantized": (
        quiet(torch.quantize_per_tensor, DENSE, 0.1, 0, torch.quint8),
        TypeError,
        "quint8",
    ),
    "sparse": (DENSE.to_sparse(), TypeError, r"layout torch.sparse_coo; .*\.to_dense\(\)"),
    "rows": (quiet(DENSE[0].to_sparse_csr), TypeError, "layout torch.sparse_csr; a dense tensor"),
    "nested": (
        quiet(torch.nested.nested_tensor, list(DENSE)),
        TypeError,
        "is a nested tensor; a dense",
    ),
}
#: Tensors that fit no argument of the problem, beside those.
NO_FIT = NO_TENSORS | {
    "no axis": (torch.tensor(1.0), ValueError, r"has shape \(\)"),
    "one axis": (DENSE[0, 0], ValueError, r"has shape \(3,\)"),
    "four axes": (DENSE[None], ValueError, r"has shape \(1, 6, 2, 3\)"),
    "a wide one": (torch.ones(6, 2, 5), ValueError, r"has shape \(6, 2, 5\)"),
}
NO_SPIKES = NO_FIT | {
    "none": (None, TypeError, "is a NoneType; a torch.Tensor"),
    "matrix": (DENSE[0], ValueError, r"shape \(2, 3\); three axes \(T, B, N\)"),
    "float64": (DENSE.double(), TypeError, "torch.float64; torch.float32 is accepted"),
    "meta": (DENSE.to("meta"), ValueError, "is on meta; cpu is accepted"),
    "other events": (Events.from_dense(torch.ones(2, 1, 9)), ValueError, "has 9 input neurons; 3"),
}
#: Entries of input spikes (T, B, 3), with the name that their errors give.
SPIKES = {
    "layer": ("source", lambda x: run_layer(LIFNeuron(), x, WEIGHT)),
    "plain layer": ("source", lambda x: run_layer(LIFNeuron(), x, WEIGHT, kernel="reference")),
    "explain": ("source", lambda x: explain(x, weight=WEIGHT)),
    "LIF": ("spikes", LIF(3, 4)),
    "RecurrentLIF": ("spikes", RecurrentLIF(3, 4)),
    "LeakyReadout": ("spikes", LeakyReadout(3, 4)),
    "SpikingNetwork": ("spikes", SpikingNetwork((3, 4, 2))),
    "no hidden layer": ("spikes", SpikingNetwork((3, 2))),
}
#: Entries of other tensors.
OTHERS = {
    "drive": ("drive", lambda x: run(LIFNeuron(), x)),
    "drive of a leaky neuron": ("drive", lambda x: run(LeakyNeuron(), x, kernel="reference")),
    "bare drive": ("source", lambda x: run_layer(LIFNeuron(), x, None)),
    "explained drive": ("source", explain),
    "adaptive": ("spikes", AdaptiveNetwork((3, 4, 2))),
    "weight": ("weight", lambda x: run_layer(LIFNeuron(), DENSE, x)),
    "explained weight": ("weight", lambda x: explain(DENSE, weight=x)),
    "V": ("recurrent_weight", lambda x: run_layer(LIFNeuron(), DENSE, WEIGHT, recurrent_weight=x)),
    "V of run": ("recurrent_weight", lambda x: run(LIFNeuron(), DENSE, recurrent_weight=x)),
    "explained V": ("recurrent_weight", lambda x: explain(DENSE, recurrent_weight=x)),
    "syn": ("state.syn", lambda x: run(LIFNeuron(), DENSE, LIFState(x, DENSE[0]))),
    "mem": ("state.mem", lambda x: LIF(3, 3)(DENSE, LIFState(DENSE[0], x))),
}
CASES = [(*one, *bad) for one in SPIKES.values() for bad in NO_SPIKES.values()]
CASES += [(*one, *bad) for one in OTHERS.values() for bad in NO_TENSORS.values()]
CASES += [
    (*one, *bad)
    for key, one in OTHERS.items()
    for bad_key, bad in NO_FIT.items()
    if bad_key not in NO_TENSORS and not (bad_key == "a wide one" and "drive" in key)
]


@pytest.mark.parametrize("name, call, bad, kind, message", CASES)
def test_an_error_names_the_argument_and_what_is_accepted(name, call, bad, kind, message):
    with pytest.raises(kind, match=f"^{name} .*{message}") as raised:
        call(bad)
    assert "accepted" in str(raised.value)


@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("where", ["spikes", "weight", "recurrent", "syn", "mem"])
@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
def test_one_bad_value_anywhere_is_an_error(kernel, bad, where, reset):
    names = ("spikes", "weight", "recurrent", "syn", "mem")
    tensors = dict(zip(names, problem(0, 5, 2, 12, 9, 0.1, torch.float32)))
    tensors[where].view(-1)[-1] = bad
    state = LIFState(tensors["syn"], tensors["mem"])
    options = {"recurrent_weight": tensors["recurrent"], "kernel": kernel}
    with pytest.raises(ValueError, match="NaN or inf.*finite .* accepted"):
        run_layer(LIFNeuron(reset=reset), tensors["spikes"], tensors["weight"], state, **options)


@pytest.mark.parametrize(
    "neuron, given",
    [(LIFNeuron, "type|class LIFNeuron"), ("lif", "str"), (None, "NoneType"), (object(), "object")],
)
def test_what_is_no_neuron(neuron, given):
    for call in (lambda: run(neuron, DENSE), lambda: run_layer(neuron, DENSE, WEIGHT)):
        with pytest.raises(TypeError, match=f"^neuron is a ({given}); a neuron is accepted"):
            call()


@pytest.mark.parametrize(
    "options, kind, message",
    [
        ({"record": 1}, TypeError, "record is 1; True or False"),
        ({"record": "no"}, TypeError, "record is 'no'; True or False"),
        ({"checkpoint": 0}, ValueError, "checkpoint is 0; a whole number of at least 1"),
        ({"checkpoint": 2.0}, ValueError, "checkpoint is 2.0; a whole number"),
        ({"checkpoint": True}, ValueError, "checkpoint is True; a whole number"),
        ({"checkpoint": 2, "record": True}, ValueError, "checkpoint is 2 with record=True"),
        ({"kernel": 1}, ValueError, "kernel is 1; one of 'auto'"),
        ({"state": DENSE}, TypeError, r"state is a Tensor; LIFState\(syn, mem\)"),
        ({"state": 0.0}, TypeError, r"state is a float; LIFState\(syn, mem\)"),
    ],
)
def test_options(options, kind, message):
    with pytest.raises(kind, match=message + ".*accepted"):
        run(LIFNeuron(), DENSE, **options)
    with pytest.raises(kind, match=message + ".*accepted"):
        run_layer(LIFNeuron(), EVENTS, torch.ones(3, 3), **options)


def test_a_state_of_another_size():
    with pytest.raises(TypeError, match=r"state is a tuple; LIFState\(syn, mem\) is accepted"):
        run(LIFNeuron(), DENSE, (DENSE[0],))
    with pytest.raises(ValueError, match="state has 1 tensors; syn, mem are accepted"):
        run_layer(LIFNeuron(), EVENTS, torch.ones(3, 3), (DENSE[0],))


def test_the_plain_loop_by_itself():
    with pytest.raises(TypeError, match="step is 3; something that can be called"):
        plain_loop(3, DENSE, LIFState(DENSE, DENSE), DENSE)
    with pytest.raises(TypeError, match="record is 1; True or False"):
        plain_loop(lambda state, x: (x, state), DENSE, LIFState(DENSE, DENSE), DENSE, 1)


LISTS = {
    "lists": ([0, 1], [0, 0], [2, 1]),
    "tuples": (range(2), (0, 0), np.array([2, 1])),
    "arrays": tuple(np.array(x, np.int16) for x in ([0, 1], [0, 0], [2, 1])),
    "bytes": tuple(torch.tensor(x, dtype=torch.uint8) for x in ([0, 1], [0, 0], [2, 1])),
}


@pytest.mark.parametrize("lists", LISTS.values(), ids=LISTS)
def test_events_from_whatever_holds_whole_numbers(lists):
    events = Events.from_lists(*lists, (np.int64(2), 1, 3))
    assert events.to_dense().tolist() == [[[0, 0, 1]], [[0, 1, 0]]]
    assert Events.from_lists([], [], [], (2, 0, 3)).to_dense().shape == (2, 0, 3)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64, torch.float16])
def test_events_from_zeros_and_ones_of_any_kind(dtype):
    spikes = DENSE > 0.5
    assert torch.equal(Events.from_dense(spikes.to(dtype)).to_dense(), spikes.float())
    if dtype != torch.bool:
        with pytest.raises(ValueError, match="spikes holds values other than 0 and 1"):
            Events.from_dense(2 * spikes.to(dtype))


@pytest.mark.parametrize("name", ["times", "samples", "neurons"])
@pytest.mark.parametrize(
    "bad, message",
    [
        ([0.5, 1.0], "has shape .* torch.float32; whole numbers"),
        ([True, False], "dtype torch.bool; whole numbers"),
        (["a", "b"], "is a list; whole numbers"),
        (None, "is a NoneType; whole numbers"),
        ({0, 1}, "is a set; whole numbers"),
        (7, r"has shape \(\) .* whole numbers"),
        ([[0, 0]], r"has shape \(1, 2\) .* whole numbers"),
        ([0, -1], "leaves the range 0 to 0"),
        ([0, 2**40], "leaves the range 0 to 0"),
        (torch.zeros(2, dtype=torch.int64).to_sparse(), "layout torch.sparse_coo; a dense tensor"),
        (torch.zeros(2, dtype=torch.int64, device="meta"), "whole numbers"),
    ],
)
def test_lists_that_are_no_events(name, bad, message):
    lists = {"times": [0, 0], "samples": [0, 0], "neurons": [0, 0]} | {name: bad}
    with pytest.raises((TypeError, ValueError), match=f"^{name} .*{message}"):
        Events.from_lists(**lists, shape=(1, 1, 1))


@pytest.mark.parametrize(
    "shape, message",
    [
        (5, r"shape is 5; \(T, B, N\)"),
        ((2, 1), r"shape is \(2, 1\); \(T, B, N\)"),
        ((2, 1, -3), "features is -3; a whole number of at least 0"),
        ((2.0, 1, 3), "steps is 2.0; a whole number of at least 0"),
        ((2, 1, 2**40), "features is 1099511627776; at most 2147483647"),
    ],
)
def test_shapes_that_are_no_shape_of_events(shape, message):
    with pytest.raises(ValueError, match=message + ".*accepted"):
        Events.from_lists([0], [0], [0], shape)


@pytest.mark.parametrize("bad, kind, message", NO_TENSORS.values(), ids=NO_TENSORS)
def test_events_by_hand_take_tensors(bad, kind, message):
    offsets = torch.tensor([0, 1])
    with pytest.raises(kind, match="^indices .*accepted"):
        Events(1, 1, 1, bad, offsets)
    with pytest.raises(kind, match="^offsets .*accepted"):
        Events(1, 1, 1, torch.zeros(1, dtype=torch.int32), bad)


@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("neurons", [4, 60])
@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.indices.add_(10**6),
        lambda e: e.indices.neg_().sub_(1),
        lambda e: e.offsets[1:-1].add_(-9),
        lambda e: e.offsets[:-1].add_(10**6),
        lambda e: e.offsets[-1].add_(10**6),
        lambda e: e.indices.resize_(1),
        lambda e: e.offsets.resize_(2),
    ],
)
def test_events_that_change_after_they_were_made(kernel, neurons, change):
    """No index out of range reaches compiled code."""
    few = (DENSE.repeat(1, 1, 10) > 0.9).float()
    for events in (copy.deepcopy(EVENTS), Events.from_dense(few)):
        change(events)
        with pytest.raises(ValueError, match="changed|accepted|must ascend"):
            run_layer(LIFNeuron(), events, torch.ones(neurons, events.features), kernel=kernel)


@settings(deadline=None)  # the first call may compile
@given(
    seed=st.integers(0, 2**31),
    sizes=st.tuples(*[st.integers(0, 5)] * 4),
    reset=st.sampled_from(["subtract", "zero", "none"]),
    source=st.sampled_from(["spikes", "events", "drive"]),
    recurrent=st.booleans(),
    checkpoint=st.sampled_from([None, 1, 3]),
    kernel=st.sampled_from(["auto", "reference"]),
)
def test_every_documented_shape_runs(seed, sizes, reset, source, recurrent, checkpoint, kernel):
    steps, batch, inputs, neurons = sizes
    spikes, weight, v, syn, mem = problem(seed, *sizes, 0.3, torch.float32)
    weight.requires_grad_()
    given, w = {
        "spikes": (spikes, weight),
        "events": (Events.from_dense(spikes), weight),
        "drive": (spikes @ weight.T, None),
    }[source]
    options = {"recurrent_weight": v if recurrent else None, "checkpoint": checkpoint}
    neuron = LIFNeuron(reset=reset, reset_gradient=True)
    out = run_layer(neuron, given, w, LIFState(syn, mem), kernel=kernel, **options)
    assert out.spikes.shape == (steps, batch, neurons) and out.state.mem.shape == (batch, neurons)
    loss = out.spikes.sum() + out.state.mem.sum() + out.state.syn.sum()
    if loss.requires_grad:  # not without a step
        loss.backward()
    assert weight.grad is None or torch.isfinite(weight.grad).all()


class Constants(LIFNeuron):
    """A neuron that says the compiled loops know it, whatever its constants are."""

    compiled = True
    alpha = beta = threshold = None

    def __init__(self, **constants):
        for name in ("dt", "surrogate", "reset", "reset_gradient", "spike_at_threshold"):
            object.__setattr__(self, name, getattr(LIFNeuron(), name))
        for name, value in ({"alpha": 0.8, "beta": 0.9, "threshold": 1.0} | constants).items():
            object.__setattr__(self, name, value)


@pytest.mark.parametrize("name", ["alpha", "beta", "threshold"])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_constant_that_is_a_tensor_gets_its_gradient(name, shape):
    assert explain(DENSE, neuron=Constants()).kernel == "numba"
    value = torch.full(shape, 0.7, requires_grad=True)
    neuron = Constants(**{name: value})
    assert explain(DENSE, neuron=neuron).kernel == "numba"
    run(neuron, DENSE).mem.sum().backward()
    assert value.grad.shape == shape and value.grad.all()
    plain = torch.autograd.grad(run(neuron, DENSE, kernel="reference").mem.sum(), value)[0]
    assert torch.allclose(value.grad, plain)


@pytest.mark.parametrize("name", ["alpha", "beta", "threshold"])
def test_a_constant_of_another_size_or_kind_is_named(name):
    for value, error in ((torch.full((2,), 0.7), ValueError), (torch.ones(3).double(), TypeError)):
        neuron = Constants(**{name: value})
        for call in (lambda n: run(n, DENSE), lambda n: explain(DENSE, neuron=n)):
            with pytest.raises(error, match=f"{name} of the neuron has"):
                call(neuron)


def test_a_constant_without_a_number_takes_the_plain_loop():
    said = explain(DENSE, neuron=Constants(alpha="0.8"))
    assert said.kernel == "reference" and "alpha of the neuron is a str" in said.reason


class Soft(Surrogate):
    """A surrogate whose spikes are no steps."""

    def __call__(self, x, spike_at_threshold=False):
        return torch.sigmoid(x)


def test_a_surrogate_that_makes_its_own_spikes_is_asked_for_them():
    hard = fast_sigmoid()
    soft = Soft(**{name: getattr(hard, name) for name in hard.__dataclass_fields__})
    neuron = replace(LIFNeuron(), surrogate=soft)
    assert "makes its own spikes" in explain(DENSE, neuron=neuron).reason
    assert 0 < run(neuron, DENSE).spikes[0, 0, 0] < 1
