"""Site settings that need code: repository address, self-hosted scripts.

Loaded by Sphinx through ``sphinx.local_extensions`` in ``_config.yml``.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

# What a page of mathematics asks for: the component that reads TeX and lays out CommonHTML, its
# fonts, TeX packages loaded on demand, and the accessibility menu.
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml", "input/tex", "a11y", "ui", "sre")


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
        "use_edit_page_button": True,
    }


def configure(app, config) -> None:
    """Set what depends on the environment."""
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
