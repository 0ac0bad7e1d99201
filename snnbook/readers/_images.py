"""MNIST and Fashion-MNIST: images and their classes, from files in IDX format."""

import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from snnbook._validate import check_choice, check_sequence
from snnbook.readers._idx import read_head, read_idx
from snnbook.readers._places import find
from snnbook.readers._sources import advice

STEMS = {"train": "train", "test": "t10k"}
DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


class Images(Dataset):
    """Images of one size and their classes, in a pair of IDX files.

    An item is a pair of gray levels, 0 to 1, and class number. So with an ``encode`` the data set
    goes as it is into :func:`snnbook.training.fit`, and into a ``DataLoader``. The labels are read
    at once; the images when the first is asked for, and each becomes floating point on demand. A
    plain file is not read into memory at all.

    Parameters
    ----------
    images, labels : path
        The two files, plain or packed by gzip.
    classes : sequence of str
        Name of each class.

    Attributes
    ----------
    labels : Tensor, shape (n,), int64
        Class of each image.
    classes : tuple of str
        Name of each class.
    shape : tuple
        Rows and columns of an image.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file is missing, is none of this format, is truncated, or the two do not belong
        together; or if a label is no number of a class.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     images, labels = Path(folder, "images"), Path(folder, "labels")
    ...     _ = images.write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255]))
    ...     _ = labels.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 2]))
    ...     Images(images, labels, ["a", "b", "c"])[0]
    (tensor([0., 1.]), 2)
    """

    def __init__(
        self,
        images: str | os.PathLike,
        labels: str | os.PathLike,
        classes: tuple[str, ...] | list[str] = DIGITS,
    ) -> None:
        _check_file("images", images)
        _check_file("labels", labels)
        check_sequence("classes", classes, "a list of names")
        self.classes, self._place = tuple(classes), Path(images)
        head, found = read_head(self._place), read_idx(labels)
        if found.ndim != 1 or found.dtype.kind not in "ui":
            raise ValueError(f"{labels} holds {found.dtype} {found.shape}; labels are accepted")
        if len(head.shape) != 3 or head.kind != ">u1":
            raise ValueError(f"{images} has the shape {head.shape}; images of bytes are accepted")
        if len(found) != head.shape[0] or not len(found):
            raise ValueError(
                f"{images} holds {head.shape[0]} images and {labels} {len(found)} labels; one "
                "label an image, and at least one, are accepted"
            )
        wrong = np.flatnonzero((found < 0) | (found >= len(self.classes)))
        if len(wrong):
            raise ValueError(
                f"{labels} has the label {found[wrong[0]]} at place {wrong[0]}; 0 to "
                f"{len(self.classes) - 1} is accepted"
            )
        self.labels, self.shape = torch.from_numpy(found.astype(np.int64)), head.shape[1:]
        self._head, self._pixels = head, None

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, k: int) -> tuple[Tensor, int]:
        """Return one image, its rows one after the other (N,), and its class number."""
        return self._gray(self._images()[k]).reshape(-1), int(self.labels[k])

    def tensors(self) -> tuple[Tensor, Tensor]:
        """Return all images (n, N), float32, and their classes (n,), int64."""
        return self._gray(self._images()).reshape(len(self), -1), self.labels

    def __repr__(self) -> str:
        rows, columns = self.shape
        return f"Images({len(self)} of {rows} x {columns} pixels in {self._place})"

    def _images(self) -> np.ndarray:
        if self._pixels is None:
            if self._place.suffix == ".gz":
                self._pixels = read_idx(self._place)
            else:
                self._pixels = np.memmap(
                    self._place, np.uint8, "r", self._head.offset, self._head.shape
                )
        return self._pixels

    @staticmethod
    def _gray(pixels: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(pixels, np.float32) / np.float32(255))

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_pixels": None}  # every process reads for itself


def _check_file(name: str, path) -> None:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{name} is {path!r}; a path is accepted, as a text or a Path")
    if not Path(path).is_file():
        raise FileNotFoundError(f"{name} is {path}, where no file lies; an IDX file is accepted")


def mnist(part: str = "train", folder: str | os.PathLike | None = None) -> Images:
    """Open MNIST: handwritten digits of 28 x 28 pixels, 60000 to train and 10000 to test.

    ``download("mnist")`` fetches it.

    Parameters
    ----------
    part : {"train", "test"}
        Which of the two.
    folder : path, optional
        The folder of all data sets, as in :func:`data_folder`, or that of this one. In it lie
        ``train-images-idx3-ubyte`` and so on, with or without ``.gz``.

    Returns
    -------
    Images
        Pairs of gray levels (784,) and digit; 0 is paper, 1 is ink.

    Raises
    ------
    FileNotFoundError, ValueError
        As in :class:`Images`.

    Examples
    --------
    >>> mnist("test", "/nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: t10k-images-idx3-ubyte.gz lies neither in /nowhere/mnist nor in /nowhere:
    readers.download('mnist') fetches it; folder=... or SNNBOOK_DATA that names the folder where it
    lies is accepted
    """
    return _opened("mnist", part, folder, DIGITS)


def fashion_mnist(part: str = "train", folder: str | os.PathLike | None = None) -> Images:
    """Open Fashion-MNIST: pieces of clothing, in the format and the numbers of MNIST.

    ``download("fashion_mnist")`` fetches it; MIT license, Zalando.

    Parameters
    ----------
    part : {"train", "test"}
        Which of the two.
    folder : path, optional
        As in :func:`mnist`.

    Returns
    -------
    Images
        Pairs of gray levels (784,) and class; ``classes`` has the names.

    Raises
    ------
    FileNotFoundError, ValueError
        As in :class:`Images`.

    Examples
    --------
    >>> fashion_mnist("validation")
    Traceback (most recent call last):
    ...
    ValueError: part is 'validation'; one of 'train', 'test' is accepted
    """
    return _opened("fashion_mnist", part, folder, CLOTHES)


def _opened(name: str, part: str, folder, classes: tuple[str, ...]) -> Images:
    check_choice("part", part, STEMS)
    images, labels = (
        find(name, _names(f"{STEMS[part]}-{kind}"), folder, advice(name))
        for kind in ("images-idx3", "labels-idx1")
    )
    return Images(images, labels, classes)


def _names(stem: str) -> tuple[str, ...]:
    """Return how a file may be called: packed, plain, or as another mirror writes it."""
    return f"{stem}-ubyte.gz", f"{stem}-ubyte", f"{stem.replace('-idx', '.idx')}-ubyte"
