"""Claims of chapter 8e: counting, what an inference costs."""

from dataclasses import replace
from functools import cache

import numpy as np

from snnbook import results
from snnbook.conclusions._claims import Claim, share
from snnbook.counting import (
    ENERGIES,
    Operations,
    Synapses,
    affordable_spikes,
    inference_energy,
    least_fan_in,
)

#: How runs were counted: the key of the stored counts, and the bytes of a weight.
NUMBERS = {"float32": ("float", 4.0), "int8": ("int8", 1.0)}
#: Kind to spikes: decays by shifts, so that an update is two additions of whole numbers.
KIND = replace(ENERGIES["int8"], update=0.2)
SPIKING, TIMELESS = "spiking", "without time"
ARM = ("kind", "steps", "hidden", "price")


def _operations(counts: dict) -> Operations:
    """Return stored counts as the object that has an energy."""
    synapses = (
        Synapses("products", 0, counts["dense"], counts["macs"], False),
        Synapses("spikes", 0, 0.0, counts["acs"], True),
    )
    names = ("updates", "events", "outputs", "arrivals", "states", "steps")
    return Operations(synapses, **{name: counts[name] for name in names})


@cache
def energy_arms() -> tuple[dict, ...]:
    """Return the networks of chapter 8e on digits: accuracies, counts and nanojoules.

    Returns
    -------
    tuple of dict
        One entry for each arm, with means over its seeds. ``kind``, ``steps``, ``hidden`` and
        ``price`` say which it is; ``validation``, ``test`` and ``rounded`` (8 bits) how often it
        is right; ``macs``, ``acs``, ``updates``, ``events``, ``outputs`` and ``arrivals`` what an
        inference takes; ``bytes`` and ``bytes_rounded`` its footprint; ``float32`` and ``int8`` its
        energy in nanojoules, by the prices of :data:`snnbook.counting.ENERGIES`, and
        ``float32_synapses`` and ``int8_synapses`` that of the operations alone.

    Examples
    --------
    >>> sorted({arm["kind"] for arm in energy_arms()})
    ['spiking', 'without time']

    Chapter 8e.
    """
    found = {}
    for run in results.load("ch08e_accuracy")["runs"]:
        found.setdefault(tuple(run[name] for name in ARM), []).append(run)
    arms = []
    for key, runs in found.items():
        arm = dict(zip(ARM, key)) | {
            "validation": float(np.mean([run["validation"] for run in runs])),
            "test": share([run["test"] for run in runs]),
            "rounded": share([run["int8"]["test"] for run in runs]),
            "bytes": runs[0]["float"]["bytes"],
            "bytes_rounded": runs[0]["int8"]["bytes"],
        }
        for name in ("macs", "acs", "updates", "events", "outputs", "arrivals"):
            arm[name] = float(np.mean([run["float"][name] for run in runs]))
        for numbers, (place, weight) in NUMBERS.items():
            parts = [
                inference_energy(_operations(run[place]), ENERGIES[numbers], weight_bytes=weight)
                for run in runs
            ]
            arm[numbers] = float(np.mean([part.total for part in parts])) / 1e3
            arm[f"{numbers}_synapses"] = float(np.mean([part.synapses for part in parts])) / 1e3
        arms.append(arm)
    return tuple(arms)


def _rival(arm: dict, numbers: str = "float32") -> dict:
    """Return the cheapest network without time that is at least as right on validation data."""
    others = [one for one in energy_arms() if one["kind"] == TIMELESS]
    able = [one for one in others if one["validation"] >= arm["validation"]]
    return min(able or [max(others, key=lambda one: one["validation"])], key=lambda x: x[numbers])


def _hidden() -> list[dict]:
    """Return the spiking networks with a hidden layer."""
    return [arm for arm in energy_arms() if arm["kind"] == SPIKING and arm["hidden"]]


def _best() -> dict:
    """Return the one of them that is best on validation data."""
    return max(_hidden(), key=lambda arm: arm["validation"])


def _energy() -> dict:
    """Return the energy of spiking networks over that of their rivals."""
    hidden, best = _hidden(), _best()
    cheap = min(hidden, key=lambda arm: arm["float32"] / _rival(arm)["float32"])
    found = {"seeds": best["test"].n, "arms": len(hidden)}
    for name, arm in (("best", best), ("cheap", cheap)):
        other = _rival(arm)
        found |= {f"{name}_{key}": arm[key] for key in ("test", "rounded", "steps", "hidden")}
        found |= {f"{name}_other": other["test"], f"{name}_other_rounded": other["rounded"]}
        found |= {f"{name}_other_hidden": other["hidden"], f"{name}_price": arm["price"]}
        found |= {f"{name}_nj": arm["float32"], f"{name}_other_nj": other["float32"]}
        for numbers in NUMBERS:
            found[f"{name}_{numbers}"] = arm[numbers] / _rival(arm, numbers)[numbers]
    ratios = [arm["float32"] / _rival(arm)["float32"] for arm in hidden]
    free = (best["acs"] * (KIND.ac + KIND.byte) + best["updates"] * KIND.update) / 1e3
    found |= {"free_states": free / _rival(best, "int8")["int8"]}
    return found | {"least": min(ratios), "most": max(ratios)}


def _bound() -> dict:
    """Return the bound by additions and products alone, by all of it, and what is measured."""
    prices = ENERGIES["float32"]
    arm = _best()
    other = _rival(arm)
    whole = ENERGIES["int8"]
    return {
        "plain": prices.mac / prices.ac,
        "sent": arm["events"] / arm["hidden"],
        "synapses": arm["float32_synapses"] / other["float32_synapses"],
        "total": arm["float32"] / other["float32"],
        "other_hidden": other["hidden"],
        "fan_in": least_fan_in(arm["steps"]),
        "zeros": 1 - other["events"] / other["outputs"],
        "yan_like": affordable_spikes(1024, 5, whole, weight_bytes=1, nonzero=0.5) / 5,
    }


def _peers() -> dict:
    """Return how the spikes of other readers of the graph compare with ours."""
    found = results.load("ch08e_peers")
    zero, subtract = (found["resets"][reset]["readers"] for reset in ("zero", "subtract"))
    same = ("NumPy, reset a step later", "snnTorch, reset a step later")
    other = ("NumPy, reset at once", "snnTorch, reset at once", "norse, reset at once")
    return {
        "same": sum(zero[name]["wrong"] for name in same),
        "other": max(subtract[name]["wrong"] for name in other),
        "other_least": min(subtract[name]["wrong"] for name in other),
        "spikes": subtract[other[0]]["ours"],
        "theirs": subtract[other[0]]["theirs"],
        "zero_spikes": zero[same[0]]["ours"],
        "first": subtract[other[0]]["first"],
        "to_first": sum(row[name]["wrong_to_first"] for row in (zero, subtract) for name in other),
        "back": sum(row["from_nir"]["wrong"] for row in (zero, subtract)),
        **{name: version for name, version in found["peers"].items()},
    }


CLAIMS = (
    Claim(
        "8e.1",
        "",
        "a spiking network needs less energy than a network without time of the same accuracy",
        ("08e-counting",),
        _energy,
        "Digits, {seeds} seeds, each arm after its own search, prices of 45 nm with memory. The "
        "best spiking network: {best_test} with {best_nj:.0f} nJ, against {best_other} with "
        "{best_other_nj:.1f} nJ, {best_float32:.1f} times as much ({best_int8:.1f} times in whole "
        "numbers). Over {arms} spiking networks the ratio lies between {least:.1f} and {most:.1f}. "
        "If decays are shifts and states cost no access, it is {free_states:.1f} in whole numbers.",
        "differs",
        "with a small fan-in the updates and their memory cost more than all products saved",
        ("ch08e_accuracy",),
    ),
    Claim(
        "8e.2",
        "",
        "spikes pay as long as a neuron sends fewer of them than a product costs additions",
        ("08e-counting",),
        _bound,
        "A product costs {plain:.1f} additions, and a hidden neuron sends {sent:.1f} spikes: at "
        "its synapses the spiking network costs {synapses:.2f} times what its rival costs, and "
        "with updates and memory {total:.1f} times. In 50 steps no spike pays below {fan_in:.0f} "
        "inputs.",
        "differs",
        "it holds for the synapses alone; updates, memory and the zeros of rectifiers decide",
        ("ch08e_accuracy",),
    ),
    Claim(
        "8e.3",
        "",
        "a network that is written to NIR runs elsewhere as it ran here",
        ("08e-counting",),
        _peers,
        "With the same reset, snnTorch {snntorch} and the equations in NumPy differ from the "
        "package in {same} of {zero_spikes:,} spikes. With NIR's own reset, at once to 0, they and "
        "norse {norse} agree up to the first spike of each neuron, and differ in {other:,} steps "
        "from a network with {spikes:,} spikes that subtracts.",
        "agrees with a condition",
        "the reset has to be the same, and the graph does not say it",
        ("ch08e_peers",),
    ),
)
