"""The exercises of chapter 3 in which the reader writes a function: delta and the influence."""

import torch
from torch import Tensor

from snnbook.exercises._records import Exercise, Mistake


def _layers(generator: torch.Generator) -> list[tuple]:
    """Return slopes (T, N), errors (T, N) and V (N, N) of small layers."""
    cases = []
    for steps, size in ((1, 2), (3, 2), (5, 3), (4, 1)):
        slopes = 0.2 + torch.rand(steps, size, generator=generator, dtype=torch.float64)
        errors = torch.randn(steps, size, generator=generator, dtype=torch.float64)
        V = torch.randn(size, size, generator=generator, dtype=torch.float64)
        cases.append((slopes, errors, V))
    return cases


def _delta(slopes: Tensor, errors: Tensor, V: Tensor, *, order=True, turned=True) -> Tensor:
    delta = torch.zeros_like(slopes)
    later = torch.zeros_like(slopes[0])
    steps = range(len(slopes))
    for n in reversed(steps) if order else steps:
        later = slopes[n] * (errors[n] + (V.T if turned else V) @ later)
        delta[n] = later
    return delta


def _no_slope_on_error(slopes: Tensor, errors: Tensor, V: Tensor) -> Tensor:
    delta = torch.zeros_like(slopes)
    later = torch.zeros_like(slopes[0])
    for n in reversed(range(len(slopes))):
        later = errors[n] + slopes[n] * (V.T @ later)
        delta[n] = later
    return delta


def _late_slope(slopes: Tensor, errors: Tensor, V: Tensor) -> Tensor:
    delta = torch.zeros_like(slopes)
    delta[-1] = slopes[-1] * errors[-1]
    for n in reversed(range(len(slopes) - 1)):
        delta[n] = slopes[n] * errors[n] + slopes[n + 1] * (V.T @ delta[n + 1])
    return delta


DELTA = Exercise(
    id="03-4",
    title="Blame, backward",
    level="by code",
    kind="function",
    signature="blame(slopes, errors, V)",
    prompt=r"""
Write `blame(slopes, errors, V)` for one recurrent layer and one sample.
`slopes[n]` holds $\sigma'(a[n])$, each of them `(N,)`.
`errors[n]` holds the direct part of $\partial \mathcal{L}/\partial y[n]$, also `(N,)`.
Return $\delta[n] = \partial \mathcal{L} / \partial a[n]$ for all steps, `(T, N)`.
""",
    truth=_delta,
    cases=_layers,
    tolerance=1e-6,
    right="From the last step to the first: δ[n] = σ′(a[n]) ∘ (e[n] + Vᵀ δ[n+1]).",
    hint="Start after the last step with zeros, and run n from T − 1 down to 0.",
    solution="""
def blame(slopes, errors, V):
    delta = torch.zeros_like(slopes)
    later = torch.zeros_like(slopes[0])
    for n in reversed(range(len(slopes))):
        later = slopes[n] * (errors[n] + V.T @ later)
        delta[n] = later
    return delta


check("03-4", blame)
""",
    mistakes=(
        Mistake(
            lambda s, e, V: _delta(s, e, V, turned=False),
            "The transpose is missing: blame runs against the direction of the weights, Vᵀ δ.",
        ),
        Mistake(
            lambda s, e, V: _delta(s, e, V, order=False),
            "Time runs the wrong way: δ[n] needs δ[n+1], so start at the end.",
        ),
        Mistake(
            lambda s, e, V: s * e,
            "The blame from later steps is missing: add Vᵀ δ[n+1].",
        ),
        Mistake(
            _no_slope_on_error,
            "The slope σ′(a[n]) multiplies the direct error, too: both reach a[n] through y[n].",
        ),
        Mistake(
            _late_slope,
            "The slope belongs to step n: δ[n] = σ′(a[n]) ∘ (e[n] + Vᵀ δ[n+1]).",
        ),
        Mistake(
            lambda s, e, V: e + 0 * s,
            "That is the direct error alone; the slope and the later steps are missing.",
        ),
    ),
)


def _influences(generator: torch.Generator) -> list[tuple]:
    """Return P (N, N, N), V (N, N), slopes (N,) and the past activity (N,)."""
    cases = []
    for size in (1, 2, 3, 4):
        P = torch.randn(size, size, size, generator=generator, dtype=torch.float64)
        V = torch.randn(size, size, generator=generator, dtype=torch.float64)
        slopes = 0.2 + torch.rand(size, generator=generator, dtype=torch.float64)
        past = torch.randn(size, generator=generator, dtype=torch.float64)
        cases.append((P, V, slopes, past))
    return cases


def _step(P, V, slopes, past, *, own=True, turned=False, everywhere=False, spread=True):
    moved = torch.einsum("kp,pij->kij", V.T if turned else V, P) if spread else P.clone()
    if everywhere:
        moved = moved + past
    elif own:
        moved.diagonal(dim1=0, dim2=1).add_(past[:, None])
    return slopes[:, None, None] * moved


def _direct_outside(P, V, slopes, past):
    moved = slopes[:, None, None] * torch.einsum("kp,pij->kij", V, P)
    moved.diagonal(dim1=0, dim2=1).add_(past[:, None])
    return moved


INFLUENCE = Exercise(
    id="03-5",
    title="Influence, forward",
    level="by code",
    kind="function",
    signature="carry_on(P, V, slopes, past)",
    prompt=r"""
Write one step of RTRL for the recurrent weights of one layer: `carry_on(P, V, slopes, past)`.
`P[k, i, j]` is $\partial y_k[n-1] / \partial V_{ij}$.
`slopes` is $\sigma'(a[n])$ and `past` is $y[n-1]$, both `(N,)`.
Return $\partial y_k[n] / \partial V_{ij}$, `(N, N, N)`.
""",
    truth=_step,
    cases=_influences,
    tolerance=1e-6,
    right="σ′(a_k) (Σ_p V_kp P_pij + [k = i] y_j): old influence spreads, and the weight's own "
    "effect enters on the diagonal.",
    hint="`torch.einsum` moves the old influence; the direct effect of V_ij is y_j, at k = i.",
    solution="""
def carry_on(P, V, slopes, past):
    moved = torch.einsum("kp,pij->kij", V, P)
    for i in range(len(past)):
        moved[i, i] += past
    return slopes[:, None, None] * moved


check("03-5", carry_on)
""",
    mistakes=(
        Mistake(
            lambda P, V, s, y: _step(P, V, s, y, own=False),
            "The direct effect is missing: a_i[n] contains V_ij y_j[n−1] itself.",
        ),
        Mistake(
            lambda P, V, s, y: _step(P, V, s, y, turned=True),
            "V must not be transposed here: influence runs along the weights, blame against them.",
        ),
        Mistake(
            lambda P, V, s, y: _step(P, V, s, y, everywhere=True),
            "The direct effect of V_ij is felt by unit i alone: it enters where k = i.",
        ),
        Mistake(
            _direct_outside,
            "The slope multiplies the direct effect, too.",
        ),
        Mistake(
            lambda P, V, s, y: _step(P, torch.diag(V.diag()), s, y),
            "You kept only V_kk: that is RTRL without recurrence, between different units.",
        ),
        Mistake(
            lambda P, V, s, y: _step(P, V, torch.ones_like(s), y),
            "The slope σ′(a_k[n]) is missing.",
        ),
        Mistake(
            lambda P, V, s, y: _step(P, V, s, y, spread=False),
            "The old influence reaches unit k through the weights: sum V_kp P_pij over p.",
        ),
    ),
)
