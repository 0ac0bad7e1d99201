"""Data sets that lie in files: read one sample at a time, and never fetched without being asked.

:func:`data_folder` says where they are looked for. What is read is a ``torch`` data set: its items
are read when they are asked for, also by the workers of a ``DataLoader``.

>>> data_folder("sets").name
'sets'
"""

from snnbook.readers._places import data_folder as data_folder
from snnbook.readers._spoken_digits import spoken_digits as spoken_digits
from snnbook.readers._wav import Sound as Sound, read_wav as read_wav
from snnbook.readers._wav_folder import WavFolder as WavFolder
