"""Build the API page from the docstrings.

A fenced block ```` ```{api} snnbook.room ```` in a page becomes one entry for each public name of
the room, so that none can be missing from the page.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re

from code_names import short_hash
from package_code import read_package
from sphinx.domains.python import PyObject
from sphinx.pycode import ModuleAnalyzer

BLOCK = re.compile(r"^```\{api\}[ \t]+(?P<room>[\w.]+)[ \t]*\n```[ \t]*$", re.MULTILINE)


def public_names(room: str) -> list[str]:
    """Return what the door of a room lists, or what a room of one file defines."""
    module = importlib.import_module(room)
    if hasattr(module, "__all__"):
        return list(module.__all__)
    door = hasattr(module, "__path__")
    names = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and (door or getattr(value, "__module__", "") == room)
    ]
    return sorted(names, key=str.casefold)


def comment_above(room: str, name: str) -> str:
    """Return the ``#:`` comment over a constant, in the room or in the file that defines it."""
    package = importlib.import_module(room)
    files = [
        room,
        *(f"{room}.{one.name}" for one in pkgutil.iter_modules(getattr(package, "__path__", []))),
    ]
    for file in files:
        found = ModuleAnalyzer.for_module(file).find_attr_docs().get(("", name))
        if found:
            return " ".join(line for line in found if line)
    return ""


def entry(room: str, name: str) -> list[str]:
    """Return the autodoc lines (reStructuredText) for one public name of a room."""
    value = getattr(importlib.import_module(room), name)
    alias = hasattr(value, "__origin__")  # such as dict[str, Tensor]
    if inspect.isclass(value) and not alias:
        return [f".. autoclass:: {room}.{name}", "   :members:", ""]
    if callable(value) and not alias and not hasattr(value, "__dataclass_fields__"):
        return [f".. autofunction:: {room}.{name}", ""]
    return [f".. py:data:: {room}.{name}", "", f"   {comment_above(room, name)}", ""]


def room_entries(room: str) -> str:
    """Return the MyST source that documents every public name of a room."""
    lines = ["```{eval-rst}"]
    for name in public_names(room):
        lines += entry(room, name)
    return "\n".join([*lines, "```"])


def expand(app, docname, source) -> None:
    """Replace the blocks of a page as Sphinx reads it."""
    if BLOCK.search(source[0]):
        _read_from(app.env)[docname] = package_text(app.srcdir)
        source[0] = BLOCK.sub(lambda found: room_entries(found["room"]), source[0])


def package_text(root) -> str:
    """Return a hash of all that the package says, docstrings and comments too."""
    return short_hash(*(code.text for code in read_package(root).codes.values()))


def _read_from(env) -> dict[str, str]:
    """Return the state of the package from which each page with a block was read."""
    if not hasattr(env, "snnbook_api"):
        env.snnbook_api = {}
    return env.snnbook_api


def outdated(app, env, added, changed, removed) -> list[str]:
    """Return the pages with blocks if the package says something else now."""
    now = package_text(app.srcdir)
    return [name for name, text in _read_from(env).items() if text != now]


def skip_tuple_fields(app, what, name, value, skip, options):
    """Leave out the fields of named tuples: the docstring of the class describes them."""
    if type(value).__name__ == "_tuplegetter":
        return True
    return None


def name_fields() -> None:
    """Let the heading over documented attributes say so (Sphinx calls them variables)."""
    for one in PyObject.doc_field_types:
        if one.name == "variable":
            one.label = "Attributes"


def setup(app) -> dict:
    name_fields()
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", expand)
    app.connect("autodoc-skip-member", skip_tuple_fields)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
