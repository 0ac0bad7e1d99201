"""One sentence, once, where Numba cannot be imported: the plain loops run in its place."""

import warnings
from functools import cache

#: What a reader can do about it.
ADVICE = "'pip install numba' gives the compiled loops, 'python -m snnbook doctor' looks further"


@cache
def say_plain(reason: str) -> None:
    """Warn that the loops run as plain Python, once in a process for each reason.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     say_plain("numba is away"); say_plain("numba is away")
    >>> len(said)
    1
    """
    warnings.warn(
        f"{reason}, so loops over time run as plain Python: the same numbers, slower; {ADVICE}.",
        RuntimeWarning,
        stacklevel=2,
    )
