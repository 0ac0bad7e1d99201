"""The quiz of chapter 5b."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "What is needed to learn that is not local in time?",
        (
            Option(
                "The membrane potential of the neuron now.",
                False,
                "It is there, in the neuron: local in space and in time.",
            ),
            Option(
                "The spike that arrived 50 steps ago.",
                True,
                "It is gone unless something has kept it: a buffer, or a trace that decays.",
            ),
            Option(
                "The membrane potential of the neighbor now.",
                False,
                "That is not local in space; in time it is.",
            ),
        ),
    ),
    Question(
        "Which term does e-prop leave out in a recurrent layer?",
        (
            Option(
                "The memory of the membrane.",
                False,
                "The eligibility trace carries it forward: α and β are both in it.",
            ),
            Option(
                "The readout's weights.",
                False,
                "With symmetric feedback it uses them; the random variant replaces them.",
            ),
            Option(
                "The way from a spike through V to other neurons and back.",
                True,
                "A trace in neuron i knows nothing of what i's spikes do to the others.",
            ),
        ),
    ),
    Question(
        "The integral of a rule's update around a closed loop of weights is not zero. "
        "What follows?",
        (
            Option(
                "The rule cannot learn.",
                False,
                "It can: an update need not be a gradient to point downhill most of the time.",
            ),
            Option(
                "The update is the gradient of no loss.",
                True,
                "A gradient's integral between two points does not depend on the way.",
            ),
            Option(
                "The learning rate is too large.",
                False,
                "The integral belongs to the field, whatever the size of the steps.",
            ),
        ),
    ),
    Question(
        "When is the surrogate gradient the exact gradient of an expected loss?",
        (
            Option(
                "Always, if the surrogate is narrow enough.",
                False,
                "Narrow or not, it must be the derivative of the noise that is really there.",
            ),
            Option(
                "With escape noise, one layer, no reset, and a loss linear in the spikes.",
                True,
                "Then the loss depends on each probability alone, and g = σ′ is its slope.",
            ),
            Option(
                "Never.",
                False,
                "For one layer of noisy neurons and a linear loss the two agree to rounding.",
            ),
        ),
    ),
    Question(
        "A rule has a cosine of 0.95 with the exact gradient. What does this promise?",
        (
            Option(
                "A small step against it goes downhill, by the exact gradient's own account.",
                True,
                "The inner product of the two is positive; that is all a cosine can say.",
            ),
            Option(
                "The same accuracy after training.",
                False,
                "Small errors that always point the same way add up; only training can tell.",
            ),
            Option(
                "Less memory.",
                False,
                "The direction says nothing about the cost; count what the rule keeps.",
            ),
        ),
    ),
)
