"""The labelled equations of chapter 6b, each against an independent computation."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook import local
from snnbook.local import WIDE
from snnbook.neurons import (
    AdaptiveNetwork,
    AdaptiveNeuron,
    LIFNeuron,
    SpikingNetwork,
    psp_kernel,
    run,
)
from snnbook.surrogates import fast_sigmoid
from snnbook.training import step_squared_error

ALPHA, BETA = LIFNeuron().alpha, LIFNeuron().beta


def one_neuron(steps=70, inputs=4, seed=0):
    draw = seeded(seed)
    spikes = (torch.rand(steps, 1, inputs, generator=draw) < 0.15).double()
    target = (torch.rand(steps, 1, 1, generator=draw) < 0.05).double()
    return (0.6 * torch.rand(1, 1, inputs, generator=draw, dtype=torch.float64),), spikes, target


def filtered(train):
    """Convolve a train (T,) with the membrane's response to a spike."""
    kernel = psp_kernel(LIFNeuron(), len(train)).numpy()
    return np.convolve(train, kernel)[: len(train)]


@pytest.mark.equation("eq-06b-loss")
def test_the_loss_is_a_filtered_difference():
    weights, spikes, target = one_neuron()
    found = local.match_spikes(weights, spikes, target)
    error = filtered((found.spikes - target).flatten().numpy())
    assert float(found.loss) == pytest.approx(0.5 * error @ error, rel=1e-10)


@pytest.mark.equation("eq-06b-chain")
def test_the_chain_rule_against_differences():
    # A smooth stand-in for the spike, without reset: then differences can be taken.
    weights, spikes, target = one_neuron(steps=40)
    weight, wanted = weights[0].flatten().numpy(), target.flatten().numpy()
    traces = np.stack([filtered(spikes[:, 0, j].numpy()) for j in range(4)], 1)

    def parts(w):
        smooth = 1 / (1 + np.exp(-4 * (traces @ w - 1)))
        return smooth, filtered(smooth - wanted)

    smooth, error = parts(weight)
    for j in range(4):
        slope = 4 * smooth * (1 - smooth) * traces[:, j]
        step = 1e-6 * np.eye(4)[j]
        up, down = (0.5 * (parts(weight + s)[1] ** 2).sum() for s in (step, -step))
        assert error @ filtered(slope) == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-4)


@pytest.mark.equation("eq-06b-rtrl", "eq-06b-superspike")
@pytest.mark.parametrize("reset", [True, False])
def test_the_forward_method_with_and_without_the_reset(reset):
    weights, spikes, target = one_neuron()
    w, x = weights[0].flatten().numpy(), spikes[:, 0].numpy()
    fired = local.match_spikes(weights, spikes, target).spikes
    error = filtered((fired - target).flatten().numpy())
    current = potential = 0.0
    d_current = d_potential = np.zeros(4)
    slopes = []
    for n in range(len(x)):
        spike = float(potential > 1)
        bump = float(WIDE.derivative(torch.tensor(potential - 1.0, dtype=torch.float64)))
        d_spike = bump * d_potential
        slopes.append(d_spike)
        current, potential = ALPHA * current + w @ x[n], BETA * potential + current - spike
        d_current, d_potential = (
            ALPHA * d_current + x[n],
            BETA * d_potential + d_current - (d_spike if reset else 0.0),
        )
    slopes = np.stack(slopes)
    want = [error @ filtered(slopes[:, j]) for j in range(4)]
    if reset:
        weight = weights[0][0].clone().requires_grad_()
        out = run(LIFNeuron(surrogate=WIDE, reset_gradient=True), spikes @ weight.T).spikes
        found = torch.autograd.grad((out[:, 0, 0] * torch.tensor(adjoint(error))).sum(), weight)[0]
    else:
        found = local.match_spikes(weights, spikes, target).gradients[0]
    assert np.allclose(found.flatten().numpy(), want, rtol=1e-9)


def adjoint(error):
    """Filter the error backward: the derivative of the loss by each spike."""
    return filtered(error[::-1])[::-1].copy()


@pytest.mark.equation("eq-06b-rmaxprop")
def test_the_step_size_of_a_synapse():
    weights, spikes, target = one_neuron(seed=4)
    found = local.learn_raster(weights, spikes, target, trials=3, lr=0.01, forget=0.5)
    w, v = weights[0].clone(), torch.zeros_like(weights[0])
    for _ in range(3):
        change = local.match_spikes((w,), spikes, target).gradients[0]
        v = torch.maximum(0.5 * v, change**2)
        w = w - 0.01 * change / v.sqrt()
    torch.testing.assert_close(found.weights[0], w, rtol=1e-9, atol=1e-9)


@pytest.mark.equation("eq-06b-hidden")
def test_feedback_to_a_hidden_layer():
    draw = seeded(2)
    weights = tuple(0.5 * torch.rand(1, *s, generator=draw).double() for s in ((5, 4), (2, 5)))
    spikes = (torch.rand(60, 1, 4, generator=draw) < 0.2).double()
    target = (torch.rand(60, 1, 2, generator=draw) < 0.1).double()
    back = torch.randn(1, 2, 5, generator=draw).double()
    found = local.match_spikes(weights, spikes, target, feedback=(back,))
    error = np.stack([filtered((found.spikes - target)[:, 0, k].numpy()) for k in range(2)], 1)
    hidden = run(LIFNeuron(surrogate=WIDE), spikes @ weights[0][0].T)
    bump = WIDE.derivative(hidden.mem - 1)[:, 0].numpy()
    for i in range(5):
        for j in range(4):
            trace = filtered(bump[:, i] * filtered(spikes[:, 0, j].numpy()))
            want = (error @ back[0, :, i].numpy()) @ trace
            assert float(found.gradients[0][0, i, j]) == pytest.approx(want, rel=1e-9)


@pytest.mark.equation("eq-06b-alif")
def test_adaptation_in_a_plain_loop():
    neuron = AdaptiveNeuron(tau_adapt=0.05, strength=0.3)
    state = neuron.initial_state(torch.zeros(1, 1, dtype=torch.float64))
    current = potential = adapt = 0.0
    count = 0
    for n in range(200):
        drive = 0.5 if n % 3 == 0 else 0.0
        spikes, after = neuron.step(state, torch.full((1, 1), drive, dtype=torch.float64))
        spike = float(potential > 1 + 0.3 * adapt)
        assert float(spikes) == spike
        count += spike
        potential, current = BETA * potential + current - spike, ALPHA * current + drive
        adapt = math.exp(-1e-3 / 0.05) * adapt + spike
        state = after
        assert float(state.adapt) == pytest.approx(adapt, rel=1e-12)
    assert 3 < count < 150


@pytest.mark.equation("eq-06b-slow-trace")
def test_the_slow_trace_is_a_derivative():
    """Carry the derivative of a by the weight with all chain-rule factors written out."""
    network = AdaptiveNetwork(
        (1, 1, 1), AdaptiveNeuron(strength=0.25), generator=seeded(0), std=1.0
    ).double()
    with torch.no_grad():
        network.weight.fill_(0.75)
        network.recurrent_weight.zero_()
        network.readout.weight.fill_(1.0)
    spikes = (torch.rand(60, 1, 1, generator=seeded(1)) < 0.3).double()
    error = step_squared_error(torch.full((60, 1, 1), 2.0).double())
    out = network(spikes)
    record = out.hidden[0]
    bump = network.neuron.surrogate.derivative(record.mem - record.threshold)
    bump = bump.flatten().detach().numpy()
    before, rho = filtered(spikes.flatten().numpy()), network.neuron.rho
    slow, eligible = 0.0, []
    for n in range(60):
        d_spike = bump[n] * (before[n] - 0.25 * slow)  # dS = g (dU - phi da)
        eligible.append(d_spike)
        slow = rho * slow + d_spike  # da[n+1] = rho da[n] + dS[n]
    printed, check = 0.0, []
    for n in range(60):
        check.append(bump[n] * (before[n] - 0.25 * printed))
        printed = (rho - 0.25 * bump[n]) * printed + bump[n] * before[n]
    assert np.allclose(check, eligible, rtol=1e-10)
    wrong = np.array([float(error(now, n)) for n, now in enumerate(out.readout.detach())])
    found = local.adaptive_eprop(network, spikes, error)["weight"]
    assert float(found) == pytest.approx(wrong @ filtered(np.array(eligible)), rel=1e-9)


@pytest.mark.equation("eq-06b-gathered")
def test_the_order_of_the_sum():
    draw = np.random.default_rng(0)
    signal, raised = draw.normal(size=(2, 50))
    kernel = psp_kernel(LIFNeuron(), 50).numpy()
    late = [sum(kernel[n - m] * signal[n] for n in range(m, 50)) for m in range(50)]
    assert signal @ filtered(raised) == pytest.approx(raised @ np.array(late), rel=1e-10)
    network = SpikingNetwork(
        (3, 4, 2), LIFNeuron(surrogate=fast_sigmoid(width=0.5)), generator=seeded(0), std=1.0
    ).double()
    spikes = (torch.rand(40, 2, 3, generator=seeded(1)) < 0.3).double()
    error = step_squared_error(torch.ones(40, 2, 2).double())
    feedback = local.random_feedback(network, "random", direct=True, generator=seeded(2))
    online = local.superspike(network, spikes, error, feedback=feedback)
    found = local.superspike_gathered(network, spikes, error, feedback=feedback)
    for name, value in online.items():
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-13)
