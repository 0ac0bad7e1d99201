"""The Triton loop gives what the plain loop gives: by its interpreter, and on a GPU if any.

The interpreter runs the kernels on CPU tensors, so equality is tested on any machine that has
Triton; the builds of PyTorch for CUDA bring it along. The choice is tested without either.
"""

import importlib
import itertools
import os
import sys

import pytest
import torch
from kernels.cases import OPTIONS, assert_equal, problem, run_case

import snnbook.kernels
from snnbook.kernels import Events, _choose, explain, run_layer
from snnbook.neurons import LeakyNeuron, LIFNeuron, LIFState, RecurrentLIF, SpikingNetwork, run
from snnbook.surrogates import ALL, gaussian


@pytest.fixture(scope="module", params=["interpreter", "cuda"])
def device(request):
    """Give the device of the tensors, with the kernels loaded for it."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no CUDA device here")
    name = "snnbook.kernels._triton"
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "interpreter":
            patch.setenv("TRITON_INTERPRET", "1")
        else:
            patch.delenv("TRITON_INTERPRET", raising=False)
        pytest.importorskip("triton", reason="triton is not installed here")
        patch.delitem(sys.modules, name, raising=False)
        patch.delattr(snnbook.kernels, "_triton", raising=False)
        assert importlib.import_module(name).INTERPRETED == (request.param == "interpreter")
        yield "cpu" if request.param == "interpreter" else "cuda"
        sys.modules.pop(name)
        del snnbook.kernels._triton


def compare(device, tensors, neuron=None, tolerances=(1e-12, 1e-10), **options):
    """Run both loops on the device."""
    tensors = [x.to(device) for x in tensors]
    checkpoint, neuron = options.pop("checkpoint", None), neuron or LIFNeuron()
    fast = run_case(tensors, "triton", neuron, checkpoint=checkpoint, **options)
    plain = run_case(tensors, "reference", neuron, **options)
    assert_equal(fast, plain, *tolerances)
    return plain


def named(choice, **options):
    names = ("reset", "reset_gradient", "spike_at_threshold", "recurrent", "record")
    return dict(zip(names, choice)) | {"surrogate": gaussian(width=0.8)} | options


@pytest.mark.parametrize("choice", OPTIONS)
def test_every_option_in_float64(device, choice):
    source = ("drive", "spikes", "events")[OPTIONS.index(choice) % 3]
    tensors = problem(3, 9, 2, 10, 9, 0.2, torch.float64)
    plain = compare(device, tensors, **named(choice, source=source))
    assert 0.01 < plain[0]["spikes"].mean() < 0.6


@pytest.mark.parametrize("surrogate", sorted(ALL))
def test_every_surrogate(device, surrogate):
    tensors = problem(1, 8, 2, 10, 9, 0.2, torch.float64)
    neuron = LIFNeuron(tau_mem=23e-3, tau_syn=3e-3, threshold=0.7)
    choice = ("subtract", True, False, True, True)
    compare(device, tensors, neuron, **named(choice, surrogate=ALL[surrogate].scaled(width=0.7)))


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("checkpoint", [1, 4, 9, 50])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_checkpoints_change_nothing(device, recurrent, checkpoint, reset):
    tensors = problem(4, 9, 2, 10, 9, 0.2, torch.float64)
    compare(device, tensors, **named((reset, True, False, recurrent, False), checkpoint=checkpoint))


def test_more_neurons_than_one_program_owns(device):
    tensors = problem(2, 6, 3, 20, 70, 0.2, torch.float64)
    for recurrent in (False, True):
        compare(device, tensors, **named(("zero", True, False, recurrent, True)))


@pytest.mark.parametrize(
    "sizes", [(0, 2, 4, 3), (5, 0, 4, 3), (5, 2, 4, 0), (5, 2, 0, 3), (1, 1, 1, 1)], ids=str
)
def test_empty_and_single_sizes(device, sizes):
    tensors = problem(0, *sizes, 0.5, torch.float64)
    for recurrent, record in itertools.product((False, True), repeat=2):
        options = named(("zero", True, False, recurrent, record))
        compare(device, tensors, checkpoint=None if record else 2, **options)


@pytest.mark.parametrize("at_threshold", [False, True])
def test_a_membrane_exactly_at_threshold(device, at_threshold):
    tensors = [torch.zeros(4, 2, 3), torch.zeros(3, 3), torch.zeros(3, 3), *torch.ones(2, 2, 3)]
    tensors = [x.double() for x in tensors]
    plain = compare(device, tensors, **named(("zero", False, at_threshold, False, True)))
    assert bool((plain[0]["spikes"][0] == at_threshold).all())


def test_float32_drives_are_followed_to_the_last_bit(device):
    drive = 0.5 * torch.randn(20, 3, 40, generator=torch.Generator().manual_seed(0)).to(device)
    for reset in ("subtract", "zero", "none"):
        fast, plain = (
            run(LIFNeuron(reset=reset), drive, kernel=k) for k in ("triton", "reference")
        )
        assert plain.spikes.any()
        for a, b in zip((*fast[:3], *fast.state), (*plain[:3], *plain.state)):
            assert torch.equal(a, b)


@pytest.mark.parametrize("source", ["drive", "spikes", "events"])
def test_leaky_readouts(device, source):
    results = []
    for kernel in ("triton", "reference"):
        tensors = [x.to(device) for x in problem(0, 9, 3, 10, 6, 0.3, torch.float64)]
        spikes, weight, _, syn, mem = (x.requires_grad_() for x in tensors)
        leaves, state = [weight, syn, mem], LIFState(syn, mem)
        if source == "drive":
            out = run(LeakyNeuron(), spikes @ weight.T, state=state, kernel=kernel)
        else:
            given = Events.from_dense(spikes) if source == "events" else spikes
            out = run_layer(LeakyNeuron(), given, weight, state, kernel=kernel)
        values = (out.mem, out.syn, *out.state)
        grads = torch.autograd.grad(sum((v**3).sum() for v in values), leaves)
        results.append((*values, *grads))
    for fast, plain in zip(*results):
        torch.testing.assert_close(fast, plain, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("only", ["spikes", "mem", "syn", "state"])
def test_a_loss_on_one_output_alone_in_another_memory_order(device, only):
    for recurrent in (False, True):
        results = []
        for kernel in ("triton", "reference"):
            spikes, weight, v, *_ = (
                x.to(device) for x in problem(5, 9, 3, 10, 6, 0.3, torch.float64)
            )
            drive = (weight @ spikes.mT).mT.requires_grad_()  # not contiguous
            own = v.requires_grad_() if recurrent else None
            out = run(LIFNeuron(), drive, recurrent_weight=own, kernel=kernel)
            value = out.state.mem if only == "state" else getattr(out, only)
            (value.transpose(0, -1) ** 2).sum().backward()
            results.append([x.grad for x in (drive, own) if x is not None])
        for fast, plain in zip(*results):
            torch.testing.assert_close(fast, plain, rtol=1e-10, atol=1e-12)


def test_a_network_trains_and_given_tensors_stay(device):
    spikes = problem(0, 8, 2, 10, 1, 0.3, torch.float32)[0].to(device)
    grads = []
    for kernel in ("triton", "reference"):
        generator = torch.Generator().manual_seed(0)
        network = SpikingNetwork((10, 8, 3), recurrent=True, kernel=kernel, generator=generator)
        network.to(device)(spikes).readout.square().sum().backward()
        grads.append([p.grad for p in network.parameters()])
    for fast, plain in zip(*grads):
        torch.testing.assert_close(fast, plain, rtol=1e-4, atol=1e-6)
    drive, state = torch.ones(4, 2, 8, device=device), LIFState(*torch.ones(2, 2, 8, device=device))
    run(
        LIFNeuron(),
        drive,
        recurrent_weight=torch.eye(8, device=device),
        state=state,
        kernel="triton",
    )
    assert bool((drive == 1).all() and (state.syn == 1).all() and (state.mem == 1).all())


def test_errors_are_those_of_the_other_loops(device):
    drive = torch.zeros(5, 2, 3, device=device)
    drive[2, 0, 0] = float("nan")
    with pytest.raises(ValueError, match="drive holds NaN or infinity, first at step 2"):
        run(LIFNeuron(), drive, kernel="triton")
    leaf = torch.rand(6, 1, 3, device=device, requires_grad=True)
    out = run(LIFNeuron(), leaf, kernel="triton").mem
    first = torch.autograd.grad(out.square().sum(), leaf, create_graph=True)[0]
    with pytest.raises(RuntimeError, match="kernel='reference'"):
        first.sum().backward()
    half = torch.zeros(3, 2, 4, dtype=torch.bfloat16, device=device)
    with pytest.raises(ValueError, match="kernel is 'triton', but drive is torch.bfloat16"):
        run(LIFNeuron(), half, kernel="triton")


def test_explain_names_the_loop(device):
    layer = RecurrentLIF(10, 8).to(device)
    spikes = torch.ones(4, 2, 10, device=device)
    for source in (spikes, Events.from_dense(spikes)):
        said = explain(source, weight=layer.weight, kernel="triton")
        assert said[:2] == ("triton", "dense") and "Triton" in said.reason
        if device == "cuda":
            assert explain(source, weight=layer.weight).kernel == "triton"
            assert layer(source).spikes.is_cuda
    other = torch.ones(8, 10, device="meta")
    with pytest.raises(ValueError, match="kernel is 'triton', but the tensors are on .* and meta"):
        _choose.decide(None, spikes, other, (None,), "triton")


class FromGPU:
    """What the choice asks of a tensor, as one on a GPU answers."""

    is_cuda, is_cpu, dtype, device = True, False, torch.float32, torch.device("cuda", 0)
    is_neg = _is_zerotensor = staticmethod(lambda: False)


class Loops:
    """A stand-in for the module of the Triton loop."""

    def __init__(self, obstacle):
        self.why_not = lambda given: obstacle


@pytest.fixture
def gpu(monkeypatch):
    """Let the choice see stand-ins as tensors on a GPU, and give a way to set the loop's answer."""
    monkeypatch.setattr(_choose, "Tensor", FromGPU)
    monkeypatch.setattr(_choose, "check_source", lambda source, weight: (3, 1, 2))

    def install(obstacle=None, triton="triton"):
        modules = {
            "triton": object() if triton else None,
            "snnbook.kernels._triton": Loops(obstacle),
        }
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(
            snnbook.kernels, "_triton", modules["snnbook.kernels._triton"], raising=False
        )

    return install


def test_auto_takes_triton_for_tensors_on_a_gpu(gpu):
    gpu()
    assert explain(FromGPU()) == ("triton", "none", "the drive is already weighted; compiled loop")
    assert explain(FromGPU(), weight=FromGPU())[:2] == ("triton", "dense")
    assert explain(FromGPU(), kernel="reference").kernel == "reference"
    with pytest.raises(ValueError, match="kernel is 'numba', but the tensors are on cuda:0"):
        explain(FromGPU(), kernel="numba")


def test_any_obstacle_on_a_gpu_leads_to_the_plain_loop(gpu):
    gpu(triton=None)
    said = explain(FromGPU(), weight=FromGPU())
    assert said[:2] == ("reference", "dense") and "triton cannot be imported" in said.reason
    gpu(obstacle="cuda:0 is older than Triton supports")
    assert explain(FromGPU())[::2] == ("reference", "cuda:0 is older than Triton supports")
    with pytest.raises(ValueError, match="kernel is 'triton', but cuda:0 is older"):
        explain(FromGPU(), kernel="triton")


def test_tensors_of_the_cpu_never_take_triton_by_themselves(device):
    assert explain(torch.zeros(3, 1, 2)).kernel == "numba"


@pytest.mark.skipif("TRITON_INTERPRET" in os.environ, reason="the interpreter is on")
def test_triton_on_the_cpu_says_why_not():
    with pytest.raises(ValueError, match="kernel is 'triton', but"):
        explain(torch.zeros(3, 1, 2), kernel="triton")
