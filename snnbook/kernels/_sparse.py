r"""Products with sparse spikes, compiled: they touch only the rows that spiked.

A set of spikes is a list of indices, sorted by row; row ``r = t * B + b`` owns the entries
``offsets[r]`` to ``offsets[r + 1]`` (the layout of compressed sparse rows, without values).

.. math::

    x[r] = \sum_{j\,\text{spiked in}\,r} W_{\cdot j}, \qquad
    \frac{dL}{dW_{\cdot j}} = \sum_{r\,\text{with a spike of}\,j} \frac{dL}{dx[r]}

Weights come transposed, so that the row of one input neuron is contiguous.
"""

import numpy as np

from snnbook.kernels._events import Events
from snnbook.kernels._loops import at, loop

#: Share of spikes above which a dense product is faster than one that looks up rows.
EVENT_DENSITY = 0.2
#: Neurons below which finding the spikes of a dense input costs more than it saves.
EVENT_NEURONS = 8


def input_events(source, weight):
    """Return (indices, offsets) of the input's spikes, or None, and the reason for it."""
    if not finite(weight.detach().contiguous().numpy()):
        return None, "dense product: the weight holds NaN or infinity"
    if isinstance(source, Events):
        if source.density > EVENT_DENSITY:
            return None, f"dense product: {source.density:.0%} of the input entries are spikes"
        return _entries(source), "events: the input brings them"
    if len(weight) < EVENT_NEURONS:
        return None, f"dense product: {len(weight)} neurons do not pay for a search of spikes"
    count, *found = search(source.detach().contiguous().numpy(), EVENT_DENSITY)
    if count == -1:
        return None, f"dense product: more than {EVENT_DENSITY:.0%} of the input are spikes"
    if count == -2:
        return None, "dense product: the input has values other than 0 and 1"
    share = count / max(1, source.numel())
    return found, f"events: {share:.1%} of the input entries are spikes"


def _entries(events: Events):
    """Return indices and offsets as arrays; looked at again, since tensors can be changed."""
    indices, offsets = (x.cpu().contiguous().numpy() for x in (events.indices, events.offsets))
    rows = events.steps * events.batch
    if len(offsets) != rows + 1 or not sound(indices, offsets, events.features):
        raise ValueError("indices or offsets of the Events were changed after they were made")
    return indices, offsets


@loop
def sound(indices, offsets, features):
    """Return whether the offsets ascend from 0 to the last entry, and the indices are in range."""
    bad = offsets[0] != 0 or offsets[-1] != indices.shape[0]
    for r in range(offsets.shape[0] - 1):
        bad |= offsets[r] > offsets[r + 1]
    for e in range(indices.shape[0]):
        bad |= indices[e] < 0
        bad |= indices[e] >= features
    return not bad


@loop
def find(spikes, offset, indices, offsets):
    """Find the spikes of ``spikes`` (rows, N), appending after entry ``offset``.

    Returns the number of entries, or -1 when there is not enough room for them, or -2 when
    a value is neither 0 nor 1.
    """
    rows, size = spikes.shape
    count = offset
    graded = False
    offsets[0] = count
    for r in range(rows):
        row = spikes[r]
        if count + size > indices.shape[0]:
            return -1
        for j in range(size):  # no branch: entries are overwritten until one is kept
            indices[count] = j
            count += row[j] != 0
        for e in range(offsets[r], count):
            graded |= row[indices[e]] != 1
        if graded:
            return -2
        offsets[r + 1] = count
    return count


@loop
def gather(indices, offsets, from_input, drive):
    """Write W S of every row; four weight rows at a time."""
    rows, size = drive.shape
    for r in range(rows):
        x = drive[r]
        for m in range(size):
            x[m] = 0
        start, stop = offsets[r], offsets[r + 1]
        whole = stop - (stop - start) % 4
        for e in range(start, whole, 4):
            w0, w1 = from_input[indices[e]], from_input[indices[e + 1]]
            w2, w3 = from_input[indices[e + 2]], from_input[indices[e + 3]]
            for m in range(size):
                x[m] += (w0[m] + w1[m]) + (w2[m] + w3[m])
        for e in range(whole, stop):
            w0 = from_input[indices[e]]
            for m in range(size):
                x[m] += w0[m]


@loop
def scatter(indices, offsets, drive_grad, weight_grad):
    """Add dL/dx of every row to the transposed weight gradient, in the rows that spiked."""
    rows, size = drive_grad.shape
    for r in range(rows):
        grad = drive_grad[r]
        for e in range(offsets[r], offsets[r + 1]):
            target = weight_grad[indices[e]]
            for m in range(size):
                target[m] += grad[m]


@loop
def scatter_own(mems, edge, drive_grad, weight_grad):
    """Do as :func:`scatter` for a layer's own spikes, found again from U > edge."""
    rows, size = drive_grad.shape
    for r in range(rows):
        grad, mem = drive_grad[r], mems[r]
        for j in range(size):
            if mem[j] > at(edge, j):
                target = weight_grad[j]
                for m in range(size):
                    target[m] += grad[m]


@loop
def finite(values):
    """Return whether no entry is NaN or infinite: for all others x - x is 0."""
    flat, bad = values.reshape(values.size), False
    for i in range(flat.shape[0]):
        bad |= not (flat[i] - flat[i] == 0)
    return not bad


@loop
def search(spikes, share):
    """Find the spikes of ``spikes`` (T, B, N): return a count as :func:`find`, and both lists."""
    rows = spikes.shape[0] * spikes.shape[1]
    indices = np.empty(int(share * spikes.size) + spikes.shape[2], np.int32)
    offsets = np.empty(rows + 1, np.int64)
    count = find(spikes.reshape(rows, spikes.shape[2]), 0, indices, offsets)
    return count, indices[: max(count, 0)].copy(), offsets
