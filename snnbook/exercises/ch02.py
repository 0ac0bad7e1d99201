"""Exercises and quiz of chapter 2: spiking networks as recurrent networks (paper section II)."""

import math

import torch
from torch import Tensor

from snnbook.exercises import _ch02_functions as by_code
from snnbook.exercises._ch02_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake
from snnbook.exercises.mystery import hidden_parameters
from snnbook.neurons import LIFNeuron, psp_kernel, run

# 02-1 ----------------------------------------------------------------------------------------

_COARSE = LIFNeuron(tau_mem=10e-3, tau_syn=4e-3, dt=2e-3)


def _factors(function) -> tuple[float, float]:
    """Return a function of dt/tau for the synapse and for the membrane."""
    return function(_COARSE.dt / _COARSE.tau_syn), function(_COARSE.dt / _COARSE.tau_mem)


DECAY = Exercise(
    id="02-1",
    title="Two decay factors",
    level="by head",
    kind="sequence",
    prompt=r"""
A synapse has $\tau_\mathrm{syn} = 4$ ms, and its neuron has $\tau_\mathrm{mem} = 10$ ms.
The time step is $\Delta t = 2$ ms.
Give the pair $(\alpha, \beta)$ to three digits.
""",
    truth=lambda: (_COARSE.alpha, _COARSE.beta),
    tolerance=5e-3,
    right="α = exp(−1/2) and β = exp(−1/5): the slower of the two forgets less in a step.",
    hint="A quantity that decays with τ keeps the fraction exp(−dt/τ) over one step.",
    solution="""
alpha, beta = math.exp(-2 / 4), math.exp(-2 / 10)
check("02-1", (alpha, beta))
""",
    mistakes=(
        Mistake(
            lambda: _factors(lambda x: x),
            "That is dt/τ, the fraction that is lost in a short step; the factor is what is "
            "kept, exp(−dt/τ).",
        ),
        Mistake(
            lambda: _factors(lambda x: 1 - x),
            "That is 1 − dt/τ, the Euler step; the exact decay over one step is exp(−dt/τ).",
        ),
        Mistake(
            lambda: _factors(lambda x: 1 - math.exp(-x)),
            "That is what is lost, 1 − exp(−dt/τ); the decay factor is what is kept.",
        ),
        Mistake(
            lambda: _factors(math.exp), "The sign in the exponent is missing: this factor grows."
        ),
        Mistake(
            lambda: _factors(lambda x: math.exp(-1 / x)),
            "The exponent is upside down: it is dt/τ, not τ/dt.",
        ),
        Mistake(
            lambda: _factors(lambda x: math.exp(-x * 1000)),
            "The exponent is 1000 times too large: dt and τ must be in the same unit.",
        ),
        Mistake(
            lambda: _factors(lambda x: math.exp(-x / 1000)),
            "The exponent is 1000 times too small: dt and τ must be in the same unit.",
        ),
        Mistake(
            lambda: (_COARSE.beta, _COARSE.alpha),
            "The two are swapped: α belongs to the synapse and β to the membrane.",
        ),
    ),
)

# 02-2 ----------------------------------------------------------------------------------------


def _first_spike() -> int:
    drive = torch.zeros(20, 1, 1)
    drive[3] = 1.5
    return int(run(LIFNeuron(), drive).spikes[:, 0, 0].argmax())


LATENCY = Exercise(
    id="02-2",
    title="From input spike to output spike",
    level="by head",
    kind="integer",
    prompt=r"""
A neuron at rest, with $\theta = 1$, receives one input spike at step $n = 3$.
The weight is $1.5$.
At which step is $S[n] = 1$ for the first time?
""",
    truth=_first_spike,
    right="I[4] = 1.5, U[5] = 1.5, and S[5] reads U[5]: each arrow of the graph costs one step.",
    hint="Write down I[4], U[4], I[5] and U[5] with the update equations.",
    solution="""
drive = torch.zeros(10, 1, 1)
drive[3] = 1.5
check("02-2", unroll(drive).spikes[:, 0, 0].argmax())
""",
    mistakes=(
        Mistake(
            lambda: _first_spike() - 2,
            "That is the step of the input itself: the input reaches I one step later, and U "
            "another step later.",
        ),
        Mistake(
            lambda: _first_spike() - 1,
            "One step early: I[4] holds the input, but U[4] was made from I[3], which is 0.",
        ),
        Mistake(
            lambda: _first_spike() + 1,
            "One step late: S[n] reads U[n] of the same step; only the reset comes a step later.",
        ),
        Mistake(
            lambda: 2,
            "Two steps is the latency; count it from the input at n = 3.",
        ),
    ),
)

# 02-3 ----------------------------------------------------------------------------------------

_SLOW = LIFNeuron(tau_mem=20e-3, tau_syn=5e-3, dt=1e-3)


def _continuous_peak() -> float:
    """Return the time of the peak in continuous time, in steps."""
    slow, fast = _SLOW.tau_mem, _SLOW.tau_syn
    return slow * fast / (slow - fast) * math.log(slow / fast) / _SLOW.dt


PEAK = Exercise(
    id="02-3",
    title="The peak of the postsynaptic potential",
    level="by code",
    kind="integer",
    prompt=r"""
A neuron has $\tau_\mathrm{mem} = 20$ ms, $\tau_\mathrm{syn} = 5$ ms and $\Delta t = 1$ ms.
It receives one input spike at step $n = 0$, too weak to make it fire.
At which step $n$ is $U[n]$ largest?
""",
    truth=lambda: int(psp_kernel(_SLOW, 100).argmax()),
    right="The continuous peak lies at 9.24 ms, and the input needs one more step on its way.",
    hint="Simulate it: `integrate` an impulse, or take the largest entry of `psp_kernel`.",
    solution="""
neuron = LIFNeuron(tau_mem=20e-3, tau_syn=5e-3, dt=1e-3)
impulse = torch.zeros(100, 1, 1)
impulse[0] = 1.0
check("02-3", integrate(impulse, neuron).mem[:, 0, 0].argmax())
""",
    mistakes=(
        Mistake(
            lambda: round(_continuous_peak()),
            "That is the peak of the continuous response, from the moment the current jumps; in "
            "discrete time the input reaches I one step after it was sent.",
        ),
        Mistake(
            lambda: int(psp_kernel(_SLOW, 100).argmax()) + 1,
            "One step late: the first step has the index n = 0.",
        ),
        Mistake(lambda: 2, "U leaves 0 at step 2, and goes on rising while I exceeds the leak."),
        Mistake(
            lambda: int(run(_SLOW.leaky, _impulse()).syn[:, 0, 0].argmax()),
            "That is the peak of the current I; the membrane integrates it and peaks later.",
        ),
        Mistake(
            lambda: round(_SLOW.tau_mem / _SLOW.dt),
            "That is τ_mem in steps; the peak is where the rise through the synapse and the "
            "decay through the membrane balance.",
        ),
    ),
)


def _impulse() -> Tensor:
    impulse = torch.zeros(20, 1, 1)
    impulse[0] = 1.0
    return impulse


# 02-4 ----------------------------------------------------------------------------------------

CURRENT = Exercise(
    id="02-4",
    title="The smallest current that makes a neuron fire",
    level="by head",
    kind="number",
    prompt=r"""
The synaptic current of a neuron is held at a constant value $I$.
The neuron has $\tau_\mathrm{mem} = 5$ ms, $\Delta t = 1$ ms and $\theta = 1$.
Above which value of $I$ does it fire sooner or later?
""",
    truth=lambda: (1 - LIFNeuron(tau_mem=5e-3).beta) * LIFNeuron().threshold,
    tolerance=5e-3,
    right="Without a spike U settles where U = βU + I, at I/(1 − β), which must exceed θ.",
    hint="Without a spike U settles where U[n+1] = U[n]. Where is that?",
    solution="""
beta = math.exp(-1 / 5)
check("02-4", (1 - beta) * 1.0)
""",
    mistakes=(
        Mistake(
            lambda: LIFNeuron().threshold,
            "With I = θ it fires at once, but the membrane adds up the current of many steps: "
            "less is enough.",
        ),
        Mistake(
            lambda: 1e-3 / 5e-3,
            "That is dt/τ_mem, the Euler value of 1 − β; use β = exp(−dt/τ_mem).",
        ),
        Mistake(
            lambda: LIFNeuron(tau_mem=5e-3).beta,
            "That is β; what must be made up for in each step is the loss, (1 − β)θ.",
        ),
        Mistake(
            lambda: 1 / (1 - LIFNeuron(tau_mem=5e-3).beta),
            "That is how far a current of 1 lifts U; solve I/(1 − β) = θ for I.",
        ),
        Mistake(
            lambda: (1 - LIFNeuron(tau_mem=5e-3).beta) * (1 - LIFNeuron().alpha),
            "That is the smallest weighted *input*, with the synapse of the default neuron; the "
            "current itself is asked for.",
        ),
    ),
)

# 02-7 ----------------------------------------------------------------------------------------


def _taus() -> tuple[float, float]:
    hidden = hidden_parameters(0)
    return hidden.tau_mem, hidden.tau_syn


def _of_taus(function):
    return lambda: tuple(function(tau) for tau in _taus())


MYSTERY = Exercise(
    id="02-7",
    title="The mystery neuron",
    level="explore",
    kind="sequence",
    prompt=r"""
`probe = mystery_neuron(seed=0)` is a LIF neuron with a threshold of 1 and a time step of 1 ms.
`probe(drive)` takes the weighted input of each step, of shape `(T,)`.
It returns $U[0], \dots, U[T-1]$.
Find $(\tau_\mathrm{mem}, \tau_\mathrm{syn})$ in seconds, to two percent.
Mind that one of the two may hide behind the other.
""",
    truth=_taus,
    tolerance=2e-2,
    right="The response below threshold gives both values, and only the reset, which acts on U "
    "alone, tells which is which.",
    hint="After a weak impulse w, U[3]/U[2] = α + β and U[4]/U[2] = α² + αβ + β².",
    solution="""
probe = mystery_neuron(seed=0)
weak, strong = torch.zeros(5), torch.zeros(5)
weak[0], strong[0] = 0.1, 1.2
U = probe(weak) / 0.1
total, product = U[3], U[3] ** 2 - U[4]  # alpha + beta, alpha * beta
root = (total**2 - 4 * product).sqrt()
factors = torch.stack([(total - root) / 2, (total + root) / 2])
loss = probe(strong) - 1.2 * U  # what the spike at n = 2 took off: -1 at n = 3
beta = -(loss[4] + (probe(strong)[3] > 1).double())  # then it decays with beta alone
is_beta = (factors - beta).abs() < 1e-6
taus = -1e-3 / factors.log()
check("02-7", (taus[is_beta], taus[~is_beta]))
""",
    mistakes=(
        Mistake(
            lambda: _taus()[::-1],
            "Both values are right and they are swapped. Below threshold α and β enter in the "
            "same way: make the neuron fire, the reset decays with β alone.",
        ),
        Mistake(
            _of_taus(lambda tau: tau * 1e3),
            "These are milliseconds (or steps); the answer is in seconds.",
        ),
        Mistake(
            _of_taus(lambda tau: math.exp(-1e-3 / tau)),
            "These are the decay factors (β, α); turn them into time constants, −dt/ln β.",
        ),
        Mistake(
            _of_taus(lambda tau: 1e-3 / (1 - math.exp(-1e-3 / tau))),
            "These are dt/(1 − β) and dt/(1 − α), the Euler reading; the exact one is −dt/ln β.",
        ),
        Mistake(
            _of_taus(lambda tau: tau * math.log(2)),
            "These are half-lives; the time constant is the half-life divided by ln 2.",
        ),
    ),
)

CHAPTER = Chapter(
    "02",
    "Spiking networks as recurrent networks",
    (DECAY, LATENCY, PEAK, CURRENT, by_code.STEP, by_code.ZERO_RESET, MYSTERY),
    QUESTIONS,
)
