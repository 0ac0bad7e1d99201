"""Every public entry against bad input of every kind: an error that explains, or a right answer."""

from __future__ import annotations

import importlib
import inspect
import re
import warnings

import numpy as np
import pytest
import torch
from inputs.bad_values import FREE, POISON, REFUSED, SAME, bad_values
from inputs.good_calls import CALLS

ENTRIES = [(room, name) for room, calls in CALLS.items() for name in calls]
#: What an entry may raise: the kinds of errors that a caller can cause and read.
CLEAR = (TypeError, ValueError, FloatingPointError, FileNotFoundError)


def prepare(room: str, name: str):
    """Return the function of an entry and the arguments of its good call."""
    call = CALLS[room][name]()
    if isinstance(call, tuple):
        owner, arguments = call
        method = name.partition(".")[2]
        return (owner if method in ("", "forward") else getattr(owner, method)), arguments
    return getattr(importlib.import_module(f"snnbook.{room}"), name), call


def numbers(result) -> list[np.ndarray]:
    """Return every number that a result holds."""
    if isinstance(result, torch.Tensor):
        return [result.detach().double().numpy()] if result.layout == torch.strided else []
    if isinstance(result, np.ndarray) and result.dtype.kind in "fiub":
        return [result.astype(float)]
    if isinstance(result, (bool, int, float, np.generic)):
        return [np.asarray(float(result))]
    if isinstance(result, dict):
        return [x for name, value in result.items() if name != "seconds" for x in numbers(value)]
    if isinstance(result, (tuple, list)):
        return [x for value in result for x in numbers(value)]
    if isinstance(result, torch.nn.Module):
        return numbers([*result.parameters()])
    return numbers(vars(result)) if type(result).__module__.startswith("snnbook") else []


def attempt(function, arguments):
    """Return (result, None) or (None, error), with warnings and random streams left alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(**arguments), None
        except Exception as error:
            return None, error


def may_be_left_out(function, argument: str) -> bool:
    """Return whether None is the default of an argument, and so no bad value."""
    parameter = inspect.signature(function).parameters.get(argument)
    return parameter is not None and parameter.default is None


def complaint(room, name, argument, bad) -> str | None:
    """Return what is wrong with how an entry takes a bad value, or None."""
    function, arguments = prepare(room, name)
    if bad.value is None and may_be_left_out(function, argument):
        return None
    result, error = attempt(function, arguments | {argument: bad.value})
    if error is not None:
        said = f"{type(error).__name__}: {str(error)[:150]}"
        if bad.due == SAME or not isinstance(error, CLEAR):
            return said
        known = {argument, *OTHER_WORDS.get(argument, ())}
        named = bad.due == FREE or any(re.search(rf"\b{word}\b", str(error)) for word in known)
        explained = named and "accepted" in str(error)
        return None if explained else f"names not {argument!r}, or not what is accepted: {said}"
    if bad.due == REFUSED:
        return f"accepted in silence, gives {str(result)[:60]!r}"
    if bad.due == POISON and all(np.isfinite(x).all() for x in numbers(result)):
        return "a finite answer for what is not finite"
    if bad.due == SAME:
        good, _ = attempt(*prepare(room, name))
        pairs = list(zip(numbers(good), numbers(result)))
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in pairs):
            return "another result than that of a Python number"
    return None


@pytest.mark.parametrize(("room", "name"), ENTRIES)
def test_bad_input_is_refused_in_words(room, name):
    _, arguments = prepare(room, name)
    wrong = [
        f"{argument} = {bad.words}: {problem}"
        for argument, good in arguments.items()
        for bad in bad_values(good)
        if (argument, bad.words) not in RIGHT.get(f"{room}.{name}", ())
        and (problem := complaint(room, name, argument, bad))
    ]
    assert not wrong, f"{room}.{name}, {len(wrong)} of its inputs:\n" + "\n".join(wrong)


@pytest.mark.parametrize(("room", "name"), ENTRIES)
def test_good_input_is_taken(room, name):
    function, arguments = prepare(room, name)
    function(**arguments)


@pytest.mark.parametrize("room", CALLS)
def test_the_table_has_every_entry(room):
    """A new public function or module is in the table, or says here why not."""
    door = importlib.import_module(f"snnbook.{room}")
    public = {
        name for name, value in vars(door).items() if not name.startswith("_") and _is_entry(value)
    }
    assert public - set(CALLS[room]) - set(LEFT_OUT.get(room, "").split()) == set()


def _is_entry(value) -> bool:
    """Return whether this is a function or class of the package, and no plain record."""
    if not (inspect.isfunction(value) or inspect.isclass(value)):
        return False
    return not (hasattr(value, "_fields") or getattr(value, "_is_protocol", False))


#: How an error may call an argument, where a function hands it on under another name.
OTHER_WORDS = {
    "source": ("drive",),
    "weight": ("drive",),
    "recurrent_weight": ("state",),
    "weights": ("weight", "drive"),
    "spikes": ("inputs", "drive"),
    "inputs": ("drive",),
}

#: In words, the module that is put in place of another.
LINEAR = repr(torch.nn.Linear(2, 2))

#: What looks wrong and is right: an input that never spikes has the time infinity, and so on.
RIGHT: dict[str, set[tuple[str, str]]] = {
    **{
        f"spike_times.{name}": {("times", "infinity")}
        for name in """first_spike delayed_first_spike free_membrane fit_times first_to_spike
        SpikeTimeNetwork.forward TimingNetwork.forward share_right time_cross_entropy spikeprop
        train_spikeprop""".split()
    },
    "kernels.explain": {(n, v) for n in ("source", "weight") for v in ("NaN", "infinity")},
    **{  # any network has weights
        f"counting.{name}": {("model", "Linear(in_features=2, out_features=2, bias=True)")}
        for name in ("footprint", "connection_sparsity")
    },
    "surrogates.custom": {("name", "'nonsense'")},
    "surrogates.Surrogate.__call__": {("x", "infinity")},
    "surrogates.Surrogate.derivative": {("x", "infinity")},
    "smoothed.score_loss": {("baseline", "3")},
    "spike_times.simulate_exact": {("weights", "3.5")},
    "spike_times.SpikeTimeNetwork": {("mean", "3.5"), ("spread", "3.5")},
    "neurons.LeakyNeuron": {("tau_mem", "inf")},  # it never leaks: integrate-and-fire
    "neurons.LIFNeuron": {("tau_mem", "inf")},
    "neurons.DirectLIFNeuron": {("tau_mem", "inf")},
    "neurons.ResonateNeuron": {("tau_mem", "inf")},  # it turns forever
    "smoothed.NoisyNeuron": {("tau_mem", "inf")},
    "parallel.WaitingNeuron": {("tau_mem", "inf")},
    "neurons.SpikingNetwork.forward": {("record", "None")},
    "neurons.fluctuation_driven_": {("weight", v) for v in ("NaN", "infinity")},  # overwritten
    "gradients.vector_loss": {("network", LINEAR)},
    "conclusions.parameters_of": {("model", LINEAR)},
    "gradients.measure": {("repeats", "np.int64")},  # seconds are never the same
    "gradients.error_at": {("readout", v) for v in ("NaN", "infinity")},  # it judges the error
    **{  # what a reader of sound files returns
        f"signals.{name}": {("sound", "integers"), ("sound", "an array")}
        for name in ("mel_bank", "gammatone_bank", "hair_cells")
    },
    "readers.data_folder": {("folder", "'something'")},  # it need not exist
    "layers.Delays": {("delays", "integers")},  # whole delays may start to learn
    "layers.detach_states": {("states", v) for v in ("3", "None")},  # a count, and no state
    "layers.rate_driven_": {("module", LINEAR)},
    "layers.truncated_gradient": {("network", LINEAR)},  # any module that takes such inputs
    "layers.in_pieces": {  # a generator, which runs nothing by itself
        *(("inputs", v) for v in ("NaN", "infinity")),
        ("network", LINEAR),
    },
    "data.moved": {("shift", "-3")},  # downward
    "data.time_first": {("batch", v) for v in ("integers", "complex")},  # it only turns axes
    "kernels.Events.from_dense": {  # zeros and ones of any real dtype, in any array
        ("spikes", v) for v in ("integers", "an array", "sparse")
    },
    "kernels.Events.from_lists": {  # lists and arrays are what it is for
        (n, v) for n in ("times", "samples", "neurons") for v in ("a list", "an array")
    },
    **{  # a model of the user's own, and its own error, passed on as it is
        f"training.{name}": {("model", LINEAR)}
        for name in "predict accuracy confusion fit accuracy_side_by_side fit_side_by_side".split()
    },
    **{  # an infinity is higher than every number; two of different signs are refused
        f"training.decide_by_{way}": {("readout", "infinity")} for way in ("max", "sum")
    },
    **{f"export.{name}": {("network", LINEAR)} for name in ("quantize", "to_program")},
    "training.note_decision": {("model", LINEAR), ("decide", "None")},
}

#: Entries that take nothing, or that take only what another entry of their room made.
LEFT_OUT: dict[str, str] = {
    "surrogates": "Surrogate true_derivative",
    "counting": "Operations Synapses",
    "kernels": "plain_loop",
    "neurons": "Neuron SpikingNeuron WithConstants WithNeuron",
    "layers": "Stateful",
    "training": "Confusion History",
    "export": "Quantized load_network save_network",  # a file of any name is right
    "gradients": """Allocations Nonlinearity SmoothRNN backward check_finite_run check_run
    detached is_recurrent kept layer_of no_gradients online_steps presynaptic products
    read_influence reset_strength rnn_backward run_back slope summed through_surrogate
    through_weights""",
    "smoothed": "Card Cards card cards staircase_mean steps_per_spike xor_loss",
    "spike_times": "TimesHistory bump_silent spike_jump wake_silent",
    "local": "Feedback adaptive_eprop_step raster_step",
    "laboratory": "Rule agreement_behind_noise",
    # A download needs a server, and these sets a library that may be missing: see tests/readers.
    "readers": "DownloadError Recordings download shd ssc",
    "conclusions": "Claim evidence_table table tally",
}
