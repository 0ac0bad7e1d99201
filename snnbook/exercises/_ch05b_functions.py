"""The exercise of chapter 5b in which the reader writes an eligibility trace."""

import torch

from snnbook.exercises._records import Exercise, Mistake


def _cases(generator: torch.Generator) -> list[tuple]:
    """Return input spikes, surrogate values and decay factors of one synapse."""
    cases = []
    for _ in range(4):
        arrived = (torch.rand(12, generator=generator) < 0.4).double()
        arrived[0] = 1.0
        bump = 0.2 + torch.rand(12, generator=generator, dtype=torch.float64)
        alpha, beta = (0.5 + 0.4 * torch.rand(2, generator=generator)).tolist()
        cases.append((arrived, bump, alpha, beta))
    return cases


def _trace(arrived, bump, alpha, beta, *, early=False, one_filter=False):
    """Return bump times the membrane's response to the input, and variants of it."""
    syn = mem = torch.zeros((), dtype=arrived.dtype)
    found = []
    for spike, g in zip(arrived, bump):
        found.append(g * mem)
        if early:  # the current of the same step
            syn = alpha * syn + spike
            mem = beta * mem + syn
        elif one_filter:
            mem = beta * mem + spike
        else:
            syn, mem = alpha * syn + spike, beta * mem + syn
    return torch.stack(found)


TRACE = Exercise(
    id="05b-5",
    title="An eligibility trace",
    level="by code",
    kind="function",
    signature="eligibility(arrived, bump, alpha, beta)",
    prompt=r"""
Write `eligibility(arrived, bump, alpha, beta)` for one synapse.
`arrived` holds the input spikes $S_j[n]$, of shape `(T,)`.
`bump` holds the surrogate $g[n] = g(U_i[n] - \theta)$, of the same shape.
The current's trace is $\epsilon^I[n+1] = \alpha \epsilon^I[n] + S_j[n]$.
The membrane's trace is $\epsilon^U[n+1] = \beta \epsilon^U[n] + \epsilon^I[n]$.
Start both from zero, and return $e[n] = g[n] \, \epsilon^U[n]$ for all $n$.
""",
    truth=_trace,
    cases=_cases,
    tolerance=1e-6,
    right="Two numbers for each synapse, carried forward: the neuron needs nothing from the past "
    "and nothing from another neuron.",
    hint="Read off e[n] before you move the two traces on to n + 1, and move both at once.",
    solution="""
def eligibility(arrived, bump, alpha, beta):
    syn = mem = torch.zeros((), dtype=arrived.dtype)
    found = []
    for spike, g in zip(arrived, bump):
        found.append(g * mem)
        syn, mem = alpha * syn + spike, beta * mem + syn
    return torch.stack(found)


check("05b-5", eligibility)
""",
    mistakes=(
        Mistake(
            lambda arrived, bump, alpha, beta: _trace(arrived, bump, alpha, beta, early=True),
            "One step too early: read e[n] off before you move the traces on, and let ε^U[n+1] "
            "take the current of step n.",
        ),
        Mistake(
            lambda arrived, bump, alpha, beta: _trace(arrived, bump, alpha, beta, one_filter=True),
            "The synaptic current is missing: the spike passes two filters, α and then β.",
        ),
        Mistake(
            lambda arrived, bump, alpha, beta: _trace(arrived, torch.ones_like(bump), alpha, beta),
            "That is ε^U without the surrogate: multiply by `bump`.",
        ),
        Mistake(
            lambda arrived, bump, alpha, beta: _trace(arrived, bump, alpha, beta).cumsum(0),
            "That is the sum of e up to n; the trace itself is asked for.",
        ),
    ),
)
