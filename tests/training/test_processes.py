"""Two processes that share the batches learn what one learns alone: the example of the API page."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from patience import load_per_core

ROOT = Path(__file__).resolve().parents[2]

#: Runs the example as one of two processes that meet in a file, and keeps what it learned.
RUN = """
import sys
import torch
from training.test_processes import run

torch.set_num_threads(1)
place, rank, seconds = sys.argv[1], *map(int, sys.argv[2:])
torch.save(run(place, rank, 2, seconds), f"{place}/rank{rank}.pt")
"""


def example():
    """Return the Python of the page that starts with a group of processes."""
    page = (ROOT / "book" / "api.md").read_text()
    return next(x for x in re.findall(r"```python\n(.*?)```", page, re.S) if "init_process" in x)


def run(place, rank, size, seconds):
    """Run the example as one of some processes; return its weights and the losses that it saw."""
    begin, names = dist.init_process_group, {}
    meeting = {"init_method": f"file://{place}/meet{size}", "rank": rank, "world_size": size}
    try:
        dist.init_process_group = partial(begin, timeout=timedelta(seconds=seconds), **meeting)
        exec(example(), names)
    finally:
        dist.init_process_group = begin
    weights = torch.cat([p.detach().flatten() for p in names["model"].parameters()])
    return weights, names["history"].loss


def learned_by_two(place, seconds):
    """Return what each of two processes has learned, and the losses that it saw."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(ROOT / "scripts")])
    environment = os.environ | {"PYTHONPATH": paths, "GLOO_SOCKET_IFNAME": "lo"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", RUN, str(place), str(rank), str(seconds)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    try:
        said = [one.communicate(timeout=2 * seconds)[1] for one in running]
    finally:
        for one in running:
            one.kill()
            one.wait()
    assert all(one.returncode == 0 for one in running), said
    return [torch.load(place / f"rank{rank}.pt") for rank in (0, 1)]


@pytest.mark.skipif(
    not (dist.is_available() and dist.is_gloo_available() and sys.platform == "linux"),
    reason="needs PyTorch with gloo, and a network interface named lo",
)
def test_two_processes_learn_what_one_learns(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    seconds = int(60 * max(1.0, load_per_core()))
    (first, own), (second, other) = learned_by_two(tmp_path, seconds)
    alone, loss = run(tmp_path, 0, 1, seconds)
    assert torch.equal(first, second)
    torch.testing.assert_close(first, alone, rtol=1e-4, atol=1e-5)
    assert own != other and own[-1] < own[0]
    mean = [(a + b) / 2 for a, b in zip(own, other, strict=True)]
    assert mean == pytest.approx(loss, rel=1e-4)
