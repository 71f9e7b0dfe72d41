"""What every object of the bench corpus carries: the identity of one patient wherever real headers have it."""

from __future__ import annotations

import struct

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRLittleEndian

from bench.people import Person

STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"
ROLES = ("CT", "MRJ", "MRR", "RTSTRUCT", "RTPLAN", "RTDOSE", "US", "SC", "SR", "PDF", "PR", "EMR", "ECG")
"""A role is a kind of file; SeriesNumber (0020,0011) tells it and the patient, in the input and in what tools make."""


def series_number(who: Person, role: str) -> int:
    return who.number * 100 + ROLES.index(role)


def instance_uid(who: Person, role: str, index: int = 0) -> str:
    return who.uid(20, ROLES.index(role), index + 1)


def series_uid(who: Person, role: str) -> str:
    return who.uid(10, ROLES.index(role))


def item(**attributes: object) -> Dataset:
    """A dataset of these attributes, by keyword."""
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def code(value: str, scheme: str, meaning: str) -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def reference(sop_class: str, instance: str) -> Dataset:
    return item(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=instance)


def base(who: Person, role: str, modality: str, sop_class: str, day: str, maker: str = "Elliptic") -> Dataset:
    """Patient, study, series, equipment and SOP common modules, nested sequences, private groups, meta, preamble."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = who.charset
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, instance_uid(who, role)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = who.uid_study, series_uid(who, role)
    dataset.Modality, dataset.SeriesNumber, dataset.InstanceNumber = modality, series_number(who, role), 1
    _patient(dataset, who)
    _study(dataset, who, day)
    _equipment(dataset, who, maker)
    _nested(dataset, who)
    (ge if maker.startswith("GE") else siemens)(dataset, who)
    _odd_private(dataset, who)
    _meta(dataset, who)
    return dataset


def _patient(dataset: Dataset, who: Person) -> None:
    dataset.PatientName, dataset.PatientID, dataset.IssuerOfPatientID = who.name, who.patient_id, who.issuer
    dataset.PatientBirthDate, dataset.PatientBirthTime = who.birth, "041500"
    dataset.PatientSex, dataset.PatientAge = "F", "061Y"
    dataset.PatientSize, dataset.PatientWeight = "1.71", "68"
    dataset.OtherPatientIDs, dataset.OtherPatientNames = who.other_id, f"{who.alias}^{who.given}"
    dataset.OtherPatientIDsSequence = [
        item(PatientID=who.other_id, IssuerOfPatientID="NATIONAL", TypeOfPatientID="TEXT"),
        item(PatientID=who.passport, TypeOfPatientID="TEXT"),
    ]
    dataset.PatientBirthName, dataset.PatientMotherBirthName = f"{who.maiden}^{who.given}", f"{who.mother}^Anna"
    dataset.PatientAddress = f"{who.street}, {who.town}"
    dataset.PatientTelephoneNumbers = who.phone
    dataset.PatientTelecomInformation = who.email
    dataset.InsurancePlanIdentification = who.insurance
    dataset.Occupation, dataset.MilitaryRank = who.occupation[:16], "Corporal"
    dataset.PatientReligiousPreference = "Pastafarian"
    dataset.ResponsiblePerson, dataset.ResponsiblePersonRole = f"{who.relative}^Tante", "PARENT"
    dataset.AdditionalPatientHistory = f"{who.occupation}; came with {who.relative}; seen {who.former_slashed}"
    dataset.PatientComments = f"{who.given} {who.family}, born {who.birth_dotted}, asks to be called on {who.phone}"
    dataset.PatientState = f"calm, wants news by {who.email}"
    dataset.MedicalAlerts = f"see note of Dr {who.reader}"
    dataset.LastMenstrualDate, dataset.PatientInstitutionResidence = who.former, who.ward


def _study(dataset: Dataset, who: Person, day: str) -> None:
    dataset.StudyDate, dataset.StudyTime = who.study, who.study_time
    dataset.SeriesDate = dataset.ContentDate = dataset.InstanceCreationDate = day
    dataset.SeriesTime = dataset.ContentTime = dataset.InstanceCreationTime = who.study_time
    dataset.TimezoneOffsetFromUTC = "+0100"
    dataset.StudyID, dataset.AccessionNumber, dataset.AdmissionID = who.study_id, who.accession, who.admission
    dataset.AdmittingDate, dataset.AdmittingDiagnosesDescription = who.former, f"cough since {who.former_slashed}"
    dataset.ServiceEpisodeID = who.episode
    dataset.StudyDescription = f"Thorax {who.family}, {who.given} {who.patient_id}"
    dataset.SeriesDescription = f"Thorax 3mm {who.accession} {who.study_iso} {who.relative}"
    dataset.ReferringPhysicianName = f"{who.referring}^Anselm^^Dr"
    dataset.ReferringPhysicianTelephoneNumbers = who.staff_phone
    dataset.ReferringPhysicianAddress = who.site_address
    dataset.ConsultingPhysicianName = f"{who.consulting}^Egon"
    dataset.PhysiciansOfRecord = f"{who.record}^Fritz"
    dataset.PerformingPhysicianName = f"{who.performing}^Berta"
    dataset.NameOfPhysiciansReadingStudy = f"{who.reader}^Grete"
    dataset.OperatorsName = [f"{who.operator}^Caspar", f"{who.physicist}^Hans"]
    dataset.RequestingPhysician, dataset.RequestingService = f"{who.requester}^Ida", who.department
    dataset.ScheduledPerformingPhysicianName = f"{who.scheduled}^Jan"
    dataset.StudyComments = f"discussed with {who.relative}, {who.study_words}"
    dataset.CurrentPatientLocation = who.ward
    dataset.RequestedProcedureDescription = f"CT for {who.family}"
    dataset.RequestedProcedureComments = f"Dr {who.requester} asks, {who.staff_phone}"
    dataset.PlacerOrderNumberImagingServiceRequest = who.order_placer
    dataset.FillerOrderNumberImagingServiceRequest = who.order_filler
    dataset.PerformedProcedureStepStartDate = dataset.PerformedProcedureStepEndDate = day
    dataset.PerformedProcedureStepID, dataset.PerformedLocation = who.request_id, who.ward
    dataset.PerformedProcedureStepDescription = f"done by {who.operator}"
    dataset.ScheduledProcedureStepStartDate = who.study
    dataset.CommentsOnThePerformedProcedureStep = f"{who.given} moved; repeated by {who.operator}"
    dataset.IssueDateOfImagingServiceRequest, dataset.ImagingServiceRequestComments = who.study, f"for {who.maiden}"


def _equipment(dataset: Dataset, who: Person, maker: str) -> None:
    dataset.Manufacturer, dataset.ManufacturerModelName = maker, "Ellipse 8"
    dataset.InstitutionName, dataset.InstitutionAddress = who.institution, f"{who.site_address}, {who.town}"
    dataset.InstitutionalDepartmentName, dataset.StationName = who.department, who.station
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = who.serial, "syngo 1.0"
    dataset.DeviceUID, dataset.GantryID, dataset.DetectorID = who.uid_device, who.gantry, who.detector
    dataset.DateOfLastCalibration, dataset.TimeOfLastCalibration = who.former, "070000"
    dataset.PerformedStationAETitle, dataset.PerformedStationName = who.ae_title, who.station
    dataset.ProtocolName = f"Thorax {who.family} {who.birth}"
    dataset.InstanceCoercionDateTime = f"{who.study}{who.study_time}"
    dataset.ContributingEquipmentSequence = [
        item(
            Manufacturer="Relay", InstitutionName=who.institution, StationName=who.station,
            DeviceSerialNumber=who.serial, OperatorsName=f"{who.operator}^Caspar",
            ContributionDateTime=f"{who.study}101500",
            ContributionDescription=f"sent by {who.host}",
            PurposeOfReferenceCodeSequence=[code("109103", "DCM", "Modifying")],
        )
    ]  # fmt: skip


def _nested(dataset: Dataset, who: Person) -> None:
    dataset.RequestAttributesSequence = [
        item(
            AccessionNumber=who.accession, RequestedProcedureID=who.request_id, ScheduledProcedureStepID=who.admission,
            RequestedProcedureDescription=f"CT {who.family}", StudyInstanceUID=who.uid_study,
            ScheduledProcedureStepDescription=f"plan for {who.given} by {who.scheduled}",
            ReasonForTheRequestedProcedure=f"fall in {who.town}",
        )
    ]  # fmt: skip
    before = item(
        PatientName=who.name, PatientID=who.patient_id, StudyInstanceUID=who.uid_former, PatientBirthDate=who.birth
    )
    dataset.OriginalAttributesSequence = [
        item(
            ModifiedAttributesSequence=[before], AttributeModificationDateTime=f"{who.study}111500.000000+0100",
            ModifyingSystem=who.host, SourceOfPreviousValues=who.institution,
            ReasonForTheAttributeModification="CORRECT",
        )
    ]  # fmt: skip
    dataset.ReferencedStudySequence = [reference(STUDY_CLASS, who.uid_former)]
    dataset.ReferencedStudySequence[0].PatientName = who.name
    dataset.ReferencedPerformedProcedureStepSequence = [reference("1.2.840.10008.3.1.2.3.3", who.uid_event)]
    dataset.ReferencedPatientPhotoSequence = [
        item(
            StudyInstanceUID=who.uid_former,
            ReferencedSeriesSequence=[item(SeriesInstanceUID=who.uid(11, 1))],
            RetrieveURI=f"https://{who.host}/photo/{who.patient_id}",
        )
    ]
    dataset.ReferringPhysicianIdentificationSequence = [_staff(who, who.referring)]
    dataset.OperatorIdentificationSequence = [_staff(who, who.operator)]
    dataset.ProcedureCodeSequence = [code("P1", "99LOCAL", f"Thorax {who.maiden}")]
    dataset.PatientPrimaryLanguageCodeSequence = [code("de", "RFC3066", "German")]
    dataset.IssuerOfAccessionNumberSequence = [item(LocalNamespaceEntityID=who.issuer)]
    dataset.InstitutionCodeSequence = [code("I1", "99LOCAL", who.institution)]


def _staff(who: Person, name: str) -> Dataset:
    return item(
        PersonIdentificationCodeSequence=[code(who.request_id, "99STAFF", f"{name} of {who.department}")],
        PersonAddress=who.site_address,
        PersonTelephoneNumbers=who.staff_phone,
        InstitutionName=who.institution,
    )


def csa(who: Person) -> bytes:
    """Like a Siemens CSA header: SV10, then names and texts in fixed fields."""
    parts = [b"SV10\4\3\2\1", struct.pack("<II", 40, 77)]
    for at in range(40):
        value = (who.family, who.serial, who.study, who.institution, f"value {at}")[min(at, 4)]
        parts.append(f"Field{at}".encode().ljust(64, b"\0") + struct.pack("<i4sII", 1, b"LO\0\0", 1, 77))
        parts.append(value.encode().ljust(64, b"\0"))
    return b"".join(parts)


def siemens(dataset: Dataset, who: Person) -> None:
    block = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x08, "CS", "IMAGE NUM 4")
    block.add_new(0x09, "LO", who.study)
    block.add_new(0x10, "OB", csa(who))
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "1000")
    block.add_new(0x0E, "FD", [0.0, 0.5, 0.5])
    block = dataset.private_block(0x0021, "SIEMENS MED", create=True)
    block.add_new(0x10, "LO", f"{who.family} {who.patient_id}")
    block.add_new(0x11, "PN", who.name)
    block.add_new(0x12, "DA", who.birth)
    block.add_new(0x13, "UI", who.uid_study)
    nested = item(PatientName=who.name, PatientBirthDate=who.birth, InstitutionName=who.institution)
    nested.private_block(0x0021, "SIEMENS MED", create=True).add_new(0x10, "LT", f"by {who.operator} for {who.given}")
    block.add_new(0x20, "SQ", [nested])


def ge(dataset: Dataset, who: Person) -> None:
    block = dataset.private_block(0x0009, "GEMS_IDEN_01", create=True)
    block.add_new(0x01, "LO", "GE_GENESIS_FF")
    block.add_new(0x02, "SH", who.station)
    block.add_new(0x27, "SL", 1500000000)
    block.add_new(0x30, "SH", who.serial)
    block.add_new(0xE3, "UI", who.uid_frame)
    block = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
    block.add_new(0x39, "IS", ["1000", "8", "0", "0"])
    block.add_new(0x61, "UI", who.uid_study)
    block.add_new(0x70, "LO", f"{who.family}, {who.given}")
    block = dataset.private_block(0x0045, "GEMS_HELIOS_01", create=True)
    block.add_new(0x10, "LT", f"{who.institution}; {who.operator}; {who.study_iso}")
    nested = item(PatientID=who.patient_id, StudyDate=who.study)
    block.add_new(0x20, "SQ", [nested])


def _odd_private(dataset: Dataset, who: Person) -> None:
    """UN with a text, UN of undefined length (implicit VR inside, PS3.5 6.2.2 note 2), one without its creator."""
    block = dataset.private_block(0x3253, "ELLIPTIC XML", create=True)
    block.add_new(
        0x00, "UN", f"<patient><name>{who.name}</name><id>{who.patient_id}</id></patient>".encode().ljust(160)
    )
    inner = b"".join(
        struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value
        for tag, value in (
            (0x00080050, _even(who.accession)),
            (0x00100010, _even(who.name)),
            (0x00100020, _even(who.patient_id)),
            (0x00100030, _even(who.birth)),
        )
    )
    value = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
    tag = Tag(0x3253, 0x1001)
    dataset[tag] = DataElement(tag, "UN", value, is_undefined_length=True)
    dataset.add_new((0x0033, 0x1013), "LO", f"{who.family} at {who.institution}")
    after = dataset.private_block(0x7FE1, "ELLIPTIC TAIL", create=True)
    after.add_new(0x10, "OB", f"raw data of {who.name} {who.patient_id}".encode().ljust(120, b"\0"))
    dataset.add_new((0xFFFC, 0xFFFC), "OB", f"padding {who.family} {who.patient_id}".encode().ljust(200, b"\0"))


def _even(text: str) -> bytes:
    value = text.encode()
    return value + b" " * (len(value) % 2)


def _meta(dataset: Dataset, who: Person) -> None:
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID("1.2.826.0.1.3680043.8.498.1")
    meta.ImplementationVersionName = who.station
    meta.SourceApplicationEntityTitle = who.ae_title
    meta.PrivateInformationCreatorUID = UID(who.uid(90, 1))
    meta.PrivateInformation = f"{who.name} {who.patient_id} {who.host}".encode().ljust(128, b"\0")
    dataset.file_meta = meta
    dataset.preamble = f"II*\0{who.patient_id} {who.family} {who.institution}".encode().ljust(128, b"\0")[:128]
