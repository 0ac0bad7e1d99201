"""From NIR: a network of this package with the recursion that a graph describes."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from snnbook._validate import check_choice, check_kind, check_positive
from snnbook.export._nir import DECAYS, nir_module
from snnbook.export._plain import made_layer, made_surrogate, network_of, plain_neuron
from snnbook.neurons import RESETS, LeakyNeuron, LIFNeuron, SpikingNetwork
from snnbook.surrogates import Surrogate

if TYPE_CHECKING:
    import nir

#: Stands for no synapse: a current that is gone within a step.
NONE = 1e-9


def from_nir(
    graph: "nir.NIRGraph",
    *,
    dt: float | None = None,
    decay: str | None = None,
    reset: str | None = None,
    surrogate: Surrogate | None = None,
) -> SpikingNetwork:
    r"""Return the network that a graph of NIR describes, such as ``nir.read`` has read.

    The graph is a chain of weights (``Linear``, or ``Affine`` without a bias) and neurons
    (``CubaLIF``, ``LIF``), ends in a readout (``CubaLI``, ``LI``), and may have a weight from a
    layer to itself. Resistances and input weights of its neurons are multiplied into W and V.

    Parameters
    ----------
    graph : nir.NIRGraph
        What :func:`to_nir` or another library has made.
    dt : float, optional
        Time step in seconds of the network, and of the decay factors that it takes from the
        graph's time constants. By default what :func:`to_nir` noted; of graphs from elsewhere it
        has to be given, such as 1e-4 for those of snnTorch.
    decay : {"euler", "exact"}, optional
        How the time constants were meant: :math:`\beta` is :math:`1 - \Delta t/\tau` or
        :math:`e^{-\Delta t/\tau}`. By default what was noted, else ``"euler"``, as libraries do.
    reset : {"subtract", "zero", "none"}, optional
        By default what was noted, else ``"zero"``, which comes nearest to NIR's own (see
        :func:`to_nir`).
    surrogate : Surrogate, optional
        By default the one noted, else that of :class:`snnbook.neurons.LIFNeuron`.

    Returns
    -------
    SpikingNetwork
        Its weights have the dtype of the graph's; a round trip changes constants by rounding alone.

    Raises
    ------
    ImportError
        If ``nir`` is not installed.
    TypeError, ValueError
        If the graph has a node, an edge or a constant for which there is no network here.

    Examples
    --------
    >>> from snnbook.export import to_nir
    >>> network = SpikingNetwork((3, 4, 2))
    >>> again = from_nir(to_nir(network))
    >>> torch.equal(again.readout.weight, network.readout.weight)
    True
    """
    nir = nir_module()
    check_kind("graph", graph, nir.NIRGraph)
    if dt is not None:
        check_positive("dt", dt)
    for name, value, choices in (("decay", decay, DECAYS), ("reset", reset, RESETS)):
        if value is not None:
            check_choice(name, value, choices)
    if surrogate is not None:
        check_kind("surrogate", surrogate, Surrogate)
    reader = _Reader(nir, dt, decay, reset, surrogate)
    layers = [reader.layer(*parts) for parts in _chain(nir, graph)]
    if type(layers[-1].neuron) is not LeakyNeuron:
        raise ValueError(
            "graph ends in neurons that spike; one that ends in a readout is accepted, a Linear "
            "and a CubaLI or LI"
        )
    if len(steps := {layer.neuron.dt for layer in layers}) > 1:
        raise ValueError(f"graph has the time steps {sorted(steps)}; one is accepted, or dt=")
    return network_of(layers)


def _chain(nir, graph) -> list[tuple]:
    """Return weight, neurons and recurrent weight of each layer, as (name, node) or None."""
    if inner := [name for name, node in graph.nodes.items() if isinstance(node, nir.NIRGraph)]:
        raise ValueError(
            f"graph holds the graph {inner[0]!r}; one without graphs inside is accepted, where a "
            "recurrent layer is a weight from the layer to itself"
        )
    after: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for begin, end in graph.edges:
        after[begin].append(end)
    place = _one(graph.inputs, "input")
    found, seen = [], set()
    while True:
        weight = _next(after[place], place)
        if isinstance(graph.nodes[weight], nir.Output):
            return found
        neurons = _next(after[weight], weight)
        loops = [x for x in after[neurons] if neurons in after[x]]
        if {weight, neurons, *loops} & seen or len(loops) > 1:
            raise ValueError(
                f"graph comes back to {neurons!r}; a chain of layers is accepted, each with at "
                "most one weight from itself to itself"
            )
        seen |= {weight, neurons, *loops}
        own = (loops[0], graph.nodes[loops[0]]) if loops else None
        found.append(((weight, graph.nodes[weight]), (neurons, graph.nodes[neurons]), own))
        after[neurons] = [x for x in after[neurons] if x not in loops]
        place = neurons


def _one(nodes: dict, what: str) -> str:
    if len(nodes) != 1:
        raise ValueError(f"graph has {len(nodes)} {what} nodes; one is accepted")
    return next(iter(nodes))


def _next(after: list[str], name: str) -> str:
    if len(after) != 1:
        raise ValueError(
            f"graph goes on from {name!r} to {len(after)} nodes; a chain of layers is accepted"
        )
    return after[0]


class _Reader:
    """Makes layers of nodes, with what the caller has said about them."""

    def __init__(self, nir, dt, decay, reset, surrogate) -> None:
        self.nir, self.dt, self.decay = nir, dt, decay
        self.reset, self.surrogate = reset, surrogate

    def layer(self, weight: tuple, neurons: tuple, own: tuple | None) -> nn.Module:
        w, v = self._weight(*weight), None if own is None else self._weight(*own)
        neuron, gain = self._neuron(*neurons)
        size = w.shape[0]
        if gain.size not in (1, size) or (v is not None and tuple(v.shape) != (size, size)):
            raise ValueError(
                f"{neurons[0]!r} of the graph has {gain.size} neurons, and its weights have the "
                f"shapes {tuple(w.shape)}{'' if v is None else f' and {tuple(v.shape)}'}; those of "
                "one size are accepted"
            )
        kind = "LeakyReadout" if type(neuron) is LeakyNeuron else "LIF"
        if v is not None:
            if kind == "LeakyReadout":
                raise ValueError(
                    f"{own[0]!r} leads from a readout to itself; spiking neurons are accepted there"
                )
            kind = "RecurrentLIF"
        values = {"kind": kind, "inputs": w.shape[1], "outputs": w.shape[0], "dtype": str(w.dtype)}
        layer = made_layer(values | {"learn": {}, "neuron": plain_neuron(neuron)}, self.surrogate)
        with torch.no_grad():
            layer.weight.copy_(_scaled(w, gain))
            if v is not None:
                layer.recurrent_weight.copy_(_scaled(v, gain))
        return layer

    def _weight(self, name: str, node) -> Tensor:
        if not isinstance(node, (self.nir.Linear, self.nir.Affine)):
            raise TypeError(f"{name!r} of the graph is a {type(node).__name__}; Linear is accepted")
        if np.any(getattr(node, "bias", 0)):
            raise ValueError(f"{name!r} of the graph has a bias; one of zeros is accepted")
        weight = torch.as_tensor(np.array(node.weight))
        return weight if weight.dtype == torch.float64 else weight.float()

    def _neuron(self, name: str, node):
        """Return the neurons of a node, and the gain of their inputs."""
        nir, noted = self.nir, dict(node.metadata or {})
        if not isinstance(node, (nir.CubaLIF, nir.CubaLI, nir.LIF, nir.LI)):
            raise TypeError(
                f"{name!r} of the graph is a {type(node).__name__}; CubaLIF, LIF, CubaLI or LI is "
                "accepted"
            )
        spiking = isinstance(node, (nir.CubaLIF, nir.LIF))
        for key in ("v_leak", "v_reset"):
            if np.any(getattr(node, key, 0)):
                raise ValueError(f"{key} of {name!r} is not 0; 0 is accepted")
        dt = float(noted["dt"]) if self.dt is None and "dt" in noted else self.dt
        if dt is None:
            raise ValueError(
                "dt is not given, and the graph does not say it; the time step in seconds is "
                "accepted, such as dt=1e-4 for a graph of snnTorch"
            )
        step = float(noted.get("reader_dt", dt)) if self.dt is None else dt
        exact = (self.decay or str(noted.get("decay", "euler"))) == "exact"
        two = isinstance(node, (nir.CubaLIF, nir.CubaLI))
        tau_mem, left = _time(node.tau_mem if two else node.tau, name, step, dt, exact)
        gain, tau_syn = np.asarray(node.r) * left, NONE * dt / 1e-3
        if two:
            tau_syn, left = _time(node.tau_syn, name, step, dt, exact)
            gain = gain * np.asarray(node.w_in) * left
        if not spiking:
            return LeakyNeuron(tau_mem, tau_syn, dt), gain
        options = {"reset": self.reset or str(noted.get("reset", "zero"))}
        options |= {
            k: bool(noted[k]) for k in ("reset_gradient", "spike_at_threshold") if k in noted
        }
        if self.surrogate is not None:
            options["surrogate"] = self.surrogate
        elif "surrogate_name" in noted:
            size = {k: float(noted[f"surrogate_{k}"]) for k in ("width", "height")}
            known = bool(noted["surrogate_known"])
            options["surrogate"] = made_surrogate(str(noted["surrogate_name"]), **size, known=known)
        threshold = _as_constant(np.asarray(node.v_threshold, dtype=np.float64))
        return LIFNeuron(tau_mem, tau_syn, dt, threshold=threshold, **options), gain


def _time(tau, name: str, step: float, dt: float, exact: bool) -> tuple:
    """Return the time constant of a neuron here, and 1 less its decay factor."""
    tau = np.asarray(tau, dtype=np.float64)
    with np.errstate(divide="ignore"):
        left = -np.expm1(-step / tau) if exact else step / tau
    if not np.all((left > 0) & (left <= 1 + 1e-12)):
        raise ValueError(
            f"{name!r} of the graph has a time constant of {float(tau.min()):g} s, and dt is "
            f"{step:g} s; a dt up to that is accepted"
        )
    left = np.minimum(left, 1.0)
    with np.errstate(divide="ignore"):
        here = np.maximum(-dt / np.log1p(-left), NONE * dt / 1e-3)
    return _as_constant(here), left


def _as_constant(values: np.ndarray) -> float | Tensor:
    """Return one number where all neurons have the same, else a tensor (N,)."""
    flat = np.unique(values)
    return float(flat[0]) if flat.size == 1 else torch.from_numpy(values.copy())


def _scaled(weight: Tensor, gain: np.ndarray) -> Tensor:
    """Return a weight (N, M) times the gain of each neuron; one to rounding is none."""
    if np.allclose(gain, 1.0, rtol=1e-12, atol=0):
        return weight
    return weight * torch.as_tensor(np.broadcast_to(gain, weight.shape[:1]).copy())[:, None]
