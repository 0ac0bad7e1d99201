"""The exercises of chapter 6d in which the reader writes a jump and counts spikes."""

import torch

from snnbook.exercises._records import Exercise, Mistake


def _cases(generator: torch.Generator) -> list[tuple]:
    """Return I and U at a spike, the adjoint after it, the loss by its time, and tau_mem."""
    cases = []
    for _ in range(4):
        draw = torch.rand(4, generator=generator, dtype=torch.float64)
        cases.append(
            (
                1.2 + 2 * float(draw[0]),
                1.0,
                float(draw[1] - 0.5),
                float(draw[2] - 0.5),
                0.5 + float(draw[3]),
            )
        )
    return cases


def _jump(current, mem, after, by_time, tau_mem, *, keep=True, sign=-1.0, divide=True):
    slope = (current - mem) / tau_mem if divide else 1.0
    return torch.tensor((keep * current / tau_mem * after + sign * by_time) / slope)


JUMP = Exercise(
    id="06d-4",
    title="The jump at a spike",
    level="by code",
    kind="function",
    signature="jump(I, U, p, dL_dt, tau_mem)",
    prompt=r"""
Write `jump(I, U, p, dL_dt, tau_mem)` for a neuron that sends its spikes to nobody.
`I` and `U` are its current and membrane just before the spike.
`p` is the adjoint of its membrane just after the spike.
`dL_dt` is the derivative of the loss by the time of this spike.
Return the adjoint just before, by {eq}`eq-06d-jump`, as a tensor.
""",
    truth=_jump,
    cases=_cases,
    tolerance=1e-6,
    right="Two terms over one slope: the restart after the spike, and the spike's own time.",
    hint="The slope just before the spike is (I - U) / tau_mem.",
    solution="""
def jump(I, U, p, dL_dt, tau_mem):
    slope = (I - U) / tau_mem
    return torch.tensor((I / tau_mem * p - dL_dt) / slope)


check("06d-4", jump)
""",
    mistakes=(
        Mistake(
            lambda *case: _jump(*case, sign=1.0),
            "A higher membrane spikes earlier, so the derivative by the time enters with a minus.",
        ),
        Mistake(
            lambda *case: _jump(*case, keep=False),
            "The neuron's own future is missing: it starts again, a little earlier.",
        ),
        Mistake(
            lambda *case: _jump(*case, divide=False),
            "Divide by the slope: a slow crossing moves far in time.",
        ),
    ),
)
