"""What the trial calls the session, and the statement that it has been de-identified (PS3.3 C.7.1.3, C.7.3.2)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from uploader.domain.trial import Protocol
from uploader.passes.texts import put

BASIC_PROFILE = ("113100", "Basic Application Confidentiality Profile")
MODIFIED_DATES = ("113107", "Retain Longitudinal Temporal Information Modified Dates Option")
"""Codes of CID 7050, scheme DCM."""


@dataclass(frozen=True, slots=True)
class TrialAttributes:
    """Sets the attributes of the trial on the dataset itself, whether they were there or not.

    protocol: trial ID, version, title, sponsor
    subject: subject ID in the trial
    label: session label in the trial
    site: the sending site, as the trial calls it
    basic_profile: whether the scripts carry out the Basic Profile of PS3.15 E; nothing is stated that is not so
    """

    trial: str
    version: str
    title: str
    sponsor: str
    subject: str
    label: str
    site: str
    basic_profile: bool

    @classmethod
    def of(cls, protocol: Protocol, subject: str, label: str, site: str) -> TrialAttributes:
        basic = any(script.startswith("base/") for script in protocol.scripts)
        facts = protocol.trial, protocol.version, protocol.title, protocol.sponsor
        return cls(*facts, subject, label, site, basic)

    def apply(self, dataset: Dataset) -> None:
        for keyword, values in self._values().items():
            tag = Tag(keyword)
            put(dataset, tag, dictionary_VR(tag), values)
        dataset.DeidentificationMethodCodeSequence = [_code(*code) for code in self._methods()]

    def _values(self) -> dict[str, tuple[str, ...]]:
        return {
            "PatientName": (self.subject,),
            "PatientID": (self.subject,),
            "PatientBirthDate": (),
            "AccessionNumber": (),
            "StudyID": (),
            "PatientIdentityRemoved": ("YES",),
            "DeidentificationMethod": ("Secure DICOM Uploader", plain(f"{self.trial} {self.version}")),
            "LongitudinalTemporalInformationModified": ("MODIFIED",),
            "ClinicalTrialSponsorName": (plain(self.sponsor),),
            "ClinicalTrialProtocolID": (plain(self.trial),),
            "ClinicalTrialProtocolName": (plain(self.title),),
            "ClinicalTrialSiteID": (plain(self.site),),
            "ClinicalTrialSiteName": (plain(self.site),),
            "ClinicalTrialSubjectID": (self.subject,),
            "ClinicalTrialTimePointID": (plain(self.label),),
        }

    def _methods(self) -> list[tuple[str, str]]:
        return [BASIC_PROFILE, MODIFIED_DATES] if self.basic_profile else [MODIFIED_DATES]

    def describe(self) -> str:
        methods = ", ".join(f"{value} {meaning}" for value, meaning in self._methods())
        return (
            f"States trial {self.trial}, subject {self.subject}, session {self.label} and site in the clinical "
            f"trial attributes, and that identity was removed and dates were modified ({methods})."
        )


def plain(text: str) -> str:
    """`text` as an LO that every character set can hold: ASCII, no backslash, 64 characters. PS3.5 6.2."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(c for c in folded if c.isprintable() and c != "\\").strip()[:64]


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item
