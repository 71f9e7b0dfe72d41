"""Values that say nothing, for elements that may not be without one (PS3.15 E.1.1, action D)."""

from __future__ import annotations

WORD = b"REMOVED "
"""Eight letters and blanks: fits CS, SH and all longer texts."""

_BY_VR: dict[bytes, bytes] = {
    b"AS": b"000Y",
    b"DA": b"19000101",
    b"DT": b"19000101000000",
    b"TM": b"000000",
    b"DS": b"0 ",
    b"IS": b"0 ",
    b"US": b"\0" * 2,
    b"SS": b"\0" * 2,
    b"UL": b"\0" * 4,
    b"SL": b"\0" * 4,
    b"FL": b"\0" * 4,
    b"AT": b"\0" * 4,
    b"FD": b"\0" * 8,
    b"SV": b"\0" * 8,
    b"UV": b"\0" * 8,
    b"OB": b"\0" * 2,
    b"OW": b"\0" * 2,
    b"UN": b"\0" * 2,
    b"OF": b"\0" * 4,
    b"OL": b"\0" * 4,
    b"OD": b"\0" * 8,
    b"OV": b"\0" * 8,
    b"UR": b"",
}


_NUMBERS = frozenset(b"AT FD FL OD OF OL OV SL SS SV UL US UV".split())
"""VRs of numbers in binary form, of which other elements can say how many there are."""


def dummy(vr: bytes, value: bytes = b"") -> bytes:
    """What stands for a value, valid for its VR: as many zeros as there were numbers, else one value. Of a UID nothing
    is a dummy: it is mapped instead."""
    return bytes(len(value)) if value and vr in _NUMBERS else _BY_VR.get(vr, WORD)
