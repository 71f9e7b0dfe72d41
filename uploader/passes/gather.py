"""What the headers of a session say of people and places, gathered: what is looked for in texts that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from uploader.elements import Element, Form, Irregular, Short, items, level, value_of
from uploader.instance import Instance
from uploader.part10 import DEEPEST
from uploader.passes.attributes import tags_of
from uploader.passes.cleantext import decoded
from uploader.passes.known import Known

_IDS = tags_of(
    "AccessionNumber",
    "AdmissionID",
    "FillerOrderNumberImagingServiceRequest",
    "MedicalRecordLocator",
    "OtherPatientIDs",
    "PatientID",
    "PerformedProcedureStepID",
    "PlacerOrderNumberImagingServiceRequest",
    "RequestedProcedureID",
    "ScheduledProcedureStepID",
    "ServiceEpisodeID",
    "StudyID",
)
_PLACES = tags_of(
    "CurrentPatientLocation",
    "InstitutionAddress",
    "InstitutionName",
    "InstitutionalDepartmentName",
    "IssuerOfPatientID",
    "PatientAddress",
    "PatientInstitutionResidence",
    "PatientTelephoneNumbers",
    "PerformedLocation",
    "RequestingService",
    "StationName",
)
_PATIENT_GROUP = 0x0010
_CHARACTER_SET = 0x00080005
_LARGEST = 1 << 16
"""Bytes of a sequence that is looked into: larger ones hold contours, frames and measurements."""
_SHORTEST_ID = 4
"""Characters; a shorter one stands in texts by chance, and the verifier asks about it."""

_KINDS = {**dict.fromkeys(_IDS, "ids"), **dict.fromkeys(_PLACES, "places")}
_TELLING = frozenset({b"PN", b"DA", b"SQ"})

Said = tuple[str, str]
"""(field of `Known`, text)"""
Heard = set[tuple[int, bytes, bytes, bytes, Form, int]]
"""(tag, VR, value, character set, form, depth) of what was listened to: the files of a series say mostly the same."""


def gathered(instances: Iterable[Instance]) -> Known:
    """What these objects say, at every depth. What cannot be read says nothing: the verifier reads it again."""
    said: dict[str, set[str]] = {kind: set() for kind in ("names", "ids", "dates", "staff", "places")}
    heard: Heard = set()
    for instance in instances:
        for part in (instance.header, instance.body.tail):
            for kind, text in _said(part.data, part.elements, instance.form, b"", 0, heard):
                said[kind].add(text)
    return Known(**{kind: frozenset(texts) for kind, texts in said.items()})


def _said(data: bytes, elements: list[Element], form: Form, charset: bytes, depth: int, heard: Heard) -> Iterator[Said]:
    charset = value_of(data, elements, _CHARACTER_SET) or charset
    telling = [(tag, vr, begin, end) for tag, vr, _, begin, end in elements if vr in _TELLING or tag in _KINDS]
    for tag, vr, begin, end in telling:
        if begin == end:
            continue
        kind, opens = _kind(tag, vr), vr == b"SQ" and depth < DEEPEST and end - begin < _LARGEST
        if not (kind or opens) or (this := (tag, vr, data[begin:end], charset, form, depth)) in heard:
            continue
        heard.add(this)
        if opens:
            yield from _in_items(data, begin, end, form, charset, depth, heard)
        if kind:
            texts = (text.strip(" \0") for text in decoded(this[2], vr, charset).split("\\"))
            yield from ((kind, text) for text in texts if len(text) >= (_SHORTEST_ID if kind == "ids" else 1))


def _in_items(
    data: bytes, begin: int, end: int, form: Form, charset: bytes, depth: int, heard: Heard
) -> Iterator[Said]:
    try:
        for first, last in items(data, begin, end, form):
            yield from _said(data, level(data, first, last, form), form, charset, depth + 1, heard)
    except (Irregular, Short):
        return


def _kind(tag: int, vr: bytes) -> str:
    if vr == b"PN":
        return "names" if tag >> 16 == _PATIENT_GROUP else "staff"
    return "dates" if vr == b"DA" else _KINDS.get(tag, "")
