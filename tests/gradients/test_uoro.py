"""UORO: its expectation is RTRL, and one draw is the product of two random vectors."""

import pytest
import torch
from gradients.cases import task
from helpers import seeded

from snnbook import gradients, training
from snnbook.gradients import RTRL, UORO


def copies(run, count):
    """Return the run with every sample given ``count`` times; the loss is a mean over samples."""
    network, spikes, error = run
    labels = error.labels.repeat(count)
    return (
        network,
        spikes.repeat(1, count, 1),
        training.step_cross_entropy(labels, len(spikes)),
    )


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
def test_the_mean_over_draws_is_the_gradient(reset):
    run = task(1, sizes=(3, 4, 3, 2), recurrent=True, reset=reset, reset_gradient=True, steps=12)
    exact, many, off = gradients.rtrl(*run), copies(run, 200), []
    found = [gradients.uoro(*many, generator=seeded(seed)) for seed in range(20)]
    for name in exact:
        draws = torch.stack([one[name] for one in found])
        mean, error = draws.mean(0), draws.std(0) / len(found) ** 0.5
        if name == "readout.weight":
            torch.testing.assert_close(mean, exact[name])
            continue
        assert not (mean - exact[name])[error == 0].any()
        off.append(((mean - exact[name]) / error)[error > 0])
    off = torch.cat(off)
    assert len(off) > 20 and off.abs().max() < 6 and (off**2).mean() < 2
    assert gradients.compare(exact, found[0])["hidden.0.weight"].cosine < 0.9999


def test_the_outer_product_is_the_influence_of_rtrl_on_average():
    """Also of the states between: for each weight and each state, not only for the loss."""
    network, spikes, error = task(2, sizes=(2, 3, 2), recurrent=True, batch=1, steps=8)
    many = copies((network, spikes, error), 20000)
    exact, rule = RTRL().start(network, 1), UORO(seeded(0))
    carry = rule.start(network, 20000)
    for n in range(8):
        exact, _ = RTRL().step(network, exact, spikes[n], error, n)
        carry, _ = rule.step(network, carry, many[1][n], many[2], n)
    for name, weight in carry.weights.items():
        for layer, state in enumerate(carry.states):
            for kind in ("syn", "mem"):
                product = torch.einsum("bk,bij->bkij", getattr(state, kind), weight)
                wanted = getattr(exact.influence[name][layer], kind)[0]
                error_of_mean = product.std(0) / len(product) ** 0.5
                assert ((product.mean(0) - wanted).abs() <= 5 * error_of_mean + 1e-12).all()


def test_it_carries_one_number_for_each_weight():
    network, *_ = task(0, sizes=(20, 30, 3), recurrent=True)
    carry = UORO(seeded()).start(network, 1)
    full = RTRL().start(network, 1).influence
    numbers = sum(part.numel() for part in carry.weights.values())
    assert numbers == 30 * 20 + 30 * 30
    of_rtrl = sum(parts[0].mem.numel() for name, parts in full.items() if name.startswith("hidden"))
    assert of_rtrl == 30 * numbers


def test_no_spike_no_estimate():
    network, spikes, error = task(0, recurrent=True)
    found = gradients.uoro(network, 0 * spikes, error, generator=seeded())
    assert all(bool(value.isfinite().all()) for value in found.values())
    assert not found["hidden.0.weight"].any()
