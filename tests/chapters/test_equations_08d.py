"""Each labelled equation of chapter 8d against an independent computation."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.signal import freqz, lfilter

from snnbook import signals
from snnbook.data import Varied, moved
from snnbook.training import best_of_looks


@pytest.mark.equation("eq-08d-band")
@pytest.mark.parametrize("heard", [300.0, 900.0, 1000.0, 1130.0, 2500.0])
def test_a_band_answers_a_tone_as_its_transfer_function_says(heard):
    """The power of a tone in the band at 1000 Hz is the squared gain of four poles."""
    rate, center = 8000, 1000.0
    tone = np.sin(2 * np.pi * heard * np.arange(8000) / rate)
    loud = signals.gammatone_bank(
        np.stack([tone, np.sin(2 * np.pi * center * np.arange(8000) / rate)]),
        rate,
        channels=1,
        low=center,
        high=2000.0,
        dt=0.1,
        span=400.0,
        loudest=1.0,
    )[-1, :, 0]
    decay = math.exp(-2 * math.pi * 1.019 * 24.7 * (1 + 0.00437 * center) / rate)
    pole = decay * np.exp(2j * math.pi * center / rate)
    turn = 2 * math.pi * np.array([heard, -heard]) / rate  # a real tone is two turns
    _, gains = freqz([1 - decay], [1, -pole], worN=turn)
    power = sum(abs(gain**4) ** 2 for gain in gains)
    assert loud[0] == pytest.approx(1 + 10 / 400 * math.log10(power), abs=2e-4)
    assert loud[1] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.equation("eq-08d-hair")
def test_a_hair_cell_follows_its_differential_equations():
    """A constant motion is a constant k: the equations are solved finely by another program."""
    A, B, G, Y, X, L, R = 5.0, 300.0, 2000.0, 5.05, 66.31, 2500.0, 6580.0
    rate, dt = 100_000, 1e-3
    tone = np.sin(2 * np.pi * 2000.0 * np.arange(2000) / rate)
    found = signals.hair_cells(tone, rate, channels=1, dt=dt, low=2000.0, high=4000.0, level=70.0)
    power = np.sum(tone**2) / (0.1 * rate)  # of a tenth of a second, which the tone does not fill
    motion = 2 * 10 ** ((70.0 - 30.0) / 20) / np.sqrt(power) * tone.astype(complex)
    decay = math.exp(-2 * math.pi * 1.019 * 24.7 * (1 + 0.00437 * 2000.0) / rate)
    for _ in range(4):
        motion = lfilter([1 - decay], [1, -decay * np.exp(2j * math.pi * 2000.0 / rate)], motion)
    motion = motion.real

    def flow(time, state):
        q, c, w = state
        gap = max(float(np.interp(time, np.arange(1, 2001) / rate, motion, left=0.0)) + A, 0.0)
        k = G * gap / (gap + B)
        return [Y * (1 - q) + X * w - k * q, k * q - (L + R) * c, R * c - X * w]

    k = G * A / (A + B)
    rest = k * Y / (k * L + Y * (L + R))
    start = [rest * (L + R) / k, rest, rest * R / X]
    fine = np.linspace(0, 0.02, 20001)
    solved = solve_ivp(flow, (0, 0.02), start, t_eval=fine, method="LSODA", rtol=1e-8, atol=1e-12)
    means = solved.y[1][:-1].reshape(20, 1000).mean(1) / rest - 1
    np.testing.assert_allclose(found[:, 0, 0], means, atol=0.02 * means.max())


@pytest.mark.equation("eq-08d-moved")
def test_spikes_land_where_the_equation_says_and_readings_stay_in_range():
    generator = torch.Generator().manual_seed(0)
    spikes = (torch.rand(40, 9, generator=generator) < 0.2).float()
    for shift, factor in itertools.product((-2, 0, 3), (0.8, 1.0, 1.3)):
        land = {
            (min(round(factor * n), round(factor * 40) - 1), i + shift)
            for n, i in spikes.nonzero().tolist()
            if 0 <= i + shift < 9
        }
        found = moved(spikes, shift=shift, factor=factor)
        assert {tuple(place) for place in found.nonzero().tolist()} == land
    varied = Varied([(spikes, 0)], shift=2, stretch=0.25, generator=generator)
    assert {30 <= len(varied[0][0]) <= 50 for _ in range(50)} == {True}


@pytest.mark.equation("eq-08d-best")
def test_the_best_of_several_looks_by_every_outcome_and_by_drawing():
    """All outcomes of three looks at four samples, then a large case by drawing."""
    p, n, looks = 0.7, 4, 3
    weights = [math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    exact = sum(
        max(counts) / n * math.prod(weights[c] for c in counts)
        for counts in itertools.product(range(n + 1), repeat=looks)
    )
    assert best_of_looks(p, n, looks) == pytest.approx(exact, abs=1e-12)
    drawn = np.random.default_rng(0).binomial(300, 0.94, size=(20_000, 30)).max(1) / 300
    error = drawn.std() / math.sqrt(len(drawn))
    assert abs(best_of_looks(0.94, 300, 30) - drawn.mean()) < 4 * error
