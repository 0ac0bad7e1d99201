"""Make study, solution and instructor notebooks from the pages as the site has them.

They are written when the site is finished, into ``_build/html/notebooks`` and ``_build/notebooks``,
all or none; where no public address is known the two differ in their links to the site. The buttons
at the top of a page lead to them: to download, and, where the repository's address is known, to
open in Colab, Kaggle or Binder, which read its branch ``notebooks``.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import nbformat
from docutils import nodes
from notebook_cells import KINDS, Notebook, build_note, first_cell, read_code
from notebook_files import packed, replace_folder
from notebook_inline import Inline
from notebook_pieces import Piece
from notebook_teacher import Notes
from notebook_text import Page
from sphinx.util import logging

from snnbook import __version__
from snnbook.exercises import CHAPTERS

#: The branch that holds the notebooks of the published book.
BRANCH = "notebooks"
#: Stands for the way to the top of the site, until it is known where a notebook is written to.
TOP = "way-to-the-site"
logger = logging.getLogger(__name__)


def is_notebook(app, docname: str) -> bool:
    """Return whether a page is made from a notebook."""
    return docname in app.env.found_docs and str(app.env.doc2path(docname)).endswith(".ipynb")


def target_of(docname: str, uri: str) -> tuple[str, str]:
    """Return the page and the anchor that a link of a page leads to.

    >>> target_of("book/05b-locality", "03-training-rnns.html#ch03-cost")
    ('book/03-training-rnns', 'ch03-cost')
    """
    path, _, anchor = uri.partition("#")
    if not path:
        return docname, anchor
    path = posixpath.normpath(posixpath.join(posixpath.dirname(docname), path))
    return path.removesuffix(".html"), anchor


def links_of(docname: str, pages: set[str], base: str) -> Callable[[str], str]:
    """Return the function that says where a link of a page leads in its notebook.

    With ``base`` every link to another page leads to the published site; without, to the notebook
    beside this one where there is one, and to the page of the site that holds the notebooks.
    """
    top = base.rstrip("/") or TOP

    def link(uri: str) -> str:
        if re.match(r"\w+:", uri):
            return uri
        page, anchor = target_of(docname, uri)
        hash = f"#{anchor}" if anchor else ""
        if page == docname:
            return hash or "#"
        if page in pages and not base:
            return f"{posixpath.basename(page)}.ipynb{hash}"
        return f"{top}/{quote(page)}.html{hash}"

    return link


def links_in(docname: str, doctree: nodes.document) -> set[tuple[str, str]]:
    """Return the places that the links of a page lead to, each as page and anchor."""
    found = set()
    for one in doctree.findall(nodes.reference):
        uri = one["refuri"] if "refuri" in one else f"#{one.get('refid', '')}"
        if not re.match(r"\w+:", uri):
            found.add(target_of(docname, uri))
    return found


def read_page(app, doctree: nodes.document, docname: str) -> None:
    """Keep what a notebook needs of a page, when all of its references have been resolved."""
    if app.builder.name != "html" or not is_notebook(app, docname):
        return
    pages = {name for name in app.env.found_docs if is_notebook(app, name)}
    page = Page(
        Inline(links_of(docname, pages, os.environ.get("SNNBOOK_BASE_URL", ""))),
        app.env.toc_fignumbers.get(docname, {}),
        app.env.toc_secnumbers.get(docname, {}),
        app.config.numfig_format,
        app.config.html_secnumber_suffix,
    )
    if not hasattr(app, "snnbook_pages"):
        app.snnbook_pages = {}
    app.snnbook_pages[docname] = list(page.pieces(doctree)), links_in(docname, doctree)


def made(app, docname: str, pieces: list[Piece], anchors: set[str]) -> dict[str, bytes]:
    """Return the notebooks of a page by kind."""
    path = Path(app.env.doc2path(docname))
    sources = json.loads(path.read_text(encoding="utf-8"))["cells"]
    base = os.environ.get("SNNBOOK_BASE_URL", "")
    address = f"{base.rstrip('/') or TOP}/{docname}.html"
    repository = os.environ.get("SNNBOOK_REPOSITORY_URL", "").rstrip("/")
    branch = os.environ.get("SNNBOOK_REPOSITORY_BRANCH", "main")
    first, note = first_cell(__version__, repository, branch), build_note(address, __version__)
    found, code = {}, read_code(sources)
    for kind in KINDS:
        chapter = path.stem.split("-")[0] in CHAPTERS
        notes = Notes(path) if kind == "instructor" and chapter else None
        notebook = Notebook(sources, kind, code, first, note, anchors, notes)
        notebook.add(pieces)
        content = notebook.finished(page=docname, version=__version__)
        nbformat.validate(content)
        found[kind] = (nbformat.writes(content) + "\n").encode()
    return found


def make_all(app, exception) -> None:
    """Write the notebooks of all pages, and a zip of each set."""
    if exception is not None or app.builder.name != "html":
        return
    names = sorted(name for name in app.env.found_docs if is_notebook(app, name))
    for name in names:
        if name not in getattr(app, "snnbook_pages", {}):  # it was not written this time
            app.env.get_and_resolve_doctree(name, app.builder)
    wanted = set().union(*(links for _, links in app.snnbook_pages.values()))
    files: dict[str, bytes] = {}
    for name in names:
        anchors = {anchor for page, anchor in wanted if page == name}
        pieces, _ = app.snnbook_pages[name]
        for kind, content in made(app, name, pieces, anchors).items():
            files[f"{kind}/{posixpath.basename(name)}.ipynb"] = content
    site = Path(app.outdir)
    replace_folder(site / "notebooks", with_zips(files, "../.."))
    replace_folder(site.parent / "notebooks", with_zips(files, f"../../{site.name}"))
    logger.info(f"notebooks: {len(names)} pages, {', '.join(KINDS)}")


def with_zips(files: dict[str, bytes], way: str) -> dict[str, bytes]:
    """Return notebooks that know the way to the site, and a zip of each kind."""
    found = {name: text.replace(TOP.encode(), way.encode()) for name, text in files.items()}
    for kind in KINDS:
        folder = {name: text for name, text in found.items() if name.startswith(f"{kind}/")}
        found[f"{kind}-notebooks.zip"] = packed(folder)
    return found


def download_buttons(name: str, top: str) -> list[dict]:
    """Return what the download menu of a page offers; ``top`` is the way to the site's top."""
    places = (
        ("Study notebook (.ipynb)", "fas fa-code", f"study/{name}.ipynb"),
        ("Notebook with solutions", "fas fa-check", f"solutions/{name}.ipynb"),
        ("All study notebooks (.zip)", "fas fa-box-archive", "study-notebooks.zip"),
        ("All with solutions (.zip)", "fas fa-box-archive", "solutions-notebooks.zip"),
        ("All for instructors (.zip)", "fas fa-box-archive", "instructor-notebooks.zip"),
    )
    return [
        {
            "type": "link",
            "url": f"{top}notebooks/{path}",
            "text": text,
            "icon": icon,
            "tooltip": f"Download: {text}",
            "label": f"download-{path.split('/')[0].split('.')[0]}-button",
        }
        for text, icon, path in places
    ]


def launch_buttons(name: str, repository: str, hub: str = "") -> list[dict]:
    """Return the buttons that open a study notebook elsewhere; [] without the repository's address.

    Colab, Kaggle and Binder open what lies on GitHub; a JupyterHub, by its address ``hub``, clones
    from anywhere.
    """
    if not repository:
        return []
    repository, path = repository.rstrip("/"), f"study/{name}.ipynb"
    places = []
    github = re.fullmatch(r"https?://github\.com/([^/]+)/([^/]+?)(?:\.git)?", repository)
    if github:
        project = f"{github[1]}/{github[2]}"
        file = f"{project}/blob/{BRANCH}/{path}"
        source = urlencode({"src": f"https://github.com/{file}"})
        lab = urlencode({"urlpath": f"lab/tree/{path}"})
        places = [
            ("Colab", f"https://colab.research.google.com/github/{file}", "logo_colab.png"),
            ("Kaggle", f"https://kaggle.com/kernels/welcome?{source}", "fas fa-k"),
            ("Binder", f"https://mybinder.org/v2/gh/{project}/{BRANCH}?{lab}", "logo_binder.svg"),
        ]
    if hub:
        folder = repository.rsplit("/", 1)[1].removesuffix(".git")
        query = {"repo": repository, "branch": BRANCH, "urlpath": f"lab/tree/{folder}/{path}"}
        address = f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(query)}"
        places.append(("JupyterHub", address, "logo_jupyterhub.svg"))
    return [
        {
            "type": "link",
            "text": text,
            "tooltip": f"Open the study notebook in {text}",
            "icon": icon if icon.startswith("fas") else f"_static/images/{icon}",
            "url": url,
        }
        for text, url, icon in places
    ]


def set_buttons(app, pagename: str, templatename, context, doctree) -> None:
    """Let the buttons of a page lead to its notebooks in place of its source."""
    if not is_notebook(app, pagename):
        return
    name, top = posixpath.basename(pagename), "../" * pagename.count("/")
    buttons = context.get("header_buttons", [])
    for group in buttons:
        if group.get("label") == "download-buttons":
            kept = [one for one in group["buttons"] if "source" not in one["label"]]
            kept = [one for one in kept if one["label"] != "download-notebook-button"]
            group["buttons"] = [*download_buttons(name, top), *kept]
    repository = os.environ.get("SNNBOOK_REPOSITORY_URL", "")
    found = launch_buttons(name, repository, os.environ.get("SNNBOOK_JUPYTERHUB_URL", ""))
    if found:
        buttons.append(
            {
                "type": "group",
                "tooltip": "Open this notebook elsewhere",
                "icon": "fas fa-rocket",
                "buttons": found,
                "label": "launch-buttons",
            }
        )


def setup(app) -> dict:
    # After all others have changed the page.
    app.connect("doctree-resolved", read_page, priority=900)
    # After the theme has made its buttons.
    app.connect("html-page-context", set_buttons, priority=950)
    app.connect("build-finished", make_all, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
