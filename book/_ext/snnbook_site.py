"""Site settings that need code: cache key, repository address, self-hosted scripts.

Loaded by Sphinx through ``sphinx.local_extensions`` in ``_config.yml``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE_HOME = Path("_build") / "execution-cache"

# What a page of mathematics asks for: the component that reads TeX and lays out CommonHTML, its
# fonts, TeX packages loaded on demand, and the accessibility menu.
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml", "input/tex", "a11y", "ui", "sre")


def execution_key(root: Path) -> str:
    """Return a hash of everything outside a notebook that can change its outputs.

    jupyter-cache already compares the code of each notebook; it cannot see that an imported
    module, a data file of the package or a pinned dependency has changed.
    """
    files = [root / "requirements.txt"]
    files += [
        path
        for path in (root / "snnbook").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def select_execution_cache(root: Path) -> Path:
    """Return the cache folder that belongs to the present sources and delete all others."""
    home = root / CACHE_HOME
    current = home / execution_key(root)
    for other in home.glob("*") if home.is_dir() else ():
        if other != current:
            shutil.rmtree(other, ignore_errors=True)
    return current


def repository_options(address: str, branch: str) -> dict:
    """Return theme options for the buttons that lead to the sources, or {} without an address."""
    if not address:
        return {}
    return {
        "repository_url": address.rstrip("/"),
        "repository_branch": branch,
        "path_to_docs": "",
        "use_repository_button": True,
        "use_issues_button": True,
        "use_edit_page_button": False,
    }


def configure(app, config) -> None:
    """Set what depends on the sources and on the environment."""
    # A new path is a changed setting, so Sphinx also reads every page again.
    config.nb_execution_cache_path = str(select_execution_cache(ROOT))
    config.mathjax_path = "mathjax/tex-chtml.js"
    config.html_theme_options.update(
        repository_options(
            os.environ.get("SNNBOOK_REPOSITORY_URL", ""),
            os.environ.get("SNNBOOK_REPOSITORY_BRANCH", "main"),
        )
    )
    config.html_context["default_mode"] = "auto"
    base = os.environ.get("SNNBOOK_BASE_URL", "")
    if base:
        config.html_baseurl = base.rstrip("/") + "/"


def drop_unused_scripts(app, pagename, templatename, context, doctree) -> None:
    """Leave out the live-kernel client: it would be fetched from elsewhere, and it loads twice."""

    def wanted(script) -> bool:
        text = f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', '')}"
        return "thebe" not in text.lower()

    context["script_files"] = [script for script in context["script_files"] if wanted(script)]


def copy_mathjax(app, exception) -> None:
    """Copy the mathematics scripts and fonts into the site."""
    if exception is not None or app.builder.format != "html":
        return
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    source = Path(spec.origin).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    for part in MATHJAX_PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, dirs_exist_ok=True)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / part, target / part)


def setup(app) -> dict:
    app.connect("config-inited", configure)
    # After the theme and sphinx-thebe have added theirs.
    app.connect("html-page-context", drop_unused_scripts, priority=900)
    app.connect("build-finished", copy_mathjax)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
