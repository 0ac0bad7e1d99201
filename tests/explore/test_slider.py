"""The slider figure: what is in its HTML, its limits, and its behavior in a browser."""

import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from site_server import HOW_TO_INSTALL, browser, find_chromium

from snnbook.explore import slider

SQUARE = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'


def frames(count=3):
    return [(f"{0.1 * k:.1f}", SQUARE) for k in range(1, count + 1)]


def test_one_frame_is_visible_without_scripts():
    page = slider(frames(), "width", alt="A square.", start=1).html
    images = re.findall(r"<img [^>]*>", page)
    assert [image.endswith(" hidden>") for image in images] == [True, False, True]
    assert 'class="explore-control" hidden' in page


def test_each_frame_has_its_own_alt_text():
    page = slider([*frames(2), ("9", SQUARE, 'nine < "ten"')], "width", alt="A square.").html
    assert re.findall(r'alt="([^"]*)"', page) == [
        "A square. width: 0.1.",
        "A square. width: 0.2.",
        "nine &lt; &quot;ten&quot;",
    ]


def test_nothing_is_loaded_from_elsewhere():
    page = slider(frames(), "width", alt="A square.").html
    assert all(one.startswith("data:image/svg+xml,") for one in re.findall(r'src="([^"]*)"', page))
    assert "import" not in page and "fetch" not in page


def test_a_matplotlib_figure_is_drawn_once_and_closed():
    pictures = []
    for k in range(2):
        figure, ax = plt.subplots(figsize=(3, 2))
        ax.plot([0, 1], [0, k])
        pictures.append((str(k), figure))
    open_before = len(plt.get_fignums())
    first = slider(pictures, "slope", alt="A line.")
    assert len(plt.get_fignums()) == open_before - 2
    svg = unquote(re.search(r'src="data:image/svg\+xml,([^"]*)"', first.html)[1])
    assert svg.startswith("<svg") and svg.rstrip().endswith("</svg>")
    assert "<metadata" not in svg


def test_long_numbers_are_cut_and_scales_are_kept():
    svg = '<svg><path transform="scale(0.015625) translate(3.123456 -10.98765)"/></svg>'
    page = unquote(slider([("a", svg), ("b", svg)], "x", alt="A path.").html)
    assert "scale(0.015625) translate(3.12 -10.98)" in page


def test_text_with_quoted_fonts_stays_well_formed():
    frames = []
    with plt.rc_context({"svg.fonttype": "none"}):
        for name in ("one", "two"):
            figure, ax = plt.subplots()
            ax.set_title(name)
            frames.append((name, figure))
        page = slider(frames, "which", alt="A title.").html
    for address in re.findall(r'data:image/svg\+xml,([^"]*)"', page):
        assert ElementTree.fromstring(unquote(address)).tag.endswith("svg")


def test_the_same_figure_gives_the_same_page():
    def draw():
        figure = Figure(figsize=(2, 2))
        figure.subplots().plot([0, 1], [1, 0])
        return figure

    one, two = (slider([("a", draw()), ("b", draw())], "x", alt="A line.").html for _ in range(2))
    assert one == two


def test_repr_is_short():
    assert repr(slider(frames(2), "width", alt="A square.")) == "Slider('width': 0.1, 0.2)"


@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        (frames(1), {"alt": "x"}, ValueError, "at least 2"),
        (frames(2), {}, ValueError, "alt text"),
        (frames(2), {"alt": "x", "start": 2}, ValueError, "start is 2"),
        ([("a", 1), ("b", 2)], {"alt": "x"}, TypeError, "frame 'a' is a int"),
        ([("a", "<svg>" + "y" * 400_000), ("b", SQUARE)], {"alt": "x"}, ValueError, "300 kB"),
    ],
)
def test_bad_input_is_named(given, options, error, message):
    with pytest.raises(error, match=message):
        slider(given, "width", **options)


@pytest.mark.browser
@pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL)
def test_the_keyboard_moves_the_slider():
    page_html = slider(frames(), "width", alt="A square.", caption="One `square`.").html
    with browser() as chromium:
        page = chromium.new_page()
        page.set_content(f"<html><body>{page_html}{page_html}</body></html>")
        control = page.get_by_role("slider", name="width").first
        control.focus()
        page.keyboard.press("ArrowRight")
        assert control.get_attribute("aria-valuetext") == "0.2"
        shown = page.locator("img:visible")
        assert shown.count() == 2  # one in each copy: they do not disturb each other
        assert "0.2" in shown.first.get_attribute("alt")
        assert "0.1" in shown.nth(1).get_attribute("alt")
        page.keyboard.press("End")
        assert control.get_attribute("aria-valuetext") == "0.3"
