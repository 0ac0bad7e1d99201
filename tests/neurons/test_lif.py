"""The LIF network against closed forms, finite differences and hand computation."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from snnbook.neurons import (
    LeakyNeuron,
    LIFNeuron,
    LIFState,
    fluctuation_driven_,
    leaky_step,
    lif_step,
    psp_kernel,
    run,
)
from snnbook.surrogates import custom, fast_sigmoid, gaussian

PARAMS = LIFNeuron()


def numpy_loop(drive, neuron, v=None, reset="subtract", at_threshold=False):
    """The paper's update written in NumPy, one scalar neuron after the other."""
    steps, batch, neurons = drive.shape
    spikes, mem, syn = np.zeros((3, steps, batch, neurons))
    alpha, beta = math.exp(-neuron.dt / neuron.tau_syn), math.exp(-neuron.dt / neuron.tau_mem)
    for b in range(batch):
        i, u = np.zeros(neurons), np.zeros(neurons)
        for n in range(steps):
            s = np.array([float(x > 1 or (at_threshold and x == 1)) for x in u])
            spikes[n, b], mem[n, b], syn[n, b] = s, u, i
            after = beta * u + i
            if reset == "subtract":
                after = after - s
            if reset == "zero":
                after = np.where(s > 0, 0.0, after)
            i = alpha * i + drive[n, b] + (0 if v is None else v @ s)
            u = after
    return spikes, mem, syn


@settings(max_examples=40, deadline=None)
@given(
    steps=st.integers(0, 12),
    batch=st.integers(0, 3),
    neurons=st.integers(1, 4),
    recurrent=st.booleans(),
    reset=st.sampled_from(["subtract", "zero", "none"]),
    at_threshold=st.booleans(),
    tau_mem=st.floats(1e-3, 0.1),
    tau_syn=st.floats(1e-3, 0.1),
    seed=st.integers(0, 1000),
)
def test_unroll_is_the_papers_update(
    steps, batch, neurons, recurrent, reset, at_threshold, tau_mem, tau_syn, seed
):
    generator = torch.Generator().manual_seed(seed)
    neuron = LIFNeuron(tau_mem=tau_mem, tau_syn=tau_syn)
    drive = torch.randn(steps, batch, neurons, dtype=torch.float64, generator=generator)
    v = torch.randn(neurons, neurons, dtype=torch.float64, generator=generator)
    v = v if recurrent else None
    out = run(
        replace(neuron, reset=reset, spike_at_threshold=at_threshold), drive, recurrent_weight=v
    )
    expected = numpy_loop(
        drive.numpy(), neuron, None if v is None else v.numpy(), reset, at_threshold
    )
    for got, want in zip((out.spikes, out.mem, out.syn), expected, strict=True):
        assert got.shape == want.shape
        assert np.allclose(got.numpy(), want, atol=1e-10)


def test_decay_factors():
    neuron = LIFNeuron(tau_mem=20e-3, tau_syn=5e-3, dt=2e-3)
    assert neuron.alpha == pytest.approx(math.exp(-0.4), rel=1e-15)
    assert neuron.beta == pytest.approx(math.exp(-0.1), rel=1e-15)


@pytest.mark.parametrize("tau_syn", [5e-3, 20e-3, 10e-3, 10e-3 * (1 + 1e-8)])
def test_impulse_response_is_the_psp_kernel(tau_syn):
    neuron = LIFNeuron(tau_mem=10e-3, tau_syn=tau_syn)
    impulse = torch.zeros(200, 1, 1, dtype=torch.float64)
    impulse[0] = 1.0
    mem = run(neuron.leaky, impulse).mem[:, 0, 0]
    assert torch.allclose(mem, psp_kernel(neuron, 200), rtol=1e-6, atol=1e-12)


def test_steady_rate_of_a_constant_drive():
    """With subtractive reset every step adds I and takes 1 a spike: rate = I - (1-beta) mean U."""
    neuron = LIFNeuron(tau_mem=1.0, tau_syn=1e-4)  # slow membrane, instant synapse
    drive = torch.full((20_000, 1, 5), 0.0, dtype=torch.float64)
    drive += torch.tensor([0.05, 0.1, 0.2, 0.4, 0.8], dtype=torch.float64)
    out = run(neuron, drive)
    rate = out.spikes[10_000:].mean((0, 1))
    balance = out.syn[10_000:].mean((0, 1)) - (1 - neuron.beta) * out.mem[10_000:].mean((0, 1))
    assert torch.allclose(rate, balance, atol=2e-4)


def test_rheobase_is_where_the_leak_balances_the_current():
    """A constant current I drives U to I / (1-beta): it fires exactly above (1-beta) theta."""
    neuron = LIFNeuron()
    current = (1 - neuron.beta) * torch.tensor([0.99, 1.01], dtype=torch.float64)
    drive = (current * (1 - neuron.alpha)).expand(3000, 1, 2)
    assert run(neuron, drive).spikes.sum((0, 1)).gt(0).tolist() == [False, True]


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(0, 20), seed=st.integers(0, 100), recurrent=st.booleans())
def test_state_goes_on_where_it_stopped(cut, seed, recurrent):
    generator = torch.Generator().manual_seed(seed)
    drive = torch.randn(20, 2, 3, generator=generator)
    v = torch.randn(3, 3, generator=generator) if recurrent else None
    whole = run(LIFNeuron(), drive, recurrent_weight=v)
    first = run(LIFNeuron(), drive[:cut], recurrent_weight=v)
    second = run(LIFNeuron(), drive[cut:], recurrent_weight=v, state=first.state)
    assert torch.equal(whole.spikes, torch.cat([first.spikes, second.spikes]))
    assert torch.equal(whole.mem, torch.cat([first.mem, second.mem]))
    assert torch.equal(whole.state.mem, second.state.mem)
    assert torch.equal(whole.state.syn, second.state.syn)


@pytest.mark.parametrize("reset_gradient", [False, True])
def test_two_step_gradient_by_hand(reset_gradient):
    """L = S[1], U[1] = beta U[0] + I[0] - S[0]: dL/dU[0] = g(U[1]-1) (beta - g(U[0]-1))."""
    sg = fast_sigmoid(width=0.5)
    mem = torch.tensor([[1.3]], dtype=torch.float64, requires_grad=True)
    state = LIFState(torch.tensor([[0.6]], dtype=torch.float64), mem)
    zero = torch.zeros(1, 1, dtype=torch.float64)
    _, state = lif_step(state, zero, replace(PARAMS, surrogate=sg, reset_gradient=reset_gradient))
    spikes, _ = lif_step(state, zero, replace(PARAMS, surrogate=sg, reset_gradient=reset_gradient))
    spikes.sum().backward()

    def g(x):
        return (1 + 2 * (math.sqrt(2) - 1) / 0.5 * abs(x)) ** -2

    u1 = PARAMS.beta * 1.3 + 0.6 - 1.0
    through_reset = g(0.3) if reset_gradient else 0.0
    assert mem.grad.item() == pytest.approx(g(u1 - 1) * (PARAMS.beta - through_reset), rel=1e-12)


def test_reset_gradient_changes_the_backward_pass_only():
    drive = torch.randn(30, 2, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    outs = [
        run(LIFNeuron(reset_gradient=flag, surrogate=gaussian(0.5)), drive)
        for flag in (False, True)
    ]
    assert torch.equal(outs[0].spikes, outs[1].spikes)
    grads = [torch.autograd.grad(out.spikes.sum(), drive)[0] for out in outs]
    assert not torch.allclose(*grads)


def test_gradient_of_the_smooth_part_against_finite_differences():
    """Without a spike the network is linear and smooth: autograd must agree with differences."""
    drive = 0.01 * torch.rand(8, 2, 3, dtype=torch.float64, requires_grad=True)
    syn = torch.rand(2, 3, dtype=torch.float64, requires_grad=True) * 0.1
    mem = torch.rand(2, 3, dtype=torch.float64, requires_grad=True) * 0.1

    def membrane(drive, syn, mem):
        out = run(LIFNeuron(), drive, state=LIFState(syn, mem))
        assert out.spikes.sum() == 0
        return out.mem, out.syn, *out.state

    assert torch.autograd.gradcheck(membrane, (drive, syn, mem))
    assert torch.autograd.gradcheck(
        lambda d, i, u: tuple(run(LeakyNeuron(), d, state=LIFState(i, u))[:2]), (drive, syn, mem)
    )


def test_surrogate_gradient_is_the_gradient_of_the_softened_network():
    """The chain rule with g in place of the step's derivative, done by a second program."""
    sg = gaussian(0.7)
    drive = 0.3 * torch.randn(12, 1, 3, dtype=torch.float64)
    drive.requires_grad_()
    v = 0.2 * torch.randn(3, 3, dtype=torch.float64)
    out = run(LIFNeuron(surrogate=sg, reset_gradient=True), drive, recurrent_weight=v)
    weight = torch.randn_like(out.spikes)
    (got,) = torch.autograd.grad((weight * out.spikes).sum(), drive)

    g = sg.derivative(out.mem.detach() - 1)[:, 0]
    lam_i = torch.zeros(3, dtype=torch.float64)
    lam_u = torch.zeros(3, dtype=torch.float64)
    expected = torch.zeros(12, 3, dtype=torch.float64)
    for n in reversed(range(12)):
        expected[n] = lam_i  # x[n] enters I[n+1]
        to_spike = weight[n, 0] + v.T @ lam_i - lam_u
        lam_i, lam_u = PARAMS.alpha * lam_i + lam_u, PARAMS.beta * lam_u + g[n] * to_spike
    assert torch.allclose(got[:, 0], expected, atol=1e-12)


def test_a_layer_of_one_neuron_type_does_not_mix_the_batch():
    drive = torch.randn(20, 4, 3, generator=torch.Generator().manual_seed(1))
    together = run(LIFNeuron(), drive).spikes
    apart = torch.cat([run(LIFNeuron(), drive[:, k : k + 1]).spikes for k in range(4)], dim=1)
    assert torch.equal(together, apart)


def test_record_off_saves_only_spikes():
    drive = torch.randn(5, 2, 3)
    out = run(LIFNeuron(), drive, record=False)
    assert out.mem is None and out.syn is None
    assert torch.equal(out.spikes, run(LIFNeuron(), drive).spikes)


@pytest.mark.parametrize("shape", [(0, 2, 3), (4, 0, 3), (4, 2, 0)])
def test_empty_axes(shape):
    out = run(LIFNeuron(), torch.zeros(shape))
    assert out.spikes.shape == out.mem.shape == out.syn.shape == shape
    assert out.state.mem.shape == shape[1:]
    assert run(LeakyNeuron(), torch.zeros(shape)).mem.shape == shape


def test_clear_errors():
    good = torch.zeros(4, 2, 3)
    cases = [
        (lambda: run(LIFNeuron(), good[0]), ValueError, r"drive has shape \(2, 3\); three axes"),
        (lambda: run(LIFNeuron(), good.int()), TypeError, "drive has dtype torch.int32"),
        (lambda: run(LIFNeuron(), [1.0]), TypeError, "drive is a list"),
        (
            lambda: run(LIFNeuron(reset="hard"), good),
            ValueError,
            "reset is 'hard'; one of 'subtract'",
        ),
        (
            lambda: run(LIFNeuron(), good, recurrent_weight=torch.zeros(3, 2)),
            ValueError,
            r"recurrent_weight has shape \(3, 2\); \(3, 3\) is accepted",
        ),
        (
            lambda: run(LIFNeuron(), good, recurrent_weight=torch.zeros(3, 3).double()),
            TypeError,
            "recurrent_weight has dtype torch.float64; torch.float32",
        ),
        (
            lambda: run(LIFNeuron(), good, state=LIFState(torch.zeros(2, 3), torch.zeros(1, 3))),
            ValueError,
            r"state.mem has shape \(1, 3\); \(2, 3\) is accepted",
        ),
        (
            lambda: run(LIFNeuron(), good, recurrent_weight=torch.zeros(3, 3, device="meta")),
            ValueError,
            "recurrent_weight is on meta; cpu is accepted",
        ),
        (lambda: LIFNeuron(tau_mem=-1.0), ValueError, "tau_mem is -1.0; a finite number"),
        (lambda: LIFNeuron(dt=float("nan")), ValueError, "dt is nan"),
        (lambda: run(LeakyNeuron(), good[0]), ValueError, "drive has shape"),
    ]
    for call, error, message in cases:
        with pytest.raises(error, match=message):
            call()


@pytest.mark.parametrize("step", [0, 2, 3])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_nan_is_found_and_located(step, bad):
    drive = torch.zeros(4, 2, 3)
    drive[step, 1, 2] = bad
    for neuron in (LIFNeuron(), LeakyNeuron()):
        with pytest.raises(ValueError, match=f"drive holds NaN or infinity, first at step {step}"):
            run(neuron, drive)
    state = LIFState(torch.zeros(2, 3), torch.full((2, 3), bad))
    with pytest.raises(ValueError, match="finite initial state"):
        run(LIFNeuron(reset="none"), torch.zeros(4, 2, 3), state=state)


def test_leaky_step_is_the_lif_step_that_never_spikes():
    generator = torch.Generator().manual_seed(0)
    state = LIFState(*torch.randn(2, 3, 4, generator=generator))
    drive = torch.randn(3, 4, generator=generator)
    _, want = lif_step(state, drive, LIFNeuron(threshold=1e9))
    got = leaky_step(state, drive)
    assert torch.equal(got.syn, want.syn) and torch.equal(got.mem, want.mem)


@pytest.mark.parametrize("neuron", [PARAMS, LIFNeuron(tau_mem=30e-3, tau_syn=8e-3)])
def test_fluctuation_driven_weights_give_the_asked_fluctuation(neuron):
    generator = torch.Generator().manual_seed(0)
    weight = torch.empty(300, 200, dtype=torch.float64)
    fluctuation_driven_(weight, neuron, rate=20.0, mean=0.3, std=0.8, generator=generator)
    spikes = torch.rand(3000, 1, 200, generator=generator).lt(20.0 * neuron.dt).double()
    mem = run(neuron.leaky, spikes @ weight.T).mem[300:, 0]
    assert mem.mean().item() == pytest.approx(0.3, abs=0.06)
    assert mem.std(0).square().mean().sqrt().item() == pytest.approx(0.8, rel=0.06)


def test_fluctuation_driven_errors():
    weight = torch.empty(3, 4)
    with pytest.raises(ValueError, match=r"weight has shape \(3,\)"):
        fluctuation_driven_(torch.empty(3), PARAMS, rate=10.0)
    with pytest.raises(ValueError, match="rate is 2000.0; a value below 1/dt = 1000 Hz"):
        fluctuation_driven_(weight, PARAMS, rate=2000.0)
    with pytest.raises(ValueError, match="rate is 0"):
        fluctuation_driven_(weight, PARAMS, rate=0)
    with pytest.raises(ValueError, match="std is 0.001; with mean 5.0 at least"):
        fluctuation_driven_(weight, PARAMS, rate=10.0, mean=5.0, std=0.001)


def test_a_custom_surrogate_drives_the_gradient():
    import sympy

    from snnbook.surrogates import Z

    sech = custom("sech", lambda z: 1 / torch.cosh(z), 1 / sympy.cosh(Z), width=0.5)
    drive = torch.full((6, 1, 1), 0.3, requires_grad=True)
    run(LIFNeuron(surrogate=sech), drive).spikes.sum().backward()
    assert drive.grad.abs().sum() > 0
