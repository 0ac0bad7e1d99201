"""Constants travel with weights: what changes the forward pass is compared at loading."""

import copy
import io
import math
import pickle
import warnings
from collections import OrderedDict
from dataclasses import replace

import pytest
import torch
from helpers import seeded
from torch.optim.swa_utils import AveragedModel

from snnbook.neurons import (
    LIF,
    AdaptiveNetwork,
    AdaptiveNeuron,
    LeakyNeuron,
    LeakyReadout,
    LIFNeuron,
    RecurrentLIF,
    SpikingNetwork,
)
from snnbook.smoothed import (
    Gate,
    GatedNetwork,
    GatedNeuron,
    NoisyNeuron,
    RateNetwork,
    SigmoidEscape,
)
from snnbook.spike_times import NonLeaky, SpikeTimeNetwork, TimingNetwork
from snnbook.surrogates import gaussian
from snnbook.training import SideBySide

SLOW = LIFNeuron(tau_mem=20e-3)


def network(neuron=SLOW, recurrent=False, seed=0):
    return SpikingNetwork((4, 5, 3), neuron, recurrent=recurrent, generator=seeded(seed))


def spike_times(**changes):
    options = {"mean": (1.0, 1.0), "spread": (0.5, 0.5), "generator": seeded()}
    return SpikeTimeNetwork((4, 5, 3), **options, **changes)


#: Each module: how it is built, one constant changed, and what the error says of it.
MODULES = {
    "tau_mem": (
        lambda **k: LIF(4, 5, LIFNeuron(**k)),
        {"tau_mem": 20e-3},
        "LIF: tau_mem is 0.01 here and 0.02 in",
    ),
    "tau_syn": (
        lambda **k: RecurrentLIF(4, 5, LIFNeuron(**k)),
        {"tau_syn": 2e-3},
        "RecurrentLIF: tau_syn is 0.005 here and 0.002 in",
    ),
    "readout": (
        lambda **k: LeakyReadout(4, 5, LeakyNeuron(**k)),
        {"dt": 5e-4},
        "LeakyReadout: dt is 0.001 here and 0.0005 in",
    ),
    "threshold": (
        lambda **k: network(LIFNeuron(**k)),
        {"threshold": 2.0},
        r"hidden\.0: threshold is 1 here and 2 in",
    ),
    "reset": (
        lambda **k: network(LIFNeuron(**k)),
        {"reset": "zero"},
        r"hidden\.0: reset is 'subtract' here and 'zero' in",
    ),
    "at_threshold": (
        lambda **k: network(LIFNeuron(**k)),
        {"spike_at_threshold": True},
        "spike_at_threshold is False here and True in",
    ),
    "adaptive": (
        lambda **k: AdaptiveNetwork((4, 5, 3), AdaptiveNeuron(**k)),
        {"tau_adapt": 1.0},
        "AdaptiveNetwork: tau_adapt is 0.5 here and 1 in",
    ),
    "strengths": (
        lambda **k: RecurrentLIF(4, 2, AdaptiveNeuron(**k)),
        {"strength": 0.7},
        "strength is 0.5 here and 0.7 in",
    ),
    "noisy": (
        lambda **k: network(NoisyNeuron(**k)),
        {"escape": SigmoidEscape(0.5)},
        r"escape\.noise is 0.2 here and 0.5 in",
    ),
    "expected": (
        lambda **k: network(NoisyNeuron(**k)),
        {"gradient": "expected"},
        "gradient is False here and True in",
    ),
    "gated": (
        lambda **k: GatedNetwork((4, 5, 3), GatedNeuron(**k), generator=seeded()),
        {"gate": Gate(0.7, shape="boxcar")},
        r"gate\.width is 0.3 here and 0.7 in the state dict; "
        r"gate\.shape is 'parabola' here and 'boxcar' in",
    ),
    "rates": (
        lambda **k: RateNetwork((4, 5, 3), **k),
        {"softness": 0.2},
        r"hidden\.0: softness is 0.05 here and 0.2 in",
    ),
    "curve": (
        lambda **k: RateNetwork((4, 5, 3), **k),
        {"curve": "relu"},
        "curve is 'lif' here and 'relu' in",
    ),
    "event": (spike_times, {"duration": 0.1}, r"layers\.0: duration is 0.06 here and 0.1 in"),
    "timing": (
        lambda **k: TimingNetwork((4, 3), NonLeaky(**k), generator=seeded()),
        {"tau_syn": 2.0},
        r"layers\.0: tau_syn is 1 here and 2 in",
    ),
    "side_by_side": (
        lambda **k: SideBySide((4, 5, 3), (0, 1), LIFNeuron(**k)),
        {"tau_mem": math.inf},
        "SideBySide: tau_mem is 0.01 here and inf in",
    ),
}
EACH = pytest.mark.parametrize("case", MODULES)


@EACH
def test_other_constants_are_an_error_that_names_both(case):
    build, changes, message = MODULES[case]
    model, other = build(), build(**changes)
    before = [p.clone() for p in model.parameters()]
    for strict in (True, False):
        with pytest.raises(RuntimeError, match=message):
            model.load_state_dict(other.state_dict(), strict=strict)
    with pytest.raises(RuntimeError, match="Build the network with the constants of the weights"):
        model.load_state_dict(other.state_dict(), assign=True)
    if case != "side_by_side":  # its weights stand in a list, which is a module of its own
        assert torch.equal(next(iter(model.parameters())), before[0])


@EACH
def test_the_same_constants_load_in_silence(case):
    build, changes, _ = MODULES[case]
    model, other = build(**changes), build(**changes)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    file = io.BytesIO()
    torch.save(other.state_dict(), file)
    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert str(model.load_state_dict(torch.load(file, weights_only=True))) == (
            "<All keys matched successfully>"
        )
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters()))
    assert {name.rsplit(".", 1)[-1] for name, _ in model.named_parameters()}.isdisjoint(
        {"_extra_state"}
    )


@EACH
def test_a_state_dict_of_before_loads_with_a_warning(case):
    build, changes, _ = MODULES[case]
    model, other = build(**changes), build()
    old = {k: v for k, v in other.state_dict().items() if not k.endswith("_extra_state")}
    with pytest.warns(UserWarning, match="does not say for which neurons"):
        assert not model.load_state_dict(old).missing_keys
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters()))


@pytest.mark.parametrize(
    "change",
    [
        lambda sd: {k: v.clone() for k, v in sd.items()},
        lambda sd: {k: v.float() for k, v in sd.items()},
        lambda sd: {k: v.half() for k, v in sd.items()},
        lambda sd: {k: v.bfloat16() for k, v in sd.items()},
        lambda sd: {k: v.half().float() if "weight" in k else v for k, v in sd.items()},
        lambda sd: {k: 0.9 * v + 0.1 * v for k, v in sd.items()},
        lambda sd: {k: torch.lerp(v, v.clone(), 0.3) for k, v in sd.items()},
        lambda sd: {k: torch.stack([v] * 3).mean(0) for k, v in sd.items()},
        lambda sd: OrderedDict(sorted(sd.items(), reverse=True)),
        lambda sd: pickle.loads(pickle.dumps(sd)),
        lambda sd: {k: torch.from_numpy(v.numpy().copy()) for k, v in sd.items()},
    ],
)
@pytest.mark.parametrize("tau_mem", [20e-3, math.inf])
def test_what_people_do_with_tensors_works(change, tau_mem):
    neuron = LIFNeuron(tau_mem=tau_mem, tau_syn=1e-9)
    trained, fresh = network(neuron, recurrent=True), network(neuron, recurrent=True, seed=1)
    fresh.load_state_dict(change(trained.state_dict()))
    torch.testing.assert_close(fresh.readout.weight, trained.readout.weight, rtol=1e-2, atol=1e-3)
    other = network(replace(neuron, tau_mem=5e-3), recurrent=True)
    with pytest.raises(RuntimeError, match="tau_mem is 0.005 here"):
        other.load_state_dict(change(trained.state_dict()))


def test_the_backward_pass_is_no_part_of_it():
    trained = network()
    other = network(replace(SLOW, surrogate=gaussian(), reset_gradient=True), seed=1)
    other.load_state_dict(trained.state_dict())
    noisy = network(NoisyNeuron(gradient="identity"))
    noisy.load_state_dict(network(NoisyNeuron(gradient="none", generator=seeded(1))).state_dict())
    assert torch.equal(other.readout.weight, trained.readout.weight)


def test_every_layer_that_differs_is_named():
    with pytest.raises(RuntimeError) as caught:
        network(LIFNeuron(tau_mem=5e-3, threshold=2.0)).load_state_dict(network().state_dict())
    said = str(caught.value)
    assert "hidden.0: tau_mem is 0.005 here and 0.02 in the state dict; threshold is 2" in said
    assert "readout: tau_mem is 0.005 here and 0.02 in the state dict" in said


def test_a_part_loads_alone():
    trained, fresh = network(), network(seed=1)
    hidden = {k: v for k, v in trained.state_dict().items() if k.startswith("hidden")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        left = fresh.load_state_dict(hidden, strict=False)
        fresh.readout.load_state_dict(trained.readout.state_dict())
        fresh.load_state_dict({}, strict=False)
    assert "readout.weight" in left.missing_keys
    assert torch.equal(fresh.hidden[0].weight, trained.hidden[0].weight)
    with pytest.raises(RuntimeError, match="Missing key"):
        fresh.load_state_dict(hidden)
    with pytest.raises(RuntimeError, match="size mismatch"):
        SpikingNetwork((4, 6, 3), SLOW).load_state_dict(trained.state_dict())


@pytest.mark.parametrize(
    "stored, message",
    [
        (torch.zeros(3), r"constants of shape \(3,\), of neurons of another kind .*; 6 are"),
        (torch.zeros(6, dtype=torch.int64), "constants stored are a Tensor"),
        ({"tau_mem": 0.02}, "constants stored are a dict"),
        (torch.full((6,), torch.nan), "tau_mem is 0.02 here and nan in"),
    ],
)
def test_an_entry_that_is_none_is_named(stored, message):
    state = network().state_dict() | {"hidden.0._extra_state": stored}
    with pytest.raises(RuntimeError, match=message):
        network().load_state_dict(state)


def test_with_neuron_changes_what_is_stored():
    trained = network()
    fast = trained.with_neuron(tau_mem=5e-3)
    with pytest.raises(RuntimeError, match=r"hidden.0: tau_mem is 0.02 here and 0.005"):
        network().load_state_dict(fast.state_dict())
    network().with_neuron(tau_mem=5e-3).load_state_dict(fast.state_dict())


def test_copies_replicas_and_functional_calls_have_the_constants():
    trained, x = network(recurrent=True), torch.rand(30, 2, 4, generator=seeded(2)).lt(0.3).float()
    want = trained(x).readout
    for other in (copy.deepcopy(trained), pickle.loads(pickle.dumps(trained))):
        assert torch.equal(other(x).readout, want)
        other.load_state_dict(trained.state_dict())
    weights = {k: 2 * v for k, v in trained.named_parameters()}
    found = torch.func.functional_call(trained, weights | trained.state_dict(), (x,)).readout
    assert torch.equal(found, want)
    average = AveragedModel(trained, use_buffers=True)
    average.update_parameters(trained)
    assert torch.equal(average(x).readout, want)
    average.load_state_dict(average.state_dict())
    with pytest.raises(RuntimeError, match=r"module.hidden.0: tau_mem"):
        AveragedModel(network(LIFNeuron(), recurrent=True)).load_state_dict(average.state_dict())
    assert [name for name, _ in trained.named_buffers()] == []


def test_adaptive_strengths_travel_as_a_buffer():
    trained = AdaptiveNetwork((4, 6, 3), AdaptiveNeuron(strength=0.7), adaptive=0.5)
    other = AdaptiveNetwork((4, 6, 3), AdaptiveNeuron(strength=0.2))
    other.load_state_dict(trained.state_dict())
    assert torch.equal(other.neuron.strength, trained.neuron.strength)


def test_the_entry_is_a_plain_tensor():
    state = network().state_dict()
    assert list(state) == [
        "hidden.0.weight",
        "hidden.0._extra_state",
        "readout.weight",
        "readout._extra_state",
    ]
    stored = state["readout._extra_state"]
    assert stored.dtype == torch.float64 and stored.tolist() == [20e-3, 5e-3, 1e-3]
