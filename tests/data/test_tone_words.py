"""Words of tones: where their resonances are, what a voice changes, and what a split says."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded
from sklearn.linear_model import LogisticRegression

from snnbook.data import TONE_WORDS, _tone_words, tone_words
from snnbook.signals import mel_bank

RATE = 8000.0


@pytest.fixture
def exact(monkeypatch):
    """Take chance away: every take of a voice is the same, and has no noise."""
    none = _tone_words.Spread(0.0, 0.0, 0.0, 0.0, 0.0)
    for name in ("AMONG_VOICES", "AMONG_TAKES"):
        monkeypatch.setattr(_tone_words, name, none)
    monkeypatch.setattr(_tone_words, "NOISE", 0.0)
    monkeypatch.setattr(_tone_words, "QUIETEST", 0.0)


def resonances(sound, order=4):
    """Return the frequencies of two resonances by linear prediction from four samples.

    Where a pulse comes, no prediction holds: the worst three in ten are left out, and again.
    """
    rows = sound.double().unfold(0, order + 1, 1).numpy()
    kept = np.full(len(rows), True)
    for _ in range(8):
        weights = np.linalg.lstsq(rows[kept, :-1], rows[kept, -1], rcond=None)[0]
        missed = np.abs(rows[:, -1] - rows[:, :-1] @ weights)
        kept = missed < np.quantile(missed, 0.7)
    roots = np.roots([1, *-weights[::-1]])
    return sorted(np.angle(roots[roots.imag > 0]) * RATE / (2 * math.pi))


def word_of(sound):
    """Return a recording without noise from its first to its last sample that is not 0."""
    heard = sound.nonzero().flatten()
    return sound[heard[0] : heard[-1] + 1]


def test_sounds_come_in_order_with_their_words_voices_and_takes():
    said = tone_words(3, 4, 2, generator=seeded())
    wanted = [(v, w, k) for v in range(4) for w in range(3) for k in range(2)]
    numbers = zip(said.voices.tolist(), said.labels.tolist(), said.takes.tolist())
    assert list(numbers) == wanted and len(said.sounds) == 24
    assert {x.dtype for x in said[1:]} == {torch.int64}
    assert all(x.dim() == 1 and x.dtype == torch.float32 for x in said.sounds)
    assert len({len(x) for x in said.sounds}) > 15
    assert all(0.2 < len(x) / RATE < 1.2 and x.abs().max() <= 1 for x in said.sounds)


def test_the_seed_says_all():
    one, same, other = (tone_words(2, 2, 2, generator=seeded(k)).sounds for k in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(one, same))
    assert not any(len(a) == len(b) and torch.equal(a, b) for a, b in zip(one, other))


def test_every_word_passes_another_three_vowels():
    assert len({frozenset(word) for word in TONE_WORDS}) == len(TONE_WORDS)
    assert all(len(set(word)) == 3 for word in TONE_WORDS)


def test_a_voice_scales_the_resonances_of_the_vowels(exact):
    """Linear prediction finds those of the vowel in the middle, 2 % near, for three voices."""
    said = tone_words(6, 3, 1, generator=seeded())
    for sound, label, voice in zip(said.sounds, said.labels.tolist(), said.voices.tolist()):
        vowel = _tone_words.VOWELS[TONE_WORDS[label][1]]
        middle = round((0.21 - 1 / 130 / (0.8, 1.0, 1.25)[voice] ** 1.5) * RATE)  # a pulse of 0
        found = resonances(word_of(sound)[middle - 200 : middle + 200])
        wanted = [f * (0.8, 1.0, 1.25)[voice] for f in vowel]
        assert found == pytest.approx(wanted, rel=0.02), (TONE_WORDS[label], voice)


def test_a_path_begins_and_ends_at_its_vowels_and_rests_at_each():
    targets = torch.tensor([[300.0, 2000.0], [700.0, 1100.0], [500.0, 800.0]])
    x = torch.linspace(0, 1, 101)
    path = _tone_words._path(targets, x)
    assert torch.allclose(path[[0, 50, 100]], targets)
    assert torch.allclose(path[25], (targets[0] * targets[1]).sqrt())
    speed = path.log().diff(dim=0).abs()
    assert (speed[[0, 49, 50, 99]] < 0.1 * speed.amax(0)).all()


def test_pulses_are_those_of_a_pitch_that_falls_by_a_fifth():
    seconds, pitch = 0.5, 120.0
    times, strength = _tone_words._pulses(seconds, pitch)
    x = np.linspace(0, 1, 200001)
    passed = np.concatenate([[0], np.cumsum(pitch * (1 - 0.2 * (x[1:] + x[:-1]) / 2)) * 0.5 / 2e5])
    count = np.interp(times.numpy() / seconds, x, passed)
    assert np.abs(count - np.arange(len(times))).max() < 1e-6
    assert len(times) == 55 and times[-1] < seconds + 1e-9
    assert strength[0] == 0 and strength.max() == pytest.approx(1, abs=1e-3)


def test_the_ringing_equals_its_formula():
    times = torch.tensor([0.0, 0.0031, 0.00999], dtype=torch.float64)
    strength = torch.tensor([[1.0, 0.5], [0.3, 0.7], [0.9, 0.1]], dtype=torch.float64)
    formants = torch.tensor([[400.0, 1500.0], [500.0, 1400.0], [600.0, 1300.0]]).double()
    sound = _tone_words._ring(times, strength, formants, 0.02, RATE)
    assert len(sound) == 160 + math.ceil(6 / (math.pi * 90) * RATE)
    for n in range(160):
        wanted = 0.0
        for t, b, f in zip(times.tolist(), strength.tolist(), formants.tolist()):
            after = n / RATE - t
            if after >= 0:
                tones = sum(b[j] * math.sin(2 * math.pi * f[j] * after) for j in (0, 1))
                wanted += math.exp(-math.pi * 90 * after) * tones
        assert sound[n].item() == pytest.approx(wanted, abs=1e-9)


def test_a_short_vocal_tract_speaks_higher_and_a_fast_tempo_shorter(exact):
    voices = _tone_words._voices(5, seeded())
    assert [v.scale for v in voices] == pytest.approx([0.8 * 1.5625 ** (k / 4) for k in range(5)])
    assert [v.pitch for v in voices] == sorted(v.pitch for v in voices)
    middle = tone_words(1, 1, 1, generator=seeded()).sounds[0]
    tail = math.ceil(6 / (math.pi * 90) * RATE)
    assert len(word_of(middle)) == pytest.approx(0.42 * RATE + tail, abs=tail)
    slow = _tone_words._said("iau", voices[2]._replace(tempo=0.5), RATE)
    assert len(slow) - tail == pytest.approx(2 * 0.42 * RATE, abs=1)


def test_takes_differ_in_loudness_and_begin_after_a_silence_with_noise():
    sounds = tone_words(2, 2, 25, generator=seeded(3)).sounds
    peaks = torch.tensor([x.abs().max() for x in sounds])
    assert 0.1 < peaks.min() < 0.17 and 0.4 < peaks.max() < 0.53
    silence = torch.stack([x[:160] for x in sounds])
    assert silence.std() == pytest.approx(_tone_words.NOISE, rel=0.05)


def test_a_higher_rate_has_the_same_resonances(exact):
    fine = tone_words(1, 1, 1, rate=16000.0, generator=seeded()).sounds[0]
    coarse = tone_words(1, 1, 1, generator=seeded()).sounds[0]
    pair = [word_of(x)[: 2 * 1600 if k else 1600] for k, x in enumerate((coarse, fine))]
    spectra = [torch.fft.rfft(x.double()).abs()[:300] for x in pair]
    assert torch.corrcoef(torch.stack(spectra))[0, 1] > 0.99


def test_a_split_by_take_flatters():
    """A linear reading of bands in thirds of a word: takes of known voices against new voices."""
    said = tone_words(6, 6, 12, generator=seeded(1))
    rows = []
    for sound in said.sounds:
        bands = mel_bank(sound, RATE, channels=24, dt=10e-3, span=40.0)[:, 0]
        heard = bands[bands.amax(1) > 0.5]
        rows.append(torch.cat([part.mean(0) for part in heard.tensor_split(3)]))
    features, labels = torch.stack(rows).numpy(), said.labels.numpy()

    def score(out):
        reader = LogisticRegression(C=10.0, max_iter=1000).fit(features[~out], labels[~out])
        return reader.score(features[out], labels[out])

    by_take = score(said.takes.numpy() >= 9)
    by_voice = [score(said.voices.numpy() == v) for v in range(6)]
    assert by_take > 0.95 and np.mean(by_voice) < by_take - 0.1
    assert min(by_voice) > 1 / 6


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"words": 0}, "words is 0"),
        ({"words": 11}, "words is 11; at most 10 are accepted"),
        ({"voices": 0}, "voices is 0"),
        ({"takes": 1.5}, "takes is 1.5"),
        ({"rate": 4000.0}, "rate is 4000.0; 8000 to 192000 Hz are accepted"),
        ({"rate": 1e6}, "rate is 1000000.0; 8000 to 192000 Hz"),
        ({"generator": 0}, "generator is a int"),
    ],
)
def test_a_wrong_argument_is_named(wrong, message):
    given = {"words": 2, "voices": 2, "takes": 2, "generator": seeded()} | wrong
    with pytest.raises((ValueError, TypeError), match=message):
        tone_words(**given)
