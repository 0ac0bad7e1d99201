"""One good call of every public entry of the package, by room and name.

Each value is a function without arguments, so that a call never sees what an earlier one changed.
A name with a dot is a method; its call is a pair of the object and the arguments.
"""

from __future__ import annotations

import atexit
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from shutil import make_archive
from tempfile import TemporaryDirectory

import numpy as np
import sympy
import torch
from helpers import seeded
from scipy.io import wavfile

from snnbook import (
    conclusions,
    counting,
    export,
    gradients,
    kernels,
    laboratory,
    layers,
    local,
    neurons,
    parallel,
    readers,
    smoothed,
    spike_times,
    surrogates,
    training,
)

STEPS, BATCH, INPUTS, HIDDEN, CLASSES = 7, 3, 4, 5, 2


def spikes(features: int = INPUTS, steps: int = STEPS) -> torch.Tensor:
    return (torch.rand(steps, BATCH, features, generator=seeded(1)) < 0.5).float()


def values(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=seeded(2))


def labels() -> torch.Tensor:
    return torch.tensor([1, 0, 1])


def network(*hidden: int) -> neurons.SpikingNetwork:
    return neurons.SpikingNetwork(
        (INPUTS, *(hidden or (HIDDEN,)), CLASSES), input_rate=200.0, generator=seeded(3)
    )


def listed() -> layers.Network:
    cells = layers.Cells(neurons.LIFNeuron())
    delays = layers.Delays(INPUTS, HIDDEN, 4, input_rate=100.0, generator=seeded(3))
    return layers.Network([delays, cells, torch.nn.Linear(HIDDEN, CLASSES)])


def adaptive() -> neurons.AdaptiveNetwork:
    return neurons.AdaptiveNetwork((INPUTS, HIDDEN, CLASSES), generator=seeded(3))


def counted() -> counting.Operations:
    return counting.count_operations(network(), spikes())


def state(*names: int, features: int = HIDDEN) -> neurons.LIFState:
    return neurons.LIFState(values(BATCH, features), values(BATCH, features))


def waiting_step() -> dict:
    still = torch.zeros(BATCH, HIDDEN)
    own = parallel.WaitingState(*state(), still, still)
    return {"state": own, "drive": values(BATCH, HIDDEN)}


def error() -> training.StepError:
    return training.step_cross_entropy(labels(), STEPS)


def rule(**more) -> dict:
    return {"network": network(), "spikes": spikes(), "error": error(), **more}


def feedback(direct: bool = True) -> local.Feedback:
    return local.random_feedback(network(), direct=direct, generator=seeded(4))


def linear(w: torch.Tensor) -> float:
    return float(w.sum())


def squared(trains: torch.Tensor) -> torch.Tensor:
    return (trains.sum(0) - 1).square().sum(-1)


def doubles(*shape: int) -> torch.Tensor:
    return values(*shape).double()


def cell() -> spike_times.NonLeaky:
    return spike_times.NonLeaky()


def timing() -> spike_times.TimingNetwork:
    return spike_times.TimingNetwork((3, 4, 2), cell(), generator=seeded(5))


def spike_layer() -> spike_times.SpikeLayer:
    weight = 1.5 * torch.ones(HIDDEN, INPUTS, dtype=torch.float64)
    return spike_times.SpikeLayer(weight, 20e-3, 5e-3, 60e-3)


def trains() -> spike_times.Trains:
    times = torch.linspace(1e-3, 20e-3, 8, dtype=torch.float64).expand(BATCH, -1).contiguous()
    return spike_times.Trains(times, torch.arange(8).remainder(INPUTS).expand(BATCH, -1))


def spike_time_network() -> spike_times.SpikeTimeNetwork:
    return spike_times.SpikeTimeNetwork(
        (INPUTS, HIDDEN, CLASSES), mean=(1.5, 0.8), spread=(0.5, 0.3), generator=seeded(6)
    )


def input_times(features: int = INPUTS, scale: float = 20e-3) -> torch.Tensor:
    return scale * torch.rand(BATCH, features, generator=seeded(7), dtype=torch.float64)


def event_network() -> spike_times.EventNetwork:
    return spike_times.EventNetwork(np.full((2, 1), 3.0), np.zeros((2, 2)), np.array([1.0, 1.0]))


def event_run() -> spike_times.EventRun:
    return spike_times.simulate_events(event_network(), [1e-3, 2e-3], [0, 0], duration=20e-3)


def delayed() -> spike_times.DelayedEvents:
    late = np.array([[0.0], [2e-3]])
    return spike_times.delayed_events(event_network(), late, [1e-3, 2e-3], [0, 0])


def delayed_gradient() -> spike_times.EventGradient:
    run = spike_times.simulate_events(*delayed(), duration=20e-3)
    return spike_times.eventprop(delayed().network, run, by_final_mem=np.array([1.0, 1.0]))


def noisy() -> smoothed.NoisyNeuron:
    return smoothed.noisy(generator=seeded(8))


def gated() -> smoothed.GatedNeuron:
    return smoothed.gated(neurons.LIFNeuron(), smoothed.Gate(0.3))


def rates(curve: str = "lif") -> smoothed.RateNetwork:
    return smoothed.RateNetwork((INPUTS, HIDDEN, CLASSES), curve=curve, generator=seeded(9))


def smooth_rnn() -> gradients.SmoothRNN:
    return gradients.smooth_rnn((INPUTS, HIDDEN, CLASSES), generator=seeded(10))


def fit_arguments() -> dict:
    return {
        "model": network(),
        "inputs": spikes(),
        "labels": labels(),
        "epochs": 1,
        "batch_size": 2,
        "generator": seeded(),
        "loss": training.mean_over_time,
        "lr": 1e-3,
        "optimizer": torch.optim.Adam,
        "clip": 1.0,
        "accumulate": 1,
        "keep_best": False,
        "progress": False,
    }


def run_arguments(**more) -> dict:
    return {"drive": values(STEPS, BATCH, HIDDEN), "state": state(), "record": True, **more}


def sound() -> torch.Tensor:
    return torch.sin(torch.arange(400.0) / 3)


Calls = dict[str, Callable[[], object]]

DATA: Calls = {
    "delta_code": lambda: {"signal": values(STEPS, BATCH, 2), "threshold": 0.1, "binary": True},
    "delta_decode": lambda: {"events": spikes(), "threshold": 0.1, "start": 0.5},
    "rate_decode": lambda: {"spikes": spikes(), "dt": 1e-3, "max_rate": 100.0},
    "latency_decode": lambda: {"spikes": spikes(), "dt": 1e-3, "tau": 20e-3, "threshold": 0.2},
    "time_decode": lambda: {"spikes": spikes(), "span": 5},
    "digits": lambda: {"test_size": 300, "seed": 1},
    "gestures": lambda: {"samples": 2, "size": 8, "steps": 20, "generator": seeded()},
    "delayed_xor": lambda: {"samples": 4, "pause": 6, "pulse": 2, "generator": seeded()},
    "evidence": lambda: {"samples": 4, "cues": 3, "rate": 40.0, "generator": seeded()},
    "tone_words": lambda: {
        "words": 2,
        "voices": 2,
        "takes": 1,
        "rate": 8000.0,
        "generator": seeded(),
    },
    "recall_order": lambda: {
        "samples": 4,
        "delay": 3,
        "longest": 6,
        "rate": 100.0,
        "generator": seeded(),
    },
    "constant_code": lambda: {"values": values(3, 2), "steps": 9, "dt": 1e-3, "max_rate": 100.0},
    "rate_code": lambda: {
        "values": values(3, 2),
        "steps": 9,
        "dt": 1e-3,
        "max_rate": 100.0,
        "generator": seeded(),
    },
    "regular_code": lambda: {"values": values(3, 2), "steps": 9, "dt": 1e-3, "phase": 0.5},
    "randman": lambda: {
        "classes": 3,
        "units": 4,
        "samples_per_class": 5,
        "dim": 1,
        "alpha": 2.0,
        "steps": 10,
        "generator": seeded(),
    },
    "random_patterns": lambda: {"samples": 6, "steps": 9, "units": 4, "generator": seeded()},
    "picture_spikes": lambda: {"neurons": 2, "steps": 5, "before": 5, "after": 3},
    "sinusoids": lambda: {"steps": 9, "outputs": 2, "generator": seeded()},
    "clock_code": lambda: {"values": values(3, 2), "span": 2.0},
    "latency_code": lambda: {
        "values": values(3, 2),
        "steps": 9,
        "dt": 1e-3,
        "tau": 20e-3,
        "threshold": 0.2,
        "events": False,
    },
    "time_code": lambda: {"values": values(3, 2), "steps": 9, "span": 5, "clock": "last"},
    "one_lag": lambda: {"samples": 4, "lag": 5, "steps": 30, "generator": seeded()},
    "spike_order": lambda: {"samples": 4, "delay": 3, "generator": seeded()},
    "temporal_xor": lambda: {"early": 0.0, "late": 6.0, "first": 10.0, "last": 16.0},
    "collate": lambda: {"samples": [values(STEPS, INPUTS), values(STEPS - 1, INPUTS)]},
    "time_first": lambda: {"batch": values(BATCH, STEPS, INPUTS)},
    "moved": lambda: {"spikes": values(STEPS, INPUTS), "shift": 1, "factor": 1.2},
    "Varied": lambda: {
        "samples": [(values(STEPS, INPUTS), 0)],
        "shift": 1,
        "stretch": 0.1,
        "generator": seeded(),
    },
    "two_clicks": lambda: {"samples": 4, "steps": 40, "generator": seeded()},
    "xor_spikes": lambda: {"steps": 30, "early": 1, "late": 11},
    "yin_yang": lambda: {"samples": 10, "seed": 3, "r_small": 0.1, "r_big": 0.5},
}

SURROGATES: Calls = {
    name: lambda: {"width": 0.2, "height": 1.0}
    for name, family in vars(surrogates).items()
    if inspect.isfunction(family) and [*inspect.signature(family).parameters] == ["width", "height"]
} | {
    "custom": lambda: {
        "name": "own",
        "shape": lambda z: torch.exp(-z.square()),
        "form": sympy.exp(-(sympy.Symbol("z", real=True) ** 2)),
        "width": 0.2,
        "height": 1.0,
    },
    "Surrogate.__call__": lambda: (surrogates.gaussian(), {"x": values(3, 2)}),
    "Surrogate.derivative": lambda: (surrogates.gaussian(), {"x": values(3, 2)}),
    "Surrogate.scaled": lambda: (surrogates.gaussian(), {"width": 0.2, "height": 1.0}),
}

KERNELS: Calls = {
    "explain": lambda: {"source": spikes(), "weight": values(HIDDEN, INPUTS), "kernel": "auto"},
    "run_layer": lambda: {
        "neuron": neurons.LIFNeuron(),
        "source": spikes(),
        "weight": values(HIDDEN, INPUTS),
        "state": state(),
        "recurrent_weight": values(HIDDEN, HIDDEN),
    },
    "Events": lambda: {
        "steps": 2,
        "batch": 1,
        "features": 3,
        "indices": torch.tensor([1, 2, 0], dtype=torch.int32),
        "offsets": torch.tensor([0, 2, 3]),
    },
    "Events.from_dense": lambda: (kernels.Events, {"spikes": spikes()}),
    "Events.from_lists": lambda: (
        kernels.Events,
        {
            "times": torch.tensor([2, 0]),
            "samples": torch.tensor([0, 0]),
            "neurons": torch.tensor([1, 1]),
            "shape": (3, 1, 2),
        },
    ),
    "Events.from_times": lambda: (
        kernels.Events,
        {"times": [[1, 3], [0]], "units": [[0, 1], [1]], "features": 2, "dt": 0.5, "steps": 9},
    ),
    "Events.cat": lambda: (
        kernels.Events,
        {"parts": [kernels.Events.from_dense(spikes())] * 2, "steps": 9},
    ),
    "Events.to": lambda: (kernels.Events.from_dense(spikes()), {"device": "cpu"}),
}

NEURONS: Calls = {
    "LeakyNeuron": lambda: {"tau_mem": 10e-3, "tau_syn": 5e-3, "dt": 1e-3},
    "LIFNeuron": lambda: {
        "tau_mem": 10e-3,
        "threshold": 1.0,
        "surrogate": surrogates.gaussian(),
        "reset": "zero",
        "reset_gradient": True,
        "spike_at_threshold": True,
    },
    "AdaptiveNeuron": lambda: {"tau_adapt": 0.5, "strength": 0.5},
    "DirectLIFNeuron": lambda: {
        "tau_mem": 10e-3,
        "dt": 1e-3,
        "threshold": 1.0,
        "surrogate": surrogates.gaussian(),
        "reset": "zero",
        "reset_gradient": True,
        "spike_at_threshold": True,
    },
    "AdLIFNeuron": lambda: {
        "tau_mem": 20e-3,
        "tau_adapt": 0.1,
        "coupling": 10.0,
        "jump": 10.0,
        "step_kind": "forward",
    },
    "ResonateNeuron": lambda: {
        "frequency": 10.0,
        "tau_mem": 50e-3,
        "watch": "quad",
        "step_kind": "forward",
        "reset": "restart",
    },
    "BalancedNeuron": lambda: {"frequency": 10.0, "damping": 5.0, "tau_refractory": 95e-3},
    "Refractory": lambda: {"neuron": neurons.LIFNeuron(), "period": 2e-3, "hold": True},
    "spectral_radius": lambda: {"neuron": neurons.AdLIFNeuron()},
    "coupling_bound": lambda: {"neuron": neurons.AdLIFNeuron()},
    "divergence_bound": lambda: {"frequency": 10.0, "dt": 1e-3},
    "LIF": lambda: {
        "in_features": INPUTS,
        "out_features": HIDDEN,
        "neuron": neurons.LIFNeuron(),
        "input_rate": 10.0,
        "generator": seeded(),
        "kernel": "auto",
        "checkpoint": 3,
    },
    "RecurrentLIF": lambda: {
        "in_features": INPUTS,
        "out_features": HIDDEN,
        "recurrent_rate": 10.0,
        "generator": seeded(),
    },
    "LeakyReadout": lambda: {
        "in_features": INPUTS,
        "out_features": CLASSES,
        "neuron": neurons.LeakyNeuron(),
        "generator": seeded(),
    },
    "SpikingNetwork": lambda: {
        "sizes": (INPUTS, HIDDEN, CLASSES),
        "neuron": neurons.LIFNeuron(),
        "recurrent": True,
        "input_rate": 10.0,
        "hidden_rate": 10.0,
        "generator": seeded(),
        "kernel": "auto",
    },
    "AdaptiveNetwork": lambda: {
        "sizes": (INPUTS, HIDDEN, CLASSES),
        "neuron": neurons.AdaptiveNeuron(),
        "adaptive": 0.5,
        "input_rate": 10.0,
        "generator": seeded(),
    },
    "LIF.forward": lambda: (network().hidden[0], {"spikes": spikes(), "state": state()}),
    "RecurrentLIF.forward": lambda: (
        neurons.RecurrentLIF(INPUTS, HIDDEN, generator=seeded()),
        {"spikes": spikes(), "state": state()},
    ),
    "LeakyReadout.forward": lambda: (network().readout, {"spikes": spikes(HIDDEN)}),
    "SpikingNetwork.forward": lambda: (network(), {"spikes": spikes(), "record": True}),
    "AdaptiveNetwork.forward": lambda: (adaptive(), {"spikes": spikes()}),
    "run": lambda: run_arguments(
        neuron=neurons.LIFNeuron(), recurrent_weight=values(HIDDEN, HIDDEN), kernel="auto"
    ),
    "lif_step": lambda: {
        "state": state(),
        "drive": values(BATCH, HIDDEN),
        "neuron": neurons.LIFNeuron(),
        "recurrent_weight": values(HIDDEN, HIDDEN),
    },
    "leaky_step": lambda: {"state": state(), "drive": values(BATCH, HIDDEN)},
    "adaptive_step": lambda: {
        "state": neurons.AdaptiveState(*(values(BATCH, HIDDEN) for _ in range(3))),
        "drive": values(BATCH, HIDDEN),
    },
    "fluctuation_driven_": lambda: {
        "weight": torch.zeros(HIDDEN, INPUTS),
        "neuron": neurons.LIFNeuron(),
        "rate": 20.0,
        "mean": 0.1,
        "std": 1.0,
        "generator": seeded(),
    },
    "draw_constants": lambda: {"mean": 0.02, "size": 5, "spread": 0.3, "generator": seeded()},
    "psp_kernel": lambda: {"neuron": neurons.LIFNeuron(), "steps": 5},
}

TRAINING: Calls = {
    "accuracy": lambda: {
        "model": network(),
        "inputs": spikes(),
        "labels": labels(),
        "batch_size": 2,
        "decide": training.decide_by_max,
    },
    "predict": lambda: {"model": network(), "inputs": spikes(), "batch_size": 2},
    "fit": fit_arguments,
    "class_weights": lambda: {"labels": labels(), "classes": 3},
    "confusion": lambda: {
        "model": network(),
        "inputs": spikes(),
        "labels": labels(),
        "names": ["cat", "dog"],
        "batch_size": 2,
        "decide": training.decide_by_max,
    },
    "confusion_of": lambda: {"classes": labels(), "labels": labels(), "count": 3},
    "decide_by_max": lambda: {"readout": values(STEPS, BATCH, CLASSES)},
    "decide_by_sum": lambda: {"readout": values(STEPS, BATCH, CLASSES)},
    "note_decision": lambda: {"model": network(), "decide": training.decide_by_max},
    "decide_by_loss": lambda: {"loss": training.max_over_time},
    "decide_by_first_spike": lambda: {"spikes": spikes(CLASSES)},
    "diagnose": lambda: {"activity": spikes()},
    "decision_error": lambda: {"labels": labels(), "steps": STEPS, "window": 3},
    "step_cross_entropy": lambda: {"labels": labels(), "steps": STEPS},
    "step_squared_error": lambda: {"target": values(STEPS, BATCH, CLASSES)},
    "step_errors": lambda: {"error": error(), "readout": values(STEPS, BATCH, CLASSES)},
    "first_spike_time": lambda: {
        "spikes": spikes(),
        "dt": 1e-3,
        "late": 10e-3,
        "lengths": torch.tensor([STEPS, 3, 1]),
    },
    "max_over_time": lambda: {"readout": values(STEPS, BATCH, CLASSES), "labels": labels()},
    "mean_over_time": lambda: {"readout": values(STEPS, BATCH, CLASSES), "labels": labels()},
    "sum_over_time": lambda: {
        "readout": values(STEPS, BATCH, CLASSES),
        "labels": labels(),
        "scale": 0.5,
    },
    "ttfs_cross_entropy": lambda: {
        "spikes": spikes(CLASSES),
        "labels": labels(),
        "dt": 1e-3,
        "tau": 5e-3,
    },
    "van_rossum": lambda: {"spikes": spikes(), "target": spikes(), "tau": 1e-2, "dt": 1e-3},
    "mean_counts": lambda: {"spikes": spikes()},
    "spike_bounds_penalty": lambda: {"spikes": spikes(), "lower": 0.5, "upper": 2.0},
    "spike_count_penalty": lambda: {"spikes": spikes(), "linear": 1.0, "quadratic": 0.5},
    "rule_gradient": lambda: {"rule": gradients.bptt, "error": training.step_cross_entropy},
    "step_loss": lambda: {"error": training.step_cross_entropy},
    "SideBySide": lambda: {"sizes": (INPUTS, HIDDEN, CLASSES), "seeds": (0, 1), "input_rate": 10.0},
    "best_of_looks": lambda: {"accuracy": 0.9, "n": 300, "looks": 30},
    "seed_interval": lambda: {"values": [0.5, 0.6, 0.7], "confidence": 0.95},
    "wilson_interval": lambda: {"correct": 5, "n": 9, "confidence": 0.95},
    "mean_score": lambda: {"readout": values(STEPS, 2, BATCH, CLASSES)},
    "peak_score": lambda: {"readout": values(STEPS, 2, BATCH, CLASSES)},
    "accuracy_side_by_side": lambda: {
        "model": training.SideBySide((INPUTS, HIDDEN, CLASSES), (0, 1)),
        "spikes": spikes(),
        "labels": labels(),
        "score": training.mean_score,
    },
    "fit_side_by_side": lambda: {
        "model": training.SideBySide((INPUTS, HIDDEN, CLASSES), (0, 1)),
        "batches": lambda step: (spikes(), labels()),
        "steps": 2,
        "lr": 1e-3,
        "optimizer": torch.optim.Adam,
    },
    "side_by_side": lambda: {
        "weights": [values(2, HIDDEN, INPUTS), values(2, CLASSES, HIDDEN)],
        "spikes": spikes(),
    },
}

GRADIENTS: Calls = {
    "autograd": rule,
    "bptt": lambda: rule(truncate=3),
    "rtrl": lambda: rule(recurrent=True, reset=True),
    "uoro": lambda: rule(generator=seeded()),
    "UORO": lambda: {"generator": seeded()},
    "blame_table": lambda: rule(name="hidden.0.weight"),
    "traffic": rule,
    "record": lambda: {"network": network(), "spikes": spikes()},
    "whole_run": lambda: {"network": network(), "spikes": spikes()},
    "measure": lambda: rule(rule="bptt", repeats=1),
    "cost": lambda: {"rule": "rtrl", "sizes": (4, 5, 2), "steps": 5, "batch": 2, "recurrent": True},
    "exponent": lambda: {"sizes": [1.0, 2.0, 4.0], "values": [1.0, 4.0, 16.0]},
    "compare": lambda: {"exact": gradients.bptt(**rule()), "other": gradients.bptt(**rule())},
    "through_matrices": lambda: {"matrices": [values(CLASSES, HIDDEN)]},
    "run_online": lambda: rule(rule=gradients.RTRL()),
    "rest": lambda: {"network": network(), "batch": 2},
    "check_network": lambda: {"network": network()},
    "check_sizes": lambda: {"sizes": (4, 5, 2)},
    "error_at": lambda: {"error": error(), "readout": values(BATCH, CLASSES), "n": 3},
    "rnn_run": lambda: {"rnn": smooth_rnn(), "inputs": values(STEPS, BATCH, INPUTS).double()},
    "rnn_bptt": lambda: {
        "rnn": smooth_rnn(),
        "inputs": values(STEPS, BATCH, INPUTS).double(),
        "error": error(),
    },
    "rnn_rtrl": lambda: {
        "rnn": smooth_rnn(),
        "inputs": values(STEPS, BATCH, INPUTS).double(),
        "error": error(),
    },
    "Adjoint": lambda: {"drop": ("reset",)},
    "RTRL": lambda: {"recurrent": True, "reset": True},
    "vector_loss": lambda: {"network": network(), "evaluate": lambda: torch.ones(())},
    "network_step": lambda: {
        "network": network(),
        "state": gradients.rest(network(), BATCH),
        "inputs": values(BATCH, INPUTS),
    },
    "smooth_rnn": lambda: {"sizes": (4, 5, 2), "radius": 0.9, "generator": seeded()},
    "evolution_strategy": lambda: {
        "loss": linear,
        "weights": values(4),
        "sigma": 0.1,
        "pairs": 2,
        "lr": 0.1,
        "budget": 9,
        "generator": seeded(),
    },
    "hill_climb": lambda: {
        "loss": linear,
        "weights": values(4),
        "sigma": 0.1,
        "budget": 9,
        "generator": seeded(),
    },
    "perturbation_gradient": lambda: {
        "loss": linear,
        "weights": values(4),
        "sigma": 0.1,
        "pairs": 2,
        "generator": seeded(),
    },
}

SMOOTHED: Calls = {
    "scale_to_rate": lambda: {
        "network": rates("relu"),
        "inputs": torch.eye(INPUTS).expand(1, -1, -1),
        "max_rate": 100.0,
        "quantile": 0.9,
    },
    "to_spiking": lambda: {"network": rates(), "kernel": "auto"},
    "RateNetwork": lambda: {
        "sizes": (INPUTS, HIDDEN, CLASSES),
        "neuron": neurons.LIFNeuron(),
        "curve": "lif",
        "softness": 0.05,
        "input_rate": 30.0,
        "generator": seeded(),
    },
    "RateNetwork.forward": lambda: (rates(), {"spikes": values(1, BATCH, INPUTS)}),
    "all_spike_trains": lambda: {"steps": 2, "neurons": 2},
    "expected_loss": lambda: {
        "weight": doubles(1, 2),
        "inputs": doubles(3, 1, 2),
        "loss": squared,
        "neuron": noisy(),
    },
    "gradient_samples": lambda: {
        "weight": doubles(1, 2),
        "inputs": doubles(3, 1, 2),
        "loss": squared,
        "neuron": noisy(),
        "estimator": "baseline",
        "samples": 4,
    },
    "log_likelihood": lambda: {
        "weight": doubles(1, 2),
        "inputs": doubles(3, 1, 2),
        "target": doubles(3, 1, 1).round(),
        "neuron": noisy(),
    },
    "likelihood_gradient": lambda: {
        "weight": doubles(1, 2),
        "inputs": doubles(3, 1, 2),
        "target": doubles(3, 1, 1).round(),
        "neuron": noisy(),
    },
    "score_loss": lambda: {"losses": values(4, 2), "log_prob": values(4, 2), "baseline": "others"},
    "ExponentialEscape": lambda: {"noise": 0.2, "hazard": 1.0},
    "SigmoidEscape": lambda: {"noise": 0.2},
    "NoisyNeuron": lambda: {"tau_mem": 10e-3, "gradient": "escape", "generator": seeded()},
    "Gate": lambda: {"width": 0.3, "threshold": 1.0, "shape": "parabola"},
    "GatedNeuron": lambda: {"tau_mem": 10e-3, "gate": smoothed.Gate(0.3), "backflow": True},
    "gated": lambda: {"neuron": neurons.LIFNeuron(), "gate": smoothed.Gate(0.3), "backflow": True},
    "GatedNetwork": lambda: {"sizes": (2, 5, 1), "neuron": gated(), "generator": seeded()},
    "answer_scores": lambda: {
        "readout": values(STEPS, BATCH, 1),
        "answer": values(STEPS, BATCH).round(),
    },
    "learn_xor": lambda: {
        "rule": "score",
        "neuron": noisy(),
        "networks": 1,
        "neurons": 3,
        "samples": 2,
        "updates": 1,
        "lr": 0.02,
    },
    "MorrisLecar": lambda: {"C": 20.0, "g_L": 2.0, "phi": 0.07},
    "FitzHughNagumo": lambda: {"a": 0.7, "b": 0.8, "phi": 0.1},
    "HodgkinHuxley": lambda: {"C": 1.0, "g_Na": 120.0},
    "CoupledNeurons": lambda: {
        "neuron": smoothed.MorrisLecar(),
        "gate": smoothed.Gate(30.0, threshold=10.0),
        "tau_syn": 20.0,
        "recurrent_weight": values(HIDDEN, HIDDEN),
    },
    "solve": lambda: {
        "neuron": smoothed.MorrisLecar(),
        "current": values(9, 1, 2),
        "dt": 0.1,
        "method": "rk4",
    },
    "first_crossing": lambda: {"mem": values(9, 1, 2), "dt": 0.1, "level": 0.5},
    "clamped_run": lambda: {
        "neuron": noisy(),
        "drive": values(STEPS, BATCH, HIDDEN),
        "spikes": spikes(HIDDEN),
    },
    "lif_rate": lambda: {"mean": values(3), "softness": 0.1, "discrete": False},
    "siegert_rate": lambda: {"mean": values(3).double(), "std": 0.5, "nodes": 16},
    "count_rate": lambda: {
        "mean": values(3),
        "steps": 9,
        "skip": 2,
        "std": 0.1,
        "generator": seeded(),
    },
    "noisy": lambda: {"neuron": neurons.LIFNeuron(), "gradient": "escape", "generator": seeded()},
    "drive_gain": lambda: {"neuron": neurons.LIFNeuron()},
    "gated_step": lambda: {
        "state": state(),
        "current": values(BATCH, HIDDEN),
        "neuron": gated(),
    },
    "euler_step": lambda: {"f": torch.neg, "state": values(3), "dt": 0.1},
    "rk4_step": lambda: {"f": torch.neg, "state": values(3), "dt": 0.1},
    "discrete_rate": lambda: {"mean": values(3)},
}

SPIKE_TIMES: Calls = {
    "DoubleTau": lambda: {"tau_syn": 1.0, "threshold": 1.0},
    "EqualTau": lambda: {"tau_syn": 1.0, "threshold": 1.0},
    "NonLeaky": lambda: {"tau_syn": 1.0, "threshold": 1.0},
    "lambert_w": lambda: {"x": -0.1 * values(4).double()},
    "EventNetwork": lambda: (
        lambda **fields: spike_times.simulate_events(
            spike_times.EventNetwork(**fields), [1e-3, 2e-3], [0, 0], duration=20e-3
        ),
        {
            "input_weight": np.full((2, 1), 3.0),
            "recurrent_weight": np.zeros((2, 2)),
            "threshold": np.array([1.0, 1.0]),
            "tau_mem": 20e-3,
        },
    ),
    "simulate_events": lambda: {
        "network": event_network(),
        "times": [1e-3, 2e-3],
        "sources": [0, 0],
        "duration": 20e-3,
        "max_spikes": 100,
    },
    "eventprop": lambda: {
        "network": event_network(),
        "run": event_run(),
        "by_final_mem": np.array([1.0, 1.0]),
    },
    "delayed_first_spike": lambda: {
        "times": input_times(scale=1.0),
        "weight": 2 * values(HIDDEN, INPUTS).double(),
        "delay": values(HIDDEN, INPUTS).double(),
        "cell": spike_times.NonLeaky(),
    },
    "delayed_events": lambda: {
        "network": event_network(),
        "delay": np.array([[0.0], [2e-3]]),
        "times": [1e-3, 2e-3],
        "sources": [0, 0],
    },
    "delay_gradient": lambda: {"events": delayed(), "gradient": delayed_gradient()},
    "integrated_mem": lambda: {"network": event_network(), "run": event_run()},
    "simulate_exact": lambda: {
        "input_times": [1e-3, 2e-3],
        "weights": [0.6, 0.6],
        "neuron": neurons.LIFNeuron(),
        "duration": 20e-3,
        "bias": 0.1,
        "sample_times": [5e-3],
    },
    "first_spike": lambda: {
        "times": input_times(scale=1.0),
        "weight": 2 * values(HIDDEN, INPUTS).double(),
        "cell": cell(),
    },
    "free_membrane": lambda: {
        "t": torch.linspace(0, 3, 4).double(),
        "times": input_times(scale=1.0),
        "weight": values(HIDDEN, INPUTS).double(),
        "cell": cell(),
    },
    "membranes": lambda: {
        "layer": spike_layer(),
        "arrived": trains(),
        "own": spike_layer()(trains()),
        "at": torch.linspace(0, 30e-3, 4).double(),
    },
    "fit_times": lambda: {
        "network": timing(),
        "times": input_times(3, scale=1.0),
        "labels": labels(),
        "epochs": 1,
        "batch_size": 2,
        "generator": seeded(),
        "lr": 0.01,
        "decay": 0.9,
        "clip": 1.0,
    },
    "SpikeLayer": lambda: {
        "weight": values(HIDDEN, INPUTS).double(),
        "tau_mem": 20e-3,
        "tau_syn": 5e-3,
        "duration": 60e-3,
        "threshold": 1.0,
    },
    "SpikeLayer.forward": lambda: (spike_layer(), {"trains": trains()}),
    "SpikeTimeNetwork": lambda: {
        "sizes": (INPUTS, HIDDEN, CLASSES),
        "mean": (1.5, 0.8),
        "spread": (0.5, 0.3),
        "tau_mem": 20e-3,
        "duration": 60e-3,
        "generator": seeded(),
    },
    "SpikeTimeNetwork.forward": lambda: (spike_time_network(), {"times": input_times()}),
    "first_to_spike": lambda: {"times": input_times(2)},
    "share_right": lambda: {
        "network": timing(),
        "times": input_times(3, scale=1.0),
        "labels": labels(),
    },
    "time_cross_entropy": lambda: {
        "times": input_times(2),
        "labels": labels(),
        "tau": 0.2,
        "late": 10.0,
        "early": 0.1,
    },
    "weight_sum_penalty": lambda: {"network": timing(), "margin": 1.0},
    "TimingLayer": lambda: {
        "in_features": 3,
        "out_features": 4,
        "cell": cell(),
        "gain": 2.0,
        "spread": 1.0,
        "delays": (0.0, 1.0),
        "generator": seeded(),
    },
    "TimingNetwork": lambda: {
        "sizes": (3, 4, 2),
        "cell": cell(),
        "gain": 2.0,
        "spread": 1.0,
        "generator": seeded(),
    },
    "TimingNetwork.forward": lambda: (timing(), {"times": input_times(3, scale=1.0)}),
    "spikeprop": lambda: {
        "network": timing(),
        "times": input_times(3, scale=1.0),
        "wanted": input_times(2, scale=3.0),
    },
    "spikeprop_network": lambda: {"hidden": 4, "generator": seeded()},
    "train_spikeprop": lambda: {
        "network": timing(),
        "times": input_times(3, scale=1.0),
        "wanted": input_times(2, scale=3.0),
        "cycles": 2,
        "lr": 0.01,
        "tol": 0.1,
    },
}

LOCAL: Calls = {
    "random_feedback": lambda: {
        "network": network(),
        "kind": "random",
        "direct": True,
        "gain": 1.0,
        "generator": seeded(),
    },
    "random_readouts": lambda: {"network": network(), "gain": 1.0, "generator": seeded()},
    "feedback_angles": lambda: {"network": network(), "feedback": feedback()},
    "feedback_alignment": lambda: rule(feedback=feedback(direct=False), recurrent=True),
    "direct_feedback_alignment": lambda: rule(feedback=feedback()),
    "readout_alone": rule,
    "superspike": lambda: rule(feedback=feedback()),
    "e_prop": lambda: rule(feedback=feedback()),
    "ottt": rule,
    "ostl": rule,
    "ostl_gathered": rule,
    "OTTT": lambda: (
        lambda **given: local.OTTT().start(**given),
        {"network": network(), "batch": 2},
    ),
    "OSTL": lambda: (
        lambda **given: local.OSTL().start(**given),
        {"network": network(), "batch": 2},
    ),
    "erbp": lambda: rule(feedback=feedback()),
    "erbp_gathered": lambda: rule(feedback=feedback()),
    "ERBP": lambda: (
        lambda **settings: local.ERBP(**settings).start(network(), BATCH),
        {"feedback": feedback(), "window": 1.5, "decay": 0.8, "quantum": 0.1},
    ),
    "local_errors": lambda: rule(readouts=local.random_readouts(network(), generator=seeded())),
    "superspike_gathered": lambda: rule(feedback=feedback()),
    "feedback_gathered": lambda: rule(feedback=feedback(direct=False)),
    "local_gathered": lambda: rule(
        readouts=local.random_readouts(network(), generator=seeded()), own=True
    ),
    "adaptive_eprop": lambda: rule(network=adaptive(), feedback=values(CLASSES, HIDDEN)),
    "adaptive_gradient": lambda: rule(network=adaptive(), recurrent=True),
    "adaptive_start": lambda: {"network": adaptive(), "batch": 2},
    "LocalErrors": lambda: (
        lambda **settings: local.LocalErrors(**settings).start(network(), BATCH),
        {"readouts": (values(CLASSES, HIDDEN),), "memory": "none"},
    ),
    "EProp": lambda: (
        lambda feedback: local.EProp(feedback).start(network(), BATCH),
        {"feedback": feedback()},
    ),
    "SuperSpike": lambda: (
        lambda feedback: local.SuperSpike(feedback).start(network(), BATCH),
        {"feedback": feedback()},
    ),
    "feedback_gradient": lambda: {
        "arm": "kolen_pollack",
        "network": network(),
        "generator": seeded(),
        "lr": 1e-3,
        "decay": 0.01,
    },
    "local_gradient": lambda: {
        "network": network(),
        "learn": True,
        "gain": 3.0,
        "lr": 1e-3,
        "generator": seeded(),
    },
    "FeedbackGradient": lambda: (
        lambda rule, feedback=None: local.FeedbackGradient(rule, feedback)(
            network(), spikes(), labels()
        ),
        {"rule": local.superspike_gathered, "feedback": feedback()},
    ),
    "shrinking": lambda: {"decay": 0.01, "spare": 1},
    "raster_start": lambda: {"weights": (values(1, 2, 3), values(1, 2, 2))},
    "train_by_feedback": lambda: {
        "arm": "bptt",
        "network": network(),
        "spikes": spikes(),
        "labels": labels(),
        "epochs": 1,
        "batch_size": 2,
        "lr": 1e-3,
        "seed": 0,
    },
    "match_spikes": lambda: {
        "weights": (values(1, 2, 3), values(1, 2, 2)),
        "inputs": spikes(3)[:, :1],
        "target": spikes(2)[:, :1],
    },
    "learn_raster": lambda: {
        "weights": (values(1, 2, 3), values(1, 2, 2)),
        "inputs": spikes(3)[:, :1],
        "target": spikes(2)[:, :1],
        "trials": 1,
        "lr": 0.01,
        "step_size": "rmaxprop",
        "forget": 0.95,
    },
}

# A rule of the laboratory is called as it is there, unless it stands above.
for _entry in laboratory.RULES.values():
    _name = getattr(_entry.function, "__name__", "")
    if hasattr(local, _name) and _name not in LOCAL:
        LOCAL[_name] = lambda entry=_entry: rule(**entry.settings(network(), seeded()))

LABORATORY: Calls = {
    "compare_rules": lambda: rule(seed=1),
    "score_function": lambda: rule(generator=seeded(), samples=4, width=0.1),
    "smoothed_differences": lambda: rule(generator=seeded(), samples=4, size=0.1),
    "detached_reset": rule,
    "term_gradient": lambda: rule(drop=("reset",)),
    "count_terms": lambda: {"sizes": (4, 5, 2), "steps": 5, "recurrent": True},
    "needs": lambda: {"rule": "bptt", "inputs": 4, "hidden": 5, "outputs": 2, "steps": 5},
    "sigmoid_network": lambda: {"weights": values(3, 5), "x": 1.0, "slope": 20.0},
    "sigmoid_network_gradient": lambda: {"weights": values(3, 5), "x": 1.0, "slope": 20.0},
    "spike_trains": lambda: {"steps": 3},
    "sign_errors": lambda: {"weights": values(3, 5), "slope": 2.0, "surrogate_slope": 2.0},
    "closed_loop": lambda: {
        "field": lambda w: 2 * w,
        "center": torch.zeros(2),
        "first": torch.tensor([1.0, 0.0]),
        "second": torch.tensor([0.0, 1.0]),
        "radius": 1.0,
        "points": 40,
    },
    "expected_gradients": lambda: {
        "weight": 0.5,
        "inputs": torch.tensor([1.0, 0.0, 1.0]).double(),
        "loss": lambda trains: trains.sum(1),
        "slope": 4.0,
    },
}

CONCLUSIONS: Calls = {
    "measured": lambda: {"number": 1},
    "sound_runs": lambda: {"split": "known", "kind": "recurrent", "moved": False},
    "sound_kinds": lambda: {"split": "known", "moved": False},
    "sound_accuracy": lambda: {"split": "known", "kind": "recurrent", "moved": False},
    "one_voice": dict,
    "budget": lambda: {"name": "ch01_hidden_layer"},
    "energy_arms": lambda: {},
    "share": lambda: {"values": [0.5, 0.6, 0.7]},
    "GRUNetwork": lambda: {"inputs": 3, "hidden": 4, "outputs": 2, "generator": seeded()},
    "GRUNetwork.forward": lambda: (
        conclusions.GRUNetwork(INPUTS, 4, 2, generator=seeded()),
        {"spikes": spikes()},
    ),
    "gru_size": lambda: {"inputs": 3, "outputs": 2, "parameters": 500},
    "parameters_of": lambda: {"model": network()},
}

SIGNALS: Calls = {
    "mel_bank": lambda: {"sound": sound(), "rate": 8000.0, "channels": 6, "span": 60.0},
    "mel_filters": lambda: {"channels": 6, "rate": 8000.0, "samples": 256, "low": 60.0},
    "gammatone_bank": lambda: {"sound": sound(), "rate": 8000.0, "channels": 6, "loudest": 1.0},
    "hair_cells": lambda: {"sound": sound(), "rate": 8000.0, "channels": 3, "level": 60.0},
    "erb_centers": lambda: {"channels": 6, "low": 60.0, "high": 3000.0},
    "crossing_code": lambda: {"signal": values(STEPS, BATCH, 2), "levels": [0.2, 0.5]},
    "crossing_decode": lambda: {"spikes": spikes(8), "levels": [0.2, 0.5], "start": 0.1},
    "lif_code": lambda: {"signal": values(STEPS, BATCH, 2), "gain": 0.5},
    "reconstruction": lambda: {
        "spikes": spikes(),
        "signal": values(STEPS, BATCH, 2),
        "tau": [5e-3],
        "dt": 1e-3,
        "ridge": 1e-3,
    },
}


@cache
def recordings() -> Path:
    """Return a folder with some small files of each kind, which is there until the tests end."""
    folder = TemporaryDirectory(prefix="snnbook-")
    atexit.register(folder.cleanup)
    for name in ("0_ada_0", "7_ada_5"):
        path = Path(folder.name, "recordings", f"{name}.wav")
        path.parent.mkdir(exist_ok=True)
        wavfile.write(path, 8000, np.arange(50, dtype=np.int16))
    Path(folder.name, "mnist").mkdir()
    for kind, axes in (("images-idx3", 3), ("labels-idx1", 1)):
        raw = bytes([0, 0, 8, axes]) + bytes([0, 0, 0, 1]) * axes + bytes([1])
        Path(folder.name, "mnist", f"t10k-{kind}-ubyte").write_bytes(raw)
    table = "class,startTime_usec,endTime_usec\n1,0,5\n"
    for name, raw in (
        ("Train/1/1.bin", bytes([3, 3, 128, 0, 1])),
        ("trials_to_test.txt", b"a.aedat"),
        ("a.aedat", b"#!AER-DAT3.1\r\n#!END-HEADER\r\n"),
        ("a_labels.csv", table.encode()),
    ):
        path = Path(folder.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    make_archive(f"{folder.name}/fsdd/recordings", "zip", f"{folder.name}/recordings")
    return Path(folder.name)


READERS: Calls = {
    "data_folder": lambda: {"folder": recordings()},
    "read_wav": lambda: {
        "path": recordings() / "recordings" / "0_ada_0.wav",
        "stereo": "average",
        "rate": 4000,
    },
    "WavFolder": lambda: {
        "folder": recordings(),
        "label": lambda path: path.stem[0],
        "classes": ["7", "0"],
        "keep": lambda path: True,
        "encode": lambda sound: sound.samples[:, None],
        "stereo": "refuse",
        "rate": 4000,
    },
    "read_idx": lambda: {"path": recordings() / "mnist" / "t10k-labels-idx1-ubyte"},
    "Images": lambda: {
        "images": recordings() / "mnist" / "t10k-images-idx3-ubyte",
        "labels": recordings() / "mnist" / "t10k-labels-idx1-ubyte",
        "classes": ["a", "b"],
    },
    "Images.tensors": lambda: (readers.mnist("test", recordings()), {}),
    "mnist": lambda: {"part": "test", "folder": recordings()},
    "fashion_mnist": lambda: {"part": "test", "folder": recordings() / "mnist"},
    **{
        name: lambda part=part: {
            "part": part,
            "folder": recordings(),
            "dt": 2e-3,
            "steps": 5,
            "pool": 2,
            "check_order": True,
        }
        for name, part in (("n_mnist", "train"), ("dvs_gestures", "test"))
    },
    "verify": lambda: {"name": "fsdd", "folder": recordings()},
    "spoken_digits": lambda: {
        "part": "all",
        "folder": recordings(),
        "encode": lambda sound: sound.samples[:, None],
        "rate": 4000,
    },
}

LAYERS: Calls = {
    "Cells": lambda: {
        "neuron": neurons.LIFNeuron(),
        "size": HIDDEN,
        "learn": ("tau_mem",),
        "spread": 0.5,
        "generator": seeded(),
        "kernel": "auto",
        "checkpoint": 3,
    },
    "Cells.forward": lambda: (
        layers.Cells(neurons.LIFNeuron()),
        {"inputs": values(STEPS, BATCH, HIDDEN), "state": state(), "record": True},
    ),
    "Dense": lambda: {
        "in_features": INPUTS,
        "out_features": HIDDEN,
        "neuron": neurons.AdaptiveNeuron(),
        "recurrent": True,
        "bias": True,
        "input_rate": 10.0,
        "rate": 10.0,
        "recurrent_rate": 10.0,
        "learn": ("tau_mem",),
        "spread": 0.5,
        "generator": seeded(),
        "kernel": "auto",
        "checkpoint": 3,
    },
    "Dense.forward": lambda: (
        layers.Dense(INPUTS, HIDDEN, neurons.LIFNeuron(), bias=True, generator=seeded()),
        {"inputs": spikes(), "state": state(), "record": True},
    ),
    "Delays": lambda: {
        "in_features": INPUTS,
        "out_features": HIDDEN,
        "max_delay": 4,
        "delays": torch.ones(HIDDEN, INPUTS),
        "learn": True,
        "width": 2.0,
        "bias": True,
        "neuron": neurons.LIFNeuron(),
        "input_rate": 10.0,
        "rate": 10.0,
        "std": 1.0,
        "generator": seeded(),
    },
    "Delays.forward": lambda: (
        layers.Delays(INPUTS, HIDDEN, 4, generator=seeded()),
        {"inputs": spikes(), "state": layers.DelayState(values(4, BATCH, INPUTS))},
    ),
    "Dropout": lambda: {"p": 0.5, "generator": seeded()},
    "Dropout.forward": lambda: (
        layers.Dropout(0.5, generator=seeded()),
        {"inputs": spikes(), "state": layers.DropoutState(values(BATCH, INPUTS))},
    ),
    "Encoder": lambda: {
        "channels": 2,
        "copies": 3,
        "neuron": neurons.LIFNeuron(),
        "gain": 0.3,
        "learn": ("tau_mem",),
        "spread": 0.5,
        "generator": seeded(),
        "kernel": "auto",
        "checkpoint": 3,
    },
    "Encoder.forward": lambda: (
        layers.Encoder(2, 3, generator=seeded()),
        {"inputs": values(STEPS, BATCH, 2), "record": True},
    ),
    "Network": lambda: {"layers": [layers.Dense(3, 2, neurons.LIFNeuron()), torch.nn.Flatten()]},
    "Network.forward": lambda: (listed(), {"inputs": spikes(), "record": True}),
    "detach_states": lambda: {"states": {"cells": state()}},
    "in_pieces": lambda: {"network": listed(), "inputs": spikes(), "length": 3, "detach": True},
    "narrow_delays": lambda: {"model": listed(), "share": 0.5, "final": 0.4},
    "over_time": lambda: {"module": torch.nn.Conv1d(2, 3, 2), "inputs": values(STEPS, BATCH, 2, 5)},
    "rate_driven_": lambda: {
        "module": torch.nn.Conv1d(2, 3, 2),
        "neuron": neurons.LIFNeuron(),
        "input_rate": 10.0,
        "rate": 10.0,
        "std": 1.0,
        "generator": seeded(),
    },
    "threshold_norm": lambda: {
        "features": 3,
        "neuron": neurons.LIFNeuron(),
        "alpha": 0.5,
        "places": 1,
    },
    "truncated_gradient": lambda: {
        "network": network(),
        "spikes": spikes(),
        "labels": labels(),
        "loss": training.mean_over_time,
        "length": 3,
    },
}

EXPORT: Calls = {
    "to_nir": lambda: {"network": network(), "decay": "exact", "dt": 1e-4, "readout": True},
    "from_nir": lambda: {
        "graph": export.to_nir(network()),
        "dt": 1e-4,
        "decay": "exact",
        "reset": "zero",
    },
    "to_program": lambda: {
        "network": network(),
        "spikes": spikes(),
        "any_batch": True,
        "tolerance": 1e-4,
    },
    "quantize": lambda: {"network": network(), "inputs": spikes(), "labels": labels(), "bits": 4},
}

PARALLEL: Calls = {
    "linear_scan": lambda: {"decay": 0.9, "values": values(7, 3, 4), "first": values(3, 4)},
    "scan_depth": lambda: {"steps": 100, "how": "doubling"},
    "scan_run": lambda: {
        "neuron": neurons.LIFNeuron(reset="none"),
        "drive": values(7, BATCH, HIDDEN),
        "state": state(),
        "how": "doubling",
    },
    "fixed_point_run": lambda: {
        "neuron": neurons.LIFNeuron(),
        "drive": values(7, BATCH, HIDDEN),
        "state": state(),
        "how": "halving",
        "limit": 3,
    },
    "sweeps": lambda: {
        "neuron": neurons.LIFNeuron(),
        "drive": values(7, BATCH, HIDDEN),
        "state": state(),
        "count": 3,
    },
    "WaitingNeuron": lambda: {"tau_mem": 10e-3, "wait": 3},
    "WaitingNeuron.step": lambda: (parallel.WaitingNeuron(wait=3), waiting_step()),
    "block_run": lambda: {
        "neuron": parallel.WaitingNeuron(wait=3),
        "drive": values(7, 3, 4),
        "how": "halving",
    },
}

COUNTING: Calls = {
    "count_operations": lambda: {"model": network(), "inputs": spikes()},
    "footprint": lambda: {"model": network()},
    "connection_sparsity": lambda: {"model": network()},
    "Energies": lambda: {"mac": 4.6, "ac": 0.9, "update": 9.2, "byte": 1.25},
    "bytes_moved": lambda: {"operations": counted(), "weight_bytes": 1.0, "state_bytes": 4.0},
    "inference_energy": lambda: {
        "operations": counted(),
        "energies": counting.ENERGIES["int8"],
        "weight_bytes": 1.0,
        "state_bytes": 4.0,
    },
    "affordable_spikes": lambda: {
        "fan_in": 64.0,
        "steps": 50.0,
        "energies": counting.ENERGIES["int8"],
        "nonzero": 0.5,
        "weight_bytes": 1.0,
        "state_bytes": 4.0,
        "states": 2,
    },
    "least_fan_in": lambda: {
        "steps": 50.0,
        "energies": counting.ENERGIES["int8"],
        "nonzero": 0.5,
        "weight_bytes": 1.0,
        "state_bytes": 4.0,
        "states": 2,
    },
}

CALLS: dict[str, Calls] = {
    "counting": COUNTING,
    "parallel": PARALLEL,
    "data": DATA,
    "signals": SIGNALS,
    "surrogates": SURROGATES,
    "kernels": KERNELS,
    "neurons": NEURONS,
    "layers": LAYERS,
    "training": TRAINING,
    "export": EXPORT,
    "gradients": GRADIENTS,
    "smoothed": SMOOTHED,
    "spike_times": SPIKE_TIMES,
    "local": LOCAL,
    "laboratory": LABORATORY,
    "conclusions": CONCLUSIONS,
    "readers": READERS,
}
