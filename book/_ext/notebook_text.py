"""Turn a resolved page into Markdown that every notebook front end shows.

``pieces`` walks the doctree of a page as Sphinx writes it, after citations, numbers and references
have been resolved, and yields headings, blocks of Markdown and the code cells in between. What only
a browser needs (raw HTML, outputs) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from docutils import nodes
from notebook_inline import Inline
from notebook_pieces import (
    Block,
    Code,
    Figure,
    Heading,
    Piece,
    anchors,
    display_math,
    escape_lines,
    fold,
    indent,
    quoted,
)
from snnbook_optional import optional_fold, optional_mark
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx_design.dropdown import dropdown_main, dropdown_title

#: What a text cell does not show: outputs and raw HTML, and marks that the writer needs.
SILENT = (
    nodes.raw,
    nodes.comment,
    nodes.target,
    nodes.substitution_definition,
    nodes.system_message,
    addnodes.toctree,
    addnodes.index,
    addnodes.highlightlang,
)
ADMONITIONS = {"note": "Note", "tip": "Tip", "warning": "Warning", "important": "Important"}


@dataclass
class Page:
    """Reads one page: its numbers come from Sphinx, its links from ``link``.

    ``numbers`` has those of figures, tables and equations by kind and id, ``sections`` those of
    headings; ``formats`` says how the number of a kind is written, ``suffix`` what stands between
    the number of a heading and its words.
    """

    inline: Inline
    numbers: dict[str, dict]
    sections: dict[str, tuple]
    formats: dict[str, str]
    suffix: str = ". "

    def number(self, kind: str, node: nodes.Element) -> str:
        """Return the number of a figure, a table or an equation as the site writes it, or ""."""
        ids = [*node["ids"], *([node["refid"]] if "refid" in node else [])]
        found = next((self.numbers[kind][id] for id in ids if id in self.numbers.get(kind, {})), ())
        digits = ".".join(map(str, found))
        return self.formats.get(kind, "%s") % digits if digits else ""

    def pieces(self, node: nodes.Element, level: int = 0) -> Iterator[Piece]:
        """Yield what a section holds, in reading order."""
        for child in node.children:
            if isinstance(child, nodes.section):
                yield Heading(level + 1, self.title(child, level), tuple(child["ids"]))
                yield from self.pieces(child, level + 1)
            elif isinstance(child, optional_fold) and holds_code(child):
                yield Block(quoted(f"**Optional.** {self.inline.of(child[0])}"))
                yield from self.pieces(child, level)
            elif "tag_remove-input" in getattr(child, "attributes", {}).get("classes", ()):
                yield Block(self.body(one for output in child.children for one in output.children))
            elif "cell_index" in getattr(child, "attributes", {}):
                yield self.cell(child)
            elif isinstance(child, optional_mark | nodes.title):
                continue
            elif text := self.block(child, nested=False):
                yield Block(text)

    def title(self, node: nodes.section, level: int) -> str:
        """Return the title of a section, with its number where it has one."""
        places = [f"#{id}" for id in node["ids"]] + [""] * (level == 0)
        found = next((self.sections[one] for one in places if one in self.sections), ())
        number = ".".join(map(str, found))
        return f"{number}{self.suffix if number else ''}{self.inline.of(node[0])}"

    def cell(self, node: nodes.Element) -> Code:
        """Return a code cell; what it printed is left out, the captions of its figures are not."""
        found = []
        for one in node.findall(nodes.figure):
            caption = next(one.findall(nodes.caption))
            alts = [image["alt"] for image in one.findall(nodes.image) if image.get("alt")]
            number = self.number("figure", one).rstrip(". ")
            found.append(Figure(one["ids"][0], number, self.inline.of(caption), " ".join(alts)))
        return Code(node["cell_index"], tuple(found))

    def body(self, children, nested: bool = True) -> str:
        """Return several blocks, one after another."""
        return "\n\n".join(filter(None, (self.block(child, nested) for child in children)))

    def block(self, node: nodes.Node, nested: bool = True) -> str:
        """Return a block as Markdown; "" for what a notebook does not show."""
        attributes = getattr(node, "attributes", {})
        if isinstance(node, SILENT) or "cell_output" in attributes.get("classes", ()):
            return ""
        name = "admonition" if isinstance(node, nodes.Admonition) else type(node).__name__
        write = getattr(self, f"write_{name}", None)
        if write is not None:
            text = write(node, nested)
            return f"{anchors(node['ids'])}{text}" if text and attributes else text
        if isinstance(node, nodes.section):
            raise ExtensionError(f"study notebooks: a heading stands within {node.parent.tagname}")
        return ""

    # Each of these writes one kind of block; ``nested`` is true within lists, quotes and folds.
    def write_paragraph(self, node, nested) -> str:
        return escape_lines(self.inline.of(node).strip())

    def write_rubric(self, node, nested) -> str:
        return f"**{self.inline.of(node)}**"

    def write_container(self, node, nested) -> str:
        text = self.body(node.children, nested)
        return quoted(text) if "chapter-facts" in node["classes"] else text

    def write_compound(self, node, nested) -> str:
        return "" if "toctree-wrapper" in node["classes"] else self.body(node.children, nested)

    def write_math_block(self, node, nested) -> str:
        number = self.number("displaymath", node)
        return display_math(node.astext(), number, nested)

    def write_literal_block(self, node, nested) -> str:
        language = node.get("language", "")
        return f"```{language if language.isalpha() else ''}\n{node.astext()}\n```"

    def write_bullet_list(self, node, nested) -> str:
        return self.items(node, lambda number: "- ")

    def write_enumerated_list(self, node, nested) -> str:
        return self.items(node, lambda number: f"{number + node.get('start', 1)}. ")

    def items(self, node, mark) -> str:
        items = [self.body(item.children) for item in node.children]
        loose = any("\n\n" in text for text in items)
        marked = [indent(text, mark(number)) for number, text in enumerate(items)]
        return ("\n\n" if loose else "\n").join(marked)

    def write_definition_list(self, node, nested) -> str:
        found = []
        for item in node.children:
            terms = ", ".join(self.inline.of(one) for one in item.findall(nodes.term))
            meaning = self.body(next(item.findall(nodes.definition)).children)
            found.append(indent(f"**{terms}**: {meaning}", "- "))
        return "\n".join(found)

    def write_block_quote(self, node, nested) -> str:
        return quoted(self.body(node.children))

    def write_admonition(self, node, nested) -> str:
        first = node[0] if isinstance(node[0], nodes.title) else None
        title = self.inline.of(first) if first else ADMONITIONS.get(node.tagname, "Note")
        children = node.children[1:] if first else node.children
        return quoted(f"**{title}**\n\n{self.body(children)}")

    def write_dropdown_main(self, node: dropdown_main, nested) -> str:
        title = next(iter(node.findall(dropdown_title)))
        body = self.body(child for child in node.children if child is not title)
        return fold(self.inline.html(title), body)

    def write_optional_fold(self, node, nested) -> str:
        summary = f"<strong>Optional.</strong> {self.inline.html(node[0])}"
        return fold(summary, self.body(node.children[1:]))

    def write_table(self, node, nested) -> str:
        rows = [self.cells(row) for row in node.findall(nodes.row)]
        width = max(map(len, rows))
        head = rows if next(node.findall(nodes.thead), None) is not None else [[""] * width, *rows]
        sides = [self.side(entry) for entry in next(node.findall(nodes.row)).children]
        lines = [head[0], [*sides, *["---"] * (width - len(sides))], *head[1:]]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        title = next((one for one in node.children if isinstance(one, nodes.title)), None)
        if title is None:
            return table
        caption = f"**{self.number('table', node)}** {self.inline.of(title)}"
        return f"{caption}\n\n{table}"

    def cells(self, row) -> list[str]:
        return [
            "<br>".join(self.inline.of(one, table=True) for one in entry.children).replace(
                "\n", " "
            )
            for entry in row.children
        ]

    def side(self, entry) -> str:
        sides = {"text-right": "--:", "text-center": ":-:", "text-left": ":--"}
        return next((sides[one] for one in entry["classes"] if one in sides), "---")


def holds_code(node: nodes.Element) -> bool:
    """Return whether a part of a page holds a code cell or a heading."""
    return any(
        isinstance(one, nodes.section) or "cell_index" in one.attributes
        for one in node.findall(nodes.Element)
        if one is not node
    )
