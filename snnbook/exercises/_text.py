"""Reading a text: the numbers that it spells out, in any reasonable way to write them.

``book/assets/answers/text.js`` does the same on the page, function by function.
"""

import math
import re

#: Kinds of units and how much each one is; an exercise names the unit that it asks for.
UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), ("time", 1.0)),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), ("time", 1e-3)),
    **dict.fromkeys(("us", "μs", "microsecond", "microseconds"), ("time", 1e-6)),
    **dict.fromkeys(("hz", "hertz", "/s", "per second", "spikes/s"), ("rate", 1.0)),
    **dict.fromkeys(("khz", "kilohertz"), ("rate", 1e3)),
    **dict.fromkeys(("°", "deg", "degree", "degrees"), ("angle", 1.0)),
    **dict.fromkeys(("rad", "radian", "radians"), ("angle", 180 / math.pi)),
}
#: What may be counted; such a word behind a number changes nothing.
COUNTED = frozenset(
    "activities arrows counts entries images layers networks neurons numbers pairs parameters pass "
    "passes pictures points seeds spikes steps synapses times units values visits weights".split()
)
_SAME = {ord(one): "-" for one in "−–—‐‑‒﹣－"}
_SAME |= {ord(one): " " for one in "\t\n\r\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000"}
_SAME |= {ord(one): "*" for one in "×·⋅∙✕"} | {ord(one): "/" for one in "⁄∕÷"}
_SAME |= {ord("\u200b"): None, ord("\ufeff"): None, ord("’"): "'", ord("µ"): "μ", ord("≃"): "≈"}
_SAME |= {ord(one): text for one, text in zip("½⅓⅔¼¾", (" 1/2", " 1/3", " 2/3", " 1/4", " 3/4"))}
_RAISED, _LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-"
#: A comma, a space and so on may stand before each three digits; else a comma is that of 0,5.
_NUMBER = re.compile(
    r"(?P<sign>[+-]?) ?"
    r"(?:(?P<grouped>[1-9][0-9]{0,2}(?:[,_' ][0-9]{3})+(?![0-9])(?:\.[0-9]*)?)"
    r"|(?P<comma>[0-9]+,[0-9]+)"
    r"|(?P<plain>[0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?:(?: ?e ?| ?[*x] ?10 ?(?:\^|\*\*) ?\(?)(?P<power>[+-]?[0-9]+)\)?)?"
)
_ABOUT = re.compile(r"^(?:about|approximately|approx\.?|roughly|ca\.?|step|~) ?")
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_DEEPEST = 4  # brackets inside of brackets


class UnreadableAnswer(Exception):
    """The answer is not of the kind that the exercise asks for; the message says why."""


def spelled_out(text: str, unit: str = "", several: bool = False) -> float | tuple:
    """Return the number, or the numbers, that a text spells out.

    Where several numbers are asked for, a comma stands between them.

    >>> spelled_out(" −0.5 "), spelled_out("17,400 weights"), spelled_out("3 · 10⁻³")
    (-0.5, 17400.0, 0.003)
    >>> spelled_out("(0.5, 1/4)", several=True), spelled_out("75 %"), spelled_out("2 ms", unit="s")
    ((0.5, 0.25), 0.75, 0.002)
    """
    plain = _plain(text)
    value = None if several else _number(_without_name(plain), unit)
    if value is None:
        value = _numbers(plain, unit)
    if value is None:
        wanted = "numbers such as 0.5, 1e-3 and 1/2" if several else "a number such as 0.5 or 1/2"
        raise UnreadableAnswer(f"it says {quoted(text)}; write {wanted}")
    return value


def quoted(text: str) -> str:
    """Return a text as a message repeats it: on one line, in quotes, not too long.

    >>> quoted("two  halves")
    '"two halves"'
    """
    line = " ".join(text.split()).replace("`", "'")
    return f'"{line[:40]}…"' if len(line) > 40 else f'"{line}"'


def _plain(text: str) -> str:
    """Return a text in lower case with one sign for each minus, space and so on.

    >>> _plain("−3 × 10⁻³ MS.")
    '-3 * 10^-3 ms'
    """
    raised = re.compile(f"[{_RAISED}]+")
    text = raised.sub(lambda m: "^" + m[0].translate(str.maketrans(_RAISED, _LOWERED)), text)
    text = text.translate(_SAME).lower()
    text = re.sub(r"(?<![a-z])and(?![a-z])|&", ",", text)
    text = re.sub(r"^[ \"'`$]+|[ .\"'`$]+$", "", text)
    return re.sub(" +", " ", text)


def _without_name(text: str) -> str:
    """Return what stands behind the one equals sign of a text, or the text.

    >>> _without_name("n = 5"), _without_name("5")
    ('5', '5')
    """
    found = re.fullmatch(r"[^=≈]*[=≈] ?([^=≈]*)", text)
    return found[1] if found else text


def _number(text: str, unit: str) -> float | None:
    """Return the one number of a text, with a fraction and a unit, or None."""
    text = _ABOUT.sub("", text)
    text = re.sub(r"^([+-]? ?)10 ?(?:\^|\*\*)", r"\g<1>1*10^", text)
    found = _NUMBER.match(text)
    if found is None:
        return None
    value, rest = _value(found), text[found.end() :].lstrip(" ")
    below = _NUMBER.match(rest[1:].lstrip(" ")) if rest.startswith("/") else None
    if below is not None:
        if _value(below) == 0:
            return None
        value, rest = value / _value(below), rest[1:].lstrip(" ")[below.end() :].lstrip(" ")
    if rest in ("%", "percent", "per cent"):
        return value / 100
    if rest and not re.fullmatch(r"[a-zμ°/][a-zμ°/ ]*", rest):
        return None
    return value * _scale(rest, unit) if rest else value


def _value(found: re.Match) -> float:
    """Return the number that was found.

    >>> _value(_NUMBER.match("-1,234.5e1")), _value(_NUMBER.match("0,25"))
    (-12345.0, 0.25)
    """
    digits = found["plain"] or (found["comma"] or "").replace(",", ".")
    digits = digits or re.sub(r"[,_' ]", "", found["grouped"])
    return float(f"{found['sign']}{digits}e{found['power'] or 0}")


def _scale(word: str, unit: str) -> float:
    """Return by what to multiply a number with this unit.

    >>> _scale("ms", "s"), _scale("steps", "")
    (0.001, 1.0)
    """
    if word in COUNTED or f"{word}s" in COUNTED:
        return 1.0
    here, asked = UNITS.get(word), UNITS.get(unit.lower())
    if here is None or asked is None or here[0] != asked[0]:
        wanted = f"give it in {unit}" if unit else "give a number without a unit"
        raise UnreadableAnswer(f"its unit is {quoted(word)}; {wanted}")
    return here[1] / asked[1]


def _numbers(text: str, unit: str, depth: int = 0) -> float | tuple | None:
    """Return the numbers of a text, nested as its brackets are, or None.

    >>> _numbers("[[1, 2], [3, 4]]", ""), _numbers("a = 1; b = 2", "")
    (((1.0, 2.0), (3.0, 4.0)), (1.0, 2.0))
    """
    text = _without_name(text.strip(" "))
    inner = _unwrapped(text)
    mark, entries = _split(text if inner is None else inner)
    if inner is None and not mark:
        return _number(entries[0], unit)
    if depth == _DEEPEST:
        return None
    values = []
    for entry in entries:
        # Between semicolons a comma is that of 0,5.
        value = _number(_without_name(entry), unit) if mark == ";" else None
        values.append(_numbers(entry, unit, depth + 1) if value is None else value)
    return None if None in values else tuple(values)


def _unwrapped(text: str) -> str | None:
    """Return what one pair of brackets around a whole text holds, or None.

    >>> _unwrapped("(1, (2))"), _unwrapped("(1), (2)")
    ('1, (2)', None)
    """
    if not text or text[-1] != _PAIRS.get(text[0]):
        return None
    inner, open_ones = text[1:-1], 0
    for sign in inner:
        open_ones += (sign in _PAIRS) - (sign in _PAIRS.values())
        if open_ones < 0:
            return None
    return inner


def _split(text: str) -> tuple[str, list[str]]:
    """Return the mark between the entries of a text (a semicolon, a comma, a space), and these.

    >>> _split("1, (2, 3),"), _split("0,5; 1"), _split("1 -1"), _split("16 ms")
    ((',', ['1', '(2, 3)']), (';', ['0,5', '1']), (' ', ['1', '-1']), ('', ['16 ms']))
    """
    for mark in ";,":
        entries, open_ones = [""], 0
        for sign in text:
            open_ones += (sign in _PAIRS) - (sign in _PAIRS.values())
            if sign == mark and open_ones == 0:
                entries.append("")
            else:
                entries[-1] += sign
        if len(entries) > 1:
            last = entries if entries[-1].strip(" ") else entries[:-1]
            return mark, [entry.strip(" ") for entry in last]
    pieces = text.split(" ")
    several = len(pieces) > 1 and all(map(_NUMBER.fullmatch, pieces))
    return (" ", pieces) if several else ("", [text])
