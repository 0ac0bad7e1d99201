"""What chapter 5 says and its experiments stand on."""

import numpy as np

from snnbook import results, surrogates
from snnbook.conclusions import measured


def table(name):
    found = results.load(name)["accuracy"]
    return {key: np.array(cells) for key, cells in found.items()}


def test_claim_14_shapes_differ_less_than_widths():
    stored = results.load("ch05_shapes")
    assert len(stored["accuracy"]) >= 8 and set(stored["accuracy"]) <= set(surrogates.ALL)
    means = np.array(list(table("ch05_shapes").values())).mean(axis=2)
    across_shapes, across_widths = np.ptp(means.max(axis=1)), np.ptp(means.mean(axis=0))
    assert across_widths > 3 * across_shapes
    best = means.mean(axis=0).argmax()
    assert 0 < best < len(stored["widths"]) - 1


def test_deeper_networks_want_wider_surrogates():
    means = np.array(list(table("ch05_depth").values())).mean(axis=2)
    best = means.argmax(axis=1)
    assert (np.diff(best) >= 0).all() and best[-1] > best[0]


def test_the_reset_hurts_only_a_high_surrogate():
    found = {key: cells.mean(axis=1) for key, cells in table("ch05_reset").items()}
    gap = found["detached"] - found["through the reset"]
    heights = results.load("ch05_reset")["heights"]
    assert abs(gap[heights.index(1.0)]) < 0.03
    assert gap[-1] > 0.05


def test_random_patterns_need_the_surrogate():
    found = measured(6)
    assert found["surrogate"].mean > 0.75 and found["true"].mean < 0.6


def test_claim_15_narrow_surrogates_go_downhill():
    stored = results.load("ch05_downhill")
    which = stored["lengths"].index(0.03)
    lower = {k: v[which][0] for k, v in stored["shares_lower_same_higher"].items()}
    assert lower["0.1"] > 0.85 > 0.6 > lower["random"]
    assert lower["0.02"] >= lower["0.5"] >= lower["10"]


def test_claim_13_every_code_is_learned():
    for name, values in table("ch05_three_codes").items():
        assert values.min() > 0.8, name
