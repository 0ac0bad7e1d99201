"""Claims of chapter 8b: neurons that adapt, and why Euler breaks."""

import math

import numpy as np
import torch

from snnbook import results
from snnbook.conclusions._claims import Claim, share, stored
from snnbook.neurons import AdLIFNeuron, coupling_bound, spectral_radius
from snnbook.training import seed_interval

#: Time constants, in seconds, of the neurons whose steps are compared.
TAU_MEM, TAU_ADAPT = 20e-3, 0.1
#: Share of right answers on the test set from which a run counts as solved.
SOLVED = 0.95
#: The arms of the experiment, by the names under which the page tells them.
ARMS = {
    "plain": "LIF",
    "slow": "LIF, slow",
    "recurrent": "LIF, recurrent",
    "layers": "LIF, fast layer, slow layer",
    "threshold": "adaptive threshold",
    "short": "adaptive threshold, 100 ms",
    "spikes": "adLIF, spikes alone",
    "ring": "adLIF, a = 10",
}


def _steps() -> dict:
    """Return the bounds of both steps at 1 ms, and how long a ring lasts at half the first one."""
    found = {}
    for kind in ("forward", "symplectic"):
        neuron = AdLIFNeuron(TAU_MEM, TAU_ADAPT, step_kind=kind)
        found[kind] = coupling_bound(neuron).item()
        rates = [[-1 / TAU_MEM, -1 / TAU_MEM], [found[kind] / TAU_ADAPT, -1 / TAU_ADAPT]]
        turn = torch.linalg.eigvals(torch.tensor(rates, dtype=torch.float64)).imag.max().item()
        found[f"{kind}_hertz"] = turn / (2 * math.pi)
    for kind in ("forward", "symplectic"):
        half = AdLIFNeuron(TAU_MEM, TAU_ADAPT, found["forward"] / 2, step_kind=kind)
        found[f"{kind}_ring"] = -1e3 * half.dt / math.log(spectral_radius(half).item())
    return found | {"true_ring": 2e3 / (1 / TAU_MEM + 1 / TAU_ADAPT)}


def _memory() -> dict:
    """Return the test accuracies over all delays and at the longest trained one, and who solved."""
    data = results.load("ch08b_memory")
    place = data["delays_ms"].index(data["trained_ms"][1])
    found = {"longest": data["trained_ms"][1]}
    for name, arm in ARMS.items():
        values = stored("ch08b_memory", "test", neuron=arm)
        far = [one[place] for one in stored("ch08b_memory", "by_delay", neuron=arm)]
        found |= {name: share(values), f"{name}_far": share(far)}
        found[f"{name}_solved"] = sum(value >= SOLVED for value in values)
    for name in ("plain", "slow", "recurrent", "layers", "ring"):
        pairs = (stored("ch08b_memory", "test", neuron=ARMS[one]) for one in ("spikes", name))
        gap = seed_interval(100 * np.subtract(*map(np.array, pairs)))
        found[f"over_{name}"], found[f"over_{name}_low"] = gap.mean, gap.low
        found[f"over_{name}_high"] = gap.high
    return found | {"seeds": found["plain"].n}


CLAIMS = (
    Claim(
        "8b.1",
        "",
        "forward Euler makes adaptive neurons unstable where the symplectic step is stable",
        ("08b-adaptation",),
        _steps,
        "Time constants of 20 and 100 ms, steps of 1 ms: the forward step is stable up to a "
        "coupling of {forward:.0f} ({forward_hertz:.0f} Hz), the symplectic one up to "
        "{symplectic:.0f} ({symplectic_hertz:.0f} Hz). At half the forward bound a ring lasts "
        "{forward_ring:.0f} ms forward, {symplectic_ring:.0f} ms symplectic and "
        "{true_ring:.0f} ms in the equation.",
        "agrees",
    ),
    Claim(
        "8b.2",
        "",
        "adaptation extends the memory of a neuron beyond its membrane",
        ("08b-adaptation",),
        _memory,
        "The order of two cues after a delay of up to {longest:.0f} ms, {seeds} seeds, each arm "
        "after its own search. Membrane of 20 ms: {plain}; with an adaptive threshold {threshold}, "
        "with a current that spikes drive {spikes}. A membrane of 400 ms alone {slow}, a fast "
        "layer and a slow one {layers}, recurrent weights {recurrent}. A current that the membrane "
        "drives too, and that rings: {ring}.",
        "agrees with a condition",
        "spikes have to drive the slow variable, since a coupling to the membrane makes it ring; "
        "recurrent weights or a second layer remember as well",
        ("ch08b_memory",),
    ),
)
