"""The laboratory: its table recomputed on a small case, and where rules must be exact."""

import math
from functools import partial

import pytest
import torch
from helpers import seeded

from snnbook.gradients import bptt, compare, rtrl
from snnbook.laboratory import RULES, Rule, compare_rules, score_function
from snnbook.local import (
    direct_feedback_alignment,
    e_prop,
    erbp,
    feedback_alignment,
    local_errors,
    ostl,
    ottt,
    random_feedback,
    random_readouts,
    superspike,
)
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import step_cross_entropy

STEPS = 25


def case(sizes=(5, 8, 7, 3), recurrent=True, reset_gradient=True):
    neuron = LIFNeuron(surrogate=fast_sigmoid(width=0.5), reset_gradient=reset_gradient)
    rates = {"hidden_rate": 3.0, "recurrent_rate": 10.0, "generator": seeded()}
    network = SpikingNetwork(sizes, neuron, recurrent=recurrent, **rates, std=1.0).double()
    spikes = torch.rand(STEPS, 4, 5, generator=seeded(1)).lt(0.3).double()
    return network, spikes, step_cross_entropy(torch.tensor([0, 1, 2, 0]), steps=STEPS)


#: Rules for small networks or patient readers.
SLOW = {
    "rtrl": Rule(label="RTRL", function=rtrl, drops="nothing", section="III.B", chapter="3"),
    "rtrl_no_recurrence": Rule(
        label="RTRL without recurrence",
        function=partial(rtrl, recurrent=False),
        drops="the influence through the recurrent weights",
        section="III.B",
        chapter="3",
    ),
    "score_function": Rule(
        label="score function",
        function=partial(score_function, samples=128),
        drops="every derivative",
        section="IV.A.2",
        chapter="4b",
        settings=lambda network, generator: {"generator": generator},
        random=True,
    ),
}


def by_hand(network, spikes, error, seed):
    """The gradient of the book's rules, written out; a new rule has a test of its own."""
    run = network, spikes, error

    def feedback(kind, direct=False):
        return random_feedback(network, kind, direct=direct, generator=seeded(seed))

    readouts = random_readouts(network, generator=seeded(seed))
    same = random_feedback(network, "symmetric")
    return {
        "bptt": bptt(*run),
        "detached_reset": bptt(network.with_neuron(reset_gradient=False), spikes, error),
        "truncated_50": bptt(*run, truncate=50),
        "truncated_20": bptt(*run, truncate=20),
        "truncated_5": bptt(*run, truncate=5),
        "no_recurrence": feedback_alignment(*run, feedback=same, recurrent=False),
        "feedback_alignment": feedback_alignment(*run, feedback=feedback("random")),
        "feedback_sign": feedback_alignment(*run, feedback=feedback("sign_symmetric")),
        "direct_feedback": direct_feedback_alignment(*run, feedback=feedback("random", True)),
        "erbp": erbp(*run, feedback=feedback("random", True)),
        "superspike": superspike(*run, feedback=feedback("random", True)),
        "e_prop": e_prop(*run, feedback=feedback("symmetric", True)),
        "ostl": ostl(*run),
        "ottt": ottt(*run),
        "local_errors": local_errors(*run, readouts=readouts),
        "local_errors_leaky": local_errors(*run, readouts=readouts, memory="leaky"),
        "rtrl": rtrl(*run),
        "rtrl_no_recurrence": rtrl(*run, recurrent=False),
        "score_function": score_function(*run, generator=seeded(seed), samples=128),
    }


def test_table_recomputed():
    rules = RULES | SLOW
    network, spikes, error = case()
    rows = compare_rules(network, spikes, error, rules=rules, seed=3)
    want = {name: rule(network, spikes, error, seeded(3)) for name, rule in rules.items()}
    want |= by_hand(network, spikes, error, seed=3)
    names = [name for name, _ in network.named_parameters()]
    assert [(row.rule, row.parameter) for row in rows] == [(r, p) for r in rules for p in names]
    assert [row.layer for row in rows[:5]] == [0, 0, 1, 1, 2]
    for row in rows:
        a, b = want["bptt"][row.parameter], want[row.rule][row.parameter]
        cosine = (a * b).sum() / (a.norm() * b.norm())
        assert row.cosine == pytest.approx(cosine.item(), abs=1e-9, nan_ok=True)
        assert row.norm_ratio == pytest.approx((b.norm() / a.norm()).item(), rel=1e-9)


def near(row):
    return abs(row.cosine - 1) < 1e-10 and abs(row.norm_ratio - 1) < 1e-10


def test_rules_are_exact_where_they_say_so_and_nowhere_else():
    rules, agree = RULES | {"rtrl": SLOW["rtrl"]}, {}
    for row in compare_rules(*case(), rules=rules):
        if row.parameter.startswith("hidden"):
            agree.setdefault(row.rule, []).append(near(row))
        else:
            rule = rules[row.rule]
            assert near(row) == (rule.exact_readout or (rule.window or 0) >= STEPS), row.rule
    for name, found in agree.items():
        assert all(found) == (rules[name].exact or (rules[name].window or 0) >= STEPS), name
    assert {"bptt", "rtrl", "truncated_50"} <= {name for name in agree if all(agree[name])}


def test_one_feed_forward_layer_with_the_reset_detached():
    """Nothing is left to drop but the matrices and time itself."""
    rows = compare_rules(*case((5, 8, 3), recurrent=False, reset_gradient=False))
    far = {row.rule for row in rows if abs(row.cosine - 1) > 1e-10}
    short = {name for name, rule in RULES.items() if rule.window and rule.window < STEPS}
    assert short >= {"truncated_20", "truncated_5"}
    assert far >= short | {name for name, rule in RULES.items() if rule.random}
    assert not far & {"bptt", "detached_reset", "truncated_50", "no_recurrence", "e_prop"}


def test_a_longer_window_is_nearer():
    rows = [row for row in compare_rules(*case()) if row.parameter == "hidden.1.weight"]
    found = {row.rule: row for row in rows}
    assert found["truncated_5"].cosine < found["truncated_20"].cosine < 1
    assert found["truncated_5"].norm_ratio < found["truncated_20"].norm_ratio < 1


def test_a_window_shorter_than_the_way_to_the_readout_shows_nothing():
    """Two steps from a spike to the next layer: six from an input to the readout."""
    network, spikes, error = case()
    windows = {str(k): partial(bptt, truncate=k) for k in (5, 6, 7)}
    rows = compare_rules(network, spikes, error, rules=windows)
    ratio = {r.rule: r.norm_ratio for r in rows if r.parameter == "hidden.0.weight"}
    assert ratio["5"] == ratio["6"] == 0 < ratio["7"] < 1


def test_a_rule_of_your_own_plugs_in_and_changes_no_other_row():
    def halved(network, spikes, error):
        return {name: value / 2 for name, value in bptt(network, spikes, error).items()}

    rules = {name: rule for name, rule in RULES.items() if name != "truncated_5"}  # no NaN
    before = compare_rules(*case(), rules=rules)
    after = compare_rules(*case(), rules={"my own": halved} | rules)
    mine = [row for row in after if row.rule == "my own"]
    assert all(row.cosine == pytest.approx(1) and row.norm_ratio == 0.5 for row in mine)
    assert [row for row in after if row.rule != "my own"] == before
    other = compare_rules(*case(), rules=rules, seed=1)
    changed = {a.rule for a, b in zip(before, other) if a != b}
    assert changed == {name for name, rule in RULES.items() if rule.random}


def test_another_truth():
    rows = compare_rules(*case(), rules={"bptt": bptt}, exact=RULES["e_prop"])
    want = compare(RULES["e_prop"](*case()), bptt(*case()))
    assert {row.parameter: (row.cosine, row.norm_ratio) for row in rows} == want


def test_zero_gradient_is_said_to_have_no_direction():
    def nothing(network, spikes, error):
        return {name: torch.zeros_like(value) for name, value in network.named_parameters()}

    rows = compare_rules(*case(), rules={"nothing": nothing})
    assert all(math.isnan(row.cosine) and row.norm_ratio == 0 for row in rows)


def test_every_rule_says_what_it_is():
    labels = [rule.label for rule in (RULES | SLOW).values()]
    assert len(set(labels)) == len(labels)
    for rule in (RULES | SLOW).values():
        assert isinstance(rule, Rule)
        assert rule.drops and rule.section and rule.chapter


def test_bad_input_is_named():
    with pytest.raises(TypeError, match=r"rules\['mine'\] is a int; a Rule is accepted"):
        compare_rules(*case(), rules={"mine": 3})
    with pytest.raises(ValueError, match="seed is -1"):
        compare_rules(*case(), seed=-1)
    with pytest.raises(ValueError, match="other has the names"):
        compare_rules(*case(), rules={"mine": lambda *run: {}})
    with pytest.raises(TypeError, match="generator is a NoneType"):
        RULES["superspike"](*case())
