"""Peak memory of one forward and backward pass, and the cost of the very first call.

    python benchmarks/memory.py

Every library runs in a process of its own. Its peak is read before and after, so the number is
what the pass adds, output included; it is given in units of the T * B * N floats of one record.
The first call is timed in a fresh process, once with an empty cache of compiled code, and once
with the cache that the first process left.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import peers
import torch
from run import SIZES, keep, problem

FIRST = """
import time

import torch
torch.set_num_threads(1)
before = time.perf_counter()
from snnbook.neurons import SpikingNetwork
imported = time.perf_counter()
network = SpikingNetwork((100, 100, 10), recurrent=False)
spikes = (torch.rand(100, 1, 100) < 0.02).float()
network(spikes).readout.sum().backward()
print(imported - before, time.perf_counter() - imported)
"""


def resident(field: str) -> int:
    """Return bytes of this process as Linux counts them: VmRSS now, VmHWM the peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(x for x in lines if x.startswith(field)).split()[1])


def one(name: str, letter: str, recurrent: bool, checkpoint: int | None) -> float:
    """Return the bytes that a pass of one library adds to the peak."""
    from snnbook.kernels import Events

    torch.set_num_threads(1)
    size = SIZES[letter]
    spikes, weight, own = problem(size)
    maker, _, scale = peers.makers()[name]
    module = maker(size[2], size[3], recurrent)
    peers.set_weights(module, weight * scale, own * scale)
    if checkpoint:
        module.layer.checkpoint = checkpoint
    few, given = spikes[:8], spikes
    if name.endswith("events"):
        few, given = Events.from_dense(few), Events.from_dense(spikes)
    module(few).sum().backward()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from now
    before = resident("VmRSS")
    module(given).sum().backward()
    return float(resident("VmHWM") - before)


def asked(*arguments) -> float | None:
    command = [sys.executable, __file__, "--one", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def table() -> list[dict]:
    rows = []
    for letter, recurrent in (("A", False), ("A", True), ("C", False)):
        steps, batch, _, neurons = SIZES[letter]
        unit = 4 * steps * batch * neurons
        row = {"size": SIZES[letter], "recurrent": recurrent, "unit": unit, "peak": {}}
        for name in peers.makers():
            value = asked(name, letter, int(recurrent), 0)
            if value is not None:
                row["peak"][name] = value / unit
        value = asked("snnbook, input as events", letter, int(recurrent), round(steps**0.5))
        row["peak"]["snnbook, events, checkpoints"] = value / unit
        print(json.dumps(row), file=sys.stderr, flush=True)
        rows.append(row)
    return rows


def first_call() -> dict:
    """Return seconds of import and of the first call, without and with a cache."""
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        for name in ("compiling", "cached"):
            run = {"capture_output": True, "text": True, "check": True, "env": environment}
            done = subprocess.run([sys.executable, "-c", FIRST], **run)
            seconds = [float(x) for x in done.stdout.split()]
            result[name] = {"import": seconds[0], "first call": seconds[1]}
    return result


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        name, letter, recurrent, checkpoint = sys.argv[2:]
        print(one(name, letter, bool(int(recurrent)), int(checkpoint) or None))
        return
    keep("memory", table())
    keep("first_call", first_call())


if __name__ == "__main__":
    main()
