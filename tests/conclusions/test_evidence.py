"""The page of evidence says what the stored files hold, and where they hold no search."""

import re
from pathlib import Path

import pytest

from snnbook import results
from snnbook.conclusions import CLAIMS, LATER, budget, evidence_table

#: A result as the protocol stores it, with all kinds of settings.
SEARCHED = {
    "search_seeds": [1000, 1001],
    "search": [
        {"arm": "bptt", "depth": 2, "lr": lr, "wide": wide, "seed": 1000, "validation": 0.5}
        for lr in (0.01, 0.02, 0.05)
        for wide in (False, True)
    ],
    "choices": [
        {"arm": "bptt", "depth": 2, "lr": 0.02, "wide": True},
        {"arm": "no_hidden", "depth": 0},
    ],
    "budget": [
        {"arm": "bptt", "depth": 2, "settings": 6, "networks": 17, "seconds": 41.6},
        {"arm": "no_hidden", "depth": 0, "settings": 0, "networks": 5, "seconds": 0.9},
    ],
}


@pytest.fixture
def stored(monkeypatch):
    """Return a function that puts data in the place of those of every result."""
    return lambda data: monkeypatch.setattr(results, "load", lambda name: data)


def lines(name="ch01_hidden_layer"):
    return [line for line in budget(name).splitlines() if line.startswith("| ")][1:]


def test_each_claim_has_its_row_and_each_row_its_results():
    rows = [line for line in evidence_table(CLAIMS).splitlines() if line.startswith("| ")][1:]
    assert [int(row.split(" | ")[0][2:]) for row in rows] == [claim.number for claim in CLAIMS]
    for claim, row in zip(CLAIMS, rows):
        assert re.findall(r"`(\w+)`", row) == list(claim.sources)
        assert ("none: computed" in row) == (not claim.sources)


def test_the_page_shows_the_claims_after_the_paper_apart():
    page = (Path(__file__).parents[2] / "book" / "evidence.ipynb").read_text()
    calls = re.findall(r"evidence_table\(conclusions\.(\w+)\)", page)
    assert calls == ["CLAIMS", "LATER"]
    rows = [line for line in evidence_table(LATER).splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[0][2:] for row in rows] == [claim.number for claim in LATER]


def test_an_arm_shows_what_it_was_given(stored):
    stored(SEARCHED)
    assert lines() == [
        "| bptt, depth 2 | 6 settings: lr 0.01 to 0.05 (3 values); wide no or yes "
        "| 17 networks, 42 s | lr 0.02, wide yes |",
        "| no hidden, depth 0 | nothing to choose | 5 networks, 1 s | – |",
    ]
    assert "with seeds 1000, 1001, which" in budget("ch01_hidden_layer")


def test_a_search_of_another_kind_is_told_too(stored):
    one = {"grid": [{"sigma": 0.1}, {"sigma": 0.2}], "tried": [[1, 2], [3, 4]], "losses": [1, 1, 1]}
    stored({"choice": [7], "climber": one | {"best": {"sigma": 0.2}}})
    assert lines() == ["| climber | 2 settings: sigma 0.1 or 0.2 | 7 runs | sigma 0.2 |"]
    assert "Searched with seed 7, which" in budget("ch01_hidden_layer")


def test_a_result_without_a_search_says_so(stored):
    stored({"runs": [], "budget": 2000})
    assert budget("ch01_hidden_layer").splitlines()[-1].startswith("Not searched: ")
    assert "): not searched |" in evidence_table(CLAIMS[:1])


@pytest.mark.parametrize("name", results.available())
def test_every_stored_result_tells_its_command_and_its_arms(name):
    text, data = budget(name), results.load(name)
    assert results.metadata(name)["command"] in text and results.metadata(name)["date"] in text
    assert ("Not searched" in text) == (not lines(name))
    if "search" in data:
        assert len(lines(name)) == len(data["budget"])


def test_an_unknown_result_is_refused():
    with pytest.raises(ValueError, match="name is 'nothing'"):
        budget("nothing")
