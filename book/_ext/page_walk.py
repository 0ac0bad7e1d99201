"""Walk from a page's code through the package, and note what its outputs depend on.

The walk follows every name. A name taken from a room's door leads to the module that defines it,
and not to the rest of the room. Where the syntax cannot tell, the page depends on more: a room
that is handed about as a value counts whole, a result with a computed name counts as every result,
an import with a computed name as everything.

Three rules are about places, and stand here alone:

- ``RESULTS``: whoever calls a function of this room from outside depends on the files it names.
- ``BY_CHAPTER``: a room with a file for each chapter. A page that asks it for ``"02-3"`` or
  ``"02"`` depends on the files of chapter 2 (``_ch02.py``, ``quiz_02.md``, ``quizzes/02.md``),
  and not on those of the others.
- A module reads the data files of its own room, or names them: a page that needs a module depends
  on every data file of its room.
"""

from __future__ import annotations

import re

from code_names import Use, is_inside, matching, patterns
from package_code import PACKAGE, Code, Package, Piece

RESULTS = f"{PACKAGE}.results"
BY_CHAPTER = f"{PACKAGE}.exercises"
CHAPTER_FILE = re.compile(r"(?:^|[._/])(?:ch|chapter|quiz)?_*(\d\d[a-z]?)(?=[._/-]|$)")
CHAPTER_ASKED = re.compile(r"(\d\d[a-z]?)(?:-|$)")
IMPORTERS = {"importlib.import_module", "__import__", "runpy.run_module", "sys.modules.get"}
OPAQUE = {"exec", "eval", "runpy.run_path"}
READERS = {"__doc__", "getdoc", "getsource", "getsourcelines", "help"}


def chapter_of(place: str) -> str | None:
    """Return the chapter that a module or file of the room by chapters belongs to, or None.

    >>> chapter_of("snnbook.exercises._ch04b_functions"), chapter_of("snnbook.exercises._grade")
    ('04b', None)
    """
    found = CHAPTER_FILE.search(place.removeprefix(BY_CHAPTER).removeprefix(_folder(BY_CHAPTER)))
    return found[1] if found else None


def _folder(room: str) -> str:
    return room.replace(".", "/")


class Walk:
    """One walk from a page through the package, with the chapters that it asks for (None: all)."""

    def __init__(self, package: Package, asked: frozenset[str] | None = frozenset()) -> None:
        self.package, self.asked = package, asked
        self.needed: dict[str, set[Piece]] = {}
        self.loaded: set[str] = set()
        self.files: set[str] = set()
        self.asks: set[tuple[str, str, frozenset[str] | None]] = set()
        self.cut = self.reads_text = False
        self.everything = ""
        self._pending: list[tuple[Code, Piece]] = []
        self._followed: set[tuple] = set()
        self._whole: set[str] = set()

    def run(self) -> Walk:
        """Follow all that is needed until nothing is added."""
        while self._pending:
            code, piece = self._pending.pop()
            for link in piece.links:
                for module in self.package.loaded(link):
                    self._load(code.name, module)
            for use in piece.uses:
                self._use(code, use)
            self.files |= self.package.named(piece)
        return self

    def need(self, code: Code, pieces: list[Piece]) -> None:
        """Add pieces of a module to what is needed."""
        known = self.needed.setdefault(code.name, set())
        self._pending += [(code, piece) for piece in pieces if piece not in known]
        known.update(pieces)

    def need_module(self, module: str) -> None:
        """Add a whole module, with what it hands on from others."""
        code = self.package.codes[module]
        if module in self._whole:
            return
        self._whole.add(module)
        self._load(module, module)
        self.need(code, code.pieces)
        for link in code.links:
            if not link.attribute or not is_inside(link.module, PACKAGE):
                continue
            if link.attribute == "*":
                self.need_module(link.module)
            elif f"{link.module}.{link.attribute}" not in self.package.codes:
                self.follow(code, link.module, (link.attribute,), Use(()))

    def need_room(self, origin: str, room: str) -> None:
        """Add a room with every module in it."""
        for module in self.package.under(room):
            if self._admits(origin, module):
                self.need_module(module)

    def follow(self, code: Code, module: str, chain: tuple[str, ...], use: Use) -> None:
        """Follow the names of ``chain`` into a module."""
        if not is_inside(module, PACKAGE):
            return self._outside(code, ".".join((module, *chain)), use)
        if module not in self.package.codes:
            self.everything = self.everything or f"{code.name or 'the page'} imports {module}"
            return None
        step = (code.name, module, chain, id(use.argument))
        if step in self._followed:
            return None
        self._followed.add(step)
        self._note(code, module, chain, use)
        if not self._admits(code.name, module):
            return None
        self._load(code.name, module)
        if not chain:
            return self.need_room(code.name, module)
        target, head, rest = self.package.codes[module], chain[0], chain[1:]
        if pieces := target.binding(head):
            self.need(target, pieces)
            for link in target.by_name.get(head, []):
                if (link.module, link.attribute) == (module, head):  # a room names its own file
                    self.follow(target, f"{module}.{head}", rest, use)
                else:
                    self._through(target, link, rest, use)
        elif f"{module}.{head}" in self.package.codes:
            self.follow(code, f"{module}.{head}", rest, use)
        elif stars := [one for one in target.stars if self._defines(one, head)]:
            self.need(target, target.binding("*"))
            for star in stars:
                self.follow(target, star, chain, use)
        elif not (head.startswith("__") and head.endswith("__")):
            self.need_room(code.name, module)
        return None

    def _through(self, code: Code, link, rest: tuple[str, ...], use: Use) -> None:
        chain = (link.attribute, *rest) if link.attribute else rest
        self.follow(code, link.module, chain, use)

    def _defines(self, module: str, name: str) -> bool:
        code = self.package.codes.get(module)
        if code is None:
            return False
        return bool(code.binding(name)) or any(self._defines(one, name) for one in code.stars)

    def _use(self, code: Code, use: Use) -> None:
        root, rest = use.chain[0], use.chain[1:]
        self.reads_text |= not READERS.isdisjoint(use.chain)
        if code.is_door:
            self.need(code, code.binding(root))
        for link in code.by_name.get(root, []):
            self._through(code, link, rest, use)
        if not code.binding(root):
            for star in code.stars:
                if self._defines(star, root):
                    self.follow(code, star, use.chain, use)
            self._outside(code, ".".join(use.chain), use)

    def _outside(self, code: Code, name: str, use: Use) -> None:
        """Look at names from outside the package: some reach into it unseen."""
        where = code.name or "the page"
        if name in IMPORTERS:
            found = patterns(use.argument, code.name, code.tables)
            if found is not None and not any(one.startswith(".") for one in found):
                for module in [m for one in found for m in matching(self.package.codes, one)]:
                    if self._admits(code.name, module):
                        self.need_module(module)
            elif use.discarded and code.name:  # imported to see whether it can be
                for module in self.package.loud:
                    self._load(code.name, module)
            else:
                self.everything = self.everything or f"{where} imports by a computed name"
        elif (
            name in OPAQUE
            or (name == "sys.modules" and use.argument is None)
            or (name.endswith("get_ipython") and not code.name)
        ):
            self.everything = self.everything or f"{where} uses {name}"
        elif name == "globals":
            for link in code.links:
                self._through(code, link, (), Use(()))

    def _load(self, origin: str, module: str) -> None:
        """Note that a module is imported; what acts on its import is needed."""
        if module in self.loaded or module not in self.package.codes:
            return
        loud = module in self.package.loud
        if not self._admits(origin, module, loud):
            return
        self.loaded.add(module)
        if loud:
            self.need_module(module)
        for link in self.package.codes[module].links:
            for one in self.package.loaded(link):
                self._load(module, one)

    def _admits(self, origin: str, module: str, counts: bool = True) -> bool:
        """Return whether a step to a module is taken: not to a chapter that is not asked for."""
        if self.asked is None or not is_inside(module, BY_CHAPTER):
            return True
        chapter = chapter_of(module)
        if chapter is None or chapter in self.asked or not is_inside(origin, BY_CHAPTER):
            return True
        if chapter_of(origin):
            return True
        self.cut |= counts
        return False

    def _note(self, code: Code, module: str, chain: tuple[str, ...], use: Use) -> None:
        """Note which results and which chapters a step from outside asks for."""
        for_results = is_inside(module, RESULTS) and not is_inside(code.name, RESULTS)
        for_chapters = is_inside(module, BY_CHAPTER) and not is_inside(code.name, BY_CHAPTER)
        if not (for_results or for_chapters):
            return
        found = patterns(use.argument, code.name, code.tables)
        if for_results:
            for one in ["*"] if found is None else found:
                wanted = f"{_folder(RESULTS)}/{one}.*"
                self.files.update(matching(self.package.files, wanted))
        else:
            named = [CHAPTER_ASKED.match(one) for one in found or [""]]
            chapters = frozenset(one[1] for one in named) if all(named) else None
            self.asks.add((module, chain[0] if chain else "", chapters))


def walk_page(package: Package, page: Code) -> Walk:
    """Walk from a page until the chapters that it asks for are settled."""
    asked: frozenset[str] | None = frozenset()
    while True:
        walk = Walk(package, asked)
        walk.need(page, page.pieces)
        for module in package.under(BY_CHAPTER) if asked else []:
            if chapter_of(module) in asked:
                walk.need_module(module)
        walk.run()
        wanted = _chapters(package, walk)
        if wanted == asked:
            return walk
        asked = wanted


def _chapters(package: Package, walk: Walk) -> frozenset[str] | None:
    """Return the chapters that were asked for; None where one of them cannot be told."""
    found: frozenset[str] = frozenset()
    for module, name, chapters in walk.asks:
        if chapters is None and _chooses(package, module, name):
            return None
        found |= chapters or frozenset()
    return found


def _chooses(package: Package, module: str, name: str) -> bool:
    """Return whether a name of the room by chapters leads to the files of chapters."""
    walk = Walk(package)
    walk.follow(Code("", "", False), module, (name,) if name else (), Use(()))
    return walk.run().cut


def files_of_rooms(package: Package, walk: Walk) -> set[str]:
    """Return the data files in the rooms of the needed modules."""
    rooms = {package.codes[name].room for name in walk.needed if name} - {RESULTS}
    found = {name for name in package.files if package.room_of(name) in rooms}
    if walk.asked is None:
        return found
    return {
        name
        for name in found
        if package.room_of(name) != BY_CHAPTER or chapter_of(name) in {None, *walk.asked}
    }
