"""Elements whose meaning cannot be known, or that have no place in what leaves the hospital."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from pydicom._dicom_dict import DicomDictionary
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import AMBIGUOUS_VR, STANDARD_VR

from uploader import dicom
from uploader.domain.errors import UnreadableFile
from uploader.passes.everywhere import everywhere

_KNOWN_VRS = frozenset(str(vr) for vr in STANDARD_VR) - {"UN"}
_AMBIGUOUS_VRS = frozenset(str(vr) for vr in AMBIGUOUS_VR)
"""What pydicom calls an element that is ``US or SS``, in implicit encoding, before it knows which."""
_ACCEPTED_VRS = _KNOWN_VRS | _AMBIGUOUS_VRS
_CURVES, _OVERLAYS = 0x5000, 0x6000
_FIRST_GROUP, _LAST_GROUP = 0x0008, 0x7FE0
"""Below lie commands, file meta and directories; above digital signatures, which an edit breaks, and padding."""


@dataclass(frozen=True, slots=True)
class RemoveUnknown:
    """Removes what no dictionary knows, curves and overlays, padding, signatures and group lengths.

    An element of a known attribute that is written with VR UN, or with a VR that does not exist, gets the VR of
    the dictionary back, so that the passes behind this one see what it is; when that fails, it is removed.
    """

    def on(self, level: Dataset) -> None:
        for tag, element in list(level.items()):
            if _unwanted(tag, element):
                del level[tag]
            elif element.VR is not None and element.VR not in _ACCEPTED_VRS:
                _retype(level, tag, element)

    def apply(self, dataset: Dataset) -> None:
        everywhere((self,), dataset)

    def describe(self) -> str:
        return (
            "Removes elements that the DICOM dictionary does not know or whose encoding contradicts it, curves "
            "(50xx), overlays (60xx), digital signatures, padding and group lengths, at every depth."
        )


def _unwanted(tag: BaseTag, element: DataElement | RawDataElement) -> bool:
    group, known = tag >> 16, DicomDictionary.get(tag)
    return (
        known is None
        or not _FIRST_GROUP <= group <= _LAST_GROUP
        or group & 0xFF00 in (_CURVES, _OVERLAYS)
        or not tag & 0xFFFF
        or (known[0] == "SQ" and element.VR not in (None, "UN", "SQ"))
    )


def _retype(level: Dataset, tag: BaseTag, element: DataElement | RawDataElement) -> None:
    """Decode the element by the dictionary's VR, or remove it."""
    if isinstance(element, RawDataElement):
        level[tag] = element._replace(VR="UN")
        with suppress(UnreadableFile):
            element = dicom.decoded(level, tag)
    if element.VR not in _KNOWN_VRS:
        del level[tag]
