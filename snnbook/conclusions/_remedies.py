"""Claims 8 to 12: the four ways around a spike without a slope."""

import numpy as np

from snnbook import results
from snnbook.conclusions._claims import Claim, share

SIZES = (100, 100, 10)  # the layer whose numbers are counted


def _soft() -> dict:
    gates, cells = results.load("ch04a_xor"), results.load("ch04a_biophysical")

    def solved(stored: dict, key: str = "test", **arm) -> int:
        right = [row[key] >= stored["solved"] for row in stored["runs"] if row == row | arm]
        return sum(right)

    wide, narrow = {"kind": "gate", "width": 0.3}, {"kind": "gate", "width": 0.01}
    return {
        "runs": len([row for row in gates["runs"] if row == row | wide]),
        "wide": solved(gates, **wide),
        "narrow": solved(gates, **narrow),
        "hard": solved(gates, "test, hard", **wide),
        "cells": solved(cells, arm="Morris-Lecar"),
        "cell_runs": len([row for row in cells["runs"] if row["arm"] == "Morris-Lecar"]),
    }


def _noise() -> dict:
    stored = results.load("ch04b_xor")
    found = {"networks": stored["networks"]}
    for runs, word in ((2, "few"), (8, "some")):
        which = stored["runs_per_update"].index(runs)
        for name in ("score", "baseline", "escape"):
            found[f"{name}_{word}"] = share(stored["by_runs"][name][which])
    return found


def _pareto(name: str) -> np.ndarray:
    """Return, for each window, its steps, mean accuracy and all spikes, input included."""
    rows = [one["rows"] for one in results.load("ch04c_pareto")["curves"][name]]
    keys = ("steps", "accuracy", "hidden_spikes", "input_spikes")
    mean = np.mean([[[row[key] for key in keys] for row in one] for one in rows], axis=0)
    arriving = 0 if name.endswith("current") else mean[:, 3]
    return np.stack([mean[:, 0], mean[:, 1], mean[:, 2] + arriving], axis=1)


def _rates() -> dict:
    curves, goal = results.load("ch04c_pareto")["curves"], 0.95

    def first(name: str) -> np.ndarray:
        found = _pareto(name)
        return found[found[:, 1] >= goal][0]

    return {
        "own": share(one["own"] for one in curves["rate; current"]),
        "goal": 100 * goal,
        "current": first("rate, few spikes; current"),
        "rival": first("surrogate, few spikes; current"),
        "latency": first("surrogate, few spikes; latency"),
        "random": _pareto("rate; random")[-1] * (1, 100, 1),
    }


def _timing() -> dict:
    stored, level = results.load("ch04d_decision"), 0.9
    needs, ends = {}, {}
    for run in stored["runs"]:
        course, arm = run["course"], run["arm"]
        first = int((np.array(course["accuracy"]) >= level).argmax())
        ends.setdefault(arm, []).append(run["test"])
        if max(course["accuracy"]) >= level:
            needs.setdefault(arm, []).append((stored["times"][first], course["spikes"][first]))
    needs = {arm: np.mean(found, 0) for arm, found in needs.items()}
    single, first = "single spikes", "surrogate, first spike"
    found = {"level": 100 * level, "single": needs.pop(single), "first": needs.pop(first)}
    times, spikes = ((min(values), max(values)) for values in zip(*needs.values()))
    ends = {"single_end": share(ends[single]), "first_end": share(ends[first])}
    return found | ends | {"times": times, "spikes": spikes}


def _once() -> dict:
    stored = results.load("ch04d_silent")

    def of(start: str, remedy: str, key: str) -> list:
        rows = [row for row in stored["runs"] if (row["start"], row["remedy"]) == (start, remedy)]
        return [row[key] for row in rows]

    def solved(start: str, remedy: str) -> int:
        return sum(value > stored["solved"] for value in of(start, remedy, "test"))

    return {
        "silent": 100 * np.mean([epochs[-1][0] for epochs in of("healthy", "none", "silent")]),
        "accuracy": share(of("healthy", "none", "test")),
        "healthy": solved("healthy", "none"),
        "runs": len(of("healthy", "none", "test")),
        **{name: solved("quiet", name) for name in ("none", "penalty", "bump")},
    }


CLAIMS = (
    Claim(
        8,
        "IV.A.1",
        "any model with a smooth spike generator can be trained by BPTT",
        ("04a-soft-nonlinearity",),
        _soft,
        "Delayed XOR: {wide} of {runs} networks with a gate of width 0.3 solve it, {narrow} of "
        "{runs} with one of 0.01; with hard spikes {hard} of {runs} of the first still do. With "
        "coupled Morris-Lecar neurons {cells} of {cell_runs} solve a shorter one.",
        "agrees with a condition",
        "smooth must mean smooth on the scale of one time step, and what was trained is the smooth "
        "network, not one with hard spikes",
        ("ch04a_xor", "ch04a_biophysical"),
    ),
    Claim(
        9,
        "IV.A.2",
        "noise smooths the discontinuity, so gradients of expectations exist",
        ("04b-probabilistic",),
        _noise,
        "Temporal XOR, {networks} networks at noise 0.5, each rule at its own learning rate, 8 "
        "runs for each update: score function {score_some}, with a baseline {baseline_some}, "
        "escape derivative {escape_some}; with 2 runs {score_few:.0f}, {baseline_few:.0f} and "
        "{escape_few:.0f}.",
        "agrees with a condition",
        "an unbiased estimate pays for the noise in runs; the biased escape derivative needs few",
        ("ch04b_xor",),
    ),
    Claim(
        10,
        "IV.A.3",
        "rate codes train well and are inefficient",
        ("04c-rate-coding",),
        _rates,
        "The rate network reaches {own} on digits. To {goal:.0f} %: rates under a constant current "
        "{current[0]:.0f} steps and {current[2]:.0f} spikes, surrogate-trained {rival[0]:.0f} and "
        "{rival[2]:.0f}, with latencies {latency[0]:.0f} and {latency[2]:.0f}. Rates with random "
        "spikes: {random[1]:.1f} % after {random[0]:.0f} steps and {random[2]:.0f} spikes.",
        "agrees with a condition",
        "the cost comes with depth and with random spikes, not with rates as such",
        ("ch04c_pareto",),
    ),
    Claim(
        11,
        "IV.A.4",
        "with spike times each spike carries more, and decisions come sooner",
        ("04d-spike-timing",),
        _timing,
        "Yin-Yang to {level:.0f} %: single spikes after {single[0]:.2f} time constants and "
        "{single[1]:.0f} hidden spikes, in the end {single_end}; surrogates with the same loss "
        "after {first[0]:.2f}, with {first[1]:.0f}, in the end {first_end}; with other losses "
        "after {times[0]:.2f} to {times[1]:.2f}, with {spikes[0]:.0f} to {spikes[1]:.0f}.",
        "agrees with a condition",
        "a loss on first spikes makes decisions early, with either gradient, and the exact one is "
        "more accurate; networks that are asked for fewer spikes, or for early ones, spend fewer",
        ("ch04d_decision",),
    ),
    Claim(
        12,
        "IV.A.4",
        "learning from spike times needs every hidden unit to spike exactly once",
        ("04d-spike-timing",),
        _once,
        "With {silent:.0f} % of hidden neurons silent in a sample {healthy} of {runs} runs solve "
        "Yin-Yang, at {accuracy}. From a quiet start {none} of {runs} solve it, {penalty} with a "
        "penalty on the weights, {bump} when silent neurons are bumped.",
        "differs",
        "at most once is enough; only a silent start or a silent output stops it",
        ("ch04d_silent",),
    ),
)
