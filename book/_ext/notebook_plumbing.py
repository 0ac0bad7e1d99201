"""Take out of a notebook's code what only the page needs: glue, timers, and what feeds them.

Whole statements go, never parts of a line, and only these: calls of ``glue``, all of a cell with
the tag ``remove-cell``, a loop that holds nothing else, and a definition without side effects or an
import whose names nothing else uses. What is left is the source, line by line.
"""

from __future__ import annotations

import ast
import re

from notebook_needs import needed, unit

#: Calls that a definition may hold to be free of side effects.
PURE = set(
    """abs all any bool dict enumerate float format int len list max min range reversed round set
    sorted str sum tuple zip machine quantile seed_interval perf_counter mean median std argmax
    item numpy ptp array replace norm double sqrt log10 items values keys getattr""".split()
)
COMPOUND = (ast.For, ast.If, ast.With)


def called(node: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    function = node.func
    return getattr(function, "id", getattr(function, "attr", ""))


def is_pure(node: ast.AST) -> bool:
    """Return whether leaving out an expression changes nothing but its value."""
    calls = (one for one in ast.walk(node) if isinstance(one, ast.Call))
    return all(called(one) in PURE for one in calls)


def is_glue(node: ast.stmt) -> bool:
    """Return whether a statement hands a value to the text of the page."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and called(node.value) == "glue"
    )


def stored(nodes) -> set[str]:
    """Return the names that are written."""
    return {
        one.id
        for node in nodes
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


def reads(tree: ast.AST) -> list[ast.Name]:
    """Return the places where a name is read."""
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return [node for node in names if isinstance(node.ctx, ast.Load)]


class Sources:
    """The code cells of one notebook, and which of their statements are plumbing."""

    def __init__(self, cells: dict[int, str], hidden: set[int]) -> None:
        self.cells, self.hidden = cells, hidden
        self.trees = {index: ast.parse(text) for index, text in cells.items()}
        self.reads = {index: reads(tree) for index, tree in self.trees.items()}
        self.gone: set[ast.AST] = set()
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if is_glue(node):
                    self.drop(node)
            for node in reversed(list(ast.walk(tree))):  # inner ones first
                if isinstance(node, ast.For | ast.If) and self.is_hollow(node):
                    self.drop(node)
        units = [
            unit(index, index in hidden, node)
            for index, tree in self.trees.items()
            for node in tree.body
            if node not in self.gone
        ]
        used = needed(units)
        for place, one in enumerate(units):
            if one.hidden and place not in used:
                self.drop(one.node)
        while self.step():
            pass

    def drop(self, node: ast.AST) -> None:
        """Take a statement out, with all that it holds."""
        self.gone.update(ast.walk(node))

    def is_hollow(self, node: ast.AST) -> bool:
        """Return whether all that a compound statement holds is gone."""
        return all(one in self.gone for one in [*node.body, *getattr(node, "orelse", [])])

    def read(self, indices, kept: bool) -> set[str]:
        """Return the names that are read in some cells, in what is kept or in what is gone."""
        nodes = (node for index in indices for node in self.reads[index])
        return {node.id for node in nodes if (node not in self.gone) == kept}

    def step(self) -> bool:
        """Take out what has become of no use; return whether there was any."""
        idle = (self.read(self.cells, kept=False) | {"glue"}) - self.read(self.cells, kept=True)
        useless = []
        for index in self.cells.keys() - self.hidden:
            beside = self.read([index], kept=False) & idle
            for node in self.statements(index, all=bool(beside)):
                if node not in self.gone and self.is_useless(node, idle, beside):
                    useless.append(node)
        for node in useless:
            self.drop(node)
        return bool(useless)

    def statements(self, index: int, all: bool):
        """Return the statements of a cell and the names of its imports, inner ones if asked."""
        tree = self.trees[index]
        imports = (one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom))
        names = [alias for one in imports for alias in one.names]
        return [*names, *(ast.walk(tree) if all else tree.body)]

    def is_useless(self, node: ast.AST, idle: set[str], beside: set[str]) -> bool:
        """Return whether a statement, or one name of an import, serves plumbing alone.

        ``idle`` are names that plumbing alone reads, ``beside`` those that it reads in this cell:
        what a cell without plumbing defines is shown on the page, and stays.
        """
        if isinstance(node, ast.alias):
            return (node.asname or node.name).split(".")[0] in idle
        if isinstance(node, ast.Import | ast.ImportFrom):
            return all(one in self.gone for one in node.names)
        if isinstance(node, ast.Assign):
            written = stored(node.targets)
            plain = all(isinstance(one, ast.Name | ast.Tuple) for one in node.targets)
            timer = isinstance(node.value, ast.Call) and called(node.value) == "perf_counter"
            return (
                plain
                and bool(written)
                and written <= (idle if timer else beside)
                and (is_pure(node.value))
            )
        if isinstance(node, COMPOUND):
            return self.is_hollow(node) and not isinstance(node, ast.With)
        return False

    def source(self, index: int) -> str:
        """Return what is left of a cell; of a hidden one, what those shown need."""
        lines: list[str | None] = list(self.cells[index].splitlines())
        for node in ast.walk(self.trees[index]):
            if not isinstance(node, ast.stmt):
                continue
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            place = slice(first - 1, node.end_lineno)
            if node in self.gone:
                lines[place] = [None] * (node.end_lineno - first + 1)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                left = [one for one in node.names if one not in self.gone]
                if len(left) < len(node.names):
                    rest = ast.unparse(with_names(node, left))
                    lines[place] = [rest, *[None] * (node.end_lineno - first)]
        return tidy([line for line in lines if line is not None])


def with_names(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    """Return an import with other names."""
    if isinstance(node, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(node.module, names, node.level)


def tidy(lines: list[str]) -> str:
    """Return lines without a gap where something was taken out."""
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")
