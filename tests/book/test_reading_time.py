"""The model of minutes: what it counts, that it agrees with the reader who was timed, its words."""

from __future__ import annotations

import json
import re

import pytest
import reading_time
import snnbook_time
from check_site import ROOT, read_cells
from reading_time import RATES, Exercise, Page, count_text, measure, measure_file, split_folds

PATHS = snnbook_time.chapters(ROOT / "book")
PAGES = {name: measure_file(path) for name, path in PATHS.items()}

#: What two chapters held on the day on which a reader timed them, and the minutes that it took:
#: all of the page with its code, and its exercises by (level, lines of the solution).
TIMED = [
    (
        {"words": 5114, "equations": 17, "figures": 7, "numbers": 71, "links": 0},
        471,
        (80, 100),
        [("by head", 1), ("by head", 2), ("by code", 3), ("by head", 1), ("by code", 5)]
        + [("by code", 2), ("explore", 13)],
        40,
    ),
    (
        {"words": 4598, "equations": 10, "figures": 5, "numbers": 86, "links": 11},
        437,
        (120, 150),
        [("by head", 0), ("by head", 1), ("by head", 2), ("by head", 3), ("by code", 7)]
        + [("explore", 1)],
        30,
    ),
]


@pytest.mark.parametrize(("counts", "code", "minutes", "exercises", "practice"), TIMED)
def test_the_rates_agree_with_the_reader_who_was_timed(counts, code, minutes, exercises, practice):
    assert counts.keys() == RATES.keys()
    page = Page(counts, {}, code, {str(n): Exercise(*one) for n, one in enumerate(exercises)})
    assert minutes[0] <= page.read + page.run <= minutes[1]
    assert page.exercise == pytest.approx(practice, rel=0.1)


def notebook(*cells):
    kinds = {"markdown": {}, "code": {"outputs": [], "execution_count": None}}
    return json.dumps(
        {
            "cells": [
                {"cell_type": kind, "source": source, "metadata": metadata, **kinds[kind]}
                for kind, source, metadata in cells
            ]
        }
    )


SMALL = notebook(
    ("markdown", "(here)=\n# A title\n\nThree more words, {eq}`eq-99`.\n$$ x $$ (eq-99)", {}),
    ("markdown", "Above.\n::::{admonition} Why\n:class: tip, dropdown\nTwo words.\n::::", {}),
    ("markdown", "See {doc}`02-b`, {ref}`there`, {ref}`here` and {ref}`it <ex-99-1>`.", {}),
    ("code", "a = 1\n\nb = 2", {"tags": ["hide-input"]}),
    ("code", "c = 3", {"mystnb": {"figure": {"caption": "One two three."}}}),
    ("code", 'glue("x", 1)', {"tags": ["remove-cell"]}),
    ("markdown", "(ex-99-1)=\n### Exercise 99-1: Add (by head)\nHow?", {"tags": ["prompt-99-1"]}),
    ("code", 'answer = ...\ncheck("99-1", answer)', {"tags": ["exercise-99-1"]}),
    ("code", 'a = 1\ncheck("99-1", a)', {"tags": ["hide-cell", "solution-99-1"]}),
)


def test_an_optional_part_counts_as_folded_until_the_next_heading():
    page = measure(
        notebook(
            (
                "markdown",
                "# A\n\nOne two.\n\n## B\n\n:::{optional} Inside is more.\n:::\n\nThree.",
                {},
            ),
            ("code", "a = 1", {"mystnb": {"figure": {"caption": "Four five."}}}),
            ("markdown", "### C\n\nSix.\n\n## D\n\nSeven.", {}),
            ("code", "b = 1\nc = 1", {}),
        )
    )
    assert (page.text["words"], page.folded["words"]) == (10, 5)
    assert (page.text["figures"], page.folded["figures"]) == (0, 1)
    assert (page.code, page.folded_code) == (2, 1)


@pytest.mark.parametrize("name", PAGES)
def test_no_main_line_is_longer_than_a_lesson(name):
    assert PAGES[name].read < 47.5  # printed as 45 minutes at most


def test_what_is_counted():
    page = measure(SMALL)
    assert page.text["equations"] == 1 and page.text["figures"] == 1 and page.text["links"] == 2
    assert page.folded["words"] >= 2 and page.folded["figures"] == 0
    assert page.code == 3  # two that are folded, one that is not; no glue, no exercise
    assert page.exercises == {"99-1": Exercise("by head", 1)}
    assert page.read == pytest.approx(sum(RATES[k] * n for k, n in page.text.items()))


def test_folds_are_told_from_the_text_around_them():
    text = "a\n::::{note}\nb\n:::{dropdown} More\nc\n```python\nd\n```\n:::\ne\n::::\nf"
    outside, inside = split_folds(text)
    assert [line for line in outside.split("\n") if line.isalpha()] == ["a", "b", "e", "f"]
    assert [line for line in inside.split("\n") if line.isalpha()] == ["c", "d"]


def test_mathematics_and_roles_are_words_at_most():
    assert count_text("An $a + b + c$ and {cite:p}`someone2019`.", set())["words"] == 4


@pytest.mark.parametrize("name", PATHS)
def test_every_exercise_has_a_level_and_minutes(name):
    prompts = [
        tag
        for cell in read_cells(PATHS[name])
        for tag in cell["metadata"].get("tags", [])
        if re.fullmatch(r"prompt-\d\d[a-z]?-\d+", tag)
    ]
    assert [f"prompt-{id}" for id in PAGES[name].exercises] == prompts and prompts
    assert all(3 <= one.minutes <= 15 for one in PAGES[name].exercises.values())


@pytest.mark.parametrize("name", PATHS)
def test_each_page_says_its_time_by_the_model_and_its_seconds_with_the_machine(name):
    source = read_cells(PATHS[name])[0]["source"]
    facts = source.split("chapter-facts")[1].split(":::")[0]
    number = name.split("-")[0]
    assert "{time}`page`" in facts and not re.search(r"\d+ minutes", facts)
    for glued in ("seconds:.0f", "machine"):
        assert f"{{glue:text}}`ch{number}-{glued}`" in facts
    code = "\n".join(c["source"] for c in read_cells(PATHS[name]) if c["cell_type"] == "code")
    assert f'glue("ch{number}-machine", machine())' in code


def test_a_page_says_three_parts_and_what_is_folded():
    page = Page({"words": 3300}, {"words": 1100}, 400, {"1": Exercise("by code", 4)})
    assert snnbook_time.page_sentence(page) == (
        "about 30 minutes to read (10 more for what is folded), 20 more to run along with the "
        "code, 5 for the exercises"
    )
    assert "folded" not in snnbook_time.page_sentence(page._replace(folded={"words": 110}))


def test_the_introduction_states_each_rate():
    text = snnbook_time.rates_sentence()
    for rate in ("110 words", "30 seconds for an equation", "6 seconds for a measured number"):
        assert rate in text
    assert "4 minutes for an exercise by head, 5 for one by code and 6 for one" in text
    intro = "\n".join(c["source"] for c in read_cells(ROOT / "book" / "intro.ipynb"))
    assert "{time}`rates`" in intro and "less than a minute" not in intro


def routes():
    intro = "\n".join(c["source"] for c in read_cells(ROOT / "book" / "intro.ipynb"))
    return [text for text in re.findall(r"\{time\}`([^`]+)`", intro) if text != "rates"]


def test_the_hours_of_the_routes_come_from_the_model():
    minutes = [snnbook_time.route_minutes(text, PAGES) for text in routes()]
    assert len(minutes) >= 4 and all(number > 30 for number in minutes)
    total = sum(page.read + page.run + page.exercise for page in PAGES.values())
    assert max(minutes) == pytest.approx(total)


@pytest.mark.parametrize("wrong", ["read", "sleep: 01-introduction", "read: 99-nothing"])
def test_a_route_that_leads_nowhere_is_refused(wrong):
    with pytest.raises(ValueError, match="is accepted"):
        snnbook_time.route_minutes(wrong, PAGES)


def test_minutes_stand_beside_the_level_and_code_is_left_alone():
    before = json.loads(SMALL)["cells"]
    after = json.loads(snnbook_time.with_minutes(SMALL))["cells"]
    assert "### Exercise 99-1: Add (by head, 4 min)" in after[6]["source"]
    changed = [a != b for a, b in zip(before, after)]
    assert changed == [False] * 6 + [True] + [False] * 2
    italic = notebook(("markdown", "### A\n\n*Explore.*\nWhy?", {"tags": ["prompt-99-1"]}))
    (cell,) = json.loads(snnbook_time.with_minutes(italic))["cells"]
    assert "*Explore, 6 min.*" in cell["source"]


def test_an_exercise_without_a_level_is_refused():
    with pytest.raises(ValueError, match="no level"):
        reading_time.level_of("### Exercise 99-1: Add")
