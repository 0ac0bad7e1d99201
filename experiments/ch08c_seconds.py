"""Seconds and sweeps of a layer over the length of a run (chapter 8c, claims 8c.1, 8c.2).

    python experiments/ch08c_seconds.py        about 4 minutes on one core

Forward and backward pass of a layer of LIF neurons, 16 trials times 16 neurons, driven by white
noise such that a neuron fires some seven times a second. The ways run one after another in every
repetition, so that a busy machine is busy for all; the least of the repetitions counts, since
nothing makes a computation faster than it is.

The loops have a reset, or none; the scans have none. The fixed point has one: it repeats the scan
until the spikes settle. The backward pass of each starts from the same random pull on the spikes.

A second table counts the sweeps of the fixed point, and what is wrong after three, for three
drives: noise around zero, stronger noise, and noise around a mean that makes a neuron fire
regularly.
"""

import time

import torch
from _sweep import few, options, run_cases, save, seeded

from snnbook.neurons import LIFNeuron, run
from snnbook.parallel import WaitingNeuron, block_run, fixed_point_run, scan_run

STEPS = (100, 250, 630, 1600, 4000, 10000, 16000)
BATCH, NEURONS = 16, 16
#: Mean and standard deviation of the drive.
DRIVES = {"noise": (0.0, 0.06), "strong noise": (0.0, 0.15), "mean and noise": (0.02, 0.03)}
LIF, FREE, WAITING = LIFNeuron(), LIFNeuron(reset="none"), WaitingNeuron(wait=50)
WAYS = {
    "plain loop": lambda drive: run(LIF, drive, kernel="reference").spikes,
    "compiled loop": lambda drive: run(LIF, drive, kernel="numba").spikes,
    "compiled loop, no reset": lambda drive: run(FREE, drive, kernel="numba").spikes,
    "scan by halving, no reset": lambda drive: scan_run(FREE, drive).spikes,
    "scan by doubling, no reset": lambda drive: scan_run(FREE, drive, how="doubling").spikes,
    "blocks of 50": lambda drive: block_run(WAITING, drive).spikes,
    "fixed point": lambda drive: fixed_point_run(LIF, drive).record.spikes,
}


def drawn(kind: str, steps: int, seed: int, batch: int = BATCH) -> torch.Tensor:
    """Return a drive (T, B, N)."""
    mean, std = DRIVES[kind]
    return mean + std * torch.randn(steps, batch, NEURONS, generator=seeded(seed))


def seconds(steps: int, seed: int) -> dict:
    """Return the seconds of one forward and backward pass of every way."""
    found, pull = {}, torch.randn(steps, BATCH, NEURONS, generator=seeded(100 + seed))
    for name, way in WAYS.items():
        drive = drawn("noise", steps, seed).requires_grad_()
        start = time.perf_counter()
        (way(drive) * pull).sum().backward()
        found[name] = time.perf_counter() - start
    return {"seconds": found}


@torch.no_grad()
def swept(kind: str, steps: int, seed: int) -> dict:
    """Return what the fixed point took, and what is wrong when it stops after three sweeps."""
    drive = drawn(kind, steps, seed, batch=4)
    found, right = fixed_point_run(LIF, drive), run(LIF, drive).spikes
    early = fixed_point_run(LIF, drive, limit=3).record.spikes
    assert found.settled
    return {
        "sweeps": int(found.sweeps.max()),
        "mean_sweeps": float(found.sweeps.double().mean()),
        "most_spikes": int(right.sum(0).max()),
        "rate": float(right.mean()) / LIF.dt,
        "differ": int((found.record.spikes != right).sum()),
        "wrong_after_three": float((early != right).sum() / right.sum()),
    }


def main() -> None:
    given = options(__doc__, seeds=5)
    for way in WAYS.values():  # compile, and touch every line once
        (way(drawn("noise", 100, 0).requires_grad_())).sum().backward()
    lengths = few(given, STEPS)
    timed = [{"steps": steps, "seed": seed} for seed in given.seeds for steps in lengths]
    counted = [
        {"kind": kind, "steps": steps, "seed": seed}
        for kind in DRIVES
        for steps in lengths
        if steps <= 4000
        for seed in given.seeds
    ]
    runs, sweeps = run_cases(given, timed, seconds), run_cases(given, counted, swept)
    told = {"steps": lengths, "batch": BATCH, "neurons": NEURONS, "drives": DRIVES, "block": 50}
    save(given, {"runs": runs, "sweeps": sweeps} | told)


if __name__ == "__main__":
    main()
