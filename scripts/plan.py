"""Say what a build would execute, and why.

Usage: python scripts/plan.py                          each page: would it run?
       python scripts/plan.py book/06c-local-errors    what a page depends on
       python scripts/plan.py snnbook/smoothed/soft.py the pages that depend on a file
"""

from __future__ import annotations

import sys
from pathlib import Path

from check_site import ROOT, source_of, toc_files

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from jupyter_cache import get_cache  # noqa: E402
from package_code import Package, read_package  # noqa: E402
from page_dependencies import Dependencies, cells, dependencies  # noqa: E402
from snnbook_cache import CACHE, record_of  # noqa: E402


def notebooks(root: Path = ROOT) -> dict[str, Path]:
    """Return the notebooks of the book, by page."""
    sources = {page: source_of(page, root) for page in toc_files(root)}
    return {page: path for page, path in sources.items() if path.suffix == ".ipynb"}


def read_all(package: Package) -> dict[str, Dependencies]:
    """Return what each page depends on."""
    return {
        page: dependencies(package, tuple(cells(path.read_text(encoding="utf-8"))))
        for page, path in notebooks(package.root).items()
    }


def would_run(root: Path, pages: dict[str, Dependencies]) -> list[str]:
    """Return the pages whose outputs are not in the cache."""
    cache, sources = get_cache(root / CACHE), notebooks(root)
    return [
        page
        for page, found in pages.items()
        if record_of(cache, sources[page].read_text(encoding="utf-8"), found.key) is None
    ]


def users(pages: dict[str, Dependencies], file: str) -> list[str]:
    """Return the pages that depend on a file."""
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return [page for page, one in pages.items() if file in one.files or module in one.modules]


def describe(pages: dict[str, Dependencies], root: Path, name: str) -> list[str]:
    """Return the lines that answer one question."""
    page = name.removesuffix(".ipynb")
    if page in pages:
        found = pages[page]
        why = [f"it depends on everything: {found.everything}"] if found.everything else []
        return [f"{page} ({found.key}) depends on", *why, *found.modules, *found.files]
    if not (root / name).is_file():
        sys.exit(f"{name} is neither a notebook of the book nor a file of the repository")
    found = users(pages, name)
    return [f"{len(found)} of {len(pages)} pages depend on {name}", *found]


def main() -> None:
    package = read_package(ROOT)
    pages = read_all(package)
    for name in sys.argv[1:]:
        print(*describe(pages, ROOT, name), sep="\n  ")
    if len(sys.argv) == 1:
        running = would_run(ROOT, pages)
        for page, found in pages.items():
            verdict = "runs" if page in running else "kept"
            print(f"{verdict}  {page}: {len(found.modules)} modules, {len(found.files)} files")
        print(f"[plan] a build would execute {len(running)} of {len(pages)} pages")


if __name__ == "__main__":
    main()
