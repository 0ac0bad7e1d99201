"""The quiz of chapter 7."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "Five seeds of rule A reach 97.6 % (97.1 to 98.1), five of rule B 97.2 % (96.5 to 97.9). "
        "What may you write?",
        (
            Option(
                "A is better than B.",
                False,
                "Each mean lies inside the other's interval; five seeds do not tell them apart.",
            ),
            Option(
                "No difference was found with five seeds.",
                True,
                "It says what was measured, and how hard somebody looked.",
            ),
            Option(
                "A and B are equally good.",
                False,
                "Not finding a difference of half a point is not a proof that there is none.",
            ),
        ),
    ),
    Question(
        "Which of these would a surrogate gradient not change about a spiking network?",
        (
            Option(
                "The spikes that it emits while it is trained.",
                True,
                "The forward pass is the real network; only the backward pass is replaced.",
            ),
            Option(
                "The direction in which its weights move.",
                False,
                "That is the one thing that it changes: without it hidden weights stand still.",
            ),
            Option(
                "The memory that training needs.",
                False,
                "With the true derivative there is nothing to keep, since hidden gradients are "
                "zero; the surrogate brings back the whole buffer of BPTT.",
            ),
        ),
    ),
    Question(
        "You train on a chip that cannot store the past, with two hidden layers and labels at "
        "every step. Where on the map do you look?",
        (
            Option(
                "In the row of stored steps.",
                False,
                "That is the buffer that the chip does not have.",
            ),
            Option(
                "In the row of traces: three-factor rules or local losses.",
                True,
                "What a synapse carries along does not grow with time. How the error comes down "
                "two layers is then the question of the columns.",
            ),
            Option(
                "In the row of stored spikes.",
                False,
                "Spikes are fewer than steps, and still they must be stored until the end.",
            ),
        ),
    ),
)
