"""What the outputs of a page depend on, and the key that changes with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from code_names import short_hash
from package_code import Code, Package
from page_walk import Walk, files_of_rooms, walk_page

PINS = "requirements.txt"


@dataclass(frozen=True)
class Dependencies:
    """What a page depends on, each with a hash of its content.

    Parameters
    ----------
    modules : dict
        Module name to the hashes of the pieces that the page needs.
    files : dict
        Path in the repository to hash: results, data files and the pins.
    everything : str
        Why the page depends on the whole package; empty if it does not.
    """

    modules: dict[str, tuple[str, ...]]
    files: dict[str, str]
    everything: str = ""

    @property
    def key(self) -> str:
        """The hash that changes when anything that the page depends on does."""
        return short_hash(json.dumps([self.modules, self.files], sort_keys=True))


def cells(notebook: str) -> list[str]:
    """Return the sources of the code cells of a notebook given as JSON."""
    found = [one for one in json.loads(notebook)["cells"] if one["cell_type"] == "code"]
    return ["".join(one["source"]) for one in found]


def dependencies(package: Package, sources: tuple[str, ...]) -> Dependencies:
    """Return what the code cells of a page depend on, in the sources as they are on disk now."""
    pins = (package.root / PINS).read_text(encoding="utf-8").splitlines()
    found, texts = _inside(package, sources)
    pinned = {PINS: short_hash(*(one for one in pins if one.strip() and not one.startswith("#")))}
    files = {**found.files, **pinned, **_beside(package.root, texts)}
    return Dependencies(found.modules, files, found.everything)


@lru_cache(maxsize=64)
def _inside(package: Package, sources: tuple[str, ...]) -> tuple[Dependencies, frozenset[str]]:
    """Return what a page depends on in the package, and the texts in its code."""
    try:
        walk = walk_page(package, Code("", "\n\n".join(sources), False))
    except SyntaxError as error:
        return _all(package, f"the page is not plain Python: {error.msg}"), frozenset()
    texts = frozenset(one for piece in walk.needed.pop("") for one in piece.texts)
    if walk.everything:
        return _all(package, walk.everything), texts
    read = sorted({*walk.files, *files_of_rooms(package, walk)})
    files = {name: short_hash(package.files[name].hex()) for name in read}
    modules = {name: _hashes(package, walk, name) for name in sorted(walk.needed)}
    return Dependencies(modules, files), texts


def _hashes(package: Package, walk: Walk, module: str) -> tuple[str, ...]:
    if walk.reads_text:
        return (short_hash(package.codes[module].text),)
    return tuple(sorted(piece.digest for piece in walk.needed[module]))


def _beside(root: Path, texts: frozenset[str]) -> dict[str, str]:
    """Return the files outside the package that a page names, as its kernel would find them."""
    top = root.resolve()
    places = [(top / "book" / one).resolve() for one in texts if one and "\0" not in one]
    found = {one for one in places if one.is_relative_to(top) and one.is_file()}
    return {one.relative_to(top).as_posix(): short_hash(one.read_bytes().hex()) for one in found}


def _all(package: Package, why: str) -> Dependencies:
    """Return the whole package, docstrings and all."""
    modules = {name: (short_hash(code.text),) for name, code in sorted(package.codes.items())}
    data = {name: short_hash(content.hex()) for name, content in sorted(package.files.items())}
    return Dependencies(modules, data, why)
