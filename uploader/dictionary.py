"""What DICOM has registered (PS3.6): attributes with their VRs and keywords, and UIDs with their types.

From a table that is made of pydicom's dictionaries (tools/dictionary.py) and read when first asked: all of pydicom
would take longer to load than most jobs last.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
"""VRs that are written with a length of 32 bits in explicit encodings. PS3.5 7.1.2."""
SHORT_VRS = frozenset("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())  # noqa: SIM905
TRANSFER_SYNTAX = "Transfer Syntax"
IMPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
_NATIVE = frozenset({IMPLICIT, "1.2.840.10008.1.2.1", BIG_ENDIAN, DEFLATED})


def vr_of(tag: int) -> str | None:
    """VR of a public attribute, as ``US or SS`` where the standard leaves a choice; None for an unknown one."""
    row = _row(tag)
    return None if row is None else row.partition(":")[0]


def keyword_of(tag: int) -> str:
    """Keyword of a public attribute; empty for an unknown one, and for a retired one without a name."""
    row = _row(tag)
    return "" if row is None else row.partition(":")[2]


def is_attribute(tag: int) -> bool:
    """Whether this very tag is registered, not only its repeating group."""
    return f"{tag:08x}" in _attributes()


def tag_of(keyword: str) -> int | None:
    """The attribute of this keyword."""
    return _by_keyword().get(keyword)


def keywords() -> Collection[str]:
    """Of all attributes that are not retired without a name."""
    return _by_keyword().keys()


def uid_type(uid: str) -> str:
    """Of a registered UID, e.g. ``SOP Class``; empty for every other."""
    return _uids().get(uid, "")


def is_implicit(syntax: str) -> bool:
    """Whether elements are written without VRs under this transfer syntax. PS3.5 10."""
    return syntax == IMPLICIT


def is_little_endian(syntax: str) -> bool:
    return syntax != BIG_ENDIAN


def is_encapsulated(syntax: str) -> bool:
    """Whether pixels stand in fragments under this transfer syntax."""
    return syntax not in _NATIVE


def _row(tag: int) -> str | None:
    """``VR:keyword``"""
    row = _attributes().get(f"{tag:08x}")
    if row is not None or tag >> 16 & 1:
        return row
    return next((row for mask, bits, row in _repeating() if tag & mask == bits), None)


@cache
def _table() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads((Path(__file__).parent / "tables" / "dictionary.json").read_bytes())
    return content


@cache
def _attributes() -> Mapping[str, str]:
    """Row by tag in hexadecimal digits."""
    rows: Mapping[str, str] = _table()["attributes"]
    return rows


@cache
def _by_keyword() -> Mapping[str, int]:
    keywords = {row[row.index(":") + 1 :]: int(tag, 16) for tag, row in _attributes().items()}
    keywords.pop("")  # retired, and without a name
    return keywords


@cache
def _repeating() -> tuple[tuple[int, int, str], ...]:
    """(mask, bits, row) of attributes in repeating groups."""
    return tuple(
        (int("".join("0" if c == "x" else "f" for c in tag), 16), int(tag.replace("x", "0"), 16), row)
        for tag, row in _table()["repeating"].items()
    )


@cache
def _uids() -> Mapping[str, str]:
    uids: Mapping[str, str] = _table()["uids"]
    return uids
