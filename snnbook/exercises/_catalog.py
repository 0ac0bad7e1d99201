"""Where the exercises are: those of chapter 02 in ``_ch02.py``, read when they are needed."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from snnbook.exercises._records import Exercise

#: The chapters that have exercises, by number, in the order of the book.
CHAPTERS: tuple[str, ...] = tuple(
    sorted(path.stem.removeprefix("_ch") for path in Path(__file__).parent.glob("_ch[0-9]*.py"))
)


@cache
def load(chapter: str) -> Mapping[str, Exercise]:
    """Return the exercises of a chapter by id, read-only, in the order in which they are asked.

    Raises
    ------
    ValueError
        If the chapter has no exercises; the message lists those that have.

    Examples
    --------
    >>> list(load("04"))
    ['04-1', '04-2', '04-3', '04-4', '04-5']
    """
    if chapter not in CHAPTERS:
        raise ValueError(f"chapter is {chapter!r}; one of {', '.join(CHAPTERS)} is accepted")
    module = import_module(f"snnbook.exercises._ch{chapter}")
    found = (value for value in vars(module).values() if isinstance(value, Exercise))
    return MappingProxyType({one.id: one for one in found})


def find(id: str) -> Exercise:
    """Return one exercise, or raise a ``ValueError`` that lists all of them."""
    chapter = str(id).split("-")[0]
    if chapter in CHAPTERS and id in load(chapter):
        return load(chapter)[id]
    known = ", ".join(name for one in CHAPTERS for name in load(one))
    raise ValueError(f"id is {id!r}; one of {known} is accepted")
