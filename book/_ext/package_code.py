"""Read the modules of the package without importing them.

A room's ``__init__`` is a door: its statements are looked at one by one, so that a name taken from
it leads to the module that defines it. Every other module is one piece.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from code_names import (
    Link,
    Use,
    bound_names,
    canonical,
    is_inside,
    is_text,
    links,
    short_hash,
    uses,
)
from import_effects import acts, calls_on_import, grows

PACKAGE = "snnbook"


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a module that a page needs as a whole, or does not need."""

    names: frozenset[str]
    node: ast.AST
    links: tuple[Link, ...]

    @cached_property
    def uses(self) -> list[Use]:
        return uses(self.node)

    @cached_property
    def digest(self) -> str:
        return short_hash(canonical(self.node))

    @cached_property
    def texts(self) -> frozenset[str]:
        """Return the string constants, which may name files."""
        constants = [one.value for one in ast.walk(self.node) if isinstance(one, ast.Constant)]
        return frozenset(one for one in constants if isinstance(one, str) and len(one) < 200)


class Code:
    """One module, parsed."""

    def __init__(self, name: str, text: str, is_door: bool) -> None:
        self.name, self.text, self.is_door = name, text, is_door
        self.tree = ast.parse(text)
        self.room = name if is_door else name.rpartition(".")[0]
        self.links = links(self.tree, name, is_door)
        self.by_name: dict[str, list[Link]] = {}
        for link in self.links:
            self.by_name.setdefault(link.name, []).append(link)
        self.pieces = self._split() if is_door else [self._piece(self.tree, self._bound())]

    def _bound(self) -> set[str]:
        return {name for one in self.tree.body for name in bound_names(one)} | set(self.by_name)

    def _piece(self, node: ast.AST, names: set[str]) -> Piece:
        return Piece(frozenset(names), node, tuple(links(node, self.name, self.is_door)))

    def _split(self) -> list[Piece]:
        found = []
        for one in self.tree.body:
            if isinstance(one, ast.ImportFrom):
                for name in one.names:
                    single = ast.ImportFrom(one.module, [name], one.level)
                    found.append(self._piece(single, {name.asname or name.name}))
            elif isinstance(one, ast.Import):
                for name in one.names:
                    bound = name.asname or name.name.split(".")[0]
                    found.append(self._piece(ast.Import([name]), {bound}))
            elif not is_text(one):
                found.append(self._piece(one, bound_names(one)))
        return found

    def binding(self, name: str) -> list[Piece]:
        """Return the pieces that bind a name."""
        return [piece for piece in self.pieces if name in piece.names]

    @cached_property
    def stars(self) -> list[str]:
        """Return the modules from which every name is taken."""
        return [link.module for link in self.links if link.attribute == "*"]

    @cached_property
    def acts(self) -> bool:
        """Return whether its import does more than to define names."""
        return acts(self.tree)

    @cached_property
    def grows(self) -> bool:
        """Return whether a function of it may change a value that some module holds."""
        return grows(self.tree, PACKAGE)

    @cached_property
    def tables(self) -> dict[str, list[ast.expr]]:
        """Return the values of the dictionaries that the module writes out and never changes."""
        if self.acts or self.grows:
            return {}
        bound = [name for one in self.tree.body for name in bound_names(one)]
        return {
            one.targets[0].id: one.value.values
            for one in self.tree.body
            if isinstance(one, ast.Assign)
            and isinstance(one.value, ast.Dict)
            and isinstance(one.targets[0], ast.Name)
            and bound.count(one.targets[0].id) == 1
        }


@lru_cache(maxsize=4096)
def parse(name: str, text: str, is_door: bool) -> Code:
    """Parse a module, once for each text."""
    return Code(name, text, is_door)


class Package:
    """The modules and the data files of the package, by their place in the repository.

    Parameters
    ----------
    root : Path
        The top folder of the repository.
    contents : iterable of (str, bytes)
        Every file of the package, by its path from ``root``.
    """

    def __init__(self, root: Path, contents: Iterable[tuple[str, bytes]]) -> None:
        self.root = root
        self.codes: dict[str, Code] = {}
        self.files: dict[str, bytes] = {}
        self._named: dict[Piece, set[str]] = {}
        for place, content in sorted(contents):
            if not place.endswith(".py"):
                self.files[place] = content
                continue
            is_door = place.endswith("/__init__.py")
            name = place.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
            self.codes[name] = parse(name, content.decode(), is_door)

    def under(self, room: str) -> list[str]:
        """Return the modules of a room, its door among them."""
        return [name for name in self.codes if is_inside(name, room)]

    def room_of(self, file: str) -> str:
        """Return the innermost room that holds a data file."""
        parts = file.split("/")[:-1]
        while len(parts) > 1 and ".".join(parts) not in self.codes:
            parts = parts[:-1]
        return ".".join(parts)

    def named(self, piece: Piece) -> set[str]:
        """Return the data files that a piece names, by themselves or by their room."""
        if piece not in self._named:
            ends = {file: file.rpartition("/")[2] for file in self.files}
            rooms = piece.texts & (set(self.codes) - {PACKAGE})
            self._named[piece] = {
                file
                for file, end in ends.items()
                if any(one.endswith(end) for one in piece.texts) or self.room_of(file) in rooms
            }
        return self._named[piece]

    @cached_property
    def _imports(self) -> dict[str, set[str]]:
        """Return, for each module, every module that its import may load."""
        near = {name: self._near(code) for name, code in self.codes.items()}
        return {name: _closure(name, near) for name in near}

    def _near(self, code: Code) -> set[str]:
        named = {part for link in code.links for part in self.loaded(link)}
        return {one for one in named if one in self.codes}

    def loaded(self, link: Link) -> list[str]:
        """Return the modules that an import statement loads: parents come first."""
        parts = link.module.split(".")
        found = [".".join(parts[: n + 1]) for n in range(len(parts))]
        return [*found, f"{link.module}.{link.attribute}"] if link.attribute else found

    @cached_property
    def loud(self) -> frozenset[str]:
        """Return the modules whose import may change what other modules do."""
        growing = {name for name, code in self.codes.items() if code.grows}
        return frozenset(
            name
            for name, code in self.codes.items()
            if code.acts or (calls_on_import(code.tree) and growing & self._imports[name])
        )


def read_package(root: Path) -> Package:
    """Read the package of a repository as it is on disk now."""
    paths = sorted(one for one in (Path(root) / PACKAGE).rglob("*") if one.is_file())
    kept = [one for one in paths if "__pycache__" not in one.parts]
    return _package(
        Path(root), tuple((one.relative_to(root).as_posix(), one.read_bytes()) for one in kept)
    )


@lru_cache(maxsize=2)
def _package(root: Path, contents: tuple[tuple[str, bytes], ...]) -> Package:
    return Package(root, contents)


def _closure(start: str, near: dict[str, set[str]]) -> set[str]:
    seen, pending = {start}, [start]
    while pending:
        for one in near[pending.pop()] - seen:
            seen.add(one)
            pending.append(one)
    return seen
