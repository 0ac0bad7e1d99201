"""Claims and verdicts, and the GRU beside a spiking network."""

import json
import re
from pathlib import Path

import pytest
import torch

from snnbook import results
from snnbook.conclusions import (
    CLAIMS,
    LATER,
    VERDICTS,
    Claim,
    GRUNetwork,
    gru_size,
    measured,
    parameters_of,
    share,
    table,
    tally,
)
from snnbook.notebook import chapter_number
from snnbook.training import fit

BOOK = Path(__file__).parents[2] / "book"


def text_of(name: str) -> str:
    cells = json.loads((BOOK / f"{name}.ipynb").read_text())["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def test_claims_are_numbered_in_the_order_of_the_paper():
    numbers = [claim.number for claim in CLAIMS]
    assert numbers == sorted(set(numbers)) and set(range(1, 17)) <= set(numbers)


def test_claims_after_the_paper_bear_their_chapter_and_are_not_counted_with_it():
    numbers = [claim.number for claim in LATER]
    assert len(set(numbers)) == len(numbers) > 0
    assert not any(claim.section for claim in LATER) and all(claim.section for claim in CLAIMS)
    for claim in LATER:
        chapter = chapter_number(claim.chapters[0])
        assert re.fullmatch(rf"{chapter}\.\d", claim.number) and chapter.startswith("8")
        assert f"| {claim.number} | {claim.statement} (chapter [" in table([claim])


@pytest.mark.parametrize("claim", (*CLAIMS, *LATER), ids=lambda claim: str(claim.number))
def test_each_claim_is_measured_in_its_chapter(claim):
    """The chapter has a claim box of this number whose verdict begins as the one here."""
    assert set(claim.sources) <= set(results.available())
    for name in claim.chapters:
        assert (BOOK / f"{name}.ipynb").is_file()
    if claim.chapters == ("07-conclusion",):
        return
    boxes = re.findall(
        rf"Claims? [\d, and]*\b{re.escape(str(claim.number))}\b.*?\*\*Verdict:?(.*?):::",
        "\n".join(text_of(name) for name in claim.chapters),
        re.DOTALL,
    )
    assert boxes, f"no box of claim {claim.number} in {claim.chapters}"


@pytest.mark.parametrize("claim", (*CLAIMS, *LATER), ids=lambda claim: str(claim.number))
def test_each_measurement_says_numbers_and_none_that_is_not_one(claim):
    said = claim.sentence()
    assert re.search(r"\d", said) and said.endswith(".")
    assert not re.search(r"\b(nan|inf|None)\b", said), said
    assert "|" not in said  # it stands in a table


def test_a_measurement_follows_its_data(monkeypatch):
    """Change the stored data: the sentence changes; no number is typed."""
    claim = next(claim for claim in CLAIMS if claim.number == 13)
    before = claim.sentence()
    stored = results.load("ch05_three_codes")
    for run in stored["runs"]:
        if (run["code"], run["arm"]) == ("rate", "trained"):
            run["test"] = 0.112
    monkeypatch.setattr(results, "load", lambda name: stored)
    assert "rate 11.2 %" in claim.sentence() != before


def test_the_tally_counts_every_claim_once():
    counts = tally(CLAIMS)
    assert sum(counts.values()) == len(CLAIMS) and list(counts) == list(VERDICTS)


def test_the_table_has_a_row_for_each_claim_with_links_to_its_chapters():
    rows = table(CLAIMS[:2]).splitlines()[4:-2]
    assert len(rows) == 2 and all(row.count(" | ") == 3 for row in rows)
    assert "(01-introduction.ipynb)" in rows[0] and "agrees with a condition: " in rows[1]


@pytest.mark.parametrize(
    ("verdict", "why", "says"),
    [("maybe", "", "maybe"), ("agrees", "but", "but"), ("differs", "", "reason")],
)
def test_a_verdict_without_its_reason_is_refused(verdict, why, says):
    with pytest.raises(ValueError, match=says):
        Claim(1, "I", "x", ("a",), dict, "x", verdict, why)


def test_a_share_is_the_seed_interval():
    assert f"{share([0.5, 0.5, 0.5])}" == "50.0 % (50.0 to 50.0)"
    assert f"{share([0.1, 0.9, 0.9])}" == "63.3 % (0.0 to 100.0)"
    assert f"{share([0.1, 0.9, 0.9]):.0f}" == "63 % (0 to 100)"
    assert share([0.1, 0.9, 0.9]).low < 0 and share([0.5, 0.6, 0.7]).n == 3


def test_the_numbers_of_a_claim_are_those_of_its_sentence():
    found = measured(13)
    assert set(found) >= {"latency", "rate", "delta"}
    sentence = next(claim for claim in CLAIMS if claim.number == 13).sentence()
    assert all(f"{name} {found[name]}" in sentence for name in ("latency", "rate", "delta"))
    with pytest.raises(ValueError, match="number is 99"):
        measured(99)


def test_the_spiking_opponent_of_the_gru_is_chosen_on_validation_data(monkeypatch):
    """The feedforward network is better on the test set, the recurrent one on validation data."""
    scores = {
        "feedforward": (0.7, 0.9),
        "recurrent": (0.8, 0.6),
        "gru": (0.5, 0.75),
        "none": (0.4, 0.4),
    }
    runs = [
        {"task": "digits", "kind": kind, "validation": seen, "test": unseen}
        for kind, (seen, unseen) in scores.items()
        for _ in range(2)
    ]
    monkeypatch.setattr(results, "load", lambda name: {"tasks": {"digits": 20}, "runs": runs})
    found = measured(26)
    assert (found["digits_spiking"].mean, found["digits_gru"].mean) == (0.6, 0.75)


def test_a_name_keeps_its_small_letter():
    rows = table(claim for claim in CLAIMS if claim.number in (19, 20)).splitlines()[4:-2]
    assert "| 19 | Forward weights " in rows[0] and "| 20 | eRBP leaves " in rows[1]


def test_the_gru_follows_its_equations():
    """PyTorch's layer against the gates written out, in float64."""
    generator = torch.Generator().manual_seed(0)
    network = GRUNetwork(3, 4, 2, generator=generator).double()
    spikes = (torch.rand(12, 5, 3, generator=generator) < 0.3).double()
    w_in, w_own, b_in, b_own = network.gru.parameters()
    h, rows = torch.zeros(5, 4, dtype=torch.float64), []
    for x in spikes:
        (r_in, z_in, n_in), (r_own, z_own, n_own) = (
            (v @ w.T + b).chunk(3, dim=1) for v, w, b in ((x, w_in, b_in), (h, w_own, b_own))
        )
        reset, update = torch.sigmoid(r_in + r_own), torch.sigmoid(z_in + z_own)
        h = (1 - update) * torch.tanh(n_in + reset * n_own) + update * h
        rows.append(h @ network.readout.weight.T)
    torch.testing.assert_close(network(spikes).readout, torch.stack(rows), rtol=0, atol=1e-12)


def test_the_gru_is_drawn_from_the_generator_and_trains():
    def build(seed):
        return GRUNetwork(2, 5, 2, generator=torch.Generator().manual_seed(seed))

    assert torch.equal(build(0).readout.weight, build(0).readout.weight)
    assert not torch.equal(build(0).readout.weight, build(1).readout.weight)
    labels = torch.arange(8) % 2
    spikes = torch.eye(2)[labels].expand(10, 8, 2)
    order = torch.Generator().manual_seed(0)
    history = fit(build(0), spikes, labels, epochs=30, batch_size=4, lr=0.05, generator=order)
    assert history.accuracy[-1] == 1.0 and history.spike_counts[-1] == ()


@pytest.mark.parametrize(
    ("inputs", "outputs", "budget"), [(64, 10, 17400), (5, 3, 4080), (2, 1, 17)]
)
def test_the_size_is_the_largest_within_the_budget(inputs, outputs, budget):
    hidden = gru_size(inputs, outputs, budget)
    count = [
        parameters_of(GRUNetwork(inputs, n, outputs, generator=torch.Generator()))
        for n in (hidden, hidden + 1)
    ]
    assert count[0] <= budget < count[1]


def test_a_budget_for_no_unit_is_refused():
    with pytest.raises(ValueError, match="parameters is 3; at least"):
        gru_size(10, 2, 3)
