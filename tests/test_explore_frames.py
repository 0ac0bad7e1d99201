"""What the explorers show, against the package or an independent computation."""

import numpy as np
import pytest
import torch

from snnbook import explore, results
from snnbook.explore import EXPLORERS
from snnbook.explore._pack import TOP
from snnbook.neurons import LIFParameters, unroll
from snnbook.surrogates import Z, custom, fast_sigmoid


@pytest.mark.parametrize("name", list(EXPLORERS))
def test_each_explorer_fits_a_page(name):
    explorer = EXPLORERS[name]()
    assert explorer.name == name
    assert len(explorer.html) < 300_000
    arrays = explorer.function(**explorer.start)
    assert arrays["text"].endswith(".")
    for panel in explorer.panels:
        for layer in panel.layers:
            assert layer.y in arrays and (not layer.x or layer.x in arrays)


@pytest.mark.parametrize("name", list(EXPLORERS))
def test_each_control_of_each_explorer_changes_something(name):
    explorer = EXPLORERS[name]()
    start = explorer.function(**explorer.start)
    for argument, control in explorer.controls.items():
        others = [value for value in control.values if value != control.start]
        frames = [explorer.function(**{**explorer.start, argument: value}) for value in others]
        assert any(
            not np.array_equal(frame[key], start[key], equal_nan=True)
            for frame in frames
            for key in frame
            if key != "text"
        ), argument


@pytest.mark.parametrize("through_reset", [False, True])
def test_the_gradient_is_that_of_unroll(through_reset):
    found = explore.unrolled_frame(0.6, 0.5, 0.5, through_reset=through_reset)
    w = torch.tensor(0.6, dtype=torch.float64, requires_grad=True)
    drive = (w * torch.tensor([1.0, 1, 0, 0, 0, 0], dtype=torch.float64)).reshape(6, 1, 1)
    record = unroll(
        drive,
        LIFParameters(tau_mem=5e-3, tau_syn=5e-3),
        recurrent_weight=torch.tensor([[0.5]], dtype=torch.float64),
        surrogate=fast_sigmoid(width=0.5),
        reset_gradient=through_reset,
    )
    record.mem[-1].sum().backward()
    assert found["gradient"][0] == pytest.approx(w.grad.item(), abs=1e-12)
    np.testing.assert_allclose(found["mem"], record.mem.detach().flatten(), atol=1e-12)


def test_the_printed_gradient_is_the_sum_over_the_paths_that_are_drawn():
    for settings in explore.unrolled().grid():
        found = explore.unrolled_frame(**settings)
        paths = explore.sum_over_paths(found["edges"])
        assert found["gradient"][0] == pytest.approx(paths, abs=1e-10)


def test_half_the_height_through_five_layers():
    high, low = (explore.surrogate_frame(width=1.0, height=h)["reaching"] for h in (1.0, 0.5))
    known = ~np.isnan(low)
    np.testing.assert_allclose((high - low)[known], 5 * np.log10(2), atol=1e-3)


def test_a_surrogate_of_your_own_joins_the_others():
    mine = custom("mine", lambda z: 1 / (1 + z**4), 1 / (1 + Z**4))
    explorer = explore.surrogate(own=mine)
    assert "your own" in explorer.controls["shape"].values
    frame = explorer.function(shape="your own", width=1.0, height=1.0)
    assert frame["derivative"].max() == pytest.approx(1.0)
    assert np.isnan(frame["accuracy"]).all()


def test_counts_are_those_of_a_loop():
    found = explore.rate_frame(tau_mem=10.0, window=50.0, dt=1.0)
    beta = LIFParameters().beta
    for k in range(0, 101, 10):
        U, spikes, current = 0.0, 0, found["mean"][k] * (1 - beta)
        for _ in range(50):
            S = float(U > 1)
            U, spikes = beta * U + current - S, spikes + S
        assert found["counted"][k] == pytest.approx(spikes / 0.05)


def test_the_agreement_is_the_stored_one():
    found = explore.agreement_frame("e-prop, symmetric feedback", "2 layers, 100 steps", True)
    points = results.load("gradient_laboratory")["points"]
    rows = next(
        one["rows"] for one in points if (one["depth"], one["steps"], one["trained"]) == (2, 100, 1)
    )
    wanted = [np.mean(rows["e_prop"][f"hidden.{k}.weight"]["cosine"]) for k in range(2)]
    np.testing.assert_allclose(found["cosine"][:2], wanted)
    assert np.isnan(found["cosine"][2:]).all()


def test_the_resolution_is_the_one_that_is_promised():
    assert TOP == 65534  # a value is exact to half a step of its range
