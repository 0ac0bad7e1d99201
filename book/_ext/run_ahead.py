"""Execute the pages that have no stored outputs, several at a time, before Sphinx reads them.

Sphinx would execute them one after another while it reads. What is stored here is what it would
store; a page that fails, or whose sources change while it runs, is left to Sphinx, which executes
it once more and says what is wrong.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution

#: Pages at a time at most: each has a kernel with a PyTorch of its own.
MOST = 4


@dataclass(frozen=True)
class Page:
    """A notebook on disk, and its text with the key of the sources that it was read with."""

    path: Path
    text: str


def at_a_time() -> int:
    """Return how many pages this machine executes at a time."""
    usable = getattr(os, "process_cpu_count", os.cpu_count)  # since Python 3.13
    return max(1, min(MOST, usable() or 1))


def execute(page: Page, timeout: int):
    """Return the executed notebook with its seconds and its error, if any."""
    notebook = nbformat.reads(page.text, as_version=4)
    return single_nb_execution(notebook, str(page.path.parent), timeout, allow_errors=False)


def store(cache, page: Page, result) -> None:
    """Store the outputs of a page as the reader of Sphinx does."""
    staged = cache.add_nb_to_project(str(page.path))
    bundle = CacheBundleIn(result.nb, staged.uri, data={"execution_seconds": result.time})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def run_ahead(cache, pages: list[Page], timeout: int, is_current, log) -> None:
    """Execute pages, the longest text first, and store what is still true when they are done."""
    pages = sorted(pages, key=lambda page: -len(page.text))
    if pages:
        log(f"{len(pages)} pages to execute, {min(len(pages), at_a_time())} at a time")
    pool = ThreadPoolExecutor(at_a_time())
    try:
        running = {pool.submit(execute, page, timeout): page for page in pages}
        for done in as_completed(running):
            if done.exception() is not None:  # such as a kernel that died
                continue
            page, result = running[done], done.result()
            if result.err is None and is_current(page):
                store(cache, page, result)
                log(f"{page.path.name}: executed in {result.time:.0f} seconds")
    finally:
        pool.shutdown(cancel_futures=True)  # who breaks a build off does not wait for its pages
