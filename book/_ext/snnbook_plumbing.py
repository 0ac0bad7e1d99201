"""Show the code of a page without what only the page needs: glue, timers, and what feeds them.

The cells run as they stand in the source; ``notebook_plumbing`` says which statements go.
"""

from __future__ import annotations

import json
from pathlib import Path

from docutils import nodes
from notebook_cells import read_code


def show_code(app, doctree: nodes.document, docname: str) -> None:
    """Take the plumbing out of the code cells of a page."""
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb":
        return
    code = read_code(json.loads(path.read_text(encoding="utf-8"))["cells"])
    for cell in doctree.findall(is_cell):
        for box in list(cell.findall(is_input)):
            block, kept = next(box.findall(nodes.literal_block)), code.source(cell["cell_index"])
            if not kept:
                box.parent.remove(box)
            elif kept != block.astext():
                block.rawsource, block.children = kept, []
                block += nodes.Text(kept)


def is_cell(node: nodes.Node) -> bool:
    """Return whether a node is a code cell."""
    return isinstance(node, nodes.container) and "cell_index" in node


def is_input(node: nodes.Node) -> bool:
    """Return whether a node shows the code of a cell."""
    return isinstance(node, nodes.container) and "cell_input" in node["classes"]


def setup(app) -> dict:
    app.connect("doctree-resolved", show_code)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
