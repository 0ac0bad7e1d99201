r"""To NIR, the Neuromorphic Intermediate Representation: a graph of neurons in continuous time.

NIR describes a current-based neuron by differential equations and leaves the time step to who
reads them,

.. math::

    \tau_\text{syn} \dot I = -I + w_\text{in} x, \qquad \tau_\text{mem} \dot v = -v + R I

A reader takes steps of :math:`\Delta t` either by the forward Euler method, as most libraries do,
or with exact exponentials. Both give the recursion of this package, of unit gain, with

.. math::

    w_\text{in} = \frac{1}{1 - \alpha}, \quad R = \frac{1}{1 - \beta}, \qquad
    \tau = \frac{\Delta t}{1 - \beta} \text{ (Euler)} \quad \text{or} \quad
    \tau = \frac{-\Delta t}{\ln \beta} \text{ (exact)}

and the same for :math:`\alpha` and the synapse.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from snnbook._validate import check_choice, check_flag, check_positive
from snnbook.export._plain import plain_network, plain_surrogate
from snnbook.neurons import LeakyNeuron, LIFNeuron, RecurrentLIF, SpikingNetwork

if TYPE_CHECKING:
    import nir

#: How a reader of NIR steps through time.
DECAYS = ("euler", "exact")


def nir_module() -> Any:
    """Return the library ``nir``, or raise with what to do."""
    try:
        import nir
    except ImportError as error:
        raise ImportError(
            f"nir cannot be imported ({error}); 'pip install nir' installs it"
        ) from None
    return nir


def to_nir(
    network: nn.Module,
    *,
    decay: str = "euler",
    dt: float | None = None,
    readout: bool = True,
) -> "nir.NIRGraph":
    r"""Return a network as a graph of NIR, which ``nir.write`` puts into a file.

    W and V become ``Linear`` nodes, a layer of LIF neurons ``CubaLIF``, the readout ``CubaLI``, and
    a recurrent layer a cycle. The constants of the nodes are those of equation eq-08e-nir.

    Parameters
    ----------
    network : SpikingNetwork, LIF, RecurrentLIF or LeakyReadout
        With neurons that are :class:`snnbook.neurons.LIFNeuron`.
    decay : {"euler", "exact"}
        How the reader will step through time. ``"euler"`` is for simulators that take
        :math:`1 - \Delta t/\tau`, such as snnTorch and norse: their decay factors are then
        :math:`\alpha` and :math:`\beta`, and the time constants in the graph are a little longer
        than those of the neuron. ``"exact"`` writes the neuron's own time constants.
    dt : float, optional
        The reader's time step in seconds; by default that of the network. Another one stretches
        the time constants, and step for step nothing changes: snnTorch reads every graph with
        ``dt=1e-4``.
    readout : bool
        Whether the graph ends in the readout. snnTorch and norse know no neuron without a
        threshold: ``False`` ends it with the last hidden layer.

    Returns
    -------
    nir.NIRGraph
        Its nodes also say in ``metadata`` what NIR cannot: the kind of the reset, the surrogate, dt
        and decay. :func:`from_nir` reads them.

    Raises
    ------
    ImportError
        If ``nir`` is not installed.
    TypeError, ValueError
        If a layer has another neuron or a membrane without a leak, or an argument does not fit.

    Notes
    -----
    NIR knows one reset: at a spike the membrane jumps to a value and goes on from there in the same
    step. Here a reset takes part in the next step, and subtracts the threshold unless said
    otherwise, so that another simulator agrees up to the first spike of each neuron, unless it can
    be told. snnTorch can: ``reset_delay = True`` of each neuron that it has read is
    ``reset="zero"`` of this package, and then feed-forward layers have the same spikes, two steps
    earlier for each layer: an input spike acts on its membranes in the same step, on those of this
    package two steps later. Its recurrent weights act after one step, those of this package after
    two, so that recurrent layers differ.

    Pedersen et al. (2024), Nature Communications 15:8122, describe NIR.

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 2), recurrent=True)
    >>> graph = to_nir(network)
    >>> list(graph.nodes)
    ['input', 'weight_0', 'hidden_0', 'recurrent_0', 'weight_1', 'readout', 'output']

    Chapter 8e.
    """
    check_choice("decay", decay, DECAYS)
    check_flag("readout", readout)
    if dt is not None:
        check_positive("dt", dt)
    if not isinstance(network, nn.Module):
        raise TypeError(
            f"network is a {type(network).__name__}; a SpikingNetwork or a layer is accepted"
        )
    plain_network(network)  # names what it is, if it is none
    nir = nir_module()
    whole = isinstance(network, SpikingNetwork)
    layers = [*network.hidden, network.readout] if whole else [network]
    if whole and not readout:
        layers = layers[:-1]
    if not layers:
        raise ValueError("readout is False for a network without a hidden layer; True is accepted")
    nodes, edges, last = {}, [], "input"
    nodes["input"] = nir.Input({"input": np.array([layers[0].weight.shape[1]])})
    for k, layer in enumerate(layers):
        name = f"hidden_{k}" if isinstance(layer.neuron, LIFNeuron) else "readout"
        nodes[f"weight_{k}"] = nir.Linear(weight=_array(layer.weight))
        nodes[name] = _node(nir, layer, decay, dt)
        edges += [(last, f"weight_{k}"), (f"weight_{k}", name)]
        if isinstance(layer, RecurrentLIF):
            nodes[f"recurrent_{k}"] = nir.Linear(weight=_array(layer.recurrent_weight))
            edges += [(name, f"recurrent_{k}"), (f"recurrent_{k}", name)]
        last = name
    nodes["output"] = nir.Output({"output": np.array([layers[-1].weight.shape[0]])})
    edges.append((last, "output"))
    return nir.NIRGraph(nodes=nodes, edges=edges)


def _array(tensor: Tensor) -> np.ndarray:
    found = tensor.detach().cpu()
    return (found if found.dtype == torch.float64 else found.float()).numpy().copy()


def _node(nir, layer: nn.Module, decay: str, dt: float | None):
    """Return the neurons of a layer as a node."""
    neuron, size = layer.neuron, layer.weight.shape[0]
    if type(neuron) not in (LIFNeuron, LeakyNeuron):
        raise TypeError(
            f"the neuron of a layer is a {type(neuron).__name__}; a LIFNeuron is accepted, since "
            "NIR has no node for others"
        )
    step = neuron.dt if dt is None else dt
    alpha_gap = gap(neuron.dt, neuron.tau_syn, "tau_syn", size)
    beta_gap = gap(neuron.dt, neuron.tau_mem, "tau_mem", size)
    more: dict[str, Any] = {"dt": float(neuron.dt), "reader_dt": float(step), "decay": decay}
    constants = {
        "tau_syn": as_tau(alpha_gap, step, decay),
        "tau_mem": as_tau(beta_gap, step, decay),
        "r": 1 / beta_gap,
        "w_in": 1 / alpha_gap,
        "v_leak": np.zeros(size),
    }
    if type(neuron) is LeakyNeuron:
        return nir.CubaLI(**constants, metadata=more)
    more["reset"], more["reset_gradient"] = neuron.reset, neuron.reset_gradient
    more["spike_at_threshold"] = neuron.spike_at_threshold
    more |= {f"surrogate_{key}": x for key, x in plain_surrogate(neuron.surrogate).items()}
    threshold = _each(neuron.threshold, size)
    return nir.CubaLIF(**constants, v_threshold=threshold, v_reset=np.zeros(size), metadata=more)


def _each(constant: float | Tensor, size: int) -> np.ndarray:
    """Return a constant for each neuron, in float64."""
    value = torch.as_tensor(constant, dtype=torch.float64, device="cpu")
    return value.detach().expand(size).numpy().copy()


def gap(dt: float, tau: float | Tensor, name: str, size: int) -> np.ndarray:
    """Return 1 - exp(-dt/tau) for each neuron, without rounding the small difference."""
    if not isinstance(tau, Tensor) and math.isinf(tau):
        raise ValueError(
            f"{name} of a layer is inf; a finite one is accepted, since a membrane of NIR's "
            "CubaLIF leaks"
        )
    return -np.expm1(-dt / _each(tau, size))


def as_tau(found: np.ndarray, dt: float, decay: str) -> np.ndarray:
    """Return the time constant with which a reader has the decay factor 1 - ``found``.

    >>> as_tau(np.array([0.1]), 1e-3, "euler").tolist()
    [0.01]
    """
    if decay == "euler":
        return dt / found
    with np.errstate(divide="ignore"):
        return -dt / np.log1p(-found)
