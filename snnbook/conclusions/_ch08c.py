"""Claims of chapter 8c: reset or parallel in time."""

from collections import defaultdict

import numpy as np

from snnbook import results
from snnbook.conclusions._claims import Claim, share, stored
from snnbook.gradients import exponent
from snnbook.training import seed_interval

#: Steps from which the growth of the seconds is fitted: below, what a call costs counts.
LONG = 1600


def _seconds() -> dict:
    """Return the exponents over T, and how the ways compare at the shortest and longest run."""
    table = defaultdict(list)
    for run in results.load("ch08c_seconds")["runs"]:
        for way, value in run["seconds"].items():
            table[way, run["steps"]].append(value)
    steps = sorted({steps for _, steps in table})
    least = {way: [min(table[way, n]) for n in steps] for way, _ in table}
    long = [place for place, n in enumerate(steps) if n >= LONG]

    def power(way: str) -> float:
        return exponent([steps[k] for k in long], [least[way][k] for k in long])

    def ratio(slow: str, fast: str, at: int) -> float:
        return least[slow][at] / least[fast][at]

    scan, free = "scan by halving, no reset", "compiled loop, no reset"
    return {
        "longest": steps[-1],
        "from": LONG,
        "loop_power": power("plain loop"),
        "compiled_power": power("compiled loop"),
        "scan_power": power(scan),
        "fixed_power": power("fixed point"),
        "loop_over_scan": ratio("plain loop", scan, -1),
        "scan_over_compiled": ratio(scan, free, -1),
        "fixed_over_compiled": ratio("fixed point", "compiled loop", -1),
        "depth": int(np.ceil(np.log2(steps[-1]))),
    }


def _sweeps() -> dict:
    """Return the sweeps of the shortest and longest run, and what is wrong after three."""
    rows = results.load("ch08c_seconds")["sweeps"]
    steps = sorted({row["steps"] for row in rows})

    def mean(kind: str, n: int, key: str) -> float:
        return float(
            np.mean([row[key] for row in rows if (row["kind"], row["steps"]) == (kind, n)])
        )

    found = {"short": steps[0], "long": steps[-1]}
    for name, kind in (("sparse", "noise"), ("regular", "mean and noise")):
        found[f"{name}_short"] = mean(kind, steps[0], "sweeps")
        found[f"{name}_long"] = mean(kind, steps[-1], "sweeps")
        found[f"{name}_spikes"] = mean(kind, steps[-1], "most_spikes")
        found[f"{name}_wrong"] = mean(kind, steps[-1], "wrong_after_three")
        found[f"{name}_each"] = found[f"{name}_long"] / found[f"{name}_spikes"]
        found[f"{name}_rate"] = mean(kind, steps[-1], "rate")
    return found | {"differ": sum(row["differ"] for row in rows)}


def _accuracy() -> dict:
    """Return the test accuracies with, without and with a late reset, and paired differences."""
    found = {}
    for task in ("digits", "randman"):
        base = stored("ch08c_accuracy", "test", task=task, reset="subtract")
        for name, reset in (("none", "none"), ("short", "waits 5"), ("late", "waits 20")):
            values = stored("ch08c_accuracy", "test", task=task, reset=reset)
            found[f"{task}_{name}"] = share(values)
            gap = seed_interval(100 * (np.array(values) - np.array(base)))
            found[f"{task}_{name}_gap"] = gap.mean
            found[f"{task}_{name}_low"], found[f"{task}_{name}_high"] = gap.low, gap.high
        found[f"{task}_reset"] = share(base)
        spikes = {
            arm: np.mean(stored("ch08c_accuracy", "spikes_per_neuron", task=task, reset=arm))
            for arm in ("subtract", "none")
        }
        found[f"{task}_more"] = spikes["none"] / spikes["subtract"]
        found[f"{task}_linear"] = share(
            stored("ch08c_accuracy", "test", task=task, reset="no layer")
        )
    return found | {"seeds": found["digits_none"].n}


CLAIMS = (
    Claim(
        "8c.1",
        "",
        "without a reset a layer needs no loop over time, and training becomes faster",
        ("08c-parallel",),
        _seconds,
        "At {longest} steps, forward and backward on one core, a scan is {loop_over_scan:.1f} "
        "times as fast as the plain loop and takes {scan_over_compiled:.1f} times as long as the "
        "compiled loop. Seconds grow with the steps to the power {loop_power:.2f} (plain loop), "
        "{compiled_power:.2f} (compiled) and {scan_power:.2f} (scan). Levels that wait for one "
        "another: {depth} in place of {longest}.",
        "agrees with a condition",
        "against a loop that an interpreter runs; on one core a compiled loop does less work",
        ("ch08c_seconds",),
    ),
    Claim(
        "8c.2",
        "",
        "a few sweeps of a fixed point give the spikes with the exact reset, however long the run",
        ("08c-parallel",),
        _sweeps,
        "Neurons that noise makes fire {sparse_rate:.0f} times a second: {sparse_short:.0f} "
        "sweeps for {short} steps, {sparse_long:.0f} for {long}. Neurons that a constant input "
        "makes fire {regular_rate:.0f} times a second: {regular_short:.0f} and "
        "{regular_long:.0f}, {regular_each:.1f} for each of the {regular_spikes:.0f} spikes of "
        "the busiest one. After three sweeps of the longest run {sparse_wrong:.1f} and "
        "{regular_wrong:.1f} steps are wrong for each spike.",
        "differs",
        "the result is exact, but the sweeps follow the spikes that depend on one another; "
        "few are enough where spikes are sparse or the run is short",
        ("ch08c_seconds",),
    ),
    Claim(
        "8c.3",
        "",
        "the reset can be left out without a loss of accuracy",
        ("08c-parallel",),
        _accuracy,
        "{seeds} seeds, each arm after its own search. Digits: reset {digits_reset}, waiting 5 "
        "steps {digits_short}, waiting 20 {digits_late}, none {digits_none}. Random manifolds: "
        "{randman_reset}, {randman_short}, {randman_late}, {randman_none}. Without it neurons "
        "spike {digits_more:.1f} and {randman_more:.1f} times as often.",
        "agrees with a condition",
        "on two small tasks and with more spikes; a reset that waits loses where only time tells",
        ("ch08c_accuracy",),
    ),
)
