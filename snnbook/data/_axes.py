"""The order of axes: time first, as everything in this package has it."""

from torch import Tensor

from snnbook._validate import check_tensor


def time_first(batch: Tensor) -> Tensor:
    """Turn batch-first data round: (B, T, ...) to (T, B, ...).

    Many data sets and loaders put the sample first. Everything in this package takes time first,
    and where both axes have the same length no shape can tell them apart.

    Parameters
    ----------
    batch : Tensor, shape (B, T, ...)
        Data with the sample on the first axis and time on the second.

    Returns
    -------
    Tensor, shape (T, B, ...)
        A view of the same numbers.

    Raises
    ------
    TypeError, ValueError
        If ``batch`` is not a dense tensor with at least two axes.

    Examples
    --------
    >>> import torch
    >>> time_first(torch.zeros(32, 100, 64)).shape
    torch.Size([100, 32, 64])

    The conventions page.
    """
    check_tensor("batch", batch)
    if batch.dim() < 2:
        raise ValueError(
            f"batch has shape {tuple(batch.shape)}; at least two axes (B, T, ...) are accepted"
        )
    return batch.transpose(0, 1)
