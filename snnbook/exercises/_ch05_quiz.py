"""The quiz of chapter 5."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "What does a surrogate gradient change?",
        (
            Option(
                "The neuron: it sends graded values during training.",
                False,
                "The forward pass keeps the step, so the neuron sends 0 or 1 in training too.",
            ),
            Option(
                "The backward pass alone.",
                True,
                "Spikes are computed by the step, and its derivative is replaced by a smooth bump.",
            ),
            Option(
                "The loss: it is smoothed before training.",
                False,
                "The loss keeps its steps; only the direction in which the weights move changes.",
            ),
        ),
    ),
    Question(
        "A hidden layer trained with the true derivative does not learn. What is the reason?",
        (
            Option(
                "Its gradient is infinite.",
                False,
                "It is infinite only where U equals θ exactly, which practically never happens.",
            ),
            Option(
                "Its gradient is zero almost everywhere.",
                True,
                "A small change of a hidden weight moves no spike of a binary step, so the loss "
                "stays.",
            ),
            Option(
                "Its learning rate is too small.",
                False,
                "A zero gradient times any learning rate is zero.",
            ),
        ),
    ),
    Question(
        "A surrogate keeps its shape and width, and its height goes from 1 to 2. "
        "By how much does the gradient of a weight grow that lies three spikes away from the loss?",
        (
            Option("2 times", False, "Each spike on the path contributes its own factor."),
            Option("6 times", False, "The factors along a path multiply, they do not add."),
            Option(
                "8 times",
                True,
                "Three spikes, three factors of 2: this is why the scale matters with depth.",
            ),
        ),
    ),
    Question(
        "Why is the reset often detached from the gradient?",
        (
            Option(
                "Because it makes the forward pass faster.",
                False,
                "The forward pass is the same; spikes still reset the membrane.",
            ),
            Option(
                "Because a large surrogate on the reset path can turn the gradient's sign.",
                True,
                "The path contributes −g, and g of an unnormalized surrogate can exceed the rest.",
            ),
            Option(
                "Because the true derivative of the reset is zero.",
                False,
                "So is that of every spike; the reason is the surrogate that stands in for it.",
            ),
        ),
    ),
    Question(
        "Is a surrogate gradient the gradient of some smooth loss?",
        (
            Option(
                "Always: integrate it and you have that loss.",
                False,
                "With one parameter one can integrate; a field in many dimensions may have curl.",
            ),
            Option(
                "In general not.",
                True,
                "The forward values come from the step and the derivatives from the surrogate, so "
                "the two need not belong to one function.",
            ),
            Option(
                "Yes, of the loss of the network with smooth neurons.",
                False,
                "That network would send graded values forward, which this one does not.",
            ),
        ),
    ),
)
