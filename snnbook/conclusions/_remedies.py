"""Claims 8 to 16: smoothed models and surrogate gradients."""

import numpy as np
import torch

from snnbook import laboratory, results, training
from snnbook.conclusions._claims import Claim, percent


def _soft() -> str:
    stored = results.load("ch04a_xor")
    means = {
        width: np.mean([run["accuracy"] for run in stored["rows"][str(width)]])
        for width in stored["widths"]
    }
    best = max(means, key=means.get)
    narrow = min(means)
    runs = stored["rows"][str(best)]
    return (
        f"Delayed XOR, {len(runs)} seeds: a gate of width {best:g} reaches "
        f"{100 * means[best]:.1f} % (the worst seed {100 * min(r['accuracy'] for r in runs):.1f}), "
        f"one of width {narrow:g} {100 * means[narrow]:.0f} %."
    )


def _noise() -> str:
    stored = results.load("ch04b_xor")
    which = stored["runs"].index(8)
    said = {
        name: percent(stored["by_runs"][name][which], 0) for name in ("score", "baseline", "escape")
    }
    return (
        f"Temporal XOR, {stored['networks']} networks, 8 runs for each update: score function "
        f"{said['score']}, with a baseline {said['baseline']}, escape derivative {said['escape']}."
    )


def _pareto(name: str, goal: float) -> tuple[float, float]:
    """Return the steps and all spikes, input included, of the first window at the goal."""
    rows = [one["rows"] for one in results.load("ch04c_pareto")["curves"][name]]
    keys = ("steps", "accuracy", "hidden_spikes", "input_spikes")
    mean = np.mean([[[row[key] for key in keys] for row in one] for one in rows], axis=0)
    reached = mean[mean[:, 1] >= goal]
    if not len(reached):
        return np.inf, np.inf
    steps, _, hidden, arriving = reached[0]
    return steps, hidden + (0 if name.endswith("current") else arriving)


def _rates() -> str:
    curves = results.load("ch04c_pareto")["curves"]
    goal, said = 0.95, []
    for name, word in (
        ("rate, few spikes; current", "rates under a constant current"),
        ("rate; random", "rates with random spikes"),
        ("surrogate, few spikes; latency", "surrogate-trained with latencies"),
    ):
        steps, spikes = _pareto(name, goal)
        said.append(f"{word} {steps:.0f} steps and {spikes:.0f} spikes")
    own = percent(one["own"] for one in curves["rate; current"])
    return f"The rate network reaches {own} on digits. To {100 * goal:.0f} %: {'; '.join(said)}."


def _timing() -> str:
    runs, level = results.load("ch04d_decision")["runs"], 0.95
    needs = {}
    for name, kept in runs.items():
        times = np.array(kept[0]["time"])
        right, spikes = (np.mean([run[key] for run in kept], 0) for key in ("accuracy", "spikes"))
        first = int((right >= level).argmax())
        needs[name] = times[first], spikes[first]
    single = needs.pop("single spikes")
    times, spikes = zip(*needs.values())
    return (
        f"Yin-Yang to {100 * level:.0f} %: decision after {single[0]:.1f} time constants and "
        f"{single[1]:.0f} hidden spikes; surrogate-trained networks after {min(times):.1f} to "
        f"{max(times):.1f} and with {min(spikes):.0f} to {max(spikes):.0f}."
    )


def _once() -> str:
    runs = results.load("ch04d_silent")["runs"]
    healthy = runs["healthy, none"]
    silent = np.array(healthy["silent"])[:, -1, 0].mean()
    learned = {
        name: sum(value > 0.5 for value in runs[f"quiet, {name}"]["test"])
        for name in ("none", "bump")
    }
    return (
        f"With {100 * silent:.0f} % of hidden neurons silent in a sample the accuracy is "
        f"{percent(healthy['test'])}. From a quiet start {learned['none']} of "
        f"{len(healthy['test'])} runs learn, {learned['bump']} when silent neurons are bumped."
    )


def _codes() -> str:
    stored = results.load("ch05_three_codes")
    said = [f"{name} {percent(values)}" for name, values in stored["accuracy"].items()]
    return f"One network and one rule on digits: {', '.join(said)}."


def _shapes() -> str:
    stored = results.load("ch05_shapes")
    table = np.array(list(stored["accuracy"].values())).mean(axis=2)
    shapes, widths = np.ptp(table.max(axis=1)), np.ptp(table.mean(axis=0))
    return (
        f"{len(table)} shapes, each at its best width, differ by {100 * shapes:.1f} points; "
        f"widths from {min(stored['widths']):g} to {max(stored['widths']):g} by "
        f"{100 * widths:.1f} points."
    )


def _downhill() -> str:
    stored = results.load("ch05_downhill")
    which = stored["lengths"].index(0.03)
    down = {name: shares[which][0] for name, shares in stored["shares_lower_same_higher"].items()}
    totals = {}
    for back in (20.0, 5.0):

        def field(weights, back=back):
            return laboratory.sigmoid_network_gradient(weights, slope=20.0, surrogate_slope=back)

        loops = []
        for seed in range(20):
            generator = torch.Generator().manual_seed(seed)
            plane = torch.randn(5, 2, generator=generator, dtype=torch.float64)
            axes, _ = torch.linalg.qr(plane)
            center = torch.zeros(5, dtype=torch.float64)
            walk = laboratory.closed_loop(field, center, axes[:, 0], axes[:, 1], radius=1.8)
            loops.append(abs(walk.total))
        totals[back] = float(np.median(loops))
    said = [
        f"{100 * down[name]:.0f} % {word}"
        for name, word in (("0.1", "at width 0.1"), ("10", "at 10"), ("random", "at random"))
    ]
    return (
        f"A step against it lowers the true loss in {', '.join(said)} of cases. Around a closed "
        f"loop the exact gradient sums to {totals[20.0]:.0e}, the surrogate to {totals[5.0]:.2f}."
    )


def cosine(rule: str, depth: int, trained: bool) -> str:
    """Return the cosine of a rule with the exact surrogate gradient, first layer, 100 steps."""
    points = results.load("gradient_laboratory")["points"]
    where = (depth, 100, int(trained))
    rows = next(p["rows"] for p in points if (p["depth"], p["steps"], p["trained"]) == where)
    found = [x for x in rows[rule]["hidden.0.weight"]["cosine"] if x is not None]
    return f"{training.seed_interval(found).mean:.2f}"


def _local() -> str:
    said = [
        f"{word} {cosine('e_prop', depth, False)} and {cosine('e_prop', depth, True)}"
        for depth, word in ((1, "with one layer"), (5, "with five"))
    ]
    return f"Cosine of e-prop with the exact gradient before and after training: {'; '.join(said)}."


CLAIMS = (
    Claim(
        8,
        "IV.A.1",
        "any model with a smooth spike generator can be trained by BPTT",
        ("04a-soft-nonlinearity",),
        _soft,
        "agrees with a condition",
        "smooth must mean smooth on the scale of one time step",
        ("ch04a_xor",),
    ),
    Claim(
        9,
        "IV.A.2",
        "noise smooths the discontinuity, so gradients of expectations exist",
        ("04b-probabilistic",),
        _noise,
        "agrees with a condition",
        "an unbiased estimate has the noise as its price",
        ("ch04b_xor",),
    ),
    Claim(
        10,
        "IV.A.3",
        "rate codes train well and are inefficient",
        ("04c-rate-coding",),
        _rates,
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
        "agrees with a condition",
        "sooner, yes; a network that pays for its spikes needs fewer of them",
        ("ch04d_decision",),
    ),
    Claim(
        12,
        "IV.A.4",
        "learning from spike times needs every hidden unit to spike exactly once",
        ("04d-spike-timing",),
        _once,
        "differs",
        "at most once is enough; only a silent start or a silent output stops it",
        ("ch04d_silent",),
    ),
    Claim(
        13,
        "IV.B",
        "surrogate gradients need no change of model and no chosen code",
        ("05-surrogate-gradients",),
        _codes,
        "agrees",
        sources=("ch05_three_codes",),
    ),
    Claim(
        14,
        "IV.B",
        "the shape of the surrogate hardly matters",
        ("05-surrogate-gradients",),
        _shapes,
        "agrees with a condition",
        "the shape does not, the scale does",
        ("ch05_shapes",),
    ),
    Claim(
        15,
        "IV.B",
        "the surrogate is smooth where the true loss is a staircase, and leads downhill",
        ("05-surrogate-gradients", "05b-locality"),
        _downhill,
        "agrees with a condition",
        "narrow enough, in a network large enough; it is not the gradient of any loss",
        ("ch05_downhill",),
    ),
    Claim(
        16,
        "IV.B",
        "surrogate learning rests on BPTT unless the rule is made local",
        ("05b-locality",),
        _local,
        "agrees",
        sources=("gradient_laboratory",),
    ),
)
