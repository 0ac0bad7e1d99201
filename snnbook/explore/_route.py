"""The route through the book along its explorers."""

from collections.abc import Iterable

from snnbook.explore._explorer import Explorer
from snnbook.notebook import chapter_number


def route(explorers: Iterable[Explorer]) -> str:
    """Return a MyST list of explorers: title, chapter, what to change, and the question.

    Examples
    --------
    >>> from snnbook.explore import xor
    >>> print(route([xor()]))
    1. **Temporal XOR**, {ref}`chapter 6d <ch06d-explore>`.
       Move the two input spikes.
       Where does a network that knows four patterns change its mind?
    """
    return "\n".join(
        f"1. **{one.title}**, {{ref}}`chapter {chapter_number(one.chapter)} <{one.heading}>`.\n"
        f"   {one.change}\n   {one.question}"
        for one in explorers
    )
