"""What this session remembers of each exercise: wrong answers, and hints that were given."""

from collections import Counter

from snnbook.exercises._records import Exercise

#: Wrong answers and hints given so far, by exercise; they end with the process.
MISSES: Counter[str] = Counter()
GIVEN: Counter[str] = Counter()


def next_hint(exercise: Exercise) -> int:
    """Return the step of the hint that comes next, and count it; the last one comes again."""
    GIVEN[exercise.id] = min(GIVEN[exercise.id] + 1, len(exercise.hints))
    return GIVEN[exercise.id]


def after_a_miss(exercise: Exercise) -> int:
    """Count a wrong answer; return the step of the hint to give with it, 0 for none.

    The first wrong answer gets none, so that the reader has another look; each later one
    brings the next step.
    """
    MISSES[exercise.id] += 1
    return next_hint(exercise) if MISSES[exercise.id] > 1 else 0


def forget() -> None:
    """Begin anew, as in a fresh session."""
    MISSES.clear()
    GIVEN.clear()
