"""Figures: what is drawn is what was given, small, readable, and the same every time."""

import io
import json
import re
from dataclasses import replace

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from nbclient import NotebookClient

from snnbook import plotting
from snnbook.kernels import Events
from snnbook.surrogates import ALL, fast_sigmoid, true_derivative
from snnbook.training import Confusion, History


@pytest.fixture(autouse=True)
def style():
    with matplotlib.rc_context():
        matplotlib.use("agg")
        plotting.use_style()
        yield
    plt.close("all")


def spikes(steps, *shape, rate=0.1):
    generator = torch.Generator().manual_seed(0)
    return (torch.rand(steps, *shape, generator=generator) < rate).float()


def history(offset=0.0, validation=True):
    accuracy = (0.1 + offset, 0.5 + offset, 0.8 + offset)
    return History((2.0, 1.0, 0.5 - offset), accuracy, (0.1, 0.4, 0.7) if validation else ())


DRAW = {
    "raster": lambda ax: plotting.raster(spikes(50, 7), ax=ax),
    "raster input": lambda ax: plotting.raster(spikes(50, 90), ax=ax, color="k", label="input"),
    "traces": lambda ax: plotting.traces(torch.rand(50), spikes(50), ax=ax),
    "stack": lambda ax: plotting.traces(torch.randn(50, 3), spikes(50, 3), ax=ax),
    "syn": lambda ax: plotting.traces(torch.rand(50), quantity="syn", ax=ax),
    "surrogates": lambda ax: plotting.surrogate_curves(list(ALL.values()), ax=ax),
    "loss": lambda ax: plotting.learning_curve(history(), quantity="loss", ax=ax),
    "accuracy": lambda ax: plotting.learning_curve([history(), history(0.1)], chance=0.1, ax=ax),
    "matrix": lambda ax: plotting.matrix_map(torch.randn(4, 5), ax=ax),
    "classes": lambda ax: plotting.confusion_map(confusion(), ax=ax),
    "large matrix": lambda ax: plotting.matrix_map(torch.randn(20, 30), ax=ax),
}


def confusion(classes=3):
    counts = np.eye(classes, k=1, dtype=int) + 9 * np.eye(classes, dtype=int)
    return Confusion(tuple(map(tuple, counts.tolist())), tuple(map(str, range(classes))))


def svg(figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


@pytest.mark.parametrize("name", DRAW)
def test_it_draws_into_the_given_axes_and_returns_them(name):
    figure, ax = plt.subplots()
    assert DRAW[name](ax) is ax
    assert DRAW[name](None) is not ax
    assert plt.gcf().get_figwidth() == 7.2


@pytest.mark.parametrize("name", DRAW)
def test_it_has_labels(name):
    ax = DRAW[name](None)
    assert ax.get_xlabel() and ax.get_ylabel()


@pytest.mark.parametrize("name", DRAW)
def test_the_same_call_gives_the_same_small_transparent_svg(name):
    torch.manual_seed(0)
    first = svg(DRAW[name](None).figure)
    torch.manual_seed(0)
    assert svg(DRAW[name](None).figure) == first
    assert len(first) < 150_000
    background = re.search(r'<g id="patch_1">.*?</g>', first, re.DOTALL)[0]
    assert "fill: none" in background


@pytest.mark.parametrize("name", DRAW)
def test_curves_differ_by_more_than_color(name):
    drawn = [line for line in DRAW[name](None).get_lines() if line.get_label()[0] != "_"]
    looks = [(line.get_linestyle(), str(line._dash_pattern), line.get_marker()) for line in drawn]
    flat = [line for line in drawn if line.get_color() == plotting.COLORS["true"]]
    assert len(set(looks)) >= len(looks) - len(flat)


def contrast(first, second) -> float:
    """Return the contrast of two colors as WCAG 2 defines it."""

    def luminance(color):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
        return np.dot(linear, (0.2126, 0.7152, 0.0722)) + 0.05

    low, high = sorted((luminance(first), luminance(second)))
    return high / low


def inverted(color):
    """Return what the site's dark mode makes of a color: invert(0.92) hue-rotate(180deg)."""
    turn = [[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]]
    return np.clip(turn @ (0.92 - 0.84 * np.array(color)), 0, 1)


@pytest.mark.parametrize(
    "color", sorted({*plotting.COLORS.values(), *(color for color, _, _ in plotting.CYCLE)})
)
def test_every_color_stands_out_in_light_and_dark_mode(color):
    assert contrast(to_rgb(color), (1, 1, 1)) >= 3
    assert contrast(inverted(to_rgb(color)), to_rgb("#121212")) >= 3


def test_the_maps_of_quantities_agree():
    assert set(plotting.LINES) <= set(plotting.COLORS)
    assert set(plotting.MARKERS) <= set(plotting.COLORS)
    with pytest.raises(TypeError):
        plotting.COLORS["mem"] = "red"


def test_raster_ticks_are_at_the_spikes():
    train = np.zeros((20, 3))
    train[4, 0] = train[9, 2] = 1
    ax = plotting.raster(train, dt=2e-3)
    across, up = ax.get_lines()[0].get_data()
    assert across[0::3].tolist() == [8.0, 18.0]
    assert ((up[0::3] + up[1::3]) / 2).tolist() == [0.0, 2.0]
    assert ax.get_xlim()[1] == 40 and ax.get_xlabel() == "time (ms)"


def test_a_raster_takes_events_of_one_sample():
    spikes = (torch.rand(9, 2, 4, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    events = Events.from_dense(spikes)
    drawn = [plotting.raster(x).lines[0].get_xydata() for x in (spikes[:, 1], events[:, 1:])]
    np.testing.assert_array_equal(*drawn)
    with pytest.raises(ValueError, match=r"Events of 2 samples; one .* such as spikes\[:, 0\]"):
        plotting.raster(events)


def test_a_raster_with_many_spikes_is_drawn_as_pixels():
    few, many = plotting.raster(spikes(100, 50)), plotting.raster(spikes(1400, 500, rate=0.02))
    assert not few.get_lines()[0].get_rasterized() and many.get_lines()[0].get_rasterized()
    assert len(svg(many.figure)) < 200_000
    assert many.get_xlabel() == "time (s)"


def test_an_empty_raster_is_drawn():
    ax = plotting.raster(torch.zeros(10, 2))
    assert ax.get_lines()[0].get_xdata().size == 0 and ax.get_ylim() == (-0.6, 1.6)


def test_traces_show_membrane_threshold_and_spikes():
    ax = plotting.traces([0.0, 0.5, 1.5, 0.4], [0, 0, 1, 0])
    threshold, membrane = ax.get_lines()
    assert membrane.get_data()[1].tolist() == [0.0, 0.5, 1.5, 0.4]
    assert set(threshold.get_ydata()) == {1.0}
    (mark,) = ax.collections[0].get_segments()
    assert mark[:, 0].tolist() == [2.0, 2.0] and mark[:, 1].min() > 1.5
    assert ax.get_ylim()[1] >= mark[:, 1].max()
    assert len(plotting.traces([0.0, 0.5], threshold=None).get_lines()) == 1


def test_stacked_panels_share_one_time_label():
    _, (upper, lower) = plt.subplots(2, 1, sharex=True)
    plotting.raster(spikes(30, 4), ax=upper)
    plotting.traces(torch.rand(30), ax=lower)
    assert upper.get_xlabel() == "" and lower.get_xlabel() == "time (ms)"
    assert upper.get_xlim() == lower.get_xlim()


def test_more_curves_than_colors_look_different():
    ax = plotting.surrogate_curves([fast_sigmoid(width=0.1 * k) for k in range(1, 13)])
    assert len({str(line._dash_pattern) for line in ax.get_lines()[-12:]}) == 12
    assert [plotting.look(k) for k in range(8)] == list(plotting.CYCLE)
    assert len({plotting.look(k)[1] for k in range(24)}) == 24


def test_surrogate_curves_show_the_records():
    ax = plotting.surrogate_curves([true_derivative(), fast_sigmoid(width=0.5)])
    dead, curve = ax.get_lines()
    assert set(dead.get_ydata()) == {0.0} and dead.get_color() == plotting.COLORS["true"]
    mem, value = (np.asarray(axis) for axis in curve.get_data())
    assert mem[value.argmax()] == pytest.approx(1) and value.max() == pytest.approx(1)
    above = mem[value >= 0.5]
    assert above.max() - above.min() == pytest.approx(0.5, abs=0.01)


def test_learning_curves_of_several_runs_show_mean_and_range():
    ax = plotting.learning_curve([history(), history(0.1)], chance=0.5)
    train, validation, chance = ax.get_lines()
    assert np.allclose(train.get_ydata(), [0.15, 0.55, 0.85])
    assert train.get_xdata().tolist() == [1, 2, 3]
    assert validation.get_label() == "validation samples" and chance.get_label() == "chance"
    assert len(ax.collections) == 2
    assert len(plotting.learning_curve(history(validation=False)).get_lines()) == 1


def test_a_learning_curve_rings_the_epoch_whose_weights_were_kept():
    kept = replace(history(), validation_loss=(2.1, 1.5, 1.6), kept_epoch=2)
    for quantity, values in (("accuracy", (0.1, 0.4, 0.7)), ("loss", (2.1, 1.5, 1.6))):
        _, validation, ring = plotting.learning_curve(kept, quantity=quantity).get_lines()
        assert tuple(validation.get_ydata()) == values
        assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (2, values[1])
        assert ring.get_label() == "weights kept, epoch 2"
    assert len(plotting.learning_curve(history(), quantity="loss").get_lines()) == 1
    assert len(plotting.learning_curve([kept, kept]).get_lines()) == 2


def test_a_signed_map_is_symmetric_and_a_positive_one_starts_at_zero():
    signed, positive = plotting.matrix_map([[1.0, -3.0]]), plotting.matrix_map([[1.0, 3.0]])
    assert signed.images[0].get_clim() == (-3.0, 3.0)
    assert positive.images[0].get_clim() == (0, 3.0)
    assert [text.get_text() for text in signed.texts] == ["1", "−3"]
    assert plotting.matrix_map([[0.0]], limit=2.0).images[0].get_clim() == (0, 2.0)
    assert plotting.matrix_map([[0.0]]).images[0].get_clim() == (0, 1.0)
    marks = plotting.matrix_map(np.where(np.eye(10) > 0, -1.0, 1.0)).get_lines()[0]
    assert sorted(marks.get_xdata()) == list(range(10))


def test_a_confusion_map_writes_counts_and_names():
    for classes in (3, 10, 27):
        ax = plotting.confusion_map(confusion(classes))
        texts = [text.get_text() for text in ax.texts]
        assert texts.count("9") == classes and texts.count("1") == classes - 1
        for axis in (ax.xaxis, ax.yaxis):
            assert [x.get_text() for x in axis.get_ticklabels()] == list(map(str, range(classes)))
        ax.figure.canvas.draw()
        frame = ax.get_window_extent()
        assert frame.width > 0.5 * ax.figure.bbox.width  # no half of the figure is blank
    assert not plotting.confusion_map(confusion(60)).texts


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: plotting.confusion_map([[1]]), TypeError, "confusion is a list; a Confusion"),
        (lambda: plotting.raster(torch.zeros(3)), ValueError, r"shape \(3,\); \(T, N\)"),
        (lambda: plotting.raster(torch.zeros(0, 3)), ValueError, "at least one entry"),
        (lambda: plotting.raster([["a", "b"]]), TypeError, "spikes is a list"),
        (lambda: plotting.raster([[np.nan]]), ValueError, "nan or inf"),
        (lambda: plotting.raster([[1]], dt=0.0), ValueError, "dt is 0.0"),
        (lambda: plotting.raster([[1]], ax=3), TypeError, "ax is a int"),
        (lambda: plotting.traces(torch.zeros(2, 3, 4)), ValueError, r"\(T,\) or \(T, N\)"),
        (lambda: plotting.traces([0.0, 1.0], [0]), ValueError, r"spikes has shape \(1,\)"),
        (lambda: plotting.traces([0.0], quantity="reset"), ValueError, "quantity is 'reset'"),
        (lambda: plotting.surrogate_curves([]), ValueError, "surrogates has 0"),
        (lambda: plotting.surrogate_curves([3]), TypeError, "surrogates holds a int"),
        (
            lambda: plotting.surrogate_curves([fast_sigmoid()], limits=(1, 0)),
            ValueError,
            "limits is",
        ),
        (lambda: plotting.learning_curve(History()), ValueError, r"history has \[0\] epochs"),
        (lambda: plotting.learning_curve([]), ValueError, r"history has \[\] epochs"),
        (lambda: plotting.learning_curve([3]), TypeError, "history holds a int"),
        (lambda: plotting.learning_curve(history(), quantity="f1"), ValueError, "'f1'"),
        (lambda: plotting.matrix_map([1.0]), ValueError, r"\(out, in\)"),
        (lambda: plotting.matrix_map([[np.inf]]), ValueError, "nan or inf"),
        (lambda: plotting.matrix_map([[1.0]], limit=-1.0), ValueError, "limit is -1.0"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_in_a_notebook_figures_are_svg(tmp_path):
    source = """
from snnbook import plotting
plotting.use_style()
_ = plotting.raster([[0, 1], [1, 0]])
"""
    cells = [nbformat.v4.new_code_cell(source) for _ in range(2)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(tmp_path))
    (one,), (two,) = (cell.outputs for cell in notebook.cells)
    assert one.data["image/svg+xml"] == two.data["image/svg+xml"]
    assert 'width="518.4pt"' in one.data["image/svg+xml"]  # 7.2 inches, 691 pixels
    assert "image/png" not in one.data and json.dumps(one.metadata)
