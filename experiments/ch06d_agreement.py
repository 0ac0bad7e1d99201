"""The exact gradient of spike times beside a surrogate gradient, same network (chapter 6d).

    python experiments/ch06d_agreement.py        two minutes on one core

A network in continuous time, and the same one in steps of 0.05 ms: leaky neurons with a reset to
zero, and readouts that do not spike. The loss is a fixed mixture of the readouts, of their
integral or of their value at the end, so both see the same number. Compared is the gradient of
the first layer's weights; then a step is taken against each, and the exact loss looked at.
"""

import numpy as np
import torch
from _sweep import options, run_cases, save

from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.spike_times import EventNetwork, eventprop, integrated_mem, simulate_events
from snnbook.surrogates import fast_sigmoid

WIDTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
DEPTHS, LOSSES = (1, 2), ("integral", "end")
INPUTS, HIDDEN, OUTPUTS, SAMPLES, DURATION, DT = 5, 20, 3, 10, 60e-3, 0.05e-3
LENGTHS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)


def draw(depth: int, seed: int):
    """Return weights of the layers, input times, and the mixture of the readouts."""
    rng = np.random.default_rng(seed)
    sizes = [INPUTS, *[HIDDEN] * depth, OUTPUTS]
    weights = [rng.normal(2.0, 0.8, (HIDDEN, INPUTS))]
    weights += [rng.normal(0.9, 0.6, (b, a)) for a, b in zip(sizes[1:-1], sizes[2:-1])]
    weights += [rng.normal(0.25, 0.3, (OUTPUTS, HIDDEN))]
    return weights, rng.uniform(0, 30e-3, (SAMPLES, INPUTS)), rng.normal(size=OUTPUTS)


def joined(weights) -> EventNetwork:
    """Return the layers as one network whose recurrent weight has blocks."""
    sizes = [len(w) for w in weights]
    count, ends = sum(sizes), np.cumsum(sizes)
    within, into = np.zeros((count, count)), np.zeros((count, INPUTS))
    for k in range(1, len(sizes)):
        start = ends[k] - sizes[k]
        within[start : ends[k], start - sizes[k - 1] : start] = weights[k]
    into[: sizes[0]] = weights[0]
    return EventNetwork(into, within, np.r_[np.ones(count - OUTPUTS), np.full(OUTPUTS, np.inf)])


def exact(weights, times, mix, kind: str, with_gradient: bool = True):
    """Return the loss, the gradient of the first weights, and the number of spikes."""
    network, loss, spikes = joined(weights), 0.0, 0
    gradient = np.zeros_like(weights[0])
    weight = np.r_[np.zeros(len(network.threshold) - OUTPUTS), mix]
    for row in times:
        order = np.argsort(row)
        found = simulate_events(network, row[order], order, duration=DURATION)
        seen = integrated_mem(network, found) / 10e-3 if kind == "integral" else found.mem
        loss, spikes = loss + float(weight @ seen), spikes + len(found.spikes)
        if with_gradient:
            how = (
                {"by_integral": weight / 10e-3} if kind == "integral" else {"by_final_mem": weight}
            )
            gradient += eventprop(network, found, **how).input_weight[: len(gradient)]
    return loss, gradient, spikes


def surrogate(weights, times, mix, kind: str, width: float, through_reset: bool, dt: float = DT):
    """Return the same for the network in steps."""
    neuron = LIFNeuron(
        tau_mem=20e-3,
        tau_syn=5e-3,
        dt=dt,
        surrogate=fast_sigmoid(width=width),
        reset="zero",
        reset_gradient=through_reset,
    )
    sizes = (INPUTS, *[HIDDEN] * (len(weights) - 1), OUTPUTS)
    network = SpikingNetwork(sizes, neuron, std=1.0).double()
    layers = [*network.hidden, network.readout]
    with torch.no_grad():
        for layer, weight in zip(layers, weights):
            layer.weight.copy_((1 - neuron.beta) * torch.from_numpy(weight))
    steps = np.arange(round(DURATION / dt))[:, None, None]
    output = network(torch.from_numpy((steps == np.round(times / dt)).astype(float)))
    mixed = output.readout @ torch.from_numpy(mix)
    loss = mixed.sum() * dt / 10e-3 if kind == "integral" else mixed[-1].sum()
    (gradient,) = torch.autograd.grad(loss, network.hidden[0].weight)
    count = sum(int(layer.spikes.sum()) for layer in output.hidden)
    return float(loss.detach()), (1 - neuron.beta) * gradient.numpy(), count


def agreement(wanted: np.ndarray, found: np.ndarray) -> dict:
    """Return cosine, relative length, and the share of entries whose sign agrees."""
    a, b = wanted.ravel(), found.ravel()
    seen = np.abs(a) > 1e-6 * np.abs(a).max()
    return {
        "cosine": float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)),
        "ratio": float(np.linalg.norm(b) / np.linalg.norm(a)),
        "same_sign": float((np.sign(a) == np.sign(b))[seen].mean()),
    }


def changes(case, kind: str, gradient: np.ndarray, loss: float) -> list[float]:
    """Return the change of the exact loss after steps of several relative lengths."""
    weights, times, mix = case
    along = gradient / np.linalg.norm(gradient) * np.linalg.norm(weights[0])
    moved = ([weights[0] - length * along, *weights[1:]] for length in LENGTHS)
    return [exact(one, times, mix, kind, with_gradient=False)[0] - loss for one in moved]


def run(loss_kind: str, depth: int, seed: int) -> dict:
    """Compare the gradients of one network; with one hidden layer, also try the steps."""
    case = draw(depth, seed)
    loss, wanted, spikes = exact(*case, loss_kind)
    found, rows, steps = {"exact": wanted}, [], []
    for through_reset in (False, True):
        for width in WIDTHS:
            stepped, found[width], count = surrogate(*case, loss_kind, width, through_reset)
            row = {"loss_kind": loss_kind, "depth": depth, "seed": seed, "width": width}
            row |= {"through_reset": through_reset, "loss": loss, "spikes": spikes}
            row |= {"loss_in_steps": stepped, "spikes_in_steps": count}
            rows.append(row | agreement(wanted, found[width]))
    for name in ("exact", 0.1, 1.0) if depth == 1 else ():
        steps.append({"loss_kind": loss_kind, "seed": seed, "gradient": str(name)})
        steps[-1]["change"] = changes(case, loss_kind, found[name], loss)
    return {"rows": rows, "steps": steps}


def main() -> None:
    given = options(__doc__, seeds=20)
    cases = [
        {"loss_kind": kind, "depth": depth, "seed": seed}
        for kind in LOSSES
        for depth in DEPTHS
        for seed in given.seeds
    ]
    runs = run_cases(given, cases, run)
    found = {name: [row for one in runs for row in one[name]] for name in ("rows", "steps")}
    save(given, found | {"lengths": LENGTHS, "dt_ms": DT * 1e3})


if __name__ == "__main__":
    main()
