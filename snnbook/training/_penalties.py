"""Penalties on spike counts, independent of the batch size.

They act on ``z_i``, the mean number of spikes of neuron ``i`` in one sample, so that a sample given
twice changes neither the value nor the gradient with respect to the weights.
Sums over the batch, common in published code, make the strength depend on the batch size.
"""

from torch import Tensor

from snnbook._validate import check_flag, check_not_negative
from snnbook.training._losses import check_time_and_batch


def mean_counts(spikes: Tensor) -> Tensor:
    r"""Return the mean number of spikes of each neuron in one sample.

    .. math:: z_i = \frac{1}{B} \sum_{n, b} S_i[n, b]

    Parameters
    ----------
    spikes : Tensor, shape (T, B, N)
        Spike trains, 0 or 1.

    Returns
    -------
    Tensor, shape (N,)
        Spikes per sample.

    Examples
    --------
    Two samples, one neuron: 2 spikes and 1 spike.

    >>> import torch
    >>> mean_counts(torch.tensor([[[1.0], [0.0]], [[1.0], [1.0]]]))
    tensor([1.5000])
    """
    check_time_and_batch("spikes", spikes)
    return spikes.sum(dim=0).mean(dim=0)


def spike_count_penalty(spikes: Tensor, *, linear: float = 1.0, quadratic: float = 0.0) -> Tensor:
    r"""Return a price on every spike, linear and quadratic in the count of each neuron.

    .. math:: \mathcal{R} = \frac{1}{N} \sum_i \left( a z_i + b z_i^2 \right), \qquad
        z_i = \frac{1}{B} \sum_{n, b} S_i[n, b]

    The linear part asks for few spikes, the quadratic part spreads them over the neurons.
    SpyTorch's third notebook uses ``1e-5 * S.sum()`` and ``1e-5`` times the mean over neurons of
    the squared sum over batch and time; for a batch of ``B`` and ``N`` neurons that is
    ``a = 1e-5 * B * N`` and ``b = 1e-5 * B**2``.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, N)
        Spikes of one layer, made with a surrogate derivative.
    linear : float
        ``a``, at least 0, in loss per spike.
    quadratic : float
        ``b``, at least 0, in loss per squared spike.

    Returns
    -------
    Tensor, shape ()
        The penalty, to be added to the loss.

    Raises
    ------
    TypeError, ValueError
        If ``spikes`` is not (T, B, N), an axis is empty, or a factor is negative.

    Examples
    --------
    One sample; the neurons spike once and three times: the mean count is 2, the mean square is 5.

    >>> import torch
    >>> spikes = torch.tensor([[[1.0, 1.0]], [[0.0, 1.0]], [[0.0, 1.0]]])
    >>> float(spike_count_penalty(spikes))
    2.0
    >>> float(spike_count_penalty(spikes, linear=0.0, quadratic=1.0))
    5.0

    Chapter 5; ``eq-05-bounds``.
    """
    for name, factor in (("linear", linear), ("quadratic", quadratic)):
        check_not_negative(name, factor)
    counts = mean_counts(spikes)
    return (linear * counts + quadratic * counts**2).mean()


def spike_bounds_penalty(
    spikes: Tensor, *, lower: float = 0.0, upper: float | None = None, relative: bool = False
) -> Tensor:
    r"""Return a price on neurons that spike less often than a lower bound, or more than an upper.

    .. math:: \mathcal{R} = \frac{1}{N} \sum_i \left( [\ell - z_i]_+^2 + [z_i - u]_+^2 \right),
        \qquad z_i = \frac{1}{B} \sum_{n, b} S_i[n, b]

    Between the bounds a neuron costs nothing. Below :math:`\ell` the penalty asks for spikes even
    where the loss does not, as with a neuron that is silent in every sample; its gradient gets
    there as far as the surrogate reaches.

    The square grows fast: at ten times the upper bound one spike more costs nine times as much as
    at twice the bound, and in a recurrent network such a gradient outweighs every
    loss. ``relative=True`` measures how far a neuron is out in units of its bound, and grows
    linearly far out,

    .. math:: \mathcal{R} = \frac{1}{N} \sum_i \left( h\!\left(\frac{[\ell - z_i]_+}{\ell}\right)
        + h\!\left(\frac{[z_i - u]_+}{u}\right) \right), \qquad h(r) = \sqrt{1 + r^2} - 1

    so that one factor, about 1 beside a cross entropy, suits small and large networks at low
    and high rates, feed-forward and recurrent. A silent neuron costs 0.41, and one at twice the
    upper bound too.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, N)
        Spikes of one layer, made with a surrogate derivative.
    lower : float
        Spikes per sample, at least 0; with 0 there is no lower bound.
    upper : float, optional
        Spikes per sample, at least ``lower``; by default there is no upper bound. Above 0 where it
        is relative.
    relative : bool
        Whether to count in units of the bounds, and linearly far out.

    Returns
    -------
    Tensor, shape ()
        The penalty, to be added to the loss with a factor of your choice.

    Raises
    ------
    TypeError, ValueError
        If ``spikes`` is not (T, B, N), an axis is empty, a bound is negative, or ``upper`` is below
        ``lower``.

    Examples
    --------
    One sample; the neurons spike once and three times. One is 1 below 2, the other 1 above it:

    >>> import torch
    >>> spikes = torch.tensor([[[1.0, 1.0]], [[0.0, 1.0]], [[0.0, 1.0]]])
    >>> float(spike_bounds_penalty(spikes, lower=2.0, upper=2.0))
    1.0
    >>> float(spike_bounds_penalty(spikes, lower=1.0))
    0.0

    Relative to an upper bound of 1 the second neuron is out by 2, the first by nothing:

    >>> float(spike_bounds_penalty(spikes, upper=1.0, relative=True))  # (sqrt(5) - 1) / 2
    0.618...

    Chapter 5; ``eq-05-bounds``.
    """
    check_not_negative("lower", lower)
    check_flag("relative", relative)
    counts = mean_counts(spikes)
    outside = (lower - counts).clamp(min=0) / (lower if relative and lower else 1)
    if upper is not None:
        check_not_negative("upper", upper)
        if upper < lower:
            raise ValueError(
                f"upper is {upper!r}; a number of at least lower = {lower!r} is accepted"
            )
        if relative and not upper:
            raise ValueError(f"upper is {upper!r} and relative True; a number above 0 is accepted")
        outside = outside + (counts - upper).clamp(min=0) / (upper if relative else 1)
    return ((1 + outside**2).sqrt() - 1 if relative else outside**2).mean()
