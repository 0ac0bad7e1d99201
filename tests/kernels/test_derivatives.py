"""Every derivative of a layer is that of the plain loop with autograd, or one clear error."""

import copy

import pytest
import torch
from kernels.small import (
    INPUTS,
    NETWORK,
    Readout,
    close,
    compiled,
    gradients,
    spikes_of,
)
from torch.autograd import forward_ad, functional
from torch.func import functional_call, functionalize, grad, hessian, jacfwd, jacrev, jvp, vmap
from torch.utils.checkpoint import checkpoint

from snnbook.kernels import run_layer
from snnbook.neurons import (
    LIF,
    LeakyNeuron,
    LIFNeuron,
    run,
)
from snnbook.surrogates import ALL, fast_sigmoid

pytestmark = pytest.mark.filterwarnings("ignore")  # the tracers' own


def loss_of(values, spikes):
    return functional_call(NETWORK, values, (spikes,)).square().sum()


VALUES = {name: value.detach() for name, value in NETWORK.named_parameters()}


def through_checkpoint(reentrant):
    model, spikes = copy.deepcopy(NETWORK), spikes_of().requires_grad_()
    checkpoint(model, spikes, use_reentrant=reentrant).square().sum().backward()
    return [p.grad for p in model.parameters()]


def through_hooks():
    model = copy.deepcopy(NETWORK)
    with torch.autograd.graph.saved_tensors_hooks(torch.clone, torch.clone):
        return gradients(model, spikes_of())


def through_compiled_autograd():
    from torch._dynamo import compiled_autograd

    torch.compiler.reset()
    model = copy.deepcopy(NETWORK)
    loss = model(spikes_of()).square().sum()
    with compiled_autograd._enable(lambda graph: torch.compile(graph, backend="eager")):
        loss.backward()
    return [p.grad for p in model.parameters()]


def per_sample():
    one = grad(lambda values, x: loss_of(values, x.unsqueeze(1)))
    found = vmap(one, in_dims=(None, 1))(VALUES, spikes_of())
    return [value.sum(0) for value in found.values()]


@pytest.mark.parametrize(
    "take",
    [
        lambda: grad(loss_of)(VALUES, spikes_of()).values(),
        per_sample,
        lambda: jacrev(loss_of)(VALUES, spikes_of()).values(),
        lambda: through_checkpoint(False),
        lambda: through_checkpoint(True),
        through_hooks,
        through_compiled_autograd,
        lambda: gradients(compiled(copy.deepcopy(NETWORK)), spikes_of()),
        lambda: gradients(torch.nn.DataParallel(copy.deepcopy(NETWORK)), spikes_of()),
    ],
)
def test_gradients(take):
    close(take(), gradients(Readout("reference"), spikes_of()))


def test_forward_mode_is_the_same_derivative():
    spikes, tangents = spikes_of(), {k: torch.randn_like(v) for k, v in VALUES.items()}
    expected = sum(
        (a * b).sum() for a, b in zip(tangents.values(), gradients(NETWORK, spikes), strict=True)
    )
    found = jvp(lambda values: loss_of(values, spikes), (VALUES,), (tangents,))[1]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-2)
    with forward_ad.dual_level():
        dual = {k: forward_ad.make_dual(v, tangents[k]) for k, v in VALUES.items()}
        found = forward_ad.unpack_dual(loss_of(dual, spikes)).tangent
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("surrogate", sorted(ALL))
def test_jacobians_forward_and_backward_agree(surrogate):
    neuron = LIFNeuron(surrogate=ALL[surrogate].scaled(width=0.7), reset_gradient=True)
    drive = torch.rand(5, 1, 2, generator=torch.Generator().manual_seed(0)).double()

    def mem(x):
        return run(neuron, x).mem

    expected = functional.jacobian(lambda x: run(neuron, x, kernel="reference").mem, drive)
    torch.testing.assert_close(jacrev(mem)(drive), expected)
    torch.testing.assert_close(jacfwd(mem)(drive), expected)
    forward = functional.jacobian(mem, drive, strategy="forward-mode", vectorize=True)
    torch.testing.assert_close(forward, expected)
    torch.testing.assert_close(functional.jacobian(mem, drive), expected)
    backward = jacrev(functionalize(mem))(drive)
    torch.testing.assert_close(backward, expected)


def test_second_derivatives_in_the_plain_loop():
    drive = torch.rand(4, 1, 2, generator=torch.Generator().manual_seed(0)).double()

    def loss(x, kernel="auto"):
        return run(LIFNeuron(surrogate=fast_sigmoid(1.0)), x, kernel=kernel).spikes.sum()

    expected = functional.hessian(lambda x: loss(x, "reference"), drive)
    assert expected.any()
    torch.testing.assert_close(hessian(loss)(drive), expected)
    torch.testing.assert_close(jacrev(jacrev(loss))(drive), expected)
    torch.testing.assert_close(jacrev(jacrev(functionalize(loss)))(drive), expected)


KEPT = {"allow_unused": True, "retain_graph": True}


def penalties():
    """Yield functions that ask a compiled loop for a second derivative, on each path."""
    drive = torch.rand(6, 2, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    weight = torch.rand(4, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    for kind, options in ((LIFNeuron, {}), (LIFNeuron, {"record": False}), (LeakyNeuron, {})):
        for by in ((drive,), (weight,), (drive, weight)):
            out = run_layer(kind(), drive, weight, **options).state.mem.square().sum()
            first = torch.autograd.grad(out, by, create_graph=True)
            penalty = sum(x.square().sum() for x in first)
            for leaf in (drive, weight):
                yield lambda p=penalty, x=leaf: torch.autograd.grad(p, x, **KEPT)
            yield lambda p=penalty: p.backward(retain_graph=True)
    out = run(LIFNeuron(), drive).mem
    v = torch.ones_like(out, requires_grad=True)
    first = torch.autograd.grad(out, drive, v, create_graph=True)[0]
    yield lambda: torch.autograd.grad(first.sum(), v, **KEPT)
    yield lambda: functional.jvp(lambda x: run(LIFNeuron(), x).mem, drive.detach(), drive.detach())
    yield lambda: functional.hessian(lambda x: run(LIFNeuron(), x).mem.square().sum(), drive)


def test_no_second_derivative_of_a_compiled_loop_is_silent():
    count = 0
    for ask in penalties():
        count += 1
        with pytest.raises(RuntimeError, match="no second derivative; kernel='reference'"):
            ask()
    assert count == 30


def test_batches_of_gradients_say_what_to_do():
    drive = torch.rand(6, 1, 3, requires_grad=True)
    out = run(LIFNeuron(), drive).mem
    batch = torch.rand(2, *out.shape)
    for call in (
        lambda: vmap(lambda v: torch.autograd.grad(out, drive, v, retain_graph=True)[0])(batch),
        lambda: functional.jacobian(lambda x: run(LIFNeuron(), x).mem, drive, vectorize=True),
    ):
        with pytest.raises(RuntimeError, match="one gradient at a time.*kernel='reference'"):
            call()


@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_gradcheck_of_what_has_a_true_gradient(kernel):
    drive = torch.rand(4, 2, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)

    def mem(source, weight):
        return run_layer(LeakyNeuron(), source, weight, kernel=kernel).mem

    assert torch.autograd.gradcheck(mem, (drive, weight), check_forward_ad=True)
    if kernel == "reference":
        options = {"check_batched_grad": True, "check_fwd_over_rev": True}
        assert torch.autograd.gradgradcheck(mem, (drive, weight), **options)


def test_hooks_see_the_record():
    layer, seen = LIF(INPUTS, 4), []
    layer.register_forward_hook(lambda module, given, out: seen.append(type(out).__name__))
    layer.register_full_backward_hook(lambda module, given, out: seen.append(len(out)))
    layer(spikes_of()).spikes.sum().backward()
    assert seen[0] == "LIFRecord" and len(seen) == 2 and layer.weight.grad.any()
