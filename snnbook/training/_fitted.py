"""How a trained model decides: noted on the model, and kept with its copies and files."""

import pickle
from collections.abc import Callable

from torch import Tensor, nn

from snnbook._validate import check_callable, check_kind
from snnbook.training._decisions import Decision, decide_by_sum
from snnbook.training._lengths import told


class FittedDecision:
    """The decision of a trained model, noted by :func:`snnbook.training.fit` on the model.

    It copies and saves with the model. What cannot be pickled, such as a lambda, is left out of a
    file; a model that was read from it asks for ``decide``.
    """

    def __init__(self, decide: Decision | None) -> None:
        self.decide = decide

    def __call__(self, readout: Tensor, lengths: Tensor | None = None) -> Tensor:
        if self.decide is None:
            raise ValueError(
                "decide is not given, and the file that the model was read from does not hold its "
                "decision, since the loss was a lambda or is defined elsewhere; give decide, such "
                "as training.decide_by_sum or training.decide_by_loss(loss)"
            )
        return told("decide", self.decide, readout, lengths=lengths)

    def __deepcopy__(self, memo) -> "FittedDecision":
        return self

    def __reduce__(self):
        try:
            state = pickle.dumps(self.decide)
        except Exception:  # pickle raises many kinds
            state = b""
        return _read, (state,)


def _read(state: bytes) -> FittedDecision:
    """Read a decision from a file; one whose function is defined nowhere here is unknown."""
    try:
        return FittedDecision(pickle.loads(state))
    except Exception:  # such as of a function that another notebook defined
        return FittedDecision(None)


def note_decision(model: nn.Module, decide: Decision | None) -> None:
    """Note on a model how it decides from now on, as :func:`snnbook.training.fit` does.

    Parameters
    ----------
    model : Module
        Such as a network that has only loaded a ``state_dict``, which does not hold its decision.
        What a wrapper holds as its ``module``, as ``DistributedDataParallel`` does, takes it too.
    decide : callable or None
        Maps a readout (T, B, C) to classes (B,), such as :func:`decide_by_max`. None says that it
        is not known: :func:`predict` and :func:`accuracy` then ask for it.

    Raises
    ------
    TypeError
        If ``model`` is no module, or ``decide`` cannot be called.

    Examples
    --------
    >>> import torch
    >>> from snnbook.neurons import SpikingNetwork
    >>> from snnbook.training import decide_by_max, predict
    >>> network = SpikingNetwork((3, 2))
    >>> note_decision(network, decide_by_max)
    >>> predict(network, torch.zeros(5, 1, 3))
    tensor([0])
    """
    check_kind("model", model, nn.Module)
    if decide is not None:
        check_callable("decide", decide)
    model.fitted_decision = FittedDecision(decide)
    if isinstance(getattr(model, "module", None), nn.Module):
        model.module.fitted_decision = model.fitted_decision


def decision_for(model: Callable, default: Decision = decide_by_sum) -> Decision:
    """Return how a model decides: as it was trained, and ``default`` if it was not."""
    noted = getattr(model, "fitted_decision", None)
    return noted if isinstance(noted, FittedDecision) else default
