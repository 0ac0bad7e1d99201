"""The exercises of chapter 6a in which the reader writes an angle and one event."""

import torch

from snnbook.exercises._records import Exercise, Mistake


def _matrices(generator: torch.Generator) -> list[tuple]:
    """Return pairs of matrices (out, in)."""
    shapes = ((3, 4), (10, 6), (2, 5))
    return [
        tuple(torch.randn(2, *shape, generator=generator, dtype=torch.float64)) for shape in shapes
    ]


def _cosine(weight, feedback):
    return (weight * feedback).sum() / (weight.norm() * feedback.norm())


ANGLE = Exercise(
    id="06a-3",
    title="The angle between two matrices",
    level="by code",
    kind="function",
    signature="angle(W, G)",
    prompt=r"""
Write `angle(W, G)`, which returns the angle of {eq}`eq-06a-angle` in degrees.
`W` and `G` are tensors of the same shape, `(out, in)`.
""",
    truth=lambda weight, feedback: torch.rad2deg(torch.arccos(_cosine(weight, feedback))),
    cases=_matrices,
    tolerance=1e-6,
    right="One number for a whole matrix: flatten both, and it is the angle of two vectors.",
    hint="`(W * G).sum()` is the inner product, and `W.norm()` the length.",
    solution="""
def angle(W, G):
    cosine = (W * G).sum() / (W.norm() * G.norm())
    return torch.rad2deg(torch.arccos(cosine))


check("06a-3", angle)
""",
    mistakes=(
        Mistake(_cosine, "That is the cosine; take its arccos, in degrees."),
        Mistake(
            lambda weight, feedback: torch.arccos(_cosine(weight, feedback)),
            "That is the angle in radians.",
        ),
        Mistake(
            lambda weight, feedback: torch.rad2deg(torch.arccos(-_cosine(weight, feedback))),
            "The sign is the wrong way round: equal matrices have an angle of zero.",
        ),
    ),
)


def _events(generator: torch.Generator) -> list[tuple]:
    """Return a dendrite (N,), a membrane (N,) and a half width."""
    cases = []
    for neurons in (5, 8, 12):
        dendrite = torch.randn(neurons, generator=generator, dtype=torch.float64)
        mem = 1 + 1.5 * torch.randn(neurons, generator=generator, dtype=torch.float64)
        cases.append((dendrite, mem, float(0.5 + torch.rand(1, generator=generator))))
    return cases


def _event(dendrite, mem, b, *, threshold=1.0, product=False):
    distance = (mem - threshold).abs()
    if product:
        return dendrite * (1 - distance / b).clamp(min=0)
    return torch.where(distance < b, dendrite, 0.0)


EVENT = Exercise(
    id="06a-5",
    title="One event of eRBP",
    level="by code",
    kind="function",
    signature="event(D, U, b)",
    prompt=r"""
An input spike arrives at all neurons of a layer.
Write `event(D, U, b)`, which returns what is added to the sum for each of its synapses.
`D` is the dendrite and `U` the membrane of each neuron, both of shape `(N,)`.
The threshold is 1, and `b` is half the width of the window.
Use comparisons and no multiplication.
""",
    truth=_event,
    cases=_events,
    tolerance=1e-6,
    right="Two comparisons decide whether the dendrite is added; nothing is multiplied.",
    hint="`torch.where(condition, D, 0.0)`, and the window lies around the threshold.",
    solution="""
def event(D, U, b):
    return torch.where((U - 1).abs() < b, D, 0.0)


check("06a-5", event)
""",
    mistakes=(
        Mistake(
            lambda *case: _event(*case, threshold=0.0),
            "The window lies around the threshold, not around the resting potential.",
        ),
        Mistake(
            lambda *case: _event(*case, product=True),
            "That weighs the dendrite with a triangle; eRBP asks yes or no.",
        ),
        Mistake(lambda dendrite, mem, b: dendrite, "Neurons far from the threshold do not learn."),
    ),
)
