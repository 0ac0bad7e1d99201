"""What helps to find, date and cite a page.

The date of the last change and "Cite this page" stand on every page, and there is a page for
addresses that lead nowhere. Once the public address is known (``SNNBOOK_BASE_URL``), a map of the
site, descriptions and pictures for links to a page are made too.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import urlparse

PAPER = "neftci2019surrogate"
LOST = """<h1>There is no page here</h1>
<p>The address may have a typing mistake in it, or the page has moved.
The contents and the search of the book find it again, and
<a href="{home}">the book begins here</a>.</p>"""


@cache
def last_changes(root: Path) -> dict[str, str]:
    """Return the day of the last commit of each file below ``root``; {} where Git cannot tell.

    A shallow clone has one commit, which would date every page alike: it tells nothing.
    """
    try:
        shallow = _git(root, "rev-parse", "--is-shallow-repository").strip()
        log = "" if shallow == "true" else _git(root, "log", "--relative", *LOG)
    except (OSError, subprocess.CalledProcessError):
        return {}
    found: dict[str, str] = {}
    for commit in log.split("\1")[1:]:
        day, *files = commit.strip().splitlines()
        for name in files:
            if name:
                found.setdefault(name, day)
    return found


LOG = ("--format=%x01%cs", "--name-only", "--no-renames")


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.quotePath=false", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


def plain_title(title: str) -> str:
    """Return a page's title without markup, as a line of BibTeX.

    >>> plain_title('5. Spikes &amp; <em>slopes</em>')
    '5. Spikes \\\\& slopes'
    """
    words = html.unescape(re.sub(r"<[^>]*>", "", title))
    return re.sub(r"([&%#_$])", r"\\\1", " ".join(words.split()))


def bibtex(page: str, title: str, config, base: str = "") -> str:
    """Return the BibTeX entry of one page; it has an address where that is known."""
    from snnbook import __version__

    lines = [
        f"author = {{{{{config.author}}}}}",
        f"title = {{{plain_title(title)}}}",
        f"howpublished = {{In: {plain_title(config.project)}, version {__version__}}}",
        f"year = {{{re.search(r'[0-9]{4}', str(config.copyright)).group()}}}",
    ]
    if base:
        lines.append(f"url = {{{base.rstrip('/')}/{page}.html}}")
    key = "snnbook-" + page.rpartition("/")[2]
    return f"@misc{{{key},\n  " + ",\n  ".join(lines) + "\n}"


def entry_of(bibliography: str, key: str) -> str:
    """Return one entry of a BibTeX file as it stands there.

    >>> entry_of('@book{a,\\n  x = {1}\\n}\\n@book{b,\\n  x = {2}\\n}\\n', 'b')
    '@book{b,\\n  x = {2}\\n}'
    """
    return re.search(rf"^@\w+\{{{re.escape(key)},.*?^\}}", bibliography, re.M | re.S).group()


def citation(page: str, title: str, config, paper: str, base: str = "") -> str:
    """Return the folded part "Cite this page": the page, and the paper that the book follows."""
    text = html.escape(f"{bibtex(page, title, config, base)}\n\n{paper}")
    return (
        '\n<details class="cite-page"><summary>Cite this page</summary>\n'
        "<p>The first entry is this page, the second the paper that the book follows.</p>\n"
        '<div class="highlight-bibtex notranslate"><div class="highlight">'
        f'<pre tabindex="0">{text}\n</pre></div></div>\n</details>\n'
    )


def add_to_page(app, pagename, templatename, context, doctree) -> None:
    """Date a page of the book, and say how to cite it."""
    if pagename not in app.env.found_docs or "body" not in context:
        return
    source = Path(app.env.doc2path(pagename))
    context["last_updated"] = last_changes(Path(app.srcdir)).get(
        source.relative_to(app.srcdir).as_posix()
    )
    bibliography = Path(app.srcdir, app.config.bibtex_bibfiles[0]).read_text(encoding="utf-8")
    context["body"] += citation(
        pagename,
        context["title"],
        app.config,
        entry_of(bibliography, PAPER),
        os.environ.get("SNNBOOK_BASE_URL", ""),
    )


def switcher_options(address: str, version: str) -> dict:
    """Return theme options for the list of versions, or {} where no list is published."""
    if not address:
        return {}
    return {
        "switcher": {"json_url": address, "version_match": version},
        "check_switcher": False,  # it is asked for by the page, once that is published
        "article_header_end": ["version-switcher.html", "article-header-buttons.html"],
    }


def configure(app, config) -> None:
    """Set what the public address decides."""
    base = os.environ.get("SNNBOOK_BASE_URL", "").rstrip("/")
    prefix = f"{urlparse(base).path.rstrip('/')}/"
    config.notfound_urls_prefix = prefix
    home = f"{prefix}{config.root_doc}.html"
    config.notfound_context = {"title": "Not found", "body": LOST.format(home=home)}
    config.html_theme_options.update(
        switcher_options(
            os.environ.get("SNNBOOK_SWITCHER_URL", ""), os.environ.get("SNNBOOK_VERSION", "latest")
        )
    )
    if base:
        config.sitemap_url_scheme = "{link}"
        config.sitemap_excludes = ["404.html", "genindex.html", "py-modindex.html", "search.html"]
        config.ogp_site_url = f"{base}/"
        config.ogp_site_name = config.project


def setup(app) -> dict:
    app.setup_extension("notfound.extension")
    if os.environ.get("SNNBOOK_BASE_URL"):
        app.setup_extension("sphinx_sitemap")
        app.setup_extension("sphinxext.opengraph")
    app.connect("config-inited", configure, priority=400)
    app.connect("html-page-context", add_to_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
