"""Date, citation, page for lost addresses, and what a public address adds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import pytest
import snnbook_find
import yaml
from bs4 import BeautifulSoup
from check_site import ROOT, toc_files
from pybtex.database import parse_string
from snnbook_find import bibtex, citation, entry_of, last_changes, plain_title, switcher_options

import snnbook

CONFIG = SimpleNamespace(author="A & B", project="A Book", copyright="2026")
PAPER = entry_of((ROOT / "book" / "references.bib").read_text(), snnbook_find.PAPER)


def git(folder, *arguments, day="2026-01-02"):
    name = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    when = {"GIT_AUTHOR_DATE": f"{day}T12:00:00Z", "GIT_COMMITTER_DATE": f"{day}T12:00:00Z"}
    command = ["git", *name, *arguments]
    subprocess.run(command, cwd=folder, check=True, env=os.environ | when, capture_output=True)


@pytest.fixture
def history(tmp_path):
    """A repository in which a.md changed twice, and b.md once."""
    (tmp_path / "repository").mkdir()
    folder = tmp_path / "repository"
    git(folder, "init", "-q")
    for text, day in (("one", "2026-01-02"), ("two", "2026-03-04")):
        (folder / "a.md").write_text(text)
        if text == "one":
            (folder / "b ü.md").write_text(text)
        git(folder, "add", ".")
        git(folder, "commit", "-qm", text, day=day)
    return folder


def test_a_file_has_the_day_of_its_last_commit(history):
    (history / "new.md").touch()
    assert last_changes(history) == {"a.md": "2026-03-04", "b ü.md": "2026-01-02"}


def test_a_shallow_clone_and_a_bare_folder_date_nothing(history, tmp_path):
    git(tmp_path, "clone", "-q", "--depth", "1", history.as_uri(), "shallow")
    assert last_changes(tmp_path / "shallow") == {}
    (tmp_path / "no repository").mkdir()
    assert last_changes(tmp_path / "no repository") == {}


def test_the_entry_of_a_page_is_sound_bibtex():
    text = bibtex("book/05-x", "5. Rates &amp; <em>slopes</em>", CONFIG)
    (key,) = parse_string(text, "bibtex").entries
    fields = parse_string(text, "bibtex").entries[key].fields
    assert key == "snnbook-05-x" and fields["title"] == r"5. Rates \& slopes"
    assert fields["year"] == "2026" and snnbook.__version__ in fields["howpublished"]
    assert "url" not in fields


def test_the_address_of_a_page_is_cited_where_it_is_known():
    text = bibtex("book/05-x", "T", CONFIG, "https://example.org/book/")
    assert "url = {https://example.org/book/book/05-x.html}" in text


def test_the_paper_is_cited_as_the_bibliography_has_it():
    (entry,) = parse_string(PAPER, "bibtex").entries.values()
    assert entry.fields["doi"] == "10.1109/MSP.2019.2931595"


def test_a_title_cannot_break_out_of_the_page():
    made = citation("book/a", "<b>x</b> &lt;script&gt;", CONFIG, PAPER)
    shown = BeautifulSoup(made, "html.parser")
    assert shown.find("script") is None and "<script>" in shown.pre.get_text()
    assert plain_title("a_b $x$ #1") == r"a\_b \$x\$ \#1"


def test_a_list_of_versions_needs_its_address():
    assert switcher_options("", "0.1.0") == {}
    assert switcher_options("https://example.org/switcher.json", "0.1.0")["switcher"] == {
        "json_url": "https://example.org/switcher.json",
        "version_match": "0.1.0",
    }


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A book of two pages, built with a public address."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "index.md").write_text("# A book\n\nSpikes are short.\n\n```{toctree}\nbook/a\n```\n")
    (folder / "book").mkdir()
    (folder / "book" / "a.md").write_text("# One page\n\nIt says what a gradient is.\n")
    (folder / "references.bib").write_text(PAPER + "\n")
    settings = {
        "project": "A Book",
        "author": "The authors",
        "copyright": "2026",
        "html_baseurl": "https://example.org/text/",
        "extensions": ["myst_parser", "sphinxcontrib.bibtex", "snnbook_find"],
        "bibtex_bibfiles": ["references.bib"],
        "html_theme": "pydata_sphinx_theme",
    }
    lines = [f"{name} = {value!r}" for name, value in settings.items()]
    lines.insert(0, f"import sys; sys.path.insert(0, {str(ROOT / 'book' / '_ext')!r})")
    (folder / "conf.py").write_text("\n".join(lines))
    code = "import sys; from sphinx.cmd.build import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "-q", "-W", "-n", ".", "out"],
        cwd=folder,
        env=os.environ | {"SNNBOOK_BASE_URL": "https://example.org/text"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_a_public_site_has_a_map(public):
    text = (public / "sitemap.xml").read_text()
    assert "<loc>https://example.org/text/book/a.html</loc>" in text
    assert "404" not in text and "search" not in text


def test_a_public_page_has_a_card_and_a_description(public):
    page = BeautifulSoup((public / "book" / "a.html").read_text(), "html.parser")
    tags = {one.get("property"): one.get("content") for one in page.find_all("meta")}
    assert tags["og:url"] == "https://example.org/text/book/a.html"
    assert tags["og:title"] == "One page"
    assert tags["og:description"] == "It says what a gradient is."
    assert page.find("meta", attrs={"name": "description"})["content"] == tags["og:description"]
    picture = tags["og:image"].removeprefix("https://example.org/text/")
    assert (public / picture).read_bytes().startswith(b"\x89PNG")


def test_a_lost_address_leads_home_from_wherever_it_was(public):
    page = BeautifulSoup((public / "404.html").read_text(), "html.parser")
    assert page.find("a", string="the book begins here")["href"] == "/text/index.html"
    loaded = [one["href"] for one in page.find_all("link", rel="stylesheet")]
    assert loaded and all(one.startswith("/text/_static/") for one in loaded)
    assert page.select_one("details.cite-page") is None


@pytest.mark.site
def test_every_page_says_how_to_cite_it_and_when_it_changed(site):
    known = last_changes(ROOT)
    for name in toc_files():
        page = BeautifulSoup((site / f"{name}.html").read_text(), "html.parser")
        text = page.select_one("details.cite-page pre").get_text()
        assert list(parse_string(text, "bibtex").entries) == [
            "snnbook-" + name.rpartition("/")[2],
            snnbook_find.PAPER,
        ]
        assert (page.select_one("p.last-updated") is None) == (not known), name


@pytest.mark.site
def test_a_site_without_an_address_names_none(site):
    assert not (site / "sitemap.xml").exists()
    page = (site / f"{toc_files()[0]}.html").read_text()
    assert "og:url" not in page and "version-switcher" not in page.partition("<body")[2]


def test_citation_and_archive_agree_with_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    archive = json.loads((ROOT / ".zenodo.json").read_text())
    assert citation["version"] == archive["version"] == snnbook.__version__
    assert citation["title"] == archive["title"]
    assert citation["license"] == project["license"]
    assert archive["license"] == project["license"].lower()
    assert citation["authors"] == archive["creators"] == project["authors"]
    assert set(citation["keywords"]) <= set(project["keywords"])
    assert archive["keywords"] == project["keywords"]
    assert archive["description"] == citation["abstract"].strip()
    assert archive["related_identifiers"][0]["identifier"] == citation["references"][0]["doi"]
