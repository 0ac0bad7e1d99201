"""What chapter 5c says: a lead at one learning rate, and what is left when readouts are solved."""

import numpy as np
import pytest
import torch
from _protocol import solve_readout

from snnbook import data, results, training
from snnbook.neurons import SpikingNetwork

SEEDS = range(10)


def load(count, seed):
    points, classes = data.yin_yang(count, seed)
    return data.time_code(points, steps=36, span=30), classes


@pytest.fixture(scope="module")
def sets():
    return load(5000, 42), load(1000, 41), load(1000, 40)


def arm(sets, hidden, seed, hidden_rate):
    """Return a network with frozen hidden weights, and its own 1000 training points."""
    spikes, classes = sets[0]
    generator = torch.Generator().manual_seed(seed)
    mine = torch.randperm(5000, generator=generator)[:1000]
    sizes = (5, hidden, 3) if hidden else (5, 3)
    options = {"input_rate": 1e3 * float(spikes.mean()), "hidden_rate": hidden_rate}
    generator = torch.Generator().manual_seed(seed)
    network = SpikingNetwork(sizes, generator=generator, **options)
    for layer in network.hidden:
        layer.weight.requires_grad_(False)
    return network, (spikes[:, mine], classes[mine])


def solved(sets, hidden, hidden_rate=100):
    found = []
    for seed in SEEDS:
        network, learn = arm(sets, hidden, seed, hidden_rate)
        found.append(solve_readout(network, (learn, *sets[1:])))
    return {key: np.array([one[key] for one in found]) for key in ("validation", "test")}


def test_at_the_default_rate_the_random_layer_leads(sets):
    right = []
    for hidden in (0, 10):
        network, learn = arm(sets, hidden, 0, 100)
        order = torch.Generator().manual_seed(0)
        training.fit(network, *learn, epochs=10, batch_size=50, generator=order, progress=False)
        right.append(training.accuracy(network, *sets[1]).value)
    assert right[1] - right[0] > 0.1


def test_with_solved_readouts_the_lead_is_gone(sets):
    none, weak, random, strong = (solved(sets, *one) for one in ((0,), (10, 30), (10,), (10, 300)))
    gap = training.seed_interval(random["validation"] - none["validation"])
    assert gap.low < 0 < gap.high and gap.high - gap.low < 0.06
    assert (none["validation"] - weak["validation"]).mean() > 0.05
    judged = training.seed_interval(strong["test"] - none["test"])
    assert -0.03 < judged.low < 0.01 and judged.high < 0.08


def test_the_stored_examples_are_as_told():
    runs = results.load("ch01_hidden_layer")["runs"]

    def of(kind, hidden):
        return np.array([r["accuracy"] for r in runs if (r["kind"], r["hidden"]) == (kind, hidden)])

    small = training.seed_interval(of("trained", 10) - of("frozen", 10))
    large = training.seed_interval(of("trained", 120) - of("frozen", 120))
    assert small.low > 0.05 and large.high < 0.02
    race = results.load("ch04_race")
    climbed = np.mean(race["climber"]["tried"], axis=1)
    small_step = [one["sigma"] for one in race["climber"]["grid"]].index(0.02)
    best = np.mean(race["strategy"]["tried"], axis=1).min()
    assert climbed[small_step] > 3 * best and climbed.min() < 1.5 * best
