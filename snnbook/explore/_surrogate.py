"""Explorer of chapter 5: the shape, width and height of a surrogate, and what it does in depth."""

import math
from functools import cache, partial

import numpy as np
import torch

from snnbook import results, surrogates
from snnbook._validate import check_choice
from snnbook.explore._explorer import Control, Explorer, Layer, Panel
from snnbook.neurons import SpikingNetwork
from snnbook.surrogates import Surrogate
from snnbook.training import sum_over_time

WIDTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
SHOWN = ("fast sigmoid", "piecewise linear", "Gaussian", "boxcar")
X = np.linspace(-1.5, 1.5, 121)
STEPS = 60
SAMPLE, HIDDEN = 40, 40  # steps of a sample and neurons in the trained network


def surrogate_frame(
    shape: str = "fast sigmoid",
    width: float = 0.1,
    height: float = 1.0,
    own: Surrogate | None = None,
) -> dict:
    """Return one surrogate, the gradient it lets through five layers, and a trained accuracy.

    Parameters
    ----------
    shape : str
        A name in ``surrogates.ALL``, or ``"your own"``.
    width, height : float
        Full width at half maximum in thresholds, and value at threshold, above 0.
    own : Surrogate, optional
        The surrogate shown as ``"your own"``.

    Returns
    -------
    dict
        The step and the surrogate over ``x``; ``reaching``, the decimal logarithm of the
        gradient at the input spikes, per step, below the first of five hidden layers,
        NaN below -12; the stored test accuracies of the shape at height 1 for five widths, NaN
        where none is stored; the stored spikes of the last hidden layer, ``spike_time`` and
        ``neuron``, for one test sample of each class, one after another, each 40 steps long.

    Examples
    --------
    >>> found = surrogate_frame(width=0.1)
    >>> len(found["reaching"]), len(found["accuracy"])
    (60, 5)

    Paper section IV.B.1; chapter 5.
    """
    choices = dict(surrogates.ALL) | ({"your own": own} if own is not None else {})
    check_choice("shape", shape, choices)
    record = choices[shape].scaled(width=width, height=height)
    x = torch.from_numpy(X)
    reaching = _reaching(record)
    size = f"peaks at {reaching.max():.1e}" if reaching.any() else "is zero"
    accuracy, trained = _accuracies(shape), ""
    near = int(np.argmin(np.abs(np.log10(WIDTHS) - math.log10(width))))
    if height == 1 and math.isclose(WIDTHS[near], width) and not np.isnan(accuracy).any():
        trained = f" After training: {accuracy[near]:.1%} of the test points right."
    times, neurons = _raster(shape, width)
    return {
        "x": X,
        "spike_time": times,
        "neuron": neurons,
        "step": (X > 0).astype(float),
        "derivative": record.derivative(x).numpy(),
        "time": np.arange(STEPS),
        "reaching": np.log10(np.where(reaching > 1e-12, reaching, np.nan)),
        "accuracy": 100 * accuracy,
        "text": f"The gradient below the first of five layers {size}.{trained}",
    }


def _reaching(record: Surrogate) -> np.ndarray:
    """Return the norm of the gradient with respect to the input spikes, per step, (60,)."""
    network, spikes = _task()
    network = network.with_neuron(surrogate=record)
    inputs = spikes.clone().requires_grad_()
    loss = sum_over_time(network(inputs).readout, torch.arange(32) % 2, scale=4 / STEPS)
    (found,) = torch.autograd.grad(loss, [inputs])
    return found.flatten(1).norm(dim=1).double().numpy()


@cache
def _task() -> tuple[SpikingNetwork, torch.Tensor]:
    """Return a network of five hidden layers, and its input (60, 32, 20)."""
    spikes = (torch.rand(STEPS, 32, 20, generator=torch.Generator().manual_seed(5)) < 0.05).float()
    rates = {"input_rate": 50.0, "hidden_rate": 40.0}
    first = torch.Generator().manual_seed(0)
    return SpikingNetwork((20, 40, 40, 40, 40, 40, 2), generator=first, **rates, std=1.0), spikes


def _accuracies(shape: str) -> np.ndarray:
    """Return the stored mean accuracy for each width, NaN for a shape that has none."""
    stored = results.load("ch05_shapes")
    if shape not in stored["accuracy"] or tuple(stored["widths"]) != WIDTHS:
        return np.full(len(WIDTHS), np.nan)
    return np.mean(stored["accuracy"][shape], axis=1)


def _raster(shape: str, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the stored spikes of the nearest width at height 1, none for an unknown shape."""
    stored = results.load("ch05_rasters")
    if shape not in stored["rasters"]:
        return np.empty(0), np.empty(0)
    near = int(np.argmin(np.abs(np.log10(stored["widths"]) - math.log10(width))))
    classes = stored["rasters"][shape][near]
    times = [SAMPLE * k + np.array(steps) for k, (steps, _) in enumerate(classes)]
    return np.concatenate(times), np.concatenate([neurons for _, neurons in classes])


def surrogate(own: Surrogate | None = None, live: bool | None = None) -> Explorer:
    """Return the surrogate playground; ``own`` adds a surrogate of yours to the shapes.

    >>> surrogate()
    Explorer('surrogate': shape, width, height, 40 settings)

    Chapter 5.
    """
    shapes = (*SHOWN, "your own") if own is not None else SHOWN
    return Explorer(
        name="surrogate",
        function=partial(surrogate_frame, own=own),
        controls={
            "shape": Control("shape", shapes, "fast sigmoid"),
            "width": Control("width", WIDTHS, 0.1),
            "height": Control("height", (0.5, 1.0), 1.0),
        },
        panels=_panels(),
        alt="A surrogate derivative, the trained accuracy for five widths, the size of the "
        "gradient that reaches the input through five hidden layers, and the spikes of a trained "
        "hidden layer for three inputs.",
        caption="The gradient is computed anew for every setting; the accuracies on Yin-Yang are "
        "stored means over seeds, the spikes those of the last hidden layer of one stored "
        "network, both at height 1.",
        live=live,
        title="The surrogate playground",
        chapter="05-surrogate-gradients",
        heading="ch05-explore",
        change="Change shape, width and height.",
        question="How much gradient passes five layers, and is more of it better?",
    )


def _panels() -> list[Panel]:
    """Return the shape and what training with it gave, and in depth its gradient and spikes."""
    shape = (
        Layer("line", "step", "x", "step (forward)", "true"),
        Layer("line", "derivative", "x", "surrogate (backward)", "surrogate", True),
    )
    accuracy = (Layer("bars", "accuracy", color="validation"),)
    reaching = (Layer("line", "reaching", "time", color="surrogate"),)
    raster = (Layer("ticks", "neuron", "spike_time", color="spikes"),)
    names = tuple(f"{width:g}" for width in WIDTHS)
    beside, below = partial(Panel, height=150), partial(Panel, height=170, wide=True)
    return [
        beside(shape, "One neuron", (-1.5, 1.5), (-0.05, 1.1), xlabel="distance to threshold"),
        beside(accuracy, "Trained accuracy (%), by width", (-0.6, 4.6), (0, 100), names=names),
        below(
            reaching,
            "Gradient below five layers, powers of ten",
            (0, STEPS),
            (-12.5, 6),
            xlabel="time step",
        ),
        below(
            raster,
            "After training: one input of each class",
            (0, 3 * SAMPLE),
            (-0.5, HIDDEN - 0.5),
            xlabel="time step; a new input every 40 steps",
            ylabel="neuron",
        ),
    ]
