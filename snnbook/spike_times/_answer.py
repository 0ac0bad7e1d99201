"""The answer of a layer to spike trains, by the compiled loops, and its gradient."""

import numpy as np
import torch

from snnbook.spike_times._guard import once
from snnbook.spike_times._loops import loops


class Answer(torch.autograd.Function):
    """Times and neurons of a layer's spikes; the adjoint backward."""

    @staticmethod
    def forward(ctx, times, sources, weight, constants, limit):
        spikes, currents, counts = _run(times, sources, weight, constants, limit)
        order = np.argsort(spikes, axis=1, kind="stable")
        ctx.save_for_backward(times, sources, weight)
        ctx.constants, ctx.run = constants, (spikes, currents, counts, order)
        neurons = _neurons(counts, spikes.shape[1])
        out = torch.from_numpy(np.take_along_axis(spikes, order, 1))
        who = torch.from_numpy(np.take_along_axis(neurons, order, 1))
        ctx.mark_non_differentiable(who)
        return out, who

    @staticmethod
    def backward(ctx, by_time, _):
        def gradients(by_time, *given):
            spikes, currents, counts, order = ctx.run
            unsorted = np.zeros_like(spikes)
            np.put_along_axis(unsorted, order, by_time.detach().numpy(), 1)
            given = [x.detach().numpy() for x in given]
            _, adjoint_layer = loops()
            found = adjoint_layer(*given, *ctx.constants, spikes, currents, counts, unsorted)
            return tuple(torch.from_numpy(x) for x in found)

        d_weight, d_times = once(gradients, by_time, *ctx.saved_tensors)
        return d_times, None, d_weight, None, None


def _run(times, sources, weight, constants, limit):
    """Return spikes, currents and counts of the compiled loop, with room for all of them."""
    run_layer, _ = loops()
    given = [x.detach().numpy() for x in (times, sources, weight)]
    neurons = weight.shape[0]
    room, most = 4 * neurons, limit * neurons
    while True:  # ends: where there is room for ``most``, a neuron with more than ``limit`` shows
        spikes, currents, counts = run_layer(*given, *constants, room, limit)
        fault = counts.min(initial=0)
        if fault == 0:
            kept = max(1, counts.sum(1).max(initial=0))
            return spikes[:, :kept].copy(), currents[:, :kept].copy(), counts
        if fault == -2 or room >= most:
            raise ValueError(
                f"a neuron spikes more than max_spikes = {limit} times before duration = "
                f"{constants[3]:g}; smaller weights (the largest is {given[2].max():g}), or a "
                "larger max_spikes, are accepted"
            )
        room = min(2 * room, most)


def _neurons(counts: np.ndarray, room: int) -> np.ndarray:
    """Return the neuron of each spike where spikes stand in the order of the neurons."""
    found = np.zeros((len(counts), room), dtype=np.int64)
    for row, each in zip(found, counts):
        row[: each.sum()] = np.repeat(np.arange(len(each)), each)
    return found
