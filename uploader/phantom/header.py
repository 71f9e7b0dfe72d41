"""The parts of a header that the objects share, with identity wherever real ones have it."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from uploader.phantom.person import ADDRESS, AE_TITLE, DEPARTMENT, HOSPITAL, Person

STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"
"""Detached Study Management, the class a ReferencedStudySequence (0008,1110) names."""


def item(**attributes: object) -> Dataset:
    """A dataset of these attributes, by keyword."""
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def patient(dataset: Dataset, who: Person) -> None:
    dataset.PatientName, dataset.PatientID, dataset.IssuerOfPatientID = who.name, who.patient_id, who.issuer
    dataset.PatientBirthDate, dataset.PatientSex, dataset.PatientAge = who.born, "F", who.age
    dataset.PatientSize, dataset.PatientWeight = "1.71", "68"
    dataset.OtherPatientIDs = who.other_id
    dataset.OtherPatientIDsSequence = [item(PatientID=who.other_id, IssuerOfPatientID="NATIONAL")]
    dataset.OtherPatientNames = f"{who.family}^{who.middle}"
    dataset.PatientAddress, dataset.PatientTelephoneNumbers = ADDRESS, who.phone
    dataset.PatientComments = f"{who.given} {who.family} asks to be called on {who.phone}"


def study(dataset: Dataset, who: Person, study: str) -> None:
    referring, performing, operator, _ = who.doctors
    dataset.StudyDate, dataset.StudyTime = who.studied, "101500"
    dataset.TimezoneOffsetFromUTC = "+0100"
    dataset.StudyID, dataset.AccessionNumber, dataset.AdmissionID = (
        who.accession,
        who.accession,
        who.admission,
    )
    dataset.StudyDescription = f"Thorax planning {who.family}, {who.given}"
    dataset.ReferringPhysicianName = f"{referring}^Anselm"
    dataset.ReferringPhysicianTelephoneNumbers = who.phone
    dataset.PhysiciansOfRecord = f"{referring}^Anselm"
    dataset.PerformingPhysicianName = f"{performing}^Berta"
    dataset.NameOfPhysiciansReadingStudy = f"{performing}^Berta"
    dataset.OperatorsName = f"{operator}^Caspar"
    dataset.RequestingPhysician = f"{referring}^Anselm"
    dataset.ReferencedStudySequence = [
        item(ReferencedSOPClassUID=STUDY_CLASS, ReferencedSOPInstanceUID=study, PatientName=who.name)
    ]


def equipment(dataset: Dataset, who: Person) -> None:
    dataset.Manufacturer, dataset.ManufacturerModelName = "Phantom Works", "Ellipse 8"
    dataset.InstitutionName, dataset.InstitutionAddress = HOSPITAL, ADDRESS
    dataset.InstitutionalDepartmentName, dataset.StationName = DEPARTMENT, who.station
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = who.serial, "1.0"


def hidden(dataset: Dataset, who: Person, former_study: str) -> None:
    """Identity where a list of well-known tags does not look: text, nested items, private groups."""
    dataset.ImageComments = f"seen with {who.given} {who.family}"
    dataset.RequestAttributesSequence = [
        item(
            AccessionNumber=who.accession,
            RequestedProcedureDescription=f"Planning CT {who.family}",
            ScheduledProcedureStepID=who.admission,
            RequestedProcedureID=who.accession,
        )
    ]
    former = item(PatientName=who.name, PatientID=who.patient_id, StudyInstanceUID=former_study)
    dataset.OriginalAttributesSequence = [
        item(
            ModifiedAttributesSequence=[former],
            AttributeModificationDateTime=f"{who.studied}111500.000000+0100",
            ModifyingSystem=who.station,
            SourceOfPreviousValues=HOSPITAL,
            ReasonForTheAttributeModification="CORRECT",
        )
    ]
    block = dataset.private_block(0x0029, "PHANTOM WORKS HEADER", create=True)
    block.add_new(0x01, "LO", f"{who.family} {who.patient_id}")
    block.add_new(0x02, "SQ", [item(PatientName=who.name, PatientBirthDate=who.born)])
    block.add_new(0x03, "OB", f"<patient>{who.family}</patient>".encode().ljust(60, b"\0"))
    dataset.private_block(0x3253, "PHANTOM WORKS XML", create=True).add_new(
        0x00, "UN", f"<name>{who.name}</name>".encode().ljust(80)
    )


def meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID("1.2.826.0.1.3680043.8.498.1")
    meta.SourceApplicationEntityTitle = AE_TITLE
    return meta


def image(dataset: Dataset, size: int) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = size
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0


def approve(dataset: Dataset, who: Person) -> None:
    dataset.ApprovalStatus = "APPROVED"
    dataset.ReviewDate, dataset.ReviewTime = who.drawn, "130000"
    dataset.ReviewerName = f"{who.doctors[3]}^Dorothea"
