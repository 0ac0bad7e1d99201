"""No word before its explanation: abbreviations are spelled out, and the glossary is linked."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from check_site import ROOT, read_cells, source_of, toc_files
from snnbook_terms import LEFT_ALONE, is_short, key, keys, names_of, pattern

GLOSSARY = ROOT / "book" / "glossary.md"
BLOCK = re.compile(r"^```\{glossary\}\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
#: Capitals that are names, not abbreviations of words that a reader must know.
NAMES = set(
    "CC BY BSD MIT IEEE CPU GPU MB SVG CSV PDF DOI MNIST CIFAR DVS SLAYER DECOLLE EEDN REINFORCE "
    "ON OFF JSON CUDA AMD EPYC WAV".split()
)
SHORT = re.compile(r"(?<![\w./-])(?:[A-Z]{2,}|e[A-Z]{2,}|ReLU)s?(?![\w-])")
NOT_PROSE = re.compile(
    r"^```.*?^```|\$\$.*?\$\$(?: \([\w-]+\))?|^%.*?$|^:label:.*?$|\{[\w:+-]+\}`[^`]*`|`[^`]*`"
    r"|\$[^$]*\$|\]\([^)]*\)|^\([\w-]+\)=$|<[^>]+>",
    re.MULTILINE | re.DOTALL,
)
PAGES = [page for page in toc_files() if page not in LEFT_ALONE]


def terms() -> dict[str, str]:
    """Return the entries of the glossary: first name and the text of the entry."""
    found = {}
    for block in BLOCK.finditer(GLOSSARY.read_text()):
        for entry in re.split(r"\n(?=\S)", block["body"].strip()):
            head, _, text = entry.partition("\n  ")
            found[head] = text
    return found


def entries() -> list[tuple[list[str], str]]:
    """Return names and text of each entry; terms on lines that follow one another share it."""
    found, names = [], []
    for head, text in terms().items():
        names += names_of(head)
        if text:
            found.append((names, text))
            names = []
    assert not names
    return found


def prose(page: str) -> str:
    """Return what a reader reads of a page, without code, mathematics and targets."""
    cells = [cell for cell in read_cells(source_of(page)) if cell["cell_type"] == "markdown"]
    return NOT_PROSE.sub(" ", "\n\n".join(cell["source"] for cell in cells))


def unexplained(text: str, long_of: dict[str, str]) -> list[str]:
    """Return the abbreviations that a text uses before it has spelled them out."""
    found = []
    for short in dict.fromkeys(hit.group().removesuffix("s") for hit in SHORT.finditer(text)):
        if short in NAMES or re.fullmatch("[IVX]+", short):
            continue
        first = next(hit.start() for hit in SHORT.finditer(text) if hit.group().startswith(short))
        paragraph = text[: first + len(short) + 2]
        long = long_of.get(short)
        words = long and r"[\s-]+".join(map(re.escape, re.split(r"[\s-]", long)))
        if not long and not re.search(rf"\w{{3,}} \({short}\)", paragraph):
            found.append(f"{short}: not spelled out, and in no entry of the glossary")
        elif long and not re.search(rf"{words}s?\s+\({short}s?\)", paragraph, re.IGNORECASE):
            found.append(f"{short}: not spelled out at first use: {text[first - 60 : first + 9]!r}")
    return found


@pytest.mark.parametrize("page", PAGES)
def test_abbreviations_are_spelled_out(page):
    long_of = {names[1]: names[0] for names in map(names_of, terms()) if len(names) == 2}
    assert unexplained(prose(page), long_of) == []


def test_an_abbreviation_without_its_words_is_seen():
    long_of = {"BPTT": "backpropagation through time"}
    good = "Backpropagation through\ntime (BPTT) is exact. BPTT is slow."
    assert unexplained(good, long_of) == []
    assert unexplained("BPTT is backpropagation through time (BPTT).", long_of)
    assert unexplained("The XYZ is not in the list.", long_of)


def test_each_entry_is_one_sentence_and_names_its_chapter():
    for names, text in entries():
        meaning, _, rest = text.partition("\n\n")
        assert meaning.endswith(".") and meaning.count(". ") == 0, names
        assert "$" not in meaning, f"{names}: the sentence is shown where the word is linked"
        assert re.search(r"\{doc\}`(?:\d\d\w?-[\w-]+|(?:your-)?data)`\.$", rest.strip()), names


def test_entries_stand_once():
    names = [key(name) for found, _ in entries() for name in found]
    assert sorted(set(names)) == sorted(names)


def test_symbols_of_the_glossary_are_in_the_notation():
    notation = (ROOT / "book" / "notation.md").read_text()
    for names, text in entries():
        for symbol in re.findall(r"\$([^$]+)\$", text):
            first = symbol.split(" = ")[0]
            assert first in notation, f"{names}: {first}"


# Symbols ------------------------------------------------------------------------------------------

UPRIGHT = re.compile(r"\\(?:text|mathrm|operatorname|begin|end|mathbb)\*?\{[^{}]*\}|\\[ ,;!\\]")
#: What TeX draws or every reader knows: operators, brackets, functions, numbers.
COMMON = set(
    r"\Big \Bigl \Bigr \Longrightarrow \Rightarrow \approx \arccos \bar \big \bigl "
    r"\bigr \cdot \circ \cos \cosh \dfrac \dot \dots \exp \frac \ge \gg \hat \in "
    r"\infty \int \lVert \langle \ldots \le \left \leftarrow \lfloor \ln \log \mathbb "
    r"\mathcal \max \mid \min \nabla \ne \neq \oint \partial \pi \pm \prod \qquad "
    r"\quad \rVert \rangle \rfloor \right \sim \sqrt \sum \tanh \textstyle \tfrac "
    r"\tilde \times \to \top \underbrace e d O".split()
)


def symbols(tex: str) -> set[str]:
    """Return the letters and the commands of a formula, without upright words."""
    tex = UPRIGHT.sub(" ", tex)
    commands = set(re.findall(r"\\[A-Za-z]+", tex))
    return commands | set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", tex)))


@pytest.mark.parametrize("page", [page for page in PAGES if re.search(r"/\d\d", page)])
def test_symbols_of_labelled_equations_are_in_the_notation(page):
    notation = (ROOT / "book" / "notation.md").read_text()
    known = symbols(" ".join(re.findall(r"\$([^$]+)\$", notation))) | COMMON
    cells = [cell for cell in read_cells(source_of(page)) if cell["cell_type"] == "markdown"]
    text = "\n".join(cell["source"] for cell in cells)
    labelled = re.findall(r"\$\$((?:(?!\$\$).)*?)\$\$ \(eq-[\w-]+\)", text, re.DOTALL)
    assert {one for tex in labelled for one in symbols(tex)} - known == set()


def test_a_symbol_without_a_row_is_seen():
    assert symbols(r"\xi_\text{mem} = \frac{q}{2}") - COMMON == {r"\xi", "q"}


# On the site ------------------------------------------------------------------------------------

SKIPPED = ["h1", "h2", "h3", "h4", "pre", "code", "em", "summary", "figcaption", "button", "script"]
SKIPPED += ["style", "cite", "svg", "math", "nav", ".admonition-title"]


def first_uses(article) -> dict[str, object]:
    """Return the first text outside of folds, titles and code that uses each word, or its link."""
    left_out = [*SKIPPED, "details", ".math", ".cell_output"]
    for one in article.select(", ".join(left_out)):
        one.decompose()
    words = pattern([name for names, _ in entries() for name in names])
    owner = {one: names[0] for names, _ in entries() for name in names for one in keys(name)}
    first = {}
    for text in article.find_all(string=words):
        for hit in words.finditer(str(text)):
            first.setdefault(owner.get(key(hit.group())), text)
    return first


@pytest.mark.site
@pytest.mark.parametrize("page", PAGES)
def test_first_uses_are_linked(site, page):
    article = BeautifulSoup((site / f"{page}.html").read_text(), "html.parser").article
    for name, text in first_uses(article).items():
        link = text.find_parent("a")
        assert link is not None, f"{name}: {text}"


@pytest.mark.site
def test_links_of_the_glossary_say_what_the_word_means(site):
    page = BeautifulSoup((site / "book/02-snns-as-rnns.html").read_text(), "html.parser")
    links = page.select("a.term")
    assert len(links) > 8
    anchors = {
        node["id"]
        for node in BeautifulSoup((site / "book/glossary.html").read_text(), "html.parser").select(
            "dt[id]"
        )
    }
    for link in links:
        assert link["title"].endswith(".")
        assert link["href"].split("#")[1] in anchors


def test_abbreviations_keep_their_capitals():
    assert is_short("BPTT") and is_short("eRBP") and not is_short("spike")
    assert not pattern(["RNN"]).search("rnn")
