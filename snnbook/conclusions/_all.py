"""All claims, and the numbers of one of them."""

from collections.abc import Mapping

from snnbook._validate import check_choice
from snnbook.conclusions import _applications, _foundations, _remedies, _surrogates

#: The claims of the paper and of its summary, in the paper's order.
CLAIMS = (
    *_foundations.CLAIMS,
    *_remedies.CLAIMS,
    *_surrogates.CLAIMS,
    *_applications.CLAIMS,
)


def measured(number: int) -> Mapping:
    """Return the measured numbers of a claim by their names, as its sentence tells them.

    Parameters
    ----------
    number : int
        Number of the claim in the book.

    Examples
    --------
    >>> found = measured(25)
    >>> found["once_solved"] <= found["runs"], found["once_low"] < found["once_high"]
    (True, True)

    Paper section VI; chapter 7.
    """
    claims = {claim.number: claim for claim in CLAIMS}
    check_choice("number", number, claims)
    return claims[number].measure()
