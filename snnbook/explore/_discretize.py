"""Explorer of chapter 8b: the eigenvalues of a step, and what the neuron does with them."""

import numpy as np
import torch

from snnbook._validate import check_positive
from snnbook.explore._explorer import Control, Explorer, Layer, Panel
from snnbook.neurons import AdLIFNeuron, coupling_bound, spectral_radius

TAU_MEM, TAU_ADAPT, SECONDS = 20e-3, 100e-3, 0.25
#: Membranes are drawn up to here; beyond it a line leaves the picture.
TOP = 3.0
CIRCLE = np.linspace(0, 2 * np.pi, 73)


def exact_matrix(coupling: float, dt: float) -> torch.Tensor:
    """Return what the equation itself does in one step: the exponential of its matrix, (2, 2)."""
    rates = [[-1 / TAU_MEM, -1 / TAU_MEM], [coupling / TAU_ADAPT, -1 / TAU_ADAPT]]
    return torch.matrix_exp(dt * torch.tensor(rates, dtype=torch.float64))


def discretize_frame(coupling: float = 60.0, step: float = 1.0, kind: str = "forward") -> dict:
    """Return the eigenvalues of one step of an adLIF neuron, and its membrane after a kick.

    Parameters
    ----------
    coupling : float
        a, the adaptation current that a membrane of 1 holds in the long run; finite.
    step : float
        Time step in milliseconds, above 0.
    kind : {"forward", "symplectic"}
        Which current the membrane takes, the old or the new one.

    Returns
    -------
    dict
        ``circle_x`` and ``circle_y``, the unit circle; ``real`` and ``imaginary``, the eigenvalues
        of the step, and ``exact_real`` and ``exact_imaginary``, those of the equation; over
        ``time`` in ms the membranes ``mem`` and ``exact``, cut at 3; and ``text``.

    Examples
    --------
    >>> print(discretize_frame(150.0)["text"].split(". ")[0])
    The forward step has the spectral radius 1.007 and is unstable

    Chapter 8b.
    """
    check_positive("step", step)
    neuron = AdLIFNeuron(TAU_MEM, TAU_ADAPT, coupling, step_kind=kind, dt=1e-3 * step)
    matrices = neuron.step_matrix(), exact_matrix(coupling, neuron.dt)
    found, true = (torch.linalg.eigvals(one).numpy() for one in matrices)
    radius, bound = spectral_radius(neuron).item(), coupling_bound(neuron).item()
    count = round(SECONDS / neuron.dt)
    courses = []
    for one in matrices:
        states = [torch.tensor([1.0, 0.0], dtype=torch.float64)]
        for _ in range(count):
            states.append((one @ states[-1]).clamp(-1e6, 1e6))
        courses.append(torch.stack(states)[:, 0].clamp(-TOP, TOP).numpy())
    verdict = "is stable" if radius < 1 else "is unstable"
    return {
        "circle_x": np.cos(CIRCLE),
        "circle_y": np.sin(CIRCLE),
        "real": found.real,
        "imaginary": found.imag,
        "exact_real": true.real,
        "exact_imaginary": true.imag,
        "time": np.arange(count + 1) * step,
        "mem": courses[0],
        "exact": courses[1],
        "text": f"The {kind} step has the spectral radius {radius:.3f} and {verdict}. "
        f"The equation's is {np.abs(true).max():.3f}; at this step the coupling may go up to "
        f"{bound:.0f}.",
    }


def discretize(live: bool | None = None) -> Explorer:
    """Return the explorer of the step: coupling, time step and which current the membrane takes.

    >>> discretize()
    Explorer('discretize': coupling, step, kind, 84 settings)

    Chapter 8b.
    """
    plane = (
        Layer("line", "circle_y", "circle_x", "unit circle", "threshold", True),
        Layer("points", "exact_imaginary", "exact_real", "equation", "reset"),
        Layer("points", "imaginary", "real", "step", "mem"),
    )
    membrane = (
        Layer("line", "exact", "time", "equation", "reset", True),
        Layer("line", "mem", "time", "step", "mem"),
    )
    return Explorer(
        name="discretize",
        function=discretize_frame,
        controls={
            "coupling": Control("coupling a", (-0.5, 0.5, 10.0, 60.0, 120.0, 150.0, 1000.0), 60.0),
            "step": Control("time step (ms)", (0.5, 1.0, 2.0, 5.0, 10.0, 20.0), 1.0),
            "kind": Control("current", ("forward", "symplectic"), "forward"),
        },
        panels=[
            Panel(
                plane,
                "Eigenvalues of one step",
                xlim=(-1.6, 1.6),
                ylim=(-1.6, 1.6),
                xlabel="real part",
                ylabel="imaginary part",
                height=240,
            ),
            Panel(
                membrane,
                "Membrane U after a kick",
                xlim=(0, 1e3 * SECONDS),
                ylim=(-TOP - 0.2, TOP + 0.2),
                xlabel="time (ms)",
                height=240,
            ),
        ],
        alt="Two eigenvalues of one step of an adaptive neuron in the complex plane with the unit "
        "circle, beside those of the equation, and the membrane over a quarter of a second.",
        caption="The membrane starts at 1 and gets no input and no spike. Membrane 20 ms, "
        "adaptation 100 ms, by `snnbook.neurons.AdLIFNeuron`.",
        live=live,
        title="A step that explodes",
        chapter="08b-adaptation",
        heading="ch08b-explore",
        change="Change the coupling, the time step, and which current the membrane takes.",
        question="Which eigenvalues leave the circle first, and does the equation leave it too?",
    )
