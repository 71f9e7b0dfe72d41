"""A small session, an anonymiser of convenience, and ways to break its work. For the tests of the verifier."""

from __future__ import annotations

import hashlib
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RTStructureSetStorage,
)

from uploader.domain.finding import Finding
from uploader.domain.manifest import Manifest, measure
from uploader.stages.verify import verify

SUBJECT = "TRIAL-007"
KEEP = frozenset({SUBJECT, "TRIAL-007_1", "TRIAL", "Sponsor Inc", "Site 4"})
NAME = "Müller-Øxenby^Änneliese^Jörg"
PATIENT_ID = "MRN-5512873"
BORN, DONE = "19610312", "20240117"
DAYS = 100
SLICES = ("0001", "0002", "0003")
STRUCTURES = "0004"
ROOT = "1.2.826.0.1.3680043.99"

_REMOVED = """
    PatientBirthDate OtherPatientIDs AccessionNumber InstitutionName InstitutionAddress StationName StudyID
    InstitutionalDepartmentName DeviceSerialNumber PatientAddress PatientTelephoneNumbers ImageComments
    RequestAttributesSequence
"""


@dataclass(frozen=True)
class Session:
    """An original and its anonymised copy in two folders, and the manifest of the original."""

    original: Path
    anonymised: Path
    before: Manifest

    def file(self, number: str) -> Path:
        return self.anonymised / entry_name(number)

    def findings(
        self,
        after: Manifest | None = None,
        jobs: int = 1,
        keep: frozenset[str] = KEEP,
        named: frozenset[str] | None = None,
    ) -> list[Finding]:
        """What the verifier says; `after` is what lies there, unless given."""
        now = after or manifest(self.anonymised)
        return verify(self.original.joinpath, self.anonymised, self.before, now, keep=keep, named=named, jobs=jobs)


def entry_name(number: str) -> str:
    return f"scans/3/DICOM/{number}.dcm"


def manifest(folder: Path) -> Manifest:
    """What lies in `folder`."""
    entries = []
    for path in sorted(folder.rglob("*.dcm")):
        with path.open("rb") as stream:
            entries.append(measure(path.relative_to(folder).as_posix(), stream))
    return Manifest(frozenset(entries))


def make(
    folder: Path,
    syntax: str = ExplicitVRLittleEndian,
    name: str = NAME,
    charset: str | list[str] = "ISO_IR 192",
    **attributes: object,
) -> Session:
    """A session of three slices and a structure set, well anonymised. `attributes` are those of its originals."""
    original, anonymised = folder / "original", folder / "anonymised"
    for number in (*SLICES, STRUCTURES):
        dataset = structures() if number == STRUCTURES else ct(number)
        dataset.SpecificCharacterSet, dataset.PatientName = charset, name
        dataset.update(item(**attributes))
        save(dataset, original / entry_name(number), syntax, preamble=b"II*\0" + PATIENT_ID.encode())
    for path in sorted(original.rglob("*.dcm")):
        target = anonymised / path.relative_to(original)
        save(scrub(pydicom.dcmread(path)), target, syntax)
    return Session(original, anonymised, manifest(original))


def copy(session: Session, folder: Path) -> Session:
    """The same session, to be broken."""
    shutil.copytree(session.anonymised, folder / "anonymised")
    return Session(session.original, folder / "anonymised", session.before)


def item(**attributes: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def ct(number: str) -> Dataset:
    """One slice with as much identity as a real one."""
    dataset = _base(CTImageStorage, f"{ROOT}.1.{int(number)}", f"{ROOT}.2.1", "CT")
    dataset.ImageType, dataset.ProtocolName = ["ORIGINAL", "PRIMARY", "AXIAL"], "Thorax"
    dataset.AcquisitionDateTime = f"{DONE}101530.000000"
    dataset.FrameOfReferenceUID = f"{ROOT}.3"
    dataset.ImageComments = f"Patient {PATIENT_ID}, seen by Dr. Wolkenstein"
    dataset.ReferencedImageSequence = [_reference(f"{ROOT}.1.{n}") for n in (1, 2)]
    dataset.RequestAttributesSequence = [item(RequestedProcedureID="REQ-90817", StudyInstanceUID=f"{ROOT}.4")]
    dataset.ImagePositionPatient, dataset.KVP = [-250.5, -250.5, float(number)], "120"
    dataset.Rows = dataset.Columns = 16
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 15, 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.add_new(0x7FE00010, "OW", hashlib.shake_128(number.encode()).digest(512))
    return dataset


def structures() -> Dataset:
    """A structure set that refers to the slices."""
    dataset = _base(RTStructureSetStorage, f"{ROOT}.5", f"{ROOT}.2.2", "RTSTRUCT")
    dataset.StructureSetLabel, dataset.StructureSetDate = "PLAN", DONE
    series = item(
        SeriesInstanceUID=f"{ROOT}.2.1", ContourImageSequence=[_reference(f"{ROOT}.1.{n}") for n in (1, 2, 3)]
    )
    study = item(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1", RTReferencedSeriesSequence=[series])
    frame = item(FrameOfReferenceUID=f"{ROOT}.3", RTReferencedStudySequence=[study])
    dataset.ReferencedFrameOfReferenceSequence = [frame]
    dataset.StructureSetROISequence = [
        item(ROINumber=1, ReferencedFrameOfReferenceUID=f"{ROOT}.3", ROIName="Cord", ROIGenerationAlgorithm="")
    ]
    return dataset


def scrub(dataset: Dataset) -> Dataset:
    """The convenient anonymiser: right for these files, and for no others."""
    dataset.remove_private_tags()
    for keyword in _REMOVED.split():
        if keyword in dataset:
            delattr(dataset, keyword)
    for element in dataset.iterall():
        if element.VR == "UI":
            element.value = mapped(element.value)
        elif element.VR in ("DA", "DT") and element.value:
            element.value = shifted(element.value)
        elif element.VR == "PN":
            element.value = ""
    dataset.PatientID = dataset.PatientName = SUBJECT
    dataset.PatientIdentityRemoved = "YES"
    dataset.ClinicalTrialSubjectID = SUBJECT
    return dataset


def mapped(uid: str) -> str:
    return uid if uid.startswith("1.2.840.10008.") else f"2.25.{int(hashlib.sha256(uid.encode()).hexdigest()[:30], 16)}"


def shifted(value: str) -> str:
    return f"{datetime.strptime(value[:8], '%Y%m%d') - timedelta(days=DAYS):%Y%m%d}{value[8:]}"


def save(dataset: Dataset, path: Path, syntax: str, preamble: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.ImplementationVersionName = "TEST"
    dataset.preamble = preamble.ljust(128, b"\0")
    dataset.save_as(
        path,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )


def edit(path: Path, change: Callable[[Dataset], object]) -> None:
    """Change one anonymised file as DICOM."""
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)


def edit_bytes(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    """One element in explicit VR little endian, long form."""
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, len(value)) + value


def _base(sop_class: str, instance: str, series: str, modality: str) -> Dataset:
    dataset = item(
        SOPClassUID=sop_class,
        SOPInstanceUID=instance,
        SeriesInstanceUID=series,
        StudyInstanceUID=f"{ROOT}.4",
        Modality=modality,
        Manufacturer="ACME Scanners",
        SpecificCharacterSet="ISO_IR 192",
        PatientName=NAME,
        PatientID=PATIENT_ID,
        PatientBirthDate=BORN,
        OtherPatientIDs="NHS9434765919",
        PatientAddress="17 Quarrelsome Lane, Wistlebury",
        PatientTelephoneNumbers="+49 555 147-8823",
        StudyDate=DONE,
        SeriesDate=DONE,
        StudyTime="101530",
        AccessionNumber="ACC.73159.02",
        StudyID="47113",
        InstitutionName="Sankt Wistlebury Hospital",
        InstitutionAddress="1 Hospital Road",
        InstitutionalDepartmentName="CT",
        StationName="CTAWP90817",
        DeviceSerialNumber="SN2528201",
        ReferringPhysicianName="Wolkenstein^Oswald^^Dr.",
        OperatorsName="Li^Bo",
        SoftwareVersions="syngo 4.2",
    )
    block = dataset.private_block(0x0029, "ACME HEADER", create=True)
    block.add_new(0x10, "LO", PATIENT_ID)
    return dataset


def _reference(instance: str) -> Dataset:
    return item(ReferencedSOPClassUID=CTImageStorage, ReferencedSOPInstanceUID=instance)
