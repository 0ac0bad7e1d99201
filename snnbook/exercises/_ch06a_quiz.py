"""The quiz of chapter 6a."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "What does feedback alignment give up, compared with backpropagation through time?",
        (
            Option(
                "The memory of the run.",
                False,
                "It goes back through the stored run as BPTT does.",
            ),
            Option(
                "The transposed weights.",
                True,
                "One matrix per layer is replaced by a fixed random one, and nothing else.",
            ),
            Option(
                "The surrogate derivative.",
                False,
                "It is still there, in the second line of the adjoint.",
            ),
        ),
    ),
    Question(
        "Before training, the update of the hidden layer has a cosine near zero with the gradient. "
        "Why does learning begin at all?",
        (
            Option(
                "The readout gets its exact gradient from the start, and turns to the feedback.",
                True,
                "It reads what the feedback wrote, and then the feedback fits.",
            ),
            Option(
                "Random directions are downhill half of the time.",
                False,
                "Half up and half down would lead nowhere.",
            ),
            Option(
                "The feedback learns the weights.",
                False,
                "The feedback stays as it was drawn; the weights move.",
            ),
        ),
    ),
    Question(
        "A network with five hidden layers learns digits by feedback alignment and stays near "
        "chance. Which picture do you draw first?",
        (
            Option(
                "The loss over the epochs.",
                False,
                "It says that nothing is learned, which you know, and not where.",
            ),
            Option(
                "The angle of each layer's feedback over the epochs.",
                True,
                "Layers that stay at 90 degrees get noise for an error.",
            ),
            Option(
                "The spikes of the first layer.",
                False,
                "Worth a look for silence, but the layer may spike well and be taught badly.",
            ),
        ),
    ),
    Question(
        "When an input spike arrives, an eRBP synapse looks at the dendrite. What is in there?",
        (
            Option(
                "What will go wrong because of this spike.",
                False,
                "That error is not yet known; waiting for it takes a trace, as in chapter 6b.",
            ),
            Option(
                "What has gone wrong lately.",
                True,
                "Useful while errors last longer than the neuron remembers, as with a label.",
            ),
            Option(
                "The neuron's distance to the threshold.",
                False,
                "That is the window, which the synapse looks at too.",
            ),
        ),
    ),
)
