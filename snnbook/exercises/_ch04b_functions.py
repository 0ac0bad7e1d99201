"""The exercises of chapter 4b in which the reader writes a function: local rule, baseline."""

import torch

from snnbook.exercises._records import Exercise, Mistake


def _layers(generator: torch.Generator) -> list[tuple]:
    """Return targets, probabilities and traces of random layers, with their noise."""
    cases = []
    for steps, neurons, inputs in ((6, 1, 2), (9, 3, 4), (12, 2, 5)):
        options = {"generator": generator, "dtype": torch.float64}
        target = (torch.rand(steps, neurons, **options) < 0.4).double()
        probability = 0.1 + 0.8 * torch.rand(steps, neurons, **options)
        trace = torch.rand(steps, inputs, **options)
        noise = 0.1 + torch.rand(1, **options).item()
        cases.append((target, probability, trace, noise))
    return cases


def _local(target, probability, trace, noise):
    return (target - probability).T @ trace / noise


LOCAL = Exercise(
    id="04b-4",
    title="The likelihood gradient, locally",
    level="by code",
    kind="function",
    signature="likelihood(target, probability, trace, noise)",
    prompt=r"""
Write `likelihood(target, probability, trace, noise)` for sigmoid escape noise $\Delta$.
It returns the gradient of the log-likelihood for a weight matrix `(N, N_in)`.
`target` and `probability` have the shape `(T, N)`, and `trace` has the shape `(T, N_in)`.
""",
    truth=_local,
    cases=_layers,
    tolerance=1e-6,
    right="Each step adds (S* − p)/Δ of the neuron times the trace of the synapse: two numbers "
    "that are there when they are needed.",
    hint="Sum over time: the neuron's (target − probability)/noise times the synapse's trace.",
    solution="""
def likelihood(target, probability, trace, noise):
    return (target - probability).T @ trace / noise


check("04b-4", likelihood)
""",
    mistakes=(
        Mistake(
            lambda target, probability, trace, noise: (target - probability).T @ trace,
            "The factor 1/Δ is missing: the probability depends on x/Δ.",
        ),
        Mistake(
            lambda target, probability, trace, noise: _local(target, probability, trace, noise).T,
            "Yours is transposed: weights are `(out, in)`, so the neuron's axis comes first.",
        ),
        Mistake(
            lambda target, probability, trace, noise: -_local(target, probability, trace, noise),
            "The sign is turned: a neuron that should have fired (S* = 1) must be pushed up.",
        ),
        Mistake(
            lambda target, probability, trace, noise: (
                _local(target, probability, trace, noise) / len(trace)
            ),
            "The log-likelihood is a sum over steps, not a mean.",
        ),
        Mistake(
            lambda target, probability, trace, noise: (
                ((target - probability) * probability * (1 - probability)).T @ trace / noise
            ),
            "The factor p(1 − p) belongs to the squared error; in the likelihood it cancels.",
        ),
        Mistake(
            lambda target, probability, trace, noise: target.T @ trace / noise,
            "Only the spikes of the target count in yours; a silent step teaches as well, by −p.",
        ),
        Mistake(
            lambda target, probability, trace, noise: (
                torch.outer((target - probability).sum(0), trace.sum(0)) / noise
            ),
            "You summed over time before you multiplied: what counts is which trace was high "
            "*when* the neuron was surprised.",
        ),
    ),
)


def _losses(generator: torch.Generator) -> list[tuple]:
    shapes = ((2, 3), (4, 2), (8, 5))
    options = {"generator": generator, "dtype": torch.float64}
    return [(torch.rand(*s, **options), 0.1 + torch.rand(1, **options).item()) for s in shapes]


def _others(losses):
    return (losses.sum(0) - losses) / (len(losses) - 1)


def _credit(losses, noise):
    return (losses - _others(losses)) / noise


BASELINE = Exercise(
    id="04b-5",
    title="A baseline from the other runs",
    level="by code",
    kind="function",
    signature="credit(losses, noise)",
    prompt=r"""
Write `credit(losses, noise)`, the global factor $(\mathcal L_{kb} - b_{kb}) / \Delta$ of each run.
`losses` has the shape `(K, B)`: $K$ random runs of each of $B$ inputs.
The baseline $b_{kb}$ is the mean loss of the *other* $K - 1$ runs of the same input.
""",
    truth=_credit,
    cases=_losses,
    tolerance=1e-6,
    right="A run that did better than its peers gets a negative number, and its own luck is in "
    "no one's way: the baseline does not depend on the run's own spikes.",
    hint="The sum over all runs without the own one, divided by K − 1.",
    solution="""
def credit(losses, noise):
    others = (losses.sum(0) - losses) / (len(losses) - 1)
    return (losses - others) / noise


check("04b-5", credit)
""",
    mistakes=(
        Mistake(
            lambda losses, noise: (losses - losses.mean(0)) / noise,
            "Your mean contains the run itself, which makes the estimate too small by the factor "
            "(K − 1)/K: take the others only.",
        ),
        Mistake(
            lambda losses, noise: (losses - losses.mean()) / noise,
            "You compare runs of different inputs, and a hard input is nobody's fault: average "
            "over the runs, the first axis.",
        ),
        Mistake(
            lambda losses, noise: (losses - _others(losses.T).T) / noise,
            "That is the mean of the other *inputs*; the runs are on the first axis.",
        ),
        Mistake(
            lambda losses, noise: -_credit(losses, noise),
            "The sign is turned: the result is loss minus baseline.",
        ),
        Mistake(
            lambda losses, noise: (losses - (losses.sum(0) - losses) / len(losses)) / noise,
            "There are K − 1 other runs, not K.",
        ),
        Mistake(
            lambda losses, noise: losses - _others(losses),
            "The factor 1/Δ is missing.",
        ),
        Mistake(
            lambda losses, noise: _others(losses) / noise,
            "That is the baseline itself; take it off the losses.",
        ),
    ),
)
