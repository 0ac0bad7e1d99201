"""The labelled equations of chapter 4b, each against an independent computation."""

import itertools
import math

import numpy as np
import pytest
import sympy
import torch
from helpers import seeded

from snnbook import smoothed
from snnbook.neurons import LIFNeuron, LIFState, run
from snnbook.smoothed import ExponentialEscape, SigmoidEscape

DOUBLE = torch.float64
PARAMS = LIFNeuron()


def noisy(escape, generator=None):
    return smoothed.noisy(PARAMS, escape=escape, generator=generator)


def probability(escape, x):
    if isinstance(escape, SigmoidEscape):
        return 1 / (1 + math.exp(-x / escape.noise))
    return 1 - math.exp(-escape.hazard * math.exp(x / escape.noise))


def membrane(weight, inputs, spikes):
    """Return U (T, N) of neurons that reset at the given spikes, by a plain loop in NumPy."""
    current, potential, rows = np.zeros(len(weight)), np.zeros(len(weight)), []
    for n, spiking in enumerate(spikes):
        rows.append(potential.copy())
        potential = PARAMS.beta * potential + current - PARAMS.threshold * spiking
        current = PARAMS.alpha * current + weight @ inputs[n]
    return np.array(rows)


def train_probability(weight, inputs, spikes, escape):
    """Return the probability of a spike train as a product over coins."""
    product = 1.0
    for u, s in zip(membrane(weight, inputs, spikes).flat, np.asarray(spikes).flat):
        p = probability(escape, u - 1)
        product *= p if s else 1 - p
    return product


def small_case(steps=5, neurons=2):
    inputs = (torch.rand(steps, 1, 3, generator=seeded(0)) < 0.6).to(DOUBLE)
    weight = 0.1 + 0.2 * torch.randn(neurons, 3, generator=seeded(1), dtype=DOUBLE)
    return weight, inputs


def all_trains(steps, neurons):
    for bits in itertools.product((0, 1), repeat=steps * neurons):
        yield np.array(bits, dtype=float).reshape(steps, neurons)


def some_loss(spikes):
    counts = spikes.sum(0)
    return (counts[..., 0] - 1.5) ** 2 + counts[..., 0] * counts[..., 1]


KINDS = (SigmoidEscape(0.25), ExponentialEscape(0.3, hazard=0.7))


@pytest.mark.equation("eq-04b-escape")
@pytest.mark.parametrize("escape", KINDS, ids=repr)
def test_coins_follow_the_membrane(escape):
    drive = (0.2 * torch.randn(30, 1, 2, generator=seeded(2), dtype=DOUBLE)).expand(-1, 4000, -1)
    record = run(noisy(escape, seeded(3)), drive)
    assert set(record.spikes.unique().tolist()) == {0.0, 1.0}
    expected = np.vectorize(lambda u: probability(escape, u - 1))(record.mem.numpy())
    for low, high in ((0.02, 0.1), (0.1, 0.3), (0.3, 0.7), (0.7, 0.95)):
        chosen = (expected >= low) & (expected < high)
        if chosen.sum() < 100:
            continue
        p = expected[chosen]
        error = math.sqrt((p * (1 - p)).sum()) / chosen.sum()
        assert abs(record.spikes.numpy()[chosen].mean() - p.mean()) < 4 * error


@pytest.mark.equation("eq-04b-kinds")
def test_two_kinds_of_noise():
    x, delta, h = sympy.symbols("x Delta h", positive=True)
    forms = {
        SigmoidEscape(0.3): 1 / (1 + sympy.exp(-x / delta)),
        ExponentialEscape(0.3, hazard=0.4): 1 - sympy.exp(-h * sympy.exp(x / delta)),
    }
    at = torch.linspace(-1, 0.8, 19, dtype=DOUBLE)
    for escape, form in forms.items():
        for expression, found in (
            (form, escape.probability(at)),
            (form.diff(x), escape.derivative(at)),
        ):
            numeric = sympy.lambdify(x, expression.subs({delta: 0.3, h: 0.4}), "math")
            wanted = torch.tensor([numeric(float(value)) for value in at], dtype=DOUBLE)
            assert torch.allclose(found, wanted, rtol=1e-9)


@pytest.mark.equation("eq-04b-likelihood")
@pytest.mark.parametrize("escape", KINDS, ids=repr)
def test_likelihood_is_a_product_of_coins(escape):
    weight, inputs = small_case()
    target = (torch.rand(5, 1, 2, generator=seeded(4)) < 0.4).to(DOUBLE)
    found = smoothed.log_likelihood(weight, inputs, target, noisy(escape))
    wanted = train_probability(weight.numpy(), inputs[:, 0].numpy(), target[:, 0].numpy(), escape)
    assert float(found.sum()) == pytest.approx(math.log(wanted), rel=1e-9)


@pytest.mark.equation("eq-04b-local")
@pytest.mark.parametrize("escape", KINDS, ids=repr)
def test_surprise_times_trace(escape):
    weight, inputs = small_case()
    target = (torch.rand(5, 1, 2, generator=seeded(5)) < 0.4).to(DOUBLE)
    found = smoothed.likelihood_gradient(weight, inputs, target, noisy(escape))

    def log_p(matrix):
        arguments = (inputs[:, 0].numpy(), target[:, 0].numpy(), escape)
        return math.log(train_probability(matrix, *arguments))

    for i, j in itertools.product(range(2), range(3)):
        nudge = np.zeros((2, 3))
        nudge[i, j] = 1e-6
        slope = (log_p(weight.numpy() + nudge) - log_p(weight.numpy() - nudge)) / 2e-6
        assert float(found[i, j]) == pytest.approx(slope, rel=1e-6, abs=1e-7)


@pytest.mark.equation("eq-04b-expected")
@pytest.mark.parametrize("escape", KINDS, ids=repr)
def test_expectation_by_hand(escape):
    weight, inputs = small_case(steps=4)
    total = sum(
        train_probability(weight.numpy(), inputs[:, 0].numpy(), train, escape) * some_loss(train)
        for train in all_trains(4, 2)
    )
    found = smoothed.expected_loss(weight, inputs, some_loss, noisy(escape))
    assert float(found) == pytest.approx(total, rel=1e-9)


def scores(weight, inputs, escape):
    """Return P(S) and the score of every spike train, from the product of coins."""
    arguments = (inputs[:, 0].numpy(), escape)
    steps, neurons = len(inputs), len(weight)
    for train in all_trains(steps, neurons):
        p = train_probability(weight.numpy(), arguments[0], train, escape)
        target = torch.tensor(train)[:, None]
        yield train, p, smoothed.likelihood_gradient(weight, inputs, target, noisy(escape))


@pytest.mark.equation("eq-04b-score")
@pytest.mark.parametrize("escape", KINDS, ids=repr)
def test_score_function_summed_over_all_trains(escape):
    weight, inputs = small_case(steps=4)
    found = sum(p * some_loss(train) * score for train, p, score in scores(weight, inputs, escape))

    def mean(matrix):
        return float(smoothed.expected_loss(matrix, inputs, some_loss, noisy(escape)))

    for i, j in itertools.product(range(2), range(3)):
        nudge = torch.zeros(2, 3, dtype=DOUBLE)
        nudge[i, j] = 1e-6
        slope = (mean(weight + nudge) - mean(weight - nudge)) / 2e-6
        assert float(found[i, j]) == pytest.approx(slope, rel=1e-5, abs=1e-7)


@pytest.mark.equation("eq-04b-baseline")
def test_score_has_mean_zero():
    weight, inputs = small_case(steps=4)
    rows = list(scores(weight, inputs, KINDS[0]))
    assert sum(p * score for _, p, score in rows).abs().max() < 1e-12
    plain = sum(p * some_loss(train) * score for train, p, score in rows)
    shifted = sum(p * (some_loss(train) - 3.7) * score for train, p, score in rows)
    assert torch.allclose(plain, shifted)
    # And the number whose gradient is taken holds the baseline: the mean of the other runs.
    losses = torch.tensor([[1.0, 5.0], [2.0, 7.0], [6.0, 0.0]])
    log_prob = torch.zeros(3, 2, requires_grad=True)
    smoothed.score_loss(losses, log_prob).backward()
    wanted = torch.tensor([[1 - 4, 5 - 3.5], [2 - 3.5, 7 - 2.5], [6 - 1.5, 0 - 6.0]]) / 6
    assert torch.allclose(log_prob.grad, wanted)


@pytest.mark.equation("eq-04b-link")
@pytest.mark.parametrize("escape", KINDS, ids=repr)
def test_slope_of_the_expected_spike(escape):
    for x in (-0.6, -0.1, 0.0, 0.2):
        slope = (probability(escape, x + 1e-6) - probability(escape, x - 1e-6)) / 2e-6
        at = torch.tensor(x, dtype=DOUBLE)
        assert float(escape.surrogate().derivative(at)) == pytest.approx(slope, rel=1e-5)
    # A spike that is sampled passes exactly this back.
    drive = (0.3 * torch.randn(6, 2, 3, generator=seeded(6), dtype=DOUBLE)).requires_grad_()
    state = (torch.zeros(2, 3, dtype=DOUBLE), torch.full((2, 3), 0.9, dtype=DOUBLE))
    state = LIFState(*(part.requires_grad_() for part in state))
    record = run(noisy(escape, seeded(7)), drive[:1], state=state)
    (passed,) = torch.autograd.grad(record.spikes.sum(), state[1])
    wanted = (probability(escape, -0.1 + 1e-6) - probability(escape, -0.1 - 1e-6)) / 2e-6
    assert torch.allclose(passed, torch.full_like(passed, wanted), rtol=1e-5)
