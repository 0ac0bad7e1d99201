"""Whether the import of a module may change what other modules do, as far as its syntax tells.

A page that takes one name from a room also imports the room's other modules. They may be left out
of its key as long as their import only defines names; this file finds those that do more.
"""

from __future__ import annotations

import ast

from code_names import bound_names, is_inside, is_text, links

GROWTH = {"append", "add", "clear", "extend", "insert", "pop", "remove", "setdefault", "update"}
QUIET = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass)
FRESH = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp, ast.Constant)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def acts(tree: ast.Module) -> bool:
    """Return whether the import of a module does more than to define names."""
    own = {
        target.id
        for one in tree.body
        if isinstance(one, ast.Assign) and isinstance(one.value, FRESH)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    return any(not _is_quiet(one, own) for one in tree.body)


def _is_quiet(statement: ast.stmt, own: set[str]) -> bool:
    """Return whether a statement defines names; ``own`` are values that are no other module's."""
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.target, ast.Name) and statement.target.id in own
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return isinstance(statement, QUIET) or is_text(statement)
    return all(_is_name(one) for one in targets)


def _is_name(target: ast.expr) -> bool:
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(_is_name(one) for one in target.elts)
    return isinstance(target, ast.Name)


def calls_on_import(tree: ast.Module) -> bool:
    """Return whether the import of a module calls anything: a decorator, a class, a function."""
    pending, found = list(tree.body), False
    while pending:
        one = pending.pop()
        if isinstance(one, FUNCTIONS):
            found |= bool(getattr(one, "decorator_list", []))
            pending += [*one.args.defaults, *filter(None, one.args.kw_defaults)]
            continue
        found |= isinstance(one, ast.Call)
        found |= isinstance(one, ast.ClassDef) and bool(one.bases or one.decorator_list)
        pending += ast.iter_child_nodes(one)
    return found


def grows(tree: ast.Module, package: str) -> bool:
    """Return whether a function of the module may change a value that some module holds."""
    held = {name for one in tree.body for name in bound_names(one)}
    held |= {link.name for link in links(tree, package, True) if is_inside(link.module, package)}
    functions = [one for one in ast.walk(tree) if isinstance(one, FUNCTIONS)]
    return any(_changes(node, held) for one in functions for node in ast.walk(one))


def _changes(node: ast.AST, held: set[str]) -> bool:
    """Return whether a node inside a function changes one of the values held by the module."""
    if isinstance(node, ast.Global):
        return True
    if isinstance(node, ast.FunctionDef):
        return node.name in {"__init_subclass__", "__set_name__"}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in GROWTH and _root(node.func.value) in held
    if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        return _root(node.value) in held
    return False


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
