"""Bytes that PyTorch holds while something runs, storage by storage."""

import weakref

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Allocations(TorchDispatchMode):
    """Counts the bytes of the storages that are made inside the block and are still alive.

    Attributes
    ----------
    live : int
        Bytes alive now.
    peak : int
        The most that were alive at once, after any operation.

    Notes
    -----
    A storage counts once, however many tensors look at it. What existed before the block, such
    as weights and input, does not count; nor does the working memory inside one operation.

    Examples
    --------
    >>> import torch
    >>> with Allocations() as count:
    ...     for _ in range(10):
    ...         x = torch.zeros(1000)
    >>> count.live, count.peak  # the old x lives until the new one is there
    (4000, 8000)

    Paper section III.B; chapter 3.
    """

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._known: dict[int, weakref.ref] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        for tensor in _tensors((args, kwargs)):
            self._know(tensor, counted=False)
        out = func(*args, **(kwargs or {}))
        for tensor in _tensors(out):
            self._know(tensor, counted=True)
        self.peak = max(self.peak, self.live)
        return out

    def _know(self, tensor: Tensor, counted: bool) -> None:
        storage = tensor.untyped_storage()
        key = id(storage)
        if key in self._known:
            return
        size = storage.nbytes() if counted else 0
        self.live += size

        def forget(_) -> None:
            self.live -= size
            del self._known[key]

        self._known[key] = weakref.ref(storage, forget)


def _tensors(tree) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]
