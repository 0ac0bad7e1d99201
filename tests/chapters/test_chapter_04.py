"""What chapter 4 says about the race of two searches, held against the stored run."""

from statistics import mean

import pytest

from snnbook import results


@pytest.mark.parametrize("name", ["climber", "strategy"])
def test_each_search_races_with_the_best_setting_of_its_grid(name):
    race = results.load("ch04_race")
    arm = race[name]
    assert len(arm["grid"]) == len(arm["tried"]) == 10
    tried = [mean(losses) for losses in arm["tried"]]
    assert arm["grid"][tried.index(min(tried))] == arm["best"]
    assert not set(race["choice"]) & set(race["race"])
    assert len(arm["losses"]) == len(race["race"]) == 5
    assert max(arm["losses"]) < 0.25 * max(tried)  # both come down, and untuned neither does


def test_neither_search_is_far_ahead():
    race = results.load("ch04_race")
    climber, strategy = race["climber"]["losses"], race["strategy"]["losses"]
    assert min(climber) < max(strategy) and min(strategy) < max(climber)
