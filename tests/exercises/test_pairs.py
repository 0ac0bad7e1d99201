"""Two mistakes at once, and the place where a function first differs."""

import itertools
import re

import numpy as np
import pytest
import torch

from snnbook.exercises import CHAPTERS, Exercise, _answers, _functions, _grade, exercises_of
from snnbook.exercises._records import Plus, Times

EXERCISES = {id: record for chapter in CHAPTERS for id, record in exercises_of(chapter).items()}
SEVERAL = [id for id, one in EXERCISES.items() if len(one.mistakes) > 1]
FUNCTIONS = [id for id in SEVERAL if EXERCISES[id].kind == "function"]


def test_most_exercises_know_several_mistakes():
    assert len(SEVERAL) > 80 and len(EXERCISES) - len(SEVERAL) < 3


@pytest.mark.parametrize("id", [id for id in SEVERAL if EXERCISES[id].changes])
def test_two_factors_or_two_parts_are_told_together(id):
    record = EXERCISES[id]
    truth, seen = _answers.read(record, record.truth), 0
    for (first, one), (second, two) in itertools.combinations(record.changes.items(), 2):
        both = sorted((one, two), key=lambda change: isinstance(change, Times))
        answer = both[1].applied(both[0].applied(truth))
        outcome = _grade.grade(record, answer)
        if _answers.same(np.asarray(answer), truth, record.tolerance):
            assert outcome.correct
            continue
        assert not outcome.correct
        seen += first in outcome.message and second in outcome.message
        # A shorter story is a listed mistake that leads to the same value.
        told = outcome.message in record.mistakes or "Two mistakes at once" in outcome.message
        assert told, (first, second, outcome.message)
    assert seen or len(record.changes) == 1


@pytest.mark.parametrize("id", FUNCTIONS)
def test_two_mistakes_of_a_function_are_told_together(id):
    record = EXERCISES[id]
    cases = record.cases
    truths = [_functions._observed(record, record.truth, case) for case in cases]
    wrong = {
        message: [_functions._observed(record, function, case) for case in cases]
        for message, function in record.mistakes.items()
    }
    told = 0
    for first, second in itertools.combinations(wrong, 2):
        shapes = {tuple(a.shape for a in x[0]) for x in (truths, wrong[first], wrong[second])}
        if len(shapes) > 1:
            continue
        given = [
            tuple(a + b - t for a, b, t in zip(one, two, truth))
            for truth, one, two in zip(truths, wrong[first], wrong[second])
        ]
        if _functions._all_agree(given, truths, record.tolerance):
            continue
        message = _functions._diagnose(record, truths, given)
        assert message in record.mistakes or message.startswith("Two mistakes at once.")
        told += message == f"Two mistakes at once. First: {first} Second: {second}"
    assert told or len(record.mistakes) == 2


def said(id, answer):
    outcome = _grade.grade(EXERCISES[id], answer)
    assert outcome.answered and not outcome.correct
    return outcome.message


def both(id, answer, *words):
    message = said(id, answer)
    assert message.startswith("Two mistakes at once. First: ")
    assert all(word in message for word in words), message


def test_numbers_with_two_mistakes():
    both("01-1", 17400 - 6400 + 110, "input weights are missing", "110 biases")
    both("04-1", 2 * 6400 // 2, "readout has weights", "two passes")
    both("04b-2", 0.6 * 0.25, "spike alone", "multiplied by Δ")
    both("05b-2", 1.0, "direction", "turning parts")
    both("06b-1", 10_000 // 2, "presynaptic trace is missing", "two filters")
    both("06b-3", 0.5 * 2 * 0.99**100, "sign", "surrogate of step 100")
    both("06d-2", 0.5, "sign is negative", "milliseconds")


def test_layers_with_two_mistakes():
    def step(syn, mem, drive, alpha, beta, threshold):
        spikes = (mem >= threshold).to(mem.dtype)
        new = alpha * syn + drive
        return spikes, new, beta * mem + new - threshold * spikes

    both("02-5", step, "`>=` makes", "new I[n+1]")

    def search(up, down, noise, sigma):
        return ((down - up) / sigma) @ noise / len(up)

    both("04-3", search, "2σ apart", "sign is turned")

    def one_filter(arrived, bump, alpha, beta):
        mem, found = arrived[0] * 0, []
        for spike in arrived:
            found.append(mem)
            mem = beta * mem + spike
        return torch.stack(found)

    message = said("05b-5", one_filter)
    assert message.startswith("Two mistakes") or "first difference is at n = 1" in message

    def likelihood(target, probability, trace, noise):
        return -(target - probability).T @ trace

    both("04b-4", likelihood, "1/Δ is missing", "sign is turned")


def test_the_first_wrong_step_is_named_with_its_values():
    def late(arrived, bump, alpha, beta):
        syn = mem = arrived[0] * 0
        found = []
        for spike, g in zip(arrived, bump):
            found.append(g * mem)
            syn, mem = alpha * syn + spike, beta * mem + alpha * syn
        return torch.stack(found)

    message = said("05b-5", late)
    assert message.startswith("The first difference is at n = 2. For `arrived[:n+1] = (1, ")
    assert "`bump[:n+1] = (" in message and message.endswith("is expected.")

    def forgets(slopes, errors, V):
        return slopes * errors * torch.linspace(0.5, 1, len(slopes))[:, None]

    message = said("03-4", forgets)
    assert message.startswith("The first difference, on the way back, is at n = ")
    message = said("06c-4", lambda light, contrast: torch.zeros(len(light) - 1))
    assert re.match(r"The first difference is at n = \d+. For `light\[:n\+2\] = ", message)


def test_the_first_wrong_output_is_named():
    def step(syn, mem, drive, alpha, beta, threshold):
        spikes = (mem > threshold).to(mem.dtype)
        return spikes, alpha * syn + drive, beta * mem + syn - 1.1 * threshold * spikes

    message = said("02-5", step)
    assert message.startswith("Your `S[n]` and your `I[n+1]` are right. For `syn = ")
    assert "your `U[n+1]` is " in message

    def of_superspike(signal, bump, before, q, trace, alpha, beta):
        out = signal[:, None] * trace, alpha * q, beta * trace + q
        return torch.stack(out)

    message = said("06b-4", of_superspike)
    assert "The first difference is at i = 0, j = " in message and "your `next_q` is " in message


def test_a_constant_factor_is_named():
    step = EXERCISES["04-3"].truth
    assert said("04-3", lambda *case: 3 * step(*case)) == (
        "Yours is the right result times 3, everywhere."
    )
    rates = EXERCISES["01-4"].truth
    assert "sign is wrong, everywhere" in said("01-4", lambda *case: -rates(*case))


def test_rounding_is_told_from_a_mistake():
    assert said("02-4", 0.18) == "Right to two digits: give three."
    assert said("02-4", 0.183).startswith("Very close")
    assert said("02-4", 0.1) == "0.1 is too small."


def test_what_reviewed_readers_tried_is_diagnosed():
    assert "minus of the rule" in said(
        "06a-5", lambda D, U, b: torch.where((U - 1).abs() < b, -D, 0.0)
    )
    assert "multiplies" in said("06a-5", lambda D, U, b: D * ((U - 1).abs() < b))
    twice = torch.nn.functional.softplus

    def rate(mean, tau, g):
        return 1 / (tau * torch.log1p(1 / (g * twice(mean - 1, beta=1 / g))))

    assert "γ twice" in said("04c-4", rate)
    assert "sign" in said(
        "06b-4",
        lambda signal, bump, before, q, trace, alpha, beta: torch.stack(
            [-signal[:, None] * trace, alpha * q + bump[:, None] * before, beta * trace + q]
        ),
    )
    assert "wipes out" in said("06d-4", lambda now, U, p, dL_dt, tau: p - dL_dt * tau / (now - U))
    assert _grade.grade(EXERCISES["06b-3"], -0.146).correct
    assert "sign" in said("06b-3", 0.146)


def test_two_entries_of_a_sequence_can_be_wrong_each_in_its_way():
    pair = Exercise(
        id="99-1",
        kind="sequence",
        answers=lambda: ((1.0, 2.0), {"One.": (3.0, 2.0), "Two.": (1.0, 5.0)}),
        right="Yes.",
        hints=("Think.",),
    )
    assert _grade.grade(pair, (3, 5)).message == "Two mistakes at once. First: One. Second: Two."
    assert _grade.grade(pair, (3, 7)).message == "(3, 7) is not it."


def test_parts_add_up_before_factors_multiply():
    toy = Exercise(
        id="99-1",
        kind="number",
        answers=lambda: (10.0, {"A part.": Plus(-4.0), "Half.": Times(0.5), "Else.": 7.0}),
        right="Yes.",
        hints=("Think.",),
    )
    assert dict(toy.mistakes) == {"A part.": 6.0, "Half.": 5.0, "Else.": 7.0}
    for answer, pair in ((3.0, ("A part.", "Half.")), (3.5, ("Else.", "Half."))):
        expected = f"Two mistakes at once. First: {pair[0]} Second: {pair[1]}"
        assert _grade.grade(toy, answer).message == expected
    message = _grade.grade(toy, -6.0).message
    assert "A part." in message and "sign is wrong" in message
