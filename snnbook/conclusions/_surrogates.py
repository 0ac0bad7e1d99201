"""Claims 13 to 16: surrogate gradients."""

import numpy as np
import torch
from scipy.stats import friedmanchisquare

from snnbook import gradients, laboratory, local, results
from snnbook.conclusions._claims import Claim, share
from snnbook.neurons import SpikingNetwork

SIZES = (100, 100, 10)  # the layer whose numbers are counted


def _codes() -> dict:
    runs = results.load("ch05_three_codes")["runs"]
    arms = {"": "trained", "_frozen": "frozen", "_svm": "svm on counts"}
    return {
        code + suffix: share([r["test"] for r in runs if (r["code"], r["arm"]) == (code, arm)])
        for code in ("latency", "rate", "delta")
        for suffix, arm in arms.items()
    }


def _shapes() -> dict:
    stored = results.load("ch05_shapes_tuned")
    families, widths = stored["families"], stored["widths"]
    tests = {(family, width): [] for family in families for width in widths}
    for run in stored["runs"]:
        tests[run["family"], run["width"]].append(run["test"])
    cells = np.array([[tests[family, width] for width in widths] for family in families])
    middle, narrow = (cells[:, widths.index(width)] for width in (0.1, 0.01))
    still = results.load("ch05_frozen")["runs"]
    return {
        "count": len(cells),
        "shapes": 100 * np.ptp(middle.mean(axis=1)),
        "p": friedmanchisquare(*middle).pvalue,
        "narrow": 100 * np.ptp(narrow.mean(axis=1)),
        "narrow_p": friedmanchisquare(*narrow).pvalue,
        "frozen": share([row["test"] for row in still if row["layers"] == 2]),
        "narrowest": min(widths),
        "widest": max(widths),
        "widths": 100 * np.ptp(cells.mean(axis=(0, 2))),
    }


def _downhill() -> dict:
    stored = results.load("ch05_downhill")
    shares = stored["shares_lower_same_higher"]
    down = {name: [100 * cell[0] for cell in shares[name]] for name in ("0.1", "random")}
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
    return {
        "lengths": stored["lengths"],
        "narrow": down["0.1"],
        "random": down["random"],
        "exact_loop": totals[20.0],
        "surrogate_loop": totals[5.0],
    }


def _cosine(rule: str, depth: int, trained: bool) -> float:
    """Return the cosine of a rule with the exact surrogate gradient, first layer, 100 steps."""
    points = results.load("ch06e_laboratory")["points"]
    where = (depth, 100, int(trained))
    rows = next(p["rows"] for p in points if (p["depth"], p["steps"], p["trained"]) == where)
    found = [x for x in rows[rule]["hidden.0.weight"]["cosine"] if x is not None]
    return float(np.mean(found))


def _local() -> dict:
    cosines = {
        f"{word}_{when}": _cosine("e_prop", depth, when == "after")
        for depth, word in ((1, "one"), (5, "five"))
        for when in ("before", "after")
    }
    network = SpikingNetwork(SIZES, recurrent=True)
    rule = local.EProp(local.random_feedback(network, "symmetric", direct=True))
    synapses = rule.start(network, batch=1).synapses.values()
    carried = sum(state.numel() for one in synapses for state in one.eligibility)
    each = laboratory.needs("bptt", *SIZES, 1).kept
    forward = gradients.cost("rtrl", SIZES, 1).carried
    return cosines | {"carried": carried, "each": each, "forward": forward}


CLAIMS = (
    Claim(
        13,
        "IV.B",
        "surrogate gradients need no change of model and no chosen code",
        ("05-surrogate-gradients",),
        _codes,
        "One rule on digits in three codes: latency {latency}, rate {rate}, delta {delta}; frozen "
        "hidden layers {latency_frozen}, {rate_frozen} and {delta_frozen}. Support vectors on the "
        "counts of the same spikes: {rate_svm} in the rate code.",
        "agrees with a condition",
        "it trains in every code; an untrained network is level in each, and counts say more",
        ("ch05_three_codes",),
    ),
    Claim(
        14,
        "IV.B",
        "the shape of the surrogate hardly matters",
        ("05-surrogate-gradients",),
        _shapes,
        "Each at its own learning rate, {count} shapes of width 0.1 differ by {shapes:.1f} points "
        "(paired, p = {p:.1g}), of width {narrowest:g} by {narrow:.1f} (p = {narrow_p:.1g}); "
        "widths from {narrowest:g} to {widest:g} differ by {widths:.1f}. Frozen hidden layers "
        "with a solved readout reach {frozen}.",
        "agrees with a condition",
        "where the width is too small, shapes with long tails are ahead",
        ("ch05_shapes_tuned", "ch05_shapes", "ch05_frozen"),
    ),
    Claim(
        15,
        "IV.B",
        "the surrogate is smooth where the true loss is a staircase, and leads downhill",
        ("05-surrogate-gradients", "05b-locality"),
        _downhill,
        "A step of length {lengths[0]:g}, {lengths[1]:g}, {lengths[2]:g} against it (width 0.1) "
        "lowers the true loss in {narrow[0]:.0f}, {narrow[1]:.0f}, {narrow[2]:.0f} % of cases, in "
        "a random direction in {random[0]:.0f}, {random[1]:.0f}, {random[2]:.0f} %. Around a "
        "closed loop the exact gradient sums to {exact_loop:.0e}, the surrogate to "
        "{surrogate_loop:.2f}.",
        "agrees with a condition",
        "a short step with a narrow surrogate; it is not the gradient of any loss",
        ("ch05_downhill",),
    ),
    Claim(
        16,
        "IV.B",
        "surrogate learning rests on BPTT unless the rule is made local",
        ("05b-locality", "06e-laboratory"),
        _local,
        "One recurrent layer of 100 neurons. The same gradient: BPTT buffers {each} numbers for "
        "each step, RTRL carries {forward:,} at any length. Another one: e-prop carries "
        "{carried:,}, and has a cosine with it of {one_before:.2f} before and {one_after:.2f} "
        "after training; in the first of five layers {five_before:.2f} and {five_after:.2f}.",
        "agrees with a condition",
        "RTRL needs no BPTT and is not local either, at a size that grows with the third power of "
        "the neurons; a rule made local follows another gradient",
        ("ch06e_laboratory",),
    ),
)
