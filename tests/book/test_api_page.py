"""The API page holds exactly the public names of the package, each with a docstring."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest
from bs4 import BeautifulSoup
from check_site import ROOT
from snnbook_api import BLOCK

import snnbook

HEADING = re.compile(r"^## `(?P<room>snnbook\.\w+)`: \S", re.MULTILINE)


def rooms() -> list[str]:
    """Return every public submodule that declares public names."""
    names = [f"snnbook.{one.name}" for one in pkgutil.iter_modules(snnbook.__path__)]
    names = [name for name in names if not name.split(".")[-1].startswith("_")]
    return [name for name in names if hasattr(importlib.import_module(name), "__all__")]


def public_names() -> set[str]:
    return {f"{room}.{name}" for room in rooms() for name in importlib.import_module(room).__all__}


def test_each_room_has_its_heading_and_its_block():
    text = (ROOT / "book" / "api.md").read_text()
    blocks = [found["room"] for found in BLOCK.finditer(text)]
    assert sorted(blocks) == sorted(rooms())
    assert blocks == [found["room"] for found in HEADING.finditer(text)]


@pytest.mark.parametrize("name", sorted(public_names()))
def test_public_name_has_a_docstring(name):
    room, short = name.rsplit(".", 1)
    value = getattr(importlib.import_module(room), short)
    if callable(value):
        assert (value.__doc__ or "").strip(), f"{name} has no docstring"


@pytest.mark.site
def test_page_equals_public_names(site):
    soup = BeautifulSoup((site / "book" / "api.html").read_text(), "html.parser")
    top = [node["id"] for node in soup.select("dl.py > dt.sig[id]") if not node.find_parent("dd")]
    assert sorted(top) == sorted(public_names())
