"""Exercises and quiz of chapter 3: training recurrent networks (paper section III)."""

import math

import torch

from snnbook import gradients, training
from snnbook.exercises import _ch03_functions as by_code
from snnbook.exercises._ch03_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake
from snnbook.neurons import LIFNeuron, SpikingNetwork

# 03-1 ----------------------------------------------------------------------------------------

_W, _V = 3.0, 0.5
_LINE = gradients.Nonlinearity(lambda a: a, torch.ones_like)


def _one_unit(name: str) -> float:
    """Return dy[3]/dW or dy[3]/dV of one linear unit with one input of 1 at step 0."""
    rnn = gradients.SmoothRNN((torch.tensor([[_W]]),), (torch.tensor([[_V]]),), _LINE)
    inputs = torch.tensor([1.0, 0.0, 0.0, 0.0])[:, None, None]
    _, records = gradients.rnn_run(rnn, inputs)
    errors = [torch.zeros(1, 1)] * 3 + [torch.ones(1, 1)]
    total = 0.0
    for n, (delta,) in gradients.rnn_backward(rnn, records, errors):
        arrived = records[n].past if name == "V" else records[n].source
        total += (delta * arrived[0]).sum().item()
    return total


SHARED = Exercise(
    id="03-1",
    title="One weight, several uses",
    level="by head",
    kind="number",
    prompt=r"""
One linear unit has $y[n] = v\, y[n-1] + w\, x[n-1]$ with $v = 0.5$ and $w = 3$.
It starts at $y[0] = 0$.
Its input is $x[0] = 1$, and 0 afterwards.
Give $\mathrm{d}y[3]/\mathrm{d}v$.
""",
    truth=lambda: _one_unit("V"),
    right="v was used twice on the way, at steps 2 and 3, and each use contributes w·v: "
    "together 2wv.",
    hint="Write y[1], y[2], y[3] as formulas in v and w, or sum δ[m]·y[m−1] over the steps m.",
    solution="""
v, w = 0.5, 3.0
y = [0.0, w, v * w, v * v * w]
delta = [None, v * v, v, 1.0]  # dy[3]/da[m]
check("03-1", sum(delta[m] * y[m - 1] for m in (1, 2, 3)))
""",
    mistakes=(
        Mistake(
            lambda: _W * _V,
            "That is one of the two uses of v; the gradient sums over both.",
        ),
        Mistake(
            lambda: _W * _V**2,
            "That is y[3] itself; differentiate it with respect to v.",
        ),
        Mistake(
            lambda: _one_unit("W"),
            "That is the derivative with respect to w.",
        ),
        Mistake(lambda: 2 * _V, "The activity that v multiplies is missing: y[1] is w, not 1."),
        Mistake(lambda: 3 * _W * _V**2, "v was used twice with a non-zero input, not three times."),
    ),
)

# 03-2 ----------------------------------------------------------------------------------------


def _first_piece(depth: int) -> int:
    """Return the shortest piece of truncated BPTT that gives the first hidden layer a gradient."""
    generator = torch.Generator().manual_seed(0)
    sizes = (2, *[3] * depth, 2)
    network = SpikingNetwork(sizes, generator=generator)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_().add_(0.3)
    spikes = torch.ones(40, 1, 2)
    error = training.step_squared_error(torch.full((40, 1, 2), -1.0))
    for truncate in range(1, 40):
        if gradients.bptt(network, spikes, error, truncate=truncate)["hidden.0.weight"].any():
            return truncate
    raise RuntimeError("no piece is long enough")


LATENCY = Exercise(
    id="03-2",
    title="A piece that is too short",
    level="by head",
    kind="integer",
    prompt=r"""
A network has three hidden layers of LIF neurons and a leaky readout.
The loss reads $U_c[n]$ of the readout at every step.
Truncated BPTT cuts time into pieces of $K$ steps.
What is the smallest $K$ for which the weights of the *first* hidden layer get any gradient?
""",
    truth=lambda: _first_piece(3),
    right="W acts on I one step later and on U two steps later: two steps for each of the four "
    "layers, and the piece must hold the step of the use as well.",
    hint="Follow one input spike: used in step 0, it is in I of layer 1 in step 1, in U in step 2.",
    solution="""
hidden, per_layer = 3, 2
latest = per_layer * (hidden + 1)  # used in step 0, seen by the loss in this step
check("03-2", latest + 1)
""",
    mistakes=(
        Mistake(
            lambda: 8,
            "Used in step 0, seen in step 8: that makes nine steps, 0 to 8, in one piece.",
        ),
        Mistake(lambda: 4, "Each layer takes two steps, through I and through U."),
        Mistake(lambda: 5, "One step for each layer is not enough: two, through I and through U."),
        Mistake(lambda: 7, "The readout is a layer with two steps of its own."),
        Mistake(lambda: 6, "The readout is a layer, too, and takes two steps of its own."),
        Mistake(lambda: 3, "That is enough for the readout's own weights alone."),
    ),
)

# 03-3 ----------------------------------------------------------------------------------------

CROSSING = Exercise(
    id="03-3",
    title="When history outweighs influence",
    level="by head",
    kind="integer",
    prompt=r"""
A recurrent layer has $N = 100$ neurons and $M = 100$ inputs.
BPTT keeps $3N$ numbers for each step, RTRL keeps $2(N + M)N^2$ numbers once.
Leave out everything else: from how many steps on does BPTT hold more than RTRL?
""",
    truth=lambda: math.floor(2 * 200 * 100**2 / 300) + 1,
    tolerance=1e-9,
    right="More than 2(N + M)N/3 steps: 13 seconds at 1 ms. RTRL pays off for streams, not for "
    "samples.",
    hint="Solve 3NT > 2(N + M)N² for T, and round up.",
    solution="""
N, M = 100, 100
check("03-3", 2 * (N + M) * N**2 // (3 * N) + 1)
""",
    mistakes=(
        Mistake(
            lambda: 13333,
            "At 13333 steps BPTT still holds a little less: 3·100·13333 < 4 000 000. "
            "One step more.",
        ),
        Mistake(
            lambda: 6667,
            "The influences of the input weights are missing, or the factor 2 for I and U.",
        ),
        Mistake(lambda: 4_000_000, "That is what RTRL keeps; divide by 3N numbers per step."),
        Mistake(lambda: 40_000, "The 3 is missing: BPTT keeps I, U and S of each neuron."),
    ),
)

# 03-6 ----------------------------------------------------------------------------------------


def _fades_after(share: float, tau_mem: float, tau_syn: float) -> int:
    """Return after how many steps the response falls below a share of its peak."""
    from snnbook.neurons import psp_kernel

    kernel = psp_kernel(LIFNeuron(tau_mem=tau_mem, tau_syn=tau_syn), 2000)
    peak = int(kernel.argmax())
    low = (kernel[peak:] < share * kernel[peak]).nonzero()[0, 0]
    return peak + int(low)


REACH = Exercise(
    id="03-6",
    title="How far back does the blame reach?",
    level="explore",
    kind="integer",
    prompt=r"""
In a leaky readout the use of a weight in step $m$ moves $U_c[n]$ by $\kappa[n - m]$.
Here $\kappa$ is the response of `neurons.psp_kernel`.
Take $\tau_\text{mem} = 20$ ms, $\tau_\text{syn} = 5$ ms and $\Delta t = 1$ ms.
What is the first distance beyond the peak at which $\kappa$ is below one hundredth of it?
""",
    truth=lambda: _fades_after(0.01, 20e-3, 5e-3),
    tolerance=1e-9,
    right="Some five membrane time constants, plus the rise: a piece of truncated BPTT shorter "
    "than this cuts off blame that matters.",
    hint="Compute the kernel for 300 steps, find its peak, and search beyond it.",
    solution="""
kernel = psp_kernel(LIFNeuron(tau_mem=20e-3, tau_syn=5e-3), 300)
peak = int(kernel.argmax())
beyond = (kernel < kernel.max() / 100) & (torch.arange(300) > peak)
check("03-6", int(beyond.nonzero()[0]))
""",
    mistakes=(
        Mistake(
            lambda: _fades_after(0.1, 20e-3, 5e-3),
            "That is one tenth of the peak; one hundredth is asked for.",
        ),
        Mistake(
            lambda: math.ceil(20 * math.log(100)),
            "That is ln(100) membrane time constants; the kernel first rises, and the current "
            "lasts as well.",
        ),
        Mistake(
            lambda: _fades_after(0.01, 20e-3, 5e-3) - 10,
            "Counted from the peak? The distance counts from the use, at 0.",
        ),
        Mistake(
            lambda: _fades_after(0.01, 10e-3, 5e-3),
            "That is the default membrane time constant, 10 ms; 20 ms is asked for.",
        ),
    ),
)

CHAPTER = Chapter(
    "03",
    "Training recurrent networks",
    (SHARED, LATENCY, CROSSING, by_code.DELTA, by_code.INFLUENCE, REACH),
    QUESTIONS,
)
