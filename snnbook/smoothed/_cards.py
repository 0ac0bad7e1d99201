"""The card at the end of each chapter 4a to 4d, and the four cards side by side."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

ROWS = {
    "smooth": "What is smooth",
    "exact": "What is exact",
    "cost": "What it costs",
    "choose": "When to choose it",
}


@dataclass(frozen=True)
class Card:
    """One way to smooth a spiking network, in four sentences and what was measured.

    Parameters
    ----------
    title : str
        Name of the family.
    smooth, exact, cost, choose : str
        What is smooth, what is exact, what it costs, and when to choose it.
    measured : mapping of str to str
        Costs that the chapter measured: what, and the value as it is to be read.

    Examples
    --------
    >>> print(Card("Soft", "the spike", "the gradient", "small steps", "for one neuron"))
    Soft
      What is smooth: the spike
      What is exact: the gradient
      What it costs: small steps
      When to choose it: for one neuron

    Paper section IV.A; chapters 4a to 4d.
    """

    title: str
    smooth: str
    exact: str
    cost: str
    choose: str
    measured: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> list[tuple[str, str]]:
        """Return the rows as pairs of a heading and a text."""
        fixed = [(label, getattr(self, row)) for row, label in ROWS.items()]
        return fixed + [(f"Measured: {what}", value) for what, value in self.measured.items()]

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {label}: {text}" for label, text in self.lines())])

    def _repr_html_(self) -> str:
        return Cards((self,))._repr_html_()


@dataclass(frozen=True)
class Cards:
    """Several cards, shown as one table with a column for each."""

    cards: tuple[Card, ...]

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.cards))

    def _repr_html_(self) -> str:
        titles = "".join(f'<th scope="col">{html.escape(c.title)}</th>' for c in self.cards)
        rows = []
        for number in range(max(len(card.lines()) for card in self.cards)):
            texts = [dict(enumerate(card.lines())).get(number, ("", "")) for card in self.cards]
            label = next(label for label, _ in texts if label)
            cells = "".join(f"<td>{html.escape(text)}</td>" for _, text in texts)
            rows.append(f'<tr><th scope="row">{html.escape(label)}</th>{cells}</tr>')
        return (
            '<div class="cards"><table class="table"><thead><tr><td></td>'
            f"{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        )


#: The four families of paper section IV.A, by the name of their file.
CARDS: Mapping[str, Card] = MappingProxyType(
    {
        "soft": Card(
            title="Soft nonlinearity (4a)",
            smooth="The spike itself: a pulse that grows gradually as the membrane rises.",
            exact="The gradient of the smooth network, by ordinary backpropagation through time.",
            cost="Small steps through every spike, and spikes that are no longer 0 or 1.",
            choose="For the dynamics of single neurons, and for models with a biophysical spike.",
        ),
        "probabilistic": Card(
            title="Probabilistic (4b)",
            smooth="The expectation over random spikes; each single run stays binary.",
            exact="The gradient of the expected loss, on average over samples.",
            cost="Variance: samples, the more the larger the network.",
            choose="When the noise is part of the model, or a target spike train is given.",
        ),
        "rate": Card(
            title="Rate coding (4c)",
            smooth="The relation of mean input to mean firing rate.",
            exact="The gradient of the rate network, which stands in for the spiking one.",
            cost="Spikes and time: a rate must be counted before it can be read.",
            choose="To run a trained network of rates on spiking hardware.",
        ),
        "timing": Card(
            title="Spike timing (4d)",
            smooth="The time of each spike, as long as the spike exists.",
            exact="The gradient of the spike times, with no steps in time at all.",
            cost="Silent neurons have no gradient; each neuron speaks once in a trial.",
            choose="For fast decisions with few spikes, where trials begin on command.",
        ),
    }
)


def card(name: str, **measured: str) -> Card:
    """Return the card of one family, with what the chapter measured.

    Parameters
    ----------
    name : {"soft", "probabilistic", "rate", "timing"}
        The family.
    **measured : str
        What was measured, and its value; an underscore in a name is shown as a space.

    Raises
    ------
    ValueError
        If there is no such card.

    Examples
    --------
    >>> print(card("rate", spikes_per_image="120").lines()[-1])
    ('Measured: spikes per image', '120')

    Paper section IV.A; chapters 4a to 4d.
    """
    if name not in CARDS:
        raise ValueError(f"name is {name!r}; one of {', '.join(CARDS)} is accepted")
    return replace(CARDS[name], measured={k.replace("_", " "): v for k, v in measured.items()})


def cards() -> Cards:
    """Return the four cards of paper section IV.A as one table.

    >>> [card.title for card in cards().cards][0]
    'Soft nonlinearity (4a)'
    """
    return Cards(tuple(CARDS.values()))
