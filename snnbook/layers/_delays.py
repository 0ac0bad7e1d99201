r"""Delays of each synapse, fixed or learned (chapter 2).

With a delay :math:`d_{ij}` of at most D steps, and a kernel over time with the sum 1,

.. math::

    x_i[n] = \sum_j W_{ij} \sum_{k=0}^{D} \kappa(k; d_{ij})\, S_j[n - k], \qquad
    \kappa(k; d) \propto e^{-(k - d)^2 / 2\sigma^2}

A whole number has a derivative with respect to nothing; a kernel of width :math:`\sigma` has one
with respect to its center. While a network learns, the width shrinks to half a step, and in
evaluation each kernel is one step, at the nearest whole delay.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from snnbook._validate import (
    check_flag,
    check_generator,
    check_integer,
    check_kind,
    check_positive,
    check_shape,
    check_tensor,
    is_number,
)
from snnbook.kernels import Events
from snnbook.layers._start import Start, drawn_weights
from snnbook.layers._stateful import LayerOutput, Stateful, check_steps, dense
from snnbook.neurons import LIFNeuron, Neuron, WithConstants

#: The narrowest kernel while delays learn, in steps.
NARROWEST = 0.5


class DelayState(NamedTuple):
    """What delays carry on: ``inputs``, the last D steps of input, oldest first, (D, B, N_in)."""

    inputs: Tensor


class Delays(WithConstants, Stateful):
    r"""Weights whose synapses have a delay each; neurons come behind it (:class:`Cells`).

    Parameters
    ----------
    in_features, out_features : int
        Numbers of inputs and of neurons.
    max_delay : int
        D, the longest delay in steps, at least 1. The cost is that of D + 1 dense products.
    delays : Tensor, optional
        Delays in steps at the start, (out_features, in_features), from 0 to D; int64 where they do
        not learn. Drawn uniformly from 0 to D when not given.
    learn : bool
        Whether the delays learn. Fixed ones are whole numbers in training too.
    width : float, optional
        :math:`\sigma` of the kernels in steps at the start, of delays that learn: D/2 when not
        given, but at least 1/2. :func:`narrow_delays` shrinks it.
    bias : bool
        Whether each neuron has a constant drive, which starts at 0.
    neuron, input_rate, rate, std
        Of the neurons behind it, used once, for the initial weights, as in :func:`rate_driven_`.
    generator : torch.Generator, optional
        Source of the initial weights and delays.

    Attributes
    ----------
    weight : Parameter
        W, (out_features, in_features).
    delay : Parameter or Tensor
        d in steps, (out_features, in_features); a parameter where delays learn. One that has left
        the range from 0 to D counts as the end of the range in evaluation.
    width : Tensor
        :math:`\sigma`, a number; it stands in the state dict. None where delays are fixed.

    Examples
    --------
    A spike with a delay of two steps:

    >>> layer = Delays(1, 1, 3, delays=torch.tensor([[2]]), learn=False)
    >>> _ = layer.weight.data.fill_(1.0)
    >>> spike = torch.eye(5)[0].view(5, 1, 1)
    >>> layer(spike).outputs.flatten().tolist()
    [0.0, 0.0, 1.0, 0.0, 0.0]

    In pieces, with the state handed on:

    >>> outputs, state = layer(spike[:1])
    >>> layer(spike[1:], state).outputs.flatten().tolist()
    [0.0, 1.0, 0.0, 0.0]

    Notes
    -----
    The initial weights are those for kernels of one step. Wide ones average spikes over time, so
    that the neurons behind them fire less until the kernels narrow.

    Hammouamri et al. (2024) clip delays to the range; here the kernel of one that leaves it piles
    up at the end, since its sum is 1.

    Chapters 2 and 8a; ``eq-08a-kernel``.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        max_delay: int,
        *,
        delays: Tensor | None = None,
        learn: bool = True,
        width: float | None = None,
        bias: bool = False,
        neuron: Neuron | None = None,
        input_rate: float = 10.0,
        rate: float = 10.0,
        std: float | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_integer("in_features", in_features, 1)
        check_integer("out_features", out_features, 1)
        check_integer("max_delay", max_delay, 1)
        check_flag("learn", learn)
        check_flag("bias", bias)
        if generator is not None:
            check_generator(generator)
        if width is not None:
            check_positive("width", width)
            if not learn:
                raise ValueError(
                    f"width is {width!r} and learn is False; None is accepted for fixed delays"
                )
        self.max_delay = int(max_delay)
        start = Start(input_rate, rate, std, generator)
        neuron = LIFNeuron() if neuron is None else neuron
        self.weight = nn.Parameter(drawn_weights(neuron, in_features, out_features, start))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None
        shape = (int(out_features), int(in_features))
        if delays is None:
            delays = _drawn_delays(shape, self.max_delay, learn, generator)
        else:
            _check_delays(delays, shape, self.max_delay, learn)
        self.width: Tensor | None
        if learn:
            self.delay = nn.Parameter(delays.detach().to(self.weight.dtype, copy=True))
            wide = max(self.max_delay / 2, NARROWEST) if width is None else float(width)
            self.register_buffer("width", torch.tensor(wide))
            self.register_buffer("first_width", torch.tensor(wide))
        else:
            self.register_buffer("delay", delays.clone())
            self.width = None

    def kernel(self) -> Tensor:
        r"""Return :math:`W_{ij}\, \kappa(k; d_{ij})`, (out, in, D + 1), as it is used now."""
        steps = torch.arange(self.max_delay + 1, device=self.weight.device)
        if self.width is not None and self.training:
            distance = (steps - self.delay[..., None]) / self.width
            return self.weight[..., None] * torch.softmax(-distance.square() / 2, -1)
        whole = self.whole_delays()
        return self.weight[..., None] * (steps == whole[..., None]).to(self.weight.dtype)

    def whole_delays(self) -> Tensor:
        """Return the delays as evaluation takes them: whole numbers from 0 to D, int64."""
        found = self.delay.detach()
        return found.round().clamp(0, self.max_delay).long() if self.width is not None else found

    def forward(self, inputs: Tensor | Events, state: DelayState | None = None) -> LayerOutput:
        """Return the drive of every step for inputs (T, B, in), from ``state`` or from silence."""
        inputs = dense(inputs, self.weight)
        check_steps("inputs", inputs, self.weight)
        out_features, in_features = self.weight.shape
        if inputs.dim() != 3 or inputs.shape[2] != in_features:
            raise ValueError(
                f"inputs has shape {tuple(inputs.shape)}; (T, B, {in_features}) is accepted"
            )
        before = (self.max_delay, inputs.shape[1], in_features)
        if state is None:
            past = inputs.new_zeros(before)
        else:
            check_kind("state", state, DelayState)
            check_shape("state.inputs", state.inputs, before, inputs)
            past = state.inputs
        seen = torch.cat([past, inputs])
        after = DelayState(seen[len(inputs) :])
        if not len(inputs):
            return LayerOutput(inputs.new_zeros(0, inputs.shape[1], out_features), after)
        turned = self.kernel().flip(-1)  # conv1d multiplies a kernel with what lies ahead
        drive = functional.conv1d(seen.permute(1, 2, 0), turned, self.bias)
        return LayerOutput(drive.permute(2, 0, 1).contiguous().to(self.weight.dtype), after)

    def constants(self) -> dict:
        """Return the longest delay, which travels with the weights."""
        return {"max_delay": self.max_delay}

    def extra_repr(self) -> str:
        out_features, in_features = self.weight.shape
        kind = "fixed" if self.width is None else "learned"
        return f"{in_features}, {out_features}, {kind}, from 0 to {self.max_delay} steps"


def _drawn_delays(shape, longest: int, learn: bool, generator) -> Tensor:
    if learn:
        return longest * torch.rand(shape, generator=generator)
    return torch.randint(longest + 1, shape, generator=generator)


def _check_delays(delays: Tensor, shape: tuple[int, int], longest: int, learn: bool) -> None:
    check_tensor("delays", delays)
    if tuple(delays.shape) != shape:
        raise ValueError(f"delays has shape {tuple(delays.shape)}; {shape} is accepted")
    whole = delays.dtype == torch.int64
    if not whole and not (learn and delays.is_floating_point()):
        kinds = "a floating-point tensor or int64" if learn else "int64, whole steps,"
        raise TypeError(f"delays has dtype {delays.dtype}; {kinds} is accepted")
    bad = delays[~((delays >= 0) & (delays <= longest))]
    if bad.numel():
        raise ValueError(f"delays holds {bad[0].item():g}; steps from 0 to {longest} are accepted")


def narrow_delays(model: nn.Module, share: float, *, final: float = 0.5) -> None:
    r"""Set the width of all learned delays of a model, for a share of the way to a narrow one.

    .. math:: \sigma = \sigma_0 \left(\frac{\sigma_1}{\sigma_0}\right)^{\min(s, 1)}

    Parameters
    ----------
    model : Module
        Any module with :class:`Delays` in it.
    share : float
        s, at least 0: 0 is the width :math:`\sigma_0` at the start, 1 and above the final one.
    final : float
        :math:`\sigma_1` in steps, above 0.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range, or no delays of the model learn.

    Examples
    --------
    >>> layer = Delays(3, 2, 16)
    >>> narrow_delays(layer, 0.5)
    >>> layer.width
    tensor(2.)

    In training: kernels are narrow after a quarter of the epochs, and delays, which are in steps,
    have a hundred times the learning rate of weights, both as in Hammouamri et al. (2024).

    >>> from snnbook.training import fit
    >>> order = torch.Generator().manual_seed(0)
    >>> def adam(parameters, lr):
    ...     rates = [{"params": [layer.delay], "lr": 100 * lr}, {"params": [layer.weight]}]
    ...     return torch.optim.Adam(rates, lr=lr)
    >>> def narrow(epoch, model, history):
    ...     narrow_delays(model, epoch / 10)
    >>> options = {"optimizer": adam, "on_epoch": narrow, "generator": order}
    >>> inputs, labels = torch.ones(20, 4, 3), torch.tensor([0, 1, 0, 1])
    >>> history = fit(layer, inputs, labels, epochs=40, batch_size=2, **options)
    >>> layer.width
    tensor(0.5000)

    Chapter 2.
    """
    check_kind("model", model, nn.Module)
    check_positive("final", final)
    if not (is_number(share) and 0 <= share < float("inf")):
        raise ValueError(f"share is {share!r}; a finite number of at least 0 is accepted")
    learned = [x for x in model.modules() if isinstance(x, Delays) and x.width is not None]
    if not learned:
        raise ValueError(
            f"model is a {type(model).__name__} without delays that learn; one with Delays is "
            "accepted"
        )
    for module in learned:
        ratio = final / module.first_width
        module.width.copy_(module.first_width * ratio ** min(float(share), 1.0))
