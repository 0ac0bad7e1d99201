"""Exercises of chapter 4c: rate coding (paper section IV.A.3)."""

import math

import torch
from torch.distributions import Binomial

from snnbook import neurons, smoothed
from snnbook.exercises._records import Times, function, integer, number, sequence


@number(
    "04c-1",
    unit="Hz",
    right="The membrane needs τ ln(1.5/0.5) = 22 ms from the reset to the threshold.",
    hints=(
        "How long does the membrane take from the reset to the threshold?",
        "Solve μ(1 − exp(−t/τ)) = θ for t; the rate is one over this time.",
        "`t = 0.020 * math.log(1.5 / (1.5 - 1))`, in seconds.",
    ),
)
def firing_rate():
    tau, mean = 20e-3, torch.tensor(1.5, dtype=torch.float64)
    without_leak = 1.5 / tau
    return smoothed.lif_rate(mean, neurons.LIFNeuron(tau_mem=tau)), {
        "That is the interval in seconds; take one over it.": tau * math.log(3),
        "The argument of the logarithm is μ/(μ − θ): how far the membrane has to go, over how "
        "far it still is from μ at the threshold.": 1 / (tau * math.log(1.5)),
        "That is the rate without leak, μ/(τθ); the leak takes charge away on "
        "the way up.": without_leak,
        "A straight line from the threshold on is a common guess, and the curve is a "
        "logarithm.": 0.5 / tau,
        "Take the natural logarithm.": Times(math.log(10)),
        "That is 1/τ; the distance to the threshold matters.": 1 / tau,
    }


@sequence(
    "04c-2",
    right="Every other step, and the formula says every step: at this time step it is off by a "
    "factor of two.",
    hints=(
        "What does the neuron do after its first spike? Write down its potential for six steps.",
        "For the formula translate β into a time constant, τ = Δt/ln(1/β); then there are "
        "1/(τ ln(μ/(μ − θ))) spikes per step.",
        "U[1] = 1, which makes no spike, and U[2] = 1.5, which makes one.",
    ),
)
def two_rates():
    neuron = neurons.LIFNeuron(tau_mem=1 / math.log(2), tau_syn=1.0, dt=1.0)
    mean = torch.tensor(2.0, dtype=torch.float64)
    truth = float(smoothed.discrete_rate(mean, neuron)), float(smoothed.lif_rate(mean, neuron))
    return truth, {
        "Iterate: after a spike the membrane is below threshold for one step.": (1.0, 1.0),
        "The two do not agree here; put τ = Δt/ln β⁻¹ = 1/ln 2 into the formula.": (0.5, 0.5),
        "Check the reset: it takes off 1 from U[n+1], it does not set U[n+1] to 0.": (1 / 3, 1.0),
        "The two are swapped.": truth[::-1],
        "For β = 1/2 the time constant is 1/ln 2 steps, not 2 steps.": (0.5, 0.5 / math.log(2)),
    }


@number(
    "04c-3",
    right="Eighteen times the window: random counts improve with the square root of time alone.",
    hints=(
        "How exact is the count of the regular spikes, and when are random ones as exact?",
        "Set the standard deviation √(p(1 − p)/T) equal to 1/200, and solve for T.",
        "Square both sides: 0.1 · 0.9/T = 1/200².",
    ),
)
def regular_and_random():
    """Look for the number of steps whose random count scatters by 1/200 of the steps."""
    p, regular = 0.1, 200
    steps = torch.arange(1.0, 10_000, dtype=torch.float64)
    spread = Binomial(steps, torch.tensor(p).double()).stddev / steps
    return steps[(spread - 1 / regular).abs().argmin()], {
        "The error of random counts falls more slowly than 1/T.": regular,
        "That is a Poisson count, with the variance p; in a step there is one spike or none, "
        "with the variance p(1 − p).": Times(1 / (1 - p)),
        "The square got lost: square both sides of sqrt(0.09/T) = 1/200.": (
            math.sqrt(p * (1 - p)) * regular
        ),
        "The variance p(1 − p) of one step is missing.": Times(1 / (p * (1 - p))),
        "The factor p is missing in the variance p(1 − p).": Times(1 / p),
    }


@function(
    "04c-4",
    right="One line replaces max(μ − θ, 0) by γ ln(1 + exp((μ − θ)/γ)), and the curve is smooth.",
    hints=(
        "Which expression of the sharp curve has the corner?",
        "With the excess s = μ − θ the rate is 1/(τ ln(1 + θ/s)); put a soft version of "
        "max(μ − θ, 0) in the place of s.",
        "`excess = softness * torch.log1p(torch.exp((mean - 1) / softness))`.",
    ),
)
def soft_curve(draw):
    mean = torch.linspace(0.4, 3.0, 14, dtype=torch.float64)
    cases = [(mean, draw.number(0.01, 0.21), draw.number(0.1, 0.3)) for _ in range(4)]

    def soft_rate(mean, tau, softness):
        return smoothed.lif_rate(mean, neurons.LIFNeuron(tau_mem=tau), softness=softness)

    def soft(x, softness):
        return softness * torch.log1p(torch.exp(x / softness))

    def rate(excess, tau):
        return 1 / (tau * torch.log1p(1 / excess))

    return (soft_rate, cases), {
        "The factor γ in front of the logarithm is missing: far above threshold s must be "
        "μ − θ.": lambda mean, tau, softness: rate(soft(mean - 1, softness) / softness, tau),
        "The factor γ twice: `softplus` with `beta=1/γ` has it already.": lambda mean, tau, g: rate(
            g * soft(mean - 1, g), tau
        ),
        "Divide by γ inside the exponential too.": lambda mean, tau, softness: rate(
            softness * soft(mean - 1, 1.0), tau
        ),
        "The threshold is missing: the exponential takes μ − θ.": lambda mean, tau, softness: rate(
            soft(mean, softness), tau
        ),
        "That is the time between two spikes; the rate is one over it.": lambda *case: (
            1 / soft_rate(*case)
        ),
        "That is the curve of a neuron without leak; with leak the interval "
        "is a logarithm.": lambda mean, tau, softness: soft(mean - 1, softness) / tau,
        "The 1 inside the logarithm is missing: μ/(μ − θ) = 1 + θ/s.": lambda mean, tau, softness: (
            -1 / (tau * torch.log(soft(mean - 1, softness)))
        ),
        "That is the exact curve with its corner; `softness` "
        "does not enter.": lambda mean, tau, softness: soft_rate(mean, tau, 0.0),
    }


@function(
    "04c-5",
    right="A higher threshold wants larger weights, a longer memory smaller ones: "
    "W′ = W (θ′/θ)(G/G′).",
    hints=(
        "On what does the mean potential depend, for one weight and one input rate?",
        "μ = G w p with the gain G = 1/((1 − α)(1 − β)); write μ/θ for both neurons, and "
        "solve for the new weight.",
        "`old_gain = 1 / ((1 - neuron.alpha) * (1 - neuron.beta))`.",
    ),
)
def other_chip(draw):
    # Weights, the parameters they were trained for, and the numbers of a chip
    cases = []
    for _ in range(4):
        tau_mem, tau_syn, threshold, *chip = draw.numbers(6, 0.5, 1.5)
        neuron = neurons.LIFNeuron(
            tau_mem=10e-3 * tau_mem, tau_syn=5e-3 * tau_syn, threshold=threshold
        )
        alpha, beta = (1 - 0.2 * number for number in chip[:2])
        cases.append((draw.normal(3, 4), neuron, alpha, beta, chip[2]))

    def gains(neuron, alpha, beta):
        """Return G over G'."""
        return smoothed.drive_gain(neuron) * (1 - alpha) * (1 - beta)

    def convert(weight, neuron, alpha, beta, threshold):
        return weight * (threshold / neuron.threshold) * gains(neuron, alpha, beta)

    def small_steps(weight, neuron, alpha, beta, threshold):
        taus = math.log(alpha) * math.log(beta) / (math.log(neuron.alpha) * math.log(neuron.beta))
        return weight * (threshold / neuron.threshold) * taus

    return (convert, cases), {
        "The thresholds are upside down: a higher threshold needs larger "
        "weights.": lambda W, old, a, b, theta: W * old.threshold / theta * gains(old, a, b),
        "The gains are upside down: a chip that gains more needs smaller "
        "weights.": lambda W, old, a, b, theta: W * theta / old.threshold / gains(old, a, b),
        "The time constants do not enter: slower neurons and synapses "
        "sum more input.": lambda W, old, a, b, theta: W * theta / old.threshold,
        "The thresholds do not enter.": lambda W, old, a, b, theta: W * gains(old, a, b),
        "Only the membrane is in there; the synaptic current has a gain of its own, 1/(1 − "
        "α).": lambda W, old, a, b, theta: W * theta / old.threshold * (1 - b) / (1 - old.beta),
        "That uses τ/Δt for 1/(1 − β), which holds for small steps alone.": small_steps,
    }


@integer(
    "04c-6",
    right="The current has to build up before the membrane can, so the first spike takes longer "
    "than the others; in a deep network each layer waits for the one before.",
    hints=(
        "At the start both I and U are at rest: which of the two has to rise first?",
        "The drive that makes μ = 2 is 2(1 − α)(1 − β) in every step; run the neuron and "
        "look for its first spike.",
        "`drive = torch.full((50, 1, 1), 2 * (1 - neuron.alpha) * (1 - neuron.beta))`.",
    ),
)
def late_first_spike():
    def first(neuron, state=None):
        """Return the step of the first spike at a constant drive with the mean potential 2."""
        drive = torch.full((200, 1, 1), 2 / smoothed.drive_gain(neuron), dtype=torch.float64)
        return int(neurons.run(neuron, drive, state=state).spikes.flatten().argmax())

    neuron = neurons.LIFNeuron()
    current = torch.full((1, 1), 2 * (1 - neuron.beta), dtype=torch.float64)
    ready = neurons.LIFState(current, torch.zeros_like(current))
    return first(neuron), {
        "That is τ ln 2 in steps, with a current at its final value from the start; here it "
        "starts at 0.": first(neuron, ready),
        "The synapse takes its time too: α is not 0.": first(neurons.LIFNeuron(tau_syn=1e-5)),
    }
