"""A claim of the paper, what was measured, and the verdict; and tables of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from snnbook import results
from snnbook.notebook import chapter_number
from snnbook.training import SeedInterval, seed_interval

#: The verdicts, with the mark that stands for each where color alone would not do.
VERDICTS = {"agrees": "●", "agrees with a condition": "◐", "differs": "○"}


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes
    ----------
    number : int or str
        Its number in the book; in part III with its chapter, ``"8c.1"``.
    section : str
        Section of the paper, such as ``"IV.B"``; empty where the claim comes from a later work.
    words : str
        The claim in our words, as a sentence without its period.
    chapters : tuple of str
        Files of the chapters that measure it, the most important first.
    measure : callable
        Takes nothing and returns the measured numbers by name. It reads stored results or
        computes; no number is typed.
    said : str
        The sentence that tells them, with their names in braces as for :meth:`str.format`.
    verdict : str
        One of :data:`VERDICTS`.
    why : str
        The condition, or the difference, as a sentence; empty where the claim just agrees.
    sources : tuple of str
        Names of the stored results that are read; empty where everything is computed now.

    Examples
    --------
    >>> claim = Claim(0, "I", "two is even", ("01-introduction",), lambda: {"half": 2 // 2},
    ...               "2 / 2 = {half}.", "agrees")
    >>> claim.measure()["half"], claim.sentence()
    (1, '2 / 2 = 1.')
    """

    number: int | str
    section: str
    words: str
    chapters: tuple[str, ...]
    measure: Callable[[], Mapping]
    said: str
    verdict: str
    why: str = ""
    sources: tuple[str, ...] = ()

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise ValueError(
                f"verdict is {self.verdict!r}; one of {', '.join(VERDICTS)} is accepted"
            )
        if bool(self.why) == (self.verdict == "agrees"):
            raise ValueError(
                f"why is {self.why!r} with the verdict {self.verdict!r}; "
                "a reason is accepted if and only if the claim does not just agree"
            )

    @property
    def statement(self) -> str:
        """Its words as a sentence without a period; a name such as eRBP keeps its letters."""
        first = self.words.split()[0]
        return self.words[0].upper() + self.words[1:] if first.islower() else self.words

    def sentence(self) -> str:
        """Measure, and return the numbers as a sentence."""
        return self.said.format(**self.measure())


class Share(SeedInterval):
    """A mean over seeds between 0 and 1, which formats as percent with its 95 % interval."""

    def __format__(self, spec: str) -> str:
        ends = self.mean, max(self.low, 0.0), min(self.high, 1.0)
        mean, low, high = (format(100 * x, spec or ".1f") for x in ends)
        return f"{mean} % ({low} to {high})"


def share(values: Iterable[float]) -> Share:
    """Return the mean of shares over seeds; as text in percent, cut at 0 and 100.

    >>> print(f"{share([0.9, 0.92, 0.94])}")
    92.0 % (87.0 to 97.0)
    """
    return Share(*seed_interval(values))


def stored(name: str, key: str = "accuracy", **settings) -> list:
    """Return one record of each stored run with these settings."""
    runs = results.load(name)["runs"]
    return [run[key] for run in runs if all(run[k] == value for k, value in settings.items())]


def table(claims: Iterable[Claim]) -> str:
    """Return a MyST table of claims; every number in it is measured by this call.

    It stands in a ``div`` of class ``claims``, whose rows become blocks on a narrow screen.

    Examples
    --------
    >>> claim = Claim(0, "I", "two is even", ("01-introduction",), dict, "Yes.", "agrees")
    >>> print(table([claim]))
    :::{div} claims
    <BLANKLINE>
    | no. | claim | measured | verdict |
    |---|---|---|---|
    | 0 | Two is even (section I, chapter [1](01-introduction.ipynb)). | Yes. | ● agrees |
    <BLANKLINE>
    :::

    Paper section VI; chapter 7.
    """
    rows = [":::{div} claims", "", "| no. | claim | measured | verdict |", "|---|---|---|---|"]
    for claim in claims:
        links = ", ".join(f"[{chapter_number(name)}]({name}.ipynb)" for name in claim.chapters)
        word = "chapter" if len(claim.chapters) == 1 else "chapters"
        verdict = f"{VERDICTS[claim.verdict]} {claim.verdict}"
        verdict += f": {claim.why}" if claim.why else ""
        section = f"section {claim.section}, " if claim.section else ""
        said = f"{claim.statement} ({section}{word} {links})."
        rows.append(f"| {claim.number} | {said} | {claim.sentence()} | {verdict} |")
    return "\n".join([*rows, "", ":::"])


def tally(claims: Iterable[Claim]) -> dict[str, int]:
    """Return how many claims have each verdict.

    >>> tally([])
    {'agrees': 0, 'agrees with a condition': 0, 'differs': 0}
    """
    found = dict.fromkeys(VERDICTS, 0)
    for claim in claims:
        found[claim.verdict] += 1
    return found
