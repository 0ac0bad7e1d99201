"""Minutes on the pages, from the model in ``reading_time`` and the notebooks as they are.

The role ``{time}`page``` writes what a chapter takes, ``{time}`rates``` what the model counts, and
``{time}`read, exercises: 01-introduction, 05-surrogate-gradients``` the hours of a route. Each
exercise gets its minutes beside its level.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from docutils import nodes
from reading_time import (
    CODE_LINE,
    LEVEL,
    LEVELS,
    RATES,
    ROLE,
    SOLUTION_LINE,
    Page,
    measure,
    measure_file,
    rounded,
    source_of,
    tags_of,
)
from sphinx.util.docutils import SphinxRole

PARTS = ("read", "run", "exercises")
LEAST_FOLD = 2.5


def page_sentence(page: Page) -> str:
    """Return what a page says of its minutes, in three parts."""
    fold = f" ({rounded(page.unfold)} more for what is folded)" if page.unfold >= LEAST_FOLD else ""
    return (
        f"about {rounded(page.read)} minutes to read{fold}, {rounded(page.run)} more to run along "
        f"with the code, {rounded(page.exercise)} for the exercises"
    )


def rates_sentence() -> str:
    """Return what the model counts, in words."""
    seconds = {name: f"{60 * rate:.0f} seconds" for name, rate in RATES.items()}
    head, code, explore = (f"{LEVELS[name]:g}" for name in ("by head", "by code", "explore"))
    return (
        f"a minute for {1 / RATES['words']:.0f} words; {seconds['equations']} for an equation on "
        f"lines of its own, {seconds['figures']} for a figure, {seconds['numbers']} for a measured "
        f"number, and {seconds['links']} for a link to an earlier chapter that the page "
        f"does not ask you to know; {60 * CODE_LINE:.0f} seconds for a line of code; {head} "
        f"minutes for an exercise by head, {code} for one by code and {explore} for one that "
        f"explores, with {60 * SOLUTION_LINE:.0f} seconds for each line of its solution"
    )


def route_minutes(text: str, pages: dict[str, Page]) -> float:
    """Return the minutes of a route, ``read, exercises: 01-introduction, 05-... / 2``.

    Half of a page is written ``/ 2``, and all chapters are ``all``.

    >>> from reading_time import Exercise
    >>> pages = {"01-a": Page({"figures": 9}, {}, 100, {"01-1": Exercise("by head", 4)})}
    >>> route_minutes("read, exercises: 01-a", pages), route_minutes("read, run: 01-a / 2", pages)
    (14.0, 7.0)
    """
    parts, _, route = text.partition(":")
    names = [part.strip() for part in parts.split(",")]
    if not route or not set(names) <= set(PARTS):
        raise ValueError(f"{text!r} is no route; parts of {', '.join(PARTS)}: pages is accepted")
    stops = list(pages) if route.strip() == "all" else route.split(",")
    total = 0.0
    for stop in stops:
        name, _, divisor = (part.strip() for part in stop.partition("/"))
        if name not in pages:
            raise ValueError(f"{name!r} is no chapter; one of {', '.join(pages)} is accepted")
        page = pages[name]
        minutes = {"read": page.read, "run": page.run, "exercises": page.exercise}
        total += sum(minutes[part] for part in names) / float(divisor or 1)
    return total


def hours(minutes: float) -> str:
    """Return hours as a reader plans them.

    >>> hours(20), hours(64), hours(100), hours(700)
    ('half an hour', '1 hour', '1½ hours', '12 hours')
    """
    halves = max(1, round(minutes / 30))
    if halves == 1:
        return "half an hour"
    if minutes > 240:
        return f"{round(minutes / 60)} hours"
    return f"{halves // 2}{'½' * (halves % 2)} hour{'s' * (halves > 2)}"


def with_minutes(notebook: str) -> str:
    """Return a notebook with the minutes of each exercise beside its level."""
    content, exercises = json.loads(notebook), measure(notebook).exercises
    for cell in content["cells"]:
        for tag in tags_of(cell):
            role = ROLE.fullmatch(tag)
            if role and role[1] == "prompt":
                minutes = exercises[role[2]].minutes
                cell["source"] = LEVEL.sub(rf"\g<0>, {minutes} min", source_of(cell), count=1)
    return json.dumps(content)


def chapters(folder: Path) -> dict[str, Path]:
    """Return the notebooks of the chapters by name, in their order."""
    return {path.stem: path for path in sorted(folder.glob("[0-9]*.ipynb"))}


class TimeRole(SphinxRole):
    """Write a time: of this page, of a route, or the rates of the model."""

    def run(self):
        here = Path(self.env.doc2path(self.env.docname))
        try:
            text = self.written(here)
        except ValueError as problem:
            message = self.inliner.reporter.error(f"time: {problem}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.Text(text)], []

    def written(self, here: Path) -> str:
        """Return the text of the role on this page."""
        if self.text == "page":
            return page_sentence(measure_file(here))
        if self.text == "rates":
            return rates_sentence()
        paths = chapters(here.parent)
        for path in paths.values():
            self.env.note_dependency(str(path))
        pages = {name: measure_file(path) for name, path in paths.items()}
        return hours(route_minutes(self.text, pages))


def add_minutes(app, docname: str, source: list[str]) -> None:
    """Write the minutes of the exercises into a notebook as Sphinx reads it."""
    if re.search(r"\.ipynb$", str(app.env.doc2path(docname))):
        source[0] = with_minutes(source[0])


def setup(app) -> dict:
    app.add_role("time", TimeRole())
    # After the cache has written its key, which the text does not touch.
    app.connect("source-read", add_minutes, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
