"""Encoders on a device without float64: they widen numbers only after bringing them to the CPU."""

import pytest
import torch

from snnbook import data

CODES = {
    "latency": lambda values: data.latency_code(values, steps=9),
    "events": lambda values: data.latency_code(values, steps=9, events=True).to_dense(),
    "regular": lambda values: data.regular_code(values, steps=9),
    "delta": lambda values: data.delta_code(values.expand(9, -1, -1).cumsum(0), 0.3),
}


@pytest.mark.parametrize("name", CODES)
def test_float64_is_asked_of_the_cpu_alone(monkeypatch, name):
    values = torch.rand(3, 2, generator=torch.Generator().manual_seed(0))
    wanted = CODES[name](values)
    plain, bring, here = torch.Tensor.double, torch.Tensor.cpu, []

    def cpu(tensor):
        here.append(bring(tensor))
        return here[-1]

    def double(tensor):
        assert any(tensor is one for one in here), "float64 on the device"
        return plain(tensor)

    monkeypatch.setattr(torch.Tensor, "cpu", cpu)
    monkeypatch.setattr(torch.Tensor, "double", double)
    found = CODES[name](values)
    assert torch.equal(found, wanted) and found.dtype == values.dtype and wanted.any()
