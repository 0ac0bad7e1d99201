"""Neurons with loops of their own: the compiled loops give what the plain loop gives."""

import itertools

import pytest
import torch
from helpers import seeded
from kernels.cases import assert_equal, problem

from snnbook.kernels import Events, explain, run_layer
from snnbook.neurons import AdaptiveNeuron, AdLIFNeuron, DirectLIFNeuron, LIFNeuron, run
from snnbook.surrogates import fast_sigmoid, gaussian

MEMBRANE = {"tau_mem": 10e-3, "threshold": 0.8}
SLOW = MEMBRANE | {"tau_adapt": 30e-3, "coupling": 8.0, "jump": 5.0}
#: Each kind: the class, its constants, its options, and how strong its input is.
KINDS = {
    "adaptive": (
        AdaptiveNeuron,
        MEMBRANE | {"tau_syn": 5e-3, "tau_adapt": 30e-3, "strength": 0.4},
        {},
        1.0,
    ),
    "direct": (DirectLIFNeuron, MEMBRANE, {}, 1.0),
    "adlif": (AdLIFNeuron, SLOW, {}, 1.0),
    "adlif, forward": (AdLIFNeuron, SLOW, {"step_kind": "forward"}, 1.0),
}
EACH_KIND = pytest.mark.parametrize("kind", KINDS)
FLAGS = (False, True)
OPTIONS = list(itertools.product(("subtract", "zero", "none"), FLAGS, FLAGS, FLAGS))
SMALL, LONG, WIDE = (40, 5, 30, 33), (300, 9, 20, 70), (6, 90, 20, 150)


def drawn(kind, size, dtype=torch.float64):
    """Return constants that differ between neurons, or one of all for size None."""
    draw = {"generator": seeded(5), "dtype": torch.float64}
    factors = (0.5 + torch.rand(() if size is None else (size,), **draw) for _ in range(9))
    return {k: (x * next(factors)).to(dtype) for k, x in KINDS[kind][1].items()}


def tensors_of(kind, size, dtype=torch.float64):
    """Return spikes, weight, V and a state of this kind."""
    spikes, weight, own, *state = problem(3, *size, 0.1, dtype)
    slow = torch.rand(size[1], size[3], generator=seeded(1), dtype=torch.float64).to(dtype)
    names = KINDS[kind][0].State._fields
    state = dict(zip(("syn", "mem", "adapt"), (*state, slow), strict=True))
    return [spikes, KINDS[kind][3] * weight, own, *(state[name] for name in names)]


def run_case(kind, tensors, kernel, *, recurrent, record=False, source="spikes", **options):
    """Return all outputs and the gradients of a random linear loss, as for a LIF neuron."""
    made, _, fixed, _ = KINDS[kind]
    spikes, weight, own, *state = (x.clone().requires_grad_() for x in tensors)
    leaves = {"weight": weight, **dict(zip(made.State._fields, state, strict=True))}
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
    neuron = made(**(KINDS[kind][1] | fixed | options | learning))
    out = run_layer(neuron, given, w, made.State(*state), **loop)
    results = {"spikes": out.spikes, **{f"{k}_T": x for k, x in out.state._asdict().items()}}
    if record:
        results |= {k: x for k, x in out._asdict().items() if k not in ("spikes", "state")}
    parts = [
        (x * torch.randn(x.shape, generator=seeded(n)).to(x)).sum()
        for n, x in enumerate(results.values())
    ]
    grads = torch.autograd.grad(sum(parts), list(leaves.values()), allow_unused=True)
    return {k: x.detach() for k, x in results.items()}, dict(zip(leaves, grads, strict=True))


def both(kind, tensors, **options):
    return (run_case(kind, tensors, kernel, **options) for kernel in ("numba", "reference"))


@EACH_KIND
@pytest.mark.parametrize("reset, reset_gradient, at_threshold, recurrent", OPTIONS)
def test_every_option_in_float64(kind, reset, reset_gradient, at_threshold, recurrent):
    options = {"reset": reset, "reset_gradient": reset_gradient, "record": reset_gradient}
    options |= {"spike_at_threshold": at_threshold, "recurrent": recurrent}
    for source in ("drive", "spikes", "events"):
        given = options | {"surrogate": gaussian(width=0.8), "source": source}
        fast, plain = both(kind, tensors_of(kind, SMALL), **given)
        assert 0.02 < plain[0]["spikes"].mean() < 0.6
        assert_equal(fast, plain, 1e-12, 1e-10)


@EACH_KIND
@pytest.mark.parametrize("reset, reset_gradient, record, recurrent", OPTIONS)
def test_constants_that_learn(kind, reset, reset_gradient, record, recurrent):
    options = {"reset": reset, "reset_gradient": reset_gradient, "record": record}
    options |= {"recurrent": recurrent, "surrogate": fast_sigmoid(width=0.8)}
    for size in (None, SMALL[-1]):
        options["learning"] = drawn(kind, size)
        fast, plain = both(kind, tensors_of(kind, SMALL), **options)
        assert all(plain[1][name].any() for name in options["learning"])
        assert_equal(fast, plain, 1e-12, 1e-10)


@EACH_KIND
@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("size", [LONG, WIDE])
def test_large_layers_and_checkpoints(kind, size, reset):
    tensors = tensors_of(kind, size)
    options = {"reset": reset, "reset_gradient": True, "recurrent": True, "source": "events"}
    options |= {"learning": drawn(kind, size[-1]), "surrogate": gaussian(width=0.8)}
    plain = run_case(kind, tensors, "reference", **options)
    for checkpoint in (None, 7):
        fast = run_case(kind, tensors, "numba", **options, checkpoint=checkpoint)
        assert_equal(fast, plain, 1e-10, 1e-9)


@EACH_KIND
def test_one_constant_that_learns_in_float32(kind):
    tensors = tensors_of(kind, SMALL, torch.float32)
    for name, value in drawn(kind, SMALL[-1], torch.float32).items():
        fast, plain = both(kind, tensors, recurrent=True, record=True, learning={name: value})
        assert_equal(fast, plain, 1e-4, 1e-3)


@EACH_KIND
@pytest.mark.parametrize("each", FLAGS)
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_the_gradient_is_that_of_finite_differences_where_the_step_is_smooth(kind, reset, each):
    """With a smooth step in place of the spike, autograd through the plain loop is exact."""
    drive = torch.randn(12, 2, 3, generator=seeded(), dtype=torch.float64)
    made, values, fixed, _ = KINDS[kind]

    def loss(*constants):
        given = dict(zip(values, constants, strict=True)) | fixed
        given |= {"surrogate": lambda x, _: torch.sigmoid(3 * x), "reset_gradient": True}
        out = run(made(**given, reset=reset), drive)
        return out.spikes.square().sum() + out.state.mem.sum() + out.mem.cos().sum()

    constants = [x.requires_grad_() for x in drawn(kind, 3 if each else None).values()]
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


@EACH_KIND
def test_the_choice_of_a_loop_knows_the_kind(kind):
    made, values, fixed, _ = KINDS[kind]

    class Mine(made):
        """A neuron that may step otherwise."""

    drive = torch.zeros(3, 1, 2)
    assert explain(drive, neuron=made(**values, **fixed)).kernel == "numba"
    said = explain(drive, neuron=Mine(**values, **fixed))
    assert said.kernel == "reference" and "do not know a Mine" in said.reason
    for name in values:
        with pytest.raises(ValueError, match=rf"{name} of the neuron has shape \(3,\); \(2,\)"):
            run(made(**{name: torch.full((3,), 0.1)}), drive)
        with pytest.raises(TypeError, match=f"{name} of the neuron has dtype torch.float64"):
            run(made(**{name: torch.full((2,), 0.1).double()}), drive)


@EACH_KIND
@pytest.mark.parametrize("shape", [(0, 2, 3), (4, 0, 3), (4, 2, 0)])
def test_empty_axes_get_gradients_of_zero(kind, shape):
    drive, tau = torch.ones(shape, requires_grad=True), torch.ones(shape[2]).requires_grad_()
    record = run(KINDS[kind][0](tau_mem=tau), drive, kernel="numba")
    (record.spikes.sum() + record.state.mem.sum()).backward()
    assert record.mem.shape == shape and not drive.grad.any() and not tau.grad.any()


@EACH_KIND
def test_a_drive_that_is_not_finite_is_an_error(kind):
    drive = torch.zeros(5, 1, 2)
    drive[3, 0, 1] = float("nan")
    with pytest.raises(ValueError, match="drive holds NaN or infinity, first at step 3"):
        run(KINDS[kind][0](), drive, kernel="numba")


@EACH_KIND
def test_second_derivatives_are_an_error_that_says_what_to_do(kind):
    drive = torch.ones(5, 1, 2, requires_grad=True)
    (grad,) = torch.autograd.grad(run(KINDS[kind][0](), drive).mem.sum(), drive, create_graph=True)
    with pytest.raises(RuntimeError, match="no second derivative; kernel='reference' gives"):
        grad.square().sum().backward()
