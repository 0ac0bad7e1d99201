"""Execute a page only when its code has changed, or something that it depends on.

jupyter-cache finds the stored outputs of a notebook by a hash of its code cells and of what the
notebook says about its kernel. A page is handed on with its key (see ``page_dependencies``) written
beside the kernel's name, so that a record belongs to one state of the sources: there is no second
list that could disagree with the cache, whenever a build is broken off.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from package_code import read_package
from page_dependencies import cells, dependencies
from run_ahead import Page, run_ahead
from sphinx.util import logging

CACHE = Path("_build") / "execution-cache"
FIELD = "depends_on"
logger = logging.getLogger(__name__)


def page_key(root: Path, notebook: str) -> str:
    """Return the key of a notebook given as JSON, for the sources as they are on disk now."""
    return dependencies(read_package(root), tuple(cells(notebook))).key


def with_key(notebook: str, key: str) -> str:
    """Return a notebook with its key where jupyter-cache looks."""
    content = json.loads(notebook)
    content["metadata"].setdefault("kernelspec", {})[FIELD] = key
    return json.dumps(content)


def record_of(cache, notebook: str, key: str):
    """Return the record of a notebook's outputs under a key, or None."""
    try:
        return cache.match_cache_notebook(nbformat.reads(with_key(notebook, key), as_version=4))
    except KeyError:
        return None


def prune(cache, keep: Iterable) -> int:
    """Delete all records but some; return how many were deleted."""
    kept = {record.pk for record in keep if record is not None}
    old = [record.pk for record in cache.list_cache_records() if record.pk not in kept]
    for pk in old:
        cache.remove_cache(pk)
    return len(old)


def _keys(env) -> dict[str, str]:
    """Return the key with which each page was read last."""
    if not hasattr(env, "snnbook_keys"):
        env.snnbook_keys = {}
    return env.snnbook_keys


def _source(app, docname: str) -> Path:
    return Path(app.env.doc2path(docname))


def configure(app, config) -> None:
    """Name the folder of the cache: always the same, so that no setting changes."""
    config.nb_execution_cache_path = str(Path(app.srcdir) / CACHE)


def outdated(app, env, added, changed, removed) -> list[str]:
    """Return the pages whose key has changed since they were read."""
    notebooks = {name: _source(app, name) for name in _keys(env) if name in env.found_docs}
    return [
        name
        for name, path in notebooks.items()
        if page_key(app.srcdir, path.read_text(encoding="utf-8")) != _keys(env)[name]
    ]


def execute(app, env, docnames: list[str]) -> None:
    """Execute the pages that will be read and have no stored outputs, several at a time."""
    cache = get_cache(app.config.nb_execution_cache_path)
    pages = []
    for path in [_source(app, name) for name in docnames]:
        if path.suffix == ".ipynb" and app.config.nb_execution_mode == "cache":
            text = path.read_text(encoding="utf-8")
            key = page_key(app.srcdir, text)
            if record_of(cache, text, key) is None:
                pages.append(Page(path, with_key(text, key)))

    def is_current(page: Page) -> bool:
        text = page.path.read_text(encoding="utf-8")
        return with_key(text, page_key(app.srcdir, text)) == page.text

    run_ahead(cache, pages, app.config.nb_execution_timeout, is_current, logger.info)


def hand_on(app, docname: str, source: list[str]) -> None:
    """Write the key into a notebook as Sphinx reads it."""
    if _source(app, docname).suffix == ".ipynb":
        key = page_key(app.srcdir, source[0])
        _keys(app.env)[docname] = key
        source[0] = with_key(source[0], key)


def confirm(app, doctree) -> None:
    """Forget the outputs of a page whose sources were edited while it ran."""
    docname = app.env.docname
    key = _keys(app.env).get(docname)
    if key is None:
        return
    notebook = _source(app, docname).read_text(encoding="utf-8")
    if page_key(app.srcdir, notebook) != key:
        cache = get_cache(app.config.nb_execution_cache_path)
        record = record_of(cache, notebook, key)
        if record is not None:
            cache.remove_cache(record.pk)
        _keys(app.env)[docname] = ""
        logger.info(f"{docname}: the package changed while the page ran; it will run again")


def finish(app, exception) -> None:
    """Delete the records that belong to no page any more."""
    if exception is not None or app.builder.format != "html":
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    pages = {name: key for name, key in _keys(app.env).items() if name in app.env.found_docs}
    records = [
        record_of(cache, _source(app, name).read_text(encoding="utf-8"), key)
        for name, key in pages.items()
    ]
    prune(cache, records)


def purge(app, env, docname: str) -> None:
    """Forget the key of a page that is read again or is gone."""
    _keys(env).pop(docname, None)


def merge(app, env, docnames, other) -> None:
    """Take over the keys of pages that another process has read."""
    _keys(env).update({name: key for name, key in _keys(other).items() if name in docnames})


def setup(app) -> dict:
    app.connect("config-inited", configure)
    app.connect("env-get-outdated", outdated)
    app.connect("env-before-read-docs", execute)
    app.connect("source-read", hand_on)
    app.connect("doctree-read", confirm)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
