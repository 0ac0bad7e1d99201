"""The inline part of a page as Markdown or HTML: words, mathematics, code and links."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from docutils import nodes

#: What Markdown would take for markup in the middle of a text.
MARKUP = re.compile(r"[\\`*_~$]")


class Inline:
    """Writes inline nodes; ``link`` turns the place that a reference leads to into an address."""

    def __init__(self, link: Callable[[str], str]) -> None:
        self.link = link

    @staticmethod
    def escape(text: str, table: bool = False) -> str:
        r"""Return a text as Markdown that shows exactly it.

        >>> Inline.escape("a*b <c>")
        'a\\*b &lt;c>'
        """
        text = re.sub(r"&(?=#?\w+;)", "&amp;", text)
        text = MARKUP.sub(r"\\\g<0>", text).replace("<", "&lt;").replace("](", "]&#40;")
        return text.replace("|", "\\|") if table else text

    def of(self, node: nodes.Node, table: bool = False) -> str:
        """Return what a node holds as Markdown; a pipe in a table is written otherwise."""
        return "".join(self.one(child, table) for child in node.children)

    def one(self, node: nodes.Node, table: bool) -> str:
        """Return one inline node as Markdown."""
        if isinstance(node, nodes.Text):
            return self.escape(str(node), table)
        if isinstance(node, nodes.math):
            return f"${tex(node.astext())}$"
        if isinstance(node, nodes.literal):
            return code(node.astext(), table)
        if isinstance(node, nodes.emphasis | nodes.strong):
            return self.stressed(node, table)
        if isinstance(node, nodes.reference):
            text = self.of(node, table).replace("\n", " ")
            title = node.get("reftitle", "")
            shown = f' "{plain(title)}"' if title and "term" in node["classes"] else ""
            return f"[{text}]({self.address(node)}{shown})"
        if isinstance(node, nodes.raw | nodes.comment | nodes.target):
            return ""
        if isinstance(node, nodes.Element):
            return self.of(node, table)
        return ""

    def stressed(self, node: nodes.Element, table: bool) -> str:
        """Return emphasis; between letters, where stars would stand for themselves, as HTML."""
        strong = isinstance(node, nodes.strong)
        text, mark = self.of(node, table), "**" if strong else "*"
        siblings = node.parent.children
        place = siblings.index(node)
        before = siblings[place - 1].astext()[-1:] if place else ""
        after = siblings[place + 1].astext()[:1] if place + 1 < len(siblings) else ""
        if (before + after).strip(" \n") and (before.isalnum() or after.isalnum()):
            name = "strong" if strong else "em"
            return f"<{name}>{text}</{name}>"
        return f"{mark}{text.strip()}{mark}"

    def address(self, node: nodes.Element) -> str:
        """Return the address of a reference."""
        return self.link(node["refuri"] if "refuri" in node else f"#{node['refid']}")

    def html(self, node: nodes.Node) -> str:
        """Return what a node holds as HTML, for places where Markdown is not read."""
        found = []
        for child in node.children:
            if isinstance(child, nodes.Text):
                found.append(html.escape(str(child), quote=False).replace("\n", " "))
            elif isinstance(child, nodes.math):
                found.append(f"${tex(child.astext())}$")
            elif isinstance(child, nodes.literal):
                found.append(f"<code>{html.escape(child.astext(), quote=False)}</code>")
            elif isinstance(child, nodes.emphasis):
                found.append(f"<em>{self.html(child)}</em>")
            elif isinstance(child, nodes.strong):
                found.append(f"<strong>{self.html(child)}</strong>")
            elif isinstance(child, nodes.reference):
                found.append(f'<a href="{self.address(child)}">{self.html(child)}</a>')
            elif not isinstance(child, nodes.raw):
                found.append(self.html(child))
        return "".join(found)


def tex(text: str) -> str:
    r"""Return a formula on one line, without what a table or HTML would take for its own.

    >>> tex("|a|<b")
    '\\vert a\\vert < b'
    """
    text = " ".join(text.split())
    text = text.replace("\\|", "\\Vert ").replace("|", "\\vert ")
    return re.sub(r"\s*<\s*", " < ", text)


def code(text: str, table: bool = False) -> str:
    """Return code between as many backquotes as it needs.

    >>> code("a`b")
    '`` a`b ``'
    """
    text = " ".join(text.split("\n"))
    text = text.replace("|", "\\|") if table else text
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {text} {ticks}" if longest else f"`{text}`"


def plain(text: str) -> str:
    """Return a text that can stand between straight quotation marks."""
    return " ".join(text.split()).replace("\\", "").replace('"', "&quot;")
