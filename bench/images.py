"""CT, MR and enhanced MR of the bench corpus."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedMRImageStorage,
    JPEG2000Lossless,
    MRImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from bench.drawing import bitmap, noise
from bench.headers import base, instance_uid, item, reference, series_uid
from bench.people import Person

RARE = (
    "InstanceCoercionDateTime", "ReferringPhysicianAddress", "ConsultingPhysicianName",
    "IssuerOfAccessionNumberSequence",
    "ReferringPhysicianIdentificationSequence", "OperatorIdentificationSequence", "PatientBirthTime",
    "PatientBirthName",
    "PatientMotherBirthName", "InsurancePlanIdentification", "PatientPrimaryLanguageCodeSequence", "MilitaryRank",
    "PatientReligiousPreference", "ResponsiblePerson", "ResponsiblePersonRole", "PatientTelecomInformation",
    "MedicalAlerts", "Occupation", "LastMenstrualDate", "PatientInstitutionResidence", "PatientState", "DeviceUID",
    "DateOfLastCalibration", "TimeOfLastCalibration", "GantryID", "DetectorID", "ContributingEquipmentSequence",
    "RequestedProcedureComments", "IssueDateOfImagingServiceRequest", "ImagingServiceRequestComments",
    "ServiceEpisodeID",
    "PlacerOrderNumberImagingServiceRequest", "FillerOrderNumberImagingServiceRequest",
    "ScheduledPerformingPhysicianName",
    "ScheduledProcedureStepStartDate", "CommentsOnThePerformedProcedureStep", "ReferencedPatientPhotoSequence",
    "StudyComments", "RequestingService", "OtherPatientIDsSequence", "DataSetTrailingPadding", "IconImageSequence",
    "OriginalAttributesSequence", "PerformedProcedureTypeDescription", "AdmittingDate", "AdmittingDiagnosesDescription",
    "InstitutionCodeSequence", "CurrentPatientLocation", "PerformedLocation", "PerformedStationName",
)  # fmt: skip
"""What only the first slice of a series has, so that the others are as large as scanners make them."""


ODD = (0x0033, 0x3253, 0x7FE1)
"""Private groups."""


def lean(dataset: Dataset) -> None:
    """Take away what is rare in real slices: those attributes, overlays, curves, and half of the private groups."""
    for keyword in RARE:
        if keyword in dataset:
            delattr(dataset, keyword)
    for tag in [e.tag for e in dataset if e.tag.group >> 8 in (0x50, 0x60) or e.tag.group in ODD]:
        del dataset[tag]


def _image(dataset: Dataset, size: int) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = size
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelSpacing, dataset.WindowCenter, dataset.WindowWidth = ["0.859375", "0.859375"], "40", "400"
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = "", ""
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]


def _acquired(dataset: Dataset, who: Person) -> None:
    dataset.AcquisitionDate, dataset.AcquisitionTime = who.study, who.study_time
    dataset.AcquisitionDateTime = f"{who.study}{who.study_time}+0100"
    dataset.FrameOfReferenceUID = who.uid_frame
    dataset.ImageComments = f"seen with {who.given} {who.family}; {who.study_words}; {who.passport}"
    dataset.DerivationDescription = f"from plate {who.detector}"
    dataset.PerformedProcedureTypeDescription = f"Thorax {who.relative}"
    dataset.IrradiationEventUID = who.uid_event
    dataset.ContrastBolusAgent = "none"
    dataset.PatientPosition, dataset.BodyPartExamined = "HFS", "CHEST"


def ct_slices(who: Person, count: int, size: int) -> Iterator[Dataset]:
    """One series; the same dataset each time, with the slice's values. Odd patients lie in a Siemens-like scanner."""
    dataset = base(who, "CT", "CT", CTImageStorage, who.study, "SIEMENS-like" if who.number % 2 else "GE-like")
    _image(dataset, size)
    _acquired(dataset, who)
    dataset.KVP, dataset.SliceThickness, dataset.RescaleIntercept, dataset.RescaleSlope = "120", "3", "-1024", "1"
    dataset.RescaleType, dataset.ExposureTime, dataset.XRayTubeCurrent, dataset.ConvolutionKernel = (
        "HU",
        500,
        210,
        "B30f",
    )
    dataset.SpiralPitchFactor, dataset.TableHeight, dataset.GantryDetectorTilt = 0.9, "155", "0"
    dataset.BurnedInAnnotation = "NO"
    dataset.SourceImageSequence = [reference(CTImageStorage, who.uid(30, 1))]
    dataset.SourceImageSequence[0].PatientName = who.name
    dataset.ReferencedImageSequence = [reference(CTImageStorage, who.uid(30, 2))]
    _hidden_pictures(dataset, who)
    dataset.PixelData = b""
    for index in range(count):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(instance_uid(who, "CT", index))
        dataset.InstanceNumber = index + 1
        dataset.ImagePositionPatient = ["-219.57", "-219.57", f"{index * 3.0:.1f}"]
        dataset.SliceLocation = f"{index * 3.0:.1f}"
        dataset.PixelData = np.roll(noise(who.number, size), index * 7, axis=1).tobytes()
        yield dataset
        if index == 0:
            lean(dataset)


def _hidden_pictures(dataset: Dataset, who: Person) -> None:
    """An overlay, an old curve and an icon, each with the patient's name drawn or written."""
    drawn = bitmap(who.family)
    dataset.add_new(0x60000010, "US", drawn.shape[0])
    dataset.add_new(0x60000011, "US", drawn.shape[1])
    dataset.add_new(0x60000022, "LO", f"marks of {who.reader}")
    dataset.add_new(0x60000040, "CS", "G")
    dataset.add_new(0x60000050, "SS", [1, 1])
    dataset.add_new(0x60000100, "US", 1)
    dataset.add_new(0x60000102, "US", 0)
    dataset.add_new(0x60001500, "LO", f"{who.family}")
    dataset.add_new(0x60003000, "OW", np.packbits(drawn > 0, bitorder="little").tobytes())
    dataset.add_new(0x50000005, "US", 2)
    dataset.add_new(0x50000010, "US", 3)
    dataset.add_new(0x50000022, "LO", f"breath of {who.given}")
    dataset.add_new(0x50003000, "OW", np.arange(6, dtype="<u2").tobytes())
    icon = item(SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", Rows=32, Columns=256)
    icon.BitsAllocated = icon.BitsStored = 8
    icon.HighBit, icon.PixelRepresentation, icon.PixelData = 7, 0, bitmap(who.patient_id).tobytes()
    icon["PixelData"].VR = "OB"
    dataset.IconImageSequence = [icon]


def mr_slices(who: Person, role: str, count: int, size: int) -> Iterator[Dataset]:
    """`role` MRJ is JPEG 2000 lossless, MRR is RLE; fresh datasets."""
    syntax = JPEG2000Lossless if role == "MRJ" else RLELossless
    for index in range(count):
        dataset = base(who, role, "MR", MRImageStorage, who.study, "SIEMENS-like" if role == "MRJ" else "GE-like")
        _image(dataset, size)
        _acquired(dataset, who)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(instance_uid(who, role, index))
        dataset.InstanceNumber, dataset.SliceThickness = index + 1, "5"
        dataset.ImagePositionPatient = ["-219.57", "-219.57", f"{index * 5.0:.1f}"]
        dataset.ScanningSequence, dataset.SequenceVariant, dataset.ScanOptions = "SE", "SK", "FS"
        dataset.MRAcquisitionType, dataset.EchoTime, dataset.RepetitionTime, dataset.EchoTrainLength = (
            "2D",
            "90",
            "4000",
            8,
        )
        dataset.SequenceName, dataset.MagneticFieldStrength, dataset.FlipAngle = "*tse2d1_8", "1.5", "150"
        dataset.PixelData = np.roll(noise(who.number, size), index * 5, axis=0).tobytes()
        dataset["PixelData"].VR = "OW"
        if index:
            lean(dataset)
        dataset.compress(syntax, generate_instance_uid=False)
        yield dataset


def enhanced_mr(who: Person, frames: int, size: int) -> Dataset:
    dataset = base(who, "EMR", "MR", EnhancedMRImageStorage, who.study, "SIEMENS-like")
    _image(dataset, size)
    _acquired(dataset, who)
    for keyword in ("PixelSpacing", "ImageOrientationPatient", "WindowCenter", "WindowWidth"):
        delattr(dataset, keyword)
    dataset.NumberOfFrames, dataset.ContentQualification = frames, "RESEARCH"
    dataset.BurnedInAnnotation, dataset.MagneticFieldStrength, dataset.ResonantNucleus = "NO", 1.5, "1H"
    dimension = item(DimensionOrganizationUID=who.uid(40, 1))
    dataset.DimensionOrganizationSequence = [dimension]
    dataset.DimensionIndexSequence = [
        item(
            DimensionOrganizationUID=who.uid(40, 1), DimensionIndexPointer=0x00209057, FunctionalGroupPointer=0x00209111
        )
    ]
    dataset.SharedFunctionalGroupsSequence = [_shared(who)]
    dataset.PerFrameFunctionalGroupsSequence = [_frame(who, index) for index in range(frames)]
    dataset.PixelData = b"".join(np.roll(noise(who.number, size), n, axis=1).tobytes() for n in range(frames))
    dataset["PixelData"].VR = "OW"
    return dataset


def large_enhanced_mr(path: Path, who: Person, size: int) -> int:
    """Write one of `size` bytes, below 4 GiB, of empty 512 x 512 frames as a sparse file: it takes neither memory nor
    disk. Returns the number of frames, each with its functional groups."""
    frames = size // (512 * 512 * 2)
    dataset = enhanced_mr(who, 1, 512)
    del dataset.PixelData
    for tag in [element.tag for element in dataset if element.tag > 0x7FE00010]:
        del dataset[tag]
    dataset.NumberOfFrames = frames
    dataset.PerFrameFunctionalGroupsSequence = [_frame(who, index) for index in range(frames)]
    dcmwrite(path, dataset, enforce_file_format=True)
    with path.open("ab") as stream:
        stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, frames * 512 * 512 * 2))
        stream.truncate(stream.tell() + frames * 512 * 512 * 2)
    return frames


def _shared(who: Person) -> Dataset:
    source = reference(SecondaryCaptureImageStorage, who.uid(30, 3))
    source.PurposeOfReferenceCodeSequence = [item(CodeValue="L", CodingSchemeDesignator="99X", CodeMeaning=who.maiden)]
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=["1.1", "1.1"], SliceThickness="5")],
        PlaneOrientationSequence=[item(ImageOrientationPatient=["1", "0", "0", "0", "1", "0"])],
        ReferencedImageSequence=[source],
        FrameAnatomySequence=[item(FrameLaterality="U")],
    )
    shared.private_block(0x0021, "SIEMENS MED", create=True).add_new(0x10, "LO", f"{who.family} {who.patient_id}")
    return shared


def _frame(who: Person, index: int) -> Dataset:
    content = item(
        FrameAcquisitionNumber=1, FrameReferenceDateTime=f"{who.study}{who.study_time}",
        FrameAcquisitionDateTime=f"{who.study}{who.study_time}", FrameAcquisitionDuration=12.5,
        DimensionIndexValues=[index + 1], FrameComments=f"breath of {who.given} {who.family}",
        FrameLabel=f"{who.accession}/{index}", StackID="1", InStackPositionNumber=index + 1,
    )  # fmt: skip
    frame = item(
        FrameContentSequence=[content],
        PlanePositionSequence=[item(ImagePositionPatient=["-140.8", "-140.8", f"{index * 5.0:.1f}"])],
        FrameVOILUTSequence=[item(WindowCenter="40", WindowWidth="400")],
        MRDiffusionSequence=[item(DiffusionBValue=float(index % 2 * 1000), DiffusionDirectionality="ISOTROPIC")],
        MREchoSequence=[item(EffectiveEchoTime=90.0)],
    )
    frame.private_block(0x0021, "SIEMENS MED", create=True).add_new(0x11, "LT", f"operator {who.operator}")
    return frame


def ct_reference(who: Person, index: int) -> Dataset:
    """Points at one slice of the patient's CT."""
    return reference(CTImageStorage, instance_uid(who, "CT", index))


def ct_series_reference(who: Person, count: int) -> Dataset:
    images = [ct_reference(who, index) for index in range(count)]
    return item(SeriesInstanceUID=series_uid(who, "CT"), ReferencedSOPSequence=images)
