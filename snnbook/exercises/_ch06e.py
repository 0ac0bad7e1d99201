"""Exercises of chapter 6e: the gradient laboratory (paper sections IV.B.2 and V).

Reading a laboratory of gradients.
"""

import torch

from snnbook import gradients, results
from snnbook.exercises._records import choice, function, integer, sequence
from snnbook.exercises._tools import Draw


@choice(
    "06e-1",
    options=("aligned", "chance", "opposed"),
    right="One standard deviation is 0.125: draw the feedback again and the sign may change.",
    hints=(
        "How large is the cosine of two random vectors with as many entries as the layer "
        "has neurons?",
        "Compute 1/√64, and compare the measured cosine with it.",
    ),
)
def alignment_or_chance():
    draw = Draw(seed=0)
    by_luck = torch.cosine_similarity(draw.normal(2000, 64), draw.normal(2000, 64))
    share = float((by_luck > 0.11).double().mean())  # as large, or larger, without any alignment
    return "chance" if 0.025 < share < 0.975 else "aligned" if share < 0.5 else "opposed", {
        "One draw says little: 0.11 lies within one standard deviation, 0.125, of zero. "
        "Average over many feedback matrices.": "aligned",
        "The cosine is positive, so it is not opposed; is it large?": "opposed",
    }


@sequence(
    "06e-2",
    generic=False,
    right="A cosine of 0.894 leaves an error of half the length: it says less than it seems to.",
    hints=(
        "Draw a and r at a right angle. Which side of the triangle is b?",
        "By Pythagoras the length of b follows from the other two; the cosine is a over b.",
    ),
)
def gradient_and_error():
    exact = torch.tensor([1.0, 0.0], dtype=torch.float64)
    found = gradients.compare({"w": exact}, {"w": exact + torch.tensor([0.0, 0.5])})["w"]
    cosine, length = found.cosine, found.norm_ratio
    return (cosine, length), {
        "The pair is swapped: the cosine comes first.": (length, cosine),
        "Lengths at a right angle do not add; their squares do.": (cosine, 1.5),
        "That is the cosine of a triangle whose long side is a; here the long side is b.": (
            (1 - 0.5**2) ** 0.5,
            length,
        ),
        "The second number is the length of b over that of a, not the other way round.": (
            cosine,
            1 / length,
        ),
        "That is the square of the cosine.": (cosine**2, length),
    }


@function(
    "06e-3",
    right="The cosine forgets the scale and the length forgets the direction; you need both.",
    hints=(
        "Which of the two numbers must not change when `found` is doubled?",
        "The cosine is the inner product of the two, divided by both norms.",
        "Flatten both tensors first: a, b = exact.flatten(), found.flatten().",
    ),
)
def two_numbers(draw):
    cases = [(draw.normal(4, 3), draw.normal(4, 3)) for _ in range(4)]

    def closeness(exact, found):
        one = gradients.compare({"w": exact}, {"w": found})["w"]
        return torch.tensor(one.cosine), torch.tensor(one.norm_ratio)

    def unscaled(exact, found):
        return (exact * found).sum(), closeness(exact, found)[1]

    def swapped(exact, found):
        return closeness(exact, found)[0], exact.norm() / found.norm()

    def squared(exact, found):
        cosine, length = closeness(exact, found)
        return cosine, length**2

    return (closeness, cases), {
        "That is the inner product; divide it by both norms.": unscaled,
        "The length is that of `found` over that of `exact`.": swapped,
        "That is the square of the length: take the root of the sum of squares.": squared,
    }


@integer(
    "06e-4",
    right="Only the last one. Each layer adds a synapse and a membrane, and a piece of five steps "
    "ends before the blame has come through the second of them.",
    hints=(
        "What does the explorer draw where a gradient is zero?",
        "A gradient of zero has no direction, so it has no bar: count the bars.",
    ),
)
def pieces_of_five_steps():
    points = results.load("ch06e_laboratory")["points"]
    deep = next(p for p in points if (p["depth"], p["steps"], p["trained"]) == (5, 100, 0))
    rows = [deep["rows"]["truncated_5"][f"hidden.{k}.weight"] for k in range(5)]
    reached = sum(max(row["norm_ratio"]) > 0 for row in rows)
    return reached, {
        "That is the number of layers without a gradient.": 5 - reached,
        "A bar of height zero is not drawn: not every layer has one.": 5,
        "Look at the last layer, next to the readout: it has a bar.": 0,
    }
