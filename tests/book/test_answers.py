"""Answer fields on the built pages: each exercise has one, with the table that Python computes."""

from __future__ import annotations

import base64
import json

import pytest
from bs4 import BeautifulSoup
from check_site import ROOT
from snnbook_answers import SCRIPTS, asked_for, counts, field_html, packed, table

from snnbook.exercises import CHAPTERS, Exercise, exercises_of

PAGES = {path.stem.split("-")[0]: path.stem for path in (ROOT / "book").glob("[0-9]*.ipynb")}


def soup_of(site, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / "book" / f"{name}.html").read_text(), "html.parser")


@pytest.mark.site
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_exercise_has_its_field_above_its_cell(site, chapter):
    soup = soup_of(site, PAGES[chapter])
    values, code = [], []
    for id, exercise in exercises_of(chapter).items():
        (cell,) = soup.select(f".tag_exercise-{id}")
        before = cell.find_previous_sibling()
        if exercise.kind == "function":
            code.append(id)
            assert before["class"] == ["answer-code"] and "in the notebook" in before.text
            continue
        values.append(id)
        assert before.name == "form" and before["data-exercise"] == id and before.has_attr("hidden")
        known = json.loads(base64.b64decode(before["data-table"]))
        assert known == json.loads(json.dumps(table(exercise)))
        (box,) = before.select("input, select")
        (label,) = before.select("label")
        assert label["for"] == box["id"] and id in label.text
        assert before.select_one(f"#{box['aria-describedby']}")["role"] == "status"
        cells = cell.select(".cell_input pre")[0].text.strip().splitlines()
        assert before["data-replaces"] == ("cell" if len(cells) == 2 else "output")
    assert [form["data-exercise"] for form in soup.select("form.answer")] == values
    (line,) = soup.select(".progress-line")
    assert int(line["data-exercises"]) == len(values) and line["data-chapter"] == chapter
    assert int(line["data-questions"]) == len(soup.select("section.quiz"))
    heading = line.find_previous_sibling()
    assert heading.name == "h2" and "xercise" in heading.text


@pytest.mark.site
def test_all_exercises_whose_answer_is_a_value_are_there(site):
    pages = [(site / "book" / f"{name}.html").read_text() for name in PAGES.values()]
    fields = sum(page.count('<form class="answer"') for page in pages)
    assert fields == sum(counts(chapter)["exercises"] for chapter in CHAPTERS) > 0


@pytest.mark.site
def test_the_progress_of_each_chapter_has_a_row_with_a_link(site):
    soup = soup_of(site, "explore")
    rows = soup.select("#progress tbody tr")
    assert [row["data-chapter"] for row in rows] == list(CHAPTERS)
    for row in rows:
        link = row.select_one("a")
        assert (site / "book" / link["href"]).is_file() and link.text
        shown = counts(row["data-chapter"])
        assert {key: int(row[f"data-{key}"]) for key in shown} == shown


@pytest.mark.site
def test_scripts_come_in_order_and_only_where_they_have_something_to_do(site):
    def sources(name):
        found = [one["src"].split("?")[0] for one in soup_of(site, name).select("script[src]")]
        return [one.split("/")[-1][:-3] for one in found if "/answers/" in one]

    assert sources(PAGES["02"]) == sources("explore") == list(SCRIPTS)
    assert sources("glossary") == []


def toy(**fields):
    defaults = {"id": "99-1", "kind": "number", "right": "Yes.", "hints": ("Think.",)}
    return Exercise(**(defaults | fields))


def test_a_glance_at_the_source_tells_nothing():
    one = toy(answers=lambda: (0.123456, {"It is not that.": 9}))
    shown = field_html(one, True)
    assert packed(one) in shown
    for word in ("0.123456", "It is not that", "Yes.", "Think."):
        assert word not in shown


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "a number"),
        ({"unit": "ms"}, "a number, in ms"),
        ({"kind": "integer"}, "a whole number"),
        ({"kind": "sequence"}, "2 numbers, with commas between them"),
        ({"kind": "choice", "options": ("<a>", "b")}, "choose one"),
    ],
)
def test_a_field_says_what_is_asked_for(fields, said):
    truth = {"sequence": (1.0, 2.0), "choice": "b"}.get(fields.get("kind"), 2)
    one = toy(answers=lambda: (truth, {}), **fields)
    assert asked_for(one) == said and f"({said})" in field_html(one, True)
    assert "<a>" not in field_html(one, True)
