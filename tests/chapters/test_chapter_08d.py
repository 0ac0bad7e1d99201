"""What chapter 8d says: codes, known and unknown voices, moved samples, and looks at a test set."""

import numpy as np
import pytest

from snnbook import conclusions, results
from snnbook.training import best_of_looks, seed_interval

NETWORKS = ("feed-forward", "feed-forward, one length", "adaptive", "delays", "recurrent", "GRU")
WINDOWS, PER_80_MS = "linear on counts in windows", "linear on counts per 80 ms"


def mean(split, kind, moved=False):
    return conclusions.sound_accuracy(split, kind, moved).mean


def gain(split, first, second):
    """Return the interval of the gain of one arm over another, run by run, in points."""
    a, b = ([run["test"] for run in conclusions.sound_runs(split, *arm)] for arm in (first, second))
    return seed_interval(100 * np.subtract(b, a))


def test_every_arm_has_its_search_its_seeds_and_its_voices():
    known, unknown = (results.load(f"ch08d_{name}") for name in ("recordings", "voices"))
    for kind in conclusions.sound_kinds("known"):
        assert {run["seed"] for run in conclusions.sound_runs("known", kind)} == set(range(5))
        tried = {row["lr"] for row in known["search"] if row["kind"] == kind}
        assert max(tried) / min(tried) >= 99  # two decades
    for kind in conclusions.sound_kinds("unknown"):
        runs = conclusions.sound_runs("unknown", kind)
        assert [run["voice"] for run in runs] == unknown["voices"] and len(runs) == 6
    assert known["recordings"] == unknown["recordings"] == 3000 and len(unknown["voices"]) == 6
    seeds = {row["seed"] for row in unknown["search"]}
    assert min(seeds) >= 1000 and set(known["search_seeds"]) == {1000}


def test_no_choice_has_heard_its_test_speaker():
    """Each speaker is left out with three others, and the choice is theirs."""
    data = results.load("ch08d_voices")
    for voice in data["voices"]:
        assert sum(voice in pair for pair in data["pairs"]) == 3
    choice = next(
        one for one in data["choices"] if (one["kind"], one["moved"]) == ("recurrent", False)
    )
    rows = [r for r in data["search"] if r["kind"] == "recurrent" and not r["moved"]]
    for voice, epoch in zip(data["voices"], choice["epoch"].split(", ")):
        own = [row for row in rows if voice in row["left"]]
        curves = [row["curves"][1 - row["left"].index(voice)] for row in own]
        assert int(np.mean(curves, 0).argmax()) + 1 == int(epoch)
        (run,) = (r for r in conclusions.sound_runs("unknown", "recurrent") if r["voice"] == voice)
        assert run["epoch"] == int(epoch) and run["test"] == run["test_curve"][int(epoch) - 1]


def test_networks_keep_the_rate_that_known_voices_chose():
    chosen = {
        one["kind"]: one["lr"]
        for one in results.load("ch08d_recordings")["choices"]
        if "moved" not in one
    }
    for moved in (False, True):
        for kind in sound_networks(moved):
            rates = {run["lr"] for run in conclusions.sound_runs("unknown", kind, moved)}
            assert rates == {chosen[kind]}


def sound_networks(moved):
    return [kind for kind in conclusions.sound_kinds("unknown", moved) if "linear" not in kind]


def test_windows_are_as_good_as_most_networks_where_voices_are_known():
    said = conclusions.measured("8d.1")
    assert said["counts"].mean < said["windows"].mean - 0.05
    assert said["least"] < 100 * said["windows"].mean + 1
    for kind in ("learned constants", "adaptive", "recurrent"):
        small = gain("known", ("feed-forward",), (kind,))
        assert abs(small.mean) < 2.5 and small.low < 0 < small.high
    over = gain("known", (WINDOWS,), ("delays",))
    assert over.low > 0 and said["delays"].mean == max(
        mean("known", kind) for kind in ("feed-forward", "adaptive", "delays", "recurrent")
    )
    assert said["price"].low > 0
    codes = [said[word] for word in ("mel", "gammatone", "hair_cells", "no_spikes")]
    assert max(code.low for code in codes) < min(code.high for code in codes)  # all alike
    assert said["mel"].low > said["feed_forward"].mean


def test_unknown_voices_turn_the_order_round():
    said = conclusions.measured("8d.2")
    assert said["least_fall"] > 15 and said["top"] - said["worst"] > 30
    assert all(
        mean("unknown", WINDOWS) > mean("unknown", kind)
        for kind in ("feed-forward", "adaptive", "recurrent")
    )
    assert mean("known", WINDOWS) < mean("known", "delays")
    for kind in ("recurrent", "delays"):  # known voices hide what they bring
        known, unknown = (gain(split, ("feed-forward",), (kind,)) for split in ("known", "unknown"))
        assert unknown.mean > 5 > 4 > known.mean
    assert gain("unknown", ("feed-forward",), ("delays",)).low > 0
    assert all(mean("unknown", WINDOWS) > mean("unknown", kind) for kind in NETWORKS)


def test_the_end_of_a_word_helps_the_classifier_and_not_the_network():
    assert mean("known", PER_80_MS) > mean("known", WINDOWS) - 0.01
    tempo = gain("unknown", (PER_80_MS,), (WINDOWS,))
    assert tempo.mean > 5 and tempo.low > -2
    alike = gain("unknown", ("feed-forward",), ("feed-forward, one length",))
    assert alike.low < 0 < alike.high < 5


def test_moving_brings_nothing_that_six_voices_can_show():
    for kind in (WINDOWS, "feed-forward", "recurrent"):
        moved = gain("unknown", (kind,), (kind, True))
        assert moved.low < 0 < moved.high and abs(moved.mean) < 3
    strong = [r for r in results.load("ch08d_voices")["search"] if r["vary"] == "strong"]
    curve = np.mean([np.mean(r["curves"], 0) for r in strong if r["kind"] == "feed-forward"], 0)
    assert curve[-5:].mean() > curve[-10:-5].mean()  # it had not come to its end


def test_looking_at_the_test_set_adds_more_where_voices_are_unknown():
    said = conclusions.measured("8d.4")
    assert 0 < said["known_gain"].low and said["known_gain"].high < said["unknown_gain"].low
    assert said["known_gain"].mean * 100 < said["bound"]
    p, looks = said["known_honest"].mean, round(said["known_epochs"])
    assert said["bound"] == pytest.approx(100 * (best_of_looks(p, 300, looks) - p))
    steps = {split: [] for split in ("known", "unknown")}
    for split, sizes in steps.items():
        for kind in conclusions.sound_kinds(split):
            for run in conclusions.sound_runs(split, kind):
                curve = run.get("test_curve", [run["test"]])
                assert run["test"] <= max(curve) + 1e-4
                sizes += np.abs(np.diff(curve[9:])).tolist()
    assert np.mean(steps["unknown"]) > 2 * np.mean(steps["known"])  # it trembles by more


def test_one_validation_voice_can_be_the_wrong_one():
    found = conclusions.one_voice()
    assert found["worst"] < found["single"] and found["worst"] < found["three"]
    honest = 100 * mean("unknown", "feed-forward")
    assert found["three"] == pytest.approx(honest, abs=1e-3)
