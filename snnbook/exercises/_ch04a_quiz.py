"""The quiz of chapter 4a."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "What does the gate of Huh and Sejnowski make smooth?",
        (
            Option(
                "The gradient alone; the neuron still sends 0 or 1.",
                False,
                "That is a surrogate gradient. A gated neuron really sends graded values.",
            ),
            Option(
                "What the neuron sends, as a function of its membrane.",
                True,
                "The charge of a spike leaves little by little, while the membrane crosses a zone.",
            ),
            Option(
                "The reset of the membrane.",
                False,
                "The reset of a gated LIF neuron is as hard as before, and its loss keeps a jump "
                "where the membrane just touches the threshold.",
            ),
        ),
    ),
    Question(
        "The zone of a trained gated network is made ten times narrower. What happens?",
        (
            Option(
                "Nothing, because each spike still carries one unit of charge.",
                False,
                "The charge of whole spikes stays, but the network may rely on spikes that are "
                "sent in part or early.",
            ),
            Option(
                "It may fail, because it was trained as another network.",
                True,
                "The gradient was exact for the wide zone, and says nothing about the narrow one.",
            ),
            Option(
                "It gets better, because its spikes are sharper.",
                False,
                "Nothing in the training asked for that.",
            ),
        ),
    ),
    Question(
        "A training run shows gradients of zero for most batches and enormous ones for a few. "
        "What do you check first?",
        (
            Option(
                "How many grid points lie in the zone for each spike.",
                True,
                "Below one, most spikes jump over the zone, and the rest pay for them with 1/Δ.",
            ),
            Option(
                "Whether the readout is large enough.",
                False,
                "Its gradient does not pass through a gate at all.",
            ),
            Option(
                "Whether autograd is exact.",
                False,
                "It is, here as in the good case: an exact gradient can be a useless one.",
            ),
        ),
    ),
    Question(
        "Why can a Morris-Lecar neuron be trained without any change?",
        (
            Option(
                "Because it has no threshold, and its spike is a solution of smooth equations.",
                True,
                "Upstroke and reset are both made by currents that depend smoothly on the state.",
            ),
            Option(
                "Because its spikes are slower than those of a LIF neuron.",
                False,
                "Slow or fast does not matter; a jump does.",
            ),
            Option(
                "Because a Runge-Kutta solver smooths the spikes.",
                False,
                "The solver only follows the equations; with a jump in them it would not help.",
            ),
        ),
    ),
)
