"""The exercise of chapter 6b in which the reader writes one step of SuperSpike."""

import torch

from snnbook.exercises._records import Exercise, Mistake


def _cases(generator: torch.Generator) -> list[tuple]:
    """Return signal (N,), surrogate (N,), presynaptic trace (N_in,), q, lambda, alpha, beta."""
    cases = []
    for neurons, inputs in ((2, 3), (4, 2), (3, 3)):
        signal, bump = torch.randn(2, neurons, generator=generator, dtype=torch.float64)
        before = torch.rand(inputs, generator=generator, dtype=torch.float64)
        q, trace = torch.rand(2, neurons, inputs, generator=generator, dtype=torch.float64)
        alpha, beta = (0.5 + 0.4 * torch.rand(2, generator=generator)).tolist()
        cases.append((signal, bump.abs(), before, q, trace, alpha, beta))
    return cases


def _step(signal, bump, before, q, trace, alpha, beta, *, early=False, filtered=True):
    """Return the increment, q and lambda of the next step, in one tensor (3, N, N_in)."""
    raised = bump[:, None] * before
    following = alpha * q + raised
    moved = beta * trace + (following if early else q)
    seen = trace if filtered else raised
    return torch.stack([signal[:, None] * (moved if early else seen), following, moved])


STEP = Exercise(
    id="06b-4",
    title="One step of SuperSpike",
    level="by code",
    kind="function",
    signature="step(signal, bump, before, q, trace, alpha, beta)",
    prompt=r"""
Write `step(signal, bump, before, q, trace, alpha, beta)` for a layer.
`signal` is the error that each neuron hears, and `bump` its surrogate, both of shape `(N,)`.
`before` is the presynaptic trace $p$, of shape `(N_in,)`.
`q` and `trace` ($\lambda$) are the eligibility's two filters, of shape `(N, N_in)`.
The increment is $s_i[n] \lambda_{ij}[n]$.
The first filter moves on by $q[n+1] = \alpha q[n] + g_i[n] p_j[n]$.
The second moves on by $\lambda[n+1] = \beta \lambda[n] + q[n]$.
Return `torch.stack([increment, next_q, next_trace])`.
""",
    truth=_step,
    cases=_cases,
    tolerance=1e-6,
    right="That is the whole rule: two outer products and two decays, from what is at hand now.",
    hint="Outer products: `bump[:, None] * before` and `signal[:, None] * trace`.",
    solution="""
def step(signal, bump, before, q, trace, alpha, beta):
    increment = signal[:, None] * trace
    return torch.stack([increment, alpha * q + bump[:, None] * before, beta * trace + q])


check("06b-4", step)
""",
    mistakes=(
        Mistake(
            lambda *case: _step(*case, early=True),
            "One step too early: take the increment before you move on, and let λ take q[n].",
        ),
        Mistake(
            lambda *case: _step(*case, filtered=False),
            "The error must meet the filtered trace λ, not the product of this step.",
        ),
        Mistake(
            lambda signal, bump, before, q, trace, alpha, beta: _step(
                signal, torch.ones_like(bump), before, q, trace, alpha, beta
            ),
            "The second factor is missing: multiply the presynaptic trace by `bump`.",
        ),
        Mistake(
            lambda signal, bump, before, q, trace, alpha, beta: _step(
                signal, bump, before, q, trace, beta, alpha
            ),
            "The decays are swapped: α belongs to q, β to λ.",
        ),
    ),
)
