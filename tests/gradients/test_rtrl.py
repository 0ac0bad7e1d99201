"""RTRL equals BPTT; each approximation equals both where theory says so, and nowhere else."""

import pytest
import torch
from gradients.cases import task
from hypothesis import given, settings, strategies as st

from snnbook import gradients, training
from snnbook.neurons import SpikingNetwork
from snnbook.surrogates import ALL


def difference(a, b):
    assert list(a) == list(b)
    return {name: (a[name] - b[name]).abs().max().item() for name in a}


def scale(a):
    return max(1.0, max(x.abs().max().item() for x in a.values()))


@given(
    seed=st.integers(0, 10**6),
    steps=st.integers(1, 12),
    batch=st.integers(1, 3),
    depth=st.integers(0, 3),
    width=st.integers(1, 4),
    options=st.fixed_dictionaries(
        {
            "reset": st.sampled_from(["subtract", "zero", "none"]),
            "reset_gradient": st.booleans(),
            "recurrent": st.booleans(),
            "surrogate": st.sampled_from([x.scaled(width=0.7) for x in ALL.values()]),
            "tau_mem": st.floats(2e-3, 5e-2),
            "tau_syn": st.floats(1e-3, 2e-2),
        }
    ),
)
@settings(max_examples=40, deadline=None)
def test_forward_equals_backward(seed, steps, batch, depth, width, options):
    run = task(seed, steps=steps, batch=batch, sizes=(3, *[width] * depth, 2), **options)
    exact = gradients.bptt(*run)
    assert max(difference(gradients.rtrl(*run), exact).values()) < 1e-10 * scale(exact)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_without_recurrence_is_exact_where_there_is_none(seed, depth):
    sizes = (4, *[5] * depth, 3)
    run = task(seed, steps=25, sizes=sizes, reset_gradient=True)
    exact = gradients.bptt(*run)
    assert max(difference(gradients.rtrl(*run, recurrent=False), exact).values()) < 1e-10

    run = task(seed, steps=25, sizes=sizes, recurrent=True)
    with torch.no_grad():
        for layer in run[0].hidden:
            layer.recurrent_weight.zero_()
    exact, dropped = gradients.bptt(*run), gradients.rtrl(*run, recurrent=False)
    assert max(difference(dropped, exact).values()) < 1e-10


@pytest.mark.parametrize("seed", range(3))
def test_without_recurrence_differs_where_there_is_one(seed):
    run = task(seed, steps=25, recurrent=True)
    gap = difference(gradients.rtrl(*run, recurrent=False), gradients.bptt(*run))
    assert gap["hidden.0.weight"] > 1e-5 and gap["hidden.0.recurrent_weight"] > 1e-5
    assert gap["readout.weight"] < 1e-12  # nothing recurrent lies behind it


@pytest.mark.parametrize("recurrent", [True, False])
@pytest.mark.parametrize(
    ("reset", "reset_gradient", "exact"),
    [
        ("subtract", True, False),
        ("zero", True, False),
        ("none", True, True),
        ("subtract", False, True),
        ("zero", False, True),
    ],
)
def test_without_reset_is_exact_where_no_gradient_passes_it(
    recurrent, reset, reset_gradient, exact
):
    run = task(1, steps=25, reset=reset, reset_gradient=reset_gradient, recurrent=recurrent)
    gap = difference(gradients.rtrl(*run, reset=False), gradients.bptt(*run))
    assert (gap["hidden.0.weight"] < 1e-10) == exact
    assert gap["readout.weight"] < 1e-12


@pytest.mark.parametrize("steps", range(1, 5))
def test_a_run_shorter_than_the_latency_has_no_hidden_gradient(steps):
    """The input of step 0 moves the readout at step 4: W, I, U and S, I of the readout, U."""
    run = task(2, steps=steps, recurrent=True, reset_gradient=True)
    for flags in ({}, {"recurrent": False}, {"reset": False}):
        result = gradients.rtrl(*run, **flags)
        assert max(difference(result, gradients.bptt(*run)).values()) == 0
        assert not result["hidden.0.weight"].any()


@pytest.mark.parametrize("steps", [5, 6])
def test_recurrence_and_reset_first_matter_one_step_after_the_latency(steps):
    run = task(2, steps=steps, recurrent=True, reset_gradient=True)
    exact = gradients.bptt(*run)
    assert exact["hidden.0.weight"].any()
    without_reset = difference(gradients.rtrl(*run, reset=False), exact)
    assert (without_reset["hidden.0.weight"] < 1e-14) == (steps == 5)
    without_both = gradients.rtrl(*run, reset=False, recurrent=False)
    assert (difference(without_both, exact)["hidden.0.weight"] < 1e-14) == (steps == 5)


def test_without_recurrence_there_is_one_number_per_synapse():
    network = SpikingNetwork((3, 4, 2), recurrent=True, std=1.0)
    full = gradients.RTRL().start(network, 1).influence
    cheap = gradients.RTRL(recurrent=False).start(network, 1).influence
    assert full["hidden.0.recurrent_weight"][0].mem.shape == (1, 4, 4, 4)
    assert cheap["hidden.0.recurrent_weight"][0].mem.shape == (1, 4, 4)


def test_increments_are_the_gradients_of_the_errors_so_far():
    """After n steps the sum of the increments is the gradient of the loss of these steps."""
    network, spikes, _ = task(3, steps=14, recurrent=True, reset_gradient=True)
    target = torch.randn(14, 2, 3, dtype=torch.float64)
    whole = training.step_squared_error(target)
    total = gradients.no_gradients(network)
    for n, step in enumerate(gradients.online_steps(gradients.RTRL(), network, spikes, whole)):
        for name, value in step.items():
            total[name] += value
        if n in (4, 9, 13):
            part = training.step_squared_error(target[: n + 1])
            exact = gradients.bptt(network, spikes[: n + 1], part)
            scaled = {name: value * (n + 1) / 14 for name, value in exact.items()}
            assert max(difference(total, scaled).values()) < 1e-12


def test_without_recurrence_the_first_steps_agree():
    network, spikes, error = task(3, steps=20, recurrent=True)
    runs = [
        gradients.online_steps(gradients.RTRL(recurrent=flag), network, spikes, error)
        for flag in (True, False)
    ]
    name = "hidden.0.weight"
    found = [gradients.compare(a, b)[name].cosine for a, b in zip(*runs)]
    cosine = torch.tensor(found, dtype=torch.float64)
    assert cosine.shape == (20,)
    assert torch.isnan(cosine[:4]).all()  # before the latency has passed, both are zero
    assert cosine[4] > 1 - 1e-12 and cosine[-1] < 1 - 1e-6
