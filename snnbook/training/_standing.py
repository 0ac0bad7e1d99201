"""Where a training run stands: its history, its best weights, and the file that keeps both."""

import copy
import random
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch

from snnbook._files import checked_file, first_line, write_whole
from snnbook.training._history import History

#: What a file of this package begins with; another layout gets another number.
FORMAT = "snnbook training run 2"


class Standing:
    """Follow one training run from epoch to epoch.

    Parameters
    ----------
    parts : dict
        What has a state, by name: the model, the optimizer, and a schedule if there is one.
    generators : list of torch.Generator
        What random numbers of the run come from.
    settings : dict
        Plain values that a run must not change when it goes on.
    path : path, optional
        The file; what it holds is taken over.
    """

    def __init__(self, parts: dict, generators: list, settings: dict, path) -> None:
        self.parts, self.generators, self.settings = parts, generators, settings
        self.history, self.best, self.ended = History(), None, False
        self.sure = False  # that what is written can be read
        self.path = None if path is None else checked_file("resume", path)
        if self.path is not None and self.path.exists():
            self._read()

    def after(self, history: History, keep_best: bool) -> None:
        """Note one epoch more, and its weights if they are the best and are asked for."""
        self.history = history
        if keep_best and history.best_epoch == len(history.loss):
            self.best = copy.deepcopy(self.parts["model"].state_dict())

    def over(self, patience: int | None) -> bool:
        """Return whether the run is at its end before its last epoch."""
        done, best = len(self.history.loss), self.history.best_epoch
        waited = patience is not None and best is not None and done - best >= patience
        return self.ended or waited

    def take_best(self) -> None:
        """Give the model its best weights."""
        if self.best is not None:
            self.parts["model"].load_state_dict(self.best)

    def write(self) -> None:
        """Write the file, if there is one: a new one in full, and then in place of the old."""
        if self.path is None:
            return
        state = {
            "format": FORMAT,
            "settings": self.settings,
            "states": {name: part.state_dict() for name, part in self.parts.items()},
            "generators": [generator.get_state() for generator in self.generators],
            "random": _global_states(),
            "history": asdict(self.history),
            "best": self.best,
            "ended": self.ended,
        }
        try:
            write_whole(self.path, lambda part: self._write(state, part))
        except Exception as error:  # torch and pickle raise many kinds
            raise OSError(
                f"resume is {str(self.path)!r}, and the run cannot be kept there: "
                f"{first_line(error)}"
            ) from error

    def _write(self, state: dict, path: Path) -> None:
        torch.save(state, path)
        if not self.sure:
            torch.load(path, map_location="cpu", weights_only=True)
            self.sure = True

    def _read(self) -> None:
        name = str(self.path)
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise ValueError(
                f"resume is {name!r}, which cannot be read ({first_line(error)}); a file that fit "
                "has written, or a name that is not there yet, is accepted"
            ) from None
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise ValueError(
                f"resume is {name!r}, which holds no training run of this version; a file that fit "
                "has written, or a name that is not there yet, is accepted"
            )
        for key, value in self.settings.items():
            if state["settings"].get(key) != value:
                raise ValueError(
                    f"resume is {name!r}, which holds a run with {key} "
                    f"{state['settings'].get(key)}, and here it is {value}; the same {key} is "
                    "accepted, or another file"
                )
        for key, part in self.parts.items():
            part.load_state_dict(state["states"][key])
        for generator, own in zip(self.generators, state["generators"], strict=True):
            generator.set_state(own)
        _set_global_states(state["random"])
        self.history = History(**state["history"])
        self.best, self.ended = state["best"], state["ended"]


def generators_of(generator: torch.Generator | None, inputs, encode: Callable | None) -> list:
    """Return each generator that the batches of a run draw from, as far as it can be seen."""
    found = [generator]
    sampler = getattr(inputs, "sampler", None)
    inner = getattr(getattr(inputs, "batch_sampler", None), "sampler", None)
    found += [getattr(x, "generator", None) for x in (inputs, sampler, inner)]
    while isinstance(encode, partial):
        found += [*encode.args, *encode.keywords.values()]
        encode = encode.func
    found = [x for x in found if isinstance(x, torch.Generator)]
    return list({id(x): x for x in found}.values())


def settings_of(parts: dict, generators: list, **more) -> dict:
    """Return what must be the same when a run goes on, in plain values."""
    shapes = {name: list(p.shape) for name, p in parts["model"].named_parameters()}
    kinds = {name: type(part).__name__ for name, part in parts.items() if name != "model"}
    return {"parameters": shapes, **kinds, "number of generators": len(generators), **more}


def _global_states() -> dict:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 (the global one is meant)
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        "numpy": (kind, keys.tolist(), *rest),
        "python": random.getstate(),
    }


def _set_global_states(states: dict) -> None:
    torch.set_rng_state(states["torch"])
    if states["cuda"] and torch.cuda.device_count() == len(states["cuda"]):
        torch.cuda.set_rng_state_all(states["cuda"])
    kind, keys, *rest = states["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002
    random.setstate(states["python"])
