"""The example of the API page runs, and each way out gives the same network."""

import re
from pathlib import Path

import pytest
import torch
from helpers import seeded

from snnbook.neurons import SpikingNetwork

PAGE = Path(__file__).resolve().parents[2] / "book" / "api.md"


@pytest.mark.filterwarnings("ignore")  # of torch.export
def test_the_example_of_the_page(tmp_path, monkeypatch, capsys):
    pytest.importorskip("nir", reason="nir is not installed")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    (code,) = [block for block in blocks if "save_network" in block]
    network = SpikingNetwork((5, 8, 3), input_rate=200.0, generator=seeded())
    spikes = (torch.rand(15, 6, 5, generator=seeded(1)) < 0.3).float()
    names = {"network": network, "spikes": spikes, "labels": torch.arange(6) % 3}
    monkeypatch.chdir(tmp_path)
    exec(code, names)
    wanted = network(spikes).readout
    assert names["network"] is not network and wanted.any()
    for other in (names["network"], names["again"]):
        torch.testing.assert_close(other(spikes).readout, wanted, rtol=1e-5, atol=1e-5)
    program = torch.export.load("network.pt2").module()
    torch.testing.assert_close(program(spikes), wanted.detach(), rtol=1e-5, atol=1e-5)
    assert "bytes in place of" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "network.nir",
        "network.pt",
        "network.pt2",
    ]
