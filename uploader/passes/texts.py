"""Values of text elements, whether pydicom has decoded them yet or not. Decoding costs more than all the rest."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom._dicom_dict import DicomDictionary
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag


def tags_of_vr(vr: str) -> frozenset[int]:
    """Every attribute that the dictionary gives this VR, whatever a file writes."""
    return frozenset(tag for tag, entry in DicomDictionary.items() if entry[0] == vr)


def values_of(element: DataElement | RawDataElement) -> list[str]:
    """The single values, padding removed; none for an empty element. Foreign bytes stay, one character each."""
    value = element.value
    if value is None:
        return []
    if isinstance(value, bytes):
        text = value.decode("latin-1")
    elif isinstance(value, str):
        text = value
    else:
        text = "\\".join(str(each) for each in value) if isinstance(value, Iterable) else str(value)
    return [each.strip(" \0") for each in text.split("\\")] if text.strip(" \0") else []


def put(level: Dataset, tag: int, vr: str, values: Iterable[str]) -> None:
    """Set a text element to `values`, which are ASCII."""
    data = "\\".join(values).encode("ascii")
    if len(data) % 2:
        data += b"\0" if vr == "UI" else b" "
    level[tag] = RawDataElement(BaseTag(tag), vr, len(data), data, 0, False, True)
