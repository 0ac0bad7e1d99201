"""The quiz of chapter 1."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "Why are the hidden neurons of a spiking network hard to train?",
        (
            Option(
                "There are too many of them.",
                False,
                "Even one hidden neuron has the problem: its output is a step.",
            ),
            Option(
                "A small change of a hidden weight usually changes no spike.",
                True,
                "The loss does not move, so its gradient is zero and says nothing.",
            ),
            Option(
                "They have no inputs during training.",
                False,
                "They have their inputs; what is missing is a gradient that passes the spike.",
            ),
        ),
    ),
    Question(
        "A classifier of ten digits has a loss of 2.30 after many epochs, and it does not move. "
        "What is the first thing to look at?",
        (
            Option(
                "The firing rates of the hidden layer.",
                True,
                "2.30 is ln 10, the loss of equal readouts: most likely no hidden neuron fires.",
            ),
            Option(
                "The number of training images.",
                False,
                "With few images the training loss would fall all the more easily.",
            ),
            Option(
                "The last decimals of the learning rate.",
                False,
                "2.30 is ln 10 exactly, which speaks for readouts that are equal, not slow.",
            ),
        ),
    ),
    Question(
        "Two networks get 385 and 381 of 397 test images right. What follows?",
        (
            Option(
                "The first network is better.",
                False,
                "Four images are within chance: the two 95 % intervals overlap widely.",
            ),
            Option(
                "On this test set they cannot be told apart.",
                True,
                "The intervals are about 3.5 points wide and the difference is 1 point.",
            ),
            Option(
                "Both are equally good.",
                False,
                "A test that finds no difference has not shown that there is none.",
            ),
        ),
    ),
    Question(
        "In the latency code of this chapter, what does a blank pixel (x = 0) send?",
        (
            Option("A spike at once.", False, "That is what pixels full of ink do."),
            Option(
                "A spike in the last step.",
                False,
                "Values at or below the threshold of the code never spike at all.",
            ),
            Option(
                "Nothing.",
                True,
                "Its value is below the threshold of the code, and silence carries the message.",
            ),
        ),
    ),
)
