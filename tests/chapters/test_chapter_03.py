"""What chapter 3 says, and the stored measurement that it stands on."""

import pytest
import torch

from snnbook import gradients, results, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid


@pytest.fixture(scope="module")
def stored():
    return results.load("ch03_costs")


def fitted(rows, key, field):
    return gradients.exponent([row[key] for row in rows[-3:]], [row[field] for row in rows[-3:]])


def test_every_stored_number_of_bytes_was_counted(stored):
    for sweep in ("over_steps", "over_neurons"):
        for rows in stored[sweep].values():
            for row in rows:
                assert row["held"] == pytest.approx(row["counted"], rel=0.1)


def test_stored_counts_are_those_of_the_package(stored):
    for rule, rows in stored["over_neurons"].items():
        for row in rows:
            size = row["neurons"]
            counted = gradients.cost(rule, (size, size, 2), row["steps"])
            assert row["counted"] == 4 * counted.floats


@pytest.mark.parametrize(
    ("rule", "over_steps", "over_neurons", "operations"),
    [("bptt", 1, 1, 2), ("traces", 0, 2, 2), ("rtrl", 0, 3, 4)],
)
def test_claims_4_and_5_exponents(stored, rule, over_steps, over_neurons, operations):
    steps, neurons = stored["over_steps"][rule], stored["over_neurons"][rule]
    assert fitted(steps, "steps", "held") == pytest.approx(over_steps, abs=0.1)
    assert fitted(neurons, "neurons", "held") == pytest.approx(over_neurons, abs=0.1)
    assert fitted(neurons, "neurons", "operations_per_step") == pytest.approx(operations, abs=0.15)


def test_claim_3_errors_outnumber_spikes():
    generator = torch.Generator().manual_seed(0)
    network = SpikingNetwork(
        (20, 40, 40, 5), LIFNeuron(surrogate=fast_sigmoid(width=0.4)), generator=generator, std=1.0
    )
    spikes = (torch.rand(40, 4, 20, generator=generator) < 0.01).float()
    sent = gradients.traffic(network, spikes, training.step_cross_entropy(torch.arange(4), 40))
    assert sent.errors > 5 * sent.spikes > 0


def growth(width, seed, own=10.0, through_reset=False):
    """Return by which factor blame changes in each step back, far from the error."""
    generator = torch.Generator().manual_seed(seed)
    neuron = LIFNeuron(surrogate=fast_sigmoid(width=width), reset_gradient=through_reset)
    options = {"input_rate": 20.0, "hidden_rate": 20.0, "recurrent_rate": own, "std": 1.0}
    options |= {"generator": generator}
    network = SpikingNetwork((50, 50, 10), neuron, recurrent=True, **options).double()
    spikes = (torch.rand(103, 4, 50, generator=generator) < 0.02).double()
    history = gradients.record(network, spikes)
    zero = torch.zeros(4, 10, dtype=torch.float64)
    errors = [zero] * 102 + [torch.randn(4, 10, dtype=torch.float64, generator=generator)]
    norms = [float(blame[0].norm()) for _, blame in gradients.backward(network, history, errors)]
    return (norms[90] / norms[30]) ** (1 / 60)


@pytest.mark.parametrize("seed", range(3))
def test_the_width_of_the_surrogate_decides_between_vanishing_and_exploding(seed):
    assert growth(0.01, seed) < 1 < growth(0.3, seed) < growth(1.0, seed)


@pytest.mark.parametrize("seed", range(3))
def test_reset_and_recurrent_weights_decide_too(seed):
    """At the default width blame grows, and fades with the reset's path or with a smaller V."""
    plain = growth(0.1, seed)
    assert growth(0.1, seed, through_reset=True) < 1 < plain
    assert growth(0.1, seed, own=35.0) < 1


def test_all_paths_together_are_one_product():
    """The number of paths that the chapter names."""
    assert len(str(100 ** (100 - 1))) == 199
