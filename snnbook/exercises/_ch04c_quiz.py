"""The quiz of chapter 4c."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "A neuron spikes at most in every fifth step. "
        "How many different values can its count take in 50 steps?",
        (
            Option("51", False, "Only if it could spike in every step."),
            Option(
                "11",
                True,
                "From 0 to 10, and that is all the next layer gets to see.",
            ),
            Option("10", False, "Nearly: no spike at all is a value too."),
        ),
    ),
    Question(
        "The window is infinitely long and the input is constant. "
        "Is the counted rate of the discrete neuron a smooth function of the input?",
        (
            Option(
                "No, it is a staircase with a step at every rational rate.",
                True,
                "The steps shrink with the time step, and only in the limit the curve is smooth.",
            ),
            Option(
                "Yes, the average over time smooths the spikes.",
                False,
                "It removes the spikes and keeps the steps of the clock: intervals lock to whole "
                "numbers of steps.",
            ),
            Option(
                "No, it is random.",
                False,
                "There is no noise anywhere: the same input gives the same spikes.",
            ),
        ),
    ),
    Question(
        "What is wrong with the exact f-I curve as an activation function?",
        (
            Option(
                "It is not bounded.",
                False,
                "Neither is a rectified linear unit, and it trains well.",
            ),
            Option(
                "At threshold its slope is infinite, and below it is zero.",
                True,
                "So gradients explode at the corner, and silent neurons stay silent.",
            ),
            Option(
                "It has no derivative anywhere.",
                False,
                "It has one everywhere but at the threshold.",
            ),
        ),
    ),
    Question(
        "You double all weights of a spiking network and its thresholds too. "
        "What happens to the spikes of the hidden layers?",
        (
            Option("There are twice as many.", False, "The distance to threshold did not change."),
            Option("There are half as many.", False, "The weights doubled as well."),
            Option(
                "Nothing.",
                True,
                "Weights over threshold are all that counts: scaling one or the other is the same.",
            ),
        ),
    ),
    Question(
        "A converted network with one hidden layer decides at chance after 8 ms, "
        "and well after 20 ms. Which remedy does NOT help?",
        (
            Option(
                "Shorter time constants, with weights scaled to fit.",
                False,
                "It helps: the membrane is ready sooner, and the rates go up.",
            ),
            Option(
                "Training with spikes and a surrogate gradient for 8 ms.",
                False,
                "It helps: the network learns to say what it can say in 8 ms.",
            ),
            Option(
                "Training the rate network for more epochs.",
                True,
                "The rates are right already; the spikes that should tell them have not come yet.",
            ),
        ),
    ),
)
