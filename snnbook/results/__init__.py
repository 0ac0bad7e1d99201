"""Results of long experiments, shipped with the package as JSON.

A chapter runs a short version of an experiment live and loads the long one from here.
Each file holds the data and where they come from: command, seeds, versions, machine and date.

>>> load("no such name")
Traceback (most recent call last):
...
ValueError: name is 'no such name'; lower-case letters, digits, '-' and '_' are accepted
"""

from snnbook.results._store import (
    available as available,
    load as load,
    metadata as metadata,
    provenance as provenance,
    save as save,
)
