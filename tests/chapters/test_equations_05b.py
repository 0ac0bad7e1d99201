"""The labelled equations of chapter 5b, each against an independent computation."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook import gradients, local, training
from snnbook.laboratory import (
    TERMS,
    closed_loop,
    expected_gradients,
    sigmoid_network,
    sigmoid_network_gradient,
    term_gradient,
)
from snnbook.neurons import LIFNeuron, SpikingNetwork, run
from snnbook.plotting import two_neuron_arrows
from snnbook.surrogates import fast_sigmoid


def pair(steps=9):
    """Return two neurons without synapses on themselves, one input, one readout, and a loss."""
    network = SpikingNetwork(
        (1, 2, 1),
        LIFNeuron(reset_gradient=True, surrogate=fast_sigmoid(width=0.6)),
        recurrent=True,
        std=1.0,
    ).double()
    with torch.no_grad():
        network.hidden[0].weight.copy_(torch.tensor([[0.7], [0.45]]))
        network.hidden[0].recurrent_weight.copy_(torch.tensor([[0.0, -0.4], [0.8, 0.0]]))
        network.readout.weight.copy_(torch.tensor([[0.5, -0.3]]))
    spikes = torch.zeros(steps, 1, 1, dtype=torch.float64)
    spikes[[0, 1, 3]] = 1.0
    target = torch.linspace(-1, 1, steps, dtype=torch.float64).reshape(steps, 1, 1)
    return network, spikes, training.step_squared_error(target)


def over_all_paths(network, spikes, error, drop):
    """Return dL/dW by walking the arrows of the drawing, from each synapse to each error."""
    layer, out = network.hidden[0], network.readout.weight[0].tolist()
    alpha, beta = layer.neuron.alpha, layer.neuron.beta
    V = layer.recurrent_weight.tolist()
    with torch.no_grad():
        readout, (record,) = network(spikes)
        bump = layer.neuron.surrogate.derivative(record.mem - 1)[:, 0]
    steps, where = len(spikes), {"A": 0, "B": 1}
    wrong = [float(error(readout[n], n)) for n in range(steps)]
    response = [0.0, 1.0]  # of the readout's membrane to its current, by age
    while len(response) < steps:
        response.append(
            sum(alpha**k * beta ** (len(response) - 1 - k) for k in range(len(response)))
        )

    def factor(arrow):
        if arrow.term in drop:
            return 0.0
        i = where.get(arrow.source[0][-1])
        fixed = {"current": alpha, "charge": 1.0, "membrane": beta, "reset": -1.0}
        if arrow.term in fixed:
            return fixed[arrow.term]
        if arrow.term == "spike":
            return float(bump[arrow.source[1], i])
        return V[where[arrow.target[0][-1]]][i] if arrow.term == "recurrent" else out[i]

    arrows = sorted(
        two_neuron_arrows(steps), key=lambda a: (a.source[1], "IUSY".find(a.source[0][0]))
    )
    arrows = [arrow for arrow in arrows if arrow.term != "readout"]

    def worth(neuron, use):
        """Return the sum over paths from the current of one neuron to all errors."""
        reached = {(f"I_{neuron}", use + 1): 1.0}
        total = 0.0
        for arrow in arrows:
            value = reached.get(arrow.source, 0.0) * factor(arrow)
            if arrow.term == "forward":
                m = arrow.target[1]
                total += value * sum(response[n - m] * wrong[n] for n in range(m, steps))
            else:
                reached[arrow.target] = reached.get(arrow.target, 0.0) + value
        return total

    uses = [n for n in range(steps - 1) if spikes[n]]
    return [[sum(worth(neuron, n) for n in uses)] for neuron in "AB"]


@pytest.mark.equation("eq-05b-adjoint")
@pytest.mark.parametrize("drop", [(), ("reset",), ("recurrent",), ("membrane", "reset")])
def test_the_terms_are_the_sum_over_paths(drop):
    case = pair()
    found = term_gradient(*case, drop=drop)["hidden.0.weight"]
    expected = torch.tensor(over_all_paths(*case, drop), dtype=torch.float64)
    assert torch.allclose(found, expected, rtol=1e-10) and found.abs().min() > 1e-3
    assert {arrow.term for arrow in two_neuron_arrows(3)} == set(TERMS)


@pytest.mark.equation("eq-05b-traces", "eq-05b-eprop")
def test_what_stays_in_the_neuron():
    network, spikes, error = pair(30)
    alpha, beta = network.readout.neuron.alpha, network.readout.neuron.beta
    with torch.no_grad():
        readout, (record,) = network(spikes)
        g = network.hidden[0].neuron.surrogate.derivative(record.mem - 1)[:, 0].numpy()
    out = network.readout.weight.detach().numpy()[0]
    arrived, found = spikes[:, 0, 0].numpy(), np.zeros(2)
    syn = mem = 0.0
    slow, filtered = np.zeros(2), np.zeros(2)
    for n in range(30):
        found += float(error(readout[n], n)) * out * filtered
        slow, filtered = alpha * slow + g[n] * mem, beta * filtered + slow
        syn, mem = alpha * syn + arrived[n], beta * mem + syn
    feedback = local.random_feedback(network, "symmetric", direct=True)
    for rule in (
        local.e_prop(network, spikes, error, feedback=feedback),
        term_gradient(network, spikes, error, drop=("reset", "recurrent")),
    ):
        assert np.allclose(rule["hidden.0.weight"][:, 0].numpy(), found, rtol=1e-10)


def numpy_network(w, v1, v2, u1, u2, x, slope):
    def sigma(a):
        return 1 / (1 + np.exp(-slope * a))

    g = sigma(w * x)
    return sigma(u1 * sigma(v1 * g) + u2 * sigma(v2 * g))


class AllDraws(gradients.UORO):
    """UORO whose coins are given: sample b tosses what the bits of b say."""

    def start(self, network, batch):
        object.__setattr__(self, "tossed", 0)
        return super().start(network, batch)

    def _signs(self, like):
        samples, neurons = like.shape
        bits = torch.arange(self.tossed, self.tossed + neurons)
        object.__setattr__(self, "tossed", self.tossed + neurons)
        return 2.0 * (torch.arange(samples)[:, None] >> bits & 1).to(like) - 1


@pytest.mark.equation("eq-05b-uoro")
def test_all_draws_of_two_vectors():
    """Over all sequences of coins the mean of the outer product is what RTRL carries, exactly."""
    network, spikes, _ = pair(steps=6)
    count, silent = 2 ** (2 * 6), lambda readout, n: torch.zeros_like(readout)
    exact, rule = gradients.RTRL().start(network, 1), AllDraws(seeded(0))
    carry = rule.start(network, count)
    for n, inputs in enumerate(spikes):
        exact, _ = gradients.RTRL().step(network, exact, inputs, silent, n)
        carry, _ = rule.step(network, carry, inputs.expand(count, -1), silent, n)
    for name, weight in carry.weights.items():
        for layer, states in enumerate(carry.states):
            for kind in ("syn", "mem"):
                mean = torch.einsum("bk,bij->kij", getattr(states, kind), weight) / count
                wanted = getattr(exact.influence[name][layer], kind)[0]
                torch.testing.assert_close(mean, wanted, atol=1e-12, rtol=1e-9)
    assert exact.influence["hidden.0.weight"][1].mem.abs().max() > 0.01


@pytest.mark.equation("eq-05b-draws")
def test_the_cosine_of_a_mean_of_draws():
    """A fixed vector with independent noise of many entries, whose size is c times its own."""
    signal = torch.randn(20000, generator=seeded(0), dtype=torch.float64)
    size = signal.norm() / len(signal) ** 0.5
    for c, k in ((9.0, 1), (9.0, 4), (100.0, 25)):
        noise = torch.randn(k, len(signal), generator=seeded(1), dtype=torch.float64)
        draws = signal + c**0.5 * size * noise
        cosine = torch.cosine_similarity(signal, draws.mean(0), dim=0)
        assert cosine.item() == pytest.approx((1 + c / k) ** -0.5, abs=0.02)
        ratio = (draws[0].norm() / signal.norm()) ** 2
        assert ratio.item() == pytest.approx(1 + c, rel=0.05)


@pytest.mark.equation("eq-05b-sigmoid")
def test_the_sigmoid_network_in_numpy():
    points = torch.randn(30, 5, generator=seeded(0), dtype=torch.float64)
    expected = [numpy_network(*point, 0.7, 3.0) for point in points.numpy()]
    assert np.allclose(sigmoid_network(points, 0.7, 3.0).numpy(), expected)


@pytest.mark.equation("eq-05b-loop")
def test_a_gradient_closes_its_loops():
    axes, _ = torch.linalg.qr(torch.randn(5, 2, generator=seeded(1), dtype=torch.float64))
    center = torch.randn(5, generator=seeded(2), dtype=torch.float64)
    for back, closes in ((6.0, True), (2.0, False)):
        loop = closed_loop(
            lambda w, back=back: sigmoid_network_gradient(w, slope=6.0, surrogate_slope=back),
            center,
            axes[:, 0],
            axes[:, 1],
        )
        corners = center + torch.stack([loop.angle.cos(), loop.angle.sin()], 1) @ axes.T
        field = sigmoid_network_gradient(corners, slope=6.0, surrogate_slope=back)
        steps = corners.diff(dim=0)
        by_sum = float((0.5 * (field[1:] + field[:-1]) * steps).sum())
        assert loop.total == pytest.approx(by_sum, abs=1e-6)
        assert (abs(loop.total) < 1e-9) is closes


@pytest.mark.equation("eq-05b-two-paths")
def test_two_paths_to_the_output():
    k, h = 4.0, 1e-6
    for point in torch.randn(20, 5, generator=seeded(3), dtype=torch.float64).numpy():
        w, v1, v2, u1, u2 = point

        def sigma(a):
            return 1 / (1 + np.exp(-k * a))

        def bump(a):
            return k * sigma(a) * (1 - sigma(a))

        g = sigma(w * 0.7)
        paths = u1 * v1 * bump(v1 * g) + u2 * v2 * bump(v2 * g)
        printed = 0.7 * bump(w * 0.7) * bump(u1 * sigma(v1 * g) + u2 * sigma(v2 * g)) * paths
        up, down = (numpy_network(w + d, v1, v2, u1, u2, 0.7, k) for d in (h, -h))
        assert printed == pytest.approx((up - down) / (2 * h), rel=1e-4, abs=1e-8)


@pytest.mark.equation("eq-05b-escape")
def test_the_bump_is_the_derivative_of_the_noise():
    # One step can spike: the pulse at 0 reaches the membrane at step 2, and it is the last one.
    pulse, slope, h = torch.tensor([1.0, 0.0, 0.0]), 3.0, 1e-6
    neuron = LIFNeuron(reset="none")
    found = expected_gradients(0.8, pulse, lambda s: s[:, 2], slope=slope, neuron=neuron)

    def mean_spike(weight):
        mem = run(LIFNeuron(reset="none"), weight * pulse.double()[:, None, None]).mem
        return 1 / (1 + math.exp(-slope * (float(mem[2]) - 1)))

    assert found.loss == pytest.approx(mean_spike(0.8))
    by_difference = (mean_spike(0.8 + h) - mean_spike(0.8 - h)) / (2 * h)
    assert found.surrogate == pytest.approx(by_difference, rel=1e-6)
    assert found.exact == pytest.approx(found.surrogate, rel=1e-12)


@pytest.mark.equation("eq-05b-bias")
@pytest.mark.parametrize("w", [0.5, 2.0])
def test_the_bias_of_a_squared_loss(w):
    # In step 2 the potential is the input weight, so its derivative by the weight is 1.
    pulse, slope, y, weight = torch.tensor([1.0, 0.0, 0.0]), 3.0, 0.3, 0.7
    found = expected_gradients(
        weight, pulse, lambda s: (w * s[:, 2] - y) ** 2, slope=slope, neuron=LIFNeuron(reset="none")
    )
    p = 1 / (1 + math.exp(-slope * (weight - 1)))
    bias = slope * p * (1 - p) * w**2 * (2 * p - 1)
    assert found.surrogate - found.exact == pytest.approx(bias, rel=1e-9)
