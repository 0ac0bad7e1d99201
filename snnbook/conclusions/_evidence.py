"""What stands behind a claim: its stored results, and what each arm of a comparison was given."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from snnbook import results
from snnbook._validate import check_choice
from snnbook.conclusions._claims import Claim

_COUNTS = ("settings", "networks", "seconds")
_UNSEARCHED = (
    "Not searched: one setting for each arm, or the better of a few that the script names."
)


def evidence_table(claims: Iterable[Claim]) -> str:
    """Return a MyST table: each claim, its stored results, and whether their arms were searched.

    Examples
    --------
    >>> claim = Claim(0, "I", "two is even", ("01-introduction",), dict, "Yes.", "agrees")
    >>> print(evidence_table([claim]))
    :::{div} claims
    <BLANKLINE>
    | no. | claim | stored results |
    |---|---|---|
    | 0 | Two is even. | none: computed when the chapter's page is made |
    <BLANKLINE>
    :::

    Paper section VI; the book's page on evidence.
    """
    rows = [":::{div} claims", "", "| no. | claim | stored results |", "|---|---|---|"]
    for claim in claims:
        told = "; ".join(_source(name) for name in claim.sources)
        told = told or "none: computed when the chapter's page is made"
        rows.append(f"| {claim.number} | {claim.statement}. | {told} |")
    return "\n".join([*rows, "", ":::"])


def _source(name: str) -> str:
    made, data = results.metadata(name), results.load(name)
    seeds = len(made["seeds"])
    searched = "each arm searched" if _rows(data) else "not searched"
    return f"`{name}` ({seeds} {'seed' if seeds == 1 else 'seeds'}, {made['date']}): {searched}"


def budget(name: str) -> str:
    """Return MyST that says where a stored result comes from and what each arm was given.

    For each arm: the settings tried, how many networks were trained for search and result, their
    seconds, and the setting chosen. A result that holds no search says so.

    Parameters
    ----------
    name : str
        One of :func:`snnbook.results.available`.

    Raises
    ------
    ValueError
        If there is no such result.

    Examples
    --------
    >>> text = budget("ch01_hidden_layer")
    >>> text.splitlines()[0]
    '**ch01_hidden_layer**'
    >>> [line for line in text.splitlines() if line.startswith("| none")][0][:40]
    '| none, hidden 0 | nothing to choose | 5'

    Paper section VI; the book's page on evidence.
    """
    check_choice("name", name, results.available())
    data, told = results.load(name), f"**{name}**\n\n{results.provenance(name)}\n"
    rows = _rows(data)
    if not rows:
        return told + _UNSEARCHED
    head = ["| arm | tried | given | chosen |", "|---|---|---|---|"]
    lines = [*head, *(f"| {' | '.join(row)} |" for row in rows)]
    return told + "\n".join([_where(data), "", ":::{div} claims", "", *lines, "", ":::"])


def _where(data: Mapping) -> str:
    """Return the sentence that says with which seeds the settings were chosen."""
    seeds = data.get("search_seeds", data.get("choice"))
    word = "seed" if len(seeds) == 1 else "seeds"
    return f"Searched with {word} {', '.join(map(str, seeds))}, which no result has."


def _rows(data: Mapping) -> list[tuple[str, str, str, str]]:
    """Return for each arm what it is, what was tried, what was trained, and what was chosen."""
    if "search" in data:
        return [_row(one, data) for one in data["budget"]]
    searches = {name: one for name, one in data.items() if isinstance(one, dict) and "best" in one}
    return [
        (
            _plain(name),
            _tried(len(one["grid"]), one["grid"], one["best"]),
            f"{sum(map(len, one['tried'])) + len(one['losses'])} runs",
            _all_words(one["best"]),
        )
        for name, one in searches.items()
    ]


def _row(given: Mapping, data: Mapping) -> tuple[str, str, str, str]:
    arm = {name: value for name, value in given.items() if name not in _COUNTS}
    choice = next(one for one in data["choices"] if _has(one, arm))
    choice = {name: value for name, value in choice.items() if name not in arm}
    found = [row for row in data["search"] if _has(row, arm)]
    return (
        _all_words(arm, bare=True),
        _tried(given["settings"], found, choice) if choice else "nothing to choose",
        f"{given['networks']} networks, {given['seconds']:.0f} s",
        _all_words(choice) or "–",
    )


def _tried(settings: int, rows: Sequence[Mapping], names: Iterable[str]) -> str:
    """Return how many settings were tried, and what each choice was between."""
    spans = (_span(name, {row[name] for row in rows}) for name in names)
    return f"{settings} settings: {'; '.join(spans)}"


def _has(row: Mapping, wanted: Mapping) -> bool:
    return all(row.get(name) == value for name, value in wanted.items())


def _span(name: str, values: set) -> str:
    """Return the values of one choice: the ends and the number of them, or all that are words."""
    if len(values) > 2 and not any(isinstance(value, str | bool) for value in values):
        return f"{_plain(name)} {min(values):g} to {max(values):g} ({len(values)} values)"
    return f"{_plain(name)} {' or '.join(_value(value) for value in sorted(values, key=str))}"


def _all_words(settings: Mapping, bare: bool = False) -> str:
    """Return settings in words; ``bare`` leaves out the name before a word."""
    return ", ".join(
        _value(value) if bare and isinstance(value, str) else f"{_plain(name)} {_value(value)}"
        for name, value in settings.items()
    )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else _plain(str(value))


def _plain(name: str) -> str:
    return name.replace("_", " ")
