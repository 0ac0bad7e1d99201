"""The forward pass of a layer in tiles of time; see :mod:`snnbook.kernels._layer`."""

import numpy as np
import torch
from torch import Tensor

from snnbook.kernels import _loops, _one_call, _sparse
from snnbook.kernels._call import Call
from snnbook.kernels._choose import all_finite

#: Entries of a tile, and rows (time steps times samples) below which a dense product is slow.
TILE_ENTRIES = 1 << 16
TILE_ROWS = 512


def tile_steps(batch: int, size: int) -> int:
    """Return the time steps of one tile: small enough for the cache, big enough for products."""
    entries = TILE_ENTRIES // max(1, batch * size)
    return max(1, entries, -(-TILE_ROWS // max(1, batch)))


def pieces(begin: int, steps: int, segment: int, tile: int):
    """Yield (start, stop) of tiles that do not cross the ends of segments."""
    for first in range(begin, steps, segment):
        last = min(first + segment, steps)
        for start in range(first, last, tile):
            yield start, min(start + tile, last)


def as_edge(edge):
    """Return the edge as what a tensor (..., N) is compared with."""
    return torch.from_numpy(edge) if edge.ndim else float(edge)


class Forward:
    """One run over time. Attributes: spikes, mems, syns (T, B, N) or None; ``state``, (B, N) each.

    ``mems`` is kept for the record or for the backward pass, ``syns`` for the record, or
    where the backward pass needs it: a reset to zero with a gradient. With a checkpoint
    neither is kept for the backward pass, but ``states``, the state at every segment's start.
    ``numbers`` are the constants of the N neurons, ``columns`` the same for all B * N columns.
    """

    def __init__(self, source, weight, recurrent, state, call: Call, keep: bool, constants=None):
        self.call = call
        self.recurrent, self.weight = recurrent, weight
        self.source, self.spikes_in = source, call.events
        self.shape = call.shape
        self.numbers = call.numbers(constants)
        self.columns = tuple(map(call.columns, self.numbers))
        self.state = tuple(self._start(x) for x in state)
        self.syn, self.mem = self.state[0], self.state[self.mem_at]
        spiking = call.surrogate is not None
        sparing = keep and spiking and not call.record and call.checkpoint is not None
        keep = keep and spiking and not sparing
        self.spikes = self._room() if spiking else None
        self._make_room(keep)
        self.states = [] if sparing else None
        done = 0
        if not sparing and self.in_one_call(self.shape, recurrent is not None):
            done = self._run_small()
        if done < self.shape[0] and self.mem.numel():
            self._run(done, self.shape[0])

    #: Whether a layer of this shape runs in one compiled call.
    in_one_call = staticmethod(_one_call.fits)

    #: Which of the states is U.
    mem_at = 1

    def _make_room(self, keep: bool) -> None:
        """Make room for the states that are recorded, or kept for the backward pass."""
        call = self.call
        self.mems = self._room() if call.record or keep else None
        self.syns = self._room() if call.record or keep and call.needs_current else None

    def _start(self, state: Tensor | None) -> Tensor:
        if state is None:
            return torch.from_numpy(np.zeros(self.shape[1:], self.numbers[0].dtype))
        return state.detach().clone(memory_format=torch.contiguous_format)

    def _room(self) -> Tensor:
        return self.mem.new_empty(self.shape)

    def _run_small(self) -> int:
        """Run everything in one call; return the steps done, fewer where many neurons spike."""
        none = _one_call.NOTHING[self.call.dtype]
        if self.spikes_in is not None:
            product, drive = self.spikes_in, self._room()
        else:
            product, drive = _one_call.NO_EVENTS, self._make_drive(self.shape[0])(0, self.shape[0])
        done, self.call.finite = _one_call.forward(
            *product,
            none[2] if self.weight is None else self.weight.detach().contiguous().numpy(),
            none[2] if self.recurrent is None else self.recurrent.detach().contiguous().numpy(),
            drive.numpy(),
            int(_sparse.EVENT_DENSITY * self.mem.numel()),
            *(self.columns if self.recurrent is None else self.numbers),
            self.syn.numpy(),
            self.mem.numpy(),
            tuple(none[3] if x is None else x.numpy() for x in (self.spikes, self.mems, self.syns)),
        )
        if done < self.shape[0]:
            self.call.finite = None
        return done

    def _run(self, begin: int, steps: int) -> None:
        tile = tile_steps(*self.mem.shape)
        if self.weight is None and self.recurrent is None and self.source.is_contiguous():
            tile = steps
        segment = steps if self.states is None else self.call.checkpoint
        make_drive = self._make_drive(min(tile, segment))
        own = self._own_rows()
        for start, stop in pieces(begin, steps, segment, tile):
            if self.states is not None and start % segment == 0:
                self.states.append(tuple(x.clone() for x in self.state))
            drive = make_drive(start, stop)
            if self.recurrent is None:
                self._scan(drive, start, stop)
            else:
                self._scan_recurrent(drive, own, start, stop)

    def _make_drive(self, tile: int):
        """Return the function that gives the drive (T', B, N) of a tile."""
        source = self.source if self.source is None else self.source.detach()
        if self.weight is None:
            overwritten = self.recurrent is not None
            if overwritten:
                return lambda start, stop: source[start:stop].clone(
                    memory_format=torch.contiguous_format
                )
            return lambda start, stop: source[start:stop].contiguous()
        steps, batch, size = self.shape
        room = self.mem.new_empty(min(tile, steps) * batch, size)
        weight = self.weight.detach().T
        if self.spikes_in is not None:
            indices, offsets = self.spikes_in
            rows, target = weight.contiguous().numpy(), room.numpy()

            def looked_up(start, stop):
                count = (stop - start) * batch
                ends = offsets[start * batch : stop * batch + 1]
                _sparse.gather(indices, ends, rows, target[:count])
                return room[:count].view(-1, batch, size)

            return looked_up

        def multiplied(start, stop):
            spikes = source[start:stop].reshape((stop - start) * batch, -1)
            return torch.mm(spikes, weight, out=room[: len(spikes)]).view(-1, batch, size)

        return multiplied

    def _outputs(self, start: int, stop: int, rows: int):
        """Return spikes, mems, syns of a tile as arrays with ``rows`` leading axes."""
        return tuple(self._part(x, start, stop, rows) for x in (self.spikes, self.mems, self.syns))

    def _part(self, tensor: Tensor | None, start: int, stop: int, rows: int):
        if tensor is None:
            return self.mem.new_empty((0,) * (rows + 1)).numpy()
        part = tensor[start:stop]
        return (part.view(len(part), -1) if rows == 1 else part).numpy()

    def _scan(self, drive: Tensor, start: int, stop: int) -> None:
        alpha, beta, edge, drop, zero = self.columns
        state = self.syn.view(-1).numpy(), self.mem.view(-1).numpy()
        drive = drive.view(len(drive), -1).numpy()
        spikes, mems, syns = self._outputs(start, stop, 1)
        if self.spikes is None:
            _loops.leaky(drive, alpha, beta, *state, mems, syns)
        else:
            _loops.lif(drive, alpha, beta, edge, drop, zero, *state, spikes, mems, syns)

    def _scan_recurrent(self, drive: Tensor, own, start: int, stop: int) -> None:
        """Look up V S[n]; a step with many spikes takes a dense product instead."""
        limit, n = int(_sparse.EVENT_DENSITY * self.mem.numel()), start
        for _ in range(start, stop):  # every pass takes a step at least
            if n == stop:
                return
            if own is not None:
                n += self._look_up(drive[n - start :], own, limit, n, stop)
            if n < stop:
                spikes = self._spiking().to(self.mem.dtype)
                drive[n - start].addmm_(spikes, self.recurrent.detach().T)
                self._scan(drive[n - start : n - start + 1], n, n + 1)
                n += 1

    def _look_up(self, drive: Tensor, own, limit: int, start: int, stop: int) -> int:
        """Run steps with few spikes; return how many."""
        state, out = (self.syn.numpy(), self.mem.numpy()), self._outputs(start, stop, 2)
        return _loops.lif_recurrent(drive.numpy(), own, limit, *self.numbers, *state, *out)

    def _spiking(self) -> Tensor:
        """Return which neurons spike in this state, (B, N)."""
        return self.mem > as_edge(self.numbers[2])

    def _own_rows(self):
        """Return V transposed for lookups, or None where a dense product must see NaN."""
        if self.recurrent is None or not all_finite(self.recurrent):
            return None
        return self.recurrent.detach().T.contiguous().numpy()
