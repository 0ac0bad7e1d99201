"""All claims, and the numbers of one of them."""

from collections.abc import Mapping

from snnbook._validate import check_choice
from snnbook.conclusions import (
    _applications,
    _ch08a,
    _ch08b,
    _ch08c,
    _ch08d,
    _ch08e,
    _foundations,
    _remedies,
    _surrogates,
)

#: The claims of the paper and of its summary, in the paper's order.
CLAIMS = (
    *_foundations.CLAIMS,
    *_remedies.CLAIMS,
    *_surrogates.CLAIMS,
    *_applications.CLAIMS,
)

#: The claims of part III, of works after the paper, chapter by chapter.
LATER = (
    *_ch08a.CLAIMS,
    *_ch08b.CLAIMS,
    *_ch08c.CLAIMS,
    *_ch08d.CLAIMS,
    *_ch08e.CLAIMS,
)


def measured(number: int | str) -> Mapping:
    """Return the measured numbers of a claim by their names, as its sentence tells them.

    Parameters
    ----------
    number : int or str
        Number of the claim in the book, such as 25, or ``"8c.1"`` in part III.

    Examples
    --------
    >>> found = measured(25)
    >>> found["once_solved"] <= found["runs"], found["once_low"] < found["once_high"]
    (True, True)

    Paper section VI; chapter 7.
    """
    claims = {claim.number: claim for claim in (*CLAIMS, *LATER)}
    check_choice("number", number, claims)
    return claims[number].measure()
