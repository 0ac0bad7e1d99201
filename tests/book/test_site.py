"""The built site, page by page, and the checks themselves on pages with known faults."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from check_site import check_content, check_page, css_references, foreign_hosts, toc_files


@pytest.fixture(scope="module")
def seen():
    return {}


@pytest.mark.site
@pytest.mark.parametrize("page", toc_files())
def test_page_is_sound(site, seen, page):
    assert check_page(site, page, seen) == []


@pytest.mark.site
def test_no_page_beyond_the_contents(site):
    built = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    extra = {"index", "genindex", "search", "py-modindex", "404"}
    own = {page for page in built if not page.startswith(("_static/", "slides/"))}
    assert own - extra == set(toc_files())


def soup(body: str, head: str = "") -> BeautifulSoup:
    page = f"<html><head>{head}</head><body><article><h1>T</h1>{body}</article></body></html>"
    return BeautifulSoup(page, "html.parser")


@pytest.mark.parametrize(
    "body",
    [
        '<div class="cell_output"><pre>Traceback (most recent call last)</pre></div>',
        '<div class="output stderr"><pre>UserWarning: slow</pre></div>',
        '<img src="a.svg" alt="">',
        '<img src="../_images/a.svg" alt="../_images/a.svg">',
        '<span class="problematic">glue</span>',
        r"<table><tr><td>$e^{- 2 \left</td></tr></table>",
        "<p>| arm | rate | |—|—| | a | 1 |</p>",
        "<p>:::{div} claims</p>",
    ],
)
def test_faults_are_seen(body):
    assert check_content("page", soup(body), [])


def test_missing_equation_and_figure_are_seen():
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "$$\nx\n$$ (eq-x)"},
        {"cell_type": "code", "metadata": {"mystnb": {"figure": {"name": "fig-x"}}}, "source": ""},
    ]
    assert len(check_content("page", soup("text"), cells)) == 3
    good = '<div id="equation-eq-x"></div><div class="cell_output" id="fig-x"><svg></svg></div>'
    assert check_content("page", soup(good), cells) == []


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ('<img src="https://elsewhere.org/a.png">', ""),
        ("", '<script src="//elsewhere.org/a.js"></script>'),
        ("", '<link rel="stylesheet" href="https://elsewhere.org/a.css">'),
        ('<p style="background: url(https://elsewhere.org/a.png)"></p>', ""),
        ("", "<style>@import 'https://elsewhere.org/a.css';</style>"),
        ('<script type="module">import x from "https://elsewhere.org/a.js"</script>', ""),
        ('<iframe src="http://elsewhere.org"></iframe>', ""),
    ],
)
def test_foreign_hosts_are_seen(tmp_path, body, head):
    assert foreign_hosts(tmp_path / "page.html", soup(body, head), {})


def test_links_and_own_files_are_no_foreign_hosts(tmp_path):
    (tmp_path / "a.css").write_text("p { background: url(data:image/png;base64,AA==) }")
    body = '<a href="https://elsewhere.org">a link</a>'
    page = soup(body, '<link rel="stylesheet" href="a.css?v=1">')
    assert foreign_hosts(tmp_path / "page.html", page, {}) == []


def test_foreign_font_in_a_style_sheet_is_seen(tmp_path):
    (tmp_path / "a.css").write_text("@font-face { src: url('https://elsewhere.org/f.woff2') }")
    assert css_references("@import 'x.css'; p { background: url(y.png) }") == ["x.css", "y.png"]
    page = soup("", '<link rel="stylesheet" href="a.css">')
    assert foreign_hosts(tmp_path / "page.html", page, {})
