"""Claims of chapter 8d: real sounds, and what an accuracy on them tells."""

from collections.abc import Sequence

import numpy as np

from snnbook import results
from snnbook._validate import check_choice, check_flag
from snnbook.conclusions._claims import Claim, Share, share
from snnbook.training import best_of_looks

#: The stored results: test recordings by voices that were trained on, and by one that was not.
SPLITS = {"known": "ch08d_recordings", "unknown": "ch08d_voices"}
WINDOWS = "linear on counts in windows"


def sound_runs(split: str, kind: str, moved: bool = False) -> list[dict]:
    """Return the stored runs of a classifier of spoken digits.

    Parameters
    ----------
    split : {"known", "unknown"}
        Whether the voices of the test set were trained on. Unknown voices have one run each.
    kind : str
        The classifier, such as ``"recurrent"``; the runs of the results name all.
    moved : bool
        Whether the training samples were moved at random.

    Returns
    -------
    list of dict
        Each with ``test``, ``validation``, ``train``, and of a network ``test_curve``, the test
        accuracy after each epoch, and ``epoch``, the one that validation data chose.

    Examples
    --------
    >>> [run["voice"] for run in sound_runs("unknown", "feed-forward")][:2]
    ['george', 'jackson']

    Chapter 8d.
    """
    check_choice("kind", kind, sound_kinds(split, moved))
    runs = results.load(SPLITS[split])["runs"]
    return [run for run in runs if run["kind"] == kind and run.get("moved", False) == moved]


def sound_kinds(split: str, moved: bool = False) -> list[str]:
    """Return the classifiers of spoken digits that a split has, in their order.

    Parameters
    ----------
    split, moved
        As in :func:`sound_runs`.

    Examples
    --------
    >>> sound_kinds("unknown")[:2]
    ['linear on counts', 'linear on counts in windows']

    Chapter 8d.
    """
    check_choice("split", split, SPLITS)
    check_flag("moved", moved)
    runs = results.load(SPLITS[split])["runs"]
    return list(dict.fromkeys(run["kind"] for run in runs if run.get("moved", False) == moved))


def _looking(runs: Sequence[dict]) -> dict[str, Share]:
    """Return what choosing the epoch on the test set would show, and what it shows honestly.

    ``honest`` has the epoch that validation data chose, ``looked`` the best of all epochs on the
    test set, and ``gain`` the difference, run by run.
    """
    honest = np.array([run["test"] for run in runs])
    looked = np.array([max(run["test_curve"]) for run in runs])
    return {"honest": share(honest), "looked": share(looked), "gain": share(looked - honest)}


def sound_accuracy(split: str, kind: str, moved: bool = False) -> Share:
    """Return the mean test accuracy of a classifier of spoken digits, with its 95 % interval.

    Parameters
    ----------
    split, kind, moved
        As in :func:`sound_runs`.

    Examples
    --------
    >>> sound_accuracy("known", "recurrent").n, sound_accuracy("unknown", "recurrent").n
    (5, 6)

    Chapter 8d.
    """
    return share([run["test"] for run in sound_runs(split, kind, moved)])


def _name(kind: str) -> str:
    """Return a word for a classifier that a sentence can name."""
    words = kind.removeprefix("linear on ").replace("counts in ", "").replace("counts per ", "per ")
    return words.replace(", ", "_").replace(" ", "_").replace("-", "_")


def _paired(split: str, first: tuple, second: tuple) -> Share:
    """Return the gain of the second arm over the first, run by run."""
    a, b = ([run["test"] for run in sound_runs(split, *arm)] for arm in (first, second))
    return share(np.subtract(b, a))


def _networks(split: str) -> list[str]:
    """Return the spiking networks that hear recordings as they were spoken."""
    others = ("linear", "GRU", "one length")
    return [kind for kind in sound_kinds(split) if not any(word in kind for word in others)]


def _each(split: str) -> dict[str, Share]:
    """Return the mean test accuracy of every classifier, by its word."""
    return {_name(kind): sound_accuracy(split, kind) for kind in sound_kinds(split)}


def _timing() -> dict:
    """Return what counts, counts in windows and networks reach with known voices."""
    choices = results.load(SPLITS["known"])["choices"]
    (count,) = {one["windows"] for one in choices if one["kind"] == WINDOWS}
    means = [sound_accuracy("known", kind).mean for kind in _networks("known")]
    codes = results.load("ch08d_codes")["runs"]
    heard = {code: share([r["test"] for r in codes if r["code"] == code]) for code in CODES}
    return {
        **_each("known"),
        **{word: heard[code] for code, word in CODES.items()},
        "number": count,
        "least": 100 * min(means),
        "most": 100 * max(means),
        "over": _paired("known", (WINDOWS,), ("delays",)),
        "recurrent_over": _paired("known", ("feed-forward",), ("recurrent",)),
        "delays_over": _paired("known", ("feed-forward",), ("delays",)),
        "price": _paired("known", ("GRU",), ("GRU on loudness",)),
        "seeds": sound_accuracy("known", "delays").n,
    }


#: The codes of the stored comparison, and a word for each.
CODES = {
    "loudness": "mel",
    "gammatone loudness": "gammatone",
    "hair cells": "hair_cells",
    "loudness, without spikes": "no_spikes",
}


def _voices() -> dict:
    """Return how far the accuracy falls with a voice that was never heard, and for whom."""
    networks, found = _networks("unknown"), _each("unknown")
    falls = [
        100 * (sound_accuracy("known", k).mean - sound_accuracy("unknown", k).mean)
        for k in networks
    ]
    every = [run["test"] for kind in networks for run in sound_runs("unknown", kind)]
    means = {kind: sound_accuracy("unknown", kind).mean for kind in networks}
    return {
        **found,
        "least": 100 * min(means.values()),
        "most": 100 * max(means.values()),
        "least_fall": min(falls),
        "most_fall": max(falls),
        "worst": 100 * min(every),
        "top": 100 * max(every),
        "ahead": _paired("unknown", ("feed-forward",), (WINDOWS,)),
        "delays_over": _paired("unknown", ("feed-forward",), ("delays",)),
        "recurrent_over": _paired("unknown", ("feed-forward",), ("recurrent",)),
        "alike_over": _paired("unknown", ("feed-forward",), ("feed-forward, one length",)),
        "tempo": _paired("unknown", ("linear on counts per 80 ms",), (WINDOWS,)),
        "voices": found["windows"].n,
    }


def _moving() -> dict:
    """Return what moving the training samples brings, with known and unknown voices."""
    found = {}
    for split in SPLITS:
        for kind in sound_kinds(split, moved=True):
            name = f"{_name(kind)}_{split}"
            found[name] = sound_accuracy(split, kind, moved=True)
            found[f"{name}_gain"] = _paired(split, (kind,), (kind, True))
    return found


def _looks() -> dict:
    """Return what choosing the epoch on the test set adds, over all networks of a split."""
    found = {}
    for split in SPLITS:
        kinds = [kind for kind in sound_kinds(split) if "linear" not in kind]
        runs = [run for kind in kinds for run in sound_runs(split, kind)]
        found |= {f"{split}_{name}": value for name, value in _looking(runs).items()}
        found[f"{split}_runs"] = len(runs)
        found[f"{split}_most"] = 100 * max(max(r["test_curve"]) - r["test"] for r in runs)
        found[f"{split}_epochs"] = float(np.mean([len(r["test_curve"]) for r in runs]))
    value, size = found["known_honest"].mean, 300
    found["bound"] = 100 * (best_of_looks(value, size, round(found["known_epochs"])) - value)
    means = [sound_accuracy("known", kind).mean for kind in _networks("known")]
    tops = [max(r["test"] for r in sound_runs("known", kind)) for kind in _networks("known")]
    return found | {"of_seeds": 100 * float(np.mean(np.subtract(tops, means)))}


def one_voice() -> dict[str, float]:
    """Return the accuracy of the feed-forward network by who chose the epoch.

    ``three`` are three other voices together, ``single`` each of them alone, on average, ``worst``
    the worst of the three, and ``last`` is the last epoch, without a choice; in percent.

    Examples
    --------
    >>> found = one_voice()
    >>> found["worst"] <= found["single"]
    True

    Chapter 8d.
    """
    kind, data = "feed-forward", results.load(SPLITS["unknown"])
    pairs = [row for row in data["search"] if (row["kind"], row["moved"]) == (kind, False)]
    rows = []
    for run in sound_runs("unknown", kind):
        own = [row for row in pairs if run["voice"] in row["left"]]
        others = [np.array(row["curves"][1 - row["left"].index(run["voice"])]) for row in own]
        curve = np.array(run["test_curve"])
        each = [curve[other.argmax()] for other in others]
        rows.append((curve[np.mean(others, 0).argmax()], np.mean(each), min(each), curve[-1]))
    return dict(zip(("three", "single", "worst", "last"), (100 * np.mean(rows, 0)).tolist()))


CLAIMS = (
    Claim(
        "8d.1",
        "",
        "the timing of spikes is essential to recognize spoken digits",
        ("08d-real-sounds",),
        _timing,
        "Voices that were trained on, {seeds} seeds, each arm after its own search. Linear on "
        "counts: {counts}; on counts in {number} windows: {windows}; spiking networks with one "
        "hidden layer {least:.1f} to {most:.1f} %, the best with learned delays: {delays}. A "
        "gated recurrent network on the same spikes: {GRU}, on loudness: {GRU_on_loudness}.",
        "agrees with a condition",
        "a few windows in time are enough for a linear classifier to be as good as most networks",
        ("ch08d_recordings", "ch08d_codes"),
    ),
    Claim(
        "8d.2",
        "",
        "an accuracy on new recordings tells how well a new voice is understood",
        ("08d-real-sounds",),
        _voices,
        "Each of {voices} voices left out once, epochs chosen by others. Spiking networks fall by "
        "{least_fall:.0f} to {most_fall:.0f} points, to {least:.1f} to {most:.1f} %, and single "
        "voices lie between {worst:.0f} and {top:.0f} %. Linear on counts in windows, as good as "
        "they with known voices: {windows}.",
        "differs",
        "voices differ by more than networks do, and the order of the classifiers is another",
        ("ch08d_recordings", "ch08d_voices"),
    ),
    Claim(
        "8d.3",
        "",
        "training samples that are moved at random make a network understand new voices",
        ("08d-real-sounds",),
        _moving,
        "Moved along bands and time, by amounts that validation voices chose. Unknown voices: "
        "feed-forward {feed_forward_unknown}, recurrent {recurrent_unknown}. Known voices: "
        "{feed_forward_known} and {recurrent_known}.",
        "differs",
        "six voices show no gain, with intervals that reach ten points to either side",
        ("ch08d_recordings", "ch08d_voices"),
    ),
    Claim(
        "8d.4",
        "",
        "it does no harm to choose the epoch on the test set",
        ("08d-real-sounds",),
        _looks,
        "The best epoch on the test set instead of the one that validation data chose: "
        "{known_looked} for {known_honest} with known voices ({known_runs} runs), {unknown_looked} "
        "for {unknown_honest} with unknown ones ({unknown_runs} runs).",
        "differs",
        "it adds about a point with known voices and several with unknown ones, as much as the "
        "differences that are compared",
        ("ch08d_recordings", "ch08d_voices"),
    ),
)
