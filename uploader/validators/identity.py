"""All files are of one patient and of one study.

Rules
    identity.patient-id-missing  refusal   a file says no PatientID (0010,0020)
    identity.patient-differs     refusal   two PatientIDs, compared without regard to case and width of letters
    identity.issuer-differs      refusal   two issuers of the PatientID (0010,0021); a file that names none is silent
    identity.name-differs        refusal   two PatientNames (0010,0010); case, blanks and empty parts do not count
    identity.birth-date-differs  refusal   two birth dates (0010,0030)
    identity.sex-differs         question  two values of PatientSex (0010,0040)
    identity.study-missing       refusal   a file says no StudyInstanceUID (0020,000D)
    identity.study-differs       refusal   two StudyInstanceUIDs, those of inputs with `own_study` left aside
    identity.one-patient         by the protocol: its cross check `one_patient` of inputs, or of all files

The rules above the last hold for every trial, and nobody waives them.
A name, birth date or sex that a file leaves empty does not contradict one that another file states. The files
that differ are those that disagree with the most; the values are evidence for the reviewer and not in the text.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.domain.finding import Finding, Ruling, Severity
from uploader.domain.private import Private
from uploader.ports import Case, Header, Headers
from uploader.validators.conditions import excused
from uploader.validators.judging import not_evaluable, ruled, severity_of
from uploader.validators.reading import text
from uploader.validators.recognition import inputs

APART = "send one patient's files at a time, and put right the header that is wrong"


@dataclass(frozen=True, slots=True)
class _Rule:
    """An attribute that must not have two values."""

    code: str
    keyword: str
    tag: str
    severity: Severity
    what: str


_RULES = (
    _Rule("identity.patient-differs", "PatientID", "0010,0020", Severity.REFUSAL, "another patient ID"),
    _Rule("identity.issuer-differs", "IssuerOfPatientID", "0010,0021", Severity.REFUSAL, "another issuer of the ID"),
    _Rule("identity.name-differs", "PatientName", "0010,0010", Severity.REFUSAL, "another patient name"),
    _Rule("identity.birth-date-differs", "PatientBirthDate", "0010,0030", Severity.REFUSAL, "another birth date"),
    _Rule("identity.sex-differs", "PatientSex", "0010,0040", Severity.QUESTION, "another sex"),
)
_STUDY = _Rule("identity.study-differs", "StudyInstanceUID", "0020,000D", Severity.REFUSAL, "another study UID")


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The findings of all rules above."""
    headers = case.headers
    yield from _patients(headers)
    yield from _missing(headers, "StudyInstanceUID", "0020,000D", "identity.study-missing", "study UID")
    aside = {entry for each in case.once(inputs).values() if each.said.get("own_study") for entry in each.entries}
    yield from _differing({n: h for n, h in headers.items() if n not in aside}, _STUDY)
    for n, said in enumerate(case.asked.get("cross_checks", ())):
        if said["kind"] == "one_patient":
            yield from _one_patient(case, f"/cross_checks/{n}", said)


def _patients(headers: Headers) -> Iterator[Finding]:
    yield from _missing(headers, "PatientID", "0010,0020", "identity.patient-id-missing", "patient ID")
    for rule in _RULES:
        yield from _differing(headers, rule)


def _one_patient(case: Case, line: str, said: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    excuse = excused(case, line, said)
    headers = _of_inputs(case, said)
    if excuse or not headers:
        yield excuse or not_evaluable(line, "the session has none of the inputs")
        return
    apart = list(_patients(headers))
    yield from ruled(line, _apart(apart, line, severity_of(said)), f"{len(headers)} files of one patient")


def _apart(apart: Sequence[Finding], line: str, severity: Severity) -> Iterator[Finding]:
    """One finding for all that tells the patients apart, each of which is a finding of its own too."""
    if apart:
        yield Finding(
            "identity.one-patient",
            severity,
            apart[0].where,
            f"the files are not all of one patient, or do not say so: {', '.join(f.code for f in apart)}",
            APART,
            None,
            line,
        )


def _of_inputs(case: Case, said: Mapping[str, Any]) -> Headers:
    """The files of the inputs that a cross check names, or all."""
    if "inputs" not in said:
        return case.headers
    found = case.once(inputs)
    return {entry: case.headers[entry] for key in said["inputs"] if key in found for entry in found[key].entries}


def _missing(headers: Headers, keyword: str, tag: str, code: str, what: str) -> Iterator[Finding]:
    without = [name for name, header in headers.items() if not text(header, keyword)]
    if without:
        yield Finding(
            code,
            Severity.REFUSAL,
            f"{without[0]} ({tag})",
            f"{len(without)} of {len(headers)} files say no {what}",
            "export the files again with their header complete",
        )


def _differing(headers: Headers, rule: _Rule) -> Iterator[Finding]:
    values = {name: _written(header, rule.keyword) for name, header in headers.items()}
    counts = Counter(_folded(value) for value in values.values() if value)
    if len(counts) < 2:
        return
    usual = counts.most_common(1)[0][0]
    others = [name for name, value in values.items() if value and _folded(value) != usual]
    yield Finding(
        rule.code,
        rule.severity,
        f"{others[0]} ({rule.tag})",
        f"{len(others)} of {len(headers)} files carry {rule.what} than the others",
        APART,
        Private(" | ".join(sorted({value for value in values.values() if value}))),
    )


def _written(header: Header, keyword: str) -> str:
    """The attribute as DICOM writes it: two values where there must be one are another value, and not none."""
    value = header.get(keyword)
    return "\\".join(map(str, value)) if isinstance(value, list) else text(header, keyword)


def _folded(value: str) -> str:
    """The value without what does not tell patients apart: case, width, repeated blanks, empty name parts."""
    plain = unicodedata.normalize("NFKC", value).casefold()
    groups = ("^".join(" ".join(part.split()) for part in group.split("^")) for group in plain.split("="))
    return "=".join(group.rstrip("^") for group in groups).rstrip("=")
