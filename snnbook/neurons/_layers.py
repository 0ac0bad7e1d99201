"""Layers of LIF neurons: thin modules around the one loop (paper section II, chapter 2)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from snnbook._validate import check_integer, check_positive
from snnbook.kernels import Events, run_layer
from snnbook.neurons._init import check_rate, fluctuation_driven_
from snnbook.neurons._lif import DEFAULT_NEURON, LeakyNeuron, LIFNeuron, check_lif
from snnbook.neurons._neuron import check_state
from snnbook.neurons._records import LeakyRecord, LIFRecord, LIFState
from snnbook.neurons._start import Rates, readout_std, split, start
from snnbook.neurons._weighted import Weighted, check_sizes_of


class LIF(Weighted):
    """A feed-forward layer of LIF neurons with current-based synapses.

    Parameters
    ----------
    in_features, out_features : int
        Numbers of inputs and of neurons.
    neuron : LIFNeuron
        Time constants, threshold, reset and surrogate; a constant may be a tensor (N,), one value
        for each neuron.
    input_rate, rate : float
        Mean rates in Hz of one input and of one neuron of the layer, above 0 and below 1/dt,
        used once: the initial weights are such that neurons fire at ``rate`` while independent
        inputs fire at ``input_rate``.
    std : float, optional
        Standard deviation of the membrane without reset; then the weights are those of
        :func:`snnbook.neurons.fluctuation_driven_`, whatever rate follows.
    learn : sequence of str
        Constants that learn, of "tau_mem", "tau_syn" and "threshold": each neuron has its own,
        which starts at that of ``neuron`` and stays positive.
    spread : float
        Standard deviation of the logarithm of those that learn at the start, around ``neuron``'s,
        as in :func:`draw_constants`; 0 starts all neurons alike.
    generator : torch.Generator, optional
        Source of the initial weights.
    kernel, checkpoint
        As in :func:`snnbook.neurons.run`.

    Attributes
    ----------
    weight : Parameter
        W, (out_features, in_features).
    log_tau_mem, log_tau_syn, log_threshold : Parameter
        Natural logarithms of the constants that learn, (out_features,), those in ``learn`` only.
    neuron : LIFNeuron
        The neurons as they are now.

    Examples
    --------
    >>> layer = LIF(3, 2, generator=torch.Generator().manual_seed(0))
    >>> out = layer(torch.ones(10, 4, 3))
    >>> out.spikes.shape, out.state.mem.shape
    (torch.Size([10, 4, 2]), torch.Size([4, 2]))

    Time constants that learn:

    >>> layer = LIF(3, 2, learn=("tau_mem",), generator=torch.Generator().manual_seed(0))
    >>> layer(torch.ones(10, 4, 3)).spikes.sum().backward()
    >>> layer.neuron.tau_mem.detach(), layer.log_tau_mem.grad.shape
    (tensor([0.0100, 0.0100]), torch.Size([2]))

    Notes
    -----
    The module holds parameters, never a state: two calls with the same input give the same.

    Without ``std`` the weights differ from those of Rossbroich, Gygax and Zenke (2022) in their
    spread alone: theirs sets the fluctuation of a membrane, this one the rate. Weights also push
    each neuron by a constant of its own, and a reset takes its share, so a pilot population is
    simulated once to find the spread (some 30 ms; the answer is kept).

    Its constants stand beside the weights in :meth:`state_dict`; loading weights of another
    neuron is an error.

    Paper section II; chapter 2. Constants that learn: chapter 8a; ``eq-08a-tau``,
    ``eq-08a-threshold``, ``eq-08a-gradient``.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        neuron: LIFNeuron = DEFAULT_NEURON,
        *,
        input_rate: float = 10.0,
        rate: float = 10.0,
        std: float | None = None,
        learn: Sequence[str] = (),
        spread: float = 0.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        check_lif(neuron)
        if checkpoint is not None:
            check_integer("checkpoint", checkpoint, 1)
        super().__init__(in_features, out_features, neuron, generator, kernel)
        self.checkpoint = checkpoint
        check_rate("input_rate", input_rate, neuron.dt)
        check_rate("rate", rate, neuron.dt)
        if std is None:
            sizes, rates = (in_features, out_features, 0), Rates(input_rate, rate)
            (std,) = start(neuron, sizes, (False,), rates, name="rate").hidden
        fluctuation_driven_(self.weight, neuron, rate=input_rate, std=std, generator=generator)
        self._take(neuron, out_features, learn, spread, generator)

    def forward(
        self, spikes: Tensor | Events, state: LIFState | None = None, record: bool | None = None
    ) -> LIFRecord:
        """Run the layer over input spikes (T, B, in_features), from ``state`` or from rest."""
        return run_layer(
            self.neuron,
            spikes,
            self.weight,
            check_state(self.neuron.State, state),
            recurrent_weight=self.recurrent(),
            record=record,
            kernel=self.kernel,
            checkpoint=self.checkpoint,
            name="spikes",
        )

    def recurrent(self) -> Tensor | None:
        """Return V, or ``None`` in a feed-forward layer."""
        return None


class RecurrentLIF(LIF):
    """A layer of LIF neurons that also send their spikes to each other.

    Parameters as in :class:`LIF`, and:

    Parameters
    ----------
    recurrent_rate : float, optional
        Rate in Hz that the recurrent weights expect of a neuron; ``rate`` when not given. They
        bring a tenth of the membrane's variance at that rate, or less where this much would keep
        the layer active without input.
    std : float or (float, float), optional
        As in :class:`LIF`; a pair says what the input and the recurrent spikes bring. Of one
        number the input brings 9/10 of the variance.

    Attributes
    ----------
    weight : Parameter
        W, (out_features, in_features).
    recurrent_weight : Parameter
        V, (out_features, out_features); entry (i, j) leads from neuron j to neuron i.

    Examples
    --------
    >>> layer = RecurrentLIF(3, 2, generator=torch.Generator().manual_seed(0))
    >>> layer(torch.ones(10, 4, 3)).spikes.shape
    torch.Size([10, 4, 2])

    Paper section II; chapter 2.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        neuron: LIFNeuron = DEFAULT_NEURON,
        *,
        input_rate: float = 10.0,
        rate: float = 10.0,
        recurrent_rate: float | None = None,
        std: float | tuple[float, float] | None = None,
        learn: Sequence[str] = (),
        spread: float = 0.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        check_lif(neuron)
        check_sizes_of(in_features, out_features)
        own = rate if recurrent_rate is None else recurrent_rate
        check_rate("recurrent_rate" if recurrent_rate is not None else "rate", own, neuron.dt)
        if std is None:
            sizes, rates = (in_features, out_features, 0), Rates(input_rate, rate, own)
            (std,) = start(neuron, sizes, (True,), rates, name="rate").hidden
        elif not (isinstance(std, (tuple, list)) and len(std) == 2):
            check_positive("std", std)
            std = split(std)
        options = {"generator": generator, "kernel": kernel, "checkpoint": checkpoint}
        options |= {"learn": learn, "spread": spread}
        super().__init__(
            in_features,
            out_features,
            neuron,
            input_rate=input_rate,
            rate=rate,
            std=std[0],
            **options,
        )
        self.recurrent_weight = nn.Parameter(torch.empty(out_features, out_features))
        fluctuation_driven_(
            self.recurrent_weight, neuron, rate=own, std=std[1], generator=generator
        )

    def recurrent(self) -> Tensor:
        """Return V."""
        return self.recurrent_weight


class LeakyReadout(Weighted):
    """A layer of leaky integrators that never spike: what the loss reads.

    Parameters
    ----------
    in_features, out_features, generator, kernel
        As in :class:`LIF`.
    neuron : LeakyNeuron
        Time constants.
    learn, spread
        As in :class:`LIF`, of "tau_mem" and "tau_syn".
    input_rate : float
        Mean rate in Hz of one input, used once, to draw the initial weights.
    std : float, optional
        Standard deviation of the membrane, as in :func:`snnbook.neurons.fluctuation_driven_`.
        When it is not given the weights are small: the membrane has one of 1/4 over weights and
        time, so that a first cross entropy of C classes is near ln C.

    Examples
    --------
    >>> readout = LeakyReadout(3, 2, generator=torch.Generator().manual_seed(0))
    >>> readout(torch.ones(10, 4, 3)).mem.shape
    torch.Size([10, 4, 2])

    Paper section II; chapter 2.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        neuron: LeakyNeuron = DEFAULT_NEURON.leaky,
        *,
        input_rate: float = 10.0,
        std: float | None = None,
        learn: Sequence[str] = (),
        spread: float = 0.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
    ) -> None:
        if type(neuron) is not LeakyNeuron:
            raise TypeError(
                f"neuron is a {type(neuron).__name__}; a LeakyNeuron is accepted, such as "
                "LIFNeuron().leaky"
            )
        super().__init__(in_features, out_features, neuron, generator, kernel)
        check_rate("input_rate", input_rate, neuron.dt)
        std = readout_std(neuron, input_rate) if std is None else std
        fluctuation_driven_(self.weight, neuron, rate=input_rate, std=std, generator=generator)
        self._take(neuron, out_features, learn, spread, generator)

    def forward(self, spikes: Tensor | Events, state: LIFState | None = None) -> LeakyRecord:
        """Run the readout over input spikes (T, B, in_features), from ``state`` or from rest."""
        state = check_state(self.neuron.State, state)
        return run_layer(self.neuron, spikes, self.weight, state, kernel=self.kernel, name="spikes")
