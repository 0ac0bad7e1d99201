"""The exercises of chapter 6c in which the reader writes a local error and a camera."""

import torch

from snnbook.exercises._records import Exercise, Mistake


def _signals(generator: torch.Generator) -> list[tuple]:
    """Return spikes (N,), a readout (C, N), and a target (C,)."""
    cases = []
    for neurons, classes in ((6, 3), (8, 4), (5, 2)):
        spikes = (torch.rand(neurons, generator=generator) < 0.6).double()
        matrix = torch.randn(classes, neurons, generator=generator, dtype=torch.float64)
        target = torch.randn(classes, generator=generator, dtype=torch.float64)
        cases.append((spikes, matrix, target))
    return cases


def _signal(spikes, matrix, target, *, sign=1.0, back=True, read=True):
    wrong = sign * ((matrix @ spikes if read else 0.0) - target)
    return matrix.T @ wrong if back else wrong


SIGNAL = Exercise(
    id="06c-3",
    title="The error of a neuron",
    level="by code",
    kind="function",
    signature="signal(S, G, target)",
    prompt=r"""
A layer sends the spikes `S`, of shape `(N,)`, in this step.
Its fixed readout is `G`, of shape `(C, N)`, and `target` has the shape `(C,)`.
The layer's loss in this step is $\tfrac12 \lVert G S - \text{target} \rVert^2$.
Write `signal(S, G, target)`, the derivative of the loss by the spike of each neuron.
""",
    truth=_signal,
    cases=_signals,
    tolerance=1e-6,
    right="Read with G, compare, and go back with the same G: the error never leaves the layer.",
    hint="First what the readout says, then its error, then back through the transpose.",
    solution="""
def signal(S, G, target):
    return G.T @ (G @ S - target)


check("06c-3", signal)
""",
    mistakes=(
        Mistake(
            lambda *case: _signal(*case, sign=-1.0),
            "The derivative of the loss is readout minus target.",
        ),
        Mistake(
            lambda *case: _signal(*case, read=False),
            "The error is the readout minus the target; what the layer said is missing.",
        ),
    ),
)


def _lights(generator: torch.Generator) -> list[tuple]:
    """Return the logarithm of the light over time (T,), and a contrast."""
    return [
        (
            torch.randn(steps, generator=generator, dtype=torch.float64).cumsum(0),
            float(0.5 + torch.rand(1, generator=generator)),
        )
        for steps in (12, 20, 30)
    ]


def _camera(light, contrast, *, forget=False, jump=False):
    known, events = light[0], []
    for now in light[1:]:
        change = now - known
        event = float(change >= contrast) - float(change <= -contrast)
        events.append(event)
        if forget:
            known = now
        elif jump:
            known = now if event else known
        else:
            known = known + contrast * event
    return torch.tensor(events, dtype=torch.float64)


CAMERA = Exercise(
    id="06c-4",
    title="One pixel of an event camera",
    level="by code",
    kind="function",
    signature="camera(light, contrast)",
    prompt=r"""
`light` is the logarithm of the light at one pixel, of shape `(T,)`.
The pixel remembers the first value.
At each later step it sends +1 if the light is at least `contrast` above what it remembers.
It sends -1 if the light is at least `contrast` below, and 0 else.
After an event it moves what it remembers by `contrast` in the direction of the event.
Write `camera(light, contrast)`, which returns the events as a tensor of shape `(T - 1,)`.
""",
    truth=_camera,
    cases=_lights,
    tolerance=1e-6,
    right="An unmoving scene sends nothing, at no cost, and a slow change is not lost.",
    hint="A loop over `light[1:]` with a variable for what the pixel remembers.",
    solution="""
def camera(light, contrast):
    known, events = light[0], []
    for now in light[1:]:
        event = float(now - known >= contrast) - float(known - now >= contrast)
        known = known + contrast * event
        events.append(event)
    return torch.tensor(events)


check("06c-4", camera)
""",
    mistakes=(
        Mistake(
            lambda *case: _camera(*case, forget=True),
            "That compares neighboring steps; a slow change would never make an event.",
        ),
        Mistake(
            lambda *case: _camera(*case, jump=True),
            "The memory moves by the contrast, not to the present value.",
        ),
    ),
)
