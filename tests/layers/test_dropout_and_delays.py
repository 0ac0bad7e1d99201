"""Dropout with one mask, and delays: against loops, finite differences, and in pieces."""

from __future__ import annotations

import copy

import pytest
import torch
from helpers import seeded
from torch import Tensor

from snnbook.kernels import Events
from snnbook.layers import Delays, Dropout, narrow_delays

STEPS, BATCH, INPUTS, OUTPUTS, LONGEST = 12, 2, 3, 4, 5


def spikes(steps: int = STEPS) -> Tensor:
    return torch.rand(steps, BATCH, INPUTS, generator=seeded(1)).lt(0.3).float()


def delays(**options) -> Delays:
    return Delays(INPUTS, OUTPUTS, LONGEST, generator=seeded(), **options)


def kernel_of(layer: Delays, i: int, j: int) -> list[float]:
    """Return the share of each delay, from the equation."""
    d = layer.delay[i, j].item()
    if layer.width is None or not layer.training:
        whole = min(max(round(d), 0), LONGEST)
        return [float(k == whole) for k in range(LONGEST + 1)]
    sigma = layer.width.double()
    terms = [torch.exp(-((k - d) ** 2) / (2 * sigma**2)) for k in range(LONGEST + 1)]
    return [float(term / sum(terms)) for term in terms]


def summed(layer: Delays, x: Tensor) -> Tensor:
    """Return the drive from the equation, one product at a time."""
    out = torch.zeros(len(x), BATCH, OUTPUTS, dtype=torch.float64)
    for i in range(OUTPUTS):
        for j in range(INPUTS):
            for k, share in enumerate(kernel_of(layer, i, j)):
                for n in range(k, len(x)):
                    out[n, :, i] += layer.weight[i, j].item() * share * x[n - k, :, j].double()
        out[..., i] += 0.0 if layer.bias is None else layer.bias[i].item()
    return out


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("learn", [True, False])
def test_delays_are_the_plain_sum(learn, training):
    layer = delays(learn=learn, bias=True).train(training)
    layer.bias.data.fill_(0.3)
    outputs, state = layer(spikes())
    assert outputs.allclose(summed(layer, spikes()).float(), atol=1e-5)
    assert torch.equal(state.inputs, spikes()[-LONGEST:])
    assert torch.equal(layer(Events.from_dense(spikes())).outputs, outputs)


@pytest.mark.parametrize("pieces", [(5, 7), (1,) * STEPS, (2, 0, 10)], ids=str)
def test_delays_in_pieces_are_one_run(pieces):
    for layer in (delays(), delays(learn=False), delays().eval()):
        want, end = layer(spikes())
        state, found = None, []
        for part in spikes().split(list(pieces)):
            outputs, state = layer(part, state)
            found.append(outputs)
        assert torch.cat(found).allclose(want, atol=1e-6)
        assert torch.equal(state.inputs, end.inputs)


def test_a_run_shorter_than_the_delay_keeps_what_came_before():
    layer = delays(learn=False)
    state = layer(spikes()).states
    after = layer(spikes(2), state).states.inputs
    assert torch.equal(after, torch.cat([state.inputs[2:], spikes(2)]))


def test_gradients_are_those_of_finite_differences():
    layer = Delays(INPUTS, 2, LONGEST, bias=True, generator=seeded()).double()
    x = torch.randn(7, BATCH, INPUTS, generator=seeded(2), dtype=torch.float64)
    past = torch.randn(LONGEST, BATCH, INPUTS, generator=seeded(3), dtype=torch.float64)
    start = type(layer(x).states)

    def drive(weight, delay, bias, x, past):
        given = {"weight": weight, "delay": delay, "bias": bias}
        return torch.func.functional_call(layer, given, (x, start(past))).outputs

    inputs = (layer.weight, layer.delay, layer.bias, x.requires_grad_(), past.requires_grad_())
    assert torch.autograd.gradcheck(drive, inputs)


def test_the_kernel_narrows_to_one_step_and_evaluation_rounds():
    layer = delays()
    assert layer.width == LONGEST / 2
    wide = layer.kernel()
    assert wide.sum(-1).allclose(layer.weight, atol=1e-6)
    narrow_delays(layer, 3.0, final=0.01)
    layer.delay.data.floor_().add_(0.3)  # no delay half way between two steps
    narrow = layer.kernel()
    layer.eval()
    assert narrow.allclose(layer.kernel(), atol=1e-6) and not narrow.allclose(wide, atol=1e-2)
    assert torch.equal(layer.whole_delays(), layer.delay.round().long().clamp(0, LONGEST))
    fixed = delays(delays=layer.whole_delays(), learn=False)
    assert torch.equal(fixed.weight, layer.weight)
    assert torch.equal(fixed(spikes()).outputs, layer(spikes()).outputs)


def test_delays_outside_of_the_range_count_as_its_ends():
    layer = delays()
    layer.delay.data[:] = torch.tensor([-9.0, 2.0, 40.0])
    narrow_delays(layer, 1.0)
    assert layer.kernel().isfinite().all() and layer.kernel()[:, 2, -1].allclose(layer.weight[:, 2])
    assert layer.whole_delays()[0].tolist() == [0, 2, LONGEST]


def test_a_delay_is_learned():
    """The kernel finds the delay between two trains, from far away."""
    x = torch.rand(200, 8, 1, generator=seeded(1)).lt(0.1).float()
    layer = Delays(1, 1, 12, delays=torch.tensor([[1.0]]), generator=seeded())
    layer.weight.data.fill_(1.0)
    target = torch.cat([torch.zeros(8, 8, 1), x[:-8]])
    steps = torch.optim.Adam([layer.delay], lr=0.2)
    for n in range(100):
        narrow_delays(layer, n / 60)
        steps.zero_grad()
        (layer(x).outputs - target).square().mean().backward()
        steps.step()
    assert torch.equal(layer.eval()(x).outputs, target)


def test_files_hold_delays_and_width_and_know_the_longest():
    for learn in (True, False):
        layer, other = delays(learn=learn), Delays(INPUTS, OUTPUTS, LONGEST, learn=learn)
        if learn:
            narrow_delays(layer, 0.5)
        other.load_state_dict(layer.state_dict())
        assert torch.equal(other(spikes()).outputs, layer(spikes()).outputs)
    with pytest.raises(ValueError, match="model is a Delays without delays that learn"):
        narrow_delays(layer, 0.5)
    with pytest.raises(RuntimeError, match="max_delay is 7 here and 5 in the state dict"):
        Delays(INPUTS, OUTPUTS, 7).load_state_dict(delays().state_dict())


def test_dropout_has_one_mask():
    dropout, x = Dropout(0.4, generator=seeded()), torch.rand(9, 50, 40, generator=seeded(1))
    outputs, state = dropout(x)
    assert torch.equal(outputs, x * state.mask)
    kept = state.mask != 0
    assert state.mask[kept].allclose(torch.tensor(1 / 0.6)) and 0.57 < kept.float().mean() < 0.63
    again = Dropout(0.4, generator=seeded())
    assert torch.equal(again(x).outputs, outputs)
    assert not torch.equal(again(x).outputs, outputs)
    assert torch.equal(dropout(x, state).outputs, outputs)
    dropout.eval()
    assert dropout(x).outputs is x and dropout(x).states is None
    assert torch.equal(Dropout(0.0)(x).outputs, x)


def test_dropout_can_be_copied():
    dropout, x = Dropout(0.4, generator=seeded()), torch.ones(3, 5, 4)
    assert torch.equal(copy.deepcopy(dropout)(x).outputs, dropout(x).outputs)
