"""The Free Spoken Digit Dataset, whose file names say digit, speaker and number."""

import os
import re
from collections.abc import Callable
from pathlib import PurePosixPath

from torch import Tensor

from snnbook._validate import check_choice
from snnbook.readers._places import find
from snnbook.readers._sources import advice
from snnbook.readers._wav import Sound
from snnbook.readers._wav_folder import WavFolder

NAME = re.compile(r"(?P<digit>[0-9])_(?P<speaker>[^_]+)_(?P<number>[0-9]+)")
DIGITS = tuple("0123456789")
#: Recordings with a number below it belong to the test part.
TESTED = 5
PARTS = ("train", "test", "all")


def spoken_digits(
    part: str = "train",
    folder: str | os.PathLike | None = None,
    *,
    encode: Callable[[Sound], Tensor] | None = None,
    rate: int | None = None,
) -> WavFolder:
    """Open the Free Spoken Digit Dataset, or recordings of one's own with names like its.

    A file is named ``{digit}_{speaker}_{number}.wav``, such as ``7_jackson_32.wav``. The set has 50
    recordings of each digit by each of 6 speakers, at 8000 Hz, under CC BY-SA 4.0. Its authors test
    on the numbers 0 to 4 of each; so every speaker is in both parts.

    Parameters
    ----------
    part : {"train", "test", "all"}
        ``"test"`` has the numbers 0 to 4, ``"train"`` those from 5 on.
    folder : path, optional
        The folder of all data sets, as in :func:`data_folder`, or that of this one. In it lies the
        folder ``recordings`` or the archive ``recordings.zip``.
    encode, rate
        As in :class:`WavFolder`.

    Returns
    -------
    WavFolder
        Pairs of sound and digit.

    Raises
    ------
    FileNotFoundError
        If nothing is there.
    ValueError
        If a file is not named so.

    Notes
    -----
    ``download("fsdd")`` fetches it. For validation take some of the training part:
    ``torch.utils.data.random_split(sounds, [0.9, 0.1], generator)``. To leave speakers out, take
    :class:`WavFolder` with a ``keep`` of your own.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from scipy.io import wavfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "recordings").mkdir()
    ...     for name in ("3_ada_0", "7_ada_5"):
    ...         place = Path(folder, "recordings", f"{name}.wav")
    ...         wavfile.write(place, 8000, np.zeros(5, np.int16))
    ...     spoken_digits("train", folder).files, spoken_digits("test", folder).labels
    (('7_ada_5.wav',), tensor([3]))
    """
    check_choice("part", part, PARTS)
    place = find("fsdd", ("recordings", "recordings.zip"), folder, advice("fsdd"))

    def belongs(path: PurePosixPath) -> bool:
        if path.parent.name not in ("", "recordings"):  # of an archive of the whole repository
            return False
        return part == "all" or (int(_named(path)["number"]) < TESTED) == (part == "test")

    return WavFolder(place, _digit, classes=DIGITS, keep=belongs, encode=encode, rate=rate)


def _digit(path: PurePosixPath) -> str:
    return _named(path)["digit"]


def _named(path: PurePosixPath) -> re.Match:
    """Return digit, speaker and number of a recording."""
    found = NAME.fullmatch(path.stem)
    if found is None:
        raise ValueError(
            f"{path} is not named {{digit}}_{{speaker}}_{{number}}.wav, such as 7_jackson_32.wav; "
            "WavFolder with a label=... of your own reads other names"
        )
    return found
