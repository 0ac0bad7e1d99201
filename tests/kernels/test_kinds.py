"""Lower precision, other defaults and other devices."""

import pytest
import torch
from kernels.small import INPUTS, NETWORK, STEPS, Readout, close, gradients, spikes_of

from snnbook.kernels import Events, explain
from snnbook.neurons import (
    AdaptiveNetwork,
    LIFNeuron,
    LIFState,
    RecurrentLIF,
    run,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # the tracers' own


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("recurrent", [False, True])
def test_autocast_takes_the_products_and_leaves_the_recursion(kind, recurrent):
    model = Readout(recurrent=recurrent)
    with torch.autocast("cpu", kind):
        assert "autocast" in explain(spikes_of()).reason
        record = model.network(spikes_of())
        again = model.network(spikes_of().to(kind)), model.network(Events.from_dense(spikes_of()))
    for tensor in (record.readout, record.hidden[1].spikes, record.hidden[1].state.mem):
        assert tensor.dtype == torch.float32
    assert all(torch.equal(record.readout, other.readout) for other in again)
    record.readout.sum().backward()
    weight = model.network.hidden[0].weight
    assert weight.grad.dtype == torch.float32 and weight.grad.any()
    expected = spikes_of().to(kind) @ weight.detach().to(kind).T  # the first current
    found = record.hidden[0].syn[1]
    torch.testing.assert_close(found, expected[0].float())


def test_autocast_of_every_other_network():
    with torch.autocast("cpu", torch.bfloat16):
        assert AdaptiveNetwork((INPUTS, 4, 2))(spikes_of()).readout.dtype == torch.float32
        with pytest.raises(TypeError, match="spikes has dtype torch.float64; torch.float32"):
            NETWORK(spikes_of().double())


@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_another_default_device(kernel):
    model, spikes = Readout(kernel), spikes_of()
    expected, events = gradients(model, spikes), Events.from_dense(spikes)
    torch.set_default_device("meta")
    try:
        close(gradients(model, spikes), expected)
        close(gradients(model, Events.from_dense(spikes)), expected)
        lists = Events.from_lists([0], [0], [1], (STEPS, 1, INPUTS))
        assert model(lists).device == lists.to_dense().device == torch.device("cpu")
        drive = spikes.clone().requires_grad_()
        out = run(LIFNeuron(reset="zero", reset_gradient=True), drive, checkpoint=3, kernel=kernel)
        (out.spikes.sum() + out.state.syn.sum()).backward()
        state = LIFState(out.state.syn.detach(), out.state.mem.detach().requires_grad_())
        run(LIFNeuron(), drive, state, kernel=kernel).spikes.sum().backward()
        assert drive.grad.is_cpu and state.mem.grad.is_cpu
        layer = RecurrentLIF(INPUTS, 4, generator=torch.Generator())
        assert layer.weight.is_meta and AdaptiveNetwork((3, 4, 2)).strength.is_meta
        assert layer(spikes.to("meta")).spikes.is_meta
    finally:
        torch.set_default_device("cpu")
    close(gradients(model, events), expected)


def test_another_default_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        assert NETWORK(spikes_of().float()).dtype == torch.float32
        model, spikes = Readout(), spikes_of().double()
        expected = gradients(Readout("reference"), spikes)
        assert expected[0].dtype == torch.float64
        close(gradients(model, spikes), expected)
        close(gradients(model, Events.from_dense(spikes)), expected)
        assert AdaptiveNetwork((INPUTS, 4, 2))(spikes).readout.dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
