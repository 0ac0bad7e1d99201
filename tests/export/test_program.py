"""A program of PyTorch alone computes what the network computes."""

import subprocess
import sys

import pytest
import torch
from helpers import seeded

from snnbook.export import to_program
from snnbook.neurons import LIFNeuron, SpikingNetwork, draw_constants

pytestmark = pytest.mark.filterwarnings("ignore")  # the tracer's own


def spikes(batch=3, seed=1):
    return (torch.rand(12, batch, 4, generator=seeded(seed)) < 0.4).float()


def network():
    neuron = LIFNeuron(draw_constants(20e-3, 6, generator=seeded()), threshold=0.5)
    options = {"recurrent": True, "learn": ("tau_syn",), "std": 8.0}
    return SpikingNetwork((4, 6, 2), neuron, generator=seeded(), **options)


#: Reads a program and runs it where nothing of this package can be imported.
ELSEWHERE = """
import sys
import torch
sys.modules["snnbook"] = None
program = torch.export.load(sys.argv[1]).module()
spikes, wanted = torch.load(sys.argv[2])
torch.testing.assert_close(program(spikes), wanted, atol=1e-5, rtol=1e-5)
print("equal")
"""


def test_the_program_gives_the_same_also_in_a_process_without_this_package(tmp_path):
    model = network()
    program = to_program(model, spikes())
    for batch in (1, 2, 9):
        x = spikes(batch, seed=batch)
        wanted = model(x).readout.detach()
        assert model(x).hidden[0].spikes.any()
        torch.testing.assert_close(program.module()(x), wanted, atol=1e-5, rtol=1e-5)
    torch.export.save(program, tmp_path / "program.pt2")
    torch.save((x, wanted), tmp_path / "pair.pt")
    paths = [str(tmp_path / name) for name in ("program.pt2", "pair.pt")]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ELSEWHERE, *paths], capture_output=True, text=True
    )
    assert done.stdout == "equal\n", done.stderr


def test_a_program_of_one_batch_size():
    model = network()
    model.train()
    run = to_program(model, spikes(3), any_batch=False).module()
    torch.testing.assert_close(run(spikes(3, 5)), model(spikes(3, 5)).readout, atol=1e-5, rtol=1e-5)
    assert model.training
    with pytest.raises(Exception, match="batch|shape|size|3"):
        run(spikes(4))


def test_what_is_no_batch_is_named():
    with pytest.raises(ValueError, match="spikes has shape"):
        to_program(network(), spikes()[0])
    with pytest.raises(ValueError, match="at least one step"):
        to_program(network(), spikes()[:0])
