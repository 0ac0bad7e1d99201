"""Conclusions: every claim of the paper beside what was measured (paper section VI).

A claim is a value: its words, its chapters, a function that measures, and a verdict. Its numbers
come from stored results or are computed at once; none is typed.

>>> sum(tally(CLAIMS).values()) == len(CLAIMS)
True
"""

from snnbook.conclusions.after import METHODS, SPACE, TIME, Method, method_map, verdict_grid
from snnbook.conclusions.applications import CLAIMS as _applications
from snnbook.conclusions.claims import VERDICTS, Claim, percent, table, tally
from snnbook.conclusions.foundations import CLAIMS as _foundations
from snnbook.conclusions.gru import GRUNetwork, gru_size, parameters_of
from snnbook.conclusions.remedies import CLAIMS as _remedies

#: The claims of the paper and of its summary, in the paper's order.
CLAIMS = (*_foundations, *_remedies, *_applications)

__all__ = [
    "CLAIMS",
    "METHODS",
    "SPACE",
    "TIME",
    "VERDICTS",
    "Claim",
    "GRUNetwork",
    "Method",
    "gru_size",
    "method_map",
    "parameters_of",
    "percent",
    "table",
    "tally",
    "verdict_grid",
]
