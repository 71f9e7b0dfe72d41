"""Headers for the tests of the language, and what a script changes in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pydicom
from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from uploader.dicomedit import apply

_TAG = re.compile(r"\(([0-9A-F]{4}),([0-9A-F]{4})\) ([A-Z]{2})")


def header(elements: Mapping[str, Any]) -> Dataset:
    """Keyword, or `(gggg,eeee) VR`, -> value; a list of mappings is a sequence."""
    dataset = Dataset()
    for key, value in elements.items():
        whole = Sequence(map(header, value)) if _is_items(value) else value
        if found := _TAG.fullmatch(key):
            dataset.add_new((int(found[1], 16), int(found[2], 16)), found[3], whole)
        else:
            setattr(dataset, key, whole)
    return dataset


def _is_items(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def filed(elements: Mapping[str, Any], syntax: UID = ExplicitVRLittleEndian) -> Dataset:
    """The header as it comes out of a file: nothing in it is decoded yet."""
    dataset = header(elements)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    return again(dataset)


def again(dataset: Dataset) -> Dataset:
    """The dataset written to a file and read back."""
    buffer = DicomBytesIO()
    pydicom.dcmwrite(buffer, dataset)
    buffer.seek(0)
    return pydicom.dcmread(buffer, force=True)


def edited(statements: str, elements: Mapping[str, Any], **extra: Any) -> Dataset:
    """The header after the script."""
    return apply(f'version "6.6"\n{statements}', filed(elements), **extra)


def changes(statements: str, elements: Mapping[str, Any], **extra: Any) -> dict[str, str | None]:
    """What the script changes in the file: path -> text of an element that is new or other, None for one that went."""
    with disable_value_validation():
        before, after = told(filed(elements)), told(again(edited(statements, elements, **extra)))
    return {path: after.get(path) for path in before | after if before.get(path) != after.get(path)}


def told(dataset: Dataset, outer: str = "") -> dict[str, str]:
    """Path -> text of every element at every depth; of a sequence, how many items it has."""
    found: dict[str, str] = {}
    for element in dataset:
        path = outer + (element.keyword or f"({element.tag.group:04X},{element.tag.element:04X})")
        if element.VR == "SQ":
            found[path] = f"{len(element.value)} items"
            for number, item in enumerate(element.value):
                found |= told(item, f"{path}[{number}]/")
        else:
            found[path] = _text(element.value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, MultiValue | list):
        return "\\".join(map(_text, value))
    if isinstance(value, bytes):
        return value.rstrip(b"\0").decode("latin-1")
    written = getattr(value, "original_string", None)
    return "" if value is None else written if isinstance(written, str) else str(value)
