"""The DICOM JSON Model of a data set. Source: PS3.18 F.

Values that are large or not text are left out and said where to get: by their trail, such as ``30060039/1/00291010``,
tags and item numbers from the outside in.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from functools import partial
from typing import Any

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filewriter import correct_ambiguous_vr_element
from pydicom.sequence import Sequence

from uploader import dicom
from uploader.domain.errors import UnreadableFile
from uploader.foreign import bordered
from uploader.part10 import DEEPEST

Json = dict[str, Any]
Refer = Callable[[str], str]
"""The address of a value, by its trail."""
Memory = dict[tuple[object, ...], Json]
_PLAIN = frozenset(
    {"CS", "DA", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"}
)
INLINE_BYTES = 1024
"""Binary values up to this size stand in the JSON itself, as base64."""
_CHARACTER_SET = "00080005"
"""JSON is UTF-8, whatever the file was written in."""
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_REAL = frozenset({"DS", "FL", "FD"})


def attributes(dataset: Dataset, refer: Refer, trail: str = "", memory: Memory | None = None) -> Json:
    """Every attribute but group lengths and file meta, by tag in eight hex digits. What cannot be decoded, or is
    nested deeper than any real file, has a VR and no value.

    memory: what the slices of a series have in common is decoded once, for those given the same memory
    """
    if trail.count("/") > 2 * DEEPEST:
        raise UnreadableFile(f"sequences are nested more than {DEEPEST} deep")
    one = _element if memory is None else partial(_remembered, memory)
    found = {f"{tag:08X}": one(dataset, tag, refer, trail) for tag in sorted(dataset.keys()) if tag & 0xFFFF}
    return found | ({_CHARACTER_SET: {"vr": "CS", "Value": ["ISO_IR 192"]}} if _CHARACTER_SET in found else {})


def bulk(dataset: Dataset, trail: str) -> bytes | None:
    """The binary value at this trail as it is stored, or None."""
    *above, last = trail.split("/")
    for tag, number in zip(above[::2], above[1::2], strict=True):
        items = _value(dataset, tag)
        if not isinstance(items, Sequence) or not 0 < int(number) <= len(items):
            return None
        dataset = items[int(number) - 1]
    value = _value(dataset, last)
    return value if isinstance(value, bytes) else None


def _value(dataset: Dataset, tag: str) -> Any:
    number = int(tag, 16)
    return dicom.decoded(dataset, number).value if number in dataset else None


def _remembered(memory: Memory, dataset: Dataset, tag: int, refer: Refer, trail: str) -> Json:
    """As `_element`, from memory for the same bytes under the same tag: of public texts and numbers whose meaning
    depends on nothing else but the character set."""
    raw = dataset.get_item(tag)
    if not isinstance(raw, RawDataElement) or raw.value is None or dicom.vr_of(raw) not in _PLAIN:
        return _element(dataset, tag, refer, trail)
    if tag >> 16 & 1 or len(raw.value) > INLINE_BYTES:
        return _element(dataset, tag, refer, trail)
    charset = dataset.get_item(0x00080005)
    key = (tag, raw.VR, raw.value, raw.is_little_endian, str(charset.value) if charset is not None else "")
    if key not in memory:
        memory[key] = _element(dataset, tag, refer, trail)
    return memory[key]


def _element(dataset: Dataset, tag: int, refer: Refer, trail: str) -> Json:
    raw = dataset.get_item(tag)
    vr, name = dicom.vr_of(raw), f"{trail}{tag:08X}"
    if vr == "DS" and isinstance(raw, RawDataElement):
        return _decimals(raw.value)
    try:
        element = _definite(dataset, tag)
        if element.VR == "SQ":
            items = [attributes(item, refer, f"{name}/{n}/") for n, item in enumerate(element.value, 1)]
            return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
        if isinstance(element.value, bytes):
            return _binary(element, lambda: refer(name))
        return _plain(element)
    except UnreadableFile:
        return {"vr": vr}


def _definite(dataset: Dataset, tag: int) -> DataElement:
    """The element with one VR, where implicit encoding leaves the choice. PS3.5 A.1."""
    element = dicom.decoded(dataset, tag)
    if " or " not in element.VR:
        return element
    try:
        with bordered(UnreadableFile, "the VR is ambiguous"):
            correct_ambiguous_vr_element(element, dataset, True)
    except UnreadableFile:
        element.VR = "UN"
    return element


def _binary(element: DataElement, where: Callable[[], str]) -> Json:
    vr = element.VR if element.VR in _BINARY else "UN"
    if not element.value:
        return {"vr": vr}
    if len(element.value) > INLINE_BYTES:
        return {"vr": vr, "BulkDataURI": where()}
    return {"vr": vr, "InlineBinary": base64.b64encode(element.value).decode()}


def _plain(element: DataElement) -> Json:
    with bordered(UnreadableFile, "a value cannot be written as JSON"):
        found: Json = element.to_json_dict(None, 0)
    if element.VR in _REAL and "Value" in found:
        found["Value"] = [_finite(value) for value in found["Value"]]
    return found


def _decimals(value: bytes | None) -> Json:
    """A Decimal String, straight from its bytes: a structure set has hundreds of thousands of them."""
    text = (value or b"").decode("latin-1").strip(" \0")
    if not text:
        return {"vr": "DS"}
    try:
        return {"vr": "DS", "Value": [_finite(float(part)) if part.strip() else None for part in text.split("\\")]}
    except ValueError:
        return {"vr": "DS"}


def _finite(value: Any) -> Any:
    """JSON has no word for what is no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
