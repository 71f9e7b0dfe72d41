"""UIDs: new ones for instances, the old ones for what DICOM itself has named."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID

from pydicom._uid_dict import UID_dictionary
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from uploader.domain.identity import keyed
from uploader.passes.everywhere import everywhere
from uploader.passes.texts import put, tags_of_vr, values_of

UID_TAGS = tags_of_vr("UI")
CLASS_KEYWORDS = (
    "AffectedSOPClassUID",
    "AvailableTransferSyntaxUID",
    "CodingSchemeUID",
    "ContextUID",
    "EncryptedContentTransferSyntaxUID",
    "FlowTransferSyntaxUID",
    "MACCalculationTransferSyntaxUID",
    "MappingResourceUID",
    "OriginalSpecializedSOPClassUID",
    "PertinentSOPClassesInSeries",
    "PertinentSOPClassesInStudy",
    "RTVCommunicationSOPClassUID",
    "ReferencedRelatedGeneralSOPClassUIDInFile",
    "ReferencedSOPClassUID",
    "ReferencedSOPClassUIDInFile",
    "ReferencedTransferSyntaxUIDInFile",
    "RelatedGeneralSOPClassUID",
    "RequestedSOPClassUID",
    "SOPClassUID",
    "SOPClassesInStudy",
    "SOPClassesSupported",
    "StoredInstanceTransferSyntaxUID",
)
"""Attributes that name a class, a transfer syntax, a coding scheme or a context group: never an instance."""
CLASS_TAGS = frozenset(tag_for_keyword(keyword) for keyword in CLASS_KEYWORDS)

_WELL_FORMED = re.compile(r"[0-9]+(\.[0-9]+)*")


@dataclass(frozen=True, slots=True)
class MapUids:
    """Replaces every UID of an instance by one that follows from it and the trial's key alone, so that
    references stay closed over all that the trial ever receives.

    key: secret of the trial
    """

    key: bytes = field(repr=False)

    def on(self, level: Dataset) -> None:
        for tag, element in list(level.items()):
            if (element.VR == "UI" or tag in UID_TAGS) and element.VR != "SQ":
                old = values_of(element)
                new = [self.image(uid, tag in CLASS_TAGS) for uid in old]
                if new != old or element.VR not in (None, "UI"):
                    put(level, tag, "UI", new)

    def image(self, uid: str, names_class: bool = False) -> str:
        """What stands for `uid`: itself when it is empty, registered in PS3.6 A, or well-formed in an attribute
        that names classes; else a version 4 UUID under 2.25 (PS3.5 B.2). A malformed one is replaced too."""
        if not uid or uid in UID_dictionary or (names_class and _WELL_FORMED.fullmatch(uid)):
            return uid
        return f"2.25.{UUID(bytes=keyed(self.key, 'uid', uid.encode())[:16], version=4).int}"

    def apply(self, dataset: Dataset) -> None:
        everywhere((self,), dataset)

    def describe(self) -> str:
        return (
            "Replaces every UID, except of classes, transfer syntaxes, coding schemes and what DICOM has "
            "registered, by one derived from it under the trial's key: equal UIDs stay equal in the whole trial."
        )
