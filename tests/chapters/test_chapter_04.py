"""What chapter 4 says about the race of two searches, held against the stored run."""

import json
from statistics import mean

import ch04_race
import pytest
from check_site import ROOT

from snnbook import results


def test_the_stored_race_is_run_on_the_task_of_the_chapter():
    """The loss of the first network must be the same, or the picture and the numbers differ."""
    notebook = json.loads((ROOT / "book/04-credit-assignment.ipynb").read_text())
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    scope = {}
    for source in cells[: 1 + next(k for k, s in enumerate(cells) if "def loss_of" in s)]:
        exec(source, scope)
    network, _ = scope["build"](32, scope["spikes"], 0)
    loss, weights = ch04_race.start(0, *ch04_race.task())
    assert loss(weights) == pytest.approx(scope["loss_of"](network).item(), rel=1e-5)


@pytest.mark.parametrize("name", ["climber", "strategy"])
def test_each_search_races_with_the_best_setting_of_its_grid(name):
    race = results.load("ch04_race")
    arm = race[name]
    assert len(arm["grid"]) == len(arm["tried"]) == 10
    tried = [mean(losses) for losses in arm["tried"]]
    assert arm["grid"][tried.index(min(tried))] == arm["best"]
    assert not set(race["choice"]) & set(race["race"])
    assert len(arm["losses"]) == len(race["race"]) == 5
    assert mean(arm["losses"]) < 0.25 * max(tried)  # both come down, and untuned neither does


def test_neither_search_is_far_ahead():
    race = results.load("ch04_race")
    climber, strategy = race["climber"]["losses"], race["strategy"]["losses"]
    assert min(climber) < max(strategy) and min(strategy) < max(climber)
