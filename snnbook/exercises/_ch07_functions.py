"""The exercise of chapter 7 in which the reader writes the interval of a mean."""

import torch

from snnbook.exercises._records import Exercise, Mistake


def _cases(generator: torch.Generator) -> list[tuple]:
    """Return accuracies (n,) and the quantile of Student's t for n - 1 degrees of freedom."""
    quantiles = {3: 4.303, 5: 2.776, 10: 2.262}
    return [
        (0.9 + 0.02 * torch.randn(seeds, generator=generator, dtype=torch.float64), quantile)
        for seeds, quantile in quantiles.items()
    ]


def _interval(values, t, *, biased=False, spread=False):
    deviation = values.std(correction=0 if biased else 1)
    half = t * deviation if spread else t * deviation / len(values) ** 0.5
    return torch.stack([values.mean() - half, values.mean() + half])


RANGE = Exercise(
    id="07-4",
    title="The interval of a mean",
    level="by code",
    kind="function",
    signature="interval(values, t)",
    prompt=r"""
Write `interval(values, t)`, which makes the interval behind every number of this book.
`values` is a tensor of accuracies, one for each seed, of shape `(n,)`.
`t` is the quantile of Student's distribution that belongs to n.
The interval is the mean $\pm\, t\, s / \sqrt{n}$, and $s$ is estimated from the same seeds.
Return both ends, `torch.stack([low, high])`.
""",
    truth=_interval,
    cases=_cases,
    tolerance=1e-6,
    right="With three seeds t is above four: few seeds make wide intervals twice over.",
    hint="`values.std()` divides by n - 1, as an estimate from few seeds should.",
    solution="""
def interval(values, t):
    half = t * values.std() / len(values) ** 0.5
    return torch.stack([values.mean() - half, values.mean() + half])


check("07-4", interval)
""",
    mistakes=(
        Mistake(
            lambda *case: _interval(*case, biased=True),
            "The mean was estimated from the same seeds, so the squares are divided by n - 1.",
        ),
        Mistake(
            lambda *case: _interval(*case, spread=True),
            "That is how single seeds scatter. A mean scatters less, by the root of n.",
        ),
    ),
)
