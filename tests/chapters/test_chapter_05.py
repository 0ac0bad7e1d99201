"""What chapter 5 says and its experiments stand on."""

import numpy as np
from scipy.stats import friedmanchisquare

from snnbook import results, surrogates, training
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


def test_claim_14_seed_by_seed_the_shape_matters_where_the_width_is_small():
    widths = results.load("ch05_shapes")["widths"]
    cells = np.array(list(table("ch05_shapes").values()))
    p = [friedmanchisquare(*cells[:, column]).pvalue for column in range(len(widths))]
    assert max(p[: widths.index(1.0)]) < 0.01 and min(p[widths.index(1.0) :]) > 0.05


def tuned():
    """Return the widths, and test accuracies by family, width and seed, each at its own rate."""
    stored = results.load("ch05_shapes_tuned")
    tests = {(f, w): [] for f in stored["families"] for w in stored["widths"]}
    for run in stored["runs"]:
        tests[run["family"], run["width"]].append(run["test"])
    families, widths = stored["families"], stored["widths"]
    return widths, np.array([[tests[f, w] for w in widths] for f in families])


def test_claim_14_at_its_own_rate_the_shape_matters_only_where_the_width_is_small():
    widths, cells = tuned()
    p = dict(zip(widths, (friedmanchisquare(*cells[:, k]).pvalue for k in range(len(widths)))))
    spread = dict(zip(widths, np.ptp(cells.mean(axis=2), axis=0)))
    assert p[0.01] < 0.05 < min(p[0.1], p[1.0], p[10.0])
    assert max(spread[0.1], spread[1.0]) < 0.01 < 0.03 < spread[0.01]


def test_claim_14_at_its_own_rate_the_width_matters_less_than_at_one_rate():
    _, cells = tuned()
    swept = np.array(list(table("ch05_shapes").values()))[:, 1:]  # the same four widths
    assert 0.02 < np.ptp(cells.mean(axis=(0, 2))) < np.ptp(swept.mean(axis=(0, 2)))


def test_the_budget_of_claim_14_is_equal():
    stored = results.load("ch05_shapes_tuned")
    assert {one["settings"] for one in stored["budget"]} <= {4, 5, 6, 7}
    assert all(len(run["curve"]) < stored["epochs"] for run in stored["runs"])  # each got flat


def test_frozen_layers_with_a_solved_readout_are_above_most_of_the_sweep():
    tests = {}
    for run in results.load("ch05_frozen")["runs"]:
        tests.setdefault(run["layers"], []).append(run["test"])
    assert all(len(found) == 8 for found in tests.values())
    none, one, two = (np.mean(tests[layers]) for layers in (0, 1, 2))
    columns = np.array(list(table("ch05_shapes").values())).mean(axis=(0, 2))
    assert sorted(columns)[2] < two < sorted(columns)[3]
    assert none + 0.05 < one


def test_deeper_networks_want_wider_surrogates():
    means = np.array(list(table("ch05_depth").values())).mean(axis=2)
    best = means.argmax(axis=1)
    assert (np.diff(best) >= 0).all() and best[-1] > best[0]


def test_the_reset_hurts_only_a_high_surrogate():
    found = {key: cells.mean(axis=1) for key, cells in table("ch05_reset").items()}
    gap = found["detached"] - found["through the reset"]
    heights = results.load("ch05_reset")["heights"]
    assert abs(gap[heights.index(1.0)]) < 0.03 and abs(gap[heights.index(4.0)]) < 0.03
    assert gap[-1] > 0.05


def test_random_patterns_need_the_surrogate():
    found = measured(6)
    assert found["surrogate"].mean > 0.75 and found["true"].mean < 0.6


def test_claim_15_narrow_surrogates_go_downhill():
    stored = results.load("ch05_downhill")
    assert stored["lengths"] == [0.01, 0.03, 0.1]
    shares = stored["shares_lower_same_higher"]
    for which in range(2):
        lower = {name: cells[which][0] for name, cells in shares.items()}
        assert lower["0.1"] > 0.85 > 0.6 > lower["random"]
        assert lower["0.02"] >= lower["0.5"] >= lower["10"]
    assert all(abs(cells[2][0] - 0.5) < 0.1 for cells in shares.values())  # too long a step


def test_claim_13_the_trained_layer_is_level_with_the_better_untrained_one():
    found = {}
    for run in results.load("ch05_three_codes")["runs"]:
        found.setdefault((run["code"], run["arm"]), []).append(run["test"])
    assert {len(values) for values in found.values()} == {5}
    mean = {key: np.mean(values) for key, values in found.items()}
    for code in ("latency", "rate", "delta"):
        best = max(mean[code, "none"], mean[code, "frozen"])
        assert abs(mean[code, "trained"] - best) < 0.025
    assert mean["rate", "trained"] - mean["rate", "frozen"] > 0.03
    assert mean["delta", "trained"] - mean["delta", "none"] > 0.05


def test_classifiers_of_the_same_spikes_read_more_than_the_network():
    runs = results.load("ch05_three_codes")["runs"]

    def of(code, arm):
        rows = [run for run in runs if (run["code"], run["arm"]) == (code, arm)]
        return np.array([run["test"] for run in sorted(rows, key=lambda run: run["seed"])])

    for code, arm in (("rate", "svm on counts"), ("delta", "svm on bins")):
        assert training.seed_interval(of(code, arm) - of(code, "trained")).low > 0
    assert of("delta", "svm on counts").mean() < 0.8 < 0.95 < of("delta", "svm on bins").mean()


def test_a_price_saves_spikes_and_a_lower_bound_keeps_neurons():
    stored = results.load("ch05_activity")

    def of(price, lower=0.0, upper=None, what="test"):
        arm = (price, lower, upper)
        rows = [r for r in stored["runs"] if (r["price"], r["lower"], r["upper"]) == arm]
        return np.array([row[what] for row in rows])

    prices = sorted({run["price"] for run in stored["runs"]})
    for lower in (0.0, stored["lower"]):
        spikes = [of(price, lower, what="spikes").mean() for price in prices]
        assert spikes == sorted(spikes, reverse=True)
    free = training.seed_interval(of(0.1) - of(0.0))
    assert of(0.1, what="spikes").mean() < 0.6 * of(0.0, what="spikes").mean()
    assert free.low < 0 < free.high  # before the knee
    assert training.seed_interval(of(1.0) - of(0.0)).high < 0  # behind it
    assert of(1.0, what="silent").mean() > 25
    assert of(1.0, stored["lower"], what="silent").mean() < 5
    assert training.seed_interval(of(1.0, stored["lower"]) - of(1.0)).low > 0
