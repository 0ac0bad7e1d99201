"""The quiz of chapter 6d."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "What does EventProp store of the forward run?",
        (
            Option(
                "The membranes of all time steps.",
                False,
                "There are no time steps. Between spikes the adjoints have a closed form.",
            ),
            Option(
                "Nothing: it runs forward.",
                False,
                "The adjoint runs backward, so the spikes must be known.",
            ),
            Option(
                "The spikes, with the current of the neuron that spiked.",
                True,
                "A time, a sender and a slope for each spike; silence needs nothing.",
            ),
        ),
    ),
    Question(
        "A membrane reaches the threshold ever more slowly as a weight falls. What happens to the "
        "exact gradient?",
        (
            Option(
                "It goes to zero, as the spike matters less.",
                False,
                "The slope is in the denominator.",
            ),
            Option(
                "It grows without bound, and is gone when the spike is.",
                True,
                "The last spike before the cliff moves the fastest; beyond it there is no time.",
            ),
            Option(
                "It changes its sign.",
                False,
                "Less weight always means a later spike here.",
            ),
        ),
    ),
    Question(
        "Exact gradient and surrogate gradient point in opposite directions. Which program has a "
        "bug?",
        (
            Option(
                "The surrogate, since it is an approximation.",
                False,
                "It answers another question: what a spike that almost came would have done.",
            ),
            Option(
                "Neither need have one.",
                True,
                "One is the derivative at a fixed number of spikes, the other looks across it.",
            ),
            Option(
                "The exact one, since the loss goes up along it.",
                False,
                "For steps small enough it goes down. The steps of training are not.",
            ),
        ),
    ),
    Question(
        "In a layer trained on spike times a neuron has fallen silent for all samples. What does "
        "the exact gradient do about it?",
        (
            Option(
                "Nothing.",
                True,
                "So all such methods have a push for silent neurons beside the gradient.",
            ),
            Option(
                "It raises the weights.",
                False,
                "Something must, but a spike that is not there has no derivative.",
            ),
            Option("It becomes infinite.", False, "That was just before; now it is zero."),
        ),
    ),
)
