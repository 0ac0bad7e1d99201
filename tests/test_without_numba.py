"""Where Numba cannot be imported, everything runs, gives the same numbers, and says so once."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

#: Runs a layer and a spike layer, and prints what they give and what was said.
RUNS = """
import json, warnings
import torch
from snnbook import kernels, neurons, spike_times

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    generator = torch.Generator().manual_seed(0)
    layer = neurons.RecurrentLIF(6, 5, generator=generator)
    spikes = (torch.rand(30, 2, 6, generator=generator) < 0.4).float()
    for _ in range(2):
        layer.zero_grad()
        out = layer(spikes)
        out.spikes.sum().backward()
    chosen = kernels.explain(spikes, weight=layer.weight)
    weight = 1.5 * torch.ones(2, 3, dtype=torch.float64)
    times = torch.linspace(1e-3, 20e-3, 9, dtype=torch.float64)[None]
    trains = spike_times.Trains(times, torch.arange(9).remainder(3)[None])
    answer = spike_times.SpikeLayer(weight, 20e-3, 5e-3, 60e-3)(trains)
print(json.dumps({
    "kernel": chosen.kernel, "reason": chosen.reason,
    "said": [f"{one.category.__name__}: {one.message}" for one in said],
    "numbers": [out.spikes.sum().item(), *layer.weight.grad.flatten().tolist(),
                *layer.recurrent_weight.grad.flatten().tolist(),
                *answer.times[answer.times.isfinite()].flatten().tolist()],
}))
"""

#: Takes the place of an installation without Numba: every import of it fails, as pip leaves it.
HIDE = """
import sys

class Away:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numba", "llvmlite"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Away())
"""


def python(code: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONWARNINGS": "default"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def without() -> dict:
    done = python(HIDE + RUNS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_plain_loop_runs_and_says_so_once(without):
    assert without["kernel"] == "reference" and "numba cannot be imported" in without["reason"]
    (said,) = without["said"]
    assert said.startswith("RuntimeWarning: numba cannot be imported")
    assert "pip install numba" in said and "same numbers" in said


def test_the_numbers_are_those_of_the_compiled_loops(without):
    done = python(RUNS)
    assert done.returncode == 0, done.stderr
    compiled = json.loads(done.stdout)
    assert compiled["kernel"] == "numba" and compiled["said"] == []
    assert compiled["numbers"] == pytest.approx(without["numbers"], rel=1e-4, abs=1e-6)
    assert len(compiled["numbers"]) > 56  # 1 of spikes, 55 of gradients, and the spike times


def test_who_asks_for_the_compiled_loop_is_told_what_is_missing():
    code = "from snnbook.neurons import *; import torch\n"
    code += "run(LIFNeuron(), torch.ones(3, 1, 2), kernel='numba')"
    done = python(HIDE + code)
    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        "ValueError: kernel is 'numba', but numba cannot be imported (No module named 'numba'); "
        "'auto' or 'reference' is accepted"
    )
    assert "Warning" not in done.stderr


#: Imports every room; then prints which libraries came along with the first ones.
ROOMS = """
import sys, snnbook
LATE = "sklearn matplotlib ipywidgets IPython numba scipy".split()
print([x for x in ["torch", "numpy", "sympy", "tqdm", *LATE] if x in sys.modules])
import snnbook.neurons, snnbook.training, snnbook.data, snnbook.gradients, snnbook.local
print([x for x in LATE if x in sys.modules])
for room in snnbook.__all__:
    getattr(snnbook, room)
print([x for x in ["sklearn", "ipywidgets", "numba"] if x in sys.modules])
"""


@pytest.mark.parametrize("before", ["", HIDE], ids=["with numba", "without"])
def test_a_library_waits_for_its_first_use(before):
    """``import snnbook`` loads none; the rooms of networks bring PyTorch and SymPy only."""
    done = python(before + ROOMS)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout.split("\n")[:3] == ["[]", "[]", "[]"]


#: Trains a network for an epoch, then asks for the formula of its surrogate.
TRAINS = """
import torch
from snnbook import data, gradients, local, neurons, smoothed, spike_times, training

generator = torch.Generator().manual_seed(0)
model = neurons.SpikingNetwork((3, 4, 2), generator=generator)
before = model.readout.weight.clone()
training.fit(model, torch.rand(8, 3), torch.arange(8) % 2, epochs=1, batch_size=4, lr=0.1,
             encode=lambda values: data.latency_code(values, steps=20),
             generator=generator, progress=False)
assert not torch.equal(model.readout.weight, before)
neurons.LIFNeuron().surrogate.form
"""


def test_networks_train_without_the_libraries_of_figures_formulas_and_data():
    away = HIDE.replace('"llvmlite"', '"llvmlite", "sympy", "sklearn", "matplotlib", "ipywidgets"')
    assert away != HIDE
    done = python(away + TRAINS)
    last = done.stderr.strip().splitlines()[-1]
    assert last == "ModuleNotFoundError: No module named 'sympy'", done.stderr
