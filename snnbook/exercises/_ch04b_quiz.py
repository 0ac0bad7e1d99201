"""The quiz of chapter 4b."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "What is smooth in a network of random binary neurons?",
        (
            Option("Each spike.", False, "Each spike is 0 or 1, as in any spiking network."),
            Option(
                "The loss of a single run.",
                False,
                "A single run is binary: its loss jumps when a spike appears.",
            ),
            Option(
                "The expected loss, an average over all runs.",
                True,
                "The probabilities of the runs are smooth in the weights, so their average is.",
            ),
        ),
    ),
    Question(
        "Why is learning a target spike train with one random neuron so easy?",
        (
            Option(
                "With the spikes given, the membrane is linear in the weights, and the "
                "log-likelihood is concave.",
                True,
                "It is a logistic regression on the traces of the synapses: one hill, one top.",
            ),
            Option(
                "Because backpropagation through time is exact there.",
                False,
                "Nothing is sent back in time: the traces run forward.",
            ),
            Option(
                "Because the noise averages the errors out.",
                False,
                "The gradient of the likelihood contains no random number at all.",
            ),
        ),
    ),
    Question(
        "What does a baseline do to the score-function gradient?",
        (
            Option(
                "It lowers the variance and leaves the mean as it is.",
                True,
                "The score has the mean zero, so a constant times the score adds only noise.",
            ),
            Option(
                "It lowers the variance at the price of a bias.",
                False,
                "The mean stays, as long as the baseline does not depend on the run's own spikes.",
            ),
            Option(
                "It makes the loss smaller.",
                False,
                "The loss is what it is; the baseline only changes how the runs are weighted.",
            ),
        ),
    ),
    Question(
        "A layer gets ten times as many neurons. "
        "How many runs does the score function need for the same relative error?",
        (
            Option(
                "About the same number.",
                False,
                "Every neuron is weighted with one loss, to which all the others add their noise.",
            ),
            Option("About 3 times as many.", False, "The variance grows with N, not its root."),
            Option(
                "About 10 times as many.",
                True,
                "The relative variance of one run grows like N, and the mean of M runs divides "
                "it by M.",
            ),
        ),
    ),
    Question(
        "Which surrogate belongs to a neuron with sigmoid escape noise Δ?",
        (
            Option(
                "The step's own derivative.",
                False,
                "That is zero almost everywhere; it belongs to a neuron without noise.",
            ),
            Option(
                "The derivative of the sigmoid, with the height 1/(4Δ).",
                True,
                "It is the slope of the probability of a spike, so its area is 1.",
            ),
            Option(
                "Any of them: the noise does not matter.",
                False,
                "Learning is forgiving, but only this one is the slope of the expected spike.",
            ),
        ),
    ),
)
