"""What the explorers show, against the package or an independent computation."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from snnbook import explore, results
from snnbook.explore import (
    EXPLORERS,
    _landscape as landscape,
    _three_factors as three_factors,
    _unrolled as unrolled,
)
from snnbook.explore._pack import TOP
from snnbook.local import WIDE
from snnbook.neurons import LeakyNeuron, LIFNeuron, run
from snnbook.surrogates import Z, custom, fast_sigmoid

BOOK = Path(__file__).parents[2] / "book"


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


def test_the_route_follows_the_chapters():
    """Every explorer stands under its heading, and the route is in the order of the chapters."""
    stops = [make() for make in EXPLORERS.values()]
    assert [one.chapter for one in stops] == sorted(one.chapter for one in stops)
    assert len({one.heading for one in stops}) == len(stops)
    for make, one in zip(EXPLORERS.values(), stops):
        cells = json.loads((BOOK / f"{one.chapter}.ipynb").read_text())["cells"]
        sources = ["".join(cell["source"]) for cell in cells]
        text = "\n".join(sources)
        assert f"({one.heading})=" in text and f"\nexplore.{make.__name__}()" in "\n" + text
        assert one.title and one.change.endswith(".") and one.question.endswith("?")


@pytest.mark.parametrize("through_reset", [False, True])
def test_the_gradient_is_that_of_unroll(through_reset):
    found = explore.unrolled_frame(0.6, 0.5, 0.5, through_reset=through_reset)
    w = torch.tensor(0.6, dtype=torch.float64, requires_grad=True)
    drive = (w * torch.tensor([1.0, 1, 0, 0, 0, 0], dtype=torch.float64)).reshape(6, 1, 1)
    record = run(
        LIFNeuron(
            tau_mem=5e-3,
            tau_syn=5e-3,
            surrogate=fast_sigmoid(width=0.5),
            reset_gradient=through_reset,
        ),
        drive,
        recurrent_weight=torch.tensor([[0.5]], dtype=torch.float64),
    )
    record.mem[-1].sum().backward()
    assert found["gradient"][0] == pytest.approx(w.grad.item(), abs=1e-12)
    np.testing.assert_allclose(found["mem"], record.mem.detach().flatten(), atol=1e-12)


def sum_over_paths(values: np.ndarray) -> float:
    """Return the sum over all paths from the uses of w to the last membrane, NaN edges left out.

    Every path contributes the product of its edges. Nodes are visited in the order of time, so
    one sweep does: this is forward mode, RTRL of one weight.
    """
    reached = {("S_in", n): 1.0 for n in range(unrolled.STEPS)}
    order = {"I": 0, "U": 1, "S": 2}
    arrows = sorted(
        zip(unrolled._arrows(), values, strict=True),
        key=lambda one: (one[0].target[1], order[one[0].target[0]]),
    )
    for edge, value in arrows:
        part = 0.0 if np.isnan(value) else value * reached.get(edge.source, 0.0)
        reached[edge.target] = reached.get(edge.target, 0.0) + part
    return reached["U", unrolled.STEPS - 1]


def test_the_printed_gradient_is_the_sum_over_the_paths_that_are_drawn():
    for settings in explore.unrolled().grid():
        found = explore.unrolled_frame(**settings)
        paths = sum_over_paths(found["edges"])
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


def test_the_raster_is_the_stored_one_and_stays_in_its_frame():
    stored = results.load("ch05_rasters")
    for k, width in enumerate(stored["widths"]):
        found = explore.surrogate_frame(shape="boxcar", width=width)
        assert len(found["neuron"]) == sum(len(one[0]) for one in stored["rasters"]["boxcar"][k])
        assert found["spike_time"].max() < 120 and found["neuron"].max() < 40
        last = stored["rasters"]["boxcar"][k][2]
        np.testing.assert_array_equal(found["spike_time"][-len(last[0]) :] - 80, last[0])


def test_counts_are_those_of_a_loop():
    found = explore.rates_frame(tau_mem=10.0, window=50.0, dt=1.0)
    beta = LIFNeuron().beta
    for k in range(0, 101, 10):
        U, spikes, current = 0.0, 0, found["mean"][k] * (1 - beta)
        for _ in range(50):
            S = float(U > 1)
            U, spikes = beta * U + current - S, spikes + S
        assert found["counted"][k] == pytest.approx(spikes / 0.05)


def test_the_agreement_is_the_stored_one():
    found = explore.agreement_frame("e-prop, symmetric feedback", "2 layers, 100 steps", True)
    points = results.load("ch06e_laboratory")["points"]
    rows = next(
        one["rows"] for one in points if (one["depth"], one["steps"], one["trained"]) == (2, 100, 1)
    )
    wanted = [np.mean(rows["e_prop"][f"hidden.{k}.weight"]["cosine"]) for k in range(2)]
    np.testing.assert_allclose(found["cosine"][:2], wanted)
    assert np.isnan(found["cosine"][2:]).all()


def test_the_resolution_is_the_one_that_is_promised():
    assert TOP == 65534  # a value is exact to half a step of its range


def test_a_part_of_a_spike_is_the_area_under_the_gate():
    width, current = 0.4, 1.5
    found = explore.gate_frame(width, current, "boxcar")
    peak = current * (1 - np.exp(-1.0))  # after a pulse as long as the membrane's time constant
    assert peak < 1
    assert found["now_sent"][0] == pytest.approx(1 - (1 - peak) / width, abs=1e-9)
    assert found["now_slope"][0] == pytest.approx((1 - np.exp(-1.0)) / width, abs=1e-9)


def test_the_slope_of_what_is_sent_is_that_of_the_curve():
    found = explore.gate_frame(0.6, 1.5)
    measured = np.gradient(found["sent"], found["currents"])[1:-1]
    close = np.abs(measured - found["slope"][1:-1]) < 0.05
    assert close.mean() > 0.97  # the curve has corners where a spike is whole


def test_without_noise_the_runs_are_those_of_the_neuron():
    found = explore.escape_frame(noise=1e-6)
    for row in range(1, 9):
        assert np.array_equal(found["spikes"][found["rows"] == row], found["quiet_spikes"])
    np.testing.assert_allclose(found["mem"], found["quiet"])


def test_the_mean_probability_counts_the_spikes_of_many_runs():
    found = [explore.escape_frame(noise=0.2, sample=sample) for sample in range(40)]
    counted = np.mean([len(one["spikes"]) / 8 for one in found])
    assert counted == pytest.approx(found[0]["expected"].sum(), rel=0.05)


@pytest.mark.parametrize("cell", ["leaky, ratio 2", "leaky, ratio 1"])
def test_the_cliff_is_where_the_peak_of_the_membrane_reaches_the_threshold(cell):
    found = explore.spike_time_frame(second=0.0, cell=cell)
    edge = found["weights"][0] - (found["weights"][1] - found["weights"][0]) * 1e-3
    below, above = (
        explore.spike_time_frame(weight=weight, second=0.0, cell=cell)
        for weight in (edge * 0.999, found["weights"][0] * 1.001)
    )
    assert np.isnan(below["now_spike"][0]) and np.isfinite(above["now_spike"][0])
    kernel_peak = {"leaky, ratio 2": 0.25, "leaky, ratio 1": np.exp(-1)}[cell]
    assert edge * kernel_peak == pytest.approx(1, rel=1e-2)


def test_the_derivative_of_a_spike_time_is_a_difference_quotient():
    times = [explore.spike_time_frame(weight=w)["now_spike"][0] for w in (3.4 - 1e-5, 3.4 + 1e-5)]
    found = explore.spike_time_frame(weight=3.4)["now_earlier"][0]
    assert found == pytest.approx((times[0] - times[1]) / 2e-5, rel=1e-6)


def test_the_true_descent_stays_and_the_others_go_down():
    true, surrogate = explore.landscape_frame(), explore.landscape_frame(reach=0.4)
    assert np.ptp(true["x_true"]) == np.ptp(true["y_true"]) == 0
    assert surrogate["by_true"][-1] < 0.5 * surrogate["by_true"][0]
    steps = np.hypot(np.diff(true["x_surrogate"]), np.diff(true["y_surrogate"]))
    np.testing.assert_allclose(steps, 0.03, atol=1e-12)


def test_the_loss_of_the_landscape_is_that_of_a_loop():
    spikes, labels = landscape.task()
    hidden, readout = torch.randn(2, 2, 2, generator=torch.Generator().manual_seed(4)).double() * 2
    alpha, beta = landscape.PARAMS.alpha, landscape.PARAMS.beta
    J = U = Y = V = torch.zeros(64, 2, dtype=torch.float64)
    total = 0
    for x in spikes:
        S = (U > 1).double()
        total = total + V
        J, U = alpha * J + x @ hidden.T, beta * U + J - S
        Y, V = alpha * Y + S @ readout.T, beta * V + Y
    known = torch.nn.functional.cross_entropy(total / len(spikes), labels)
    found = landscape.losses(hidden[None], readout[None])
    assert found.item() == pytest.approx(known.item(), rel=1e-10)


def test_the_surrogate_loss_along_a_line_is_its_slope_integrated():
    found = explore.landscape_frame(width=0.5, height=0.4)
    points = torch.tensor([[0.3, 0.4], [0.9, 0.4]], dtype=torch.float64)
    _, gradient = landscape.slopes(points, 0.5)
    slope = np.gradient(found["smooth"], found["line"])
    at = [np.abs(found["line"] - x).argmin() for x in (0.3, 0.9)]
    assert slope[at[0]] / slope[at[1]] == pytest.approx(
        (gradient[0, 0] / gradient[1, 0]).item(), rel=0.1
    )


def test_the_updates_of_a_synapse_add_up_to_the_gradient():
    """The sum at the last step is minus the learning rate times the gradient by autograd."""
    weights, inputs = three_factors.task()
    weights.requires_grad_()
    target = torch.zeros(80, 1, 1, dtype=torch.float64)
    target[45] = 1
    fired = run(LIFNeuron(surrogate=WIDE), inputs @ weights[0].T).spikes
    (0.5 * run(LeakyNeuron(), fired - target).mem.square().sum()).backward()
    gradient = weights.grad.flatten().numpy()
    for synapse in three_factors.CHOICES:
        found = explore.three_factors_frame(79, synapse)["now_update"][0]
        near = np.abs(found + three_factors.RATE * gradient).min()
        assert near < 1e-12 and abs(found) > 0


def test_a_spike_at_the_wanted_step_leaves_the_weight_alone():
    found = explore.three_factors_frame(wanted=23)
    assert found["own"].tolist() == [23]
    assert not found["error"].any() and not found["update"].any()
    assert found["eligibility"].max() > 0
