"""How often one step against the surrogate gradient lowers the true loss (chapter 5).

    python experiments/ch05_downhill.py [--seeds 4]

A network 64-50-10 learns 300 digits in a latency code. At every second training step, one step
of a given length is tried from there in several directions: against the surrogate gradient of the
hidden weights, for several widths, and in a random direction. The loss is that of the spiking
network, on all 300 digits.
"""

from functools import partial

import torch
from _sweep import options, run_cases, save, seeded

from snnbook import data, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

WIDTHS, LENGTHS, TRAINED = (0.02, 0.1, 0.5, 2.0, 10.0), (0.01, 0.03, 0.1), 0.1


def directions(network, loss_of, seed: int) -> dict[str, torch.Tensor]:
    """Return unit vectors in the space of the hidden weights."""
    weight, found = network.hidden[0].weight, {}
    for width in WIDTHS:
        other = network.with_neuron(surrogate=fast_sigmoid(width=width))
        (found[f"{width:g}"],) = torch.autograd.grad(loss_of(other), weight)
    found["random"] = torch.randn(weight.shape, generator=seeded(seed))
    return {name: vector / vector.norm() for name, vector in found.items()}


@torch.no_grad()
def outcomes(weight, vectors: dict, loss_of) -> dict[str, list[float]]:
    """Return the change of the true loss for each direction and length."""
    kept, here, found = weight.clone(), loss_of().item(), {}
    for name, vector in vectors.items():
        found[name] = []
        for length in LENGTHS:
            weight.copy_(kept - length * vector)
            found[name].append(loss_of().item() - here)
    weight.copy_(kept)
    return found


def run(spikes, labels, steps: int, seed: int) -> dict:
    """Train one network and try steps on the way."""
    neuron = LIFNeuron(surrogate=fast_sigmoid(width=TRAINED))
    network = SpikingNetwork((64, 50, 10), neuron, generator=seeded(seed), std=1.0)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    tried = []

    def loss_of(network):
        return training.sum_over_time(network(spikes).readout, labels, scale=4 / len(spikes))

    for step in range(steps):
        if step % 2 == 0:
            vectors = directions(network, loss_of, 1000 * seed + step)
            tried.append(outcomes(network.hidden[0].weight, vectors, partial(loss_of, network)))
        loss = loss_of(network)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"loss": loss.item(), "tried": tried}


def main() -> None:
    given = options(__doc__, seeds=4, steps=60)
    split = data.digits()
    spikes, labels = data.latency_code(split.train_inputs[:300], 50), split.train_labels[:300]
    cases = [{"seed": seed} for seed in given.seeds]
    rows = run_cases(given, cases, partial(run, spikes, labels, given.steps))
    tried = [one for row in rows for one in row["tried"]]
    shares = {}
    for name in tried[0]:
        change = torch.tensor([one[name] for one in tried])
        signs = torch.stack([change < 0, change == 0, change > 0], 1).double()
        shares[name] = signs.mean(0).T.tolist()
    found = {"lengths": LENGTHS, "shares_lower_same_higher": shares, "points": len(tried)}
    save(given, found)


if __name__ == "__main__":
    main()
