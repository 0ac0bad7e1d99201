"""Exercises and quiz of chapter 7: conclusions (paper section VI)."""

from snnbook import laboratory
from snnbook.conclusions import gru_size
from snnbook.exercises._ch07_functions import RANGE
from snnbook.exercises._ch07_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake

_SIZES, _STEPS = (700, 200, 20), 1000


def _past() -> int:
    return laboratory.needs("bptt", *_SIZES, _STEPS).kept


# 07-1 ----------------------------------------------------------------------------------------

WORDS = Exercise(
    id="07-1",
    title="A second of speech",
    level="by head",
    kind="number",
    prompt=r"""
A spoken word comes as spikes in 700 channels, for one second in steps of 1 ms.
A network 700-200-20 learns it by backpropagation through time.
It keeps one number for every input, every hidden neuron and every output in each step.
How many numbers of the past does it keep for one sample?
""",
    truth=_past,
    right="Nearly a million numbers for one word. A rule that carries traces keeps none of them.",
    hint="Add up what is kept in one step, and multiply.",
    solution="""
check("07-1", 1000 * (700 + 200 + 20))
""",
    mistakes=(
        Mistake(lambda: _STEPS * 200, "The inputs and the outputs are kept, too."),
        Mistake(lambda: 700 * 200 + 200 * 20, "These are the weights. They do not grow with time."),
        Mistake(lambda: sum(_SIZES), "That is one step; there are a thousand."),
    ),
)

# 07-2 ----------------------------------------------------------------------------------------

SIZE = Exercise(
    id="07-2",
    title="A fair opponent",
    level="by code",
    kind="integer",
    prompt=r"""
You compare the recurrent spiking network 700-200-20 with a GRU and its linear readout.
Only the gates of the GRU have biases.
Both should have the same number of parameters.
A GRU with $N$ units and $M$ inputs has $3 N (M + N + 2)$ of them.
What is the largest $N$ that does not exceed the spiking network?
""",
    truth=lambda: gru_size(700, 20, 700 * 200 + 200 * 200 + 200 * 20),
    right="Three gates with two weight matrices each: the GRU gets far fewer units for its money.",
    hint="Count the spiking network's weights, the recurrent ones too, then try numbers N.",
    solution="""
budget = 700 * 200 + 200 * 200 + 200 * 20
check("07-2", max(N for N in range(1, 200) if 3 * N * (700 + N + 2) + 20 * N <= budget))
""",
    mistakes=(
        Mistake(
            lambda: gru_size(700, 20, 700 * 200 + 200 * 20),
            "The spiking network is recurrent: it has 200 · 200 weights more.",
        ),
        Mistake(
            lambda: gru_size(700, 20, 700 * 200 + 200 * 200 + 200 * 20) + 1,
            "One unit too many: it exceeds the budget.",
        ),
        Mistake(lambda: 200, "Equal neurons are not equal parameters: a GRU has three gates."),
    ),
)

# 07-3 ----------------------------------------------------------------------------------------

INTERVAL = Exercise(
    id="07-3",
    title="How many seeds?",
    level="explore",
    kind="integer",
    prompt=r"""
Accuracies of single seeds scatter with a standard deviation of 0.8 points.
You want the 95 % interval of a mean to be at most one point wide from end to end.
Take the normal distribution: the interval is $\pm 1.96\, \sigma / \sqrt{n}$.
How many seeds $n$ do you need at least?
""",
    truth=lambda: 10,
    right="Ten seeds for one point, and four times as many for half a point.",
    hint="Half the width is half a point. Solve for n and round up.",
    solution="""
check("07-3", int((1.96 * 0.8 / 0.5) ** 2) + 1)
""",
    mistakes=(
        Mistake(lambda: 3, "Half the width, not the whole width, is ±1.96 σ/√n."),
        Mistake(lambda: 9, "Round up: with nine the interval is a little too wide."),
        Mistake(lambda: 4, "The root of n stands there: square the ratio."),
    ),
)

CHAPTER = Chapter(
    number="07",
    title="Conclusion",
    exercises=(WORDS, SIZE, INTERVAL, RANGE),
    questions=QUESTIONS,
)
