"""What betrays the patient, harvested from the original files by the verifier's own reader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from uploader.stages.verify.charset import ESCAPE, codec_of, readings
from uploader.stages.verify.walk import Element
from uploader.stages.verify.words import fold

PATIENT_ID = 0x00100020
SOP_INSTANCE, STUDY, SERIES, FRAME = 0x00080018, 0x0020000D, 0x0020000E, 0x00200052
OWN = frozenset({SOP_INSTANCE, STUDY, SERIES, FRAME})
"""Attributes that name something of the session itself."""

IDS = frozenset(
    {
        *(PATIENT_ID, 0x00101000, 0x00100050, 0x00101090, 0x00080050, 0x00200010, 0x00380010, 0x00380060),
        *(0x00402016, 0x00402017, 0x00402006, 0x00402007, 0x00401001, 0x00400009, 0x00400253, 0x00102154),
        *(0x00102155, 0x00080094, 0x00401103, 0x00402010, 0x00181000, 0x00181002, 0x0018700A, 0x00181004),
        *(0x00181005, 0x00181007, 0x00181008),
    }
)
"""Patient's and other IDs, insurance, record locator, accession, study, admission, order, placer, filler and
procedure numbers; telephone numbers; serial numbers and IDs of devices, detectors, plates, cassettes, gantries."""

STEPS = frozenset({0x00200010, 0x00401001, 0x00400009, 0x00400253})
"""IDs of IDS that some systems fill with a procedure's name: they count when they have figures in them."""

PLACES = frozenset(
    {
        *(0x00100021, 0x00380011, 0x00380014, 0x00101040, 0x00080092, 0x00401102, 0x00080080, 0x00080081),
        *(0x00081040, 0x00081010, 0x00081000, 0x00321033, 0x00380400, 0x00102299, 0x00400001, 0x00400010),
        *(0x00400011, 0x00400241, 0x00400242, 0x00400243, 0x00020016, 0x00020017, 0x00020018, 0x00080054),
    }
)
"""Issuers, addresses, institution, department, station, service, location, responsible organisation, AE titles."""

INSTITUTION = 0x00080080

TECHNICAL = frozenset(
    {
        *(0x00080008, 0x00080060, 0x00080061, 0x00080064, 0x00080070, 0x00081090, 0x00180015),
        *(0x00180020, 0x00180021, 0x00180022, 0x00180023, 0x00180024, 0x00181020, 0x00181210, 0x00185100),
        *(0x00100040, 0x00200060, 0x00280004, 0x00080068, 0x00540081, 0x30040002, 0x30040004, 0x300A000C),
        *(0x00181250, 0x00181251, 0x00185020, 0x00089007, 0x00541101, 0x00541102, 0x00541103, 0x00541105),
    }
)
"""Image type, modality, manufacturer and model, body part, sequence, software, kernel, position, coils, frame type,
corrections and the like: a name that is also a known word of the field or its makers ("Head", "Sharp") is not looked
for in them."""

OURS = frozenset({PATIENT_ID, 0x00100010, 0x00081030, 0x00104000, 0x00080080})
"""Patient's ID and name, study description, patient comments, institution: beside group 0012, what the program and
its trials' scripts fill with the names of subject, session, trial and site."""

PATIENT_IDS = frozenset({PATIENT_ID, 0x00101000, 0x00080050, 0x00380010})
"""Patient and other patient IDs, accession and admission number."""
BIRTH_DATE = 0x00100030

_TELLING = frozenset({"DA", "DT", "PN", "UI"})
_TOLD = IDS | PLACES | TECHNICAL
"""VRs, and tags of other elements, that tell something."""

CLASSES = frozenset(
    {
        *(0x00020002, 0x00020010, 0x00020012, 0x00080016, 0x0008001A, 0x0008001B, 0x00080062, 0x00081150),
        *(0x0008115A, 0x0008010C, 0x00080117, 0x00080118, 0x00041510, 0x00041512),
    }
)
"""UI attributes that name a kind of thing, not a thing: classes, syntaxes, implementations, coding schemes."""

REGISTERED = "1.2.840.10008."
"""Root of the UIDs that DICOM itself gave out (PS3.6)."""

DATE = re.compile(rb"(\d{4})([./-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])")

_NOBODY = """
    anonymous, anonymized, anonymised, anonymize, anonymise, anon, unknown, none, removed, deidentified, de identified,
    hidden, redacted, empty, null, undefined, default, unspecified, n a, na, nil, not available, no name
"""
PLACEHOLDERS = frozenset(word.strip() for word in _NOBODY.split(","))
"""Folded values that stand for no value."""


@dataclass(slots=True)
class Harvest:
    """What a file, or many, tell about the patient. Sets of plain values, so that it can be united and sent.

    names: every PN value as text
    patient_names: those of the patient's own attributes
    ids, places: texts of IDS and PLACES; patient_ids: of PATIENT_IDS alone; institutions: of InstitutionName alone
    dates: every date of a DA or DT, ``YYYYMMDD``; births: of the patient's birth date alone
    uids: every UID that belongs to a thing; own: those by which the session's files name themselves
    technical: folded words of TECHNICAL
    charsets: defined terms in use
    """

    names: set[str] = field(default_factory=set)
    patient_names: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    patient_ids: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    institutions: set[str] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)
    births: set[str] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    technical: set[str] = field(default_factory=set)
    charsets: set[str] = field(default_factory=set)

    def unite(self, other: Harvest) -> None:
        """Take in what `other` found."""
        for name in self.__slots__:
            getattr(self, name).update(getattr(other, name))


def harvest(elements: Iterable[Element], found: Harvest, kept: frozenset[int] = frozenset()) -> None:
    """Take into `found` what the elements tell, but for those with tags that are `kept` as they are."""
    charsets = set()
    for element in elements:
        if element.value:
            if (element.vr in _TELLING or element.tag in _TOLD) and element.tag not in kept:
                _take(found, element, element.value)
            charsets.add(element.charset)
    found.charsets.update(*charsets)


@lru_cache(maxsize=4096)
def texts(value: bytes, charset: tuple[str, ...]) -> frozenset[str]:
    """The values of a text element, in the character sets declared for it; placeholders left out."""
    if value.isascii() and ESCAPE not in value:
        decoded = {value.decode("ascii")}
    else:
        decoded = {*(value.decode(codec_of(term), "replace") for term in charset), *_otherwise(value, charset)}
    parts = {part.strip(" \0") for text in decoded or {value.decode("latin_1")} for part in text.split("\\")}
    return frozenset(part for part in parts if fold(part) and fold(part) not in PLACEHOLDERS)


@lru_cache(maxsize=4096)
def uids_of(value: bytes) -> tuple[str, ...]:
    """The UIDs of a UI value, in order."""
    return tuple(u.strip(" \0") for u in value.decode("latin_1").split("\\"))


@lru_cache(maxsize=4096)
def _things(value: bytes) -> frozenset[str]:
    """The UIDs of a UI value that belong to a thing."""
    return frozenset(u for u in uids_of(value) if u.count(".") > 1 and not u.startswith(REGISTERED))


def date_of(value: bytes) -> str | None:
    """``YYYYMMDD`` with which a DA or DT value begins."""
    match = DATE.match(value.strip())
    return b"".join(match.group(1, 3, 4)).decode() if match else None


def _otherwise(value: bytes, charset: tuple[str, ...]) -> set[str]:
    """With code extensions, and in UTF-8 where the declared set is wrong and the bytes are valid UTF-8."""
    switched = {r for r in readings(value, charset) if ESCAPE in value and "\x1b" not in r}
    try:
        return switched | {value.decode("utf_8")}
    except UnicodeDecodeError:
        return switched


def _take(found: Harvest, element: Element, value: bytes) -> None:
    tag, vr = element.tag, element.vr
    if vr == "UI" and tag not in CLASSES:
        uids = _things(value)
        found.uids |= uids
        if tag in OWN and not element.prefix:
            found.own |= uids
    elif vr in ("DA", "DT"):
        dates = {d for v in value.split(b"\\") if (d := date_of(v))}
        found.dates |= dates
        if tag == BIRTH_DATE:
            found.births |= dates
    elif vr == "PN":
        found.names |= texts(value, element.charset)
        if tag >> 16 == 0x0010:
            found.patient_names |= texts(value, element.charset)
    elif tag in IDS:
        ids = texts(value, element.charset)
        if tag in PATIENT_IDS:
            found.patient_ids |= ids
        found.ids |= ids if tag not in STEPS else {i for i in ids if any(c.isdecimal() for c in i)}
    elif tag in PLACES:
        found.places |= texts(value, element.charset)
        if tag == INSTITUTION:
            found.institutions |= texts(value, element.charset)
    elif tag in TECHNICAL:
        for text in texts(value, element.charset):
            found.technical |= {fold(text), *fold(text).split()}
