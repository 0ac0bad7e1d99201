"""The plans of the workshops: minutes that add up, slides and exercises that exist, links."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest
import snnbook_time
from bs4 import BeautifulSoup
from check_site import ROOT, toc_files
from hub_link import hub_link
from reading_time import measure_file
from slide_source import decks

WORKSHOP = ROOT / "workshop"
LENGTHS = {"90-minutes": 90, "half-day": 210}
#: Words that a speaker says in a minute, with time to point at the slide.
PACE = 150

INCLUDE = re.compile(
    r"^```\{include\} (?P<file>\S+)\n:start-after: (?P<start>.+)\n:end-before: (?P<end>.+)\n```$",
    re.M,
)
PART = re.compile(r"^### (\d+):(\d\d) · (\d+) min · (.+)$", re.M)
LINE = re.compile(r"^- \*\*(\w+)(?:\.\*\*|\*\* \((\d+) min\)\.) (.+)$", re.M)
LATE = re.compile(r"^\| up to (\d+) min \| .+ \| (\d+) min \|$", re.M)


class Line(NamedTuple):
    """A line of a part: what is done, for how long (None for advice), the text."""

    kind: str
    minutes: int | None
    text: str


class Part(NamedTuple):
    """A part of a plan: the minute of its start, its minutes, its title and its lines."""

    start: int
    minutes: int
    title: str
    lines: list[Line]


def text_of(name: str) -> str:
    """Return a plan with what it includes."""

    def included(found: re.Match) -> str:
        text = (WORKSHOP / found["file"]).read_text()
        assert text.count(found["start"]) == text.count(found["end"]) == 1, found["start"]
        return text.split(found["start"])[1].split(found["end"])[0].strip()

    return INCLUDE.sub(included, (WORKSHOP / f"plan-{name}.md").read_text())


def parts_of(text: str) -> list[Part]:
    """Return the parts of a plan."""
    plan = text.split("\n## The minutes\n")[1].split("\n## ")[0]
    _, *pieces = PART.split(plan)
    found = []
    for hours, minutes, length, title, body in zip(*[iter(pieces)] * 5):
        lines = [Line(kind, int(n) if n else None, said) for kind, n, said in LINE.findall(body)]
        assert len(lines) == body.count("\n- "), f"a line of {title!r} has another form"
        found.append(Part(60 * int(hours) + int(minutes), int(length), title, lines))
    return found


def faults_in_minutes(parts: list[Part], length: int) -> list[str]:
    """Return what does not add up, in words."""
    ends = [part.start + part.minutes for part in parts]
    found = [
        f"{part.title} begins at minute {part.start}, the part before it ends at {end}"
        for part, end in zip(parts, [0, *ends])
        if part.start != end
    ]
    found += [
        f"{part.title} takes {part.minutes} minutes, its lines {total}"
        for part in parts
        if (total := sum(line.minutes or 0 for line in part.lines)) != part.minutes
    ]
    if ends[-1] != length:
        found.append(f"the plan ends at minute {ends[-1]}, not at {length}")
    return found


PLANS = {name: parts_of(text_of(name)) for name in LENGTHS}


@pytest.mark.parametrize("name", PLANS)
def test_the_minutes_add_up(name):
    assert faults_in_minutes(PLANS[name], LENGTHS[name]) == []


def test_minutes_that_do_not_add_up_are_seen():
    text = "\n## The minutes\n### 0:00 · 5 min · A\n\n- **Say** (4 min). Hello.\n"
    text += "\n### 0:06 · 3 min · B\n\n- **Run** (3 min). All.\n- **Late.** Less.\n"
    assert len(faults_in_minutes(parts_of(text), 90)) == 3
    with pytest.raises(AssertionError, match="another form"):
        parts_of("\n## The minutes\n### 0:00 · 5 min · A\n\n- **Say** 4 min. Hello.\n")


@pytest.mark.parametrize("name", PLANS)
def test_every_part_says_what_to_do_and_what_to_do_when_it_goes_wrong(name):
    for part in PLANS[name]:
        kinds = {line.kind for line in part.lines}
        assert kinds <= {"Say", "Run", "Solve", "Ask", "Break", "Stuck", "Late"}, part.title
        timed = {line.kind for line in part.lines if line.minutes}
        assert timed == kinds - {"Stuck", "Late"}, part.title
        if "Break" not in kinds and part is not PLANS[name][-1]:
            assert {"Stuck", "Late"} <= kinds, part.title
        for line in part.lines:
            if line.kind == "Ask":
                assert re.search(r"\*Answer\.\* \S", line.text), f"{part.title}: no answer"


@pytest.mark.parametrize("name", PLANS)
def test_what_is_said_fits_its_minutes(name):
    for part in PLANS[name]:
        for line in part.lines:
            if line.kind == "Say":
                words = len(" ".join(re.findall(r'"([^"]+)"', line.text)).split())
                assert 0 < words <= PACE * line.minutes, f"{part.title}: {words} words"


@pytest.mark.parametrize("name", PLANS)
def test_an_exercise_gets_the_minutes_of_the_model_or_a_little_more(name):
    chapters = snnbook_time.chapters(ROOT / "book")
    model = {
        key: one.minutes
        for path in chapters.values()
        for key, one in measure_file(path).exercises.items()
    }
    solved = [line for part in PLANS[name] for line in part.lines if line.kind == "Solve"]
    assert solved
    for line in solved:
        shown, target = re.search(r"\[Exercise ([\w-]+)\]\(ex-([\w-]+)\)", line.text).groups()
        assert shown == target and 0 <= line.minutes - model[target] <= 2, line


@pytest.mark.parametrize("name", PLANS)
def test_the_plan_names_each_slide_of_its_deck_in_order(name):
    named = [
        title
        for part in PLANS[name]
        for line in part.lines
        for group in re.findall(r"\bSlides? (\*[^*]+\*(?:, \*[^*]+\*)*)", line.text)
        for title in re.findall(r"\*([^*]+)\*", group)
    ]
    assert named == [slide.title for slide in decks(WORKSHOP / "slides")[name]]


@pytest.mark.parametrize("name", PLANS)
def test_what_is_left_out_saves_the_minutes_that_one_is_late(name):
    rows = [(int(late), int(saved)) for late, saved in LATE.findall(text_of(name))]
    assert len(rows) >= 3
    before = 0
    for late, saved in rows:
        before += saved
        assert late == before


def internal_links(page: Path) -> list[str]:
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article") or soup
    return [a["href"] for a in article.find_all("a", href=True) if ":" not in a["href"]]


def lost_links(page: Path) -> list[str]:
    """Return the links of a built page that lead to no file, or to no place in it."""
    lost = []
    for link in internal_links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / unquote(name.split("?")[0])).resolve() if name else page
        if not target.is_file():
            lost.append(link)
        elif anchor and target.suffix == ".html":
            ids = re.findall(r'\bid="([^"]+)"', target.read_text(encoding="utf-8"))
            if anchor not in ids:
                lost.append(link)
    return lost


PAGES = [page for page in toc_files() if "workshop" in page]


@pytest.mark.site
@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_anchor_leads_somewhere(site, page):
    built = site / f"{page}.html"
    assert len(internal_links(built)) > 3
    assert lost_links(built) == []


@pytest.mark.site
@pytest.mark.parametrize("deck", [*LENGTHS, "handout"])
def test_every_link_of_the_slides_leads_somewhere(site, deck):
    built = site / "slides" / deck / "index.html"
    assert internal_links(built) and lost_links(built) == []


def test_a_lost_link_is_seen(tmp_path):
    (tmp_path / "b.html").write_text('<p id="here"></p>')
    links = ("b.html#here", "b.html#gone", "c.html", "#top")
    body = "".join(f'<a href="{link}">x</a>' for link in links)
    (tmp_path / "a.html").write_text(f"<article>{body}</article>")
    assert lost_links(tmp_path / "a.html") == ["b.html#gone", "c.html", "#top"]


def test_the_hub_link_opens_the_notebook_in_the_folder_that_was_fetched():
    link = hub_link("https://hub.test/", "https://git.test/me/my-book.git", "trunk")
    assert link.startswith("https://hub.test/hub/user-redirect/git-pull?")
    assert unquote(link).endswith("urlpath=lab/tree/my-book/book/01-introduction.ipynb")
    assert "branch=trunk" in link


def test_the_files_for_hubs_name_what_there_is():
    """What a hub and a dev container install is the package from its folder, and JupyterLab."""
    lines = (ROOT / ".binder" / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [".", "jupyterlab>=4"]
    python = (ROOT / ".binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["image"].startswith(f"python:{python}")
    assert (ROOT / ".binder" / "postBuild").stat().st_mode & 0o100, "a hub could not run it"
    command = (ROOT / ".binder" / "postBuild").read_text().splitlines()[-1]
    code = re.fullmatch(r'python -c "(.+)"', command)[1]
    exec(compile(code, "postBuild", "exec"), {})
