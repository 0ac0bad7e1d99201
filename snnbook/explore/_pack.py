"""Arrays for a page: every different array once, in 16 bits, as base64."""

import base64
from collections.abc import Sequence

import numpy as np

TOP = 65534  # 65535 stands for NaN


def pack(frames: Sequence[dict]) -> dict:
    """Return the arrays of all frames in a form that JSON takes, and their texts.

    Each name has one scale: an entry is stored as an integer from 0 (the least value over all
    frames) to 65534 (the greatest), so it is exact to the range / 131068. Arrays that are equal
    in several frames are stored once.

    Parameters
    ----------
    frames : sequence of dict
        Name -> numbers, and ``"text"`` -> str, with the same names in each frame.

    Returns
    -------
    dict
        ``arrays``: for each name the scale, the ends of the stored arrays, and the data;
        ``frames``: for each name the index of the stored array of each frame;
        ``texts`` and ``text``: the different sentences, and the index of each frame's.

    Raises
    ------
    ValueError
        If the frames do not share their names, or an array holds infinity.

    Examples
    --------
    >>> packed = pack([{"x": [0.0, 1.0], "text": "a"}, {"x": [0.0, 1.0], "text": "b"}])
    >>> packed["frames"]["x"], packed["arrays"]["x"]["ends"], packed["texts"]
    ([0, 0], [2], ['a', 'b'])
    """
    names = [name for name in frames[0] if name != "text"]
    for frame in frames:
        if set(frame) != {*names, "text"}:
            raise ValueError(f"a frame has {sorted(frame)}; {sorted([*names, 'text'])} is accepted")
    texts = list(dict.fromkeys(frame["text"] for frame in frames))
    packed = {"arrays": {}, "frames": {}}
    for name in names:
        arrays = [np.asarray(frame[name], dtype=np.float64).ravel() for frame in frames]
        packed["arrays"][name], packed["frames"][name] = _pack_one(name, arrays)
    places = {text: index for index, text in enumerate(texts)}
    return {**packed, "texts": texts, "text": [places[frame["text"]] for frame in frames]}


def _pack_one(name: str, arrays: list[np.ndarray]) -> tuple[dict, list[int]]:
    """Return the stored arrays of one name, and which of them each frame has."""
    joined = np.concatenate(arrays)
    if np.isinf(joined).any():
        raise ValueError(f"{name} holds infinity; finite values and nan are accepted")
    known = joined[~np.isnan(joined)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    places: dict[bytes, int] = {}
    ends, parts, which = [], [], []
    for array in arrays:
        scaled = np.rint((array - low) * (TOP / ((high - low) or 1.0)))
        words = np.where(np.isnan(scaled), TOP + 1, scaled).astype("<u2")
        key = words.tobytes()
        if key not in places:
            places[key] = len(ends)
            ends.append(words.size + (ends[-1] if ends else 0))
            parts.append(key)
        which.append(places[key])
    data = base64.b64encode(b"".join(parts)).decode()
    return {"low": low, "high": high, "ends": ends, "data": data}, which
