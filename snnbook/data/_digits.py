"""Handwritten digits, shipped with scikit-learn."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_integer


class Split(NamedTuple):
    """A data set in two parts: one to learn from, one to judge by.

    Parameters
    ----------
    train_inputs, test_inputs : Tensor
        Inputs, shape (n, N), or spikes, shape (T, n, N).
    train_labels, test_labels : Tensor
        Classes as whole numbers from 0, int64, shape (n,).

    Examples
    --------
    >>> inputs, labels = torch.zeros(3, 2), torch.tensor([0, 1, 0])
    >>> Split(inputs[:2], labels[:2], inputs[2:], labels[2:]).test_labels
    tensor([0])
    """

    train_inputs: Tensor
    train_labels: Tensor
    test_inputs: Tensor
    test_labels: Tensor

    def encoded(self, encode: Callable[[Tensor], Tensor]) -> "Split":
        """Return the same samples with the inputs of both parts encoded, such as into spikes.

        >>> split = Split(torch.zeros(2, 3), torch.zeros(2), torch.zeros(1, 3), torch.zeros(1))
        >>> split.encoded(lambda inputs: inputs.expand(10, -1, -1)).test_inputs.shape
        torch.Size([10, 1, 3])
        """
        return self._replace(
            train_inputs=encode(self.train_inputs), test_inputs=encode(self.test_inputs)
        )

    def validation(self, share: float = 0.2) -> "Split":
        """Return a split of the training samples alone: the last ``share`` of them judge.

        Settings chosen on it have not seen the test samples.

        Raises
        ------
        ValueError
            If one of the two parts would be empty.

        >>> inputs, labels = torch.zeros(10, 5, 2), torch.tensor([0, 1, 0, 1, 1])
        >>> Split(inputs, labels, inputs, labels).validation(0.4).test_labels
        tensor([1, 1])
        """
        count = len(self.train_labels)
        cut = count - round(share * count)
        if not 0 < cut < count:
            raise ValueError(
                f"share is {share} of {count} training samples; a number between 0 and 1 that "
                "leaves samples in both parts is accepted"
            )
        axis = self.train_inputs.dim() - 2
        learn, judge = self.train_inputs.tensor_split([cut], dim=axis)
        return Split(learn, self.train_labels[:cut], judge, self.train_labels[cut:])


def digits(test_size: int = 397, seed: int = 0) -> Split:
    """Load 1797 handwritten digits of 8 x 8 pixels, split into training and test part.

    The split is stratified: each class has its share of the test part, to within one image.
    It depends on ``test_size`` and ``seed`` alone, and both parts are shuffled.

    Parameters
    ----------
    test_size : int
        Number of test images, from 1 to 1796. The others are for training (1400 by default).
    seed : int
        Seed of the split, at least 0.

    Returns
    -------
    Split
        Inputs float32 (n, 64), the gray levels 0..16 divided by 16 (0 is paper, 1 is ink),
        row by row from the top left; labels int64 (n,), the digits 0 to 9.

    Notes
    -----
    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository, 1998, doi 10.24432/C50P49, CC BY 4.0. scikit-learn (BSD-3-Clause) ships
    its test part, 1797 images, and ``sklearn.datasets.load_digits`` reads it from disk.

    The test part of this function is our own choice. Accuracies measured on another split
    differ by chance: with 397 images, 97 % has a standard error of 0.9 %.

    Examples
    --------
    >>> split = digits()
    >>> tuple(split.train_inputs.shape), tuple(split.test_inputs.shape)
    ((1400, 64), (397, 64))

    Chapter 1.
    """
    try:
        from sklearn.datasets import load_digits  # slow to import, and only needed here
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"the digits are part of scikit-learn, which is missing here ({error}); "
            "'pip install scikit-learn' brings it"
        ) from None

    check_integer("seed", seed, 0)
    check_integer("test_size", test_size, 1)
    images, labels = load_digits(return_X_y=True)
    if test_size >= len(labels):
        raise ValueError(f"test_size is {test_size}; at most {len(labels) - 1} is accepted")
    train, test = _stratified(labels, test_size, seed)
    inputs = torch.from_numpy((images / 16).astype(np.float32))
    labels = torch.from_numpy(labels.astype(np.int64))
    return Split(inputs[train], labels[train], inputs[test], labels[test])


def _stratified(labels: np.ndarray, test_size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return shuffled indices of a training and a test part with the same class proportions."""
    count = len(labels)
    # NumPy has frozen the stream of RandomState, so the split never changes.
    order = np.random.RandomState(seed).permutation(count)
    by_class = np.argsort(labels[order], kind="stable")
    # Walk through the classes and pick test_size images at equal distances.
    rank = np.arange(count)
    in_test = np.empty(count, dtype=bool)
    in_test[by_class] = (rank + 1) * test_size // count > rank * test_size // count
    return order[~in_test], order[in_test]
