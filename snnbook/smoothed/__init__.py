"""Smoothed spiking networks: four ways to a gradient that exists (paper section IV.A).

Each file belongs to one chapter: ``soft`` (4a), ``probabilistic`` (4b), ``rate`` (4c) and
``timing`` (4d). ``card`` and ``cards`` sum up what each way makes smooth, and what it costs.
"""

from snnbook.smoothed.cards import CARDS, Card, Cards, card, cards
from snnbook.smoothed.rate import (
    RateNetwork,
    RateRecord,
    constant_code,
    count_rate,
    discrete_rate,
    drive_gain,
    lif_rate,
    scale_to_rate,
    siegert_rate,
    staircase_mean,
    to_spiking,
)

__all__ = [
    "CARDS",
    "Card",
    "Cards",
    "RateNetwork",
    "RateRecord",
    "card",
    "cards",
    "constant_code",
    "count_rate",
    "discrete_rate",
    "drive_gain",
    "lif_rate",
    "scale_to_rate",
    "siegert_rate",
    "staircase_mean",
    "to_spiking",
]
