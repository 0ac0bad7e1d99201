"""Smoothed spiking networks: four ways to a gradient that exists (paper section IV.A).

Each file belongs to one chapter: ``soft`` (4a), ``probabilistic`` (4b), ``rate`` (4c) and
``timing`` (4d). ``card`` and ``cards`` sum up what each way makes smooth, and what it costs.
"""

from snnbook.smoothed.cards import CARDS, Card, Cards, card, cards

__all__ = [
    "CARDS",
    "Card",
    "Cards",
    "card",
    "cards",
]
