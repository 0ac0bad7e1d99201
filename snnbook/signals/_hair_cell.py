"""Inner hair cells: what the ear makes of the motion in each band before a nerve takes it up."""

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_number
from snnbook.signals._gammatone import _band, erb_centers
from snnbook.signals._sound import band_limits, frame_ends, rows_of

A, B, G = 5.0, 300.0, 2000.0  # how the motion opens the membrane; G per second
Y, X = 5.05, 66.31  # what comes into the store: new, and used again; per second
L, R = 2500.0, 6580.0  # what leaves the cleft: lost, and taken back; per second
M = 1.0  # the store when it is full

REFERENCE = 30.0  # decibels of a motion whose root mean square is 1
LOUD = 0.1  # seconds over which the level of a sound is taken
LOUDEST = 200.0  # decibels; far above, the motion is no number any more
MOST = 2**22  # numbers of one kind that are held at a time


@torch.no_grad()
def hair_cells(
    sound: Tensor | np.ndarray,
    rate: float,
    *,
    channels: int = 40,
    dt: float = 5e-3,
    low: float = 60.0,
    high: float | None = None,
    level: float = 60.0,
) -> Tensor:
    r"""Return what the inner hair cell of each band tells its nerve, as the model of Meddis has it.

    The filters of :func:`gammatone_bank` stand for the membrane in the ear; their real output s is
    its motion. It opens the cell, which then gives transmitter from a store q into the cleft
    before the nerve, c. Some of that is lost and some taken back, w, to be used again:

    .. math::

        k = g \, \frac{[s + A]_+}{[s + A]_+ + B}, \qquad
        \dot q = y (m - q) + x w - k q, \qquad
        \dot c = k q - (l + r) \, c, \qquad
        \dot w = r c - x w

    The store is small and fills slowly, so the cell answers a beginning strongly and what lasts
    weakly (it adapts). In silence :math:`k_0 = g A / (A + B)` keeps the cleft at a low level
    :math:`c_0`. What is returned is the mean of c over each step against that level:

    .. math:: x_i[n] = \frac{\bar c_i[n]}{c_0} - 1, \qquad
              c_0 = \frac{k_0 \, y m}{k_0 \, l + y (l + r)}

    It is 0 in silence, above 0 in a sound, and below 0 for a while after one, until the store is
    full again. However loud, a sound that lasts comes to :math:`y m / (l c_0) - 1 = 0.56` at most.
    The mean leaves out what is faster than a step, such as the beat of each period of a tone.
    :func:`lif_code` makes spikes of it.

    Parameters
    ----------
    sound, rate, dt
        As in :func:`mel_bank`. The cells have rested before the sound begins.
    channels, low, high
        As in :func:`gammatone_bank`.
    level : float
        How loud each sound is made, in decibels by the model's convention that a root mean square
        of 1 is 30 dB: the level of its loudest tenth of a second, at most 200. A cell whose motion
        stays below A, a tone of 41 dB in its band, says nothing of it in the mean; so speech, whose
        power spreads over the bands, needs more than a tone, about 80.

    Returns
    -------
    Tensor, shape (T, B, N), dtype float32
        At least -1, with T = L / (rate dt), rounded up. Step n depends on what was heard before
        (n + 1) dt and on nothing later, but for the level.

    Raises
    ------
    TypeError, ValueError
        If ``sound`` has another shape or kind or is not finite, or the bands do not fit.

    Notes
    -----
    Each sample is one step of the trapezoidal rule, which is stable at every rate, and whose error
    falls to a quarter when the rate doubles. Forward Euler, which programs for this model often
    take, needs a rate above (l + r) / 2 to be stable, and one far above that to be accurate.

    Examples
    --------
    A tone from 0.1 s to 0.4 s: rest, the beginning, what is left of it, and the time after it:

    >>> time = torch.arange(4800) / 8000
    >>> tone = torch.sin(2 * torch.pi * 1000 * time) * ((time >= 0.1) & (time < 0.4))
    >>> cell = hair_cells(tone, rate=8000, channels=3, low=1000.0, high=3000.0)[:, 0, 0]
    >>> (100 * cell[[10, 21, 79, 81]]).int().tolist()
    [0, 129, 32, -42]

    Meddis, J. Acoust. Soc. Am. 79, 702 (1986). The parameters are those of a fiber of high
    spontaneous rate in Meddis, Hewitt and Shackleton, J. Acoust. Soc. Am. 87, 1813 (1990), which
    Slaney's Auditory Toolbox (1998) has too. Chapter 8d; ``eq-08d-hair``.
    """
    rows = rows_of(sound)
    ends = frame_ends(rows.shape[1], rate, dt).numpy()
    low, high = band_limits(low, 0.45 * rate if high is None else high, rate)
    centers = erb_centers(channels, low, high).tolist()
    check_number("level", level)
    if level > LOUDEST:
        raise ValueError(f"level is {level!r}; at most {LOUDEST!r} dB are accepted")
    heard = np.zeros((len(rows), max(ends[-1], rows.shape[1])))
    heard[:, : rows.shape[1]] = _at_level(rows.numpy(), rate, level)
    at_once = max(1, MOST // (heard.shape[1] * channels))
    parts = []
    for some in np.split(heard, range(at_once, len(heard), at_once)):
        motion = np.stack([_band(some, center, rate).real.T for center in centers], axis=2)
        cleft = np.cumsum(_cleft(_permeability(motion), 1 / rate), axis=0)[ends - 1]
        parts.append(np.diff(cleft, axis=0, prepend=0) / np.diff(ends, prepend=0)[:, None, None])
    silent = _rest(_permeability(0.0))[1]
    return torch.from_numpy(np.concatenate(parts, axis=1) / silent - 1).float()


def _at_level(rows: np.ndarray, rate: float, level: float) -> np.ndarray:
    """Return sounds (B, L) whose loudest tenth of a second has ``level``; silence stays silent."""
    peak = abs(rows).max(1, keepdims=True)
    rows, width = rows / np.where(peak > 0, peak, 1.0), max(1, round(LOUD * rate))
    total = np.cumsum(np.pad(rows**2, ((0, 0), (width, 0))), axis=1)
    power = (total[:, width:] - total[:, :-width]).max(1, keepdims=True) / width
    return rows * 10 ** ((level - REFERENCE) / 20) / np.sqrt(np.where(peak > 0, power, 1.0))


def _permeability(motion):
    """Return k, per second: how fast the store runs out through the membrane."""
    gap = np.maximum(motion + A, 0)
    return G * gap / (gap + B)


def _rest(k: float) -> np.ndarray:
    """Return the store, the cleft and what is taken back, (q, c, w), where a constant k leads."""
    c = k * Y * M / (k * L + Y * (L + R))
    return np.array([c * (L + R) / k, c, c * R / X])


def _cleft(k: np.ndarray, h: float) -> np.ndarray:
    """Return the mean of c, shape (S, B, N), between each sample of k and the one before.

    The rates are linear in u = (q, c, w), so a step of the trapezoidal rule solves
    u - a F(u) = u' + a F(u'), with a = h / 2 and u' one sample earlier. The right side is twice u'
    less the left side of the step before.
    """
    a = h / 2
    c_share, w_share = 1 / (1 + a * (L + R)), 1 / (1 + a * X)
    back = a * R * c_share  # of what leaves the cleft
    again = a * X * w_share  # of what is used again
    ak = a * k
    q_share = 1 / (1 + a * Y + ak * (1 - again * back))
    u = _rest(_permeability(0.0))[:, None, None] * np.ones_like(k[0])
    right = u.copy()  # at rest F is 0
    means = np.empty_like(k)
    for n in range(len(k)):
        q, c, w = right
        before = u[1]
        u = np.empty_like(right)
        u[0] = (q + a * Y * M + again * (w + back * c)) * q_share[n]
        u[1] = (c + ak[n] * u[0]) * c_share
        u[2] = (w + a * R * u[1]) * w_share
        means[n] = (before + u[1]) / 2
        right = 2 * u - right
    return means
