"""Recordings of sound: one WAV file."""

import io
import math
import os
import struct
import warnings
from typing import NamedTuple

import numpy as np
import torch
from scipy.io import wavfile
from scipy.signal import resample_poly
from torch import Tensor

from snnbook._validate import check_choice, check_integer
from snnbook.readers._places import as_path

STEREO = ("average", "refuse")


class Sound(NamedTuple):
    """A recording.

    Attributes
    ----------
    samples : Tensor, shape (n,), float32
        The course of the sound; whole numbers in the file become -1 to 1.
    rate : int
        Samples per second, in Hz.
    """

    samples: Tensor
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts.

        >>> Sound(torch.zeros(4000), 8000).seconds
        0.5
        """
        return len(self.samples) / self.rate


def read_wav(path: str | os.PathLike, stereo: str = "average", rate: int | None = None) -> Sound:
    """Read a WAV file: 8, 16, 24, 32 or 64 bits a sample, whole numbers or floating point.

    Parameters
    ----------
    path : path
        The file.
    stereo : {"average", "refuse"}
        What to do with a file of several channels: take their mean, or raise.
    rate : int, optional
        Samples per second of the result in Hz; a file with others is resampled by
        ``scipy.signal.resample_poly``. By default that of the file.

    Returns
    -------
    Sound
        The samples, float32, and how many there are in a second.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no WAV file, is truncated or compressed, holds no sample or one that is not
        finite, or has several channels that are refused.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "step.wav")
    ...     wavfile.write(file, 8000, np.array([0, 16384, -32768], np.int16))
    ...     read_wav(file)
    Sound(samples=tensor([ 0.0000,  0.5000, -1.0000]), rate=8000)
    """
    place = as_path("path", path)
    check_settings(stereo, rate)
    if not place.is_file():
        raise FileNotFoundError(f"path is {place}, where no file lies; a WAV file is accepted")
    return read_sound(place.read_bytes(), str(place), stereo, rate)


def check_settings(stereo: str, rate: int | None) -> None:
    check_choice("stereo", stereo, STEREO)
    if rate is not None:
        check_integer("rate", rate, 1)


def read_sound(raw: bytes, name: str, stereo: str, rate: int | None) -> Sound:
    """Return the sound in the bytes of a file."""
    _check_chunks(raw, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that it skips
            own, values = wavfile.read(io.BytesIO(raw))
    except Exception as error:  # of many kinds, where a header is wrong
        raise ValueError(f"{name} cannot be read as WAV: {error}") from None
    if values.size == 0 or own < 1:
        raise ValueError(f"{name} holds {values.size} samples at {own} Hz; some are accepted")
    if values.ndim > 1 and stereo == "refuse":
        raise ValueError(
            f'{name} has {values.shape[1]} channels; one is accepted, or stereo="average"'
        )
    values = _from_minus_one_to_one(values)
    values = values.mean(1) if values.ndim > 1 else values
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds samples that are not finite; finite numbers are accepted")
    if rate is not None and rate != own:
        common = math.gcd(rate, own)
        values, own = resample_poly(values, rate // common, own // common), rate
    return Sound(torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)), int(own))


def _from_minus_one_to_one(values: np.ndarray) -> np.ndarray:
    """Return samples as floating point; 24 bits come in the upper part of 32."""
    if values.dtype.kind == "f":
        return values.astype(np.float64)
    if values.dtype == np.uint8:  # 8 bits have no sign
        return (values.astype(np.float64) - 128) / 128
    return values / -float(np.iinfo(values.dtype).min)


def _check_chunks(raw: bytes, name: str) -> None:
    """Raise unless a file is made of chunks, and its samples are all there."""
    if not raw:
        raise ValueError(f"{name} is empty; a WAV file is accepted")
    if raw[:4] not in (b"RIFF", b"RIFX", b"RF64") or raw[8:12] != b"WAVE":
        raise ValueError(f"{name} is no WAV file: it begins with {raw[:12]!r}")
    order = ">" if raw[:4] == b"RIFX" else "<"
    place = 12
    while place + 8 <= len(raw):
        kind, size = struct.unpack_from(f"{order}4sI", raw, place)
        there = len(raw) - place - 8
        if kind == b"data" and (size <= there or raw[:4] == b"RF64"):
            return
        if size > there:
            raise ValueError(
                f"{name} is truncated: {size} bytes of {kind.decode('ascii', 'replace')!r} are "
                f"announced and {there} are there"
            )
        place += 8 + size + size % 2
    raise ValueError(f"{name} is truncated: it ends before its samples begin")
