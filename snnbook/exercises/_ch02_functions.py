"""The exercises of chapter 2 in which the reader writes a function: the step, the zero reset."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from snnbook.exercises._records import Exercise, Mistake
from snnbook.neurons import LIFNeuron, LIFState, lif_step

_DT = 1e-3


def _params(alpha: float, beta: float, threshold: float) -> LIFNeuron:
    """Return parameters with these decay factors."""
    tau_mem, tau_syn = -_DT / math.log(beta), -_DT / math.log(alpha)
    return LIFNeuron(tau_mem=tau_mem, tau_syn=tau_syn, dt=_DT, threshold=threshold)


def _draw(generator: torch.Generator, size: int, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(size, generator=generator, dtype=torch.float64)


def _neurons(generator: torch.Generator) -> list[tuple]:
    """Return I, U, drive, alpha, beta and theta of six layers; U is at and around threshold."""
    cases = []
    for threshold in (1.0, 1.0, 0.5, 1.5, 0.75, 2.0):
        alpha, beta = _draw(generator, 2, 0.5, 0.95).tolist()
        syn, drive = _draw(generator, 5, 0.1, 0.5), _draw(generator, 5, 0.0, 0.5)
        mem = threshold * torch.tensor([0.3, 0.99, 1.0, 1.2, 2.5], dtype=torch.float64)
        cases.append((syn, mem, drive, alpha, beta, threshold))
    return cases


def _reference_step(syn, mem, drive, alpha, beta, threshold):
    """Return what the package's step gives, in the order that the exercise asks for."""
    state = LIFState(syn[None], mem[None])
    spikes, state = lif_step(state, drive[None], _params(alpha, beta, threshold))
    return spikes[0], state.syn[0], state.mem[0]


def _variant(
    reset=lambda spikes, threshold: -threshold * spikes,
    fires=lambda mem, threshold: mem > threshold,
    order=(0, 1, 2),
):
    """Return a step with another reset, another condition to fire, or another order of results."""

    def step(syn, mem, drive, alpha, beta, threshold):
        spikes = fires(mem, threshold).to(mem.dtype)
        results = (
            spikes,
            alpha * syn + drive,
            beta * mem + syn + reset(spikes, threshold),
        )
        return tuple(results[index] for index in order)

    return step


def _new_current(syn, mem, drive, alpha, beta, threshold):
    spikes = (mem > threshold).to(mem.dtype)
    syn = alpha * syn + drive
    return spikes, syn, beta * mem + syn - threshold * spikes


def _new_membrane(syn, mem, drive, alpha, beta, threshold):
    new_mem = beta * mem + syn
    spikes = (new_mem > threshold).to(mem.dtype)
    return spikes, alpha * syn + drive, new_mem - threshold * spikes


def _spike_of_the_next_step(syn, mem, drive, alpha, beta, threshold):
    _, new_syn, new_mem = _variant()(syn, mem, drive, alpha, beta, threshold)
    return (new_mem > threshold).to(mem.dtype), new_syn, new_mem


def _swapped(syn, mem, drive, alpha, beta, threshold):
    return _variant()(syn, mem, drive, beta, alpha, threshold)


def _gain(syn, mem, drive, alpha, beta, threshold):
    spikes = (mem > threshold).to(mem.dtype)
    return spikes, alpha * syn + drive, beta * mem + (1 - beta) * syn - threshold * spikes


def _leaky_reset(syn, mem, drive, alpha, beta, threshold):
    spikes = (mem > threshold).to(mem.dtype)
    return spikes, alpha * syn + drive, beta * (mem - threshold * spikes) + syn


def _to_zero(syn, mem, drive, alpha, beta, threshold):
    spikes = (mem > threshold).to(mem.dtype)
    return spikes, alpha * syn + drive, (beta * mem + syn) * (1 - spikes)


def _decayed_drive(syn, mem, drive, alpha, beta, threshold):
    spikes = (mem > threshold).to(mem.dtype)
    return spikes, alpha * (syn + drive), beta * mem + syn - threshold * spikes


STEP = Exercise(
    id="02-5",
    title="One step of a layer",
    level="by code",
    kind="function",
    signature="step(syn, mem, drive, alpha, beta, threshold)",
    prompt=r"""
Write `step(syn, mem, drive, alpha, beta, threshold)`.
It takes $I[n]$, $U[n]$ and the weighted input of step $n$, three tensors of one shape.
It returns the tuple $(S[n], I[n+1], U[n+1])$.
Use the subtractive reset and $\Theta(0) = 0$.
""",
    truth=_reference_step,
    cases=_neurons,
    tolerance=1e-5,
    right="It agrees with `lif_step` on random layers, also for θ other than 1 and for U = θ.",
    hint="Compare each line with the three update equations; all right-hand sides are at step n.",
    solution="""
def step(syn, mem, drive, alpha, beta, threshold):
    spikes = (mem > threshold).to(mem.dtype)
    new_syn = alpha * syn + drive
    new_mem = beta * mem + syn - threshold * spikes
    return spikes, new_syn, new_mem


check("02-5", step)
""",
    mistakes=(
        Mistake(
            _variant(reset=lambda spikes, threshold: threshold * spikes),
            "The sign of the reset: a spike takes θ off the membrane, here it adds θ.",
        ),
        Mistake(
            _variant(reset=lambda spikes, threshold: 0 * spikes),
            "The reset is missing: subtract `threshold * spikes` from the new membrane potential.",
        ),
        Mistake(
            _variant(reset=lambda spikes, threshold: -spikes),
            "The reset takes off 1; it must take off θ, and they agree only if θ = 1.",
        ),
        Mistake(
            _variant(fires=lambda mem, threshold: mem >= threshold),
            "`>=` makes a neuron fire at U = θ exactly; with Θ(0) = 0 it is `>`.",
        ),
        Mistake(
            _variant(fires=lambda mem, threshold: mem > 1.0),
            "The threshold is fixed at 1; compare U with `threshold`.",
        ),
        Mistake(
            _new_current,
            "U[n+1] uses I[n], and you use the new I[n+1]: the input arrives one step early.",
        ),
        Mistake(
            _new_membrane,
            "The order of the reset: S[n] reads U[n], and you let it read the new potential.",
        ),
        Mistake(
            _spike_of_the_next_step,
            "The new state is right and the spikes are those of step n+1; return S[n].",
        ),
        Mistake(_swapped, "alpha and beta are swapped: α decays the current I, β decays U."),
        Mistake(
            _gain,
            "The factor 1 − β on the current belongs to another convention; here I enters U with "
            "gain 1.",
        ),
        Mistake(
            _leaky_reset,
            "The reset comes after the leak: βU − θS, not β(U − θS).",
        ),
        Mistake(_to_zero, "That is the reset to zero; the subtractive reset keeps the remainder."),
        Mistake(_decayed_drive, "The input of step n enters I[n+1] undecayed: αI + drive."),
        Mistake(
            _variant(order=(1, 2, 0)),
            "The values are right; return them in the order spikes, current, membrane.",
        ),
        Mistake(
            _variant(order=(0, 2, 1)),
            "The values are right; return the current before the membrane.",
        ),
    ),
)


def _spiking(generator: torch.Generator) -> list[tuple]:
    """Return U, I, S and beta of three layers; some neurons fire, with U below or above 1."""
    cases = []
    for _ in range(3):
        mem, syn = _draw(generator, 6, 0.1, 2.0), _draw(generator, 6, 0.1, 0.5)
        spikes = (mem > 1.0).double()
        spikes[0], mem[0] = 1.0, 1.5
        spikes[1], mem[1] = 0.0, 0.5
        cases.append((mem, syn, spikes, _draw(generator, 1, 0.5, 0.95).item()))
    return cases


def _reference_zero(mem, syn, spikes, beta):
    """Return the new membrane potential of the package's step with the reset to zero."""
    neuron = _params(0.5, beta, 1.0)
    _, state = lif_step(
        LIFState(syn[None], mem[None]), 0 * syn[None], replace(neuron, reset="zero")
    )
    return state.mem[0]


ZERO_RESET = Exercise(
    id="02-6",
    title="Reset to zero",
    level="by code",
    kind="function",
    signature="reset_to_zero(mem, syn, spikes, beta)",
    prompt=r"""
Many libraries set the membrane to zero after a spike, and so do the paper's own tutorials.
Write `reset_to_zero(mem, syn, spikes, beta)`, which takes $U[n]$, $I[n]$ and $S[n]$.
It returns $U[n+1]$: exactly 0 for a neuron with $S[n] = 1$, and the usual update for the others.
""",
    truth=_reference_zero,
    cases=_spiking,
    tolerance=1e-5,
    right="(βU + I)(1 − S): a factor replaces the subtraction, and whatever exceeded θ is lost.",
    hint="Compute the update without a reset first, and multiply it by 1 − S.",
    solution="""
def reset_to_zero(mem, syn, spikes, beta):
    return (beta * mem + syn) * (1 - spikes)


check("02-6", reset_to_zero)
""",
    mistakes=(
        Mistake(
            lambda mem, syn, spikes, beta: beta * mem + syn - spikes,
            "That is the subtractive reset, which leaves a remainder; multiply by 1 − S instead.",
        ),
        Mistake(
            lambda mem, syn, spikes, beta: beta * mem * (1 - spikes) + syn,
            "The old potential is cleared but the current of the step still comes in; after a "
            "spike U[n+1] is to be 0.",
        ),
        Mistake(
            lambda mem, syn, spikes, beta: (beta * mem + syn) * spikes,
            "The wrong neurons are cleared: S is 1 for those that fired, so the factor is 1 − S.",
        ),
        Mistake(
            lambda mem, syn, spikes, beta: beta * mem + syn,
            "The reset is missing: multiply by 1 − S.",
        ),
        Mistake(
            lambda mem, syn, spikes, beta: beta * (mem - spikes) + syn,
            "That subtracts θ before the leak; the reset to zero multiplies by 1 − S.",
        ),
        Mistake(
            lambda mem, syn, spikes, beta: beta * mem + syn - spikes * mem,
            "This takes off U[n], and the new potential is βU[n] + I[n]: clear all of it.",
        ),
    ),
)
