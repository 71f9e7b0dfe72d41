"""UIDs: new ones for everything but what DICOM itself has named, and the kinds of objects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID

from uploader.dictionary import tag_of, uid_type
from uploader.domain.identity import keyed
from uploader.passes.values import texts, written

CLASS_KEYWORDS = ("SOPClassUID", "ReferencedSOPClassUID", "MediaStorageSOPClassUID")
"""Attributes that say what kind of object it is. A class that a maker has defined for itself is in no registry, and
the object could not be read under another one: it is kept if it is well-formed, and the verifier searches it."""
CLASS_TAGS = frozenset(tag_of(keyword) for keyword in CLASS_KEYWORDS)

CODING_SCHEMES = frozenset(
    {
        *(f"2.16.840.1.113883.6.{n}" for n in (1, 3, 4, 8, 12, 42, 86, 88, 90, 96, 103, 104, 119, 256)),
        "2.16.840.1.113883.3.26.1.1",
    }
)
"""UIDs that HL7 has given to terminologies which PS3.16 8 lists, SNOMED CT, LOINC and UCUM among them; PS3.6 A lists
only those of DICOM itself."""

_CONTEXT_GROUP = re.compile(r"1\.2\.840\.10008\.6\.1\.[1-9][0-9]{0,3}")
"""UIDs of the context groups of PS3.16, which PS3.6 A-3 lists one by one."""
_WELL_FORMED = re.compile(r"(?=.{1,64}$)[0-2](\.(0|[1-9][0-9]*))+")
"""PS3.5 9.1."""
_REMEMBERED = 1 << 14
"""Values: the slices of a series are named by every contour of a structure set."""


def registered(uid: str) -> bool:
    """Whether a UID is one that DICOM, or HL7 for a coding scheme, has given out to everybody. Its beginning alone
    does not make it one."""
    return bool(uid_type(uid) or uid in CODING_SCHEMES or _CONTEXT_GROUP.fullmatch(uid))


@dataclass(frozen=True, slots=True)
class MapUids:
    """Replaces every UID of an instance by one that follows from it and the trial's key alone, so that
    references stay closed over all that the trial ever receives.

    key: secret of the trial
    """

    key: bytes = field(repr=False)
    _known: dict[tuple[bytes, bool], bytes] = field(default_factory=dict, repr=False, compare=False)

    def value(self, value: bytes, names_class: bool = False) -> bytes:
        """What a UI value becomes, each of its UIDs for itself."""
        known = value, names_class
        made = self._known.get(known)
        if made is None:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            made = self._known[known] = written((self.image(uid, names_class) for uid in texts(value)), b"\0")
        return made

    def image(self, uid: str, names_class: bool = False) -> str:
        """What stands for `uid`: itself when it is empty, registered, or well-formed in an attribute that names the
        class of an object; else a version 4 UUID under 2.25 (PS3.5 B.2). A malformed one is replaced too."""
        if not uid or registered(uid) or (names_class and _WELL_FORMED.fullmatch(uid)):
            return uid
        return f"2.25.{UUID(bytes=keyed(self.key, 'uid', uid.encode())[:16], version=4).int}"

    def describe(self) -> str:
        return (
            "Replaces every UID, except of objects' classes, well-known coding schemes and what DICOM has "
            "registered, by one derived from it under the trial's key: equal UIDs stay equal in the whole trial."
        )
