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

Said = tuple[str, str]
"""(field of `Known`, text)"""


def gathered(instances: Iterable[Instance]) -> Known:
    """What these objects say, at every depth. What cannot be read says nothing: the verifier reads it again."""
    said: dict[str, set[str]] = {kind: set() for kind in ("names", "ids", "dates", "staff", "places")}
    for instance in instances:
        for part in (instance.header, instance.body.tail):
            for kind, text in _said(part.data, part.elements, instance.form, b"", 0):
                said[kind].add(text)
    return Known(**{kind: frozenset(texts) for kind, texts in said.items()})


def _said(data: bytes, elements: list[Element], form: Form, charset: bytes, depth: int) -> Iterator[Said]:
    charset = value_of(data, elements, _CHARACTER_SET) or charset
    for tag, vr, _, begin, end in elements:
        if vr == b"SQ" and depth < DEEPEST and end - begin < _LARGEST:
            yield from _in_items(data, begin, end, form, charset, depth)
        kind = _kind(tag, vr)
        if kind and end > begin:
            texts = (text.strip(" \0") for text in decoded(data[begin:end], vr, charset).split("\\"))
            yield from ((kind, text) for text in texts if len(text) >= (_SHORTEST_ID if kind == "ids" else 1))


def _in_items(data: bytes, begin: int, end: int, form: Form, charset: bytes, depth: int) -> Iterator[Said]:
    try:
        for first, last in items(data, begin, end, form):
            yield from _said(data, level(data, first, last, form), form, charset, depth + 1)
    except (Irregular, Short):
        return


def _kind(tag: int, vr: bytes) -> str:
    if vr == b"PN":
        return "names" if tag >> 16 == _PATIENT_GROUP else "staff"
    if vr == b"DA":
        return "dates"
    if tag in _IDS:
        return "ids"
    return "places" if tag in _PLACES else ""
