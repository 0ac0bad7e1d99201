"""Fold what the main line of a chapter does not need.

    ### Which step is how exact

    :::{optional} Orders of convergence of four ways to take a step, measured.
    :::

folds the rest of the section, with its subsections, figures and code, behind a line that says what
is inside. A link into a folded part opens it (``book/assets/snnbook.js``).
"""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform


class optional_mark(nodes.General, nodes.TextElement):  # noqa: N801, as docutils names its nodes
    """Where the folded part of a section begins; its children say what is inside."""


class optional_fold(nodes.General, nodes.Element):  # noqa: N801
    """The folded part: one ``optional_mark``, and then what is inside."""


class Optional(Directive):
    """The rest of this section can be left out."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Read the sentence that says what is inside."""
        inside, messages = self.state.inline_text(self.arguments[0], self.lineno)
        return [optional_mark("", "", *inside), *messages]


class Fold(SphinxPostTransform):
    """Move what follows a mark into a fold.

    This comes after the contents and the numbers of figures have been collected, which look for
    sections in sections.
    """

    default_priority = 100

    def run(self, **kwargs) -> None:
        """Fold every marked section."""
        for mark in list(self.document.findall(optional_mark)):
            section = mark.parent
            if not isinstance(section, nodes.section):
                raise ExtensionError(
                    f"{self.env.docname}: optional stands below a heading, not in {section.tagname}"
                )
            start = section.index(mark)
            inside = section.children[start:]
            del section.children[start:]
            section.append(optional_fold("", *inside))


def open_fold(writer, node) -> None:
    """Begin a fold."""
    writer.body.append('<details class="optional">')


def close_fold(writer, node) -> None:
    """End a fold."""
    writer.body.append("</details>\n")


def open_mark(writer, node) -> None:
    """Begin the line that says what is inside."""
    writer.body.append('<summary><span class="optional-mark">Optional.</span> ')


def close_mark(writer, node) -> None:
    """End the line that says what is inside."""
    writer.body.append("</summary>\n")


def setup(app) -> dict:
    app.add_node(optional_mark, html=(open_mark, close_mark))
    app.add_node(optional_fold, html=(open_fold, close_fold))
    app.add_directive("optional", Optional)
    app.add_post_transform(Fold)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
