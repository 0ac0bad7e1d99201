"""Data sets that lie in files: read one sample at a time, and never fetched without being asked.

:func:`data_folder` says where they are looked for, and :func:`download` fetches a set. What is
opened is a ``torch`` data set: its items are read when they are asked for, also by the workers of a
``DataLoader``.

>>> data_folder("sets").name
'sets'
"""

from snnbook.readers._download import download as download
from snnbook.readers._dvs_gestures import dvs_gestures as dvs_gestures
from snnbook.readers._fetch import DownloadError as DownloadError
from snnbook.readers._heidelberg import shd as shd, ssc as ssc
from snnbook.readers._idx import read_idx as read_idx
from snnbook.readers._images import (
    Images as Images,
    fashion_mnist as fashion_mnist,
    mnist as mnist,
)
from snnbook.readers._places import data_folder as data_folder
from snnbook.readers._recordings import Recordings as Recordings
from snnbook.readers._saccades import n_mnist as n_mnist
from snnbook.readers._sources import SOURCES as SOURCES
from snnbook.readers._spoken_digits import spoken_digits as spoken_digits
from snnbook.readers._verify import verify as verify
from snnbook.readers._wav import Sound as Sound, read_wav as read_wav
from snnbook.readers._wav_folder import WavFolder as WavFolder
