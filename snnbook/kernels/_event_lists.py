"""From what a recording holds to a list of events: steps, seconds, dense and sparse arrays."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_integer, check_positive, check_sequence, check_tensor

#: What a list of spikes may be made of.
Whole = Tensor | np.ndarray | Sequence[int]
WHOLE = "whole numbers along one axis, in a list, an array or a tensor,"
#: Steps by which a quotient of seconds may miss a whole number, through rounding alone.
SLACK = 1e-6


def sorted_events(
    times: Whole, samples: Whole, neurons: Whole, shape: tuple[int, int, int]
) -> tuple[Tensor, Tensor]:
    """Return indices and offsets of spikes in any order; one given twice counts once."""
    if not isinstance(shape, Sequence) or len(shape) != 3:
        raise ValueError(f"shape is {shape!r}; (T, B, N) is accepted")
    for name, size in zip(("steps", "batch", "features"), shape):
        check_integer(f"shape: {name}", size, 0)
    steps, batch, features = map(int, shape)
    given = {"times": times, "samples": samples, "neurons": neurons}
    times, samples, neurons = lists = [_whole(*pair) for pair in given.items()]
    for name, values, size in zip(given, lists, (steps, batch, features)):
        if values.shape != times.shape:
            raise ValueError(
                f"{name} has {len(values)} entries and times {len(times)}; "
                "three lists of equal length are accepted"
            )
        if values.numel() and not (0 <= values.min() and values.max() < size):
            raise ValueError(
                f"{name} leaves the range 0 to {size - 1}; whole numbers in it are accepted"
            )
    key = torch.unique((times * batch + samples) * max(features, 1) + neurons)
    rows = torch.div(key, max(features, 1), rounding_mode="floor")
    counts = torch.bincount(rows, minlength=steps * batch)
    offsets = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    return (key % max(features, 1)).int(), offsets


def _whole(name: str, values: Whole) -> Tensor:
    """Return a list of whole numbers as an int64 tensor on the CPU, or raise."""
    try:
        tensor = values if isinstance(values, Tensor) else torch.as_tensor(values, device="cpu")
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} is a {type(values).__name__}; {WHOLE} are accepted") from None
    check_tensor(name, tensor)
    kind = tensor.dtype
    wrong = kind.is_floating_point or kind.is_complex or kind == torch.bool or tensor.is_quantized
    if tensor.dim() != 1 or tensor.is_meta or (wrong and len(tensor)):
        raise ValueError(
            f"{name} has shape {tuple(tensor.shape)} and dtype {kind}; {WHOLE} are accepted"
        )
    return tensor.detach().cpu().long()


def timed_events(
    times, units, features: int | None, dt: float | None, steps: int | None
) -> tuple[Tensor, Tensor, Tensor, tuple[int, int, int]]:
    """Return step, sample and unit of each spike, and (T, B, N), from the times of each sample."""
    check_sequence("times", times, "one list for each sample")
    for name, value in (("features", features), ("steps", steps)):
        if value is not None:
            check_integer(name, value, 1)
    if dt is not None:
        check_positive("dt", dt)
    if units is None:
        times, units, found = _flat(times)
    else:
        check_sequence("units", units, "one list for each sample, as in times,")
        if len(units) != len(times):
            raise ValueError(
                f"units has {len(units)} samples and times {len(times)}; equal numbers are accepted"
            )
        found = None
    steps_of, units_of = [], []
    for b, (at, who) in enumerate(zip(times, units)):
        steps_of.append(_steps(f"times[{b}]", at, dt))
        units_of.append(_whole(f"units[{b}]", who))
        if len(steps_of[b]) != len(units_of[b]):
            raise ValueError(
                f"units[{b}] has {len(units_of[b])} entries and times[{b}] {len(steps_of[b])}; "
                "one unit for each spike is accepted"
            )
    samples = torch.repeat_interleave(torch.tensor([len(at) for at in steps_of], dtype=torch.int64))
    at, who = (torch.cat([torch.zeros(0, dtype=torch.int64), *x]) for x in (steps_of, units_of))
    last = int(at.max()) + 1 if len(at) else 1
    if steps is not None and last > steps:
        b = int(samples[at.argmax()])
        raise ValueError(
            f"steps is {steps}, and times[{b}] has a spike in step {last - 1}; at least {last} "
            "steps are accepted, or crop: Events.from_times(...)[:steps]"
        )
    size = max(found or 0, int(who.max()) + 1 if len(who) else 1) if features is None else features
    if found is not None and found > size:
        raise ValueError(f"features is {features}, and times has {found} units; these are accepted")
    return at, samples, who, (last if steps is None else int(steps), len(steps_of), int(size))


def _flat(times) -> tuple[list, list, int]:
    """Return times and units of each sample from lists with one list of times for each unit."""
    flat, units, widest = [], [], 0
    for b, sample in enumerate(times):
        check_sequence(f"times[{b}]", sample, "one list of times for each unit, or units=")
        for i, train in enumerate(sample):
            check_sequence(f"times[{b}][{i}]", train, "a list of the times of one unit")
        trains = [np.asarray(train).reshape(-1) for train in sample]
        trains = [train if len(train) else train.astype(np.int64) for train in trains]
        flat.append(np.concatenate(trains) if trains else np.zeros(0, np.int64))
        units.append(np.repeat(np.arange(len(trains)), [len(train) for train in trains]))
        widest = max(widest, len(trains))
    return flat, units, widest


def _steps(name: str, times, dt: float | None) -> Tensor:
    """Return the steps of some times: floor(t / dt), or the whole numbers themselves."""
    try:
        values = np.asarray(times.detach().cpu() if isinstance(times, Tensor) else times)
        exact = values.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} is a {type(times).__name__}; numbers in a row are accepted"
        ) from None
    if values.dtype.kind not in "iuf" and values.size or exact.ndim != 1:
        raise ValueError(
            f"{name} has shape {values.shape} and dtype {values.dtype}; numbers along one axis are "
            "accepted"
        )
    if exact.size and not (np.isfinite(exact).all() and exact.min() >= 0):
        wrong = exact[~(np.isfinite(exact) & (exact >= 0))][0]
        raise ValueError(f"{name} holds {wrong:g}; finite times of at least 0 are accepted")
    if dt is not None:
        exact = np.floor(exact / dt + SLACK)
    elif (exact != np.floor(exact)).any():
        wrong = exact[exact != np.floor(exact)][0]
        raise ValueError(
            f"{name} holds {wrong:g}, which is no whole number of steps; steps are accepted, or "
            "seconds with the length of a step as dt"
        )
    if exact.size and exact.max() >= 2**31:
        raise ValueError(f"{name} reaches step {exact.max():g}; at most 2**31 steps are accepted")
    return torch.from_numpy(exact.astype(np.int64))


def picked(name: str, index, size: int) -> np.ndarray:
    """Return the positions that an index takes out of ``size``: one number keeps no axis."""
    if isinstance(index, Tensor):
        index = index.detach().cpu().numpy()
    try:
        return np.arange(size)[index]
    except IndexError as error:
        if isinstance(index, (int, np.integer)):  # ends a loop over steps
            raise IndexError(f"{name} is {index}; {-size} to {size - 1} is accepted") from None
        raise ValueError(f"{name}: {error}; places in 0 to {size - 1} are accepted") from None
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} is {index!r}; a number, a slice, or numbers in a list or a tensor are accepted"
        ) from None


def gathered(indices: Tensor, starts: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Return indices and offsets of rows that begin at ``starts`` and have ``counts`` entries."""
    ends = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    shift = torch.repeat_interleave(starts - ends[:-1], counts)
    return indices[torch.arange(len(shift), device=shift.device) + shift], ends


def spikes_of_array(spikes) -> tuple[Tensor, ...]:
    """Return step, sample and neuron of each 1 in an array of zeros and ones, and its shape."""
    if isinstance(spikes, np.ndarray):
        if spikes.dtype.kind not in "biuf":
            raise TypeError(
                f"spikes has dtype {spikes.dtype}; an array of zeros and ones is accepted"
            )
        spikes = torch.as_tensor(spikes, device="cpu")
    sparse = isinstance(spikes, Tensor) and spikes.layout != torch.strided and not spikes.is_nested
    if sparse:
        spikes = spikes.detach()
        spikes = (spikes if spikes.layout == torch.sparse_coo else spikes.to_sparse_coo()).cpu()
        spikes = spikes.coalesce()
        values = spikes.values()
    else:
        check_tensor("spikes", spikes)
        values = spikes = spikes.detach()
    if spikes.is_meta or spikes.is_complex() or spikes.is_quantized:
        raise TypeError(
            f"spikes has dtype {spikes.dtype} on {spikes.device}; "
            "a tensor of zeros and ones with its values is accepted"
        )
    if spikes.dim() != 3 or values.dim() != (1 if sparse else 3):
        raise ValueError(
            f"spikes has shape {tuple(spikes.shape)}; "
            "three axes (T, B, N) = (time, batch, neuron) are accepted"
        )
    values = values.cpu()
    if ((values != 0) & (values != 1)).any():
        raise ValueError("spikes holds values other than 0 and 1; only these are accepted")
    if sparse:
        return (*spikes.indices()[:, values != 0], tuple(spikes.shape))
    return (*values.nonzero(as_tuple=True), tuple(spikes.shape))


def check_parts(parts, steps: int | None, kind: type) -> int:
    """Return the number of steps of parts that are set side by side, or raise."""
    check_sequence("parts", parts, "Events in a list")
    if not len(parts):
        raise ValueError("parts is empty; at least one Events is accepted")
    for k, part in enumerate(parts):
        if not isinstance(part, kind):
            raise TypeError(f"parts[{k}] is a {type(part).__name__}; Events are accepted")
        if part.features != parts[0].features:
            raise ValueError(
                f"parts[{k}] has {part.features} neurons; {parts[0].features} are accepted, as in "
                "parts[0]"
            )
        if part.indices.device != parts[0].indices.device:
            raise ValueError(
                f"parts[{k}] is on {part.indices.device}; {parts[0].indices.device} is accepted"
            )
    longest = max(part.steps for part in parts)
    if steps is None:
        for k, part in enumerate(parts):
            if part.steps != parts[0].steps:
                raise ValueError(
                    f"parts[{k}] has {part.steps} steps and parts[0] {parts[0].steps}; equal "
                    f"numbers are accepted, or steps={longest}, which adds silent steps at the end"
                )
        return longest
    check_integer("steps", steps, 0)
    if steps < longest:
        raise ValueError(f"steps is {steps}; at least {longest} is accepted, the longest part")
    return int(steps)


def joined(parts, steps: int) -> tuple[Tensor, Tensor]:
    """Return indices and offsets of parts that are set side by side, sample after sample."""
    starts, counts, before = [], [], 0
    for part in parts:
        shape, silent = (part.steps, part.batch), (0, 0, 0, steps - part.steps)
        first = part.offsets[:-1].reshape(shape) + before
        starts.append(torch.nn.functional.pad(first, silent))
        counts.append(torch.nn.functional.pad(part.offsets.diff().reshape(shape), silent))
        before += len(part.indices)
    indices = torch.cat([part.indices for part in parts])
    return gathered(indices, *(torch.cat(x, dim=1).reshape(-1) for x in (starts, counts)))
