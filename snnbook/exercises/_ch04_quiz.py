"""The quiz of chapter 4."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "You measure the loss before and after a tiny change of one hidden weight. "
        "What will you see almost always?",
        (
            Option(
                "A tiny change of the loss.",
                False,
                "That is a smooth network. Here a spike is there or not, and a tiny change "
                "moves none.",
            ),
            Option(
                "No change at all.",
                True,
                "The loss is a staircase: flat almost everywhere, with a jump where a spike moves.",
            ),
            Option(
                "A jump.",
                False,
                "There are jumps, but a tiny step rarely crosses one.",
            ),
        ),
    ),
    Question(
        "A search by random perturbation finds its way down the staircase. How can it?",
        (
            Option(
                "It sees the slope of the steps.",
                False,
                "Their slope is zero. The search compares heights some way apart.",
            ),
            Option(
                "It averages the loss over a neighborhood, and that average is smooth.",
                True,
                "Averaged over perturbed weights, a staircase becomes a slope with a gradient.",
            ),
            Option(
                "It changes one weight at a time.",
                False,
                "It changes all of them at once, which is why it needs many tries.",
            ),
        ),
    ),
    Question(
        "Backpropagation through time has a surrogate derivative. Which obstacle remains?",
        (
            Option(
                "None: the gradient exists now.",
                False,
                "It exists, and somebody has to compute it: with all states kept, and errors "
                "sent backward.",
            ),
            Option(
                "The gradient is still zero almost everywhere.",
                False,
                "That is the first obstacle, and the surrogate removes it.",
            ),
            Option(
                "The procedure: memory that grows with time, and errors that travel backward.",
                True,
                "On a computer this is a bill; on a chip without shared memory it is a wall.",
            ),
        ),
    ),
    Question(
        "You train a network with smooth spikes and put real spikes in afterward. "
        "Why does the accuracy change?",
        (
            Option(
                "The weights are rounded.",
                False,
                "The weights stay as they are. The neurons change.",
            ),
            Option(
                "You run another network than the one that you trained.",
                True,
                "Half a spike is a legal message in the smooth network and not in the spiking one.",
            ),
            Option(
                "The surrogate was too narrow.",
                False,
                "No surrogate was used: the gradient was the true one, of a different network.",
            ),
        ),
    ),
    Question(
        "A converted network needs more time steps to reach the accuracy of the network of rates. "
        "What does it wait for?",
        (
            Option(
                "For counts that are fine enough to stand for the rates.",
                True,
                "In T steps a neuron has at most T + 1 counts, and the first ones fill the "
                "membranes.",
            ),
            Option(
                "For the weights to settle.",
                False,
                "The weights are fixed after training.",
            ),
            Option(
                "For the gradient to pass through time.",
                False,
                "There is no gradient when the network runs.",
            ),
        ),
    ),
)
