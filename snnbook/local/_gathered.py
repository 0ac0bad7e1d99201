r"""The same sums in another order: rules gathered after the run (chapters 6a to 6c).

The filter of the eligibility trace can be put on the error instead, backward in time:

.. math::

    \sum_n s_i[n]\, (\varepsilon * [g_i\, p_j])[n]
        = \sum_m g_i[m]\, p_j[m] \sum_{n} \varepsilon[n - m]\, s_i[n]

The left side runs with time and keeps one trace for each synapse. The right side needs the whole
history, and one matrix product. The numbers are equal, so an experiment may use the faster one.
"""

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_flag
from snnbook.gradients import (
    Gradients,
    LayerStep,
    check_network,
    error_at,
    is_recurrent,
    presynaptic,
    slope,
    whole_run,
)
from snnbook.local._adaptive_eprop import check_adaptive
from snnbook.local._matrices import Feedback, check_feedback, check_matrices, forward_matrices
from snnbook.neurons import AdaptiveNetwork, LeakyNeuron, SpikingNetwork, run
from snnbook.training import StepError


@torch.no_grad()
def superspike_gathered(
    network: SpikingNetwork, spikes: Tensor, error: StepError, *, feedback: Feedback
) -> Gradients:
    """Return what :func:`snnbook.local.superspike` returns, gathered after the run.

    Parameters and errors as there. It is faster, and keeps the whole run in memory.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> from snnbook.local import random_feedback, superspike
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> spikes, error = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> feedback = random_feedback(network, "symmetric", direct=True)
    >>> found = superspike_gathered(network, spikes, error, feedback=feedback)
    >>> online = superspike(network, spikes, error, feedback=feedback)
    >>> all(torch.allclose(found[name], value, atol=1e-6) for name, value in online.items())
    True

    Paper section V.B; chapter 6b; ``eq-06b-gathered``.
    """
    check_feedback(network, feedback, direct=True)
    *hidden, out = whole_run(network, spikes)
    wrong = _errors(error, out.mem)
    blame = [
        slope(layer, seen) * _backward(wrong @ matrix, network.readout.neuron)
        for layer, seen, matrix in zip(network.hidden, hidden, feedback.matrices)
    ]
    return _gathered(network, (*hidden, out), (*blame, wrong))


@torch.no_grad()
def feedback_gathered(
    network: SpikingNetwork, spikes: Tensor, error: StepError, *, feedback: Feedback
) -> Gradients:
    r"""Return what :func:`snnbook.local.feedback_alignment` returns, one product for each layer.

    Without recurrent weights and with a detached reset, blame goes down one layer by one filter:

    .. math::

        b^{(l)}[m] = g^{(l)}[m]\,
            G^{(l)\top} \sum_{n} \varepsilon[n - m]\, b^{(l+1)}[n]

    Parameters as there.

    Raises
    ------
    ValueError
        If a layer is recurrent or sends gradients through its reset, or the feedback does not fit.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> from snnbook.local import feedback_alignment, random_feedback
    >>> network = SpikingNetwork((3, 4, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> spikes, error = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> feedback = random_feedback(network, "sign_symmetric", generator=torch.Generator())
    >>> found = feedback_gathered(network, spikes, error, feedback=feedback)
    >>> plain = feedback_alignment(network, spikes, error, feedback=feedback)
    >>> all(torch.allclose(found[name], value, atol=1e-6) for name, value in plain.items())
    True

    Paper section V.A; chapter 6a.
    """
    check_feedback(network, feedback, direct=False)
    for i, layer in enumerate(network.hidden):
        if is_recurrent(layer) or layer.neuron.reset_gradient:
            raise ValueError(
                f"network has a hidden layer {i} that is recurrent or has reset_gradient=True; "
                "feedforward layers with a detached reset are accepted"
            )
    records = whole_run(network, spikes)
    blame, above = [_errors(error, records[-1].mem)], network.readout
    down = zip(reversed(network.hidden), reversed(records[:-1]), reversed(feedback.matrices))
    for layer, seen, matrix in down:
        blame.append(slope(layer, seen) * (_backward(blame[-1], above.neuron) @ matrix))
        above = layer
    return _gathered(network, records, tuple(reversed(blame)))


@torch.no_grad()
def local_gathered(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    readouts: tuple[Tensor, ...],
    own: bool = False,
) -> Gradients:
    """Return what :func:`snnbook.local.local_errors` returns, one product for each layer.

    Parameters as there, for feedforward layers and readouts without memory. With ``own=True``
    also the gradient of each layer's loss by its own readout, as ``readouts.0`` and so on: for
    readouts that learn (:func:`snnbook.local.local_gradient`).

    Raises
    ------
    ValueError
        If a layer is recurrent, or the readouts do not fit.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> from snnbook.local import local_errors, random_readouts
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = SpikingNetwork((3, 4, 4, 2), generator=generator)
    >>> readouts = random_readouts(network, generator=generator)
    >>> spikes, error = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> found = local_gathered(network, spikes, error, readouts=readouts)
    >>> plain = local_errors(network, spikes, error, readouts=readouts)
    >>> all(torch.allclose(found[name], value, atol=1e-6) for name, value in plain.items())
    True

    Paper section V.C; chapter 6c.
    """
    check_network(network)
    check_matrices("readouts", readouts, forward_matrices(network, direct=True))
    for i, layer in enumerate(network.hidden):
        if is_recurrent(layer):
            raise ValueError(f"network has a recurrent hidden layer {i}; feedforward is accepted")
    check_flag("own", own)
    *hidden, out = whole_run(network, spikes)
    wrong = [_errors(error, seen.spikes @ one.T) for seen, one in zip(hidden, readouts)]
    blame = [
        slope(layer, seen) * (errors @ matrix)
        for layer, seen, errors, matrix in zip(network.hidden, hidden, wrong, readouts)
    ]
    found = _gathered(network, (*hidden, out), (*blame, _errors(error, out.mem)))
    if own:
        for i, (errors, seen) in enumerate(zip(wrong, hidden)):
            found[f"readouts.{i}"] = errors.flatten(0, 1).T @ seen.spikes.flatten(0, 1)
    return found


@torch.no_grad()
def adaptive_gradient(
    network: AdaptiveNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    recurrent: bool = True,
    feedback: Tensor | None = None,
) -> Gradients:
    r"""Return the gradient of an adaptive network, backward in time.

    .. math::

        \lambda_S[n] &= B^\top \lambda^\text{out}_I[n+1]
            + \underbrace{V^\top \lambda_I[n+1]}_{\text{recurrent}} + \lambda_a[n+1] \\
        \lambda_U[n] &= \beta \lambda_U[n+1] + g \lambda_S[n] \\
        \lambda_a[n] &= \rho \lambda_a[n+1] - \phi\, g \lambda_S[n] \\
        \lambda_I[n] &= \alpha \lambda_I[n+1] + \lambda_U[n+1]

    Parameters
    ----------
    network : AdaptiveNetwork
        Nothing in it is changed.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        As in :func:`snnbook.training.step_squared_error`.
    recurrent : bool
        With the recurrent term it is BPTT, exact but for the detached reset. Without it, it is
        e-prop: the sum that :func:`adaptive_eprop` gathers with time.
    feedback : Tensor, optional
        B, (outputs, N); by default the readout's weight.

    Returns
    -------
    dict
        One tensor for each parameter, by name.

    Examples
    --------
    >>> from snnbook.training import step_squared_error
    >>> from snnbook.neurons import AdaptiveNetwork
    >>> network, error = AdaptiveNetwork((3, 4, 2)), step_squared_error(torch.zeros(9, 1, 2))
    >>> sorted(adaptive_gradient(network, torch.ones(9, 1, 3), error))
    ['readout.weight', 'recurrent_weight', 'weight']

    Paper section V.B; chapter 6b.
    """
    check_adaptive(network, spikes, feedback)
    check_flag("recurrent", recurrent)
    output, neuron = network(spikes), network.neuron
    record = output.hidden[0]
    wrong = _errors(error, output.readout)
    back = network.readout.weight if feedback is None else feedback
    arriving = _backward(wrong, neuron) @ back
    bump = neuron.surrogate.derivative(record.mem - record.threshold)
    syn, mem, adapt = (torch.zeros_like(bump[0]) for _ in range(3))
    blame = torch.empty_like(bump)
    for n in reversed(range(len(spikes))):
        blame[n] = syn  # of I[n+1]
        signal = arriving[n] + adapt
        if recurrent:
            signal = signal + syn @ network.recurrent_weight
        raised = bump[n] * signal
        syn, mem, adapt = (
            neuron.alpha * syn + mem,
            neuron.beta * mem + raised,
            neuron.rho * adapt - network.strength * raised,
        )
    flat = blame.flatten(0, 1).T
    return {
        "weight": flat @ spikes.flatten(0, 1),
        "recurrent_weight": flat @ record.spikes.flatten(0, 1),
        "readout.weight": _meet(wrong, record.spikes, neuron),
    }


def _gathered(
    network: SpikingNetwork, records: tuple[LayerStep, ...], blame: tuple[Tensor, ...]
) -> Gradients:
    """Return the sum over steps and samples of blame times presynaptic trace, for each weight."""
    found = {}
    for i, (layer, seen, rows) in enumerate(zip(network.hidden, records, blame)):
        for name, source in presynaptic(layer, i, seen).items():
            found[name] = _meet(rows, source, layer.neuron)
    found["readout.weight"] = _meet(blame[-1], records[-1].source, network.readout.neuron)
    return found


def _errors(error: StepError, readout: Tensor) -> Tensor:
    """Return the errors of all steps (T, B, C), finite: at once, if the loss knows how."""
    if hasattr(error, "errors"):
        found = error.errors(readout)
        check_finite("error", found)
        return found
    return torch.stack([error_at(error, now, n) for n, now in enumerate(readout.unbind(0))])


def _backward(signal: Tensor, neuron: LeakyNeuron) -> Tensor:
    """Filter a signal (T, B, N) with the response to a spike, backward in time."""
    return run(neuron.leaky, signal.flip(0).contiguous()).mem.flip(0)


def _meet(blame: Tensor, arrived: Tensor, neuron: LeakyNeuron) -> Tensor:
    """Return the sum over steps and samples of blame times presynaptic trace, (N, N_in)."""
    trace = run(neuron.leaky, arrived.contiguous()).mem
    return blame.flatten(0, 1).T @ trace.flatten(0, 1)
