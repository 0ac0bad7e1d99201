"""Links to the glossary and folded parts, on a small book of two pages."""

from __future__ import annotations

import io

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

GLOSSARY = """
# Glossary

```{glossary}
spike
  A short pulse.

  Symbol $S$; {doc}`page`.

spike train
  All spikes of one neuron.

  {doc}`page`.

backpropagation through time (BPTT)
  The exact gradient.

  {doc}`page`.
```
"""
PAGE = """
# A page about spikes

The word *spike* in italics is explained here, and `spike` is code.
Spike trains hold spikes; a spike-train is one, too.
BPTT is exact, and backpropagation through time is its name.

:::{dropdown} A fold about a spike
A spike in a fold.
:::

## Later

:::{optional} What *others* do with a spike.
:::

Inside is a paragraph.

(inner)=
### An inner heading

And another.

## After

The end, with a link to {ref}`the inner part <inner>`.
"""


def build(folder, page: str) -> BeautifulSoup:
    """Build the two pages, and return the second."""
    (folder / "book").mkdir()
    (folder / "book" / "glossary.md").write_text(GLOSSARY)
    (folder / "book" / "page.md").write_text(page)
    (folder / "index.md").write_text("# Book\n\n```{toctree}\nbook/glossary\nbook/page\n```\n")
    settings = {
        "extensions": ["myst_parser", "sphinx_design", "snnbook_terms", "snnbook_optional"],
        "myst_enable_extensions": ["colon_fence", "dollarmath"],
        "html_theme": "basic",
    }
    out, said = folder / "out", io.StringIO()
    app = Sphinx(folder, None, out, folder / "doctrees", "html", settings, None, said)
    app.build()
    assert "WARNING" not in said.getvalue(), said.getvalue()
    return BeautifulSoup((out / "book" / "page.html").read_text(), "html.parser")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return build(tmp_path_factory.mktemp("book"), PAGE)


def test_the_first_use_of_a_word_is_a_link(page):
    found = [(link.text, link["href"].split("#")[1]) for link in page.select("a.term")]
    main = [("Spike trains", "term-spike-train"), ("spikes", "term-spike")]
    assert found == [
        *main,
        ("BPTT", "term-backpropagation-through-time-BPTT"),
        ("spike", "term-spike"),
    ]  # the last one in the fold
    assert page.select("a.term")[1]["title"] == "A short pulse."


def test_titles_code_and_italics_have_no_link(page):
    assert not page.select("h1 a.term, code a.term, em a.term, summary a.term")


def test_an_optional_part_is_folded_with_its_subsections(page):
    fold = page.select_one("details.optional")
    assert fold.summary.get_text(" ", strip=True) == "Optional. What others do with a spike."
    assert fold.find(id="inner") is not None
    assert "Inside is a paragraph" in fold.text and "The end" not in fold.text
    assert fold.find_parent("section").h2.text.startswith("Later")


def test_optional_stands_below_a_heading(tmp_path):
    with pytest.raises(ExtensionError, match="optional stands below a heading"):
        build(tmp_path, "# A page\n\n- in a list\n\n  ```{optional} No.\n  ```\n")
