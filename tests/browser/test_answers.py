"""Answer fields and progress as a reader uses them: keys, words, colors, what is kept and where."""

from __future__ import annotations

import json

import pytest
from patience import open_patiently
from site_server import HOW_TO_INSTALL, find_chromium
from site_visit import visit

from snnbook.exercises import exercises_of

from .test_accessibility import violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.site,
    pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL),
]

PAGE, CHOICES = "book/02-snns-as-rnns", "book/06c-local-errors"
PAIR, COUNT = exercises_of("02")["02-1"], exercises_of("02")["02-2"]
BLOCKED = """Object.defineProperty(window, 'localStorage', {
  get() { throw new DOMException('blocked', 'SecurityError'); },
});"""


def field(page, id: str):
    return page.get_by_label(f"Your answer to {id}")


def said(page, id: str) -> str:
    return " ".join(page.locator(f"#answer-{id}-said").inner_text().split())


def solve(page, id: str, answer: str) -> None:
    field(page, id).fill(answer)
    field(page, id).press("Enter")


def kept(page) -> dict:
    return json.loads(page.evaluate("localStorage.getItem('snnbook-progress')") or "{}")


@pytest.fixture
def opened(chromium, address):
    """Give a function that opens a page of the site; all that it opened is closed at the end."""
    visits = []

    def open_one(*place):
        visits.append(visit(chromium, address, *place))
        return visits[-1]

    yield open_one
    for one in visits:
        one.close()


def test_an_answer_is_judged_by_the_keyboard_alone(opened):
    seen = opened(PAGE)
    page, (first, second, _) = seen.page, PAIR.hints
    field(page, "02-1").focus()
    page.keyboard.press("Enter")
    assert said(page, "02-1").startswith("… Not answered yet. Your answer is empty.")
    page.keyboard.type("0.5, 0.2")
    page.keyboard.press("Enter")
    message = next(iter(PAIR.mistakes))
    assert said(page, "02-1") == f"✗ Not yet. {message}"
    assert field(page, "02-1").get_attribute("aria-invalid") == "true"
    page.keyboard.press("Enter")
    assert said(page, "02-1") == f"✗ Not yet. {message} Hint 1 of 3: {first}"
    page.keyboard.press("Enter")
    assert said(page, "02-1") == f"✗ Not yet. {message} Hint 2 of 3: {second}"
    form = page.locator('form[data-exercise="02-1"]')
    assert form.locator("details.exercise-hint[open]").count() == 2
    assert form.get_by_text(second).last.is_visible()  # in its fold; above it is only heard
    assert form.locator(".answer-said .visually-hidden").inner_text().endswith(second)
    page.keyboard.press("Control+A")
    page.keyboard.type("0.607 0.819")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check"
    page.keyboard.press("Enter")
    assert said(page, "02-1") == f"✓ Right. {PAIR.right}"
    assert field(page, "02-1").get_attribute("aria-invalid") == "false"
    assert kept(page)["solved"] == {"02-1": "0.607 0.819"} and not seen.faults()


def test_a_hint_opens_without_an_answer(opened):
    page = opened(PAGE).page
    hints = page.locator('form[data-exercise="02-2"] details.exercise-hint > summary')
    assert [hint.is_visible() for hint in hints.all()] == [True, False, False]
    hints.nth(0).press("Enter")
    assert [hint.is_visible() for hint in hints.all()] == [True, True, False]
    assert page.get_by_text(COUNT.hints[0]).is_visible()


def test_a_choice_is_made_by_the_keyboard(opened):
    seen = opened(CHOICES)
    page, exercise = seen.page, exercises_of("06c")["06c-5"]
    field(page, "06c-5").focus()
    page.keyboard.type(exercise.truth)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert said(page, "06c-5") == f"✓ Right. {exercise.right}" and not seen.faults()


def test_a_reader_of_the_screen_hears_name_and_result(opened):
    page = opened(PAGE).page
    box = page.get_by_role("textbox", name="Your answer to 02-2 (a whole number)")
    assert box.count() == 1
    result = page.locator(f"#{box.get_attribute('aria-describedby')}")
    assert result.get_attribute("role") == "status"  # polite, and heard as a whole
    solve(page, "02-2", "4")
    assert page.get_by_role("status").filter(has_text="One step early").count() == 1


@pytest.mark.parametrize(("width", "mode"), [("laptop", "light"), ("phone", "dark")])
def test_axe_finds_nothing_in_what_is_said(opened, width, mode):
    seen = opened(PAGE, width, mode)
    solve(seen.page, "02-1", "0.607, 0.819")
    for answer in ("4", "3", "a very long answer " * 9):
        solve(seen.page, "02-2", answer)
    seen.page.locator("details.quiz").first.locator("summary").click()
    parts = ["form.answer", "section.quiz", ".progress-line"]
    assert not violations(seen, parts) and seen.sideways() <= 0 and not seen.faults()
    seen = opened("book/explore", width, mode)
    section, table = (seen.page.locator(one) for one in ("#progress", "#progress table"))
    assert section.bounding_box()["height"] > table.bounding_box()["height"] > 17 * 20
    assert not violations(seen, ["#progress"]) and seen.sideways() <= 0 and not seen.faults()


def test_the_field_stands_for_the_cell_and_code_stays(opened):
    page = opened(PAGE).page
    assert not page.locator(".tag_exercise-02-1").is_visible()
    assert page.locator(".tag_exercise-02-5").is_visible()
    assert page.locator(".answer-code").first.is_visible()


def test_without_scripts_the_exercise_is_what_the_notebook_shows(chromium, address):
    page, _ = open_patiently(chromium, java_script_enabled=False)
    page.goto(f"{address}/{PAGE}.html")
    cell = page.locator(".tag_exercise-02-1")
    assert cell.is_visible() and "not answered yet" in cell.inner_text()
    assert cell.get_by_text("Hint 1 of 3").is_visible()
    for unseen in ("form.answer", ".progress-line", "form.answer input"):
        assert not page.locator(unseen).first.is_visible()
    page.goto(f"{address}/book/explore.html")
    assert not page.locator("#progress").is_visible()
    page.context.close()


def test_a_book_in_a_folder_judges_and_remembers(chromium, site):
    page, _ = open_patiently(chromium)
    page.goto((site / f"{PAGE}.html").as_uri())
    solve(page, "02-2", "5")
    assert said(page, "02-2") == f"✓ Right. {COUNT.right}"
    page.reload()
    page.locator('form[data-exercise="02-2"] .answer-said', has_text="Right").wait_for()
    assert field(page, "02-2").input_value() == "5" and said(page, "02-2").startswith("✓ Right.")
    page.goto((site / "book" / "explore.html").as_uri())
    assert "from a folder" in page.locator("#progress").inner_text()
    page.context.close()


def counts_on(page) -> list[str]:
    row = page.locator('#progress tr[data-chapter="02"]')
    return row.locator("td").all_inner_texts()[1:]


def test_progress_is_kept_shown_exported_and_cleared(opened, tmp_path):
    seen = opened(PAGE)
    page = seen.page
    count = page.locator(".progress-count")
    assert "solved 0 of 5 exercises" in count.inner_text()
    solve(page, "02-2", "5")
    solve(page, "02-3", "11")  # wrong: not counted
    questions = page.locator("section.quiz")
    wrong = questions.nth(0).locator("details.quiz:not(:has(.quiz-right))").first
    wrong.locator("summary").click()
    questions.nth(0).locator("details.quiz:has(.quiz-right) summary").click()
    questions.nth(1).locator("details.quiz:has(.quiz-right) summary").press("Enter")
    marks = page.locator(".quiz-mark")
    assert marks.all_inner_texts()[:2] == ["✓ answered", "✓ answered, right at once"]
    assert "solved 1 of 5 exercises" in count.inner_text() and "answered 2 of" in count.inner_text()

    page.reload()
    assert "solved 1 of 5 exercises" in count.inner_text()
    assert marks.all_inner_texts()[1] == "✓ answered, right at once"
    assert field(page, "02-2").input_value() == "5" and field(page, "02-3").input_value() == ""

    page.locator(".progress-line").get_by_role("link").click()
    page.wait_for_url("**/explore.html#progress")
    assert [text.split()[0] for text in counts_on(page)] == ["1", "2"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    download.value.save_as(tmp_path / "progress.json")
    content = json.loads((tmp_path / "progress.json").read_text())
    assert content["solved"] == {"02-2": "5"} and content["quiz"] == {"02-1": False, "02-2": True}

    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Clear").click()
    assert kept(page)["solved"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear").click()
    assert not kept(page) and [text.split()[0] for text in counts_on(page)] == ["0", "0"]
    assert page.locator(".progress-said").inner_text() == "Cleared."
    assert not seen.faults()


def test_a_browser_that_keeps_nothing_still_judges(chromium, address):
    page, _ = open_patiently(chromium)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.add_init_script(BLOCKED)
    page.goto(f"{address}/{PAGE}.html")
    solve(page, "02-2", "5")
    assert said(page, "02-2") == f"✓ Right. {COUNT.right}"
    assert "solved 1 of 5" in page.locator(".progress-count").inner_text()
    page.goto(f"{address}/book/explore.html")
    assert "keeps nothing" in page.locator("#progress").inner_text()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear").click()
    page.context.close()
    assert not [fault for fault in faults if "snnbook" in fault or "answers" in fault], faults


@pytest.mark.parametrize("stored", ["{", "null", "5", '{"solved": 3}', '{"quiz": null}', "[]"])
def test_what_cannot_be_read_counts_as_nothing(opened, stored):
    seen = opened("book/explore")
    seen.page.evaluate("text => localStorage.setItem('snnbook-progress', text)", stored)
    seen.page.reload()
    assert [text.split()[0] for text in counts_on(seen.page)] == ["0", "0"] and not seen.faults()


def test_on_paper_there_is_a_line_to_write_on(opened):
    page = opened(PAGE).page
    page.emulate_media(media="print")
    form = page.locator('form[data-exercise="02-1"]')
    assert form.locator(".answer-blank").is_visible() and not field(page, "02-1").is_visible()
    assert not form.get_by_role("button").is_visible()
