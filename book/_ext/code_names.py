"""What a piece of Python mentions, as far as its syntax tells: pure functions of the ``ast``."""

from __future__ import annotations

import ast
import fnmatch
import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Use:
    """A dotted name that some code mentions, with its first argument where it is called."""

    chain: tuple[str, ...]
    argument: ast.expr | None = None
    discarded: bool = False


@dataclass(frozen=True)
class Link:
    """A name that an import binds: ``from module import attribute as name``."""

    name: str
    module: str
    attribute: str | None


def canonical(node) -> str:
    """Write a syntax tree without docstrings, positions and whatever Python versions add to it."""
    if isinstance(node, list):
        kept = [one for one in node if not is_text(one)]
        return f"[{','.join(canonical(one) for one in kept)}]"
    if not isinstance(node, ast.AST):
        return f"{type(node).__name__}:{node!r}"
    fields = [
        f"{name}={canonical(value)}"
        for name, value in ast.iter_fields(node)
        if name not in {"ctx", "kind", "type_ignores"} and value is not None and value != []
    ]
    return f"{type(node).__name__}({','.join(fields)})"


def is_text(node) -> bool:
    """Return whether a statement is a bare constant, such as a docstring, which does nothing."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def short_hash(*parts: str) -> str:
    """Return 16 hexadecimal digits for a list of texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def chain_of(node) -> tuple[str, ...] | None:
    """Return ``("a", "b")`` for ``a.b``, and None for what does not start with a name."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        start = chain_of(node.value)
        return None if start is None else (*start, node.attr)
    return None


class _Uses(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[Use] = []
        self.discarded: set[int] = set()

    def visit_Expr(self, node) -> None:
        self.discarded.add(id(node.value))
        self.generic_visit(node)

    def visit_Name(self, node) -> None:
        if not isinstance(node.ctx, ast.Store):
            self.found.append(Use((node.id,)))

    def visit_Attribute(self, node) -> None:
        chain = chain_of(node)
        if chain is None:
            self.found.append(Use(("", node.attr)))
            self.generic_visit(node)
        else:
            self.found.append(Use(chain))

    def visit_Compare(self, node) -> None:
        """Look at both sides; whether a name is in ``sys.modules`` gives nobody the module."""
        self.visit(node.left)
        for one in node.comparators:
            if chain_of(one) != ("sys", "modules"):
                self.visit(one)

    def visit_Call(self, node) -> None:
        chain = chain_of(node.func)
        if chain is None:
            self.visit(node.func)
        else:
            named = [one.value for one in node.keywords if one.arg in {"name", "id", "chapter"}]
            first = next(iter([*node.args, *named]), None)
            self.found.append(Use(chain, first, id(node) in self.discarded))
        for one in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self.visit(one)


def uses(node: ast.AST) -> list[Use]:
    """Return every dotted name that the code mentions."""
    visitor = _Uses()
    visitor.visit(node)
    plain = {use.chain: use for use in visitor.found if use.argument is None}
    return [*plain.values(), *(use for use in visitor.found if use.argument is not None)]


def links(node: ast.AST, module: str, is_door: bool) -> list[Link]:
    """Return what the imports in the code bind, also those inside functions."""
    found = []
    for one in ast.walk(node):
        if isinstance(one, ast.Import):
            for name in one.names:
                bound = name.asname or name.name.split(".")[0]
                found.append(Link(bound, name.name if name.asname else bound, None))
                if not name.asname and "." in name.name:  # imported, and reached by its parent
                    found.append(Link("", name.name, None))
        elif isinstance(one, ast.ImportFrom):
            source = one.module or ""
            if one.level:
                up = module.split(".")
                up = up[: len(up) - one.level + is_door]
                source = ".".join([*up, *([source] if source else [])])
            found += [Link(name.asname or name.name, source, name.name) for name in one.names]
    return found


def bound_names(statement: ast.stmt) -> set[str]:
    """Return the names that a top-level statement of a module binds, imports apart."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return set()
    names = set()
    for one in ast.walk(statement):
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(one.name)
        elif isinstance(one, ast.Name) and isinstance(one.ctx, (ast.Store, ast.Del)):
            names.add(one.id)
    return names


def is_inside(module: str, room: str) -> bool:
    """Return whether a module is a room or lies in it."""
    return module == room or module.startswith(f"{room}.")


def patterns(node: ast.expr | None, module: str = "", tables: dict | None = None):
    """Return glob patterns for the texts that an expression may be, or None where it cannot tell.

    Understood are a text, an f-string, ``__name__``, and an entry of one of the ``tables``, the
    dictionaries that the module writes out.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value.replace("[", "[[]")]
    if isinstance(node, ast.Name) and node.id == "__name__" and module:
        return [module]
    if isinstance(node, ast.JoinedStr):
        return ["".join(_part(one, module, tables) for one in node.values)]
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        found = [patterns(one) for one in (tables or {}).get(node.value.id, [None])]
        return None if None in found else [one for some in found for one in some]
    return None


def _part(node: ast.expr, module: str, tables: dict | None) -> str:
    inner = patterns(getattr(node, "value", None) if _is_plain(node) else node, module, tables)
    return inner[0] if inner is not None and len(inner) == 1 else "*"


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.FormattedValue) and node.conversion < 0 and node.format_spec is None


def matching(names, pattern: str) -> list[str]:
    """Return the names that a pattern may stand for."""
    return [name for name in names if fnmatch.fnmatchcase(name, pattern)]
