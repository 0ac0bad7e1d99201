"""The exercises of chapter 6c: what is kept, a local error, an event camera."""

from snnbook.exercises._ch06c_functions import CAMERA, SIGNAL
from snnbook.exercises._ch06c_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake

TRACES = Exercise(
    id="06c-1",
    title="What is left to keep",
    level="by head",
    kind="integer",
    prompt=r"""
A layer of 50 neurons with 100 inputs learns by local errors without memory, for 2000 steps.
The presynaptic trace has two filters, and all neurons share it.
How many numbers of traces does the layer keep at step 2000?
""",
    truth=lambda: 2 * 100,
    right="Two for each input. The three-factor rule of chapter 6b keeps 10 200.",
    hint="Which traces need to know the neuron, and which only the input?",
    solution="""
check("06c-1", 2 * 100)
""",
    mistakes=(
        Mistake(lambda: 2 * 100 + 2 * 100 * 50, "There is no eligibility at the synapses here."),
        Mistake(lambda: 2 * 100 * 2000, "A trace is overwritten at every step."),
        Mistake(lambda: 100, "The trace has two filters, so two numbers for each input."),
    ),
)

HISTORY = Exercise(
    id="06c-2",
    title="Against BPTT",
    level="by head",
    kind="integer",
    prompt=r"""
The same layer learns by backpropagation through time, one sample of 2000 steps.
In each step it stores its 100 inputs and its 50 membranes.
By which factor is that more than the 200 numbers of the traces?
""",
    truth=lambda: 2000 * 150 // 200,
    right="1500 times; with half the steps, half of that.",
    hint="Count what is stored in one step, and multiply by the steps.",
    solution="""
check("06c-2", 2000 * (100 + 50) // 200)
""",
    mistakes=(
        Mistake(lambda: 2000, "Not the steps alone: 150 numbers in each of them, against 200."),
        Mistake(lambda: 2000 * 150, "That is how many it stores; the factor is asked for."),
        Mistake(lambda: 2000 * 50 // 200, "The inputs are stored, too."),
    ),
)

WHICH = Exercise(
    id="06c-5",
    title="A second layer",
    level="explore",
    kind="choice",
    options=("frozen", "local", "bptt"),
    prompt=r"""
Look at the digits of {numref}`fig-06c-depth`, from one hidden layer to four.
Which way to train loses the most accuracy with depth: `"frozen"`, `"local"` or `"bptt"`?
""",
    truth=lambda: "frozen",
    right="Layers that do not learn only scramble; layers with errors of their own do not.",
    hint="Compare the left and the right end of each curve.",
    solution="""
check("06c-5", "frozen")
""",
    mistakes=(
        Mistake(lambda: "local", "It loses some; another curve falls further."),
        Mistake(lambda: "bptt", "It loses the least."),
    ),
)

CHAPTER = Chapter(
    number="06c",
    title="Local errors",
    exercises=(TRACES, HISTORY, SIGNAL, CAMERA, WHICH),
    questions=QUESTIONS,
)
