"""Words made of tones: a path of two resonances, said by voices that differ (chapter 8d)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer, check_positive

#: The words by label, as the vowels that they pass: no two words pass the same three.
TONE_WORDS = ("iau", "aoe", "uie", "oia", "eau", "uoi", "auo", "eio", "oeu", "iea")

#: First and second resonance of each vowel in Hz: means of men by Peterson and Barney (1952).
VOWELS = {"i": (270, 2290), "e": (530, 1840), "a": (730, 1090), "o": (570, 840), "u": (300, 870)}
WIDTH = 90.0  # of a resonance, in Hz
HIGHEST = 3800.0  # resonance in Hz: half of the lowest rate is 4000

# Of a voice: the factors of the longest and the shortest vocal tract; its pitch in Hz where the
# factor is 1; the seconds of its words at tempo 1; how far the second resonance is below the first
LONG, SHORT, PITCH, SECONDS, TILT = 0.8, 1.25, 130.0, 0.42, 6.0


class Spread(NamedTuple):
    """Standard deviations of what is drawn: of logarithms, and of the tilt in decibels."""

    scale: float
    pitch: float
    tempo: float
    tilt: float
    vowels: float


AMONG_VOICES = Spread(scale=0.0, pitch=0.1, tempo=0.12, tilt=3.0, vowels=0.1)
AMONG_TAKES = Spread(scale=0.02, pitch=0.05, tempo=0.08, tilt=1.5, vowels=0.025)
QUIETEST = 12.0  # decibels of the softest take below the loudest
NOISE = 0.005  # standard deviation, where the loudest take goes from -0.5 to 0.5


class ToneWords(NamedTuple):
    """Recordings of words, in order of voice, word and take.

    Attributes
    ----------
    sounds : list of Tensor, each of shape (L,), dtype float32
        Samples between -1 and 1, of unequal lengths.
    labels : Tensor, shape (n,), dtype int64
        The word of each, an index in :data:`TONE_WORDS`.
    voices, takes : Tensor, shape (n,), dtype int64
        Who said it, from the longest vocal tract to the shortest, and for which time.
    """

    sounds: list[Tensor]
    labels: Tensor
    voices: Tensor
    takes: Tensor


class Voice(NamedTuple):
    """How one speaker speaks, or how one take of a speaker sounds."""

    scale: float  # of all resonances
    pitch: float  # in Hz, at the beginning
    tempo: float
    tilt: float  # of the second resonance below the first, in dB
    vowels: Tensor  # (5, 2), the logarithms of their resonances for a scale of 1


def tone_words(
    words: int, voices: int, takes: int, *, rate: float = 8000.0, generator: torch.Generator
) -> ToneWords:
    r"""Draw recordings of words that every voice says in its own way.

    A word passes three vowels, each with two resonances F, and glides from one to the next. A voice
    is a row of pulses, and each pulse, at :math:`t_p`, makes the resonances ring:

    .. math:: s(t) = \sum_{t_p < t} a_p \sum_{j=1}^{2} b_j \, e^{-\pi w (t - t_p)}
              \sin\bigl(2 \pi \, \gamma F_j(t_p) \, (t - t_p)\bigr)

    Voices differ in the factor :math:`\gamma`, which a long vocal tract makes small: from 0.8 to
    1.25, evenly spaced in its logarithm. Their pitch rises with it. Tempo, the tilt b of the
    spectrum and the place of each vowel, an accent, are drawn for each voice. Each take changes all
    of these a little, is loud or soft, begins after a silence, and has noise.

    Parameters
    ----------
    words : int
        Number of words, from 1 to 10.
    voices, takes : int
        Number of voices, and of recordings of each word by each of them, at least 1.
    rate : float
        Samples per second in Hz, at least 8000, so that all resonances fit, and at most 192000.
    generator : torch.Generator
        Draws the voices, then the takes.

    Returns
    -------
    ToneWords

    Raises
    ------
    TypeError, ValueError
        If a number is out of its range.

    Examples
    --------
    >>> said = tone_words(3, voices=2, takes=4, generator=torch.Generator().manual_seed(0))
    >>> len(said.sounds), said.labels[:9].tolist(), said.voices.bincount().tolist()
    (24, [0, 0, 0, 0, 1, 1, 1, 1, 2], [12, 12])
    >>> [TONE_WORDS[word] for word in range(3)], said.sounds[0].dtype
    (['iau', 'aoe', 'uie'], torch.float32)

    The vowels are those of Peterson and Barney, J. Acoust. Soc. Am. 24, 175 (1952). Chapter 8d, in
    the role of recorded digits.
    """
    check_integer("words", words, 1)
    if words > len(TONE_WORDS):
        raise ValueError(f"words is {words!r}; at most {len(TONE_WORDS)} are accepted")
    check_integer("voices", voices, 1)
    check_integer("takes", takes, 1)
    check_positive("rate", rate)
    if not 8000 <= rate <= 192000:
        raise ValueError(f"rate is {rate!r}; 8000 to 192000 Hz are accepted")
    check_generator(generator)
    speakers = _voices(voices, generator)
    order = [(v, w, k) for v in range(voices) for w in range(words) for k in range(takes)]
    sounds = [_recording(TONE_WORDS[w], speakers[v], rate, generator) for v, w, _ in order]
    said_by, labels, take = (column.clone() for column in torch.tensor(order).unbind(1))
    return ToneWords(sounds, labels, said_by, take)


def _voices(voices: int, generator: torch.Generator) -> list[Voice]:
    """Return voices from the longest vocal tract to the shortest."""
    vowels = torch.tensor([*VOWELS.values()], dtype=torch.float64).log()
    places = torch.linspace(0, 1, voices).tolist() if voices > 1 else [0.5]
    scales = [LONG * (SHORT / LONG) ** place for place in places]
    usual = [Voice(scale, PITCH * scale**1.5, 1.0, TILT, vowels) for scale in scales]
    return [_varied(voice, AMONG_VOICES, generator) for voice in usual]


def _varied(voice: Voice, spread: Spread, generator: torch.Generator) -> Voice:
    """Return a voice whose every number differs a little."""
    draw = torch.randn(4, generator=generator).tolist()
    vowels = torch.randn(voice.vowels.shape, generator=generator, dtype=torch.float64)
    return Voice(
        voice.scale * math.exp(spread.scale * draw[0]),
        voice.pitch * math.exp(spread.pitch * draw[1]),
        voice.tempo * math.exp(spread.tempo * draw[2]),
        voice.tilt + spread.tilt * draw[3],
        voice.vowels + spread.vowels * vowels,
    )


def _recording(word: str, speaker: Voice, rate: float, generator: torch.Generator) -> Tensor:
    """Return one take (L,) of a word: silence, the word, silence, and noise over all of it."""
    voice = _varied(speaker, AMONG_TAKES, generator)
    before, after, softer = torch.rand(3, generator=generator).tolist()
    before, after = 0.02 + 0.13 * before, 0.02 + 0.08 * after  # seconds
    sound = _said(word, voice, rate)
    sound = sound * 0.5 * 10 ** (-QUIETEST * softer / 20) / sound.abs().max()
    sound = torch.nn.functional.pad(sound, (round(before * rate), round(after * rate)))
    noise = NOISE * torch.randn(len(sound), generator=generator, dtype=torch.float64)
    return (sound + noise).clamp(-1, 1).float()


def _said(word: str, voice: Voice, rate: float) -> Tensor:
    """Return a word (L,) as a voice says it, without noise."""
    seconds = SECONDS / voice.tempo
    times, strength = _pulses(seconds, voice.pitch)
    targets = voice.vowels[[[*VOWELS].index(letter) for letter in word]]
    formants = (voice.scale * _path(targets.exp(), times / seconds)).clamp(max=HIGHEST)
    second = strength * 10 ** (-voice.tilt / 20)
    return _ring(times, torch.stack([strength, second], 1), formants, seconds, rate)


def _pulses(seconds: float, pitch: float) -> tuple[Tensor, Tensor]:
    """Return the times of pulses, whose rate falls by a fifth to the end, and their strengths."""
    number = torch.arange(int(0.9 * seconds * pitch) + 1, dtype=torch.float64)
    x = 5 * (1 - torch.sqrt(1 - 0.4 * number / (seconds * pitch)))  # solves x - x^2 / 10 = ...
    return x * seconds, torch.sin(math.pi * x).clamp(min=0).sqrt()


def _path(targets: Tensor, x: Tensor) -> Tensor:
    """Return the resonances in Hz (P, 2) at x, 0 to 1, on the way past targets (3, 2)."""
    first = (2 * x).long().clamp(max=1)
    part = (2 * x - first).clamp(0, 1)[:, None]
    smooth = part**2 * (3 - 2 * part)
    return targets[first] ** (1 - smooth) * targets[first + 1] ** smooth


def _ring(times: Tensor, strength: Tensor, formants: Tensor, seconds: float, rate: float) -> Tensor:
    """Return the sound (L,) of resonances (P, 2) that pulses of strengths (P, 2) set ringing."""
    lasting = math.ceil(6 / (math.pi * WIDTH) * rate)  # until e^-6 is left
    where = (times * rate).ceil().long()[:, None] + torch.arange(lasting)
    after = where.double() / rate - times[:, None]
    waves = torch.sin(2 * math.pi * formants[:, :, None] * after[:, None])
    rung = (strength[:, :, None] * waves).sum(1) * torch.exp(-math.pi * WIDTH * after)
    sound = torch.zeros(math.ceil(seconds * rate) + lasting, dtype=torch.float64)
    return sound.index_add_(0, where.flatten(), rung.flatten())
