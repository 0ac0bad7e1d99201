"""Neurons whose threshold adapts: the compiled loops give what the plain loop gives."""

import itertools

import pytest
import torch
from kernels.cases import assert_equal, problem

from snnbook.kernels import Events, explain, run_layer
from snnbook.neurons import AdaptiveNeuron, AdaptiveState, LIFNeuron, run
from snnbook.surrogates import fast_sigmoid, gaussian

CONSTANTS = {
    "tau_mem": 10e-3,
    "tau_syn": 5e-3,
    "threshold": 0.8,
    "tau_adapt": 30e-3,
    "strength": 0.4,
}
FLAGS = (False, True)
OPTIONS = list(itertools.product(("subtract", "zero", "none"), FLAGS, FLAGS, FLAGS))
SMALL, LONG, WIDE = (40, 5, 30, 33), (300, 9, 20, 70), (6, 90, 20, 150)


def drawn(size, dtype=torch.float64):
    """Return constants that differ between neurons, or one of all for size None."""
    generator = torch.Generator().manual_seed(5)
    shape = () if size is None else (size,)
    draw = {"generator": generator, "dtype": torch.float64}
    return {k: (x * (0.5 + torch.rand(shape, **draw))).to(dtype) for k, x in CONSTANTS.items()}


def run_case(tensors, kernel, *, recurrent, record=False, source="spikes", **options):
    """Return all outputs and the gradients of a random linear loss, as for a LIF neuron."""
    spikes, weight, own, *state = (x.clone().requires_grad_() for x in tensors)
    leaves = {"weight": weight, "syn": state[0], "mem": state[1], "adapt": state[2]}
    leaves |= {"recurrent": own} if recurrent else {}
    given, w = spikes, weight
    if source == "drive":
        given, w = spikes @ weight.T, None
    elif source == "events":
        given = Events.from_dense(spikes)
    leaves |= {} if source == "events" else {"spikes": spikes}
    learning = {k: x.clone().requires_grad_() for k, x in options.pop("learning", {}).items()}
    leaves |= learning
    loop = {"kernel": kernel, "record": record, "checkpoint": options.pop("checkpoint", None)}
    loop["recurrent_weight"] = own if recurrent else None
    neuron = AdaptiveNeuron(**({"tau_adapt": 40e-3} | options | learning))
    out = run_layer(neuron, given, w, AdaptiveState(*state), **loop)
    results = {"spikes": out.spikes, **{f"{k}_T": x for k, x in out.state._asdict().items()}}
    if record:
        results |= {"mem": out.mem, "threshold": out.threshold}
    generator = torch.Generator().manual_seed(0)
    parts = [(x * torch.randn(x.shape, generator=generator).to(x)).sum() for x in results.values()]
    grads = torch.autograd.grad(sum(parts), list(leaves.values()), allow_unused=True)
    return {k: x.detach() for k, x in results.items()}, dict(zip(leaves, grads, strict=True))


def with_adaptation(size, dtype=torch.float64):
    tensors = problem(3, *size, 0.1, dtype)
    adapt = torch.rand(size[1], size[3], generator=torch.Generator().manual_seed(1))
    return [*tensors, adapt.to(dtype)]


def both(tensors, **options):
    return (run_case(tensors, kernel, **options) for kernel in ("numba", "reference"))


@pytest.mark.parametrize("reset, reset_gradient, at_threshold, recurrent", OPTIONS)
@pytest.mark.parametrize("source", ["drive", "spikes", "events"])
def test_every_option_in_float64(reset, reset_gradient, at_threshold, recurrent, source):
    options = {"reset": reset, "reset_gradient": reset_gradient, "source": source}
    options |= {"spike_at_threshold": at_threshold, "recurrent": recurrent}
    options |= {"surrogate": gaussian(width=0.8), "record": at_threshold}
    fast, plain = both(with_adaptation(SMALL), **options)
    assert 0.02 < plain[0]["spikes"].mean() < 0.6
    assert_equal(fast, plain, 1e-12, 1e-10)


@pytest.mark.parametrize("reset, reset_gradient, record, recurrent", OPTIONS)
@pytest.mark.parametrize("each", FLAGS)
def test_constants_that_learn(reset, reset_gradient, record, recurrent, each):
    options = {"reset": reset, "reset_gradient": reset_gradient, "record": record}
    options |= {"recurrent": recurrent, "surrogate": fast_sigmoid(width=0.8)}
    options["learning"] = drawn(SMALL[-1] if each else None)
    fast, plain = both(with_adaptation(SMALL), **options)
    assert all(plain[1][name].any() for name in CONSTANTS)
    assert_equal(fast, plain, 1e-12, 1e-10)


@pytest.mark.parametrize("recurrent", FLAGS)
@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("size", [LONG, WIDE])
def test_large_layers_and_checkpoints(size, reset, recurrent):
    tensors = with_adaptation(size)
    options = {"reset": reset, "reset_gradient": True, "recurrent": recurrent, "source": "events"}
    options |= {"learning": drawn(size[-1]), "surrogate": gaussian(width=0.8)}
    plain = run_case(tensors, "reference", **options)
    for checkpoint in (None, 7):
        fast = run_case(tensors, "numba", **options, checkpoint=checkpoint)
        assert_equal(fast, plain, 1e-10, 1e-9)


@pytest.mark.parametrize("name", CONSTANTS)
def test_one_constant_that_learns_in_float32(name):
    tensors = with_adaptation(SMALL, torch.float32)
    learning = {name: drawn(SMALL[-1], torch.float32)[name]}
    fast, plain = both(tensors, recurrent=True, record=True, learning=learning)
    assert_equal(fast, plain, 1e-4, 1e-3)


@pytest.mark.parametrize("each", FLAGS)
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_the_gradient_is_that_of_finite_differences_where_the_step_is_smooth(reset, each):
    """With a smooth step in place of the spike, autograd through the plain loop is exact."""
    generator = torch.Generator().manual_seed(0)
    drive = torch.randn(12, 2, 3, generator=generator, dtype=torch.float64)

    def loss(*constants):
        values = dict(zip(CONSTANTS, constants, strict=True))
        neuron = AdaptiveNeuron(
            **values, reset=reset, reset_gradient=True, surrogate=lambda x, _: torch.sigmoid(3 * x)
        )
        out = run(neuron, drive)
        return out.spikes.square().sum() + out.state.mem.sum() + out.threshold.sum()

    constants = [x.requires_grad_() for x in drawn(3 if each else None).values()]
    assert torch.autograd.gradcheck(loss, constants, eps=1e-7, atol=1e-5, rtol=1e-5)


def test_no_adaptation_is_the_lif_neuron_in_the_compiled_loops():
    spikes, weight, own, *_ = problem(3, *SMALL, 0.1, torch.float64)
    surrogate = gaussian(0.4)
    lif, none = LIFNeuron(surrogate=surrogate), AdaptiveNeuron(surrogate=surrogate, strength=0.0)
    records = [
        run_layer(neuron, spikes, weight, recurrent_weight=own, kernel="numba")
        for neuron in (lif, none)
    ]
    assert torch.equal(records[0].spikes, records[1].spikes) and records[0].spikes.any()
    torch.testing.assert_close(records[0].mem, records[1].mem, rtol=1e-12, atol=1e-12)


def test_the_choice_of_a_loop_knows_adaptation():
    class Mine(AdaptiveNeuron):
        """A neuron that may step otherwise."""

    drive = torch.zeros(3, 1, 2)
    assert explain(drive, neuron=AdaptiveNeuron()).kernel == "numba"
    said = explain(drive, neuron=Mine())
    assert said.kernel == "reference" and "do not know a Mine" in said.reason
    with pytest.raises(ValueError, match=r"tau_adapt of the neuron has shape \(3,\); \(2,\), one"):
        run(AdaptiveNeuron(tau_adapt=torch.full((3,), 0.1)), drive)


@pytest.mark.parametrize("shape", [(0, 2, 3), (4, 0, 3), (4, 2, 0)])
def test_empty_axes_get_gradients_of_zero(shape):
    drive, strength = torch.ones(shape, requires_grad=True), torch.ones(shape[2]).requires_grad_()
    record = run(AdaptiveNeuron(strength=strength), drive, kernel="numba")
    (record.spikes.sum() + record.state.adapt.sum()).backward()
    assert record.threshold.shape == shape and not drive.grad.any() and not strength.grad.any()


def test_a_drive_that_is_not_finite_is_an_error():
    drive = torch.zeros(5, 1, 2)
    drive[3, 0, 1] = float("nan")
    with pytest.raises(ValueError, match="drive holds NaN or infinity, first at step 3"):
        run(AdaptiveNeuron(), drive, kernel="numba")
