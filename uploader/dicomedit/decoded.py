"""Elements of a pydicom dataset as text, and text as elements: what `values` does where a dataset is decoded."""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal
from typing import Any, cast

from pydicom import config
from pydicom.charset import decode_bytes
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from uploader.dicomedit.plain import CHARACTER_SET
from uploader.dicomedit.values import (
    BYTES,
    FLOATS,
    INTEGERS,
    NUMBER_TEXTS,
    ONE_TEXT,
    TEXTS,
    BadValue,
    registered_vr,
    single,
    trimmed,
)

_DELIMITERS = {0x09, 0x0A, 0x0C, 0x0D}
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)
_HEX = re.compile(r"[0-9A-Fa-f]{1,8}")
_TOO_LARGE = (2 - 2**-24) * 2.0**127
"""From here on a number rounds to no finite FL."""


def vr_of(dataset: Dataset, tag: int) -> str:
    """VR of an element that is present, found without decoding it where that is possible."""
    element = dataset.get_item(tag)
    vr = element.VR if element is not None else None
    if isinstance(element, RawDataElement) and vr in {None, "UN"}:
        vr = "UN" if tag >> 16 & 1 else registered_vr(tag)
        if tag >> 16 & 1 or " " in vr:
            vr = _decoded_vr(dataset, tag)
    return str(vr)


def _decoded_vr(dataset: Dataset, tag: int) -> str:
    """The VR that decoding finds; UN where the value is not what the dictionary of private elements says."""
    try:
        return str(dataset[tag].VR)
    except (BytesLengthException, ValueError):
        return "UN"


def items(dataset: Dataset, tag: int) -> list[Dataset]:
    """The items of a sequence; the list is the sequence's own. Raises BadValue when it was stored unreadably."""
    value = dataset[tag].value
    if value is None:
        value = dataset[tag].value = Sequence()
    if not isinstance(value, Sequence):
        raise BadValue(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) should be a sequence, and cannot be read as one")
    return cast(list[Dataset], value)


def text_of(dataset: Dataset, tag: int) -> str | None:
    """The element as text, its values joined with a backslash; None when it is missing.

    The element stays undecoded where it was. Raises BadValue for a sequence.
    """
    element = dataset.get_item(tag)
    if element is None:
        return None
    vr = vr_of(dataset, tag)
    if vr == "SQ":
        raise BadValue("a sequence has no text")
    if isinstance(element, RawDataElement) and vr in TEXTS:
        return trimmed(_decoded(dataset, vr, element.value or b""), vr)
    value = element.value if isinstance(element, RawDataElement) and vr == "UN" else dataset[tag].value
    return _text(value, vr)


def _decoded(dataset: Dataset, vr: str, raw: bytes) -> str:
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    encodings = dataset.original_character_set or dataset._character_set
    listed = [encodings] if isinstance(encodings, str) else list(encodings)
    delimiters = _DELIMITERS | (set() if vr in ONE_TEXT else {0x5C}) | ({0x5E, 0x3D} if vr == "PN" else set())
    return decode_bytes(raw, listed, delimiters)


def _text(value: Any, vr: str) -> str:
    if value is None:
        return ""
    if vr in BYTES:
        return _bytes_text(value if isinstance(value, bytes) else str(value).encode(), vr)
    values = value if isinstance(value, MultiValue | list | tuple) else [value]
    return trimmed("\\".join(_one(v, vr) for v in values), vr)


def _one(value: Any, vr: str) -> str:
    if value is None:
        return ""
    if vr in FLOATS and value != "":
        return float_text(float(value), single=vr == "FL")
    if vr == "AT" and value != "":
        return f"{int(value):08X}"
    return str(getattr(value, "original_string", value) if vr in NUMBER_TEXTS else value)


def _bytes_text(value: bytes, vr: str) -> str:
    if vr == "OW":
        words = struct.unpack(f"<{len(value) // 2}H", value[: len(value) // 2 * 2])
        return "\\".join(str(word) for word in words)
    if vr == "UN":
        return "".join(chr(b) if b < 0x80 else f"\\{b:02X}" for b in value.rstrip(b" \0"))
    return "\\".join(f"{b:02X}" for b in value)


def float_text(value: float, *, single: bool) -> str:
    """The shortest decimal that reads back the same, in Java's spelling: 30.0, 1.0E7, 1.0E-4."""
    sign, digits, exponent = Decimal(_shortest(value, single)).normalize().as_tuple()
    if not isinstance(exponent, int):
        return {"n": "NaN", "F": "-Infinity" if sign else "Infinity"}[exponent]
    if value == 0:
        return "-0.0" if sign else "0.0"
    plain = 1e-3 <= abs(value) < 1e7
    number = "".join(map(str, digits))
    point = len(number) + exponent if plain else 1
    whole = number[: max(point, 0)].ljust(point, "0") or "0"
    fraction = "0" * max(-point, 0) + number[max(point, 0) :] or "0"
    scale = "" if plain else f"E{len(number) + exponent - 1}"
    return f"{'-' if sign else ''}{whole}.{fraction}{scale}"


def _shortest(value: float, single: bool) -> str:
    if not single:
        return repr(value)
    packed = struct.pack("<f", value)
    texts = (f"{value:.{digits}g}" for digits in range(1, 10))
    return next((t for t in texts if struct.pack("<f", float(t)) == packed), repr(value))


def store(dataset: Dataset, tag: int, text: str) -> None:
    """Create or overwrite an element with `text`; a backslash separates values.

    VR: that of the element, else the dictionary's, else UN. Raises BadValue for a sequence and for text that is
    not a number where one is wanted.
    """
    vr = vr_of(dataset, tag) if tag in dataset else _new_vr(dataset, tag)
    if vr == "SQ":
        raise BadValue("a sequence cannot be assigned")
    if tag == CHARACTER_SET:
        dataset.walk(lambda _dataset, _element: None)  # decodes every text while its character set is still known
    dataset.add(element(tag, vr, text))


def wrapped(dataset: Dataset, tag: int, text: str) -> str:
    """`text` with integers that do not fit cut to the bits that do, as the reference stores them."""
    vr = vr_of(dataset, tag) if tag in dataset else _new_vr(dataset, tag)
    if vr not in INTEGERS or not all(_INTEGER.fullmatch(t) for t in single(text)):
        return text
    low, high = INTEGERS[vr]
    return "\\".join(str((int(t) - low) % (high - low + 1) + low) for t in single(text))


def _new_vr(dataset: Dataset, tag: int) -> str:
    vr = "UN" if tag >> 16 & 1 else registered_vr(tag)
    if vr == "US or SS":
        return "SS" if dataset.get("PixelRepresentation") == 1 else "US"
    return {"OB or OW": "OW"}.get(vr, vr.split(" or ")[0])


def element(tag: int, vr: str, text: str) -> DataElement:
    """A new element of this VR that says `text`. Raises BadValue."""
    if vr in INTEGERS:
        return DataElement(tag, vr, [_integer(t, vr) for t in single(text)] or None)
    if vr in FLOATS:
        return DataElement(tag, vr, [_float(t, vr) for t in single(text)] or None)
    if vr == "AT":
        return DataElement(tag, vr, [_tag(t) for t in single(text)] or None)
    if vr in BYTES:
        raw = text.encode()
        return DataElement(tag, vr, raw + b"\0" * (len(raw) & 1))
    if vr in NUMBER_TEXTS:
        return _number_text(tag, vr, text)
    return DataElement(tag, vr, text, validation_mode=config.IGNORE)


def _integer(text: str, vr: str) -> int:
    low, high = INTEGERS[vr]
    if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise BadValue(f"not an integer that fits into {vr}")
    return int(text)


def _float(text: str, vr: str) -> float:
    number = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if not math.isfinite(number) or (vr == "FL" and abs(number) >= _TOO_LARGE):
        raise BadValue(f"not a number that fits into {vr}")
    return number


def _tag(text: str) -> int:
    if not _HEX.fullmatch(text):
        raise BadValue("not a tag in hex digits")
    return int(text, 16)


def _number_text(tag: int, vr: str, text: str) -> DataElement:
    """DS and IS are text: the language stores whatever it is given, where pydicom insists on a number."""
    try:
        return DataElement(tag, vr, text, validation_mode=config.IGNORE)
    except (ValueError, ArithmeticError, TypeError):
        stored = DataElement(tag, vr, None)
        stored._value = text.split("\\") if "\\" in text else text
        return stored
