"""What the explorers of part III show, against a loop or an independent computation."""

from math import comb, log, sqrt

import numpy as np
import pytest
import torch

from snnbook import explore
from snnbook.explore._best_of import best_scores
from snnbook.explore._one_delay import landscape as delay_landscape
from snnbook.explore._settle import STEPS, settle_drive
from snnbook.neurons import LIFNeuron, run


@pytest.mark.parametrize("kind", ["steady", "bursts"])
@pytest.mark.parametrize("sweep", [0, 1, 4])
def test_a_settling_guess_is_a_loop_under_the_resets_of_the_guess_before(kind, sweep):
    frame = explore.settle_frame(1.5, kind, sweep)
    drive, neuron = settle_drive(1.5, kind).flatten().numpy(), LIFNeuron()
    guess = np.zeros(STEPS)
    for _ in range(sweep):
        syn, mem, rows = 0.0, 0.0, []
        for n in range(STEPS):
            rows.append(mem)
            syn, mem = neuron.alpha * syn + drive[n], neuron.beta * mem + syn - guess[n]
        guess = (np.array(rows) > 1).astype(float)
    np.testing.assert_array_equal(frame["guess"], guess.nonzero()[0])
    if sweep:
        np.testing.assert_allclose(frame["mem"], rows, rtol=1e-9, atol=1e-9)
    right = run(neuron, torch.from_numpy(drive)[:, None, None])
    np.testing.assert_allclose(frame["right"], right.mem.flatten().numpy(), atol=1e-12)
    truth = right.spikes.flatten().numpy()
    assert frame["now_wrong"][0] == frame["wrong"][sweep] == np.abs(truth - guess).sum()
    assert frame["loop"].tolist() == truth.nonzero()[0].tolist()


@pytest.mark.parametrize(("delay", "width"), [(12, 0.5), (4, 2.0), (25, 8.0)])
def test_one_delay_by_a_loop(delay, width):
    """Kernel and membrane of the pair, written out; and the loss in words of the task."""
    frame = explore.one_delay_frame(delay, width)
    lags = np.arange(26)[:, None]
    shares = np.exp(-((lags - (delay, 0)) ** 2) / (2 * width**2))
    shares /= shares.sum(0)
    np.testing.assert_allclose(frame["arrives"][10:36], shares[:, 0], rtol=1e-4, atol=1e-7)
    arrives = np.zeros(60)
    arrives[10:36] += shares[:, 0]
    arrives[22:48] += shares[:, 1]
    alpha, beta = np.exp(-1 / 2), np.exp(-1 / 4)
    peak = max((alpha**n - beta**n) / (alpha - beta) for n in range(60))
    syn = mem = 0.0
    spiked = False
    for n in range(60):
        assert frame["mem"][n] == pytest.approx(mem, abs=2e-5)
        spike = mem > 1
        spiked |= spike
        syn, mem = alpha * syn + 0.55 / peak * arrives[n], beta * mem + syn - spike
    assert ("it spikes" in frame["text"]) == spiked == ((delay, width) == (12, 0.5))


def test_the_loss_of_one_delay_is_flat_and_the_surrogate_gradient_is_not():
    loss, right, _ = delay_landscape(0.5)
    assert right[12] == 1 and loss[12] == 0 and (right[:9] < 0.6).all()
    loss, _, pull = delay_landscape(2.0)
    assert (loss == 0.5).all()
    assert (pull[2:12] > 0).all() and (pull[14:25] < 0).all()
    assert (delay_landscape(8.0)[2] > 0).all()


@pytest.mark.parametrize("inputs, spikes", [(64, 0.2), (1024, 3.0)])
def test_what_a_neuron_affords_is_where_two_sums_meet(inputs, spikes):
    frame = explore.afford_frame(1.6, 4.9, 20, inputs, spikes)
    for rate, cost in zip(frame["rate"], frame["spiking"]):
        paid = sum([1.0] * inputs) * rate + sum([4.9] * 20)
        assert cost == pytest.approx(min(paid / inputs, 12.0))
    assert set(frame["other"]) == {1.6} and frame["here"] == [np.log2(inputs)]
    for power, bound in zip(frame["power"], frame["bound"]):
        left = 2**power * bound + 20 * 4.9 - 1.6 * 2**power
        assert left == pytest.approx(0, abs=1e-6) or (bound == 0 and left > 0)
    assert frame["now_cost"][0] == pytest.approx(spikes + 20 * 4.9 / inputs)


@pytest.mark.parametrize("looks", [1, 2, 16])
@pytest.mark.parametrize("shared", [0, 12, 40])
def test_the_best_of_some_looks_is_a_sum_over_what_they_share(looks, shared):
    """The chance that no look has more than j right, in sums of binomial coefficients."""
    truth, samples = 0.7, 40

    def chance(right, of):
        return comb(of, right) * truth**right * (1 - truth) ** (of - right)

    below = []
    for j in range(samples + 1):
        total = 0.0
        for common in range(min(j, shared) + 1):
            own = min(j - common, samples - shared)
            one = sum(chance(right, samples - shared) for right in range(own + 1))
            total += chance(common, shared) * one**looks
        below.append(total)
    found = best_scores(truth, samples, looks, shared)
    np.testing.assert_allclose(found.cumsum(), below, atol=1e-12)
    frame = explore.best_of_frame(truth, samples, looks, shared / samples)
    mean = 100 * sum(1 - one for one in below[:-1]) / samples
    assert frame["mean"][0] == pytest.approx(mean)
    assert frame["now_points"][0] == pytest.approx(mean - 70, abs=1e-9)
    assert f"{100 * (1 - below[28]):.1f} % of all cases" in frame["text"]


def test_the_best_of_some_looks_by_simulation():
    truth, samples, looks, shared, rng = 0.8, 100, 16, 50, np.random.default_rng(0)
    common = rng.random((20000, 1, shared)) < truth
    own = rng.binomial(samples - shared, truth, (20000, looks))
    scores = (common.sum(2) + own) / samples
    frame = explore.best_of_frame(truth, samples, looks, shared / samples)
    error = 100 * scores.max(1).std() / sqrt(20000)
    assert frame["mean"][0] == pytest.approx(100 * scores.max(1).mean(), abs=4 * error)
    correlation = np.corrcoef(scores.T)[np.triu_indices(looks, 1)].mean()
    assert correlation == pytest.approx(shared / samples, abs=0.02)
    spread = 100 * scores.std() * sqrt(1 - correlation)
    assert frame["formula"][4] == pytest.approx(spread * sqrt(2 * log(looks)), rel=0.02)


def test_the_formula_is_above_the_best_and_comes_nearer_with_more_looks():
    frame = explore.best_of_frame(0.8, 1000)
    share = np.array(frame["exact"][1:]) / frame["formula"][1:]
    assert (share < 1).all() and (np.diff(share) > 0).all() and share[-1] > 0.8
    assert frame["exact"][0] == frame["formula"][0] == 0
    alone = explore.best_of_frame(0.8, 100, 1)
    np.testing.assert_array_equal(alone["one"], alone["best"])
    assert explore.best_of_frame(0.8, 100, 64, shared=1.0)["now_points"][0] < 1e-9


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"truth": 1.0}, "truth is 1.0"),
        ({"shared": 1.5}, "shared is 1.5"),
        ({"looks": 0}, "looks is 0"),
        ({"samples": 0}, "samples is 0"),
    ],
)
def test_looks_that_cannot_be_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        explore.best_of_frame(**wrong)


@pytest.mark.parametrize("kind", ["forward", "symplectic"])
def test_a_step_that_explodes_is_a_loop_and_its_eigenvalues_solve_a_quadratic(kind):
    frame = explore.discretize_frame(150.0, 1.0, kind)
    beta, rho, u, w = np.exp(-1 / 20), np.exp(-1 / 100), 1.0, 0.0
    added = (1 - beta) * (1 - rho) * 150.0
    trace, area = beta + rho - added, beta * rho
    if kind == "forward":
        trace, area = beta + rho, beta * rho + added
    roots = np.sort_complex(np.roots([1, -trace, area]))
    np.testing.assert_allclose(np.sort_complex(frame["real"] + 1j * frame["imaginary"]), roots)
    course = []
    for _ in range(len(frame["time"])):
        course.append(u)
        new = rho * w + (1 - rho) * 150.0 * u
        u, w = beta * u - (1 - beta) * (new if kind == "symplectic" else w), new
    np.testing.assert_allclose(frame["mem"], np.clip(course, -3, 3), atol=1e-9)
    assert ("unstable" in frame["text"]) == (kind == "forward")
    exact = frame["exact_real"] + 1j * frame["exact_imaginary"]
    np.testing.assert_allclose(np.abs(exact), np.exp(-(1 / 20 + 1 / 100) / 2))
