"""Inner hair cells against the differential equations, closed forms and what real ones do."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded
from scipy.integrate import solve_ivp

from snnbook.signals import _hair_cell, hair_cells
from snnbook.signals._gammatone import _band, erb_centers

RATE, CENTER = 8000.0, 1000.0
#: The published parameters, written out once more.
G, A, B, Y, LOST, TAKEN, X = 2000.0, 5.0, 300.0, 5.05, 2500.0, 6580.0, 66.31
C0 = (G * A / (A + B)) * Y / ((G * A / (A + B)) * LOST + Y * (LOST + TAKEN))


def permeability(motion: float) -> float:
    return G * (motion + A) / (motion + A + B) if motion + A > 0 else 0.0


def rates(u, k):
    """Return the right-hand sides of the three equations."""
    q, c, w = u
    return [
        Y * (1 - q) + X * w - k * q,
        k * q - (LOST + TAKEN) * c,
        TAKEN * c - X * w,
    ]


def bursts(spans, seconds, frequency=CENTER, rate=RATE):
    """Return a tone that sounds from a to b for each (a, b) of ``spans``."""
    time = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    on = sum(((time >= a) & (time < b)).double() for a, b in spans)
    return torch.sin(2 * math.pi * frequency * time) * on


def one_cell(sound, **options):
    """Return what the cell at 1000 Hz says (T,)."""
    return hair_cells(sound, RATE, channels=2, low=CENTER, high=3000.0, **options)[:, 0, 0]


def test_silence_leaves_the_cell_at_the_closed_form_of_rest():
    q, c, w = _hair_cell._rest(permeability(0.0))
    assert np.abs(rates((q, c, w), permeability(0.0))).max() < 1e-12
    assert c == pytest.approx(C0, rel=1e-12)
    assert hair_cells(torch.zeros(4000), RATE).abs().max() < 1e-6


@pytest.mark.parametrize("k", [0.5, 30.0, 900.0])
@pytest.mark.parametrize("rate", [500.0, 8000.0])
def test_a_constant_permeability_leads_to_its_rest_at_any_rate(k, rate):
    wanted = k * Y / (k * LOST + Y * (LOST + TAKEN))
    found = _hair_cell._cleft(np.full((round(4 * rate), 1, 1), k), 1 / rate)[:, 0, 0]
    assert found[-1] == pytest.approx(wanted, rel=1e-6)
    assert found.max() < 1  # more than the whole store never leaves it


@pytest.mark.parametrize("low", [0.0, -40.0])
def test_the_trapezoids_approach_the_equations(low):
    """With the square of the step where k is smooth, and nearly so where it has a kink."""

    def motion(t):
        return (
            np.where(np.sin(2 * np.pi * 300 * t) > 0, 40.0, -low) * np.sin(2 * np.pi * 300 * t) ** 3
        )

    seconds, step, many = 0.05, 5e-3, 40000
    time = np.linspace(0, seconds, many + 1)
    precise = {"t_eval": time, "rtol": 1e-9, "atol": 1e-13, "max_step": 5e-5}
    rest = _hair_cell._rest(permeability(0.0))
    c = solve_ivp(lambda t, u: rates(u, permeability(motion(t))), (0, seconds), rest, **precise).y[
        1
    ]
    area = np.concatenate([[0], np.cumsum((c[1:] + c[:-1]) / 2) * (seconds / many)])
    wanted = np.diff(area[:: round(step / seconds * many)]) / step
    errors = []
    for rate in (8000, 16000, 32000, 64000):
        k = np.vectorize(permeability)(motion(np.arange(1, round(seconds * rate) + 1) / rate))
        means = _hair_cell._cleft(k[:, None, None], 1 / rate)[:, 0, 0]
        errors.append(np.abs(means.reshape(-1, round(step * rate)).mean(1) / wanted - 1).max())
    assert errors[0] < 0.01 and errors[-1] < 1e-4
    assert low < 0 or all(3.5 < one / two < 4.5 for one, two in zip(errors, errors[1:]))


def test_the_whole_equals_a_loop_that_solves_three_equations_a_sample():
    sound, channels, dt, level = torch.randn(700, generator=seeded(4)), 3, 5e-3, 65.0
    power = max(float((sound[:n][-800:].double() ** 2).sum()) / 800 for n in range(1, 701))
    heard = np.zeros((1, 720))  # the last step ends after the sound
    heard[0, :700] = sound.double().numpy() * 10 ** ((level - 30) / 20) / math.sqrt(power)
    wanted = np.zeros((18, channels))
    for i, center in enumerate(erb_centers(channels, 60.0, 3600.0).tolist()):
        a, fill = 0.5 / RATE, np.array([Y, 0.0, 0.0])

        def matrix(k):
            return np.array([[-Y - k, 0, X], [k, -LOST - TAKEN, 0], [0, TAKEN, -X]])

        k, u = permeability(0.0), np.array(_hair_cell._rest(permeability(0.0)))
        for n, motion in enumerate(_band(heard, center, RATE)[0].real):
            later = permeability(motion)
            known = u + a * (matrix(k) @ u + 2 * fill)
            before, u, k = u, np.linalg.solve(np.eye(3) - a * matrix(later), known), later
            wanted[n // 40, i] += (before[1] + u[1]) / 2 / 40
    found = hair_cells(sound, RATE, channels=channels, dt=dt, level=level)
    assert found.shape == (18, 1, channels) and found.dtype == torch.float32
    assert np.abs(found[:, 0].numpy() - (wanted / C0 - 1)).max() < 1e-5


def test_a_cell_adapts_and_is_below_rest_after_the_tone():
    cell = one_cell(bursts([(0.1, 0.5)], 0.8))
    onset, steady = cell.max(), cell[90:100].mean()
    assert int(cell.argmax()) in (20, 21, 22) and onset > 3 * steady > 0.5
    assert cell[:20].abs().max() < 1e-5 and cell.min() < -0.3
    assert -0.1 < cell[-1] < 0 and (cell[105:].diff() > 0).all()


def test_a_second_tone_is_answered_the_more_the_longer_the_silence_before():
    onsets = [
        one_cell(bursts([(0.0, 0.3), (0.3 + gap, 0.4 + gap)], 1.2))[60:].max().item()
        for gap in (0.01, 0.03, 0.1, 0.3, 0.7)
    ]
    fresh = one_cell(bursts([(0.0, 0.3)], 0.3)).max()
    assert onsets == sorted(onsets) and onsets[0] < 0.6 * fresh and onsets[-1] > 0.9 * fresh


def test_the_answer_grows_with_the_level_and_saturates():
    tone, most = bursts([(0.0, 1.0)], 1.0), Y / (LOST * C0) - 1
    steady = [one_cell(tone, level=float(level))[180:].mean() for level in range(40, 130, 10)]
    growth = torch.stack(steady).diff()
    assert abs(steady[0]) < 0.01 and (growth > 0).all()
    assert steady[-1] < most < 0.56 and growth[:2].min() > 10 * growth[-3:].max()


def test_a_step_of_a_period_leaves_out_the_beat_of_a_low_tone():
    """At each sample the cell follows the period; the mean over 5 ms of 200 Hz is still."""
    tone = bursts([(0.0, 0.6)], 0.6, frequency=200.0)
    fine, coarse = (
        hair_cells(tone, RATE, channels=2, low=200.0, high=400.0, dt=dt)[:, 0, 0]
        for dt in (1 / RATE, 5e-3)
    )
    late = fine[4000:]
    spectrum = torch.fft.rfft(late - late.mean()).abs()
    assert torch.fft.rfftfreq(800, 1 / RATE)[spectrum.argmax()] == 200.0
    assert late.std() > 100 * coarse[100:].std()
    assert torch.allclose(fine.reshape(-1, 40).mean(1), coarse, atol=1e-5)


@pytest.mark.parametrize("level", [30.0, 60.0])
def test_the_level_is_that_of_the_loudest_tenth_of_a_second(level):
    sound = bursts([(0.2, 0.4)], 0.5).numpy()[None]
    made = _hair_cell._at_level(sound, RATE, level)[0]
    loudest = max(np.sqrt((made[n : n + 800] ** 2).mean()) for n in range(0, 3200, 8))
    assert 20 * math.log10(loudest) + 30 == pytest.approx(level, abs=0.01)
    assert (_hair_cell._at_level(np.zeros((2, 9)), RATE, level) == 0).all()


def test_a_sound_is_the_same_alone_in_a_batch_with_silence_after_it_and_in_other_units():
    sounds = torch.stack([bursts([(0.0, 0.2)], 0.4), bursts([(0.1, 0.3)], 0.4, frequency=400.0)])
    both = hair_cells(sounds, RATE, channels=5)
    assert torch.equal(both[:, 1:], hair_cells(sounds[1], RATE, channels=5))
    longer = hair_cells(torch.nn.functional.pad(sounds, (0, 1600)), RATE, channels=5)
    assert torch.equal(longer[:80], both) and longer.shape[0] == 120
    whole = (sounds.numpy() * 20000).round().astype(np.int16)
    assert (hair_cells(whole, RATE, channels=5) - both).abs().max() < 0.02


def test_many_sounds_are_taken_in_parts(monkeypatch):
    sounds = torch.randn(5, 400, generator=seeded(2))
    whole = hair_cells(sounds, RATE, channels=4)
    monkeypatch.setattr(_hair_cell, "MOST", 2 * 400 * 4)
    assert torch.equal(hair_cells(sounds, RATE, channels=4), whole)


def test_nothing_is_heard_before_it_sounds():
    """A faint change from 0.2 s on, after the loudest, leaves the steps before as they are."""
    sound = bursts([(0.0, 0.15)], 0.4)
    other = sound + 0.3 * bursts([(0.2, 0.4)], 0.4)
    one, two = hair_cells(sound, RATE, channels=6), hair_cells(other, RATE, channels=6)
    assert torch.equal(one[:40], two[:40]) and not torch.equal(one[40:], two[40:])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: hair_cells(torch.zeros(2, 2, 2), RATE), "sound has shape"),
        (lambda: hair_cells(torch.zeros(39), RATE), "sound has 39 samples"),
        (lambda: hair_cells(torch.zeros(400), RATE, level=math.nan), "level is nan"),
        (lambda: hair_cells(torch.zeros(400), RATE, level=201.0), "level is 201.0; at most 200"),
        (lambda: hair_cells(torch.zeros(400), RATE, low=3700.0), "low is 3700.0"),
        (lambda: hair_cells(torch.zeros(400), RATE, channels=0), "channels is 0"),
    ],
)
def test_errors_name_what_is_accepted(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call()
