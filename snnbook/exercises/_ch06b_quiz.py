"""The quiz of chapter 6b."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "What are the three factors?",
        (
            Option(
                "Input current, threshold and reset.",
                False,
                "These belong to the neuron; a learning rule needs to know how wrong it was.",
            ),
            Option(
                "A presynaptic trace, a function of the neuron's own potential, an error.",
                True,
                "The first two are at the synapse; the third is sent to the neuron.",
            ),
            Option(
                "Weight, learning rate and momentum.",
                False,
                "These belong to the optimizer.",
            ),
        ),
    ),
    Question(
        "Which term does SuperSpike drop from the exact derivative of one output neuron?",
        (
            Option(
                "The derivative through the neuron's own reset.",
                True,
                "Without it a neuron's potential is linear in its traces.",
            ),
            Option(
                "The decay of the synaptic current.",
                False,
                "It stays: the presynaptic trace has both filters.",
            ),
            Option(
                "The presynaptic spikes.",
                False,
                "They are the start of everything.",
            ),
        ),
    ),
    Question(
        "Why does the product of the first two factors pass a filter before it meets the error?",
        (
            Option(
                "To make it smaller.",
                False,
                "The filter has a gain above 1; size is not the point.",
            ),
            Option(
                "Because the error of now was caused by spikes of a moment ago.",
                True,
                "The loss filters spikes, so an error lasts; the trace must last as long.",
            ),
            Option(
                "Because brains are slow.",
                False,
                "The filter follows from the loss, by the chain rule.",
            ),
        ),
    ),
    Question(
        "When is e-prop the exact gradient of a recurrent layer (with a detached reset)?",
        (
            Option(
                "When the feedback is symmetric.",
                False,
                "That is needed too, but the paths through the recurrent weights still lack.",
            ),
            Option(
                "When the recurrent weights are zero and the feedback is symmetric.",
                True,
                "Then no path leads from a spike through other neurons.",
            ),
            Option(
                "When the threshold does not adapt.",
                False,
                "Adaptation happens inside a neuron, and a trace follows it exactly.",
            ),
        ),
    ),
    Question(
        "An experiment gathers the gradient after the run instead of step by step. What changes?",
        (
            Option(
                "The weights that are found, because the rule is another one.",
                False,
                "It is the same sum in another order; a test compares them to ten digits.",
            ),
            Option(
                "Memory and time of the experiment.",
                True,
                "The history is kept, and no trace at each synapse: faster, and not online.",
            ),
            Option(
                "The rule becomes exact.",
                False,
                "The dropped terms stay dropped.",
            ),
        ),
    ),
)
