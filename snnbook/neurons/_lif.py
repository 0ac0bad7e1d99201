r"""The leaky integrate-and-fire neuron as a recurrent network (paper section II, chapter 2).

One step of the network, with all records at the same index :math:`n`:

.. math::

    I[n+1] &= \alpha I[n] + x[n] + V S[n], \qquad x[n] = W S_\text{in}[n] \\
    U[n+1] &= \beta U[n] + I[n] - \theta S[n] \\
    S[n]   &= \Theta(U[n] - \theta)
"""

from dataclasses import dataclass

from torch import Tensor

from snnbook._validate import check_callable, check_choice, check_flag, check_positive
from snnbook.neurons._neuron import check_constant, check_step
from snnbook.neurons._records import LeakyRecord, LIFRecord, LIFState
from snnbook.neurons._spiking import RESETS, Decaying, after_reset
from snnbook.surrogates import Surrogate, fast_sigmoid


def mean_of(constant: float | Tensor) -> float:
    """Return a constant as one number: the mean over neurons where they differ."""
    return float(constant.detach().mean()) if isinstance(constant, Tensor) else constant


@dataclass(frozen=True, eq=False)
class LeakyNeuron(Decaying):
    r"""A leaky integrator that never spikes: what a readout is made of.

    .. math:: \alpha = e^{-\Delta t / \tau_\text{syn}}, \qquad
              \beta = e^{-\Delta t / \tau_\text{mem}}

    Parameters
    ----------
    tau_mem, tau_syn : float or Tensor
        Time constants of membrane and synaptic current in seconds, above 0: one number for all
        neurons, or (N,), one for each. A tensor may have a gradient; the layers make one that
        learns (``learn=``). A membrane with ``tau_mem=math.inf`` has no leak, :math:`\beta = 1`:
        it integrates. A ``tau_syn`` far below ``dt`` leaves no synapse, :math:`\alpha = 0`.
    dt : float
        Time step in seconds, above 0.

    Raises
    ------
    TypeError, ValueError
        If a value is not a finite number above 0 (``tau_mem`` may be infinite).

    Examples
    --------
    >>> neuron = LeakyNeuron(tau_mem=10e-3, tau_syn=5e-3, dt=1e-3)
    >>> round(neuron.alpha, 4), round(neuron.beta, 4)
    (0.8187, 0.9048)

    Chapter 2; paper section II.
    """

    tau_mem: float | Tensor = 10e-3
    tau_syn: float | Tensor = 5e-3
    dt: float = 1e-3

    State = LIFState
    compiled = True
    decays = {"alpha": "tau_syn", "beta": "tau_mem"}

    def __post_init__(self) -> None:
        check_constant("tau_mem", self.tau_mem, infinite=True)
        check_constant("tau_syn", self.tau_syn)
        check_positive("dt", self.dt)

    @property
    def alpha(self) -> float | Tensor:
        """Decay factor of the synaptic current over one step."""
        return self._decay("alpha")

    @property
    def beta(self) -> float | Tensor:
        """Decay factor of the membrane potential over one step."""
        return self._decay("beta")

    @property
    def leaky(self) -> "LeakyNeuron":
        """The same membrane and synapse without a threshold: the readout behind this neuron."""
        return LeakyNeuron(self.tau_mem, self.tau_syn, self.dt)

    def step(
        self, state: LIFState, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Tensor, LIFState]:
        """Take :func:`leaky_step`; what is sent is the membrane U[n]."""
        if recurrent_weight is not None:
            drive = drive + state.mem @ recurrent_weight.T
        return state.mem, leaky_step(state, drive, self)

    def record(self, output: Tensor, states: LIFState | None, state: LIFState) -> LeakyRecord:
        """Return the membrane and the current at n = 0 .. T-1, and the last state."""
        return LeakyRecord(output, states and states.syn, state)


@dataclass(frozen=True, eq=False)
class LIFNeuron(LeakyNeuron):
    r"""A leaky integrate-and-fire neuron: a leaky integrator, a threshold and a reset.

    Parameters
    ----------
    tau_mem, tau_syn, dt
        As in :class:`LeakyNeuron`. With ``tau_mem=math.inf`` it is the integrate-and-fire neuron,
        with a synaptic current; :class:`DirectLIFNeuron` has none.
    threshold : float or Tensor
        :math:`\theta`, above 0, one number or (N,). The paper's natural units put it at 1.
    surrogate : Surrogate
        Derivative of the step :math:`\Theta` in the backward pass.
    reset : {"subtract", "zero", "none"}
        ``subtract`` takes :math:`\theta` off after a spike (the paper). ``zero`` sets
        U[n+1] to 0 after a spike, as SpyTorch does. ``none`` leaves U alone.
    reset_gradient : bool
        Whether the gradient flows back through the spike in the reset. The forward pass
        is the same. ``False`` is common practice (Zenke and Vogels 2021; chapter 5).
    spike_at_threshold : bool
        The value of :math:`\Theta(0)`.

    Raises
    ------
    TypeError, ValueError
        If a number is not finite and above 0, or an option is none of those named.

    Examples
    --------
    ``dataclasses.replace`` gives the same neuron with one thing changed:

    >>> from dataclasses import replace
    >>> neuron = LIFNeuron(tau_mem=20e-3)
    >>> replace(neuron, reset="zero").tau_mem
    0.02

    The integrate-and-fire neuron keeps all that its synapse brings, here 0.3 in each step:

    >>> import math
    >>> import torch
    >>> from snnbook.neurons import run
    >>> integrate_and_fire = LIFNeuron(tau_mem=math.inf, tau_syn=1e-9)
    >>> record = run(integrate_and_fire, torch.full((9, 1, 1), 0.3))
    >>> [round(u, 1) for u in record.mem.flatten().tolist()]
    [0.0, 0.0, 0.3, 0.6, 0.9, 1.2, 0.5, 0.8, 1.1]

    Chapter 2; paper section II; ``eq-05-reset``; ``eq-06b-rtrl``.
    """

    threshold: float | Tensor = 1.0
    surrogate: Surrogate = fast_sigmoid()
    reset: str = "subtract"
    reset_gradient: bool = False
    spike_at_threshold: bool = False

    compiled = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_constant("threshold", self.threshold)
        check_callable("surrogate", self.surrogate)
        check_choice("reset", self.reset, RESETS)
        check_flag("reset_gradient", self.reset_gradient)
        check_flag("spike_at_threshold", self.spike_at_threshold)

    def step(
        self, state: LIFState, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Tensor, LIFState]:
        """Take :func:`lif_step`; what is sent are the spikes S[n]."""
        return lif_step(state, drive, self, recurrent_weight)

    def record(self, output: Tensor, states: LIFState | None, state: LIFState) -> LIFRecord:
        """Return spikes, membrane and current at n = 0 .. T-1, and the last state."""
        syn, mem = states or (None, None)
        return LIFRecord(output, mem, syn, state)


def check_lif(neuron) -> None:
    """Raise ``TypeError`` unless ``neuron`` is one spiking neuron, for all of a layer."""
    if not isinstance(neuron, LIFNeuron):
        raise TypeError(f"neuron is a {type(neuron).__name__}; a LIFNeuron is accepted")


#: The neuron of a layer when none is given: 10 ms, 5 ms, steps of 1 ms, threshold 1.
DEFAULT_NEURON = LIFNeuron()


def lif_step(
    state: LIFState,
    drive: Tensor,
    neuron: LIFNeuron = DEFAULT_NEURON,
    recurrent_weight: Tensor | None = None,
) -> tuple[Tensor, LIFState]:
    r"""Take one step: from I[n], U[n] and the drive x[n] to S[n], I[n+1], U[n+1].

    .. math::

        S[n]   &= \Theta(U[n] - \theta) \\
        I[n+1] &= \alpha I[n] + x[n] + V S[n] \\
        U[n+1] &= \beta U[n] + I[n] - \theta S[n]

    Parameters
    ----------
    state : LIFState
        I[n] and U[n], each (B, N).
    drive : Tensor
        The weighted input x[n] = W S_in[n], (B, N).
    neuron : LIFNeuron
        Time constants, threshold, reset and surrogate.
    recurrent_weight : Tensor, optional
        V, (N, N); entry (i, j) is the weight from neuron j to neuron i.

    Returns
    -------
    spikes : Tensor
        S[n], (B, N), with values 0 and 1.
    state : LIFState
        I[n+1] and U[n+1].

    Notes
    -----
    Input at step n reaches I at n+1, U at n+2, and so a spike at n+2 at the earliest.
    Other libraries have a latency of one step or none (see the conventions page).

    Examples
    --------
    >>> import math
    >>> import torch
    >>> state = LIFState(syn=torch.tensor([[0.5]]), mem=torch.tensor([[2.0]]))
    >>> half = LIFNeuron(tau_mem=1 / math.log(2), tau_syn=1 / math.log(2), dt=1.0)
    >>> spikes, state = lif_step(state, torch.tensor([[0.25]]), half)
    >>> spikes.item(), state.syn.item(), state.mem.item()
    (1.0, 0.5, 0.5)

    Paper section II; chapter 2.
    """
    check_step(neuron, LIFState, state, drive, recurrent_weight)
    spikes = neuron.surrogate(state.mem - neuron.threshold, neuron.spike_at_threshold)
    if recurrent_weight is not None:
        drive = drive + spikes @ recurrent_weight.T
    syn = neuron.alpha * state.syn + drive
    mem = neuron.beta * state.mem + state.syn
    return spikes, LIFState(syn, after_reset(mem, spikes, neuron))


def leaky_step(state: LIFState, drive: Tensor, neuron: LeakyNeuron = DEFAULT_NEURON) -> LIFState:
    r"""Take one step of a leaky integrator that never spikes.

    .. math:: I[n+1] = \alpha I[n] + x[n], \qquad U[n+1] = \beta U[n] + I[n]

    >>> import torch
    >>> state = LIFState(syn=torch.tensor([[1.0]]), mem=torch.tensor([[0.0]]))
    >>> leaky_step(state, torch.tensor([[0.0]])).mem.item()
    1.0

    Paper section II; chapter 2.
    """
    check_step(neuron, LIFState, state, drive)
    syn = neuron.alpha * state.syn + drive
    return LIFState(syn, neuron.beta * state.mem + state.syn)
