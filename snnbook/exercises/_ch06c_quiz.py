"""The quiz of chapter 6c."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "Of which loss is a local error the gradient?",
        (
            Option(
                "Of the network's loss.",
                False,
                "What the layer does to the layers above is left out.",
            ),
            Option(
                "Of the layer's own loss, through its own readout.",
                True,
                "For its own weights it is exact, as autograd confirms.",
            ),
            Option("Of no loss.", False, "It is a gradient, of one loss for each layer."),
        ),
    ),
    Question(
        "Why does the rule need no eligibility trace at the synapses?",
        (
            Option(
                "Its readout has no memory, so the error is there in the same step.",
                True,
                "Nothing has to wait. A leaky readout would need the trace again.",
            ),
            Option(
                "Because the readout is random.",
                False,
                "A random readout with memory would need the trace, too.",
            ),
            Option(
                "Because spikes are binary.",
                False,
                "They are binary in the three-factor rules as well.",
            ),
        ),
    ),
    Question(
        "A network adds up the events of each pixel over the whole run. Which gestures can it not "
        "tell apart?",
        (
            Option(
                "A bar that moves from one that turns.",
                False,
                "They touch different pixels.",
            ),
            Option("None.", False, "A bar to the right and one to the left touch the same pixels."),
            Option(
                "The two of a pair, such as left and right.",
                True,
                "The same pixels in the opposite order: only time tells.",
            ),
        ),
    ),
)
