"""The counters of numbers and operations agree with what PyTorch allocates and multiplies."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from snnbook import gradients, training
from snnbook.gradients import Allocations
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import boxcar


def task(sizes, steps, batch=1, recurrent=False, **changes):
    generator = torch.Generator().manual_seed(0)
    neuron = LIFNeuron(**changes)
    network = SpikingNetwork(sizes, neuron, recurrent=recurrent, generator=generator, std=1.0)
    spikes = (torch.rand(steps, batch, sizes[0], generator=generator) < 0.3).float()
    labels = torch.randint(sizes[-1], (batch,), generator=generator)
    return network, spikes, training.step_cross_entropy(labels, steps)


CASES = [
    ("bptt", (20, 30, 3), 50, 1, True),
    ("bptt", (20, 30, 3), 200, 4, False),
    ("bptt", (10, 20, 20, 5), 100, 2, True),
    ("rtrl", (10, 12, 3), 5, 1, True),
    ("rtrl", (30, 10, 3), 5, 3, True),
    ("rtrl", (6, 8, 8, 3), 5, 2, True),
    ("rtrl", (6, 8, 8, 3), 5, 2, False),
    ("traces", (20, 30, 3), 5, 1, True),
    ("traces", (10, 12, 12, 3), 5, 2, True),
]


@pytest.mark.parametrize(("rule", "sizes", "steps", "batch", "recurrent"), CASES)
def test_counted_floats_are_the_bytes_held(rule, sizes, steps, batch, recurrent):
    run = task(sizes, steps, batch, recurrent=recurrent)
    counted = gradients.cost(rule, sizes, steps, batch=batch, recurrent=recurrent)
    measured = gradients.measure(rule, *run, repeats=1)
    assert measured.held == pytest.approx(4 * counted.floats, rel=0.1)
    assert measured.held <= measured.peak
    assert measured.seconds > 0


@pytest.mark.parametrize(("rule", "sizes", "steps", "batch", "recurrent"), CASES)
def test_counted_products_are_those_that_run(rule, sizes, steps, batch, recurrent):
    run = task(sizes, steps, batch, recurrent=recurrent)
    rules = {
        "bptt": gradients.bptt,
        "rtrl": gradients.rtrl,
        "traces": lambda *run: gradients.rtrl(*run, recurrent=False),
    }
    with FlopCounterMode(display=False) as count:
        rules[rule](*run)
    counted = gradients.cost(rule, sizes, steps, batch=batch, recurrent=recurrent)
    if rule == "traces" or (
        rule == "rtrl" and not recurrent
    ):  # one factor for each synapse is no matrix product
        assert count.get_total_flops() / 2 < counted.products
    else:
        assert count.get_total_flops() / 2 == pytest.approx(counted.products, rel=0.1)


def test_history_grows_with_time_and_influence_does_not():
    sizes = (10, 20, 3)
    for rule, longer in (("bptt", 2.0), ("rtrl", 1.0), ("traces", 1.0)):
        held = [
            gradients.measure(rule, *task(sizes, steps, recurrent=True), repeats=1).held
            for steps in (30, 60)
        ]
        assert held[1] / held[0] == pytest.approx(longer, rel=0.05)


@pytest.mark.parametrize(
    ("steps", "checkpoint", "batch"), [(100, 10, 1), (60, 7, 2), (20, 50, 1), (30, 1, 1)]
)
def test_checkpoints_hold_and_run_what_is_counted(steps, checkpoint, batch):
    sizes = (20, 30, 3)
    run = task(sizes, steps, batch, recurrent=True)
    given = {"batch": batch, "recurrent": True, "checkpoint": checkpoint}
    counted = gradients.cost("bptt", sizes, steps, **given)
    measured = gradients.measure("bptt", *run, repeats=1, checkpoint=checkpoint)
    assert measured.held == pytest.approx(4 * counted.floats, rel=0.1)
    with FlopCounterMode(display=False) as count:
        gradients.bptt(*run, checkpoint=checkpoint)
    assert count.get_total_flops() / 2 == pytest.approx(counted.products, rel=0.1)


def test_truncated_bptt_holds_one_piece():
    run = task((10, 50, 3), 200)
    with Allocations() as count:
        gradients.bptt(*run)
    whole = count.peak
    with Allocations() as count:
        gradients.bptt(*run, truncate=20)
    assert count.peak < 0.25 * whole


@pytest.mark.parametrize(
    ("rule", "power", "operations"), [("bptt", 1, 2), ("rtrl", 3, 4), ("traces", 2, 2)]
)
def test_exponents_of_the_paper(rule, power, operations):
    small, large = (gradients.cost(rule, (n, n, 2), steps=10**6) for n in (2000, 4000))
    floats = torch.tensor(large.floats / small.floats).log2()
    assert floats.item() == pytest.approx(power, abs=0.01)
    assert torch.tensor(large.operations / small.operations).log2().item() == pytest.approx(
        operations, abs=0.01
    )


def test_allocations_count_a_storage_once_while_it_lives():
    outside = torch.zeros(100)
    with Allocations() as count:
        assert count.live == 0
        a = outside + 1
        view = a[:50].view(5, 10)
        outside.add_(1)
        _ = outside[:3]
        assert count.live == 400
        del a
        assert count.live == 400
        del view
        assert count.live == 0
    assert count.peak == 400


def test_traffic_counts_spikes_and_errors():
    network, spikes, error = task((10, 20, 3), 60, batch=2, recurrent=True)
    found = gradients.traffic(network, spikes, error)
    fired = network(spikes).hidden[0].spikes.sum().item()
    assert found.spikes == fired * (20 + 3)
    assert 0 < found.errors <= 60 * 2 * (20 * 20 + 3 * 20)
    # With a surrogate that is 0 everywhere only the readout sends; its last two steps have none.
    narrow, *_ = task((10, 20, 3), 60, recurrent=True, surrogate=boxcar(width=1e-6))
    error = training.step_squared_error(torch.full((60, 2, 3), 9.0))
    assert gradients.traffic(narrow, spikes, error).errors == 58 * 2 * 3 * 20


@pytest.mark.parametrize("name", ["hidden.0.weight", "hidden.0.recurrent_weight", "readout.weight"])
def test_the_blame_table_sums_to_every_rule(name):
    network, spikes, error = task((4, 5, 3), 20, batch=2, recurrent=True, reset_gradient=True)
    network, spikes = network.double(), spikes.double()
    table = gradients.blame_table(network, spikes, error, name)
    exact = gradients.bptt(network, spikes, error)[name]
    torch.testing.assert_close(table.sum((0, 1)), exact, atol=1e-12, rtol=0)
    rows = gradients.online_steps(gradients.RTRL(), network, spikes, error)
    for n, step in enumerate(rows):
        torch.testing.assert_close(table[n].sum(0), step[name], atol=1e-12, rtol=0)
    latency = 2 if name.startswith("readout") else 4
    late, early = torch.tril_indices(20, 20, offset=-latency)
    reached = torch.zeros(20, 20, dtype=torch.bool)
    reached[late, early] = True
    assert not table[~reached].any() and table[reached].any()
    cut = gradients.bptt(network, spikes, error, truncate=5)[name]
    blocks = sum(table[k : k + 5, k : k + 5].sum((0, 1)) for k in range(0, 20, 5))
    torch.testing.assert_close(blocks, cut, atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gradients.cost("magic", (3, 2), 5), "rule is 'magic'"),
        (lambda: gradients.cost("bptt", (3, 2), 0), "steps is 0"),
        (lambda: gradients.measure("bptt", *task((3, 2), 5), repeats=0), "repeats is 0"),
        (lambda: gradients.exponent([1], [1]), "1 and 1 entries"),
        (lambda: gradients.exponent([1, 2], [0, 1]), "0 or below"),
        (lambda: gradients.blame_table(*task((3, 2), 5), "weight"), "name is 'weight'"),
    ],
)
def test_errors_name_the_argument(call, words):
    with pytest.raises(ValueError, match=words):
        call()
