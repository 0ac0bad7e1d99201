"""Conclusions: every claim of the paper beside what was measured (paper section VI).

A claim is a value: its words, its chapters, a function that measures, a sentence that tells the
numbers, and a verdict. They come from stored results or are computed at once; none is typed.

>>> sum(tally(CLAIMS).values()) == len(CLAIMS)
True
"""

from snnbook.conclusions._after import METHODS as METHODS, SPACE as SPACE, TIME as TIME
from snnbook.conclusions._all import CLAIMS as CLAIMS, LATER as LATER, measured as measured
from snnbook.conclusions._ch08d import (
    one_voice as one_voice,
    sound_accuracy as sound_accuracy,
    sound_kinds as sound_kinds,
    sound_runs as sound_runs,
)
from snnbook.conclusions._ch08e import energy_arms as energy_arms
from snnbook.conclusions._claims import (
    VERDICTS as VERDICTS,
    Claim as Claim,
    share as share,
    table as table,
    tally as tally,
)
from snnbook.conclusions._evidence import budget as budget, evidence_table as evidence_table
from snnbook.conclusions._gru import (
    GRUNetwork as GRUNetwork,
    gru_size as gru_size,
    parameters_of as parameters_of,
)
