"""Time forward + backward of a layer, this package and its peers, interleaved in one process.

    python benchmarks/run.py --repeats 5 --out benchmarks/results.json

Input spikes have a density of 2 %. The loss is the sum of all output spikes. Before a size is
timed, the work is checked: shapes, finite gradients, and spike trains where the semantics are
the same. A sample repeats a run until 50 ms have passed. One thread. A sample during which
the process had the processor for less than 90 % of the time counts only when there are fewer
than three others. With ``--cases`` the rows of other sizes stay in the file as they were.
"""

import argparse
import datetime
import importlib.metadata
import json
import math
import platform
import sys
import time
from pathlib import Path

import peers
import torch

SIZES = {
    "D": (100, 1, 100, 100),
    "A": (100, 256, 700, 200),
    "B": (100, 64, 1024, 1024),
    "C": (1000, 32, 700, 256),
}
CASES = [(letter, recurrent) for letter in "DAC" for recurrent in (False, True)] + [("B", True)]
DENSITY = 0.02
SAMPLE = 0.05  # seconds
RESULTS = Path(__file__).resolve().parent / "results.json"


def problem(size):
    """Return input spikes, W and V for a size; the layer fires at a few percent."""
    from snnbook.neurons import LIFNeuron, fluctuation_driven_

    steps, batch, inputs, neurons = size
    generator = torch.Generator().manual_seed(0)
    spikes = (torch.rand(steps, batch, inputs, generator=generator) < DENSITY).float()
    weight, recurrent = torch.empty(neurons, inputs), torch.empty(neurons, neurons)
    neuron = LIFNeuron()
    fluctuation_driven_(weight, neuron, rate=20.0, std=0.95, generator=generator)
    fluctuation_driven_(recurrent, neuron, rate=40.0, std=0.3, generator=generator)
    return spikes, weight, recurrent


def contestants(size, recurrent: bool, spikes, weight, own):
    """Return name -> (function of input_gradient that runs once, module), and what is missing."""
    from snnbook.kernels import Events

    runs, missing = {}, {}
    for name, (maker, _, scale) in peers.makers().items():
        try:
            module = maker(size[2], size[3], recurrent)
        except ImportError as error:
            missing[name] = str(error)
            continue
        peers.set_weights(module, weight * scale, own * scale)
        events = Events.from_dense(spikes) if name.endswith("events") else None
        runs[name] = (make_run(module, spikes, events), module)
    return runs, missing


def make_run(module, spikes, events):
    def run(input_gradient: bool):
        given = spikes if events is None else events
        if input_gradient and events is None:
            given = spikes.detach().requires_grad_()
        module.zero_grad()
        out = module(given)
        out.sum().backward()
        return out.detach()

    return run


def check(runs, size) -> dict:
    """Raise unless shapes fit and gradients are finite; return spikes per entry of each."""
    rates, trains = {}, {}
    for name, (run, module) in runs.items():
        out = trains[name] = run(False)
        if out.shape != (size[0], size[1], size[3]):
            raise RuntimeError(f"{name} gave shape {tuple(out.shape)}")
        for parameter in module.parameters():
            if parameter.grad is not None and not torch.isfinite(parameter.grad).all():
                raise RuntimeError(f"{name} has a gradient that is not finite")
        rates[name] = float(out.mean())
    plain = trains["snnbook, plain loop"]
    for name in ("snnbook", "snnbook, input as events"):
        rates[name + ": entries that differ from the plain loop"] = int(
            (trains[name] != plain).sum()
        )
    return rates


def sample(run, input_gradient: bool):
    """Return seconds of one run, as a mean over 50 ms, and the share of the processor."""
    wall, cpu, times = time.perf_counter(), time.process_time(), 0
    while times == 0 or time.perf_counter() - wall < SAMPLE:
        run(input_gradient)
        times += 1
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return wall / times, cpu / wall


def timed(runs, input_gradient: bool, repeats: int, seconds: float = 240.0):
    """Return name -> median milliseconds of interleaved runs, at least two."""
    samples = {name: [] for name in runs}
    begin = time.perf_counter()
    for round_ in range(repeats + 1):
        for name, (run, _) in runs.items():
            if input_gradient and name.endswith("events"):
                continue
            taken = sample(run, input_gradient)
            if round_:  # the first warms up
                samples[name].append(taken)
        if round_ >= 2 and time.perf_counter() - begin > seconds:
            break
    return {name: median(taken) for name, taken in samples.items() if taken}


def median(taken) -> float:
    quiet = [wall for wall, share in taken if share > 0.9]
    chosen = sorted(quiet if len(quiet) >= 3 else [wall for wall, _ in taken])
    return 1e3 * chosen[len(chosen) // 2]


def floor(size, recurrent: bool, input_gradient: bool, spikes, weight, own, repeats: int) -> float:
    """Time the dense products and six passes over T * B * N floats: milliseconds."""
    steps, batch, inputs, neurons = size
    rows = spikes.reshape(steps * batch, inputs)
    drive = torch.randn(steps * batch, neurons)
    other = torch.empty_like(drive)

    def work():
        torch.mm(rows, weight.T)
        torch.mm(drive.T, rows)
        if input_gradient:
            torch.mm(drive, weight)
        if recurrent:
            torch.mm(drive.T, drive)
            for part in drive.view(steps, batch, neurons).unbind(0):
                torch.mm(part, own)
                torch.mm(part, own)
        for _ in range(3):  # a copy is two passes
            other.copy_(drive)

    return median([sample(lambda _: work(), False) for _ in range(repeats + 1)][1:])


def machine() -> dict:
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].split(":")[1].strip() if names else cpu
    versions = {"python": platform.python_version()}
    for package in ("torch", "numba", "snntorch", "norse", "spikingjelly", "sinabs"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {"cpu": cpu, "threads": torch.get_num_threads(), "versions": versions}


def growth(steps=(100, 200, 500, 1000, 2000, 4000)) -> dict:
    """Return the time of our layer for several T, and the exponent of a power law."""
    times = []
    for count in steps:
        size = (count, 32, 200, 128)
        spikes, weight, own = problem(size)
        runs, _ = contestants(size, False, spikes, weight, own)
        times.append(timed({"snnbook": runs["snnbook"]}, False, 5)["snnbook"])
    x = torch.log(torch.tensor(steps, dtype=torch.float64))
    y = torch.log(torch.tensor(times, dtype=torch.float64))
    x0, y0 = x - x.mean(), y - y.mean()
    exponent = float((x0 * y0).sum() / (x0 * x0).sum())
    return {"steps": list(steps), "milliseconds": times, "exponent": exponent}


def keep(key: str, value, path: Path = RESULTS) -> None:
    """Write one part of the results, and leave the others."""
    result = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(result | {key: value}, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=240.0, help="stop a row after this")
    parser.add_argument("--cases", default="", help="such as D,A: sizes to run")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows, done = [], {}
    if arguments.cases and arguments.out.is_file():
        for row in json.loads(arguments.out.read_text())["rows"]:
            done.setdefault((*row["size"], row["recurrent"]), []).append(row)
    for letter, recurrent in CASES:
        if arguments.cases and letter not in arguments.cases.split(","):
            rows += done.get((*SIZES[letter], recurrent), [])
            continue
        size = SIZES[letter]
        spikes, weight, own = problem(size)
        runs, missing = contestants(size, recurrent, spikes, weight, own)
        rates = check(runs, size)
        for gradient in (False, True):
            repeats = arguments.repeats * (5 if math.prod(size) < 1e7 else 1)
            row = {"size": size, "recurrent": recurrent, "input_gradient": gradient}
            row["floor"] = floor(size, recurrent, gradient, spikes, weight, own, repeats)
            row["milliseconds"] = timed(runs, gradient, repeats, arguments.seconds)
            row["rates"], row["missing"] = rates, missing
            rows.append(row)
            print(json.dumps(row), file=sys.stderr, flush=True)
    result = json.loads(arguments.out.read_text()) if arguments.out.is_file() else {}
    result |= {
        "date": datetime.date.today().isoformat(),
        "command": "python benchmarks/run.py " + " ".join(sys.argv[1:]),
        "machine": machine(),
        "growth": growth(),
        "rows": rows,
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
