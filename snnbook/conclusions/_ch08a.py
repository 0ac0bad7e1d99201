"""Claims of chapter 8a: time constants and delays that learn."""

import numpy as np

from snnbook import results
from snnbook.conclusions._claims import Claim, Share, share, stored
from snnbook.training import seed_interval

TIMING, LAG = "ch08a_timing", "ch08a_lag"
#: The arms of the stored comparison on random manifolds, by the name of their numbers.
ARMS = {
    "equal": "equal",
    "different": "different",
    "learned": "learned",
    "recurrent": "recurrent",
    "fixed_delays": "fixed delays",
    "learned_delays": "learned delays",
    "slow_delays": "learned delays, slow",
}


def _gap(found: dict, name: str, arm: str, base: str, key: str = "test") -> None:
    """Add the paired difference of two arms in points, with its interval."""
    a, b = (np.array(stored(TIMING, key, arm=ARMS[one])) for one in (arm, base))
    gap = seed_interval(100 * (a - b))
    found[f"{name}_gap"], found[f"{name}_low"], found[f"{name}_high"] = gap.mean, gap.low, gap.high


def _shares(*arms: str) -> dict[str, Share]:
    return {arm: share(stored(TIMING, "test", arm=ARMS[arm])) for arm in arms}


def _constants() -> dict:
    """Return the accuracies with constants that are equal, differ and learn, and where they end."""
    found = dict(_shares("equal", "different", "learned"))
    _gap(found, "different", "different", "equal")
    _gap(found, "learned", "learned", "equal")
    taus = 1e3 * np.concatenate(stored(TIMING, "tau_mem", arm="learned"))
    found["low_tau"], found["mid_tau"], found["high_tau"] = np.quantile(taus, (0.05, 0.5, 0.95))
    for arm in ("equal", "learned"):
        (choice,) = (one for one in results.load(TIMING)["choices"] if one["arm"] == arm)
        found[f"{arm}_tau"] = choice["tau"]
    return found | {"seeds": found["equal"].n}


def _delays() -> dict:
    """Return the accuracies with delays and with recurrence, their parameters, and gaps."""
    found = dict(_shares("equal", "recurrent", "fixed_delays", "learned_delays", "slow_delays"))
    _gap(found, "recurrent", "recurrent", "equal")
    _gap(found, "fixed", "fixed_delays", "recurrent")
    _gap(found, "delays", "learned_delays", "recurrent")
    _gap(found, "slow", "slow_delays", "recurrent")
    _gap(found, "learning", "learned_delays", "fixed_delays")
    _gap(found, "slowly", "slow_delays", "fixed_delays")
    for arm in ("learned_delays", "slow_delays"):
        delays = np.concatenate(stored(TIMING, "delays", arm=ARMS[arm]))
        ends = (delays == 0) | (delays == results.load(TIMING)["longest"])
        found[f"{arm}_ends"] = 100 * float(ends.mean())
    for run in results.load(LAG)["choices"]:
        name = f"{run['arm'].split()[-1]}_{run['neurons']}"
        found[name] = share(stored(LAG, "test", arm=run["arm"], neurons=run["neurons"]))
        found[f"{name}_parameters"] = stored(
            LAG, "parameters", arm=run["arm"], neurons=run["neurons"]
        )[0]
    for arm in ("recurrent", "fixed_delays", "learned_delays"):
        found[f"{arm}_parameters"] = stored(TIMING, "parameters", arm=ARMS[arm])[0]
        found[f"{arm}_train"] = 100 * np.mean(stored(TIMING, "train", arm=ARMS[arm]))
    return found | {"seeds": found["equal"].n}


def _timing() -> dict:
    """Return the accuracies where only times tell, forward and backward in time, and chance."""
    found = dict(_shares("equal", "learned_delays"))
    for arm in ARMS:
        found[f"{arm}_backward"] = share(stored(TIMING, "backward", arm=ARMS[arm]))
        kept = np.array(stored(TIMING, "backward", arm=ARMS[arm]))
        kept = kept / np.array(stored(TIMING, "test", arm=ARMS[arm]))
        found[f"{arm}_kept"] = 100 * float(kept.mean())
    chance = 100 / results.load(TIMING)["classes"]
    return found | {"chance": chance, "seeds": found["equal"].n}


CLAIMS = (
    Claim(
        "8a.1",
        "",
        "networks do better where time matters if the time constants of their neurons differ or "
        "learn",
        ("08a-learned-time",),
        _constants,
        "{seeds} seeds, each arm after its own search, which includes the mean time constant. "
        "Random manifolds: equal {equal}, different {different}, learned {learned}; paired "
        "difference to equal ones {different_gap:+.1f} points ({different_low:+.1f} to "
        "{different_high:+.1f}) and {learned_gap:+.1f} ({learned_low:+.1f} to "
        "{learned_high:+.1f}).",
        "agrees with a condition",
        "constants that learn gain much; for constants that only differ no gain was found",
        (TIMING,),
    ),
    Claim(
        "8a.2",
        "",
        "feedforward networks whose delays learn pass recurrent ones",
        ("08a-learned-time",),
        _delays,
        "{seeds} seeds, each arm after its own search. Random manifolds: recurrent {recurrent} "
        "with {recurrent_parameters} parameters, learned delays {learned_delays} with "
        "{learned_delays_parameters}, delays drawn once {fixed_delays}; learned delays less "
        "recurrent {delays_gap:+.1f} points ({delays_low:+.1f} to {delays_high:+.1f}), learned "
        "slowly {slow_gap:+.1f} ({slow_low:+.1f} to {slow_high:+.1f}). One lag: sixteen recurrent "
        "neurons {recurrent_16}, four with delays that learn {delays_4}.",
        "agrees with a condition",
        "by a few points on random manifolds, if delays learn slowly; on one lag they do not",
        (TIMING, LAG),
    ),
    Claim(
        "8a.3",
        "",
        "surrogate gradients learn from the times of spikes where counts say nothing",
        ("08a-learned-time",),
        _timing,
        "{seeds} seeds; chance is {chance:.0f} %. Every input spikes once: equal constants "
        "{equal}, learned delays {learned_delays}. The same test samples played backward: "
        "{equal_backward} and {learned_delays_backward}.",
        "agrees",
        "",
        (TIMING,),
    ),
)
