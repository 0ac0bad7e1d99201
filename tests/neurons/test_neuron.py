"""A neuron is one value: any of them runs over time, in pieces as at once, and refuses typos."""

from dataclasses import FrozenInstanceError, dataclass, replace
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from snnbook.kernels import explain
from snnbook.neurons import (
    LIF,
    AdaptiveNeuron,
    AdLIFNeuron,
    BalancedNeuron,
    DirectLIFNeuron,
    LeakyNeuron,
    LIFNeuron,
    LIFState,
    Neuron,
    ResonateNeuron,
    run,
)
from snnbook.parallel import WaitingNeuron
from snnbook.smoothed import Gate, GatedNeuron, NoisyNeuron
from snnbook.surrogates import gaussian

OTHER = {"tau_mem": 20e-3, "tau_syn": 8e-3, "dt": 0.5e-3}


def rng(seed):
    return torch.Generator().manual_seed(seed)


#: Every neuron of the book; a noisy one needs its own generator for each run.
NEURONS = {
    "leaky": lambda: LeakyNeuron(**OTHER),
    "lif": lambda: LIFNeuron(**OTHER, reset="zero"),
    "adaptive": lambda: AdaptiveNeuron(**OTHER, strength=0.7, tau_adapt=40e-3),
    "direct": lambda: DirectLIFNeuron(20e-3, dt=0.5e-3),
    "adlif": lambda: AdLIFNeuron(dt=0.5e-3),
    "adlif, forward": lambda: AdLIFNeuron(dt=0.5e-3, step_kind="forward", reset="zero"),
    "resonate": lambda: ResonateNeuron(20.0, dt=0.5e-3, watch="quad", reset="restart"),
    "balanced": lambda: BalancedNeuron(20.0, dt=0.5e-3),
    "gated": lambda: GatedNeuron(**OTHER, gate=Gate(0.4)),
    "waiting": lambda: WaitingNeuron(**OTHER, wait=7),
    "noisy": lambda: NoisyNeuron(**OTHER, generator=rng(3)),
}
EACH = pytest.mark.parametrize("name", NEURONS)


def problem(steps=40, batch=3, size=5, name="lif"):
    kind = {"generator": rng(0), "dtype": torch.float64}
    scale = 4.0 if name == "gated" else 0.4  # its current enters as in continuous time
    drive = scale * torch.rand(steps, batch, size, **kind)
    return drive, 0.05 * torch.randn(size, size, **kind)


def tensors(record):
    """Return the tensors of a record, those of its state among them."""
    flat = [x for part in record for x in (part if isinstance(part, tuple) else (part,))]
    return [x for x in flat if isinstance(x, Tensor)]


@EACH
def test_two_runs_are_one_long_run(name):
    drive, own = problem(name=name)
    neuron = NEURONS[name]()
    whole = run(neuron, drive, recurrent_weight=own)
    neuron = NEURONS[name]()
    first = run(neuron, drive[:17], recurrent_weight=own)
    second = run(neuron, drive[17:], first.state, recurrent_weight=own)
    for a, b, want in zip(first[:-1], second[:-1], whole[:-1]):
        torch.testing.assert_close(torch.cat((a, b)), want, rtol=1e-12, atol=1e-12)
    for a, want in zip(second.state, whole.state):
        torch.testing.assert_close(a, want, rtol=1e-12, atol=1e-12)
    assert float(whole[0].sum()) != 0


@EACH
def test_run_is_a_loop_over_the_step(name):
    drive, own = problem(steps=12, name=name)
    neuron = NEURONS[name]()
    state, states = neuron.initial_state(drive[0]), []
    assert all(not x.any() and x.shape == drive[0].shape for x in state)
    for x in drive:
        states.append(state)
        _, state = neuron.step(state, x, own)
    record = run(NEURONS[name](), drive, recurrent_weight=own)
    for a, want in zip(record.state, state):
        torch.testing.assert_close(a, want, rtol=1e-12, atol=1e-12)
    mem = torch.stack([one.mem for one in states])
    torch.testing.assert_close(record.mem, mem, rtol=1e-12, atol=1e-12)


@EACH
def test_a_neuron_is_a_frozen_value(name):
    neuron = NEURONS[name]()
    with pytest.raises(FrozenInstanceError):
        neuron.tau_mem = 1.0
    assert replace(neuron, dt=2e-3).dt == 2e-3 and neuron.dt == 0.5e-3
    with pytest.raises(TypeError, match="tau_men"):
        type(neuron)(tau_men=1.0)
    with pytest.raises(ValueError, match="dt is 0"):
        type(neuron)(dt=0)


@EACH
def test_no_steps_and_no_samples(name):
    for shape in ((0, 2, 3), (4, 0, 3)):
        record = run(NEURONS[name](), torch.zeros(shape))
        assert record[0].shape == shape and record.state[0].shape == shape[1:]


@EACH
def test_the_states_need_not_be_kept(name):
    drive, _ = problem(name=name)
    short, full = (run(NEURONS[name](), drive, record=flag) for flag in (False, True))
    torch.testing.assert_close(short[0], full[0])
    for a, want in zip(short.state, full.state):
        torch.testing.assert_close(a, want)


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"reset": "banana"}, ValueError, "reset is 'banana'; one of 'subtract', 'zero', 'none'"),
        ({"surogate": 1}, TypeError, "surogate"),
        ({"surrogate": "gaussian"}, TypeError, "surrogate is 'gaussian'"),
        ({"reset_gradient": 1}, TypeError, "reset_gradient is 1; True or False"),
        ({"spike_at_threshold": "no"}, TypeError, "spike_at_threshold is 'no'"),
        ({"threshold": 0.0}, ValueError, "threshold is 0.0"),
    ],
)
def test_a_wrong_option_fails_where_it_is_written(options, error, message):
    with pytest.raises(error, match=message):
        LIFNeuron(**options)


def test_the_compiled_loops_run_only_what_they_know():
    class Loud(LIFNeuron):
        def step(self, state, drive, recurrent_weight=None):
            spikes, state = super().step(state, drive, recurrent_weight)
            return 2 * spikes, state

    drive, _ = problem()
    assert explain(drive, neuron=LIFNeuron()).kernel == "numba"
    said = explain(drive, neuron=Loud())
    assert said.kernel == "reference" and "do not know a Loud" in said.reason
    assert torch.equal(run(Loud(), drive).spikes, 2 * run(LIFNeuron(), drive).spikes)
    with pytest.raises(ValueError, match="do not know a Loud"):
        run(Loud(), drive, kernel="numba")
    assert "has no derivative" in explain(drive, neuron=LIFNeuron(surrogate=torch.sigmoid)).reason


def test_leaky_neurons_that_send_to_each_other_take_the_plain_loop():
    drive, own = problem()
    said = explain(drive, neuron=LeakyNeuron(), recurrent_weight=own)
    assert said.kernel == "reference" and "sends no spikes through V" in said.reason
    assert explain(drive, neuron=LeakyNeuron()).kernel == "numba"


def test_no_adaptation_is_the_lif_neuron():
    drive, own = problem()
    surrogate = gaussian(0.4)
    lif = LIFNeuron(**OTHER, surrogate=surrogate, reset_gradient=True)
    adaptive = AdaptiveNeuron(**OTHER, surrogate=surrogate, reset_gradient=True, strength=0.0)
    grads = []
    for neuron in (lif, adaptive):
        leaf = drive.clone().requires_grad_()
        out = run(neuron, leaf, recurrent_weight=own, kernel="reference")
        (out.spikes.sum() + out.mem.square().sum()).backward()
        grads.append((out.spikes, leaf.grad))
    assert grads[0][0].sum() > 20
    for a, b in zip(*grads):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_a_state_that_does_not_fit_is_named():
    drive, _ = problem()
    with pytest.raises(ValueError, match=r"state.mem has shape \(1, 5\); \(3, 5\) is accepted"):
        run(LIFNeuron(), drive, LIFState(torch.zeros_like(drive[0]), drive[0][:1]))
    with pytest.raises(ValueError, match="state has 2 tensors; syn, mem, adapt are accepted"):
        run(AdaptiveNeuron(), drive, LIFState(drive[0], drive[0]))
    with pytest.raises(TypeError, match="neuron is a Tensor; a neuron is accepted"):
        run(drive, LIFNeuron())


def test_a_neuron_of_ones_own():
    class Sum(NamedTuple):
        total: Tensor

    @dataclass(frozen=True)
    class Integrator(Neuron):
        State = Sum

        def step(self, state, drive, recurrent_weight=None):
            return state.total, Sum(state.total + drive)

    drive, _ = problem()
    record = run(Integrator(), drive)
    torch.testing.assert_close(record.state.total, drive.sum(0))
    torch.testing.assert_close(record.output[1:], drive.cumsum(0)[:-1])
    assert torch.equal(record.states.total, record.output)


@pytest.mark.parametrize("wrong", [LeakyNeuron(), gaussian(), 20e-3])
def test_a_layer_of_spiking_neurons_takes_no_other_neuron(wrong):
    with pytest.raises(TypeError, match=f"neuron is a {type(wrong).__name__}; a LIFNeuron"):
        LIF(3, 2, wrong)
