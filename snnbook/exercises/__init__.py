"""Exercises that check themselves, and quizzes that need no script.

The notebook asks, the package judges: ``check("02-3", answer)`` says whether an answer is right,
or why it is wrong. A wrong one is told more each time, and ``hint("02-3")``
gives one step of help. The truth is computed from the package, and a wrong answer is compared with
those that the classic mistakes lead to: dt/tau for a decay factor, a reset with the wrong sign,
a missing detach.

>>> from snnbook.exercises import check
>>> result = check("01-1", ...)
… 01-1: not answered yet. Replace the `...` by a whole number, as in `check("01-1", 3)`.
>>> bool(result)
False

The exercises of chapter 2 are in ``_ch02.py``, its quiz in ``quizzes/02.md``.
"""

from snnbook.exercises._check import (
    CHAPTERS as CHAPTERS,
    check as check,
    exercises_of as exercises_of,
    hint as hint,
    quiz as quiz,
)
from snnbook.exercises._contest import (
    ScoreCard as ScoreCard,
    contest as contest,
    contest_baseline as contest_baseline,
    contest_points as contest_points,
)
from snnbook.exercises._mystery import (
    mystery_digit as mystery_digit,
    mystery_neuron as mystery_neuron,
)
from snnbook.exercises._quiz import Option as Option, Question as Question
from snnbook.exercises._records import Exercise as Exercise
from snnbook.exercises._show import Hint as Hint, Quiz as Quiz, Result as Result
