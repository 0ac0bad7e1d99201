"""Claims 1 to 7: hidden units, memory, and what the gradient of a recurrent network costs."""

import torch

from snnbook import data, gradients, laboratory, results, surrogates, training
from snnbook.conclusions._claims import Claim, share, stored
from snnbook.neurons import LIFNeuron, SpikingNetwork, psp_kernel, run
from snnbook.surrogates import fast_sigmoid

SIZES, STEPS = (100, 100, 10), 1000  # the layer whose needs are counted


def _rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _hidden_layer() -> dict:
    arms = [("none", 0), *((kind, n) for kind in ("frozen", "trained") for n in (10, 120))]
    return {
        f"{kind}{hidden or ''}": share(stored("ch01_hidden_layer", kind=kind, hidden=hidden))
        for kind, hidden in arms
    }


def _memory() -> dict:
    """Compare a layer with its recurrence written as one matrix, and find how long it remembers."""
    neuron, generator = LIFNeuron(), _rng(0)
    drive = 0.4 * torch.rand(200, 1, 8, generator=generator, dtype=torch.float64)
    record = run(neuron, drive, kernel="reference")
    state, gap = torch.zeros(3, 8, dtype=torch.float64), 0.0
    rows = [[neuron.alpha, 0, 0], [1, neuron.beta, -1], [0, 0, 0]]
    step = torch.tensor(rows, dtype=torch.float64)
    for n in range(len(drive)):
        gap = max(gap, (state[1] - record.mem[n, 0]).abs().max().item())
        state = step @ state + torch.stack([drive[n, 0], *torch.zeros_like(state[1:])])
        state[2] = (state[1] > neuron.threshold).double()
    tails = []
    for tau in (10e-3, 80e-3):
        kernel = psp_kernel(LIFNeuron(tau_mem=tau), 1000)
        tails.append(int((kernel > 0.05 * kernel.max()).nonzero().max()))
    exactly = f"to {gap:.0e}" if gap else "to the last bit"
    return {"gap": gap, "exactly": exactly, "short": tails[0], "long": tails[1]}


def _traffic() -> dict:
    images = data.digits()
    spikes = data.latency_code(images.train_inputs[:20], 50).double()
    error = training.step_cross_entropy(images.train_labels[:20], steps=50)
    found = []
    for seed in range(5):
        rate = 1e3 * float(spikes.mean())
        surrogate = fast_sigmoid(width=0.4)
        network = SpikingNetwork(
            (64, 100, 100, 10),
            LIFNeuron(surrogate=surrogate),
            input_rate=rate,
            generator=_rng(seed),
            std=1.0,
        ).double()
        sent = gradients.traffic(network, spikes, error)
        found.append(sent.errors / sent.spikes)
    return {"ratio": training.seed_interval(found)}


def _exponents(rule: str, *columns: tuple[str, str, str]) -> list[float]:
    costs = results.load("ch03_costs")
    found = []
    for sweep, key, field in columns:
        points = costs[sweep][rule][-3:]
        found.append(gradients.exponent([p[key] for p in points], [p[field] for p in points]))
    return found


def _bptt_memory() -> dict:
    time, size = _exponents(
        "bptt", ("over_steps", "steps", "held"), ("over_neurons", "neurons", "held")
    )
    return {"time": time, "size": size}


def _rtrl_memory() -> dict:
    time, size, work = _exponents(
        "rtrl",
        ("over_steps", "steps", "held"),
        ("over_neurons", "neurons", "held"),
        ("over_neurons", "neurons", "operations_per_step"),
    )
    return {"time": abs(time), "size": size, "work": work}


def _no_slope() -> dict:
    patterns, labels = data.random_patterns(64, steps=100, units=50, rate=10.0, generator=_rng(0))
    network = SpikingNetwork(
        (50, 20, 20, 2),
        LIFNeuron(surrogate=surrogates.true_derivative()),
        input_rate=10.0,
        generator=_rng(1),
        std=1.0,
    )
    training.sum_over_time(network(patterns).readout, labels).backward()
    hidden = torch.cat([layer.weight.grad.flatten() for layer in network.hidden])
    zeros = (hidden == 0).double().mean().item()
    trained = results.load("ch05_random_patterns")
    return {
        "zeros": 100 * zeros,
        "seeds": len(trained["true"]["after"]),
        "true": share(trained["true"]["after"]),
        "surrogate": share(trained["surrogate"]["after"]),
    }


def _hardware() -> dict:
    return {
        "steps": STEPS,
        "neurons": SIZES[1],
        "bptt": laboratory.needs("bptt", *SIZES, STEPS),
        "inside": laboratory.needs("local errors", *SIZES, STEPS),
    }


CLAIMS = (
    Claim(
        1,
        "I",
        "tasks of interest need hidden units, and training these is what is hard",
        ("01-introduction",),
        _hidden_layer,
        "Yin-Yang, solved readouts: no hidden layer {none}; 10 hidden neurons frozen {frozen10}, "
        "trained {trained10}; 120 frozen {frozen120}, trained {trained120}.",
        "agrees with a condition",
        "digits hardly need them, and training them is the point while they are few: a large "
        "frozen layer makes up for it",
        ("ch01_hidden_layer",),
    ),
    Claim(
        2,
        "II",
        "a network of LIF neurons is an RNN with a binary nonlinearity, and one neuron remembers",
        ("02-snns-as-rnns",),
        _memory,
        "A linear map and one step function repeat the layer {exactly}. Without recurrent "
        "synapses an input is above 5 % of its peak for {short} ms at a membrane time constant "
        "of 10 ms, and for {long} ms at 80 ms.",
        "agrees with a condition",
        "the memory is a few times the slower time constant, no more",
    ),
    Claim(
        3,
        "III",
        "backpropagation assigns credit in space at a high price in communication",
        ("03-training-rnns", "05b-locality"),
        _traffic,
        "For each spike that crosses a synapse forward, {ratio.mean:.0f} real numbers cross one "
        "backward ({ratio.low:.0f} to {ratio.high:.0f}, 5 seeds).",
        "agrees",
    ),
    Claim(
        4,
        "III",
        "BPTT needs memory that grows with neurons times steps",
        ("03-training-rnns",),
        _bptt_memory,
        "Bytes grow with the power {time:.2f} of T and {size:.2f} of N.",
        "agrees",
        sources=("ch03_costs",),
    ),
    Claim(
        5,
        "III",
        "the forward method stores no history, and far more state",
        ("03-training-rnns",),
        _rtrl_memory,
        "Bytes of RTRL grow with the power {time:.2f} of T and {size:.2f} of N, "
        "operations with {work:.2f} of N.",
        "agrees",
        sources=("ch03_costs",),
    ),
    Claim(
        6,
        "IV",
        "the derivative of a spike is zero or infinite, so gradient descent cannot move",
        ("05-surrogate-gradients", "04-credit-assignment"),
        _no_slope,
        "Of the hidden gradients {zeros:.1f} % are exactly zero. Random patterns, {seeds} seeds: "
        "{true} with the true derivative, {surrogate} with a surrogate.",
        "agrees with a condition",
        "it holds below a spike; the readout still learns",
        ("ch05_random_patterns",),
    ),
    Claim(
        7,
        "IV",
        "BPTT fits neuromorphic hardware badly",
        ("05b-locality",),
        _hardware,
        "One sample of {steps} steps, {neurons} neurons: BPTT buffers {bptt.kept:,} numbers of "
        "the past, sends {bptt.sent:,} between neurons and borrows {bptt.borrowed:,} weights; "
        "local errors buffer {inside.kept}, send {inside.sent:,} and borrow {inside.borrowed}.",
        "agrees",
    ),
)
