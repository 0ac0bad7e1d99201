"""What chapter 6d says, and the stored results it stands on."""

import numpy as np
import pytest

from snnbook import results
from snnbook.conclusions import measured
from snnbook.explore import trained, xor_frame


def test_most_starts_solve_temporal_xor():
    found = measured(25)
    assert found["runs"] >= 50 and found["solved"] > 0.8 * found["runs"]


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 2), (2, 0), (2, 2)])
def test_the_stored_network_answers_the_four_patterns(first, second):
    said = xor_frame(float(first), float(second))["text"]
    assert said.endswith("equal." if first == second else "different.")


def test_the_membranes_of_the_explorer_reach_the_threshold_where_they_spike():
    frame = xor_frame(0.0, 1.0)
    assert len(trained()) == 2
    assert max(frame[f"h{n}"].max() for n in range(4)) <= 1.0
    assert len(frame["hidden_times"]) == len(frame["hidden_rows"]) > 0


def test_the_exact_gradient_is_right_for_tiny_steps_only():
    stored = results.load("ch06d_agreement")
    share = {}
    for one in stored["steps"]:
        share.setdefault((one["loss_kind"], one["gradient"]), []).append(one["change"])
    share = {key: (np.array(rows) < 0).mean(0) for key, rows in share.items()}
    assert share["end", "exact"][0] == 1 and share["end", "exact"][-1] < 0.2
    assert share["end", "1.0"][0] < 0.2 and share["end", "1.0"][-1] > 0.9
    assert share["integral", "exact"].min() == 1 == share["integral", "1.0"].min()


def test_both_solvers_see_the_same_loss():
    for row in results.load("ch06d_agreement")["rows"]:
        scale = 0.1 * abs(row["loss"]) + (3.0 if row["loss_kind"] == "integral" else 0.5)
        assert abs(row["loss"] - row["loss_in_steps"]) < scale


def test_yin_yang_needs_few_spikes():
    runs = results.load("ch06d_yin_yang")["runs"]
    assert np.mean([run["accuracy"] for run in runs]) > 0.95
    assert np.mean([run["spikes"][-1][0] for run in runs]) < 200
