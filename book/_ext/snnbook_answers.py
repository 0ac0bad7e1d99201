"""Answer fields: an exercise whose answer is a value can be answered on the page.

The notebook stays as it is. Above each cell that waits for an answer (tag ``exercise-02-1``) comes
a field with a table of what the package knows: the truth, the mistakes with their messages and the
hints, computed by ``snnbook.exercises`` as the page is written. ``book/assets/answers/`` judges by
it as ``check`` does, and keeps in the browser what the reader has solved. Without a script the page
shows what the notebook shows. Other builders skip all that is added here.
"""

from __future__ import annotations

import base64
import json
import re
from html import escape

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.transforms.post_transforms import SphinxPostTransform

SCRIPTS = ("text", "judge", "slips", "progress", "fields")
TAG = re.compile(r"tag_exercise-((\d\d[a-z]?)-\d+)")
PLACE = "book/explore"  # the page that shows the progress of all chapters


class answer_field(nodes.General, nodes.Element):  # noqa: N801, as docutils names its nodes
    """A field for the answer to ``exercise``; ``plain`` if its cell holds nothing but `...`."""


class progress_line(nodes.General, nodes.Element):  # noqa: N801
    """What the reader has solved on this page, of ``chapter``."""


class progress_table(nodes.General, nodes.Element):  # noqa: N801
    """What the reader has solved in each chapter."""


class Progress(Directive):
    """Show the reader's progress in all chapters here."""

    def run(self) -> list[nodes.Node]:
        return [progress_table()]


class AddFields(SphinxPostTransform):
    """Put a field above each exercise's cell, and a line about progress above the first."""

    default_priority = 90  # before sections are folded
    formats = ("html",)

    def run(self, **kwargs) -> None:
        for cell in list(self.document.findall(nodes.container)):
            found = next(filter(None, map(TAG.fullmatch, cell.get("classes", ()))), None)
            if found is None:
                continue
            code = next(iter(cell.findall(nodes.literal_block)), nodes.literal_block())
            field = answer_field(exercise=found[1], plain=len(code.astext().split("\n")) == 2)
            cell.parent.insert(cell.parent.index(cell), field)
            if found[1] == f"{found[2]}-1":
                heading = _section_of(cell).next_node(nodes.title)
                place = heading.parent.index(heading) + 1
                heading.parent.insert(place, progress_line(chapter=found[2]))


def _section_of(node: nodes.Node) -> nodes.section:
    """Return the section of the second level that a node stands in."""
    above = [node]
    while above[-1].parent is not None:
        above.append(above[-1].parent)
    sections = [one for one in above if isinstance(one, nodes.section)]
    return sections[-2] if len(sections) > 1 else sections[-1]


def table(exercise) -> dict:
    """Return all that judging an answer to an exercise takes, as plain values."""
    from snnbook.exercises import _answers
    from snnbook.exercises._records import Times

    def value(answer):
        return _answers.read(exercise, answer).tolist()

    def change(one):
        kind = "times" if isinstance(one, Times) else "plus"
        return None if one is None else {kind: float(one[0])}

    mistakes = [
        {"message": message, "value": value(wrong), "change": change(exercise.changes.get(message))}
        for message, wrong in exercise.mistakes.items()
    ]
    fields = ("id", "kind", "tolerance", "generic", "options", "unit", "right", "hints")
    known = {field: getattr(exercise, field) for field in fields}
    return {**known, "truth": value(exercise.truth), "mistakes": mistakes}


def packed(exercise) -> str:
    """Return the table as base64 of JSON, so that a glance at the source tells no answer.

    It is no secret: whoever wants to read it can.
    """
    text = json.dumps(table(exercise), ensure_ascii=False)
    return base64.b64encode(text.encode()).decode()


def asked_for(exercise) -> str:
    """Return what a field says about the answer, in a few words."""
    if exercise.kind == "choice":
        return "choose one"
    unit = f", in {exercise.unit}" if exercise.unit else ""
    if exercise.kind == "sequence":
        return f"{len(exercise.truth)} numbers, with commas between them{unit}"
    return ("a whole number" if exercise.kind == "integer" else "a number") + unit


def field_html(exercise, plain: bool) -> str:
    """Return the field of an exercise; a script shows it."""
    if exercise.kind == "function":
        return (
            '<p class="answer-code">Your answer is code: <code>check</code> judges it in the '
            "notebook.</p>\n"
        )
    id = f"answer-{exercise.id}"
    common = f'id="{id}" name="{id}" aria-describedby="{id}-said" autocomplete="off"'
    if exercise.kind == "choice":
        options = "".join(f"<option>{escape(option)}</option>" for option in exercise.options)
        box = f'<select {common}><option value="">…</option>{options}</select>'
    else:
        box = f'<input type="text" {common} autocapitalize="off" spellcheck="false">'
    return (
        f'<form class="answer" hidden data-exercise="{exercise.id}" '
        f'data-replaces="{"cell" if plain else "output"}" data-table="{packed(exercise)}">'
        f'<label for="{id}">Your answer<span class="visually-hidden"> to {exercise.id}</span> '
        f'<span class="answer-kind">({asked_for(exercise)})</span></label>'
        f'<span class="answer-row">{box}<button type="submit">Check</button></span>'
        f'<span class="answer-blank" aria-hidden="true"></span>'
        f'<div class="answer-said" id="{id}-said" role="status"></div></form>\n'
    )


def counts(chapter: str) -> dict[str, int]:
    """Return how many exercises with a field and how many questions a chapter has."""
    from snnbook.exercises import exercises_of, quiz

    kinds = [one.kind for one in exercises_of(chapter).values()]
    return {"exercises": sum(kind != "function" for kind in kinds), "questions": len(quiz(chapter))}


def _data(chapter: str) -> str:
    data = {"chapter": chapter, **counts(chapter)}
    return " ".join(f'data-{name}="{value}"' for name, value in data.items())


def visit_field(writer, node) -> None:
    """Write a field."""
    from snnbook.exercises import exercises_of

    id = node["exercise"]
    writer.body.append(field_html(exercises_of(id.split("-")[0])[id], node["plain"]))
    raise nodes.SkipNode


def visit_line(writer, node) -> None:
    """Write the line about the progress on a page."""
    builder = writer.builder
    link = builder.get_relative_uri(builder.current_docname, PLACE) + "#progress"
    writer.body.append(
        f'<p class="progress-line" hidden {_data(node["chapter"])}>'
        f'<span class="progress-count"></span> <a href="{link}">All chapters</a></p>\n'
    )
    raise nodes.SkipNode


def visit_table(writer, node) -> None:
    """Write the table of the progress in all chapters."""
    from snnbook.exercises import CHAPTERS

    builder, rows = writer.builder, []
    for chapter in CHAPTERS:
        names = (one for one in builder.env.found_docs if re.search(rf"/{chapter}-[^/]*$", one))
        for name in names:
            link = escape(builder.get_relative_uri(builder.current_docname, name))
            title = escape(builder.env.titles[name].astext())
            rows.append(
                f'<tr {_data(chapter)}><td><a href="{link}">{title}</a></td>'
                '<td class="progress-exercises"></td><td class="progress-questions"></td></tr>'
            )
    writer.body.append(
        '<section id="progress" class="reader-progress" hidden><h3>Your progress</h3>'
        "<p>What you solve on these pages is kept in this browser, and nothing leaves it. "
        '<span class="progress-state"></span></p>'
        '<table class="table"><thead><tr><th scope="col">Chapter</th>'
        '<th scope="col">Exercises solved</th><th scope="col">Quiz answered</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
        '<p class="progress-buttons"><button type="button" data-do="export">Export</button> '
        '<button type="button" data-do="clear">Clear</button></p>'
        '<p class="progress-said" role="status"></p></section>\n'
    )
    raise nodes.SkipNode


def skip(writer, node) -> None:
    """Leave a node out of every other form of the book."""
    raise nodes.SkipNode


def add_files(app, pagename, templatename, context, doctree) -> None:
    """Load scripts and styles on the pages that have something for them to do."""
    found = doctree is not None and any(
        True for kind in (answer_field, progress_table) for _ in doctree.findall(kind)
    )
    if found:
        app.add_css_file("answers/answers.css")
        for name in SCRIPTS:
            app.add_js_file(f"answers/{name}.js", loading_method="defer")


def setup(app) -> dict:
    others = ("latex", "text", "man", "texinfo")
    for node, visit in (
        (answer_field, visit_field),
        (progress_line, visit_line),
        (progress_table, visit_table),
    ):
        app.add_node(node, html=(visit, None), **{other: (skip, None) for other in others})
    app.add_directive("progress", Progress)
    app.add_post_transform(AddFields)
    app.connect("html-page-context", add_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
