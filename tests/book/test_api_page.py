"""The API page holds exactly the public names of the package, each with a docstring."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest
from bs4 import BeautifulSoup
from check_site import ROOT
from snnbook_api import BLOCK, comment_above, public_names

import snnbook

HEADING = re.compile(r"^## `(?P<room>snnbook\.\w+)`: \S", re.MULTILINE)


def rooms() -> list[str]:
    """Return every public submodule of the package that has public names."""
    names = [f"snnbook.{one.name}" for one in pkgutil.iter_modules(snnbook.__path__)]
    return [name for name in names if "._" not in name]


def all_names() -> set[str]:
    return {f"{room}.{name}" for room in rooms() for name in public_names(room)}


def test_each_room_has_its_heading_and_its_block():
    text = (ROOT / "book" / "api.md").read_text()
    blocks = [found["room"] for found in BLOCK.finditer(text)]
    assert sorted(blocks) == sorted(rooms())
    assert blocks == [found["room"] for found in HEADING.finditer(text)]


@pytest.mark.parametrize("name", sorted(all_names()))
def test_public_name_has_a_docstring(name):
    room, short = name.rsplit(".", 1)
    value = getattr(importlib.import_module(room), short)
    if callable(value) and hasattr(value, "__name__") and not hasattr(value, "__origin__"):
        assert (value.__doc__ or "").strip(), f"{name} has no docstring"
    else:
        assert comment_above(room, short), f"{name} has no comment that starts with '#:' above it"


@pytest.mark.site
def test_page_equals_public_names(site):
    soup = BeautifulSoup((site / "book" / "api.html").read_text(), "html.parser")
    top = [node["id"] for node in soup.select("dl.py > dt.sig[id]") if not node.find_parent("dd")]
    assert sorted(top) == sorted(all_names())
