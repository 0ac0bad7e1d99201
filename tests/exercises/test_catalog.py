"""The catalog: how many exercises there are, where they come from, and that truths are computed."""

import ast
import inspect
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from snnbook.exercises import CHAPTERS, Exercise, check, exercises_of, hint, quiz
from snnbook.exercises._records import number

EXERCISES = {id: record for chapter in CHAPTERS for id, record in exercises_of(chapter).items()}

#: What the book has. A number may grow; a diagnosed mistake that was lost made it worse.
AT_LEAST = {"exercises": 92, "mistakes": 449, "hints": 268, "questions": 70}


def test_nothing_is_lost():
    counts = {
        "exercises": len(EXERCISES),
        "mistakes": sum(len(record.mistakes) for record in EXERCISES.values()),
        "hints": sum(len(record.hints) for record in EXERCISES.values()),
        "questions": sum(len(quiz(chapter)) for chapter in CHAPTERS),
    }
    assert all(counts[what] >= least for what, least in AT_LEAST.items()), counts


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_ids_count_from_one(chapter):
    ids = list(exercises_of(chapter))
    assert ids == [f"{chapter}-{n}" for n in range(1, len(ids) + 1)] and 4 <= len(ids) <= 8


def test_a_page_loads_its_own_chapter_alone():
    """An edit to an exercise must not touch the pages of other chapters."""
    code = (
        "import sys; from snnbook.exercises import check, quiz; quiz('04'); check('04-1', 14800)\n"
        "print([name for name in sys.modules if name.startswith('snnbook.exercises._ch0')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "['snnbook.exercises._ch04']"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("5b-1", r'did you mean "05b-1"\?'),
        ("2-3", r'did you mean "02-3"\?'),
        ("05b1", r'did you mean "05b-1"\?'),
        ("ex-05b-1", r'did you mean "05b-1"\?'),
        ("02-99", "chapter 02 has 02-1 to 02-7"),
        ("", "no exercise is called so"),
        (2, "no exercise is called so"),
    ],
)
def test_an_unknown_name_is_told_the_one_that_was_meant(wrong, said):
    for ask in (hint, lambda id: check(id, 1.0)):
        with pytest.raises(ValueError, match=f"id is {wrong!r}; {said}") as problem:
            ask(wrong)
        assert '"02-3", are accepted' in str(problem.value) and len(str(problem.value)) < 120


def test_unknown_chapters_list_the_known_ones():
    with pytest.raises(ValueError, match="'99'.*01, 02, .*05"):
        exercises_of("99")


def test_records_refuse_what_does_not_fit():
    def toy(**fields):
        defaults = {"id": "99-1", "kind": "number", "right": "Yes.", "hints": ("Think.",)}
        return Exercise(answers=lambda: (2.0, {}), **(defaults | fields))

    with pytest.raises(FrozenInstanceError):
        EXERCISES["02-1"].right = "Other"
    with pytest.raises(ValueError, match="kind is 'essay'"):
        toy(kind="essay")
    with pytest.raises(ValueError, match="no options"):
        toy(kind="choice")
    for hints in ((), ("1",) * 4, "one text"):
        with pytest.raises(ValueError, match="hints of 99-1 is .*; one to three are accepted"):
            toy(hints=hints)
    with pytest.raises(TypeError, match="tolerances"):
        number("99-1", right="Yes.", hints=("Think.",), tolerances=0.1)(lambda: (2.0, {}))
    with pytest.raises(TypeError):
        exercises_of("02")["02-1"] = None


def test_answers_are_computed_once_and_not_before_they_are_asked_for():
    calls = []
    record = number("99-1", right="Yes.", hints=("Think.",))(lambda: calls.append(1) or (2.0, {}))
    assert not calls and record.truth == 2.0 and record.mistakes == {} and len(calls) == 1


# The truth is computed --------------------------------------------------------------------------


def is_computed(module, name):
    """Return whether the truth of an exercise comes from the package, a library or a loop.

    Literals, arithmetic, ``math`` and built-in functions do not count, wherever they stand: in
    the exercise itself, in what it assigns, or in the helpers that it calls.
    """
    known = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    imported = {
        alias.asname or alias.name
        for node in module.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    exercise = known[name]
    for node in ast.walk(exercise):
        if isinstance(node, ast.FunctionDef):
            known[node.name] = node
    assigned = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name):
                        assigned.setdefault(part.id, []).append(node.value)
    (returned,) = [node for node in exercise.body if isinstance(node, ast.Return)]
    waiting, seen = [returned.value.elts[0]], set()
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, (ast.For, ast.While, ast.comprehension)):
                return True
            if isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                if node.id in imported:
                    return True
                waiting += assigned.get(node.id, [])
                waiting += [known[node.id]] if node.id in known else []
    return False


@pytest.mark.parametrize("id", [id for id, one in EXERCISES.items() if one.kind != "function"])
def test_the_truth_is_computed(id):
    answers = EXERCISES[id].answers
    source = inspect.getsource(inspect.getmodule(answers))
    assert is_computed(ast.parse(source), answers.__name__)


@pytest.mark.parametrize(
    ("body", "computed"),
    [
        ("return 'frozen', {}", False),
        ("return 0.1 * 0.9 * 200**2, {}", False),
        ("size = 100\n    return round(2 * math.exp(size)), {}", False),
        ("return helper(3), {}", False),
        ("return deep(3), {}", True),
        ("a, b = neurons.run(3)\n    return b, {}", True),
        ("return sum(n for n in range(9)), {}", True),
    ],
)
def test_a_literal_is_found_behind_names_and_helpers(body, computed):
    source = f"""
import math
from snnbook import neurons

def helper(x):
    return 2 * x

def deep(x):
    return neurons.run(x)

def exercise():
    {body}
"""
    assert is_computed(ast.parse(source), "exercise") == computed
