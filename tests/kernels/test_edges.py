"""The compiled loop at the edges: empty and odd tensors, wrong input, threads, memory, wrappers."""

import copy
import gc
import io
import pickle
import threading
import tracemalloc

import pytest
import torch

from snnbook.kernels import Events, explain
from snnbook.neurons import LIF, LeakyNeuron, LIFNeuron, LIFState, RecurrentLIF, SpikingNetwork, run


def spikes_of(*shape, density=0.1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(shape, generator=generator) < density).float()


def layer_of(kind=RecurrentLIF, inputs=30, neurons=32, **options):
    return kind(inputs, neurons, generator=torch.Generator().manual_seed(1), **options)


@pytest.mark.parametrize("shape", [(0, 3, 30), (7, 0, 30), (0, 0, 30)])
@pytest.mark.parametrize("kind", [LIF, RecurrentLIF])
def test_no_steps_or_no_samples(shape, kind):
    layer = layer_of(kind)
    out = layer(torch.zeros(shape))
    assert out.spikes.shape == out.mem.shape == out.syn.shape == (*shape[:2], 32)
    (out.mem.sum() + out.state.mem.sum()).backward()
    assert not layer.weight.grad.any()


def test_no_neurons_and_no_inputs():
    assert LIF(3, 0)(torch.ones(4, 2, 3)).spikes.shape == (4, 2, 0)
    assert not LIF(0, 3)(torch.ones(4, 2, 0)).spikes.any()


@pytest.mark.parametrize("kernel", ["numba", "reference"])
def test_input_in_another_memory_order(kernel):
    layer = layer_of(kernel=kernel)
    spikes = spikes_of(4, 30, 12).permute(2, 0, 1)  # (12, 4, 30), not contiguous
    drive = torch.randn(4, 30, 12, generator=torch.Generator().manual_seed(0)).permute(2, 0, 1)
    state = LIFState(*(torch.randn(30, 4).T for _ in range(2)))
    assert not spikes.is_contiguous() and not state.mem.is_contiguous()
    for given, call in (
        (spikes, lambda x: layer(x)),
        (drive, lambda x: run(LIFNeuron(), x, state=state, kernel=kernel)),
        (drive, lambda x: run(LeakyNeuron(), x, state=state, kernel=kernel)),
    ):
        odd, plain = call(given), call(given.contiguous())
        assert torch.equal(odd.mem, plain.mem)


def test_a_loss_gradient_in_another_memory_order():
    grads = []
    for kernel in ("numba", "reference"):
        drive = (0.5 * spikes_of(20, 3, 30, density=0.5)).requires_grad_()
        out = run(LIFNeuron(), drive, kernel=kernel)
        ((out.spikes + out.syn).permute(2, 0, 1).reshape(30, -1) ** 2).sum().backward()
        grads.append(drive.grad)
    torch.testing.assert_close(*grads)


def test_the_given_state_is_not_changed():
    state = LIFState(torch.ones(2, 5), torch.ones(2, 5))
    run(LIFNeuron(), torch.ones(3, 2, 5), state=state, kernel="numba")
    assert bool((state.syn == 1).all() and (state.mem == 1).all())


@pytest.mark.parametrize("kernel", ["numba", "reference"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_bad_values_give_the_same_error(kernel, bad):
    drive = torch.zeros(5, 2, 3)
    drive[2, 0, 0] = bad
    with pytest.raises(ValueError, match="drive holds NaN or infinity, first at step 2"):
        run(LIFNeuron(), drive, kernel=kernel)
    with pytest.raises(ValueError, match="drive holds NaN or infinity, first at step 2"):
        run(LeakyNeuron(), drive, kernel=kernel)
    layer = layer_of(LIF, 3, kernel=kernel)
    with pytest.raises(ValueError, match="drive holds NaN or infinity, first at step 2"):
        layer(drive)


@pytest.mark.parametrize("kernel", ["numba", "reference"])
@pytest.mark.parametrize("name", ["weight", "recurrent_weight"])
def test_a_bad_weight_of_a_silent_neuron_gives_the_same_error(kernel, name):
    layer = layer_of(kernel=kernel)
    with torch.no_grad():
        getattr(layer, name)[0, 0] = float("nan")
    with pytest.raises(ValueError, match="NaN"):
        layer(torch.zeros(5, 2, 30))


def test_extreme_but_finite_input_gives_no_nan():
    for scale in (1e-40, 1e30):
        drive = (scale * spikes_of(20, 3, 8, density=0.5)).requires_grad_()
        out = run(LIFNeuron(), drive, kernel="numba")
        plain = run(LIFNeuron(), drive, kernel="reference")
        out.spikes.sum().backward()
        assert torch.equal(out.mem, plain.mem) and bool(torch.isfinite(drive.grad).all())


def test_subnormal_numbers_survive():
    drive = torch.full((3, 1, 1), 1e-42)
    assert run(LIFNeuron(), drive, kernel="numba").syn[1].item() == drive[0].item() != 0


def test_wrong_dtype_and_device_fall_back_or_say_so():
    half = torch.zeros(3, 2, 4, dtype=torch.bfloat16)
    assert run(LIFNeuron(), half).spikes.dtype == torch.bfloat16
    with pytest.raises(ValueError, match="kernel is 'numba', but drive is torch.bfloat16"):
        run(LIFNeuron(), half, kernel="numba")
    meta = torch.zeros(3, 2, 4, device="meta")
    assert explain(meta).kernel == "reference" and "on meta" in explain(meta).reason
    with pytest.raises(TypeError, match="float64"):
        layer_of()(spikes_of(3, 2, 30).double())
    with pytest.raises(ValueError, match="kernel is 'fast'; one of 'auto'"):
        run(LIFNeuron(), torch.zeros(3, 2, 4), kernel="fast")
    with pytest.raises(ValueError, match="kernel is 'fast'; one of 'auto'"):
        layer_of(kernel="fast")


def test_explain_names_the_product():
    weight = torch.ones(40, 30)
    assert explain(spikes_of(20, 5, 30), weight=weight)[:2] == ("numba", "events")
    dense = {
        "more than 20% of the input": spikes_of(20, 5, 30, density=0.9),
        "values other than 0 and 1": 0.5 * spikes_of(20, 5, 30),
    }
    for reason, source in dense.items():
        choice = explain(source, weight=weight)
        assert choice.product == "dense" and reason in choice.reason
    assert "do not pay" in explain(spikes_of(20, 5, 30), weight=weight[:4]).reason
    assert explain(spikes_of(2, 3, 4), kernel="reference").kernel == "reference"


@pytest.mark.parametrize("source", ["dense", "events"])
def test_only_gradients_that_are_asked_for(source):
    layer = layer_of(LIF)
    layer.weight.requires_grad_(False)
    spikes = spikes_of(10, 2, 30)
    given = Events.from_dense(spikes) if source == "events" else spikes
    assert not layer(given).spikes.requires_grad
    layer.weight.requires_grad_(True)
    out = layer(given, record=False)
    assert out.mem is None and out.spikes.requires_grad
    out.spikes.sum().backward()
    assert layer.weight.grad.shape == layer.weight.shape and spikes.grad is None


def test_second_derivatives_and_batched_gradients_say_what_to_do():
    drive = torch.rand(6, 1, 3, requires_grad=True)
    first = torch.autograd.grad(
        run(LIFNeuron(), drive).mem.square().sum(), drive, create_graph=True
    )[0]
    with pytest.raises(RuntimeError, match="kernel='reference'"):
        first.sum().backward()
    out = run(LIFNeuron(), drive).mem.sum(0)
    with pytest.raises(RuntimeError, match="kernel='reference'"):
        torch.autograd.grad(out, drive, torch.ones(2, *out.shape), is_grads_batched=True)


def test_torch_func_takes_the_plain_loop():
    drives = torch.rand(4, 10, 2, 3, generator=torch.Generator().manual_seed(0))
    mapped = torch.func.vmap(lambda x: run(LIFNeuron(), x).mem)(drives)
    assert torch.equal(mapped, torch.stack([run(LIFNeuron(), x).mem for x in drives]))
    gradient = torch.func.grad(lambda x: run(LIFNeuron(), x).mem.sum())(drives[0])
    leaf = drives[0].clone().requires_grad_()
    run(LIFNeuron(), leaf).mem.sum().backward()
    torch.testing.assert_close(gradient, leaf.grad)


@pytest.mark.filterwarnings("ignore")  # the compiler's own
def test_torch_compile_does_not_break():
    layer, spikes = layer_of(), spikes_of(10, 2, 30)
    compiled = torch.compile(layer, backend="eager")
    out = compiled(spikes)
    assert torch.equal(out.spikes, layer(spikes).spikes)
    out.mem.sum().backward()
    assert layer.weight.grad.any()


def test_copies_and_files():
    network = SpikingNetwork((30, 32, 4), recurrent=True)
    spikes = spikes_of(10, 2, 30)
    expected = network(spikes).readout
    file = io.BytesIO()
    torch.save(network, file)
    file.seek(0)
    for other in (
        copy.deepcopy(network),
        pickle.loads(pickle.dumps(network)),
        torch.load(file, weights_only=False),
    ):
        assert torch.equal(other(spikes).readout, expected)


def test_saved_values_that_change_before_the_backward_pass_are_an_error():
    drive = torch.rand(6, 1, 3, requires_grad=True)
    out = run(LIFNeuron(), drive)
    with torch.no_grad():
        out.mem.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.spikes.sum().backward()


def test_threads_do_not_disturb_each_other():
    layer, results = layer_of(), {}
    inputs = [spikes_of(30, 4, 30, seed=seed) for seed in range(8)]

    def gradient(spikes):
        out = layer(spikes)
        return torch.autograd.grad(out.spikes.sum() + out.mem.sum(), layer.weight)[0]

    def work(seed):
        results[seed] = [gradient(inputs[seed]) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, spikes in enumerate(inputs):
        assert all(torch.equal(g, gradient(spikes)) for g in results[seed])


def test_a_thousand_calls_do_not_grow_memory():
    layer, spikes = layer_of(), spikes_of(10, 2, 30)

    def call():
        layer.zero_grad()
        layer(spikes).spikes.sum().backward()

    def tensors():
        gc.collect()
        return sum(issubclass(type(x), torch.Tensor) for x in gc.get_objects())

    for _ in range(20):
        call()
    before = tensors()
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    for _ in range(1000):
        call()
    assert tensors() <= before + 2
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    assert grown < 200_000


def test_running_on_from_a_state_is_one_long_run():
    layer, spikes = layer_of(kernel="numba"), spikes_of(40, 3, 30)
    whole = layer(spikes)
    first = layer(spikes[:13])
    second = layer(spikes[13:], first.state)
    torch.testing.assert_close(torch.cat([first.mem, second.mem]), whole.mem)
    assert torch.equal(torch.cat([first.spikes, second.spikes]), whole.spikes)
