"""Assert on the built site what a reader expects of every page.

Usage: python scripts/check_site.py _build/html

For each page of ``_toc.yml``: it exists, holds every figure and labelled equation of its source,
shows no traceback, no warning and no unresolved reference, and loads nothing from another host.
The tests use the same functions.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]
EQUATION_LABEL = re.compile(r"\$\$[ \t]*\((?P<dollar>[\w:-]+)\)|^:label:[ \t]*(?P<fence>\S+)", re.M)
FOREIGN = re.compile(r"^\s*(?:https?:)?//", re.I)
CSS_REFERENCE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
SCRIPT_REFERENCE = re.compile(
    r"""(?:\bimport\s*\(?|\bfrom\s*|\bfetch\(|\bimportScripts\(|\.src\s*=|new\s+Worker\()\s*"""
    r"""["'`]((?:https?:)?//[^"'`]+)"""
)
LOADED = {
    "script": ["src"],
    "img": ["src", "srcset"],
    "source": ["src", "srcset"],
    "iframe": ["src"],
    "embed": ["src"],
    "object": ["data"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "track": ["src"],
    "image": ["href", "xlink:href"],
    "use": ["href", "xlink:href"],
}
LOADED_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "modulepreload",
    "prefetch",
    "preconnect",
    "manifest",
}
RAW_MARKUP = re.compile(r"\|\s*[-—–:]+\s*\||^:::", re.MULTILINE)
RAW_TEX = re.compile(r"\\(?:frac|left|right|begin|end|math\w+|text|sqrt|alpha|beta|theta)\b|\$\$")
MESSAGES = {
    ".output.traceback": "a traceback",
    ".output.stderr": "a warning or other text on stderr",
    ".system-message": "a message of the builder",
    ".problematic": "an unresolved reference",
}


def toc_files(root: Path = ROOT) -> list[str]:
    """Return the pages of ``_toc.yml`` in reading order, without suffix."""
    toc = yaml.safe_load((root / "_toc.yml").read_text())
    files = [toc["root"]]

    def walk(node) -> None:
        if isinstance(node, dict):
            if "file" in node:
                files.append(node["file"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk({key: value for key, value in toc.items() if key != "root"})
    return files


def source_of(page: str, root: Path = ROOT) -> Path:
    """Return the source file of a page."""
    for suffix in (".ipynb", ".md"):
        path = root / f"{page}{suffix}"
        if path.is_file():
            return path
    raise FileNotFoundError(f"_toc.yml names {page}, and there is no {page}.ipynb or {page}.md")


def read_cells(path: Path) -> list[dict]:
    """Return the cells of a notebook, or a text page as one Markdown cell."""
    if path.suffix == ".md":
        return [{"cell_type": "markdown", "metadata": {}, "source": path.read_text()}]
    cells = json.loads(path.read_text())["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def equation_labels(cells: list[dict]) -> list[str]:
    """Return the labels of the equations in the prose."""
    text = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    return [found["dollar"] or found["fence"] for found in EQUATION_LABEL.finditer(text)]


def figure_settings(cell: dict) -> dict:
    """Return the figure and image settings of a code cell ({} when it draws none)."""
    settings = cell["metadata"].get("mystnb", {})
    return {key: settings[key] for key in ("figure", "image") if key in settings}


def figure_names(cells: list[dict]) -> list[str]:
    """Return the reference names of the figures drawn by code cells."""
    settings = [figure_settings(cell) for cell in cells if cell["cell_type"] == "code"]
    return [one["figure"]["name"] for one in settings if "name" in one.get("figure", {})]


def check_content(page: str, soup: BeautifulSoup, cells: list[dict]) -> list[str]:
    """Return what a page lacks of its source and what it should not show."""
    faults = []
    if soup.select_one("article h1") is None:
        return ["has no title"]
    ids = {node["id"] for node in soup.find_all(id=True)}
    for label in equation_labels(cells):
        if f"equation-{label}" not in ids:
            faults.append(f"equation {label} is missing")
    for name in figure_names(cells):
        if name not in ids:
            faults.append(f"figure {name} is missing")
    for image in soup.select("article img"):
        # Without a text of its own an image gets its file name for one.
        alt, source = image.get("alt", "").strip(), image.get("src", "")
        if not alt or alt == source or alt.endswith((".svg", ".png")):
            faults.append(f"image {source[:80]} has no alt text")
    drawn = sum(bool(figure_settings(cell)) for cell in cells if cell["cell_type"] == "code")
    shown = len(soup.select("article .cell_output img, article .cell_output svg"))
    if shown < drawn:
        faults.append(f"shows {shown} figures, its source draws {drawn}")
    for selector, meaning in MESSAGES.items():
        for node in soup.select(selector):
            faults.append(f"shows {meaning}: {node.get_text(' ', strip=True)[:120]}")
    for output in soup.select(".cell_output"):
        if "Traceback (most recent call last)" in output.get_text():
            faults.append("shows a traceback in an output")
    for text in soup.select("article p"):
        if RAW_MARKUP.search(text.get_text()):
            faults.append(f"shows a table or a block as text: {text.get_text()[:80]}")
    return faults + raw_tex(soup)


def raw_tex(soup: BeautifulSoup) -> list[str]:
    """Return text that should have been mathematics, such as TeX cut by a table's bar."""
    found = []
    for text in soup.select_one("article").find_all(string=RAW_TEX):
        verbatim = ("pre", "code", "script", "style")
        if not text.find_parent(verbatim) and not text.find_parent(class_=["math", "output"]):
            found.append(f"shows raw TeX: {text.strip()[:80]}")
    return found


def css_references(text: str) -> list[str]:
    """Return what a style sheet loads."""
    return [a or b for a, b in CSS_REFERENCE.findall(text)]


def page_references(soup: BeautifulSoup) -> list[str]:
    """Return everything that a browser loads for a page (links to follow are not loaded)."""
    found = []
    for tag, attributes in LOADED.items():
        for node in soup.find_all(tag):
            for attribute in attributes:
                value = node.get(attribute, "")
                parts = value.split(",") if attribute == "srcset" else [value]
                found += [part.split()[0] for part in parts if part.strip()]
    for node in soup.find_all("link", href=True):
        if LOADED_LINKS & set(node.get("rel", [])):
            found.append(node["href"])
    for node in soup.find_all("style"):
        found += css_references(node.get_text())
    for node in soup.find_all(style=True):
        found += css_references(node["style"])
    for node in soup.find_all("script", src=False):
        found += SCRIPT_REFERENCE.findall(node.get_text())
    return found


def foreign_hosts(page: Path, soup: BeautifulSoup, seen: dict[Path, list[str]]) -> list[str]:
    """Return the addresses on other hosts that a page loads, itself or through its files."""
    found = []
    for reference in page_references(soup):
        if FOREIGN.match(reference):
            found.append(reference)
        elif not reference.startswith(("data:", "#")):
            target = (page.parent / re.split(r"[?#]", reference)[0]).resolve()
            found += file_references(target, seen)
    return sorted(set(found))


def file_references(path: Path, seen: dict[Path, list[str]]) -> list[str]:
    """Return the addresses on other hosts that a style sheet or script loads."""
    if path not in seen:
        seen[path] = []
        if not path.is_file():
            seen[path] = [f"(missing file) {path.name}"]
        elif path.suffix == ".css":
            seen[path] = [ref for ref in css_references(path.read_text()) if FOREIGN.match(ref)]
        elif path.suffix in {".js", ".mjs"}:
            seen[path] = SCRIPT_REFERENCE.findall(path.read_text(errors="replace"))
    return seen[path]


def check_page(site: Path, page: str, seen: dict[Path, list[str]], root: Path = ROOT) -> list[str]:
    """Return every fault of one page, in words."""
    built = site / f"{page}.html"
    if not built.is_file():
        return [f"{page}: was not built"]
    soup = BeautifulSoup(built.read_text(), "html.parser")
    faults = check_content(page, soup, read_cells(source_of(page, root)))
    faults += [f"loads {address}" for address in foreign_hosts(built, soup, seen)]
    return [f"{page}: {fault}" for fault in faults]


def check_site(site: Path, root: Path = ROOT) -> list[str]:
    """Return every fault of the site, in words."""
    seen: dict[Path, list[str]] = {}
    faults = [] if (site / "index.html").is_file() else ["index.html was not built"]
    for page in toc_files(root):
        faults += check_page(site, page, seen, root)
    return faults


def main() -> None:
    site = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "_build" / "html")
    faults = check_site(site)
    if faults:
        sys.exit("[check] the site has faults:\n  " + "\n  ".join(faults))
    cells = [read_cells(source_of(page)) for page in toc_files()]
    figures = sum(len(figure_names(one)) for one in cells)
    equations = sum(len(equation_labels(one)) for one in cells)
    print(
        f"[check] {len(cells)} pages, {figures} named figures, {equations} labelled equations, "
        "no traceback, no warning, nothing loaded from another host"
    )


if __name__ == "__main__":
    main()
