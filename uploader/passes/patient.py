"""The patient's own attributes, wherever they occur: scripts may forget them, this pass does not."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from uploader.passes.everywhere import everywhere
from uploader.passes.texts import put

REMOVED_KEYWORDS = (
    "BranchOfService",
    "CountryOfResidence",
    "GroupOfPatientsIdentificationSequence",
    "InsurancePlanIdentification",
    "IssuerOfAccessionNumberSequence",
    "IssuerOfPatientID",
    "IssuerOfPatientIDQualifiersSequence",
    "MedicalRecordLocator",
    "MilitaryRank",
    "NamesOfIntendedRecipientsOfResults",
    "OtherPatientIDs",
    "OtherPatientIDsSequence",
    "OtherPatientNames",
    "PatientAddress",
    "PatientBirthName",
    "PatientInsurancePlanCodeSequence",
    "PatientMotherBirthName",
    "PatientReligiousPreference",
    "PatientTelecomInformation",
    "PatientTelephoneNumbers",
    "ReferencedPatientPhotoSequence",
    "RegionOfResidence",
    "ResponsibleOrganization",
    "ResponsiblePerson",
    "SourcePatientGroupIdentificationSequence",
    "TypeOfPatientID",
)
"""Attributes that name the patient or lead to them (PS3.15 E.1-1, action X)."""

_REMOVED = frozenset(tag_for_keyword(keyword) for keyword in REMOVED_KEYWORDS)
_NAME, _ID = 0x00100010, 0x00100020
_EMPTIED = {0x00080050: "SH", 0x00200010: "SH"}
"""Accession Number, Study ID."""


@dataclass(frozen=True, slots=True)
class ReplacePatient:
    """PatientID and PatientName become the subject ID; what else names the patient goes."""

    subject: str

    def on(self, level: Dataset) -> None:
        for tag in list(level.keys()):
            if tag in _REMOVED:
                del level[tag]
            elif tag in _EMPTIED:
                put(level, tag, _EMPTIED[tag], ())
            elif tag in (_NAME, _ID):
                put(level, tag, "PN" if tag == _NAME else "LO", (self.subject,))

    def apply(self, dataset: Dataset) -> None:
        everywhere((self,), dataset)

    def describe(self) -> str:
        return (
            f"Replaces the patient's name and ID by {self.subject}, empties accession number and study ID, and "
            "removes other names, IDs and their issuers, addresses and the like, at every depth."
        )
