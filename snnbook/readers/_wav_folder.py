"""A folder of recordings as a data set."""

import os
from collections.abc import Callable, Collection
from pathlib import PurePosixPath

import torch
from torch import Tensor
from torch.utils.data import Dataset

from snnbook._validate import check_callable, check_sequence
from snnbook.readers._members import Members
from snnbook.readers._places import as_path
from snnbook.readers._wav import Sound, check_settings, read_sound


class WavFolder(Dataset):
    """A folder of WAV files as a data set, each read when it is asked for.

    An item is a pair of the sound and its class number. With ``encode`` the sound becomes spikes,
    and the data set goes as it is into :func:`snnbook.training.fit`, or with
    ``collate_fn=data.collate`` into a ``DataLoader``. It can be pickled, so workers can read; for
    workers that are spawned, functions that are given must have a name (``def``, no ``lambda``).

    Parameters
    ----------
    folder : path
        A folder, with the folders inside of it, or a zip archive, which is not unpacked.
    label : function, optional
        Gives the name of the class from the place of a file inside of ``folder``, a
        ``PurePosixPath``, as in ``lambda path: path.stem.split("_")[0]``. By default the folder in
        which a file lies names its class.
    classes : sequence of str, optional
        Names of the classes in the order of their numbers. By default those that are found,
        numbers in their order and then words in theirs.
    keep : function, optional
        Says of the same place whether the file belongs to the set, for a part of it.
    encode : function, optional
        Makes spikes (T, N), or :class:`snnbook.kernels.Events` of one sample, from a
        :class:`Sound`.
    stereo, rate
        As in :func:`read_wav`.

    Attributes
    ----------
    files : tuple of str
        Places of the files inside of the folder, in the order of the items.
    labels : Tensor, shape (n,), int64
        Class of each file.
    classes : tuple of str
        Name of each class.

    Raises
    ------
    FileNotFoundError, ValueError
        If the folder holds no such file, a file has no class, or a class is not in ``classes``.

    Notes
    -----
    Every epoch reads and encodes every file anew, so that a set may be larger than the memory. If
    it is not, ``list(sounds)`` does so once, and such a list goes into ``fit`` too.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from scipy.io import wavfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("high", "low"):
    ...         file = Path(folder, name, "a.wav")
    ...         file.parent.mkdir()
    ...         wavfile.write(file, 8000, np.zeros(3, np.int16))
    ...     sounds = WavFolder(folder)
    ...     print(sounds.classes, sounds.files)
    ...     print(sounds[1])
    ('high', 'low') ('high/a.wav', 'low/a.wav')
    (Sound(samples=tensor([0., 0., 0.]), rate=8000), 1)
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        label: Callable[[PurePosixPath], str] | None = None,
        *,
        classes: Collection[str] | None = None,
        keep: Callable[[PurePosixPath], bool] | None = None,
        encode: Callable[[Sound], Tensor] | None = None,
        stereo: str = "average",
        rate: int | None = None,
    ) -> None:
        check_settings(stereo, rate)
        for name, function in (("label", label), ("keep", keep), ("encode", encode)):
            if function is not None:
                check_callable(name, function)
        if classes is not None:
            check_sequence("classes", classes, "a list of names")
        self.encode, self.stereo, self.rate = encode, stereo, rate
        self._members = Members(as_path("folder", folder), ".wav")
        places = [PurePosixPath(name) for name in self._members.names]
        self.files = tuple(str(x) for x in places if keep is None or keep(x))
        if not self.files:
            raise ValueError(
                f"keep takes none of the {len(places)} files of {folder}; at least one "
                "file is accepted"
            )
        found = [self._class_of(name, label) for name in self.files]
        self.classes = tuple(sorted(set(found), key=_rank) if classes is None else classes)
        self.labels = torch.tensor([self._number(*pair) for pair in zip(self.files, found)])

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, k: int) -> tuple:
        """Read one file: the sound, or what ``encode`` makes of it, and its class number."""
        name = self.files[k]
        sound = read_sound(
            self._members.read(name), self._members.where(name), self.stereo, self.rate
        )
        return sound if self.encode is None else self.encode(sound), int(self.labels[k])

    def __repr__(self) -> str:
        return (
            f"WavFolder({len(self)} files of {len(self.classes)} classes in {self._members.place})"
        )

    def _class_of(self, name: str, label: Callable | None) -> str:
        place = PurePosixPath(name)
        if label is not None:
            return str(label(place))
        if len(place.parts) < 2:
            raise ValueError(
                f"{self._members.where(name)} lies in no folder of its class; with label=... a "
                "function of the file's place that gives its class is accepted"
            )
        return place.parent.name

    def _number(self, name: str, found: str) -> int:
        if found not in self.classes:
            raise ValueError(
                f"{self._members.where(name)} has the class {found!r}; one of "
                f"{', '.join(map(repr, self.classes))} is accepted"
            )
        return self.classes.index(found)


def _rank(name: str) -> tuple:
    """Return what to sort names of classes by: numbers first, as numbers."""
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)
