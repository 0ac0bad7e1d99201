r"""Fixed matrices that carry an error to a layer, or read a layer out, as values (chapter 6a).

Backpropagation sends the error of layer l+1 to layer l through the transpose of the forward
weight. A synapse of a brain or a chip does not know the weight of another synapse. Feedback
alignment puts a fixed matrix in its place, and direct feedback alignment sends the error of
the output straight to every layer.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from snnbook._validate import (
    check_choice,
    check_finite,
    check_flag,
    check_generator,
    check_positive,
    check_shape,
)
from snnbook.gradients import check_network, detached
from snnbook.neurons import SpikingNetwork

KINDS = ("random", "symmetric", "sign_symmetric", "uniform")


@dataclass(frozen=True, eq=False)
class Feedback:
    r"""One fixed matrix for each hidden layer, of the shape of what it takes the place of.

    Parameters
    ----------
    matrices : tuple of Tensor
        Layer to layer: G of hidden layer l has the shape of the weight that leaves it,
        (N above, N). Direct: H of hidden layer l is (C, N), C the number of outputs.
    direct : bool
        Whether the error comes from the readout alone (``True``) or from the layer above.
    kind : str
        What the matrices are, for labels.

    Examples
    --------
    >>> feedback = Feedback((torch.ones(2, 5),), direct=True, kind="my own")
    >>> feedback.matrices[0].shape
    torch.Size([2, 5])

    Paper section V.A; chapter 6a.
    """

    matrices: tuple[Tensor, ...]
    direct: bool = False
    kind: str = "random"


def random_feedback(
    network: SpikingNetwork,
    kind: str = "random",
    *,
    direct: bool = False,
    gain: float = 1.0,
    generator: torch.Generator | None = None,
) -> Feedback:
    r"""Draw feedback matrices for a network, scaled like the weights they take the place of.

    A matrix M takes the place of the forward weight to the layer above or, when ``direct``, of
    the product of all forward weights from the layer to the readout. With r, the root mean
    square of the entries of M, an entry of the feedback is, times ``gain``,

    ==================  =========================================================
    ``random``          normal, mean 0, standard deviation r
    ``symmetric``       the entry of M itself
    ``sign_symmetric``  the sign of the entry of M, times the size of a random one
    ``uniform``         r: every neuron hears the same
    ==================  =========================================================

    Parameters
    ----------
    network : SpikingNetwork
        Read once; the matrices do not follow when its weights change.
    kind : {"random", "symmetric", "sign_symmetric", "uniform"}
        As above.
    direct : bool
        Whether each layer hears the readout (direct feedback alignment, three-factor rules)
        or the layer above (feedback alignment).
    gain : float
        Factor on all entries, above 0.
    generator : torch.Generator, optional
        Source of the randomness; needed for ``random`` and ``sign_symmetric``.

    Returns
    -------
    Feedback

    Raises
    ------
    TypeError
        If the network is none, or randomness is needed and there is no generator.
    ValueError
        If ``kind`` is unknown or ``gain`` is not above 0.

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 5, 2))
    >>> [tuple(m.shape) for m in random_feedback(network, "uniform").matrices]
    [(5, 4), (2, 5)]
    >>> [tuple(m.shape) for m in random_feedback(network, "uniform", direct=True).matrices]
    [(2, 4), (2, 5)]

    Paper section V.A; chapter 6a.
    """
    check_choice("kind", kind, KINDS)
    check_positive("gain", gain)
    check_flag("direct", direct)
    check_weights(network)
    if kind in ("random", "sign_symmetric"):
        check_generator(generator)
    forward = forward_matrices(network, direct)
    made = tuple(gain * _matrix(one, kind, generator) for one in forward)
    return Feedback(made, direct, kind)


def forward_matrices(network: SpikingNetwork, direct: bool) -> tuple[Tensor, ...]:
    """Return what feedback takes the place of: the weight above each hidden layer, or the path."""
    values = dict(detached(network))
    above = [values[f"hidden.{i}.weight"] for i in range(1, len(network.hidden))]
    above.append(values["readout.weight"])
    if not direct:
        return tuple(above[: len(network.hidden)])
    paths = []
    for weight in reversed(above):
        paths.append(paths[-1] @ weight if paths else weight)
    return tuple(reversed(paths))[: len(network.hidden)]


def _matrix(forward: Tensor, kind: str, generator: torch.Generator | None) -> Tensor:
    if kind == "symmetric":
        return forward.clone()
    size = forward.square().mean().sqrt()
    if kind == "uniform":
        return size.expand_as(forward).clone()
    drawn = size * torch.empty_like(forward).normal_(generator=generator)
    return drawn if kind == "random" else forward.sign() * drawn.abs()


def random_readouts(
    network: SpikingNetwork, *, gain: float = 1.0, generator: torch.Generator
) -> tuple[Tensor, ...]:
    r"""Draw a fixed readout for each hidden layer: what a local error reads.

    .. math:: G^{(l)}_{ki} \sim \mathcal{N}(0, \text{gain}^2 / N_l)

    Parameters
    ----------
    network : SpikingNetwork
        Gives the sizes.
    gain : float
        Above 0.
    generator : torch.Generator
        Source of the randomness.

    Returns
    -------
    tuple of Tensor
        One matrix (C, N) for each hidden layer, C the number of outputs.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> readouts = random_readouts(SpikingNetwork((3, 4, 5, 2)), generator=generator)
    >>> [tuple(one.shape) for one in readouts]
    [(2, 4), (2, 5)]

    Paper section V.C; chapter 6c; ``eq-06c-readout``.
    """
    check_weights(network)
    check_positive("gain", gain)
    check_generator(generator)
    out = network.readout.weight.detach()
    return tuple(
        out.new_empty(len(out), len(layer.weight)).normal_(generator=generator)
        * (gain / len(layer.weight) ** 0.5)
        for layer in network.hidden
    )


def check_feedback(network: SpikingNetwork, feedback: Feedback, direct: bool) -> None:
    """Raise unless the feedback fits the network and comes from where the rule needs it."""
    check_network(network)
    if not isinstance(feedback, Feedback):
        raise TypeError(
            f"feedback is a {type(feedback).__name__}; a Feedback is accepted, "
            "as random_feedback returns"
        )
    if feedback.direct != direct:
        raise ValueError(f"feedback has direct={feedback.direct}; direct={direct} is accepted")
    check_matrices("feedback.matrices", feedback.matrices, forward_matrices(network, direct))


def check_matrices(name: str, matrices: tuple[Tensor, ...], like: tuple[Tensor, ...]) -> None:
    """Raise unless there is one matrix for each hidden layer, of the shape of ``like``."""
    if not isinstance(matrices, (tuple, list)):
        raise TypeError(
            f"{name} is a {type(matrices).__name__}; a tuple of tensors, one a hidden layer, "
            "is accepted"
        )
    if len(matrices) != len(like):
        raise ValueError(
            f"{name} has {len(matrices)} entries; {len(like)} are accepted, one a hidden layer"
        )
    for i, (matrix, one) in enumerate(zip(matrices, like)):
        check_shape(f"{name}[{i}]", matrix, tuple(one.shape), one)
        check_finite(f"{name}[{i}]", matrix.detach())


def check_weights(network: SpikingNetwork) -> None:
    """Raise unless ``network`` is a :class:`SpikingNetwork` with finite weights."""
    check_network(network)
    for name, weight in detached(network):
        check_finite(name, weight)
