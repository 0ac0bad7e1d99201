"""Neurons of other shapes against loops written out, and their gradients and bounds."""

import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook.kernels import explain
from snnbook.neurons import (
    AdaptiveNeuron,
    AdLIFNeuron,
    BalancedNeuron,
    DirectLIFNeuron,
    LeakyNeuron,
    LIFNeuron,
    Refractory,
    ResonateNeuron,
    coupling_bound,
    divergence_bound,
    run,
    spectral_radius,
)

STEPS, BATCH, SIZE = 60, 3, 4
FLAGS = (False, True)


def problem(scale=0.4, seed=0):
    kind = {"generator": seeded(seed), "dtype": torch.float64}
    drive = scale * torch.randn(STEPS, BATCH, SIZE, **kind) + scale / 2
    return drive, 0.2 * torch.randn(SIZE, SIZE, **kind)


def check(record, spikes, **states):
    """Compare a record with the lists of a loop written out."""
    assert spikes[0].shape == (BATCH, SIZE) and 0.03 < np.mean(spikes) < 0.6
    np.testing.assert_array_equal(record.spikes, spikes)
    for name, rows in states.items():
        np.testing.assert_allclose(getattr(record, name), rows, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
def test_without_a_current_the_neuron_is_the_one_of_snntorch_a_step_later(reset):
    """``snntorch.Leaky``: reset from the old membrane, then leak and input, then the spike."""
    drive, own = problem()
    beta, mem, spikes = math.exp(-1e-3 / 15e-3), np.zeros((BATCH, SIZE)), []
    mems, last = [], np.zeros((BATCH, SIZE))
    for x in drive.numpy():
        fired = (mem > 0.8).astype(float)
        mem = beta * mem + x + last @ own.numpy().T
        mem = {"subtract": mem - 0.8 * fired, "zero": mem * (1 - fired), "none": mem}[reset]
        last = (mem > 0.8).astype(float)
        mems.append(mem)
        spikes.append(last)
    neuron = DirectLIFNeuron(15e-3, threshold=0.8, reset=reset)
    later = torch.cat((drive, drive[:1]))
    record = run(neuron, later, recurrent_weight=own)
    assert not record.spikes[0].any() and not record.mem[0].any()
    shifted = record._replace(spikes=record.spikes[1:], mem=record.mem[1:])
    check(shifted, spikes, mem=mems)


def test_a_lif_neuron_whose_synapse_forgets_at_once_is_the_one_without_a_step_later():
    drive, _ = problem()
    fast = run(LIFNeuron(15e-3, tau_syn=1e-9), drive)
    direct = run(DirectLIFNeuron(15e-3), drive)
    assert torch.equal(fast.spikes[1:], direct.spikes[:-1])


@pytest.mark.parametrize("synapse", FLAGS)
def test_without_a_leak_the_neurons_integrate_and_fire(synapse):
    neuron = LIFNeuron(math.inf, tau_syn=1e-9) if synapse else DirectLIFNeuron(math.inf)
    drive = 0.5 * torch.rand(100, 2, 3, generator=seeded(), dtype=torch.float64)
    record = run(neuron, drive)
    came = drive[: -2 if synapse else -1].sum(0)
    torch.testing.assert_close(record.spikes[:-1].sum(0) + record.mem[-1], came)


@pytest.mark.parametrize("reset", ["zero", "subtract"])
@pytest.mark.parametrize("step_kind", ["forward", "symplectic"])
def test_an_adaptation_current_as_in_the_papers(step_kind, reset):
    """Baronig et al. (2025): the reset comes at once, and the input counts 1 - beta."""
    drive, own = problem()
    beta, rho, a, b = math.exp(-1 / 20), math.exp(-1 / 60), 12.0, 6.0
    u, w, z = (np.zeros((BATCH, SIZE)) for _ in range(3))
    spikes, mems = [], []
    for x in np.concatenate([np.zeros((1, BATCH, SIZE)), drive[:-1].numpy() / (1 - beta)]):
        current = x + z @ own.numpy().T / (1 - beta)
        before = beta * u + (1 - beta) * (current - w)
        if step_kind == "forward":
            w = rho * w + (1 - rho) * (a * u + b * z)
        z = (before > 1).astype(float)
        u = before * (1 - z) if reset == "zero" else before - z
        if step_kind == "symplectic":
            w = rho * w + (1 - rho) * (a * u + b * z)
        mems.append(before)
        spikes.append(z)
    neuron = AdLIFNeuron(20e-3, 60e-3, a, b, step_kind=step_kind, reset=reset)
    check(run(neuron, drive, recurrent_weight=own), spikes, mem=mems)


@pytest.mark.parametrize("watch", ["mem", "quad"])
@pytest.mark.parametrize("step_kind", ["exact", "forward"])
@pytest.mark.parametrize("reset", ["none", "subtract", "zero", "restart"])
def test_an_oscillator_as_a_complex_number(reset, step_kind, watch):
    drive, own = problem()
    rate = complex(-1 / 80e-3, 2 * np.pi * 30)
    factor = np.exp(rate * 1e-3) if step_kind == "exact" else 1 + rate * 1e-3
    z, spikes, states = np.zeros((BATCH, SIZE), complex), [], []
    unit = 1 if watch == "mem" else 1j
    for x in drive.numpy():
        states.append(z)
        s = (z.real if watch == "mem" else z.imag) > 0.7
        spikes.append(s.astype(float))
        off = {"none": z, "subtract": z - 0.7 * unit, "zero": 0 * z, "restart": 0.7 * unit + 0 * z}
        z = factor * np.where(s, off[reset], z) + x + spikes[-1] @ own.numpy().T
    given = {"watch": watch, "step_kind": step_kind, "reset": reset, "threshold": 0.7}
    record = run(ResonateNeuron(30.0, 80e-3, **given), drive, recurrent_weight=own)
    check(record, spikes, mem=np.real(states), quad=np.imag(states))


def test_a_balanced_oscillator_as_in_the_paper():
    """Higuchi et al. (2024): steps of 10 ms, and the input counts as much as the step is long."""
    drive, own = problem(scale=0.6)
    dt, omega, offset = 0.01, 2 * np.pi * 2.0, 2.5
    bound = (-1 + np.sqrt(1 - (dt * omega) ** 2)) / dt
    u, v, q, z = (np.zeros((BATCH, SIZE)) for _ in range(4))
    spikes, mems = [], []
    for x in np.concatenate([np.zeros((1, BATCH, SIZE)), drive[:-1].numpy() / dt]):
        b = bound - offset - q
        current = x + z @ own.numpy().T / dt
        u, v = u + b * u * dt - omega * v * dt + current * dt, v + omega * u * dt + b * v * dt
        z = (u - 1 - q > 0).astype(float)
        q = 0.9 * q + z
        mems.append(u)
        spikes.append(z)
    neuron = BalancedNeuron(2.0, offset, -dt / math.log(0.9), dt=dt)
    check(run(neuron, drive, recurrent_weight=own), spikes, mem=mems)


SMOOTH = {"surrogate": lambda x, _: torch.sigmoid(3 * x), "reset_gradient": True}
CASES = {
    "direct": (DirectLIFNeuron, {"tau_mem": 15e-3}, {}),
    "direct, zero": (DirectLIFNeuron, {"tau_mem": 15e-3}, {"reset": "zero"}),
    "adaptive": (AdaptiveNeuron, {"tau_adapt": 30e-3, "strength": 0.4, "tau_mem": 9e-3}, {}),
    **{
        f"adlif, {kind}, {reset}": (
            AdLIFNeuron,
            {"tau_mem": 20e-3, "tau_adapt": 50e-3, "coupling": 8.0, "jump": 5.0},
            {"step_kind": kind, "reset": reset},
        )
        for kind, reset in (("forward", "zero"), ("symplectic", "subtract"))
    },
    **{
        f"resonate, {kind}, {reset}": (
            ResonateNeuron,
            {"frequency": 30.0, "tau_mem": 40e-3},
            {"step_kind": kind, "reset": reset, "watch": watch},
        )
        for kind, reset, watch in (
            ("exact", "none", "mem"),
            ("exact", "restart", "quad"),
            ("forward", "subtract", "mem"),
            ("exact", "zero", "quad"),
        )
    },
    "balanced": (
        BalancedNeuron,
        {"frequency": 20.0, "damping": 12.0, "tau_refractory": 20e-3},
        {},
    ),
}


@pytest.mark.parametrize("each", FLAGS)
@pytest.mark.parametrize("name", CASES)
def test_every_constant_has_the_gradient_of_finite_differences(name, each):
    """A smooth step stands in place of the spike, so that the loss has a derivative."""
    kind, values, options = CASES[name]
    values = values | {"threshold": 0.8}
    drive, own = (x[:12] for x in problem())
    own.requires_grad_()

    def loss(weight, *constants):
        given = dict(zip(values, constants, strict=True))
        out = run(kind(**given, **options, **SMOOTH), drive, recurrent_weight=weight)
        return (out.spikes**2).sum() + out.mem.sum() + sum(x.cos().sum() for x in out.state)

    factor = 0.8 + 0.4 * torch.rand(SIZE if each else (), generator=seeded(2), dtype=torch.float64)
    constants = [(x * factor).requires_grad_() for x in values.values()]
    loss(own, *constants).backward()
    assert all(x.grad.shape == x.shape and x.grad.any() for x in constants)
    steps = [1e-6 * x for x in values.values()]
    for constant, step in zip(constants, steps, strict=True):
        for k in range(constant.numel()):
            moved = torch.zeros(constant.numel(), dtype=torch.float64)
            moved[k] = step
            moved = moved.view(constant.shape)
            with torch.no_grad():
                ends = [
                    loss(own, *(x + sign * moved if x is constant else x for x in constants))
                    for sign in (1, -1)
                ]
            found = float(ends[0] - ends[1]) / (2 * step)
            expected = constant.grad.flatten()[k].item()
            assert found == pytest.approx(expected, rel=1e-5, abs=1e-5), (name, k)


@pytest.mark.parametrize("name", CASES)
def test_numbers_and_tensors_are_the_same_neuron(name):
    kind, values, options = CASES[name]
    drive, own = problem()
    records = []
    for shape in (None, (), (SIZE,)):
        given = {
            k: x if shape is None else torch.full(shape, x, dtype=torch.float64)
            for k, x in values.items()
        }
        records.append(run(kind(**given, **options), drive, recurrent_weight=own))
    assert records[0].spikes.any()
    for record in records[1:]:
        assert torch.equal(record.spikes, records[0].spikes)
        torch.testing.assert_close(record.mem, records[0].mem, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", [n for n in CASES if n.startswith(("resonate", "balanced"))])
def test_the_plain_loop_runs_it_and_says_so(name):
    kind, values, options = CASES[name]
    neuron, drive = kind(**values, **options), torch.zeros(3, 1, 2)
    said = explain(drive, neuron=neuron)
    assert said.kernel == "reference" and f"do not know a {kind.__name__}" in said.reason
    with pytest.raises(ValueError, match=f"do not know a {kind.__name__}; it needs the plain loop"):
        run(neuron, drive, kernel="numba")


@pytest.mark.parametrize("step_kind", ["forward", "symplectic"])
def test_the_bound_of_the_coupling_is_where_the_radius_is_one(step_kind):
    taus = torch.rand(2, 50, generator=seeded(), dtype=torch.float64) * 0.1 + 2e-3
    neuron = AdLIFNeuron(*taus, step_kind=step_kind)
    bound = coupling_bound(neuron)
    for factor, stable in ((1 - 1e-6, True), (1 + 1e-6, False)):
        radius = spectral_radius(replace(neuron, coupling=factor * bound))
        assert ((radius < 1) == stable).all() and radius.shape == (50,)
    assert (spectral_radius(replace(neuron, coupling=-1 + 1e-6 + 0 * bound)) < 1).all()
    assert (spectral_radius(replace(neuron, coupling=-1 - 1e-6 + 0 * bound)) > 1).all()


@pytest.mark.parametrize(
    "neuron",
    [
        AdLIFNeuron(coupling=100.0, step_kind="forward"),
        AdLIFNeuron(coupling=3000.0),
        ResonateNeuron(40.0, 60e-3),
        ResonateNeuron(40.0, 60e-3, step_kind="forward"),
        BalancedNeuron(40.0, 3.0),
    ],
)
def test_the_step_matrix_is_the_step_and_its_radius_the_growth(neuron):
    quiet = replace(neuron, threshold=1e300)
    kind = quiet.State
    columns = torch.eye(2, dtype=torch.float64)
    rest = columns.new_zeros(len(kind._fields) - 2, 2)
    _, after = quiet.step(kind(*columns[:, :, None], *rest[:, :, None]), torch.zeros(2, 1).double())
    torch.testing.assert_close(torch.stack(after[:2]).squeeze(-1), quiet.step_matrix())
    power = torch.linalg.matrix_power(quiet.step_matrix(), 4000)
    growth = float(torch.linalg.matrix_norm(power)) ** (1 / 4000)
    assert growth == pytest.approx(spectral_radius(quiet).item(), abs=2e-3)


def test_balanced_oscillators_keep_their_amplitude_at_the_divergence_bound():
    frequency, dt = torch.linspace(1.0, 150.0, 20, dtype=torch.float64), 1e-3
    bound = divergence_bound(frequency, dt)
    factor = 1 + dt * torch.complex(bound, 2 * math.pi * frequency)
    torch.testing.assert_close(factor.abs(), torch.ones(20, dtype=torch.float64))
    radius = spectral_radius(BalancedNeuron(frequency, 0.0))
    torch.testing.assert_close(radius, torch.ones(20, dtype=torch.float64))
    assert divergence_bound(150.0, dt).item() == pytest.approx(bound[-1].item())


def test_both_steps_of_the_adaptation_current_converge_to_its_equation():
    start = torch.tensor([0.3, 0.1], dtype=torch.float64)
    rates = torch.tensor([[-1 / 20e-3, -1 / 20e-3], [8.0 / 50e-3, -1 / 50e-3]], dtype=torch.float64)
    exact = torch.matrix_exp(rates * 0.04) @ start
    for step_kind in ("forward", "symplectic"):
        gaps = []
        for steps in (400, 800):
            neuron = AdLIFNeuron(20e-3, 50e-3, 8.0, dt=0.04 / steps, step_kind=step_kind)
            ended = torch.linalg.matrix_power(neuron.step_matrix(), steps) @ start
            gaps.append(float((ended - exact).norm()))
        assert gaps[0] < 0.02 and 1.8 < gaps[0] / gaps[1] < 2.2


def test_an_unstable_step_overflows_and_run_says_so():
    neuron = AdLIFNeuron(coupling=2000.0, step_kind="forward", threshold=1e300, reset="none")
    with pytest.raises(ValueError, match="the state became NaN or infinite although the drive is"):
        run(neuron, torch.ones(3000, 1, 1))
    assert run(replace(neuron, step_kind="symplectic"), torch.ones(3000, 1, 1)).state.mem < 1e3


@pytest.mark.parametrize("hold", FLAGS)
def test_a_refractory_period_in_a_written_loop(hold):
    drive, _ = problem(scale=0.9)
    syn, mem, wait = (np.zeros((BATCH, SIZE)) for _ in range(3))
    spikes, mems = [], []
    for x in drive.numpy():
        mems.append(mem)
        s = ((mem > 1) & (wait == 0)).astype(float)
        moved = math.exp(-1 / 10) * mem + syn - s
        mem = np.where(wait > 0, mem, moved) if hold else moved
        syn = math.exp(-1 / 5) * syn + x
        wait = np.where(s > 0, 4, np.maximum(wait - 1, 0))
        spikes.append(s)
    check(run(Refractory(LIFNeuron(), 4e-3, hold), drive), spikes, mem=mems)


@pytest.mark.parametrize("name", CASES)
def test_every_spiking_neuron_can_be_refractory(name):
    kind, values, options = CASES[name]
    neuron = Refractory(kind(**values, **options), period=5e-3)
    drive, own = problem(scale=1.5)
    record = run(neuron, drive, recurrent_weight=own)
    assert record.spikes.any()
    assert record.spikes.unfold(0, 6, 1).sum(-1).max() == 1
    first = run(neuron, drive[:25], recurrent_weight=own)
    state = pickle.loads(pickle.dumps(first.state))
    second = run(neuron, drive[25:], state, recurrent_weight=own)
    assert torch.equal(torch.cat((first.spikes, second.spikes)), record.spikes)
    assert all(torch.equal(a, b) for a, b in zip(second.state, record.state, strict=True))


def test_a_refractory_neuron_has_the_gradient_of_its_neuron_and_its_values():
    tau = torch.full((SIZE,), 10e-3, dtype=torch.float64, requires_grad=True)
    drive, own = problem()
    neuron = Refractory(LIFNeuron(tau, surrogate=lambda x, _: torch.sigmoid(3 * x) / 9), 2e-3)
    run(neuron, drive, recurrent_weight=own).spikes.sum().backward()
    free = tau.grad.clone()
    tau.grad = None
    run(neuron.neuron, drive, recurrent_weight=own).spikes.sum().backward()
    torch.testing.assert_close(free, tau.grad)  # none of these ever counts as a spike
    same = Refractory(LIFNeuron(), 2e-3)
    assert same == Refractory(LIFNeuron(), 2e-3) != Refractory(LIFNeuron(), 3e-3)
    assert len({same, Refractory(LIFNeuron(), 2e-3)}) == 1
    assert same.constants()["neuron"] == "LIFNeuron" and same.constants()["neuron.tau_mem"] == 0.01
    assert explain(drive, neuron=same).reason.startswith("the compiled loops do not know a Refr")
    tau = torch.full((3,), 10e-3, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"tau_mem of the neuron has shape \(3,\); \(4,\), one"):
        run(Refractory(LIFNeuron(tau), 2e-3), drive)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: DirectLIFNeuron(0.0), ValueError, "tau_mem is 0.0"),
        (lambda: DirectLIFNeuron(reset="half"), ValueError, "reset is 'half'; one of 'subtract'"),
        (lambda: DirectLIFNeuron(tau_syn=1e-3), TypeError, "tau_syn"),
        (lambda: AdLIFNeuron(tau_adapt=-1.0), ValueError, "tau_adapt is -1.0"),
        (lambda: AdLIFNeuron(math.inf), ValueError, "tau_mem is inf"),
        (lambda: AdLIFNeuron(coupling=math.inf), ValueError, "coupling holds inf; finite numbers"),
        (lambda: AdLIFNeuron(jump=torch.ones(2, 2)), ValueError, r"jump has shape \(2, 2\)"),
        (lambda: AdLIFNeuron(step_kind="euler"), ValueError, "step_kind is 'euler'; one of"),
        (lambda: ResonateNeuron(500.0), ValueError, "numbers below 500 Hz are accepted, half of"),
        (lambda: ResonateNeuron(-1.0), ValueError, "frequency is -1.0"),
        (
            lambda: ResonateNeuron(torch.tensor([10.0, 600.0])),
            ValueError,
            "frequency holds 600; numbers below 500 Hz",
        ),
        (lambda: ResonateNeuron(watch="syn"), ValueError, "watch is 'syn'; one of 'mem', 'quad'"),
        (lambda: BalancedNeuron(160.0), ValueError, "below 159.155 Hz are accepted, above which"),
        (lambda: BalancedNeuron(damping=-1.0), ValueError, "damping holds -1.0; finite numbers of"),
        (lambda: BalancedNeuron(reset="zero"), ValueError, "reset is 'zero'; one of 'none'"),
        (lambda: Refractory(LIFNeuron(), 1e-5), ValueError, "period is 1e-05; at least half of"),
        (lambda: Refractory(LeakyNeuron(), 1e-3), TypeError, "neuron is a LeakyNeuron; a spiking"),
        (lambda: spectral_radius(LIFNeuron()), TypeError, "neuron is a LIFNeuron; an AdLIFNeuron"),
        (lambda: coupling_bound(LIFNeuron()), TypeError, "neuron is a LIFNeuron; "),
        (lambda: divergence_bound(200.0, 1e-3), ValueError, "frequency holds 200"),
        (
            lambda: run(AdLIFNeuron(coupling=torch.ones(1)), torch.zeros(3, 1, 2)),
            ValueError,
            r"coupling of the neuron has shape \(1,\); \(2,\), one of each",
        ),
        (
            lambda: run(BalancedNeuron(tau_refractory=torch.ones(3)), torch.zeros(3, 1, 2)),
            ValueError,
            r"tau_refractory of the neuron has shape \(3,\); \(2,\), one of each",
        ),
    ],
)
def test_bad_values_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
