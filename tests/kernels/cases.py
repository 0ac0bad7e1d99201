"""Problems for layers, and the comparison of two loops on them: shared by the kernels' tests."""

import itertools
from dataclasses import replace

import torch

from snnbook.kernels import Events, run_layer
from snnbook.neurons import LIFState

OPTIONS = list(
    itertools.product(
        ("subtract", "zero", "none"), (False, True), (False, True), (False, True), (False, True)
    )
)


def problem(seed, steps, batch, inputs, neurons, density, dtype, scale=1.0):
    """Draw input spikes, weights and an initial state."""
    generator = torch.Generator().manual_seed(seed)
    spikes = torch.rand(steps, batch, inputs, generator=generator, dtype=torch.float64) < density
    normal = {"generator": generator, "dtype": torch.float64}
    share = max(1.0, density * inputs)
    weight = scale * torch.randn(neurons, inputs, **normal) / share**0.5
    recurrent = 0.3 * torch.randn(neurons, neurons, **normal) / max(1, neurons) ** 0.5
    state = [0.5 * torch.randn(batch, neurons, **normal) for _ in range(2)]
    return [x.to(dtype) for x in (spikes, weight, recurrent, *state)]


def run_case(tensors, kernel, neuron, *, recurrent, record, source="spikes", seed=0, **options):
    """Return all outputs, and the gradients of a random linear loss on them.

    ``options`` are fields of the neuron, ``checkpoint``, and ``learning``: constants of the
    neuron, tensors by name, of which the gradient is returned too.
    """
    spikes, weight, v, syn, mem = (x.clone().requires_grad_() for x in tensors)
    leaves = {"weight": weight, "syn": syn, "mem": mem}
    if recurrent:
        leaves["recurrent"] = v
    inputs, w = spikes, weight
    if source == "drive":
        inputs, w = spikes @ weight.T, None
    elif source == "events":
        inputs = Events.from_dense(spikes)
    if source != "events":
        leaves["spikes"] = spikes
    learning = {k: x.clone().requires_grad_() for k, x in options.pop("learning", {}).items()}
    leaves |= learning
    given = {"kernel": kernel, "record": record, "checkpoint": options.pop("checkpoint", None)}
    given["recurrent_weight"] = v if recurrent else None
    out = run_layer(replace(neuron, **options, **learning), inputs, w, LIFState(syn, mem), **given)
    results = {"spikes": out.spikes, "syn_T": out.state.syn, "mem_T": out.state.mem}
    if record:
        results |= {"mem": out.mem, "syn": out.syn}
    generator = torch.Generator().manual_seed(seed)
    loss = 0.0
    for value in results.values():
        loss = loss + (value * torch.randn(value.shape, generator=generator).to(value)).sum()
    grads = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    return {k: x.detach() for k, x in results.items()}, dict(zip(leaves, grads))


def assert_equal(fast, plain, state_tolerance, gradient_tolerance):
    assert torch.equal(fast[0]["spikes"], plain[0]["spikes"])
    for name, value in plain[0].items():
        torch.testing.assert_close(
            fast[0][name], value, rtol=state_tolerance, atol=state_tolerance, msg=name
        )
    for name, value in plain[1].items():
        given = fast[1][name]
        if value is None or given is None:  # no gradient is a gradient of zero
            assert all(x is None or not x.any() for x in (value, given)), name
        elif value.numel():
            gap, scale = float((given - value).abs().max()), 1 + float(value.abs().max())
            assert gap <= gradient_tolerance * scale, (name, gap, scale)
