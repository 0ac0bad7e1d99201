"""Constants that are tensors, of each neuron or of all: values and gradients of every loop."""

import math

import pytest
import torch
from kernels.cases import OPTIONS, assert_equal, problem, run_case

from snnbook.kernels import explain, run_layer
from snnbook.neurons import LeakyNeuron, LIFNeuron, run
from snnbook.surrogates import arctangent, fast_sigmoid

NAMES = ("tau_mem", "tau_syn", "threshold")


def drawn(size, dtype=torch.float64, seed=0):
    """Return constants that differ between neurons, or one of all for size None."""
    generator = torch.Generator().manual_seed(seed)
    shape = () if size is None else (size,)
    factors = (0.5 + torch.rand(shape, generator=generator, dtype=torch.float64) for _ in NAMES)
    found = zip(NAMES, (10e-3, 5e-3, 0.8), factors, strict=True)
    return {name: (value * factor).to(dtype) for name, value, factor in found}


@pytest.mark.parametrize("reset, reset_gradient, at_threshold, recurrent, record", OPTIONS)
@pytest.mark.parametrize("each", [True, False])
def test_every_option_in_float64(reset, reset_gradient, at_threshold, recurrent, record, each):
    tensors = problem(3, 40, 5, 30, 33, 0.1, torch.float64)
    options = {
        "surrogate": fast_sigmoid(width=0.8),
        "reset": reset,
        "reset_gradient": reset_gradient,
        "spike_at_threshold": at_threshold,
        "recurrent": recurrent,
        "record": record,
        "learning": drawn(33 if each else None),
    }
    fast, plain = (run_case(tensors, k, LIFNeuron(), **options) for k in ("numba", "reference"))
    assert 0.02 < plain[0]["spikes"].mean() < 0.6
    assert all(plain[1][name].any() for name in NAMES)
    assert_equal(fast, plain, 1e-12, 1e-10)


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("size", [(300, 9, 20, 70), (6, 90, 20, 150)])
def test_large_layers_and_checkpoints_in_float64(size, reset, recurrent):
    tensors = problem(5, *size, 0.1, torch.float64, scale=0.6)
    options = {"surrogate": arctangent(width=0.8), "reset": reset, "recurrent": recurrent}
    options |= {"learning": drawn(size[-1]), "record": False, "source": "events"}
    neuron = LIFNeuron(reset_gradient=True)
    plain = run_case(tensors, "reference", neuron, **options)
    for checkpoint in (None, 7):
        fast = run_case(tensors, "numba", neuron, **options, checkpoint=checkpoint)
        assert_equal(fast, plain, 1e-10, 1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_one_constant_that_learns_in_float32(name):
    tensors = problem(4, 60, 6, 30, 40, 0.1, torch.float32)
    options = {
        "learning": {name: drawn(40, torch.float32)[name]},
        "surrogate": arctangent(width=0.8),
    }
    options |= {"recurrent": True, "record": True}
    fast, plain = (run_case(tensors, k, LIFNeuron(), **options) for k in ("numba", "reference"))
    assert_equal(fast, plain, 1e-4, 1e-3)


def test_constants_of_each_neuron_that_are_equal_run_as_a_number():
    tensors = problem(6, 50, 4, 30, 20, 0.1, torch.float32)
    values = dict(zip(NAMES, (0.02, 0.004, 0.9), strict=True))
    each = {name: torch.full((20,), value) for name, value in values.items()}
    number = {name: float(value[0]) for name, value in each.items()}  # rounded to float32
    runs = [
        run_layer(LIFNeuron(**given), *tensors[:2], recurrent_weight=tensors[2])
        for given in (number, each)
    ]
    assert torch.equal(runs[0].spikes, runs[1].spikes) and runs[0].spikes.any()
    torch.testing.assert_close(runs[0].mem, runs[1].mem)


@pytest.mark.parametrize("kernel", ["numba", "reference"])
def test_the_gradient_of_a_leaky_neuron_is_that_of_finite_differences(kernel):
    generator = torch.Generator().manual_seed(0)
    drive = torch.randn(30, 2, 3, generator=generator, dtype=torch.float64)

    def loss(tau_mem, tau_syn):
        record = run(LeakyNeuron(tau_mem, tau_syn), drive, kernel=kernel)
        return (record.mem**2).sum() + record.syn.sum() + record.state.mem.sum()

    taus = [x.requires_grad_() for x in list(drawn(3).values())[:2]]
    assert torch.autograd.gradcheck(loss, taus, eps=1e-8, atol=1e-4, rtol=1e-6)
    shared = [x.detach().mean().requires_grad_() for x in taus]
    assert torch.autograd.gradcheck(loss, shared, eps=1e-8, atol=1e-4, rtol=1e-6)


def test_the_gradient_of_the_membrane_by_its_time_constant_has_a_closed_form():
    """For one input at step 0, U[n] = (alpha^(n-1) - beta^(n-1)) / (alpha - beta) (chapter 2)."""
    tau = torch.tensor([10e-3, 30e-3], dtype=torch.float64, requires_grad=True)
    drive = torch.zeros(20, 1, 2, dtype=torch.float64)
    drive[0] = 1.0
    run(LeakyNeuron(tau), drive).mem[9].sum().backward()
    alpha, k = math.exp(-1e-3 / 5e-3), 8
    for t, found in zip(tau.tolist(), tau.grad.tolist(), strict=True):
        b = math.exp(-1e-3 / t)
        by_beta = sum(j * b ** (j - 1) * alpha ** (k - 1 - j) for j in range(1, k))
        assert found == pytest.approx(by_beta * b * 1e-3 / t**2, rel=1e-12)


def test_the_choice_of_a_loop_knows_tensors():
    drive, each = torch.zeros(3, 1, 2), torch.full((2,), 0.01)
    assert explain(drive, neuron=LIFNeuron(each)).kernel == "numba"
    with pytest.raises(ValueError, match=r"tau_mem of the neuron has shape \(2,\); \(3,\), one"):
        explain(torch.zeros(3, 1, 3), neuron=LIFNeuron(each))
    with pytest.raises(TypeError, match="tau_syn of the neuron has dtype torch.float64"):
        run(LIFNeuron(tau_syn=each.double()), drive)


def test_two_backward_passes_through_one_neuron_are_independent():
    tau = torch.full((2,), 0.01, requires_grad=True)
    neuron = LIFNeuron(tau)
    for kernel in ("numba", "reference", "numba"):
        run(neuron, torch.ones(5, 1, 2), kernel=kernel).mem.sum().backward()
