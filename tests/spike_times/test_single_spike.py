"""Single-spike layers: closed forms against the exact integrator, gradients, and edge cases."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from helpers import seeded
from scipy.special import lambertw

from snnbook import data, spike_times
from snnbook.neurons import LIFNeuron
from snnbook.spike_times import simulate_exact

EACH = pytest.mark.parametrize("name", sorted(spike_times.CELLS))
INF = math.inf


def draw(cell, generator, batch=1, inputs=6, outputs=4):
    """Return input times and weights of which about two thirds spike."""
    times = 3 * torch.rand(batch, inputs, generator=generator, dtype=torch.float64)
    noise = torch.randn(outputs, inputs, generator=generator, dtype=torch.float64)
    return times, cell.smallest_weight * (0.4 + 0.7 * noise)


def exact(name, times, weight):
    """Return the first spike time by the event-exact integrator, whose tau_mem is finite."""
    # A neuron that leaks over 1e13 time constants does not leak; its weights grow with tau_mem.
    tau_mem = {"equal": 1.0, "double": 2.0, "non-leaky": 1e13}[name]
    scale = tau_mem if name == "non-leaky" else 1.0
    order = times.argsort()
    neuron = LIFNeuron(tau_mem=tau_mem, tau_syn=1.0)
    jumps = (scale * weight[order]).numpy()
    found = simulate_exact(times[order].numpy(), jumps, neuron, duration=60.0).spike_times
    return found[0] if len(found) else INF


@EACH
def test_first_spike_is_that_of_the_exact_integrator(name):
    cell, generator = spike_times.CELLS[name](), seeded(0)
    spikes = silent = 0
    for _ in range(60):
        times, weight = draw(cell, generator)
        found = spike_times.first_spike(times, weight, cell)[0]
        for row, time in zip(weight, found.tolist(), strict=True):
            wanted = exact(name, times[0], row)
            assert time == pytest.approx(wanted, abs=1e-9)
            spikes, silent = spikes + math.isfinite(time), silent + math.isinf(time)
    assert spikes > 100 and silent > 10


@EACH
def test_membrane_is_at_threshold_first_at_the_spike(name):
    cell = spike_times.CELLS[name](tau_syn=5e-3, threshold=0.7)
    times, weight = draw(cell, seeded(1), batch=5)
    times = 5e-3 * times
    found = spike_times.first_spike(times, weight, cell)
    grid = torch.linspace(0, 0.1, 4001, dtype=torch.float64)
    course = spike_times.free_membrane(grid, times, weight, cell)
    for b, o in np.ndindex(*found.shape):
        time, curve = found[b, o], course[:, b, o]
        if torch.isinf(time):
            assert curve.max() < cell.threshold
            continue
        at = spike_times.free_membrane(time[None], times[b : b + 1], weight[o : o + 1], cell)
        assert float(at) == pytest.approx(cell.threshold, abs=1e-9)
        assert (curve[grid < time] < cell.threshold).all()


@EACH
def test_gradients_are_those_of_finite_differences(name):
    cell = spike_times.CELLS[name]()
    times, weight = (value.requires_grad_() for value in draw(cell, seeded(2), batch=4, outputs=9))
    spoke = torch.isfinite(spike_times.first_spike(times, weight, cell))
    assert spoke.any() and not spoke.all()

    def spikes(times, weight):
        return spike_times.first_spike(times, weight, cell)[spoke]

    assert torch.autograd.gradcheck(spikes, (times, weight), eps=1e-7, atol=1e-5, rtol=1e-4)


@EACH
def test_gradient_of_a_network_with_delays(name):
    cell = spike_times.CELLS[name]()
    network = spike_times.TimingNetwork(
        (3, 4, 2), cell, gain=4.0, delays=(0.0, 0.5), generator=seeded(3)
    )
    times = torch.rand(5, 3, generator=seeded(4), dtype=torch.float64).requires_grad_()
    labels = torch.arange(5) % 2
    weights = list(network.parameters())

    def loss(times, *_):
        return spike_times.time_cross_entropy(network(times).times, labels, tau=0.5, early=0.1)

    assert torch.autograd.gradcheck(loss, (times, *weights), eps=1e-7, atol=1e-5, rtol=1e-4)


@EACH
def test_silent_neurons_have_time_infinity_and_gradient_zero(name):
    cell = spike_times.CELLS[name]()
    times = torch.tensor([[0.0, 1.0], [INF, INF], [0.5, INF]], dtype=torch.float64)
    weight = cell.smallest_weight * torch.tensor(
        [[0.4, 0.4], [-1.0, -2.0], [0.0, 0.0], [0.99, 0.0], [1.0, -5.0]], dtype=torch.float64
    )
    times.requires_grad_(), weight.requires_grad_()
    found = spike_times.first_spike(times, weight, cell)
    assert torch.isinf(found[:, :4]).all() and torch.isinf(found[1]).all()
    found.clamp(max=10.0).sum().backward()
    for gradient in (times.grad, weight.grad):
        assert torch.isfinite(gradient).all()
    assert not weight.grad[:4].any()


@EACH
def test_ties_act_together_and_order_plays_no_role(name):
    cell = spike_times.CELLS[name]()
    w = cell.smallest_weight
    split = torch.tensor([[0.9, 0.7, 0.3]], dtype=torch.float64) * w
    tied = torch.tensor([[0.2, 0.2, 0.2]], dtype=torch.float64)
    whole = spike_times.first_spike(tied[:, :1], split.sum(1, keepdim=True), cell)
    assert spike_times.first_spike(tied, split, cell) == pytest.approx(whole.item(), abs=1e-12)
    times, weight = draw(cell, seeded(5), batch=3)
    order = torch.randperm(6, generator=seeded(6))
    again = spike_times.first_spike(times[:, order], weight[:, order], cell)
    torch.testing.assert_close(
        again, spike_times.first_spike(times, weight, cell), rtol=0, atol=1e-12
    )


@EACH
def test_an_input_at_the_time_of_the_spike_is_not_a_cause(name):
    cell = spike_times.CELLS[name]()
    one = torch.tensor([[1.5 * cell.smallest_weight]], dtype=torch.float64)
    alone = spike_times.first_spike(torch.zeros(1, 1, dtype=torch.float64), one, cell)
    times = torch.cat([torch.zeros_like(alone), alone], 1).requires_grad_()
    for other in (-30.0, 0.0, 30.0):
        weight = torch.cat([one, torch.full_like(one, other)], 1).requires_grad_()
        found = spike_times.first_spike(times, weight, cell)
        assert found.item() == pytest.approx(alone.item(), abs=1e-12)
        (gradient,) = torch.autograd.grad(found.sum(), weight)
        assert gradient[0, 1].abs() < 1e-9 and gradient[0, 0] < 0


def test_no_crossing_at_the_very_threshold():
    # The weights of a non-leaky neuron sum to the threshold exactly: it gets there after forever.
    weight = torch.tensor([[0.5, 0.5]], dtype=torch.float64, requires_grad=True)
    times = torch.zeros(1, 2, dtype=torch.float64)
    found = spike_times.first_spike(times, weight, spike_times.NonLeaky())
    assert found.item() == INF
    found.clamp(max=5).sum().backward()
    assert not weight.grad.any()
    # A LIF neuron whose peak is the threshold touches it with slope zero: no derivative, no NaN.
    weight = torch.tensor([[4.0]], dtype=torch.float64, requires_grad=True)
    found = spike_times.first_spike(times[:, :1], weight, spike_times.DoubleTau())
    assert found.item() == pytest.approx(2 * math.log(2)) or math.isinf(found.item())
    (gradient,) = torch.autograd.grad(found.clamp(max=5).sum(), weight)
    assert torch.isfinite(gradient).all()


@EACH
def test_random_networks_never_give_nan(name):
    cell = spike_times.CELLS[name]()
    for seed in range(20):
        generator = seeded(seed)
        times = 4 * torch.rand(20, 7, generator=generator, dtype=torch.float64)
        times[torch.rand(20, 7, generator=generator) < 0.3] = INF
        times = times.round(decimals=1).requires_grad_()  # many ties
        network = spike_times.TimingNetwork(
            (7, 9, 9, 3), cell, gain=1.0 + seed / 5, spread=2.0, generator=generator
        )
        loss = spike_times.time_cross_entropy(network(times).times, torch.arange(20) % 3)
        gradients = torch.autograd.grad(loss, [times, *network.parameters()])
        assert torch.isfinite(loss) and all(torch.isfinite(g).all() for g in gradients)


def test_shift_and_scale_of_time():
    times, weight = draw(spike_times.DoubleTau(), seeded(7), batch=3)
    base = spike_times.first_spike(times, weight, spike_times.DoubleTau())
    moved = spike_times.first_spike(5e-3 * (times - 7), weight, spike_times.DoubleTau(tau_syn=5e-3))
    torch.testing.assert_close(moved, 5e-3 * (base - 7), rtol=0, atol=1e-12)


def test_lambert_w_is_scipys():
    x = torch.cat(
        [
            torch.linspace(-math.exp(-1) + 1e-12, 0, 4001, dtype=torch.float64),
            -torch.logspace(-300, -1, 200, dtype=torch.float64),
        ]
    )
    wanted = torch.from_numpy(lambertw(x.numpy()).real)
    torch.testing.assert_close(spike_times.lambert_w(x), wanted, rtol=1e-7, atol=1e-7)
    away = x > -0.36
    torch.testing.assert_close(spike_times.lambert_w(x)[away], wanted[away], rtol=1e-13, atol=0)


@pytest.mark.parametrize(
    ("times", "weight", "error", "words"),
    [
        (torch.zeros(3), torch.zeros(1, 3), ValueError, "times has shape"),
        (torch.zeros(1, 3), torch.zeros(1, 2), ValueError, "weight has shape"),
        (torch.zeros(1, 1, dtype=torch.int64), torch.zeros(1, 1), TypeError, "times has dtype"),
        (torch.zeros(1, 1), torch.zeros(1, 1, dtype=torch.float64), TypeError, "weight has dtype"),
        (torch.tensor([[math.nan]]), torch.zeros(1, 1), ValueError, "times holds NaN"),
        (torch.tensor([[-INF]]), torch.zeros(1, 1), ValueError, "times holds NaN"),
        (torch.zeros(1, 1), torch.tensor([[INF]]), ValueError, "weight holds NaN"),
        (torch.tensor([[0.0, 100.0]]), torch.ones(1, 2), ValueError, "times span 100"),
    ],
)
def test_bad_input_is_named(times, weight, error, words):
    with pytest.raises(error, match=words):
        spike_times.first_spike(times, weight, spike_times.NonLeaky())


def test_layers_name_bad_arguments():
    with pytest.raises(TypeError, match="cell is a str"):
        spike_times.TimingLayer(2, 2, "double")
    with pytest.raises(ValueError, match="delays is"):
        spike_times.TimingLayer(2, 2, spike_times.NonLeaky(), delays=())
    with pytest.raises(ValueError, match="sizes is"):
        spike_times.TimingNetwork((2,), spike_times.NonLeaky())
    with pytest.raises(ValueError, match="gain has 3"):
        spike_times.TimingNetwork((2, 2, 2), spike_times.NonLeaky(), gain=(1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match="times has shape"):
        spike_times.TimingLayer(2, 2, spike_times.NonLeaky())(
            torch.zeros(1, 3, dtype=torch.float64)
        )
    with pytest.raises(ValueError, match="tau_syn is"):
        spike_times.NonLeaky(tau_syn=0)


def test_the_loss_has_no_nan():
    times = torch.full((2, 3), INF, dtype=torch.float64, requires_grad=True)
    loss = spike_times.time_cross_entropy(times, torch.tensor([0, 2]), early=0.1, late=2.0)
    loss.backward()
    assert loss.item() == pytest.approx(math.log(3) + 0.1 * math.expm1(2.0))
    assert not times.grad.any()
    assert spike_times.first_to_spike(times.detach()).tolist() == [-1, -1]


@pytest.mark.parametrize(
    "help_",
    [
        {},
        {"remedy": partial(spike_times.bump_silent, step=0.05)},
        {"penalty": spike_times.weight_sum_penalty},
    ],
    ids=["none", "bump", "penalty"],
)
def test_training_is_repeatable_and_remedies_wake_the_silent(help_):
    def trained():
        generator = seeded(0)
        network = spike_times.TimingNetwork(
            (2, 6, 2), spike_times.NonLeaky(), gain=(0.3, 4.0), spread=0.1, generator=generator
        )
        labels = torch.arange(40) % 2
        times = torch.rand(40, 2, generator=generator, dtype=torch.float64)
        times[torch.arange(40), labels] += 1.0
        history = spike_times.fit_times(
            network, times, labels, epochs=25, batch_size=10, generator=generator, lr=0.1, **help_
        )
        return history

    history = trained()
    assert history == trained()
    assert history.dead[0][0] > 0.9
    if not help_:
        assert history.dead[-1] == history.dead[0]
    else:
        assert history.dead[-1][0] == 0 and history.accuracy[-1] > 0.9


def test_spikeprop_is_autograd_by_hand():
    times, wanted = data.temporal_xor()
    network = spike_times.spikeprop_network(generator=seeded(0))
    loss, gradients = spike_times.spikeprop(network, times, wanted)
    found = 0.5 * ((network(times).times - wanted) ** 2).sum()
    found.backward()
    assert loss.item() == pytest.approx(found.item())
    for name, weight in network.named_parameters():
        torch.testing.assert_close(gradients[name], weight.grad, rtol=1e-10, atol=1e-12)


def test_spikeprop_with_silent_neurons():
    times, wanted = data.temporal_xor()
    network = spike_times.spikeprop_network(generator=seeded(0))
    with torch.no_grad():
        network.layers[0].weight[0] = 0.0  # one hidden neuron is silent
    gradients = spike_times.spikeprop(network, times, wanted)[1]
    assert not gradients["layers.0.weight"][0].any() and gradients["layers.0.weight"][1].any()
    with torch.no_grad():
        network.layers[1].weight.zero_()  # and now the output
    loss, gradients = spike_times.spikeprop(network, times, wanted)
    assert loss == 0 and not any(g.any() for g in gradients.values())
    assert spike_times.train_spikeprop(network, times, wanted, cycles=2, lr=0.1) == [INF, INF]


def test_spikeprop_learns_the_temporal_xor():
    times, wanted = data.temporal_xor()
    network = spike_times.spikeprop_network(generator=seeded(1))
    losses = spike_times.train_spikeprop(network, times, wanted, cycles=300, lr=0.01, tol=0.5)
    assert losses[0] > 10 and losses[-1] <= 0.5 and len(losses) < 300
