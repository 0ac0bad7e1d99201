"""Random spikes: every gradient against finite differences or against all spike trains."""

import math

import pytest
import torch
from helpers import seeded

from snnbook import smoothed
from snnbook.neurons import LIFNeuron, LIFState, run
from snnbook.smoothed import ExponentialEscape, NoisyNeuron, SigmoidEscape

DOUBLE = torch.float64
KINDS = [
    SigmoidEscape(0.3),
    SigmoidEscape(0.05),
    ExponentialEscape(0.3),
    ExponentialEscape(0.2, hazard=0.05),
    ExponentialEscape(0.2, hazard=3.0),
]
each_kind = pytest.mark.parametrize("escape", KINDS, ids=repr)


def small_layer(neurons=2, steps=6, seed=1):
    """Return weights, inputs of one sample, and a loss that is not linear in the spikes."""
    generator = seeded(seed)
    inputs = torch.zeros(steps, 1, 3, dtype=DOUBLE)
    inputs[0, 0, 0] = inputs[1, 0, 1] = inputs[2, 0, 2] = 1
    weight = 0.3 + 0.3 * torch.randn(neurons, 3, generator=generator, dtype=DOUBLE)
    target = 1.0 + torch.arange(neurons, dtype=DOUBLE)

    def loss(spikes):
        counts = spikes.sum(0)
        return ((counts - target) ** 2).sum(-1) + 0.5 * counts.prod(-1)

    return weight, inputs, loss


def differences(function, weight, step=1e-6):
    """Return the gradient of a function of the weights by central differences."""
    found = torch.zeros_like(weight)
    for index in range(weight.numel()):
        shift = torch.zeros_like(weight)
        shift.view(-1)[index] = step
        found.view(-1)[index] = (function(weight + shift) - function(weight - shift)) / (2 * step)
    return found


def exact_gradient(weight, inputs, loss, escape):
    weight = weight.clone().requires_grad_()
    value = smoothed.expected_loss(weight, inputs, loss, NoisyNeuron(escape=escape))
    return torch.autograd.grad(value, weight)[0]


@each_kind
def test_probability_derivative_and_score_belong_together(escape):
    x = torch.linspace(-2, 1, 61, dtype=DOUBLE).requires_grad_()
    p = escape.probability(x)
    assert ((p > 0) & (p <= 1)).all() and (p.diff() >= 0).all()
    assert torch.allclose(torch.autograd.grad(p.sum(), x)[0], escape.derivative(x.detach()))
    for value in (0.0, 1.0):
        spikes = torch.full_like(x, value)
        log_p = escape.log_probability(spikes, x)
        slope = torch.autograd.grad(log_p.sum(), x)[0]
        assert torch.allclose(slope, escape.score(spikes, x.detach()), rtol=1e-5, atol=1e-9)
        inside = (p > 1e-9) & (p < 1 - 1e-9)
        wanted = torch.log(p if value else 1 - p)
        assert torch.allclose(log_p[inside], wanted[inside], rtol=1e-5)


@each_kind
@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
def test_nothing_is_nan_far_from_threshold(escape, dtype):
    x = torch.tensor([-1e6, -100.0, -10.0, 0.0, 10.0, 100.0, 1e6], dtype=dtype).requires_grad_()
    for value in (0.0, 1.0):
        spikes = torch.full_like(x, value)
        log_p = escape.log_probability(spikes, x)
        (slope,) = torch.autograd.grad(log_p.sum(), x)
        for found in (log_p, slope, escape.score(spikes, x), escape.derivative(x)):
            assert found.isfinite().all()


@each_kind
def test_surrogate_is_the_derivative_of_the_escape_function(escape):
    x = torch.linspace(-1.5, 0.9, 400, dtype=DOUBLE)
    surrogate = escape.surrogate()
    assert torch.allclose(surrogate.derivative(x), escape.derivative(x), rtol=1e-6, atol=1e-12)
    assert surrogate.area == pytest.approx(1.0, rel=1e-6)
    assert surrogate.height == pytest.approx(float(escape.derivative(torch.zeros(()))), rel=1e-5)
    fine = torch.linspace(-4, 4, 800_001, dtype=DOUBLE)
    bump = escape.derivative(fine)
    wide = fine[bump >= bump.max() / 2]
    assert surrogate.width == pytest.approx(float(wide[-1] - wide[0]), abs=1e-4)


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
def test_without_noise_it_is_the_lif(reset):
    drive = 0.3 * torch.randn(60, 4, 5, generator=seeded(0), dtype=DOUBLE) + 0.05
    recurrent = 0.1 * torch.randn(5, 5, generator=seeded(1), dtype=DOUBLE)
    wanted = run(LIFNeuron(reset=reset), drive, recurrent_weight=recurrent)
    found = run(
        NoisyNeuron(reset=reset, escape=SigmoidEscape(1e-9)),
        drive,
        recurrent_weight=recurrent,
    )
    assert wanted.spikes.sum() > 20
    assert torch.equal(found.spikes, wanted.spikes)
    assert torch.allclose(found.mem, wanted.mem) and torch.allclose(found.syn, wanted.syn)
    assert torch.allclose(found.state.mem, wanted.state.mem)


def test_disagreement_with_the_lif_is_of_first_order_in_the_noise():
    x = torch.linspace(-3, 3, 600_001, dtype=DOUBLE)  # distances of uniform density
    noises, wrong = (0.2, 0.1, 0.05, 0.025), []
    for noise in noises:
        p = SigmoidEscape(noise).probability(x)
        wrong.append(float(torch.trapezoid(torch.minimum(p, 1 - p), x)))
    orders = [math.log2(a / b) for a, b in zip(wrong, wrong[1:])]
    assert orders == pytest.approx([1.0] * 3, abs=1e-3)
    assert wrong[0] == pytest.approx(2 * math.log(2) * noises[0], rel=1e-4)


def test_noise_smooths_a_staircase_to_second_order():
    # Averaged over a smooth density of distances, the expected spike approaches the step.
    x = torch.linspace(-8, 8, 400_001, dtype=DOUBLE)
    density = torch.exp(-((x - 0.5) ** 2) / 2) / math.sqrt(2 * math.pi)
    step = torch.trapezoid((x > 0) * density, x)
    gaps = [
        abs(float(torch.trapezoid(SigmoidEscape(noise).probability(x) * density, x) - step))
        for noise in (0.1, 0.05, 0.025)
    ]
    assert [math.log2(a / b) for a, b in zip(gaps, gaps[1:])] == pytest.approx([2, 2], abs=0.05)


@each_kind
def test_spikes_come_as_often_as_they_should(escape):
    runs = 20_000
    drive = torch.zeros(1, runs, 1, dtype=DOUBLE)
    for x in (-0.3, 0.0, 0.1):
        mem = torch.full((runs, 1), 1.0 + x, dtype=DOUBLE)
        state = LIFState(torch.zeros_like(mem), mem)
        spikes = run(NoisyNeuron(escape=escape, generator=seeded(3)), drive, state=state)
        p = float(escape.probability(torch.tensor(x, dtype=DOUBLE)))
        error = math.sqrt(p * (1 - p) / runs)
        assert abs(float(spikes.spikes.mean()) - p) <= 4 * error + 1e-9


@each_kind
def test_likelihood_gradient_against_finite_differences(escape):
    generator = seeded(2)
    inputs = (torch.rand(40, 3, 6, generator=generator) < 0.1).to(DOUBLE)
    target = (torch.rand(40, 3, 2, generator=generator) < 0.1).to(DOUBLE)
    weight = 0.2 * torch.randn(2, 6, generator=generator, dtype=DOUBLE)

    def total(weight):
        return smoothed.log_likelihood(weight, inputs, target, NoisyNeuron(escape=escape)).sum()

    local = smoothed.likelihood_gradient(weight, inputs, target, NoisyNeuron(escape=escape))
    found = differences(total, weight)
    assert torch.allclose(local, found, rtol=1e-5, atol=1e-4 * float(found.abs().max()))
    leaf = weight.clone().requires_grad_()
    assert torch.allclose(local, torch.autograd.grad(total(leaf), leaf)[0], rtol=1e-9)


@each_kind
def test_likelihood_is_concave(escape):
    generator = seeded(4)
    inputs = (torch.rand(30, 1, 4, generator=generator) < 0.15).to(DOUBLE)
    target = (torch.rand(30, 1, 1, generator=generator) < 0.1).to(DOUBLE)

    def total(weight):
        return smoothed.log_likelihood(weight, inputs, target, NoisyNeuron(escape=escape)).sum()

    for _ in range(3):
        weight = 0.1 * torch.randn(1, 4, generator=generator, dtype=DOUBLE)
        hessian = torch.autograd.functional.hessian(total, weight).reshape(4, 4)
        top = torch.linalg.eigvalsh(hessian).max()
        assert top <= 1e-9 * hessian.abs().max()


def test_probabilities_of_all_trains_sum_to_one():
    weight, inputs, _ = small_layer()
    trains = smoothed.all_spike_trains(6, 2)
    assert trains.shape == (6, 4096, 2)
    assert len({tuple(row) for row in trains.transpose(0, 1).reshape(4096, -1).tolist()}) == 4096
    recurrent = torch.tensor([[0.0, 0.3], [-0.2, 0.1]], dtype=DOUBLE)
    for matrix in (None, recurrent):
        one = smoothed.expected_loss(
            weight, inputs, lambda s: torch.ones(s.shape[1], dtype=DOUBLE), recurrent_weight=matrix
        )
        assert float(one) == pytest.approx(1.0, abs=1e-12)


@each_kind
def test_expected_loss_against_finite_differences(escape):
    weight, inputs, loss = small_layer(steps=5)
    neuron = NoisyNeuron(escape=escape)
    found = differences(lambda w: smoothed.expected_loss(w, inputs, loss, neuron), weight)
    wanted = exact_gradient(weight, inputs, loss, escape)
    assert torch.allclose(found, wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("estimator", ["score", "baseline"])
@pytest.mark.parametrize("escape", [SigmoidEscape(0.3), ExponentialEscape(0.3)], ids=repr)
def test_score_function_hits_the_exact_gradient(estimator, escape):
    weight, inputs, loss = small_layer()
    wanted = exact_gradient(weight, inputs, loss, escape)
    found = smoothed.gradient_samples(
        weight,
        inputs,
        loss,
        NoisyNeuron(escape=escape, generator=seeded(5)),
        estimator=estimator,
        samples=40_000,
    )
    error = found.std(0) / math.sqrt(len(found))
    assert ((found.mean(0) - wanted).abs() <= 4 * error).all()
    assert (error < 0.1 * wanted.norm()).all()


def test_local_score_is_what_automatic_differentiation_gives():
    weight, inputs, loss = small_layer()
    noise = {"escape": SigmoidEscape(0.3), "gradient": "none"}
    neuron = NoisyNeuron(generator=seeded(6), **noise)
    found = smoothed.gradient_samples(weight, inputs, loss, neuron, samples=50)
    leaf = weight.clone().requires_grad_()
    drive = (inputs @ leaf.T).expand(-1, 50, -1)
    record = run(NoisyNeuron(generator=seeded(6), **noise), drive)
    log_prob = record.log_prob.sum((0, 2))[:, None]
    smoothed.score_loss(loss(record.spikes)[:, None], log_prob).backward()
    assert torch.allclose(leaf.grad, found.mean(0), rtol=1e-9)


def test_baseline_lowers_the_variance_and_shortcuts_are_biased():
    weight, inputs, loss = small_layer()
    escape = SigmoidEscape(0.3)
    wanted = exact_gradient(weight, inputs, loss, escape)
    spread, bias = {}, {}
    for estimator in smoothed.ESTIMATORS:
        neuron = NoisyNeuron(escape=escape, reset_gradient=True, generator=seeded(7))
        options = {"estimator": estimator, "samples": 20_000}
        found = smoothed.gradient_samples(weight, inputs, loss, neuron, **options)
        spread[estimator] = float(found.var(0).sum())
        bias[estimator] = float((found.mean(0) - wanted).norm() / wanted.norm())
    assert spread["baseline"] < spread["score"] / 3
    assert spread["escape"] < spread["baseline"] / 3
    assert spread["expected"] < 1e-20
    assert 0.02 < bias["escape"] < bias["identity"]
    assert 0.02 < bias["expected"]


def test_expected_spikes_have_the_exact_gradient_of_their_own_network():
    weight, inputs, loss = small_layer()
    escape = SigmoidEscape(0.3)

    def graded(weight):
        drive = inputs @ weight.T
        return loss(run(NoisyNeuron(escape=escape, gradient="expected"), drive).spikes)

    neuron = NoisyNeuron(escape=escape, reset_gradient=True)
    found = smoothed.gradient_samples(weight, inputs, loss, neuron, estimator="expected", samples=2)
    assert torch.allclose(found[0], differences(graded, weight), rtol=1e-5, atol=1e-7)
    assert torch.allclose(found[0], found[1])


def test_escape_derivative_is_exact_for_one_coin_and_a_linear_loss():
    # The weight reaches one coin only, S[2]; the coin S[1] before it is the same for all weights.
    weight = torch.tensor([[0.9]], dtype=DOUBLE)
    inputs = torch.ones(3, 1, 1, dtype=DOUBLE)
    escape = SigmoidEscape(0.3)

    def last(spikes):
        return 2.0 * spikes[2, :, 0]

    neuron = NoisyNeuron(escape=escape, reset_gradient=True, generator=seeded(8))
    options = {"estimator": "escape", "samples": 4000}
    found = smoothed.gradient_samples(weight, inputs, last, neuron, **options)
    wanted = exact_gradient(weight, inputs, last, escape)
    assert abs(float(found.mean() - wanted)) <= 4 * float(found.std()) / math.sqrt(4000)


@pytest.mark.parametrize("gradient", ["escape", "identity"])
def test_a_small_noise_gives_the_surrogate_gradient_of_the_lif(gradient):
    # The forward pass without noise, the backward pass with a derivative that stays.
    drive = (0.3 * torch.randn(40, 2, 3, generator=seeded(0), dtype=DOUBLE)).requires_grad_()
    quiet, wide = SigmoidEscape(1e-9), SigmoidEscape(0.2)
    spikes = run(LIFNeuron(), drive.detach()).spikes
    forced = smoothed.clamped_run(NoisyNeuron(escape=wide, gradient=gradient), drive, spikes)
    assert torch.equal(forced.spikes, run(NoisyNeuron(escape=quiet), drive).spikes)
    (found,) = torch.autograd.grad((forced.spikes * torch.arange(3)).sum(), drive)
    surrogate = wide.surrogate()
    if gradient == "escape":
        again = drive.detach().clone().requires_grad_()
        out = run(LIFNeuron(surrogate=surrogate), again).spikes
        (wanted,) = torch.autograd.grad((out * torch.arange(3)).sum(), again)
        assert torch.allclose(found, wanted, rtol=1e-5, atol=1e-9)
    assert found.abs().sum() > 0


def test_optimal_baseline_of_one_coin_leaves_no_variance():
    p, at_one, at_zero = 0.25, 3.0, 1.0
    best = (1 - p) * at_one + p * at_zero
    assert (at_one - best) * (1 - p) == pytest.approx(-(at_zero - best) * p)


def drawn(seed=0, **noise):
    """Return a noisy neuron with a new source of random numbers."""
    return NoisyNeuron(generator=seeded(seed), **noise)


def test_learning_xor():
    history = smoothed.learn_xor("escape", drawn(), networks=4, updates=120)
    assert float(history.accuracy[:5].mean()) < 0.7
    assert float(history.accuracy[-10:].mean()) > 0.97
    frozen = smoothed.learn_xor("readout", drawn(), networks=4, updates=60)
    assert float(frozen.accuracy[-10:].mean()) < 0.9


def test_a_graded_network_promises_more_than_its_spikes_keep():
    loud = {"escape": SigmoidEscape(1.0)}
    options = {"networks": 4, "neurons": 5, "updates": 120, "lr": 0.03}
    history = smoothed.learn_xor("expected", drawn(**loud), **options)
    promised = smoothed.xor_loss(history, drawn(**loud), graded=True)
    kept = smoothed.xor_loss(history, drawn(1, **loud))
    assert (promised < kept).all()


def test_networks_side_by_side_do_not_share_weights():
    first = smoothed.learn_xor("baseline", drawn(), networks=3, updates=5)
    again = smoothed.learn_xor("baseline", drawn(), networks=3, updates=5)
    assert torch.equal(first.hidden, again.hidden)
    assert not torch.allclose(first.hidden[0], first.hidden[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SigmoidEscape(0.0), "noise is 0.0"),
        (lambda: ExponentialEscape(0.1, hazard=-1.0), "hazard is -1.0"),
        (lambda: smoothed.all_spike_trains(9, 2), "steps times neurons is 18"),
        (lambda: run(NoisyNeuron(), torch.ones(3, 2)), "drive has shape"),
        (lambda: run(NoisyNeuron(gradient="magic"), torch.ones(3, 1, 2)), "gradient is"),
        (lambda: smoothed.learn_xor("magic"), "rule is 'magic'"),
        (lambda: smoothed.learn_xor("score", samples=1), "samples is 1"),
        (lambda: smoothed.score_loss(torch.ones(1, 3), torch.ones(1, 3)), "losses has 1 run"),
        (lambda: smoothed.score_loss(torch.ones(3), torch.ones(3)), "losses has shape"),
        (
            lambda: smoothed.gradient_samples(torch.ones(1, 2), torch.ones(3, 4, 2), torch.sum),
            "one sample is accepted",
        ),
        (
            lambda: smoothed.clamped_run(
                NoisyNeuron(gradient="expected"), torch.ones(3, 1, 2), torch.ones(3, 1, 2)
            ),
            "sends no spikes",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_empty_and_parameters():
    empty = run(NoisyNeuron(tau_mem=20e-3), torch.zeros(0, 2, 3))
    assert empty.spikes.shape == empty.log_prob.shape == (0, 2, 3)
