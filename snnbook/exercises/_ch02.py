"""Exercises of chapter 2: spiking networks as recurrent networks (paper section II)."""

import math
from dataclasses import replace

import torch

from snnbook import neurons
from snnbook.exercises._mystery import hidden_parameters
from snnbook.exercises._records import function, integer, number, sequence
from snnbook.exercises._tools import decaying


@sequence(
    "02-1",
    right="α = exp(−1/2) and β = exp(−1/5): the slower of the two forgets less in a step.",
    hints=(
        "Which fraction of the current is left after one step of 2 ms, if it decays with 4 ms?",
        "A quantity that decays with τ keeps the fraction exp(−dt/τ) over a step dt; give "
        "dt and τ in the same unit.",
        "`alpha = math.exp(-2 / 4)`; β goes the same way, with the time constant of the membrane.",
    ),
)
def decay_factors():
    neuron = neurons.LIFNeuron(tau_mem=10e-3, tau_syn=4e-3, dt=2e-3)
    alpha, beta = neuron.alpha, neuron.beta
    a, b = 2 / 4, 2 / 10  # dt / tau
    euler, lost = (1 - a, 1 - b), (1 - alpha, 1 - beta)
    too_large, too_small = (alpha**1000, beta**1000), (alpha**0.001, beta**0.001)
    return (alpha, beta), {
        "That is dt/τ, the fraction that is lost in a short step; the factor is what is "
        "kept, exp(−dt/τ).": (a, b),
        "That is 1 − dt/τ, the Euler step; the exact decay over one step is exp(−dt/τ).": euler,
        "That is what is lost, 1 − exp(−dt/τ); the decay factor is what is kept.": lost,
        "The sign in the exponent is missing: this factor grows.": (1 / alpha, 1 / beta),
        "The exponent is upside down: it is dt/τ, not τ/dt.": (math.exp(-1 / a), math.exp(-1 / b)),
        "The exponent is 1000 times too large: dt and τ must be in the same unit.": too_large,
        "The exponent is 1000 times too small: dt and τ must be in the same unit.": too_small,
        "The two are swapped: α belongs to the synapse and β to the membrane.": (beta, alpha),
    }


@integer(
    "02-2",
    right="I[4] = 1.5, U[5] = 1.5, and S[5] reads U[5]: each arrow of the graph costs one step.",
    hints=(
        "Through which two variables does the input pass on its way to a spike?",
        "Each arrow, from the input to I and from I to U, takes one step; S[n] reads U[n] "
        "of the same step.",
        "Write a row for each step: I[4] = 1.5, and U[4] is still 0.",
    ),
)
def first_spike():
    drive = torch.zeros(20, 1, 1)
    drive[3] = 1.5
    n = int(neurons.run(neurons.LIFNeuron(), drive).spikes[:, 0, 0].argmax())
    return n, {
        "That is the step of the input itself: the input reaches I one step later, and U "
        "another step later.": n - 2,
        "One step early: I[4] holds the input, but U[4] was made from I[3], which is 0.": n - 1,
        "One step late: S[n] reads U[n] of the same step; only the reset comes a step later.": (
            n + 1
        ),
        "Two steps is the latency; count it from the input at n = 3.": 2,
    }


@integer(
    "02-3",
    right="The continuous peak lies at 9.24 ms, and the input needs one more step on its way.",
    hints=(
        "Which comes first, the peak of the current or that of the membrane? And in which "
        "step does the membrane first differ from 0?",
        "Simulate it: one input at step 0, no spike, and look for the largest entry of U.",
        "`neuron = LIFNeuron(tau_mem=20e-3, tau_syn=5e-3, dt=1e-3)`, and then "
        "`psp_kernel(neuron, 100)`.",
    ),
)
def peak_of_the_response():
    neuron = neurons.LIFNeuron(tau_mem=20e-3, tau_syn=5e-3, dt=1e-3)
    truth = int(neurons.psp_kernel(neuron, 100).argmax())
    current = neurons.run(neuron.leaky, torch.eye(20, 1)[..., None]).syn[:, 0, 0]
    continuous = 20 * 5 / (20 - 5) * math.log(20 / 5)
    return truth, {
        "That is the peak of the continuous response, from the moment the current jumps; in "
        "discrete time the input reaches I one step after it was sent.": round(continuous),
        "One step late: the first step has the index n = 0.": truth + 1,
        "U leaves 0 at step 2, and goes on rising while I exceeds the leak.": 2,
        "That is the peak of the current I; the membrane integrates it and peaks later.": int(
            current.argmax()
        ),
        "That is τ_mem in steps; the peak is where the rise through the synapse and the "
        "decay through the membrane balance.": 20,
    }


@number(
    "02-4",
    right="Without a spike U settles where U = βU + I, at I/(1 − β), which must exceed θ.",
    hints=(
        "Without a spike, where does U settle when the current stays the same?",
        "It settles where one step changes nothing, U[n+1] = U[n]; the neuron fires if "
        "that value lies above θ.",
        "Solve U = βU + I for U, with β = exp(−1/5).",
    ),
)
def smallest_current():
    neuron = neurons.LIFNeuron(tau_mem=5e-3)
    beta, threshold = neuron.beta, neuron.threshold
    truth = (1 - beta) * threshold
    return truth, {
        "With I = θ it fires at once, but the membrane adds up the current of many steps: "
        "less is enough.": threshold,
        "That is dt/τ_mem, the Euler step; what a step keeps is exp(−dt/τ_mem).": 1 / 5,
        "That is β, the part that is kept; the current makes up for what is lost.": beta,
        "That is how far a current of 1 lifts U; which current lifts it to θ?": 1 / (1 - beta),
        "That is the smallest weighted *input*, with the synapse of the default neuron; the "
        "current itself is asked for.": truth * (1 - neuron.alpha),
    }


@function(
    "02-5",
    outputs=("S[n]", "I[n+1]", "U[n+1]"),
    right="It agrees with `lif_step` on random layers, also for θ other than 1 and for U = θ.",
    hints=(
        "Which of the three right-hand sides use values of step n, and which use values "
        "that you have just computed?",
        "All three read I[n], U[n] and S[n]: compute S[n] first, and then both new values "
        "from the old ones.",
        "Begin with `spikes = (mem > threshold).to(mem.dtype)`.",
    ),
)
def one_step(draw):
    # I, U, drive, alpha, beta and theta of six layers; U is at and around threshold
    cases = []
    for threshold in (1.0, 1.0, 0.5, 1.5, 0.75, 2.0):
        syn, drive = draw.uniform(5, low=0.1, high=0.5), draw.uniform(5, high=0.5)
        mem = threshold * torch.tensor([0.3, 0.99, 1.0, 1.2, 2.5], dtype=torch.float64)
        cases.append((syn, mem, drive, *draw.numbers(2, 0.5, 0.95), threshold))

    def step(syn, mem, drive, alpha, beta, threshold):
        state = neurons.LIFState(syn[None], mem[None])
        spikes, state = neurons.lif_step(state, drive[None], decaying(alpha, beta, threshold))
        return spikes[0], state.syn[0], state.mem[0]

    def with_mem(new_mem, fires=lambda U, theta: U > theta):
        """Return a step with another new membrane, a function of I, U, S, beta and theta."""

        def wrong(syn, mem, drive, alpha, beta, threshold):
            spikes = fires(mem, threshold).to(mem.dtype)
            return spikes, alpha * syn + drive, new_mem(syn, mem, spikes, beta, threshold)

        return wrong

    def usual(I, U, S, beta, theta):
        return beta * U + I - theta * S

    def new_current(syn, mem, drive, alpha, beta, threshold):
        spikes, syn, _ = step(syn, mem, drive, alpha, beta, threshold)
        return spikes, syn, usual(syn, mem, spikes, beta, threshold)

    def new_membrane(syn, mem, drive, alpha, beta, threshold):
        new = beta * mem + syn
        spikes = (new > threshold).to(mem.dtype)
        return spikes, alpha * syn + drive, new - threshold * spikes

    def next_spikes(syn, mem, drive, alpha, beta, threshold):
        _, syn, mem = step(syn, mem, drive, alpha, beta, threshold)
        return (mem > threshold).to(mem.dtype), syn, mem

    def decayed_drive(syn, mem, drive, alpha, beta, threshold):
        spikes, _, new_mem = step(syn, mem, drive, alpha, beta, threshold)
        return spikes, alpha * (syn + drive), new_mem

    def in_order(*order):
        return lambda *case: tuple(step(*case)[index] for index in order)

    added = with_mem(lambda I, U, S, beta, theta: beta * U + I + theta * S)
    minus_one = with_mem(lambda I, U, S, beta, theta: beta * U + I - S)
    before_leak = with_mem(lambda I, U, S, beta, theta: beta * (U - theta * S) + I)
    to_zero = with_mem(lambda I, U, S, beta, theta: (beta * U + I) * (1 - S))
    at_equality = with_mem(usual, fires=lambda U, theta: U >= theta)
    above_one = with_mem(usual, fires=lambda U, theta: U > 1.0)
    return (step, cases), {
        "The sign of the reset: a spike takes θ off the membrane, here it adds θ.": added,
        "The reset is missing: subtract `threshold * spikes` from the "
        "new membrane potential.": with_mem(lambda I, U, S, beta, theta: beta * U + I),
        "The reset takes off 1; it must take off θ, and they agree only if θ = 1.": minus_one,
        "`>=` makes a neuron fire at U = θ exactly; with Θ(0) = 0 it is `>`.": at_equality,
        "The threshold is fixed at 1; compare U with `threshold`.": above_one,
        "U[n+1] uses I[n], and you use the new I[n+1]: the input arrives "
        "one step early.": new_current,
        "The order of the reset: S[n] reads U[n], and you let it read "
        "the new potential.": new_membrane,
        "The new state is right and the spikes are those of step n+1; return S[n].": next_spikes,
        "alpha and beta are swapped: α decays the current I, β decays "
        "U.": lambda syn, mem, drive, alpha, beta, theta: step(syn, mem, drive, beta, alpha, theta),
        "The factor 1 − β on the current belongs to another convention; here I enters U with "
        "gain 1.": with_mem(lambda I, U, S, beta, theta: beta * U + (1 - beta) * I - theta * S),
        "The reset comes after the leak: βU − θS, not β(U − θS).": before_leak,
        "That is the reset to zero; the subtractive reset keeps the remainder.": to_zero,
        "The input of step n enters I[n+1] undecayed: αI + drive.": decayed_drive,
        "The values are right; return them in the order spikes, current, membrane.": in_order(
            1, 2, 0
        ),
        "The values are right; return the current before the membrane.": in_order(0, 2, 1),
    }


@function(
    "02-6",
    right="(βU + I)(1 − S): a factor replaces the subtraction, and whatever exceeded θ is lost.",
    hints=(
        "What is U[n+1] for a neuron that fired? Which factor makes it so, and leaves the "
        "others alone?",
        "Compute the update without a reset, and multiply all of it by something that is 0 "
        "where S = 1.",
        "The update without a reset is `beta * mem + syn`; the factor is made of `spikes`.",
    ),
)
def zero_reset(draw):
    # U, I, S and beta of three layers; some neurons fire, with U below or above 1
    cases = []
    for _ in range(3):
        mem, syn = draw.uniform(6, low=0.1, high=2.0), draw.uniform(6, low=0.1, high=0.5)
        mem[:2] = torch.tensor([1.5, 0.5])
        cases.append((mem, syn, (mem > 1.0).double(), draw.number(0.5, 0.95)))

    def reset_to_zero(mem, syn, spikes, beta):
        state = neurons.LIFState(syn[None], mem[None])
        neuron = replace(decaying(0.5, beta), reset="zero")
        _, state = neurons.lif_step(state, 0 * syn[None], neuron)
        return state.mem[0]

    return (reset_to_zero, cases), {
        "That is the subtractive reset, which leaves a remainder; multiply "
        "by 1 − S instead.": lambda mem, syn, spikes, beta: beta * mem + syn - spikes,
        "The old potential is cleared but the current of the step still comes in; after a spike "
        "U[n+1] is to be 0.": lambda mem, syn, spikes, beta: beta * mem * (1 - spikes) + syn,
        "The wrong neurons are cleared: S is 1 for those that fired, so the factor is "
        "1 − S.": lambda mem, syn, spikes, beta: (beta * mem + syn) * spikes,
        "The reset is missing: multiply by 1 − S.": lambda mem, syn, spikes, beta: beta * mem + syn,
        "That subtracts θ before the leak; the reset to zero multiplies by "
        "1 − S.": lambda mem, syn, spikes, beta: beta * (mem - spikes) + syn,
        "This takes off U[n], and the new potential is βU[n] + I[n]: clear "
        "all of it.": lambda mem, syn, spikes, beta: beta * mem + syn - spikes * mem,
    }


@sequence(
    "02-7",
    unit="s",
    tolerance=2e-2,
    right="The response below threshold gives both values, and only the reset, which acts on U "
    "alone, tells which is which.",
    hints=(
        "What does the response to one weak input tell you? And what is new when the input "
        "is strong enough for a spike?",
        "After a weak impulse U[3]/U[2] = α + β and U[4]/U[2] = α² + αβ + β²; what a spike "
        "takes off decays with β alone.",
        "`weak = torch.zeros(5)` and `weak[0] = 0.1`; then `U = probe(weak) / 0.1` holds α "
        "+ β in `U[3]`.",
    ),
)
def mystery():
    hidden = hidden_parameters(0)
    taus, factors = (hidden.tau_mem, hidden.tau_syn), (hidden.beta, hidden.alpha)
    euler = [1e-3 / (1 - factor) for factor in factors]
    half_lives = [math.log(2) * tau for tau in taus]
    return taus, {
        "Both values are right and they are swapped. Below threshold α and β enter in the "
        "same way: make the neuron fire, the reset decays with β alone.": taus[::-1],
        "These are milliseconds (or steps); the answer is in seconds.": [1e3 * tau for tau in taus],
        "These are the decay factors (β, α); turn them into time constants, −dt/ln β.": factors,
        "These are dt/(1 − β) and dt/(1 − α), the Euler reading; the exact one is −dt/ln β.": euler,
        "These are half-lives; the time constant is the half-life divided by ln 2.": half_lives,
    }
