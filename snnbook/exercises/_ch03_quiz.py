"""The quiz of chapter 3."""

from snnbook.exercises._records import Option, Question

QUESTIONS = (
    Question(
        "BPTT and RTRL compute the same gradient. In what do they differ?",
        (
            Option(
                "RTRL is an approximation that is good for short runs.",
                False,
                "Full RTRL is exact; its cheap relatives are approximations.",
            ),
            Option(
                "In the order of the sum: BPTT collects all errors for one moment of use, RTRL all "
                "uses for one moment of error.",
                True,
                "One table of blame, summed along its columns or along its rows.",
            ),
            Option(
                "BPTT gives the gradient of the weights, RTRL that of the states.",
                False,
                "Both end with one number for each weight.",
            ),
        ),
    ),
    Question(
        "A run gets twice as long, with everything else the same. What happens to the memory?",
        (
            Option(
                "It doubles for BPTT and stays the same for RTRL.",
                True,
                "BPTT stores every step; RTRL carries influences whose number depends on N alone.",
            ),
            Option(
                "It doubles for both.",
                False,
                "RTRL never looks back: it carries the same numbers at every step.",
            ),
            Option(
                "It stays the same for BPTT and doubles for RTRL.",
                False,
                "The other way round: BPTT is the one that needs the history.",
            ),
        ),
    ),
    Question(
        "A recurrent layer gets twice as many neurons, and twice as many inputs. "
        "What happens to one step of RTRL, when the layer is large?",
        (
            Option(
                "It takes 4 times as long.", False, "That holds for a forward pass: N² weights."
            ),
            Option(
                "It takes 8 times as long.",
                False,
                "That is the memory: N³ influences; each of them needs a sum over N neurons.",
            ),
            Option(
                "It takes 16 times as long.",
                True,
                "There are N³ influences, and each is moved on by a sum over N neurons: N⁴.",
            ),
        ),
    ),
    Question(
        "Truncated BPTT with pieces of 3 steps is used on a spiking network with one hidden "
        "layer. What does the hidden layer learn?",
        (
            Option(
                "Nothing: its gradient is exactly zero.",
                True,
                "An input needs four steps to the readout, so no use and its error share a piece.",
            ),
            Option(
                "It learns the dependencies of up to 3 steps.",
                False,
                "That would be true if a spike reached the loss in the same step; here it takes 4.",
            ),
            Option(
                "The same as with full BPTT, only slower.",
                False,
                "Truncation changes the gradient, not the speed of a step.",
            ),
        ),
    ),
    Question(
        "The recurrent weights of a smooth network have spectral radius 0.5. What happens to the "
        "blame for something that happened 20 steps ago?",
        (
            Option(
                "It shrinks to about a millionth.",
                True,
                "Half for each step, and 0.5 to the power 20 is about 0.000001.",
            ),
            Option("It shrinks to a fortieth.", False, "The factors multiply; they do not add."),
            Option(
                "It stays the same, because weights are shared over time.",
                False,
                "Sharing sums the contributions of all steps; each still fades on its way.",
            ),
        ),
    ),
)
