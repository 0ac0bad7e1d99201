"""What `explain` says is what runs, on every path to the loops."""

import pytest
import torch

from snnbook.kernels import Events, _layer, _run, explain
from snnbook.neurons import LIF, LeakyNeuron, LeakyReadout, LIFNeuron, RecurrentLIF, run


def spikes_of(*shape, density=0.05):
    return (torch.rand(shape, generator=torch.Generator().manual_seed(0)) < density).float()


@pytest.fixture
def ran(monkeypatch):
    """Give the list of loops that ran: "reference", or "numba" with its product."""
    loops = []

    def follow(module, name, label):
        original = getattr(module, name)

        def followed(*arguments, **options):
            loops.append(label(arguments))
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, followed)

    def product(arguments):
        _, weight, _, _, call = arguments
        return "numba", "none" if weight is None else "dense" if call.events is None else "events"

    follow(_layer, "unroll", product)
    follow(_run, "plain_loop", lambda _: ("reference",))
    return loops


SOURCES = {
    "sparse": spikes_of(20, 5, 30),
    "full": spikes_of(20, 5, 30, density=0.9),
    "graded": 0.5 * spikes_of(20, 5, 30),
    "events": Events.from_dense(spikes_of(20, 5, 30)),
    "many events": Events.from_dense(spikes_of(20, 5, 30, density=0.9)),
    "large": spikes_of(50, 64, 30),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("kernel", ["auto", "numba", "reference"])
@pytest.mark.parametrize("kind", [LIF, RecurrentLIF, LeakyReadout])
@pytest.mark.parametrize("neurons", [4, 40])
def test_a_layer_runs_what_explain_says(ran, source, kernel, kind, neurons):
    layer = kind(30, neurons, kernel=kernel, generator=torch.Generator().manual_seed(0))
    recurrent = getattr(layer, "recurrent_weight", None)
    said = explain(source, weight=layer.weight, recurrent_weight=recurrent, kernel=kernel)
    layer(source)
    expected = ("reference",) if said.kernel == "reference" else (said.kernel, said.product)
    assert ran == [expected]


@pytest.mark.parametrize("neuron", [LIFNeuron(), LeakyNeuron()])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
def test_a_drive_runs_what_explain_says(ran, neuron, dtype, autocast):
    drive = 0.3 * torch.ones(9, 2, 5, dtype=dtype)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        said = explain(drive)
        run(neuron, drive)
    assert ran == [("reference",) if said.kernel == "reference" else (said.kernel, said.product)]
    assert said.kernel == ("numba" if dtype != torch.bfloat16 and not autocast else "reference")


def test_explain_inside_a_transform_says_that_the_plain_loop_runs(ran):
    said = []

    def mapped(x):
        said.append(explain(x))
        return run(LIFNeuron(), x).mem

    torch.func.vmap(mapped)(torch.rand(2, 10, 2, 3))
    assert [s.kernel for s in said] == ["reference"] and ran == [("reference",)]
    assert "torch.func" in said[0].reason


def test_many_own_spikes_and_a_bad_weight_keep_their_product(ran):
    layer = RecurrentLIF(30, 40, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        layer.weight[0, 0] = float("inf")
    assert "NaN or infinity" in explain(SOURCES["sparse"], weight=layer.weight).reason
    with pytest.raises(ValueError, match="NaN"):
        layer(SOURCES["sparse"])
    assert ran == [("numba", "dense")]


def test_two_torch_threads_give_the_same_bits():
    results = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            layer = RecurrentLIF(60, 80, generator=torch.Generator().manual_seed(0))
            out = layer(SOURCES["large"].repeat(1, 2, 2))
            (out.spikes.sum() + out.mem.sum()).backward()
            results.append((out.mem, layer.weight.grad, layer.recurrent_weight.grad))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(a, b) for a, b in zip(*results))
