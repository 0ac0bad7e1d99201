"""SuperSpike with spiking outputs: exact in one layer, what a hidden layer drops, flat memory."""

import numpy as np
import pytest
import torch
from helpers import seeded
from torch.utils._pytree import tree_leaves

from snnbook.data import picture_spikes
from snnbook.gradients import Allocations
from snnbook.local import WIDE, learn_raster, match_spikes, raster_start, raster_step
from snnbook.neurons import LeakyNeuron, LIFNeuron, psp_kernel, run


def case(sizes=(6, 3), steps=60, runs=2, seed=0, size=0.5):
    draw = seeded(seed)
    weights = tuple(
        size * torch.rand(runs, after, before, generator=draw, dtype=torch.float64)
        for before, after in zip(sizes, sizes[1:])
    )
    spikes = (torch.rand(steps, runs, sizes[0], generator=draw) < 0.15).double()
    target = (torch.rand(steps, runs, sizes[-1], generator=draw) < 0.05).double()
    return weights, spikes, target


def by_autograd(weights, spikes, target, **changes):
    """Return gradients and van Rossum loss by PyTorch; the reset is detached unless changed."""
    neuron = LIFNeuron(surrogate=WIDE, **changes)
    weights = [weight.clone().requires_grad_() for weight in weights]
    for weight in weights:
        drive = torch.einsum("rij,trj->tri", weight, spikes)
        spikes = run(neuron, drive, kernel="reference").spikes
    loss = 0.5 * run(LeakyNeuron(), spikes - target, kernel="reference").mem.square().sum((0, 2))
    return torch.autograd.grad(loss.sum(), weights), loss.detach(), spikes


@pytest.mark.parametrize("reset", ["subtract", "none"])
def test_one_layer_is_exact(reset):
    weights, spikes, target = case()
    found = match_spikes(weights, spikes, target, neuron=LIFNeuron(surrogate=WIDE, reset=reset))
    (want,), loss, fired = by_autograd(weights, spikes, target, reset=reset)
    assert fired.sum() > 5 and want.abs().min() > 1e-6
    torch.testing.assert_close(found.spikes, fired, rtol=0, atol=0)
    torch.testing.assert_close(found.loss, loss, rtol=1e-10, atol=0)
    torch.testing.assert_close(found.gradients[0], want, rtol=1e-10, atol=1e-12)


def test_the_reset_in_the_gradient_is_what_one_layer_drops():
    weights, spikes, target = case()
    found = match_spikes(weights, spikes, target).gradients[0]
    (want,), *_ = by_autograd(weights, spikes, target, reset_gradient=True)
    cosine = torch.cosine_similarity(found.flatten(1), want.flatten(1))
    assert (cosine > 0.5).all() and (cosine < 0.9999).all()
    assert (found.norm() > want.norm()).all()  # the reset damps


def test_a_hidden_layer_drops_the_bump_and_the_filter_of_the_output():
    # Sums over one spike of one hidden neuron can be written out: 1-1-1, a single input spike.
    weights = tuple(torch.full((1, 1, 1), w, dtype=torch.float64) for w in (0.9, 0.6))
    steps = 50
    spikes, target = torch.zeros(steps, 1, 1).double(), torch.zeros(steps, 1, 1).double()
    spikes[:3], target[20] = 1.0, 1.0
    found = match_spikes(weights, spikes, target)
    want, _, fired = by_autograd(weights, spikes, target)
    kernel = psp_kernel(LIFNeuron(), steps).numpy()
    hidden = run(LIFNeuron(surrogate=WIDE), 0.9 * spikes)
    out = run(LIFNeuron(surrogate=WIDE), 0.6 * hidden.spikes)
    fired = fired.detach()

    def through(signal):
        return np.convolve(signal, kernel)[:steps]

    before = through(spikes.flatten().numpy())
    raised = WIDE.derivative(hidden.mem - 1).flatten().numpy() * before
    error = through((fired - target).flatten().numpy())
    assert float(found.gradients[0]) == pytest.approx(0.6 * error @ through(raised), rel=1e-10)
    bump = WIDE.derivative(out.mem - 1).flatten().numpy()
    exact = 0.6 * error @ through(bump * through(raised))
    assert float(want[0]) == pytest.approx(exact, rel=1e-10)
    assert abs(float(found.gradients[0]) - exact) > 0.1 * abs(exact)
    torch.testing.assert_close(found.gradients[1], want[1], rtol=1e-10, atol=0)


def test_a_hidden_layer_points_roughly_downhill_with_symmetric_feedback():
    cosines = []
    for seed in range(6):
        weights, spikes, target = case((12, 10, 4), seed=seed, size=0.25)
        found = match_spikes(weights, spikes, target).gradients
        want, *_ = by_autograd(weights, spikes, target)
        cosines.append(torch.cosine_similarity(found[0].flatten(1), want[0].flatten(1)))
    cosines = torch.cat(cosines)
    assert 0.2 < cosines.mean() < 0.99
    negative = (-weights[1],)
    turned = match_spikes(weights, spikes, target, feedback=negative).gradients[0]
    torch.testing.assert_close(turned, -found[0], rtol=1e-10, atol=1e-12)


def test_what_is_kept_does_not_grow_with_time():
    weights, spikes, target = case((6, 5, 3), steps=2000, runs=1)
    kept, bytes_ = {}, {}
    for steps in (100, 2000):
        carry = raster_start(weights)
        for n in range(steps - 1):
            carry, seen = raster_step(weights, carry, spikes[n], target[n])
        del seen
        kept[steps] = sum(leaf.numel() for leaf in tree_leaves(carry))
        with Allocations() as allocated:
            raster_step(weights, carry, spikes[-1], target[-1])
        bytes_[steps] = allocated.peak
    assert kept[100] == kept[2000] and bytes_[100] == bytes_[2000]


def test_one_neuron_learns_a_train():
    draw = seeded(3)
    spikes = (torch.rand(80, 1, 60, generator=draw) < 0.03).float()
    target = torch.zeros(80, 1, 1)
    target[[30, 60]] = 1.0
    weights = (0.1 * torch.randn(1, 1, 60, generator=draw),)
    before = weights[0].clone()
    learned = learn_raster(weights, spikes, target, trials=40, lr=1e-2)
    assert float(learned.loss[-5:].mean()) < 0.6 * float(learned.loss[0])
    plain = learn_raster(weights, spikes, target, trials=40, lr=1e-4, step_size="plain")
    assert float(plain.loss.min()) < 0.9 * float(plain.loss[0])
    assert torch.equal(weights[0], before)


def test_bad_input():
    weights, spikes, target = case()
    with pytest.raises(ValueError, match="weights"):
        match_spikes(weights[0], spikes, target)
    with pytest.raises(ValueError, match="target"):
        match_spikes(weights, spikes, target[:-1])
    with pytest.raises(ValueError, match="step_size"):
        learn_raster(weights, spikes, target, trials=1, lr=0.1, step_size="adam")


def test_the_picture():
    spikes = picture_spikes()
    assert spikes.shape == (320, 25) and set(spikes.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(spikes, picture_spikes())
    assert spikes[:, :2].sum() == spikes[:, -2:].sum() == spikes[:30].sum() == 0
    upright = picture_spikes(["#.", "  "], neurons=2, steps=3, before=1, after=0, frame=0)
    assert upright.nonzero().tolist() == [[2, 2], [2, 3], [5, 2], [5, 3]]
    with pytest.raises(ValueError, match="drawing"):
        picture_spikes(["##", "#"])
