"""The AEDAT 3.1 format of event cameras: lines of text, then packets of events."""

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from snnbook.readers._recordings import check_forward

VERSION, END = b"#!AER-DAT3.1", b"#!END-HEADER"
#: Kind, source, size of an event, place of its stamp, overruns of the clock, room, number, valid.
PACKET = struct.Struct("<HHIIIIII")
POLARITY = 1
EVENT = np.dtype([("data", "<u4"), ("stamp", "<u4")])
LONGEST_LINE = 10_000


class Packet(NamedTuple):
    """Some polarity events in a row: where they are, and when the first and the last was."""

    offset: int
    number: int
    added: int
    all_valid: bool
    first: int
    last: int


class Aedat:
    """One recording. Where its events are is found once; then any stretch of time can be read.

    Parameters
    ----------
    path : Path
        The file.
    check_order : bool
        Whether to raise if time stamps run backward.
    """

    def __init__(self, path: Path, check_order: bool) -> None:
        self.path = path
        self._raw = _mapped(path)
        self._packets = list(self._walk(_header_end(path, self._raw)))
        if check_order:
            edges = [x for packet in self._packets for x in (packet.first, packet.last)]
            check_forward(str(path), np.array(edges, np.int64))
            for packet in self._packets:
                check_forward(str(path), self._stamps(packet))

    def between(self, start: int, end: int) -> tuple[np.ndarray, ...]:
        """Return stamp, polarity, row and column of the events from ``start`` to before ``end``."""
        stamps, data = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for packet in self._packets:
            if packet.first < end and packet.last >= start:
                at, what = self._stamps(packet), self._events(packet)["data"].astype(np.int64)
                keep = (at >= start) & (at < end) & (packet.all_valid | (what & 1 == 1))
                stamps.append(at[keep])
                data.append(what[keep])
        bits = np.concatenate(data)
        return np.concatenate(stamps), bits >> 1 & 1, bits >> 2 & 0x7FFF, bits >> 17

    def _events(self, packet: Packet) -> np.ndarray:
        return np.frombuffer(self._raw, EVENT, packet.number, packet.offset)

    def _stamps(self, packet: Packet) -> np.ndarray:
        return self._events(packet)["stamp"].astype(np.int64) + packet.added

    def _walk(self, place: int):
        """Yield every packet of polarity events, and raise where the file breaks off."""
        while place < len(self._raw):
            body = place + PACKET.size
            if body > len(self._raw):
                raise self._broken(place)
            kind, _, size, _, overruns, _, number, valid = PACKET.unpack_from(self._raw, place)
            place = body + size * number
            if place > len(self._raw):
                raise self._broken(body)
            if kind != POLARITY or not number:
                continue
            if size != EVENT.itemsize or valid > number:
                raise ValueError(
                    f"{self.path} has a packet at byte {body} with events of {size} bytes, {valid} "
                    f"of {number} valid; events of {EVENT.itemsize} bytes are accepted"
                )
            packet = Packet(body, number, overruns << 31, valid == number, 0, 0)
            stamps = self._stamps(packet)
            yield packet._replace(first=int(stamps.min()), last=int(stamps.max()))

    def _broken(self, place: int) -> ValueError:
        return ValueError(
            f"{self.path} is truncated: a packet at byte {place} goes on behind its end, at byte "
            f"{len(self._raw)}"
        )


def _mapped(path: Path) -> np.ndarray:
    if not path.stat().st_size:
        raise ValueError(f"{path} is empty; a file in AEDAT 3.1 format is accepted")
    return np.memmap(path, np.uint8, "r")


def _header_end(path: Path, raw: np.ndarray) -> int:
    """Return where the lines of text end, or raise if the file is of another format."""
    place = 0
    start = bytes(raw[: len(VERSION) + 2])
    if not start.startswith(VERSION):
        raise ValueError(
            f"{path} begins with {start!r}; a file in AEDAT 3.1 format, which begins with "
            f"{VERSION.decode()}, is accepted"
        )
    while place < len(raw) and raw[place] == ord("#"):
        line, end, _ = bytes(raw[place : place + LONGEST_LINE]).partition(b"\n")
        place += len(line) + len(end)
        if end and line.rstrip() == END:
            return place
    raise ValueError(f"{path} is truncated: its header has no line {END.decode()}")
