"""The notebooks made from the pages: they say what the site says, in Markdown that all show."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from check_site import ROOT, figure_settings, read_cells, toc_files
from made_notebooks import KINDS, PAGES, article, cells_of, code, formula, rendered, texts, words
from reading_time import ROLE
from snnbook_numbers import numbers_of

#: What only Sphinx reads, outside of code and mathematics.
MYST = re.compile(
    r"\{[\w:-]+\}|^ *:::|^\([\w-]+\)=|\)=\s*$|^%|^\+\+\+|\]\(\)|\]\(#?\)|(?<!.)\[\]\(|<project:",
    re.M,
)
CODE = re.compile(
    r"^(`{3,}).*?^\1|(`+)(?!`).*?(?<!`)\2(?!`)|\$\$.*?\$\$|(?<!\\)\$[^$]+\$", re.M | re.S
)

each_page = pytest.mark.parametrize("page", PAGES)
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def notebooks(site) -> Path:
    folder = site / "notebooks"
    assert {path.name for path in folder.iterdir() if path.is_dir()} == set(KINDS)
    return folder


@pytest.mark.site
@each_kind
@each_page
def test_is_valid_and_has_not_run(notebooks, page, kind):
    path = notebooks / kind / f"{Path(page).name}.ipynb"
    content = nbformat.read(path, as_version=4)
    nbformat.validate(content)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in content.cells)
    assert len({cell.id for cell in content.cells}) == len(content.cells)
    assert content.metadata.snnbook.kind == kind
    assert content.metadata.kernelspec.name == "python3"


@pytest.mark.site
@each_kind
@each_page
def test_has_no_myst(notebooks, page, kind):
    for text in texts(cells_of(notebooks, kind, page)):
        found = MYST.search(CODE.sub("", text))
        assert found is None, f"{found[0]!r} in: {text[:300]}"


@pytest.mark.parametrize(
    "text",
    [
        "{glue:text}`ch05-levels`",
        "see {doc}`05b-locality`",
        ":::{dropdown} Before you start",
        "(ch05-dead)=\n## Dead",
        "% typed number: the reason",
        "[](#fig-05-line)",
    ],
)
def test_myst_is_seen(text):
    assert MYST.search(CODE.sub("", text))


@pytest.mark.site
@each_page
def test_says_what_the_page_says(site, notebooks, page):
    """Word by word, with every number, and formula by formula."""
    said = article(site, page)
    formulas = [formula(one.extract().get_text()) for one in said.select(".math")]
    shown, shown_formulas = [], []
    for text in texts(cells_of(notebooks, "study", page))[1:]:  # without title and note
        soup = rendered(text)
        for one in soup.select("details"):
            if one.summary.get_text() == "The figure in words":
                one.decompose()
        shown_formulas += [formula(one.extract().get_text()) for one in soup.select(".math")]
        shown += words(soup.get_text(" "))
    assert shown == words(said.get_text(" "))
    assert shown_formulas == formulas


@pytest.mark.site
@each_page
def test_title_and_equations_have_the_numbers_of_the_page(site, notebooks, page):
    said = article(site, page)
    cells = texts(cells_of(notebooks, "study", page))
    numbers = re.findall(r"\\tag\{(.*?)\}", " ".join(cells))
    assert numbers == [one.get_text().strip("()# \n") for one in said.select(".eqno")]
    chapter = Path(page).name.split("-")[0].lstrip("0")
    if chapter[0].isdigit():
        assert cells[0].startswith(f"# {chapter}. ")
        assert all(one.startswith(f"{chapter}.") for one in numbers)


@pytest.mark.site
@each_page
def test_figures_have_number_caption_and_words(notebooks, page):
    source = read_cells(ROOT / f"{page}.ipynb")
    drawn = {cell["id"]: figure_settings(cell) for cell in source}
    drawn = {id: one for id, one in drawn.items() if "figure" in one}
    root, *pages = toc_files()
    number = numbers_of([one for one in pages if one.startswith("book/")], root)[page]
    cells = cells_of(notebooks, "study", page)
    below = {cell["id"]: after["source"] for cell, after in zip(cells, cells[1:])}
    for place, (id, one) in enumerate(drawn.items(), 1):
        assert f"**Fig. {number}.{place}** " in below[id]
        _, words_of_figure = below[id].split("The figure in words</summary>")
        assert words(rendered(words_of_figure).get_text(" ")) == words(one["image"]["alt"])


def role_of(cell: dict) -> tuple[str, str] | None:
    """Return what a cell of the source is in an exercise: its part and the exercise."""
    found = [ROLE.fullmatch(tag) for tag in cell["metadata"].get("tags", [])]
    return next((one.groups() for one in found if one), None)


@pytest.mark.site
@each_page
def test_study_and_solutions_differ_only_in_the_exercises(notebooks, page):
    roles = {cell["id"]: role_of(cell) for cell in read_cells(ROOT / f"{page}.ipynb")}
    study, solved, taught = (cells_of(notebooks, kind, page) for kind in KINDS)
    asked = [role[1] for role in roles.values() if role and role[0] == "exercise"]
    answers = {id for id, role in roles.items() if role and role[0] == "solution"}
    answers |= {f"title-{id}" for id in asked}
    assert [cell for cell in solved if cell["id"] not in answers] == study
    assert {cell["id"] for cell in solved} - {cell["id"] for cell in study} == answers
    assert [cell for cell in taught if not cell["id"].startswith("note-")] == solved
    if asked:
        notes = " ".join(c["source"] for c in taught if c["id"].startswith("note-"))
        assert all(f"Exercise {id}:" in notes for id in asked) and "| to read |" in notes


@pytest.mark.site
@each_page
def test_exercises_are_open_and_help_on_request(notebooks, page):
    roles = map(role_of, read_cells(ROOT / f"{page}.ipynb"))
    asked = [role[1] for role in roles if role and role[0] == "exercise"]
    source = code(cells_of(notebooks, "study", page))[1:]
    for id in asked:
        place = next(i for i, text in enumerate(source) if f'\n# hint("{id}")' in text)
        assert "..." in source[place] and f'check("{id}"' in source[place]
        before = "\n".join(source[:place])
        assert re.search(r"^from snnbook.exercises import .*\bhint\b", before, re.M)
    assert len(set(asked)) == len(asked)
