"""The labelled equations of chapter 3, each against an independent computation."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook import gradients, training
from snnbook.neurons import (
    LIFNeuron,
    LIFState,
    SpikingNetwork,
    leaky_step,
    lif_step,
    psp_kernel,
    run,
)
from snnbook.surrogates import fast_sigmoid


def smooth_task(sizes=(3, 4, 3, 2), steps=7, batch=2, seed=0):
    rnn = gradients.smooth_rnn(sizes, generator=seeded(seed))
    inputs = torch.randn(steps, batch, sizes[0], dtype=torch.float64, generator=seeded(seed + 1))
    target = torch.randn(steps, batch, sizes[-1], dtype=torch.float64, generator=seeded(seed + 2))
    return rnn, inputs, training.step_squared_error(target)


def spiking_task(steps=14, sizes=(4, 5, 3, 2), reset_gradient=False):
    neuron = LIFNeuron(surrogate=fast_sigmoid(width=0.8), reset_gradient=reset_gradient)
    network = SpikingNetwork(sizes, neuron, recurrent=True, generator=seeded(0), std=1.0).double()
    with torch.no_grad():
        for layer in network.hidden:
            layer.weight.mul_(1.5).add_(0.1)
    spikes = (torch.rand(steps, 2, sizes[0], generator=seeded(1)) < 0.5).double()
    return network, spikes, training.step_cross_entropy(torch.tensor([0, 1]), steps)


@pytest.mark.equation("eq-03-rnn")
def test_box_1():
    rnn, inputs, _ = smooth_task()
    outputs, _ = gradients.rnn_run(rnn, inputs)
    x = inputs.numpy()
    past = [np.zeros((2, 4)), np.zeros((2, 3)), np.zeros((2, 2))]
    arrived = np.zeros((2, 3))
    for n in range(7):
        below = [arrived, *past[:-1]]
        past = [
            np.tanh(y @ v.numpy().T + z @ w.numpy().T)
            for w, v, y, z in zip(rnn.weights, rnn.recurrent, past, below)
        ]
        arrived = x[n]
        np.testing.assert_allclose(outputs[n].numpy(), past[-1], atol=1e-14)


@pytest.mark.equation("eq-03-delta", "eq-03-uses")
def test_box_2_by_differences():
    rnn, inputs, error = smooth_task()
    found = gradients.rnn_bptt(rnn, inputs, error)
    for k in range(3):
        for name, matrix in ((f"W{k + 1}", rnn.weights[k]), (f"V{k + 1}", rnn.recurrent[k])):
            for index in np.ndindex(*matrix.shape):
                kept, losses = matrix[index].item(), []
                for shift in (-3, -2, -1, 1, 2, 3):
                    matrix[index] = kept + 1e-3 * shift
                    losses.append(float(error.loss(gradients.rnn_run(rnn, inputs)[0])))
                matrix[index] = kept
                slope = np.dot(losses, (-1, 9, -45, 45, -9, 1)) / 60e-3
                assert found[name][index].item() == pytest.approx(slope, abs=1e-10)


@pytest.mark.equation("eq-03-delta")
def test_blame_is_the_derivative_by_the_activation():
    rnn, inputs, error = smooth_task(sizes=(3, 4))
    outputs, records = gradients.rnn_run(rnn, inputs)
    errors = [error(y, n) for n, y in enumerate(outputs)]
    delta = {n: d[0] for n, d in gradients.rnn_backward(rnn, records, errors)}
    nudge = torch.zeros(7, 2, 4, dtype=torch.float64, requires_grad=True)
    past, ys = torch.zeros(2, 4, dtype=torch.float64), []
    for n in range(7):
        arrived = inputs[n - 1] if n else torch.zeros_like(inputs[0])
        past = torch.tanh(past @ rnn.recurrent[0].T + arrived @ rnn.weights[0].T + nudge[n])
        ys.append(past)
    (exact,) = torch.autograd.grad(error.loss(torch.stack(ys)), nudge)
    for n in range(7):
        torch.testing.assert_close(delta[n], exact[n], atol=1e-14, rtol=0)


@pytest.mark.equation("eq-03-influence", "eq-03-rtrl")
def test_influence_by_its_definition():
    """The recursion, with its indices written out, against PyTorch's Jacobian of y[n] by W."""
    rnn, inputs, error = smooth_task(sizes=(2, 3, 2), steps=5, batch=1)
    (w1, w2), (v1, v2) = (list(map(torch.Tensor.numpy, x)) for x in (rnn.weights, rnn.recurrent))
    outputs, records = gradients.rnn_run(rnn, inputs)
    low, high = np.zeros((3, 3, 2)), np.zeros((2, 3, 2))  # P of layers 1 and 2 by W of layer 1
    total = np.zeros((3, 2))
    for n, seen in enumerate(records):
        slope1, slope2 = (1 - np.tanh(a[0].numpy()) ** 2 for a in seen.activation)
        source = seen.source[0][0].numpy()
        new_low, new_high = np.zeros_like(low), np.zeros_like(high)
        for i, j in np.ndindex(3, 2):
            for k in range(3):
                spread = sum(v1[k, p] * low[p, i, j] for p in range(3))
                new_low[k, i, j] = slope1[k] * (spread + (k == i) * source[j])
            for k in range(2):
                spread = sum(v2[k, p] * high[p, i, j] for p in range(2))
                spread += sum(w2[k, p] * low[p, i, j] for p in range(3))
                new_high[k, i, j] = slope2[k] * spread
        low, high = new_low, new_high

        def activity(weight, n=n):
            free = rnn._replace(weights=(weight, rnn.weights[1]))
            return gradients.rnn_run(free, inputs)[0][n, 0]

        exact = torch.autograd.functional.jacobian(activity, rnn.weights[0])
        np.testing.assert_allclose(high, exact.numpy(), atol=1e-13)
        total += np.einsum("k,kij->ij", error(outputs[n], n)[0].numpy(), high)
    np.testing.assert_allclose(
        total, gradients.rnn_rtrl(rnn, inputs, error)["W1"].numpy(), atol=1e-13
    )


@pytest.mark.equation("eq-03-spiking-backward", "eq-03-spiking-uses")
@pytest.mark.parametrize("reset_gradient", [True, False])
def test_spiking_blame(reset_gradient):
    """The three lines of the chapter in NumPy, for one recurrent layer, against PyTorch."""
    network, spikes, error = spiking_task(sizes=(4, 5, 2), reset_gradient=reset_gradient)
    layer, out = network.hidden[0], network.readout
    W, V, up = (w.detach().numpy() for w in (layer.weight, layer.recurrent_weight, out.weight))
    alpha, beta = layer.neuron.alpha, layer.neuron.beta
    rho = 1.0 if reset_gradient else 0.0
    record = network(spikes)
    U, S = (x.detach().numpy() for x in (record.hidden[0].mem, record.hidden[0].spikes))
    g = layer.neuron.surrogate.derivative(record.hidden[0].mem.detach() - 1).numpy()
    zero, zero_up = np.zeros_like(U[0]), np.zeros((2, 2))
    lam_I, lam_U, up_I, up_U = zero, zero, zero_up, zero_up
    dW, dV = np.zeros_like(W), np.zeros_like(V)
    for n in reversed(range(len(U))):
        dW += lam_I.T @ spikes[n].numpy()
        dV += lam_I.T @ S[n]
        lam_S = lam_I @ V + up_I @ up - rho * lam_U
        wrong = error(record.readout[n].detach(), n).numpy()
        up_I, up_U = alpha * up_I + up_U, beta * up_U + wrong
        lam_I, lam_U = alpha * lam_I + lam_U, beta * lam_U + g[n] * lam_S
    exact = gradients.autograd(network, spikes, error)
    np.testing.assert_allclose(dW, exact["hidden.0.weight"].numpy(), atol=1e-12)
    np.testing.assert_allclose(dV, exact["hidden.0.recurrent_weight"].numpy(), atol=1e-12)


@pytest.mark.equation("eq-03-spiking-forward")
@pytest.mark.parametrize("name", ["hidden.0.weight", "hidden.0.recurrent_weight"])
def test_spiking_influence(name):
    """The influences on I and U of both layers equal PyTorch's Jacobian, at every step."""
    network, spikes, error = spiking_task(steps=10, sizes=(3, 3, 2, 2), reset_gradient=True)
    rule, spikes = gradients.RTRL(), spikes[:, :1]
    error = training.step_cross_entropy(torch.tensor([1]), 10)
    carry = rule.start(network, 1)
    weights = {key: value.detach() for key, value in network.named_parameters()}

    def states(weight, until):
        """Return I and U of both hidden layers at this step, one after the other."""
        own = weights | {name: weight}
        now = [LIFState(*(torch.zeros(1, k).double() for _ in range(2))) for k in (3, 2)]
        for x in spikes[:until]:
            for k, layer in enumerate(network.hidden):
                x, now[k] = lif_step(
                    now[k],
                    x @ own[f"hidden.{k}.weight"].T,
                    layer.neuron,
                    recurrent_weight=own[f"hidden.{k}.recurrent_weight"],
                )
        return torch.cat([part[0] for state in now for part in state])

    for n in range(10):
        exact = torch.autograd.functional.jacobian(lambda w, n=n: states(w, n), weights[name])
        low, high, _ = carry.influence[name]
        found = torch.cat([part[0] for part in (low.syn, low.mem, high.syn, high.mem)])
        torch.testing.assert_close(found, exact, atol=1e-12, rtol=0)
        carry, _ = rule.step(network, carry, spikes[n], error, n)
    assert carry.influence[name][1].mem.any()


@pytest.mark.equation("eq-03-table")
def test_table_entry_by_entry():
    """A[n, m] is the derivative of the loss of step n by the drive of step m, times the input."""
    network, spikes, error = spiking_task(steps=10, sizes=(3, 4, 2))
    table = gradients.blame_table(network, spikes, error, "hidden.0.weight")
    layer, out = network.hidden[0], network.readout
    drive = (spikes @ layer.weight.detach().T).requires_grad_()
    state, above, losses = (
        *gradients.rest(network, 2).hidden,
        gradients.rest(network, 2).readout,
        [],
    )
    for x in drive:
        nothing = 0 * drive.sum()  # so that the first losses, too, have a derivative
        losses.append(torch.nn.functional.cross_entropy(above.mem, error.labels) / 10 + nothing)
        S, state = lif_step(
            state,
            x,
            layer.neuron,
            recurrent_weight=layer.recurrent_weight,
        )
        above = leaky_step(above, S @ out.weight.T, out.neuron)
    for n, loss in enumerate(losses):
        (by_drive,) = torch.autograd.grad(loss, drive, retain_graph=True, materialize_grads=True)
        exact = torch.einsum("mbi,mbj->mij", by_drive, spikes)
        torch.testing.assert_close(table[n], exact, atol=1e-13, rtol=0)


@pytest.mark.equation("eq-03-history", "eq-03-influences")
def test_leading_terms_of_the_memory():
    """In the limit of many steps or many neurons the counter is the formula of the chapter."""
    B, T, N, M = 3, 10**7, 100, 100
    assert gradients.cost("bptt", (M, N, 2), T, batch=B).floats == pytest.approx(
        3 * B * T * N, rel=0.03
    )
    N = M = 3000
    counted = gradients.cost("rtrl", (M, N, 2), 1, batch=B)
    assert counted.floats == pytest.approx(2 * B * (N + M) * N**2, rel=0.01)
    assert counted.operations == pytest.approx(B * (N + M) * N**3, rel=0.01)


@pytest.mark.equation("eq-03-checkpoints")
@pytest.mark.parametrize(("steps", "every"), [(100, 10), (90, 30), (60, 4)])
def test_memory_with_checkpoints(steps, every):
    """Count the numbers of a layer that are alive when the way back begins."""
    network, spikes, error = spiking_task(steps=steps, sizes=(3, 40, 2))
    batch, neurons = spikes.shape[1], 40
    run = network, spikes, error
    held = gradients.measure("bptt", *run, repeats=1, checkpoint=every).held
    expected = batch * neurons * (2 * steps / every + 3 * every)
    assert held / 8 == pytest.approx(expected, rel=0.2)  # the readout has two neurons more
    root = gradients.cost("bptt", (100, 10000, 1), 10**6, checkpoint=10**3).history
    assert root == pytest.approx(5 * 10000 * 10**3, rel=0.01)


@pytest.mark.equation("eq-03-product")
def test_product_of_jacobians():
    rnn, inputs, _ = smooth_task(sizes=(3, 5), steps=9, batch=1)
    outputs, records = gradients.rnn_run(rnn, inputs)
    V = rnn.recurrent[0]
    product = torch.eye(5, dtype=torch.float64)
    for k in range(3, 9):
        product = torch.diag(1 - torch.tanh(records[k].activation[0][0]) ** 2) @ V @ product

    def later(y):
        for k in range(3, 9):
            y = torch.tanh(V @ y + records[k].source[0][0] @ rnn.weights[0].T)
        return y

    torch.testing.assert_close(later(outputs[2, 0]), outputs[8, 0], atol=1e-14, rtol=0)
    exact = torch.autograd.functional.jacobian(later, outputs[2, 0])
    torch.testing.assert_close(product, exact, atol=1e-14, rtol=0)


@pytest.mark.equation("eq-03-reach")
def test_blame_inside_a_neuron():
    neuron = LIFNeuron(tau_mem=20e-3, tau_syn=5e-3)
    drive = torch.zeros(60, 1, 1, dtype=torch.float64, requires_grad=True)
    (exact,) = torch.autograd.grad(run(neuron.leaky, drive, kernel="reference").mem[50], drive)
    kernel = psp_kernel(neuron, 60)
    back = torch.stack([kernel[50 - m] if m <= 50 else kernel[0] for m in range(60)])
    torch.testing.assert_close(exact.flatten(), back, atol=1e-12, rtol=0)
    for k in (1, 2, 7):
        a, b = neuron.alpha, neuron.beta
        value = (b ** (k - 1) - a ** (k - 1)) / (b - a)
        assert kernel[k].item() == pytest.approx(value, abs=1e-12)
    assert math.log(kernel[59] / kernel[58]) == pytest.approx(-1e-3 / 20e-3, rel=1e-3)
