"""Conclusions: every claim of the paper beside what was measured (paper section VI).

A claim is a value: its words, its chapters, a function that measures, and a verdict. Its numbers
come from stored results or are computed at once; none is typed.

>>> sum(tally(CLAIMS).values()) == len(CLAIMS)
True
"""

from snnbook.conclusions import _applications, _foundations, _remedies
from snnbook.conclusions._after import (
    METHODS as METHODS,
    SPACE as SPACE,
    TIME as TIME,
)
from snnbook.conclusions._claims import (
    VERDICTS as VERDICTS,
    Claim as Claim,
    percent as percent,
    table as table,
    tally as tally,
)
from snnbook.conclusions._gru import (
    GRUNetwork as GRUNetwork,
    gru_size as gru_size,
    parameters_of as parameters_of,
)

#: The claims of the paper and of its summary, in the paper's order.
CLAIMS = (*_foundations.CLAIMS, *_remedies.CLAIMS, *_applications.CLAIMS)
