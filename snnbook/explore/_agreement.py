"""Explorer of chapter 6e: how far each learning rule is from the exact gradient."""

from functools import cache, partial

import numpy as np

from snnbook import results
from snnbook._validate import check_choice
from snnbook.explore._explorer import Control, Explorer, Layer, Panel

LAYERS = ("layer 1", "layer 2", "layer 3", "layer 4", "layer 5")
DEFAULT = "e-prop, symmetric feedback"


@cache
def _stored() -> tuple[dict, dict, dict]:
    """Return label -> rule, name of a network -> (layers, steps), and the rows of each point."""
    data = results.load("ch06e_laboratory")
    rules = {label: rule for rule, label in data["labels"].items() if rule != "bptt"}
    points = {(p["depth"], p["steps"], p["trained"]): p["rows"] for p in data["points"]}
    places = sorted({key[:2] for key in points})
    plural = {place: "layer" if place[0] == 1 else "layers" for place in places}
    names = {f"{a} {plural[a, b]}, {b} steps": (a, b) for a, b in places}
    return rules, names, points


def agreement_frame(
    rule: str = DEFAULT, network: str = "3 layers, 100 steps", trained: bool = False
) -> dict:
    """Return cosine and relative length of one rule's gradient, layer by layer.

    Parameters
    ----------
    rule : str
        A label of the stored gradient laboratory.
    network : str
        Layers and steps, such as ``"3 layers, 100 steps"``.
    trained : bool
        Whether the network was trained before the comparison.

    Returns
    -------
    dict
        ``cosine`` and ``length`` (the decimal logarithm of the ratio of norms), five entries, mean
        over the seeds; NaN for layers that the network does not have, and where a gradient is zero.

    Examples
    --------
    >>> agreement_frame("BPTT, reset detached", "1 layer, 100 steps")["text"][:27]
    'Cosine in the first layer 0'

    Chapter 6e.
    """
    rules, names, points = _stored()
    check_choice("rule", rule, rules)
    check_choice("network", network, names)
    rows = points[(*names[network], int(trained))][rules[rule]]
    cosine, length = np.full(len(LAYERS), np.nan), np.full(len(LAYERS), np.nan)
    for layer in range(names[network][0]):
        row = rows[f"hidden.{layer}.weight"]
        cosine[layer] = _mean(row["cosine"])
        ratio = _mean(row["norm_ratio"])
        length[layer] = np.log10(ratio) if ratio > 0 else float("nan")
    if np.isnan(length[0]):
        text = "In the first layer the rule's gradient is zero."
    else:
        text = (
            f"Cosine in the first layer {cosine[0]:.2f}; the rule's gradient is "
            f"{10 ** length[0]:.2g} times as long as the exact one."
        )
    return {
        "cosine": cosine,
        "length": length,
        "text": text,
    }


def _mean(values: list) -> float:
    """Return the mean of the seeds that have a value."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")


def agreement(live: bool | None = None) -> Explorer:
    """Return the explorer of the gradient laboratory: rule, network, before or after training.

    >>> list(agreement().controls)
    ['rule', 'network', 'trained']

    Chapter 6e.
    """
    rules, names, _ = _stored()
    by_layer = partial(Panel, xlim=(-0.6, 4.6), names=LAYERS)
    cosine = (Layer("bars", "cosine", color="mem"),)
    length = (Layer("bars", "length", color="surrogate"),)
    return Explorer(
        name="agreement",
        function=agreement_frame,
        controls={
            "rule": Control("rule", tuple(rules), DEFAULT),
            "network": Control("network", tuple(names), "3 layers, 100 steps"),
            "trained": Control("after training", (False, True), False),
        },
        panels=[
            by_layer(cosine, "Cosine with the exact gradient", ylim=(-0.5, 1.05)),
            by_layer(length, "Relative length, powers of ten", ylim=(-8, 6)),
        ],
        alt="For each hidden layer, the cosine between a rule's gradient and the exact one, and "
        "the ratio of their lengths.",
        caption="Means over the stored seeds of the gradient laboratory.",
        live=live,
        title="The gradient laboratory",
        chapter="06e-laboratory",
        heading="ch06e-explore",
        change="Change the learning rule, the network, and whether it is trained.",
        question="Which rules keep the direction of the exact gradient?",
    )
