"""Filter banks against written-out loops, the library's own filter and closed forms."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded
from scipy.signal import freqz, gammatone

from snnbook.signals import erb_centers, gammatone_bank, mel_bank, mel_filters
from snnbook.signals._gammatone import _band

RATE = 8000.0
BANKS = {"mel": mel_bank, "gammatone": gammatone_bank}


def tone(frequency, seconds=0.4, rate=RATE):
    return torch.sin(2 * math.pi * frequency * torch.arange(int(seconds * rate)) / rate)


def noise(samples=1600):
    return torch.randn(samples, generator=seeded(3), dtype=torch.float64)


def test_mel_bank_equals_a_loop_over_steps_and_bands():
    sound, channels, dt, width = noise(), 6, 5e-3, 256
    mels = [2595 * math.log10(1 + f / 700) for f in (60.0, 4000.0)]
    edges = [700 * (10 ** (m / 2595) - 1) for m in np.linspace(*mels, channels + 2)]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)
    power = np.zeros((40, channels))
    for n in range(40):
        heard = np.concatenate([np.zeros(width), sound.numpy()])[
            (n + 1) * 40 : (n + 1) * 40 + width
        ]
        spectrum = np.abs(np.fft.fft(heard * window)) ** 2
        for i in range(channels):
            for k in range(width // 2 + 1):
                f = k * RATE / width
                rise = (f - edges[i]) / (edges[i + 1] - edges[i])
                fall = (edges[i + 2] - f) / (edges[i + 2] - edges[i + 1])
                power[n, i] += max(0.0, min(rise, fall)) * spectrum[k]
    wanted = np.clip(1 + 10 / 60 * np.log10(power / power.max()), 0, 1)
    found = mel_bank(sound, RATE, channels=channels, dt=dt, window=width / RATE)
    assert found.shape == (40, 1, channels)
    assert np.abs(found[:, 0].numpy() - wanted).max() < 1e-6


@pytest.mark.parametrize("center", [300.0, 1000.0, 2500.0])
def test_a_band_is_the_gammatone_filter_of_scipy(center):
    """Gain 1 at the center, and the shape of the filter that scipy designs in another way."""
    rate = 16000.0
    impulse = np.zeros((1, 8000))
    impulse[0, 0] = 1.0
    frequencies = center * np.array([0.7, 0.85, 1.0, 1.15, 1.3])
    response = _band(impulse, center, rate)[0].real  # half of each side of the spectrum
    _, ours = freqz(response, worN=frequencies, fs=rate)
    _, theirs = freqz(*gammatone(center, "iir", fs=rate), worN=frequencies, fs=rate)
    assert abs(abs(ours[2]) - 1) < 0.01
    assert np.abs(np.abs(ours) - np.abs(theirs)).max() < 0.03


def test_the_envelope_of_a_band_is_that_of_the_formula():
    center, rate = 500.0, 16000.0
    impulse = np.zeros((1, 2000))
    impulse[0, 0] = 1.0
    envelope = np.abs(_band(impulse, center, rate)[0])
    time = np.arange(2000) / rate
    width = 1.019 * 24.7 * (1 + 0.00437 * center)
    formula = time**3 * np.exp(-2 * math.pi * width * time)
    formula *= envelope.max() / formula.max()
    assert abs(time[envelope.argmax()] - 3 / (2 * math.pi * width)) < 3e-4
    assert np.abs(envelope - formula).max() < 0.05 * envelope.max()


@pytest.mark.parametrize("name", BANKS)
@pytest.mark.parametrize("frequency", [200.0, 700.0, 2000.0])
def test_a_tone_is_loudest_in_the_band_around_it(name, frequency):
    bands = BANKS[name](tone(frequency), RATE, channels=24, low=80.0, high=3600.0)
    if name == "mel":
        filters = mel_filters(24, RATE, 8000, low=80.0, high=3600.0)  # one frequency each Hz
        wanted = int(filters[:, round(frequency)].argmax())
    else:
        wanted = int((erb_centers(24, 80.0, 3600.0) - frequency).abs().argmin())
    assert int(bands[60, 0].argmax()) == wanted and bands[60, 0].max() > 0.9


@pytest.mark.parametrize("name", BANKS)
def test_nothing_is_heard_before_it_sounds(name):
    """A change of the sound from 0.1 s on leaves the steps before as they are."""
    sound, other = noise(), noise()
    other[800:] = 0
    one, two = (BANKS[name](x, RATE, channels=8, loudest=100.0) for x in (sound, other))
    assert torch.equal(one[:20], two[:20]) and not torch.equal(one[20:], two[20:])


@pytest.mark.parametrize("name", BANKS)
def test_a_sound_is_the_same_alone_in_a_batch_and_in_other_units(name):
    bank, sounds = BANKS[name], torch.stack([tone(300.0), tone(900.0)])
    both = bank(sounds, RATE, channels=8)
    assert torch.equal(both[:, 1:], bank(sounds[1], RATE, channels=8))
    louder = (sounds[1].numpy() * 20000).astype(np.int16)
    assert (bank(louder, RATE, channels=8) - both[:, 1:]).abs().max() < 1e-2
    assert (bank(2 * sounds, RATE, channels=8) - both).abs().max() < 1e-6


@pytest.mark.parametrize("name", BANKS)
def test_decibels_span_from_0_to_1(name):
    bank, sound = BANKS[name], noise()
    wide, narrow = (bank(sound, RATE, channels=5, span=span) for span in (80.0, 40.0))
    assert wide.max() == narrow.max() == 1 and narrow.min() >= 0
    inside = narrow > 0
    assert torch.allclose(1 - narrow[inside], 2 * (1 - wide[inside]), atol=1e-5)
    assert (bank(torch.zeros(400), RATE, channels=5) == 0).all()
    half = bank(sound, RATE, channels=5, loudest=1e12)
    assert half.max() < 1


@pytest.mark.parametrize("name", BANKS)
@pytest.mark.parametrize("samples", [40, 41, 79, 80, 400])
def test_the_last_step_ends_after_the_sound(name, samples):
    bands = BANKS[name](torch.ones(samples), RATE, channels=4, dt=5e-3)
    assert bands.shape == (math.ceil(samples / 40), 1, 4) and bands.isfinite().all()


def test_steps_that_are_no_whole_number_of_samples():
    bands = mel_bank(tone(441.0, 1.0, 44100.0), 44100.0, channels=12, dt=5e-3)
    assert bands.shape[0] == 200


def test_a_long_recording_is_cut_and_joined():
    sound = torch.randn(8000 * 6, generator=seeded(1))
    whole = mel_bank(sound, RATE, channels=6, loudest=10.0)  # 1200 steps, two pieces
    late = mel_bank(sound[8000 * 4 :], RATE, channels=6, loudest=10.0)
    assert torch.equal(whole[-300:], late[-300:])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: mel_bank(torch.zeros(2, 2, 2), RATE), "sound has shape"),
        (lambda: mel_bank([0.0], RATE), "sound is a list"),
        (lambda: mel_bank(torch.zeros(0), RATE), "at least one sample"),
        (lambda: mel_bank(torch.zeros(39), RATE), "sound has 39 samples"),
        (lambda: mel_bank(torch.tensor([math.nan]), RATE), "sound"),
        (lambda: mel_bank(tone(100.0), RATE, dt=1e-5), "dt is 1e-05; at least one sample"),
        (lambda: mel_bank(tone(100.0), RATE, high=5000.0), "at most half the rate, 4000.0 Hz"),
        (lambda: mel_bank(tone(100.0), RATE, low=5000.0), "low is 5000.0"),
        (lambda: mel_bank(tone(100.0), RATE, channels=200), "fewer channels, a longer window"),
        (lambda: gammatone_bank(tone(100.0), RATE, low=3700.0), "low is 3700.0"),
        (lambda: gammatone_bank(tone(100.0), RATE, loudest=0.0), "loudest is 0.0"),
    ],
)
def test_errors_name_what_is_accepted(call, words):
    with pytest.raises((TypeError, ValueError), match=words.replace("(", r"\(")):
        call()
