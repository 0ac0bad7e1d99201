"""The protocol of a fair comparison: the search, the choice, and a readout at its optimum."""

import sys
from itertools import pairwise

import _protocol
import pytest
import torch
from _protocol import SEARCH_SEEDS, beyond, compare, rates, solve_readout, until_flat
from _sweep import options, select

from snnbook import training
from snnbook.neurons import SpikingNetwork

ARMS = [{"arm": "good"}, {"arm": "bad"}, {"arm": "solved"}]
#: The learning rate at which each arm is best; the second lies beyond the grid.
PEAK = {"good": 2e-3, "bad": 5e-2}
GRID = {"lr": rates(1e-3, 1e-2)}


def grid(arm):
    return {} if arm["arm"] == "solved" else GRID


@pytest.fixture
def given(monkeypatch, tmp_path):
    def read(*words):
        monkeypatch.setattr(sys, "argv", ["/somewhere/toy.py", "--folder", str(tmp_path), *words])
        return options("A toy.", seeds=3, epochs=20)

    return read


@pytest.fixture
def calls():
    return []


@pytest.fixture
def train(calls):
    """A run whose validation accuracy falls with the distance from the best learning rate."""

    def train(arm, seed, judged, lr=None):
        calls.append((arm, seed, judged, lr))
        away = 0.0 if lr is None else abs(torch.tensor(lr / PEAK[arm]).log().item())
        score = 0.9 - 0.1 * away
        tested = {"test": 1 - score} if judged else {}  # a search on it would choose the worst
        return tested | {"validation": score, "curve": [score], "seconds": 0.5}

    return train


def test_rates_are_steps_of_a_decade_and_a_grid_goes_on_with_them():
    assert rates(1e-3, 1e-1) == (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
    for before, after in pairwise(rates(1e-4, 1.0)):
        assert beyond((before / 10, before), before) == after
        assert beyond((after, after * 10), after) == before
    assert beyond((0.01, 0.02, 0.05), 0.02) is None
    assert beyond((0.01,), 0.01) is None


def test_a_choice_at_an_end_makes_the_grid_grow(given, train):
    found = compare(given(), ARMS, grid, train)
    tried = [sorted({row["lr"] for row in select(found["search"], **arm)}) for arm in ARMS[:2]]
    assert tried[0] == list(GRID["lr"])
    assert tried[1] == [*GRID["lr"], 0.02, 0.05, 0.1]
    assert found["choices"] == [ARMS[0] | {"lr": 2e-3}, ARMS[1] | {"lr": 5e-2}, ARMS[2]]


def test_a_grid_does_not_grow_for_ever(given, train, monkeypatch):
    monkeypatch.setitem(PEAK, "bad", 100.0)
    found = compare(given(), ARMS[1:2], grid, train)
    highest = max(row["lr"] for row in found["search"])
    assert found["choices"] == [ARMS[1] | {"lr": highest}]
    assert highest == rates(1e-2, 1.0)[_protocol.EXTENSIONS]


def test_the_chosen_setting_has_the_best_validation_accuracy(given, train):
    found = compare(given(), ARMS, grid, train)
    for choice in found["choices"][:2]:
        rows = select(found["search"], arm=choice["arm"])
        top = max(rows, key=lambda row: row["validation"])
        assert top["lr"] == choice["lr"]
    assert [row["lr"] for row in select(found["runs"], arm="good")] == [2e-3] * 3


def test_the_search_never_sees_the_test_set_nor_the_seeds_of_the_results(given, train, calls):
    found = compare(given(), ARMS, grid, train)
    assert {judged for _, seed, judged, _ in calls if seed in SEARCH_SEEDS} == {False}
    assert {judged for _, seed, judged, _ in calls if seed not in SEARCH_SEEDS} == {True}
    assert not any("test" in row or "curve" in row for row in found["search"])
    assert {row["seed"] for row in found["runs"]} == {0, 1, 2}
    with pytest.raises(ValueError, match="also seeds of the results"):
        compare(given(), ARMS, grid, train, search_seeds=(2, 3))


def test_the_budget_counts_what_each_arm_was_given(given, train, calls):
    budget = compare(given(), ARMS, grid, train)["budget"]
    assert [one["settings"] for one in budget] == [4, 7, 0]
    assert [one["networks"] for one in budget] == [4 * 2 + 3, 7 * 2 + 3, 3]
    assert sum(one["networks"] for one in budget) == len(calls)
    assert [one["seconds"] for one in budget] == [5.5, 8.5, 1.5]


def test_a_plan_says_what_would_run_and_runs_nothing(given, train, calls, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        compare(given("--plan"), ARMS, grid, train)
    assert not left.value.code
    said = capsys.readouterr().out
    assert "{'arm': 'bad'}: 4 settings, 11 networks" in said
    assert "25 networks in all" in said
    assert (calls, list(tmp_path.iterdir())) == ([], [])


@pytest.fixture(scope="module")
def split():
    """Three parts of a noisy task: no readout has all labels right."""
    generator = torch.Generator().manual_seed(0)
    parts = []
    for count in (300, 100, 100):
        labels = torch.randint(3, (count,), generator=generator)
        chance = 0.1 + 0.15 * torch.eye(6)[labels]
        spikes = (torch.rand(20, count, 6, generator=generator) < chance).float()
        parts.append((spikes, labels))
    return parts


@pytest.mark.parametrize("sizes", [(6, 3), (6, 8, 3)])
def test_a_solved_readout_is_where_gradient_descent_ends(split, sizes, monkeypatch):
    monkeypatch.setattr(_protocol, "STRENGTHS", (1e7,))
    generator = torch.Generator().manual_seed(1)
    network = SpikingNetwork(sizes, input_rate=200.0, hidden_rate=100.0, generator=generator)
    spikes, labels = split[0]

    def loss():
        return training.mean_over_time(network(spikes).readout, labels)

    weights, search = network.readout.parameters(), "strong_wolfe"
    optimizer = torch.optim.LBFGS(weights, max_iter=3000, line_search_fn=search)

    def step():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    before = loss().item()
    optimizer.step(step)
    descended = loss().item()
    with torch.no_grad():
        network.readout.weight.normal_(generator=generator)
    found = solve_readout(network, split)
    assert loss().item() == pytest.approx(descended, abs=1e-4)
    assert descended < 0.95 * before
    for name, part in zip(("train", "validation", "test"), split):
        judged = training.accuracy(network, *part, decide=training.decide_by_sum)
        assert judged.value == pytest.approx(found[name])


def test_two_classes_are_solved_too(split):
    parts = [(spikes[:, labels < 2], labels[labels < 2]) for spikes, labels in split]
    network = SpikingNetwork((6, 2), input_rate=200.0, generator=torch.Generator().manual_seed(1))
    found = solve_readout(network, parts)
    judged = training.accuracy(network, *parts[1], decide=training.decide_by_sum)
    assert found["validation"] == pytest.approx(judged.value)
    assert judged.value > 0.7


def test_training_returns_to_the_epoch_with_the_best_validation(split):
    network = SpikingNetwork((6, 3), input_rate=200.0, generator=torch.Generator().manual_seed(1))
    order = torch.Generator().manual_seed(0)
    settings = {"lr": 0.05, "generator": order, "epochs": 40, "patience": 4}
    found = until_flat(network, split[:2], **settings)
    assert "test" not in found
    assert found["validation"] == max(found["curve"])
    assert found["curve"].index(found["validation"]) == found["epoch"] - 1
    assert len(found["curve"]) in (40, found["epoch"] + 4)
    judged = training.accuracy(network, *split[1])
    assert judged.value == found["validation"]
