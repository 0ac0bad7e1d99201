"""The quiz of chapter 4d."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "Why does a spike time have a derivative where a spike has none?",
        (
            Option(
                "Because the neuron is smoothed, as in chapter 4a.",
                False,
                "The threshold stays sharp, and the spike stays all or none.",
            ),
            Option(
                "Because the rising membrane crosses the threshold a little earlier or later when "
                "a weight changes a little.",
                True,
                "The membrane is continuous in time and in the weight, so the crossing moves.",
            ),
            Option(
                "Because time is cut into fine steps.",
                False,
                "On a grid the time would jump from step to step; here there is no grid.",
            ),
        ),
    ),
    Question(
        "A hidden neuron is silent for one sample of a batch of 100. What happens to its weights?",
        (
            Option(
                "They learn from the samples for which it spikes.",
                True,
                "A silent pair of neuron and sample passes back zero; only a neuron that is silent "
                "for every sample is stuck.",
            ),
            Option(
                "Nothing at all: the gradient of the batch is lost.",
                False,
                "The other samples still pass their gradients to it.",
            ),
            Option(
                "They become NaN, because its time is infinite.",
                False,
                "The time is infinity and the gradient is defined as zero.",
            ),
        ),
    ),
    Question(
        "Which inputs act on a spike time?",
        (
            Option("All inputs of the layer.", False, "Those that come later cannot act on it."),
            Option(
                "The inputs that arrived before it.",
                True,
                "They are the causal set; the others get a gradient of zero.",
            ),
            Option(
                "The last input before it.",
                False,
                "Every earlier input still contributes to the membrane.",
            ),
        ),
    ),
    Question(
        "What does a single-spike network need before it can look at a second sample?",
        (
            Option(
                "A pause of a few membrane time constants.",
                False,
                "The membrane would forget, but a neuron that may spike only once stays mute.",
            ),
            Option(
                "New weights.",
                False,
                "The weights are fine; it is the neurons that have used up their spike.",
            ),
            Option(
                "Somebody who tells it that a new sample begins.",
                True,
                "One spike for each neuron means one spike since the last reset, and the reset "
                "comes from outside.",
            ),
        ),
    ),
)
