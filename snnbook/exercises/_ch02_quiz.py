"""The quiz of chapter 2."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "Why may a network of LIF neurons without any recurrent synapse be called a recurrent "
        "network?",
        (
            Option(
                "Its spikes travel in loops.",
                False,
                "Without recurrent synapses V = 0, and no spike comes back to its own layer.",
            ),
            Option(
                "Each neuron carries I, U and its reset from one step to the next.",
                True,
                "State that follows a recurrent equation is enough; loops of synapses are extra.",
            ),
            Option(
                "Its weights change over time.",
                False,
                "The weights W are the same in every step, as in any recurrent network.",
            ),
        ),
    ),
    Question(
        "The time step dt is halved and the time constants stay. What happens to β?",
        (
            Option(
                "It is halved.",
                False,
                "The exponent is halved, not the factor: with a shorter step less is forgotten.",
            ),
            Option(
                "It becomes its own square root, closer to 1.",
                True,
                "exp(−dt/2τ) squared is exp(−dt/τ): two half steps forget as much as a whole one.",
            ),
            Option(
                "It stays, because τ stays.",
                False,
                "β = exp(−dt/τ) belongs to one step, and so it depends on dt.",
            ),
        ),
    ),
    Question(
        "A neuron with a subtractive reset has U[n] = 1.3, I[n] = 0.2, β = 0.9 and θ = 1. "
        "What is U[n+1]?",
        (
            Option(
                "0.37",
                True,
                "0.9 · 1.3 + 0.2 − 1: the spike S[n] = 1 takes θ off, after the leak.",
            ),
            Option(
                "0.47",
                False,
                "This is 0.9 · (1.3 − 1) + 0.2, where the reset leaks too; here it does not.",
            ),
            Option(
                "0.2", False, "This clears U and adds I; a subtractive reset keeps what exceeds θ."
            ),
            Option("1.37", False, "This leaves out the reset, although U[n] is above θ."),
        ),
    ),
    Question(
        "A constant current I is exactly (1 − β)θ, and U starts at 0. Does the neuron fire?",
        (
            Option(
                "Yes, after a long time.",
                False,
                "In exact arithmetic U[n] = θ(1 − βⁿ), which is below θ for each finite n.",
            ),
            Option(
                "No, whatever Θ(0) is.",
                True,
                "U approaches θ from below and never gets there, so Θ(0) is never asked for.",
            ),
            Option(
                "Only if Θ(0) = 1.",
                False,
                "Θ(0) matters at U = θ, which is not reached in any finite number of steps.",
            ),
        ),
    ),
)
