"""Claims 17 to 26: rules for brains and chips, and the conclusion."""

import numpy as np
import torch
from torch.utils._pytree import tree_leaves

from snnbook import gradients, local, results, training
from snnbook.conclusions._claims import Claim, share, stored
from snnbook.conclusions._gru import beside_gru
from snnbook.conclusions._local_errors import local_errors
from snnbook.neurons import SpikingNetwork
from snnbook.training import seed_interval, wilson_interval

_TASKS = ("digits", "yin_yang")


def _random_feedback(depth: int, arms: tuple[str, ...], key: str = "accuracy") -> dict:
    """Return one number of each arm on both tasks, such as ``digits_fa``, and of the seeds."""
    found = {
        f"{task}_{arm}": share(stored(f"ch06a_{task}", key, arm=arm, depth=depth))
        for task in _TASKS
        for arm in arms
    }
    return found | {"seeds": found[f"digits_{arms[0]}"].n}


def _one_layer() -> dict:
    solved = _random_feedback(1, ("bptt", "fa"), "solved")
    erbp = {f"{task}_erbp": share(stored("ch06a_erbp", task=task, arm="both")) for task in _TASKS}
    named = {f"{name}_solved": value for name, value in solved.items()}
    return named | erbp | _random_feedback(1, ("bptt", "fa", "frozen"))


def _five_layers() -> dict:
    return _random_feedback(5, ("bptt", "kolen_pollack", "fa", "dfa", "frozen"))


def _angles() -> dict:
    """Return the angles of feedback alignment at the top and deep down, in degrees."""
    found = {}
    for task in _TASKS:
        start, end = _angle(task, 1, -1)
        found |= {f"{task}_start": start, f"{task}_end": end}
        found |= {f"{task}_deep": _angle(task, 5, 0)[1], f"{task}_top": _angle(task, 5, -1)[1]}
    return found


def _angle(task: str, depth: int, layer: int) -> np.ndarray:
    """Return the mean angle of one layer before training and at the epoch that was kept."""
    stored_as, arm = f"ch06a_{task}", {"arm": "fa", "depth": depth}
    both = zip(stored(stored_as, "angles", **arm), stored(stored_as, "epoch", **arm))
    pairs = [[run[0][layer], run[epoch][layer]] for run, epoch in both]
    return np.mean(pairs, 0)


def _time_left_out() -> dict:
    timed = results.load("ch06a_time")
    order, taus = timed["cosine"]["order"], timed["taus"]
    fast, slow = seed_interval(order[0]), seed_interval(order[-1])
    return {
        "fast": fast,
        "slow": slow,
        "fast_tau": taus[0],
        "slow_tau": taus[-1],
        "seeds": len(order[0]),
    }


def _traces() -> dict:
    """Compare e-prop with the exact gradient of one layer, and count what it carries."""
    generator = torch.Generator().manual_seed(0)
    network = SpikingNetwork((20, 30, 5), input_rate=100.0, generator=generator, std=1.0).double()
    spikes = (torch.rand(2000, 2, 20, generator=generator) < 0.1).double()
    labels = torch.tensor([0, 3])
    carried, apart = [], 0.0
    rule = local.EProp(local.random_feedback(network, "symmetric", direct=True))
    for steps in (100, len(spikes)):
        error = training.step_cross_entropy(labels, steps=steps)
        carry = rule.start(network, batch=2)
        online = dict.fromkeys(dict(network.named_parameters()), 0)
        for n in range(steps):
            carry, parts = rule.step(network, carry, spikes[n], error, n)
            online = {name: online[name] + parts[name] for name in parts}
        exact = gradients.bptt(network, spikes[:steps], error)
        for name, value in exact.items():
            apart = max(apart, float((value - online[name]).norm() / value.norm()))
        carried.append(sum(leaf.numel() for leaf in tree_leaves(carry)))
    found = {"apart": apart, "short": carried[0], "long": carried[1], "steps": len(spikes)}
    for name in ("symmetric", "symmetric_narrow", "bptt", "bptt_narrow"):
        found[name] = share(stored("ch06b_evidence", neuron="LIF", gradient=name))
    return found | {"seeds": found["bptt"].n}


def _depth() -> dict:
    """Return the accuracy of each gradient with one, two and four layers, such as ``four_bptt``."""
    found = {
        f"{word}_{name}": share(stored("ch06b_depth", width=60, depth=depth, gradient=name))
        for depth, word in ((1, "one"), (2, "two"), (4, "four"))
        for name in ("bptt", "symmetric", "random", "frozen")
    }
    return {"seeds": found["one_bptt"].n, **found}


def _exact() -> dict:
    """Return how many networks go down against each gradient, at the worst rate or the best."""
    descent, agreement = results.load("ch06d_descent"), results.load("ch06d_agreement")
    tiny = [
        step["change"][0] < 0
        for step in agreement["steps"]
        if (step["loss_kind"], step["gradient"]) == ("end", "exact")
    ]
    accuracy, rates = share(stored("ch06d_yin_yang_longer")), descent["rates"]
    found = {
        name: [sum(x < 0 for x in stored("ch06d_descent", "change", arm=arm, lr=r)) for r in rates]
        for name, arm in (("exact", "exact"), ("surrogate", "surrogate 1"), ("shaped", "shaped"))
    }
    return {
        "accuracy": accuracy,
        "seeds": accuracy.n,
        "least": min(agreement["lengths"]),
        "tiny": sum(tiny),
        "networks": len(tiny),
        "steps": descent["steps"],
        "low": min(rates),
        "high": max(rates),
        "exact": max(found["exact"]),
        "surrogate": min(found["surrogate"]),
        "shaped": min(found["shaped"]),
    }


def _xor() -> dict:
    """Return how many starts solve it, with Wilson's interval in percent, such as ``once_low``."""
    found = {}
    for name, arm in (("once", ("once", "bump")), ("many", ("many", "wake"))):
        accuracies = stored("ch06d_xor", neuron=arm[0], remedy=arm[1])
        solved = sum(accuracy == 1 for accuracy in accuracies)
        low, high = wilson_interval(solved, len(accuracies))
        found |= {f"{name}_solved": solved, f"{name}_low": 100 * low, f"{name}_high": 100 * high}
    return {"runs": len(accuracies), **found}


CLAIMS = (
    Claim(
        17,
        "V.A",
        "random feedback costs remarkably little on benchmarks",
        ("06a-feedback-alignment",),
        _one_layer,
        "One hidden layer, digits: BPTT {digits_bptt}, feedback alignment {digits_fa}, frozen "
        "{digits_frozen}, eRBP {digits_erbp}; Yin-Yang: {yin_yang_bptt}, {yin_yang_fa}, "
        "{yin_yang_frozen}, {yin_yang_erbp} ({seeds} seeds). With the readout solved, BPTT and "
        "feedback alignment on Yin-Yang: {yin_yang_bptt_solved} and {yin_yang_fa_solved}.",
        "agrees with a condition",
        "fixed random matrices do; eRBP drops time as well, and on spike times that costs much",
        ("ch06a_digits", "ch06a_yin_yang", "ch06a_erbp"),
    ),
    Claim(
        18,
        "V.A",
        "random feedback falls behind in deeper networks",
        ("06a-feedback-alignment",),
        _five_layers,
        "Five hidden layers, digits: BPTT {digits_bptt}, Kolen-Pollack {digits_kolen_pollack}, "
        "feedback alignment {digits_fa}, direct {digits_dfa}, frozen {digits_frozen}; Yin-Yang: "
        "{yin_yang_bptt}, {yin_yang_kolen_pollack}, {yin_yang_fa}, {yin_yang_dfa}, "
        "{yin_yang_frozen} ({seeds} seeds).",
        "agrees with a condition",
        "by a few points, clearly on digits; feedback that moves with the weights keeps up",
        ("ch06a_digits", "ch06a_yin_yang"),
    ),
    Claim(
        19,
        "V.A",
        "forward weights come to align with the feedback",
        ("06a-feedback-alignment",),
        _angles,
        "The angle of the feedback: digits from {digits_start:.0f} to {digits_end:.0f} degrees "
        "with one hidden layer, to {digits_top:.0f} at the top and {digits_deep:.0f} at the bottom "
        "of five; Yin-Yang from {yin_yang_start:.0f} to {yin_yang_end:.0f}, {yin_yang_top:.0f} and "
        "{yin_yang_deep:.0f}.",
        "agrees with a condition",
        "from the top down; in the lowest of five layers the angle stays near 90 degrees",
        ("ch06a_digits", "ch06a_yin_yang"),
    ),
    Claim(
        20,
        "V.A",
        "eRBP leaves the neuron's temporal dynamics out of the gradient",
        ("06a-feedback-alignment",),
        _time_left_out,
        "Cosine of eRBP with the exact gradient on the order of two volleys: {fast.mean:.2f} "
        "({fast.low:.2f} to {fast.high:.2f}) at a membrane time constant of {fast_tau} ms, "
        "{slow.mean:.2f} ({slow.low:.2f} to {slow.high:.2f}) at {slow_tau} ms, {seeds} seeds.",
        "agrees",
        sources=("ch06a_time",),
    ),
    Claim(
        21,
        "V.B",
        "eligibility traces solve temporal credit assignment forward in time",
        ("06b-three-factor",),
        _traces,
        "One layer without recurrent weights: e-prop equals BPTT to {apart:.0e} of the gradient's "
        "length and carries {short:,} numbers after 100 steps, {long:,} after {steps}. Recurrent "
        "plain neurons that count evidence, {seeds} seeds: e-prop {symmetric}, with a narrow "
        "surrogate {symmetric_narrow}; BPTT {bptt} and {bptt_narrow}.",
        "agrees with a condition",
        "the memory must be inside the neurons; one that recurrent weights hold, between neurons, "
        "the traces hardly see",
        ("ch06b_evidence",),
    ),
    Claim(
        22,
        "V.B",
        "SuperSpike does not scale to large multilayer networks",
        ("06b-three-factor",),
        _depth,
        "Yin-Yang, 60 neurons a layer, {seeds} seeds. One hidden layer: BPTT {one_bptt}, symmetric "
        "{one_symmetric}, random {one_random}, frozen {one_frozen}; two: {two_bptt}, "
        "{two_symmetric}, {two_random}, {two_frozen}; four: {four_bptt}, {four_symmetric}, "
        "{four_random}, {four_frozen}.",
        "agrees with a condition",
        "it falls behind by a few points at four layers, and stays far above frozen layers",
        ("ch06b_depth",),
    ),
    Claim(
        23,
        "V.C",
        "local errors bring memory to O(N) and reach about BPTT's accuracy, in fewer epochs",
        ("06c-local-errors",),
        local_errors,
        "Numbers carried after 100 steps {short}, after 1000 {long}. Digits, {seeds} seeds, one "
        "hidden layer: local errors {one_local}, BPTT {one_bptt}; five: {five_local}, {five_bptt}, "
        "frozen {five_frozen}. Epochs to within a point of the best: {one_local_epochs:.0f} and "
        "{one_bptt_epochs:.0f}, {five_local_epochs:.0f} and {five_bptt_epochs:.0f}. "
        "Gestures, three convolutional layers, {few} seeds: {filters_local}, {filters_bptt}. "
        "A first layer of four neurons under exact layers: {neck_local}, {neck_exact}.",
        "agrees with a condition",
        "memory does not grow; the accuracy is close with one layer and falls behind with five, in "
        "convolutional and in narrow layers; fewer epochs only where it learns less",
        ("ch06a_digits", "ch06c_digits", "ch06c_convolution", "ch06c_neck"),
    ),
    Claim(
        24,
        "V.D",
        "spike times vary smoothly with weights, so exact gradients exist",
        ("06d-spike-times",),
        _exact,
        "Yin-Yang by the exact gradient: {accuracy}, {seeds} seeds. Where an earlier spike and one "
        "more spike have opposite effects on the loss, a step of {least:g} of the weights leads "
        "down in {tiny} of {networks} networks, and {steps} steps of Adam, at any rate from "
        "{low:g} to {high:g}, in at most {exact}; against the surrogate in at least {surrogate}, "
        "against the exact gradient of a shaped loss in at least {shaped}.",
        "agrees with a condition",
        "at a fixed number of spikes; the exact gradient does not see a spike come or go",
        ("ch06d_agreement", "ch06d_descent", "ch06d_yin_yang_longer"),
    ),
    Claim(
        25,
        "V.D",
        "a 2-4-2 network learns temporal XOR from spike times alone",
        ("06d-spike-times",),
        _xor,
        "The paper's neuron, which does not leak and spikes once, solves it from {once_solved} of "
        "{runs} random starts ({once_low:.0f} to {once_high:.0f} %); leaky neurons that spike many "
        "times from {many_solved} ({many_low:.0f} to {many_high:.0f} %).",
        "agrees",
        sources=("ch06d_xor",),
    ),
    Claim(
        26,
        "VI",
        "spiking networks can now be trained for tasks that belonged to recurrent networks",
        ("07-conclusion",),
        beside_gru,
        "A spiking network against a GRU, each after its own search, {seeds} seeds: digits "
        "{digits_spiking} against {digits_gru} (no hidden layer {digits_none}); random manifolds "
        "{randman_spiking} against {randman_gru} (no hidden layer {randman_none}).",
        "agrees with a condition",
        "on small tasks whose input is spikes, where leaky integration is a head start",
        ("ch07_gru",),
    ),
)
