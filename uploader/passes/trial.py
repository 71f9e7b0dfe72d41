"""What the trial calls the session, and the statement that it has been de-identified (PS3.3 C.7.1.3, C.7.3.2)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from uploader.dictionary import tag_of
from uploader.domain.policy import Option
from uploader.domain.trial import Protocol
from uploader.elements import Form, encoded, known_vr, sequence
from uploader.passes.policy import Policy
from uploader.passes.values import written
from uploader.rules import Written

_METHOD_CODES = 0x00120064

Method: TypeAlias = tuple[str, str]
"""Code value of CID 7050, scheme DCM, and its meaning."""


@dataclass(frozen=True, slots=True)
class TrialAttributes:
    """Sets the attributes of the trial on the dataset itself, whether they were there or not.

    protocol: trial ID, version, title, sponsor
    subject: subject ID in the trial
    label: session label in the trial
    site: the sending site, as the trial calls it
    dates: value of Longitudinal Temporal Information Modified (0028,0303)
    institution: whether the site also stands where the institution stood
    """

    trial: str
    version: str
    title: str
    sponsor: str
    subject: str
    label: str
    site: str
    dates: str
    institution: bool = False

    @classmethod
    def of(cls, protocol: Protocol, policy: Policy, subject: str, label: str, site: str) -> TrialAttributes:
        facts = protocol.trial, protocol.version, protocol.title, protocol.sponsor
        return cls(*facts, subject, label, site, _dates(policy), protocol.institution_is_site)

    def written(self, form: Form, methods: Iterable[Method]) -> tuple[Written, ...]:
        """The elements, encoded, in ascending order. methods: what was done to the object, nothing that is not so."""
        texts = [(tag, values) for keyword, values in self._values().items() if (tag := tag_of(keyword))]
        elements = [(tag, encoded(tag, known_vr(tag), written(values), form)) for tag, values in texts]
        codes = [_code(*method, form) for method in methods]
        return tuple(sorted([*elements, (_METHOD_CODES, sequence(_METHOD_CODES, codes, form))]))

    def _values(self) -> dict[str, tuple[str, ...]]:
        return {
            "PatientName": (self.subject,),
            "PatientID": (self.subject,),
            "PatientBirthDate": (),
            "AccessionNumber": (),
            "StudyID": (),
            "PatientIdentityRemoved": ("YES",),
            "DeidentificationMethod": ("Secure DICOM Uploader", plain(f"{self.trial} {self.version}")),
            "LongitudinalTemporalInformationModified": (self.dates,),
            "ClinicalTrialSponsorName": (plain(self.sponsor),),
            "ClinicalTrialProtocolID": (plain(self.trial),),
            "ClinicalTrialProtocolName": (plain(self.title),),
            "ClinicalTrialSiteID": (plain(self.site),),
            "ClinicalTrialSiteName": (plain(self.site),),
            "ClinicalTrialSubjectID": (self.subject,),
            "ClinicalTrialTimePointID": (plain(self.label),),
            **({"InstitutionName": (plain(self.site),)} if self.institution else {}),
        }

    def describe(self, methods: Iterable[Method]) -> str:
        said = ", ".join(f"{value} {meaning}" for value, meaning in methods)
        return (
            f"States trial {self.trial}, subject {self.subject}, session {self.label} and site in the clinical "
            f"trial attributes, that identity was removed and dates are {self.dates.lower()} ({said})."
        )


def plain(text: str) -> str:
    """`text` as an LO that every character set can hold: ASCII, no backslash, 64 characters. PS3.5 6.2."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(c for c in folded if c.isprintable() and c != "\\").strip()[:64]


def _dates(policy: Policy) -> str:
    """PS3.3 C.7.2.1."""
    if Option.RETAIN_FULL_DATES in policy.options:
        return "UNMODIFIED"
    return "MODIFIED" if Option.RETAIN_MODIFIED_DATES in policy.options else "REMOVED"


def _code(value: str, meaning: str, form: Form) -> bytes:
    """The content of a code item. PS3.3 8.8."""
    attributes = ((0x00080100, b"SH", value), (0x00080102, b"SH", "DCM"), (0x00080104, b"LO", meaning))
    return b"".join(encoded(tag, vr, written([text]), form) for tag, vr, text in attributes)
