"""One file that holds a network whole: its layers, its neurons' constants and its weights."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from snnbook import training
from snnbook._files import checked_file, first_line, write_whole
from snnbook._validate import check_kind
from snnbook.export._plain import made_network, plain_network
from snnbook.surrogates import Surrogate

#: What a file begins with; another layout gets another number.
FORMAT, VERSION = "snnbook network", 1
#: What of a layer changes no forward pass; what learns is said in place of its constant.
BACKWARD = ("surrogate", "reset_gradient", "learn")
#: The decisions that a file can name.
DECISIONS = {
    decide.__name__: decide
    for decide in (
        training.decide_by_max,
        training.decide_by_sum,
        training.decide_by_first_spike,
    )
}


def save_network(network: nn.Module, path: str | os.PathLike) -> None:
    """Write a network into one file: layers, neurons, weights and decision.

    The file holds numbers, words and tensors and no code, so that ``torch.load`` reads it with
    ``weights_only=True``. It is written in full before it takes the place of an older one.
    ``state_dict`` holds the weights and compares the constants at loading; this file also says
    which network to build.

    Parameters
    ----------
    network : SpikingNetwork, LIF, RecurrentLIF or LeakyReadout
        Its neurons are those of ``snnbook.neurons``.
    path : path
        The file, in a folder that exists.

    Raises
    ------
    TypeError
        If the network, a layer or a neuron is none that a file can name.
    ValueError, OSError
        If the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from snnbook.neurons import LIFNeuron, SpikingNetwork
    >>> network = SpikingNetwork((4, 6, 2), LIFNeuron(tau_mem=20e-3))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "network.pt")
    ...     save_network(network, path)
    ...     again = load_network(path)
    >>> again.hidden[0].neuron.tau_mem, torch.equal(again.readout.weight, network.readout.weight)
    (0.02, True)
    """
    check_kind("network", network, nn.Module)
    state = {
        "format": FORMAT,
        "version": VERSION,
        **plain_network(network),
        "state": {name: value.detach().cpu() for name, value in network.state_dict().items()},
        "decide": _plain_decision(network),
    }
    path = checked_file("path", path)
    try:
        write_whole(path, lambda part: _write(state, part))
    except Exception as error:  # torch and pickle raise many kinds
        raise OSError(
            f"path is {str(path)!r}, and the network cannot be kept there: {first_line(error)}"
        ) from error


def _write(state: dict, path: Path) -> None:
    torch.save(state, path)
    torch.load(path, weights_only=True)


def load_network(
    path: str | os.PathLike,
    *,
    into: nn.Module | None = None,
    surrogate: Surrogate | None = None,
) -> nn.Module:
    """Read a network that :func:`save_network` has written.

    Parameters
    ----------
    path : path
        The file.
    into : Module, optional
        A network that takes the weights, of the same layers and neurons as in the file. By default
        a new one is built, on the CPU.
    surrogate : Surrogate, optional
        The derivative of the neurons' step. By default that of the file, by its name; one of your
        own, made by :func:`snnbook.surrogates.custom`, has to be given.

    Returns
    -------
    Module
        The network; it decides as the one that was saved.

    Raises
    ------
    ValueError
        If the file cannot be read, is of another version, or holds another network than ``into``.

    Examples
    --------
    See :func:`save_network`.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path is {path!r}; the path of a file is accepted, such as 'network.pt'")
    if into is not None:
        check_kind("into", into, nn.Module)
    if surrogate is not None:
        check_kind("surrogate", surrogate, Surrogate)
    state = _read(str(path))
    if into is None:
        try:
            network = made_network(state, surrogate)
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"path is {str(path)!r}, whose network cannot be built here "
                f"({first_line(error)}); a file that this version of snnbook, or an earlier one, "
                "has written is accepted"
            ) from None
    else:
        network = into
        if different := _difference(state, plain_network(into)):
            raise ValueError(
                f"path is {str(path)!r}, whose network is not that of into: {different}; one with "
                "the same layers and neurons is accepted, or into=None, which builds it"
            )
    try:
        network.load_state_dict(state["state"])
    except RuntimeError as error:
        raise ValueError(
            f"path is {str(path)!r}, whose weights do not fit the network that it describes "
            f"({_all_lines(error)}); a file that save_network has written is accepted"
        ) from None
    if state["decide"] is not None:
        training.note_decision(network, _made_decision(**state["decide"]))
    return network


def _read(path: str) -> dict[str, Any]:
    """Return what a file holds, or raise unless a network of this version."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and pickle raise many kinds
        raise ValueError(
            f"path is {path!r}, which cannot be read ({first_line(error)}); a file that "
            "save_network has written is accepted"
        ) from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        found = "a state dict" if _is_state_dict(state) else "no network of snnbook"
        raise ValueError(
            f"path is {path!r}, which holds {found}; a file that save_network has written is "
            "accepted"
        )
    if state["version"] != VERSION:
        raise ValueError(
            f"path is {path!r}, a network in version {state['version']} of the format; version "
            f"{VERSION} is accepted by this snnbook"
        )
    return state


def _is_state_dict(state) -> bool:
    return isinstance(state, dict) and all(isinstance(x, Tensor) for x in state.values())


def _all_lines(error: RuntimeError) -> str:
    return " ".join(line.strip() for line in str(error).splitlines()[1:])


def _difference(stored, here, place: str = "") -> str:
    """Return in words where two descriptions first differ, or an empty string."""
    kind = type(here)
    if kind is dict and type(stored) is dict:
        dot = "." if place else ""
        names = [name for name in here if name not in BACKWARD]
        parts = [(stored.get(name), here[name], f"{place}{dot}{name}") for name in names]
    elif kind is list and type(stored) is list and len(stored) == len(here):
        parts = [(*pair, f"{place}[{k}]") for k, pair in enumerate(zip(stored, here))]
    elif isinstance(here, Tensor) and isinstance(stored, Tensor):
        equal = stored.shape == here.shape and torch.allclose(stored, here.to(stored))
        return "" if equal else f"{place} has other values"
    elif kind is type(stored) and here == stored:
        return ""
    else:
        return f"{place} is {_shown(stored)} in the file and {_shown(here)} in into"
    return next(filter(None, (_difference(*part) for part in parts)), "")


def _shown(value) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f"a tensor {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)


def _plain_decision(network: nn.Module) -> dict[str, Any] | None:
    """Return how a network was trained to decide, by its name; None if it was not."""
    noted = getattr(network, "fitted_decision", None)
    if noted is None:
        return None
    decide, settings = noted.decide, {}
    if isinstance(decide, partial) and not decide.args:
        decide, settings = decide.func, decide.keywords
    name = getattr(decide, "__name__", None)
    plain = all(isinstance(x, (bool, int, float, str)) for x in settings.values())
    if DECISIONS.get(name) is decide and decide is not None and plain:
        return {"name": name, "settings": dict(settings)}
    return {"name": None, "settings": {}}


def _made_decision(name: str | None, settings: dict):
    """Return a decision by its name; None for one of the user's own, which has to be given."""
    if name is None:
        return None
    return partial(DECISIONS[name], **settings) if settings else DECISIONS[name]
