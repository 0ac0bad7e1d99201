"""The explorer: what is stored, what is shown without scripts, in a browser and with a kernel."""

import base64
import json
import re
from urllib.parse import unquote

import numpy as np
import pytest
from matplotlib import pyplot as plt
from site_server import HOW_TO_INSTALL, browser, find_chromium

from snnbook import explore
from snnbook.explore import Control, Explorer, Layer, Panel
from snnbook.explore._live import still
from snnbook.explore._pack import TOP, pack
from snnbook.neurons import LIFNeuron

X = np.linspace(0, 1, 5)


def power(p=1.0, sign="plus", shifted=False):
    y = (X**p) * (1 if sign == "plus" else -1) + 0.5 * shifted
    return {"x": X, "y": y, "ends": [y[0], y[-1]], "text": f"The last value is {y[-1]:.2f}."}


def small(**options):
    controls = {
        "p": Control("power", (1.0, 2.0, 3.0), 2.0),
        "sign": Control("sign", ("plus", "minus"), "plus"),
        "shifted": Control("shifted", (False, True), False),
    }
    panels = [
        Panel((Layer("line", "y", "x", "curve"),), "A power", (0, 1), (-1, 1.5)),
        Panel((Layer("bars", "ends"),), "Ends", (-0.6, 1.6), (-1, 1.5), names=("first", "last")),
    ]
    return Explorer("small-one", power, controls, panels, alt="A curve.", **options)


def stored(page):
    return json.loads(re.search(r'explorer-data">(.*?)</script>', page, re.S)[1])


def unpack(packed: dict, name: str, frame: int) -> np.ndarray:
    """Return an array as the page sees it."""
    stored = packed["arrays"][name]
    index = packed["frames"][name][frame]
    first = stored["ends"][index - 1] if index else 0
    words = np.frombuffer(base64.b64decode(stored["data"]), dtype="<u2")
    part = words[first : stored["ends"][index]].astype(float)
    values = stored["low"] + part * (stored["high"] - stored["low"]) / TOP
    return np.where(part > TOP, np.nan, values)


def test_every_frame_is_what_the_function_returned():
    explorer = small()
    data = stored(explorer.html)
    assert len(explorer.grid()) == 12
    for frame, settings in enumerate(explorer.grid()):
        wanted = power(**settings)
        for name in ("x", "y", "ends"):
            np.testing.assert_allclose(unpack(data, name, frame), wanted[name], atol=2e-5)
        assert data["texts"][data["text"][frame]] == wanted["text"]


def test_equal_arrays_are_stored_once():
    data = stored(small().html)
    assert len(data["arrays"]["x"]["ends"]) == 1
    assert len(data["arrays"]["y"]["ends"]) == 12


def test_missing_values_stay_missing():
    packed = pack([{"y": [0.0, np.nan, 2.0], "text": ""}, {"y": [np.nan], "text": ""}])
    np.testing.assert_array_equal(unpack(packed, "y", 0), [0.0, np.nan, 2.0])
    np.testing.assert_array_equal(unpack(packed, "y", 1), [np.nan])


def test_without_scripts_there_is_a_picture_and_no_control():
    page = small().html
    body = page[: page.index("<script")]
    assert body.count("<img ") == 1 and "<input" not in body and "<select" not in body
    assert 'alt="A curve. The last value is 1.00."' in body


def test_nothing_is_loaded_from_elsewhere():
    page = small().html
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert not re.search(r"\b(fetch|import)\b", page)


def test_the_same_explorer_gives_the_same_page():
    assert small().html == small().html


def test_no_figure_stays_open():
    before = plt.get_fignums()
    _ = small().html
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Control("a", (1,), 1), ValueError, "two or more"),
        (lambda: Control("a", (1, 2), 3), ValueError, "start is 3"),
        (lambda: Layer("pie", "y"), ValueError, "kind"),
        (lambda: Explorer("a b", power, {}, [], alt="x"), ValueError, "name is 'a b'"),
        (lambda: Explorer("a", 1, {}, [], alt="x"), TypeError, "function is a int"),
        (lambda: Explorer("a", power, {}, [], alt="x"), ValueError, "at least one control"),
        (lambda: pack([{"y": [np.inf], "text": ""}]), ValueError, "y holds infinity"),
        (lambda: pack([{"y": [1], "text": ""}, {"text": ""}]), ValueError, "a frame has"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_figure_that_is_too_large_is_refused():
    noise = np.random.default_rng(0)

    def heavy(p):
        return {"x": np.arange(200_000), "y": noise.normal(size=200_000), "text": ""}

    panel = Panel((Layer("line", "y", "x"),), "Noise", (0, 1), (0, 1))
    explorer = Explorer("heavy", heavy, {"p": Control("p", (1, 2), 1)}, [panel], alt="Noise.")
    with pytest.raises(ValueError, match="at most 300 kB"):
        _ = explorer.html


def test_numbers_get_a_minus_sign_and_words_keep_their_hyphen():
    assert Control("a", (-1, 1), 1).show(-1) == "\N{MINUS SIGN}1"
    assert Control("a", ("e-prop", "b"), "b").show("e-prop") == "e-prop"


def test_with_a_kernel_every_value_is_computed_anew():
    box = small().widget()
    slider, choice, check, view = box.children
    assert (slider.min, slider.max, slider.value) == (1.0, 3.0, 2.0)
    assert "The last value is 1.00." in view.value
    before = view.value
    slider.value = 2.5  # no value of the grid
    assert view.value != before
    choice.value = "minus"
    check.value = True
    assert "The last value is -0.50." in view.value


def displayed(explorer, monkeypatch):
    """Return what a cell that ends in an explorer puts into the notebook."""
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda one, **options: shown.append(one))
    explorer._ipython_display_()
    (one,) = shown
    return one


def test_a_saved_notebook_keeps_the_picture_beside_the_widget(monkeypatch):
    bundle = displayed(small(live=True, caption="A `power`."), monkeypatch)
    view = "application/vnd.jupyter.widget-view+json"
    assert set(bundle) == {view, "text/html", "text/plain"} and bundle[view]["model_id"]
    page = bundle["text/html"]
    assert "The last value is 1.00." in page and '<img src="data:image/svg+xml,' in page
    assert "power: 2; sign: plus; shifted: no" in page and "<code>power</code>" in page
    assert "<script" not in page and bundle["text/plain"].startswith("Explorer('small-one'")


def test_without_a_kernel_the_page_is_shown_and_no_widget(monkeypatch):
    shown = displayed(small(live=False), monkeypatch)
    assert shown.data == small().html


@pytest.mark.parametrize("name", ["agreement", "lif"])
def test_the_still_picture_of_a_real_explorer_is_a_drawing_of_moderate_size(name):
    page = still(getattr(explore, name)())
    picture = unquote(re.search(r'src="data:image/svg\+xml,([^"]*)"', page)[1])
    assert picture.startswith("<svg") and picture.rstrip().endswith("</svg>")
    assert 2_000 < len(page) < 150_000


def test_the_lif_explorer_shows_what_unroll_computes():
    found = explore.lif_frame(tau_mem=20.0, tau_syn=2.0, weight=4.5, pattern="one spike")
    neuron = LIFNeuron(tau_mem=20e-3, tau_syn=2e-3)
    drive = np.zeros(80)
    drive[5] = 4.5 * (1 - neuron.beta)
    syn = mem = 0.0
    for n in range(80):  # the equations, one by one
        assert found["mem"][n] == pytest.approx(mem, abs=1e-12)
        spike = float(mem > 1)
        syn, mem = neuron.alpha * syn + drive[n], neuron.beta * mem + syn - spike


def test_a_finer_step_describes_the_same_neuron():
    coarse, fine = (explore.lif_frame(pattern="one spike", dt=dt) for dt in ("1 ms", "0.1 ms"))
    assert fine["mem"].max() == pytest.approx(coarse["mem"].max(), rel=0.12)


@pytest.mark.browser
@pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL)
def test_in_a_browser_controls_change_drawing_and_readout():
    explorer = small(caption="A `power`.")
    with browser() as chromium:
        page = chromium.new_page()
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.set_content(f"<html><body>{explorer.html}{explorer.html}</body></html>")
        first = page.locator(".explorer").first
        assert first.locator("svg[role=img]").count() == 2 and first.locator("img").count() == 0
        curve = first.locator(".explorer-inner path").first
        before = curve.get_attribute("d")
        first.get_by_role("slider", name="power").focus()
        page.keyboard.press("ArrowRight")
        assert first.get_by_role("slider", name="power").get_attribute("aria-valuetext") == "3"
        assert curve.get_attribute("d") != before
        first.get_by_label("sign").select_option("minus")
        first.get_by_label("shifted").check()
        wanted = power(3.0, "minus", True)
        assert first.locator(".explorer-readout").text_content() == wanted["text"]
        shown = first.evaluate("(figure) => figure.explorer.arrays.y")
        np.testing.assert_allclose(shown, wanted["y"], atol=2e-5)
        other = page.locator(".explorer").nth(1)
        assert other.locator(".explorer-readout").text_content() == power(2.0)["text"]
        assert not faults
