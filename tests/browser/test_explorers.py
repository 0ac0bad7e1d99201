"""Every explorer on the built site: there, alive, right, usable with the keyboard."""

from __future__ import annotations

import json

import numpy as np
import pytest
from check_site import toc_files
from patience import open_patiently
from site_server import HOW_TO_INSTALL, find_chromium
from site_visit import LOOKS

from snnbook.explore import EXPLORERS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.site,
    pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL),
]

PLACES = {name: f"book/{make().chapter}" for name, make in EXPLORERS.items()}
HEAVY, SLOW = 1_000_000, 10.0  # bytes of a chapter, seconds to the first drawing when quiet
KEYS = {"range": ["ArrowRight"] * 2 + ["End"], "select": ["ArrowDown", "End"]}
DRAWING = "(figure) => figure.querySelector('.explorer-stage').innerHTML"
SHOWN = "(figure) => figure.explorer"


def at(*widths_and_modes):
    """Run a test for each explorer, on its page as it is seen at some widths and modes."""
    cases = [
        pytest.param((page, width, mode), name, id=f"{page}-{width}-{mode}-{name}")
        for name, page in PLACES.items()
        for width, mode in widths_and_modes
    ]
    return pytest.mark.parametrize(("seen", "name"), cases, indirect=["seen"])


def find(seen, name: str):
    """Return an explorer of a page once it is drawn."""
    figure = seen.page.locator(f'.explorer[data-explorer="{name}"]')
    figure.locator("svg").first.wait_for()
    return figure


def test_every_explorer_has_its_place():
    assert set(PLACES.values()) <= set(toc_files())


@at(*LOOKS)
def test_each_control_changes_the_drawing(seen, name):
    figure, explorer = find(seen, name), EXPLORERS[name]()
    for argument, control in explorer.controls.items():
        before, changed = figure.evaluate(DRAWING), False
        at = figure.locator(".explorer-control").nth(list(explorer.controls).index(argument))
        keys = ["Space"] if control.kind == "check" else ["Home", *KEYS[control.kind]]
        for key in keys:
            at.locator("input, select").press(key)
            changed = changed or figure.evaluate(DRAWING) != before
        assert changed, argument
    assert seen.sideways() <= 0 and not seen.faults()


@at(("laptop", "light"))
def test_what_is_shown_is_what_python_computes(seen, name):
    figure, explorer = find(seen, name), EXPLORERS[name]()
    chosen = {key: control.values[-1] for key, control in explorer.controls.items()}
    for index, (key, control) in enumerate(explorer.controls.items()):
        at = figure.locator(".explorer-control").nth(index).locator("input, select")
        if control.kind == "select":
            at.select_option(str(len(control.values) - 1))
        elif control.kind == "check":
            at.set_checked(bool(chosen[key]))
        else:
            at.focus()
            seen.page.keyboard.press("End")
    wanted, shown = explorer.function(**chosen), figure.evaluate(SHOWN)
    assert shown["text"] == wanted["text"] == figure.locator(".explorer-readout").text_content()
    for array, values in shown["arrays"].items():
        drawn = np.array([np.nan if one is None else one for one in values], dtype=float)
        known = np.asarray(wanted[array], dtype=float).ravel()
        scale = _scale(figure, array)
        np.testing.assert_allclose(drawn, known, atol=1.01 * scale / 131068 + 1e-12)
    assert not seen.faults()


def _scale(figure, array: str) -> float:
    """Return the range of an array's values on the page."""
    data = json.loads(figure.locator(".explorer-data").text_content())
    return data["arrays"][array]["high"] - data["arrays"][array]["low"]


def test_an_arrow_of_the_graph_tells_its_value(visits):
    figure = find(visits.open(PLACES["unrolled"], "laptop", "light"), "unrolled")
    edge = figure.locator(".explorer-edge").nth(1)
    edge.focus()
    told = figure.locator(".explorer-readout").text_content()
    assert told == edge.get_attribute("aria-label") and "alpha" in told


CHAPTERS = [(name, "phone", "dark") for name in toc_files() if name.startswith("book/0")]


@pytest.mark.parametrize("seen", CHAPTERS, indirect=True, ids="-".join)
def test_each_slider_of_a_chapter_moves(seen):
    for box in seen.page.locator("figure[data-explore]").all():
        control, pictures = box.get_by_role("slider"), set()
        for key in ("Home", "ArrowRight", "End"):
            control.press(key)
            assert box.locator("img:visible").count() == 1
            pictures.add(box.locator("img:visible").get_attribute("src"))
        assert len(pictures) > 1
    assert not seen.faults()


def test_without_scripts_there_is_a_picture_and_no_control(chromium, address):
    page, _ = open_patiently(chromium, java_script_enabled=False)
    page.goto(f"{address}/{PLACES['lif']}.html")
    figure = page.locator('.explorer[data-explorer="lif"]')
    assert figure.locator("img:visible").count() == 1
    assert figure.locator("input, select").count() == 0
    page.context.close()


@at(("phone", "dark"))
def test_the_page_stays_light_and_draws_soon(site, seen, name, record_property):
    find(seen, name)
    figure = len(EXPLORERS[name]().html.encode())
    page = (site / f"{PLACES[name]}.html").stat().st_size
    record_property("figure_bytes", figure)
    record_property("page_bytes", page)
    record_property("first_drawing_ms", seen.first_drawing())
    assert figure <= 300_000 and page <= HEAVY
    assert 0 < seen.first_drawing() <= 1000 * SLOW * seen.slow
