"""Which statements of cells that no reader sees are needed by those that a reader sees.

Each top-level statement is a unit with the global names that it reads, writes and changes. What a
unit reads comes from the last unit before it that wrote the name, and from those that changed it
since.
"""

from __future__ import annotations

import ast
import symtable
from typing import NamedTuple

#: Methods that change what they are called on.
CHANGING = {"append", "extend", "setdefault", "update", "add", "insert", "pop", "copy_", "step"}


class Unit(NamedTuple):
    """A top-level statement: its cell, whether it is hidden, and its names."""

    cell: int
    hidden: bool
    node: ast.stmt
    reads: frozenset[str]
    writes: frozenset[str]
    changes: frozenset[str]


def globals_read(table: symtable.SymbolTable, top: bool = True) -> set[str]:
    """Return the global names that a scope and those inside of it read."""
    found = {
        one.get_name()
        for one in table.get_symbols()
        if one.is_referenced() and (top or one.is_global())
    }
    return found.union(*(globals_read(child, top=False) for child in table.get_children()))


def changed(node: ast.AST) -> set[str]:
    """Return the names whose values a statement changes in place.

    >>> sorted(changed(ast.parse("a[0] = 1; b.append(2); c += 1")))
    ['a', 'b', 'c']
    """
    found = set()
    for one in ast.walk(node):
        targets = getattr(one, "targets", [getattr(one, "target", None)])
        places = [place for place in targets if isinstance(place, ast.Subscript | ast.Attribute)]
        if isinstance(one, ast.AugAssign):
            places.append(one.target)
        if isinstance(one, ast.Call) and getattr(one.func, "attr", "") in CHANGING:
            places.append(one.func)
        for place in places:
            while isinstance(place, ast.Subscript | ast.Attribute | ast.Call):
                place = place.func if isinstance(place, ast.Call) else place.value
            if isinstance(place, ast.Name):
                found.add(place.id)
    return found


def unit(cell: int, hidden: bool, node: ast.stmt) -> Unit:
    """Return a statement with its names."""
    table = symtable.symtable(ast.unparse(node), "cell", "exec")
    writes = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    changes = changed(node)
    writes -= changes
    # An assignment reads before it writes; a loop or a definition reads what it has written.
    own = set() if isinstance(node, ast.Assign | ast.AnnAssign) else writes
    reads = (globals_read(table) - own) | changes
    return Unit(cell, hidden, node, *map(frozenset, (reads, writes, changes)))


def sources(units: list[Unit], place: int, name: str) -> list[int]:
    """Return the units that what one of them reads under a name comes from."""
    before = [i for i in range(place) if name in units[i].writes | units[i].changes]
    if not any(name in units[i].writes for i in before):  # read when a function is called later
        return [i for i in range(len(units)) if name in units[i].writes | units[i].changes]
    last = max(i for i in before if name in units[i].writes)
    return [i for i in before if i >= last]


def needed(units: list[Unit]) -> set[int]:
    """Return the places of the hidden units that shown ones need, directly or by way of others."""
    open_places = [place for place, one in enumerate(units) if not one.hidden]
    found: set[int] = set()
    while open_places:
        place = open_places.pop()
        for name in units[place].reads:
            new = [i for i in sources(units, place, name) if units[i].hidden and i not in found]
            found.update(new)
            open_places.extend(new)
    return found
