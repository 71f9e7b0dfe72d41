"""RTSTRUCT, RTPLAN and RTDOSE of the bench corpus, which refer to one another and to the CT."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import RTDoseStorage, RTPlanStorage, RTStructureSetStorage

from bench.headers import STUDY_CLASS, base, instance_uid, item, reference, series_uid
from bench.images import ct_reference
from bench.people import Person

ROIS = ("BODY", "Lung_L", "Lung_R", "Heart", "SpinalCord", "GTV", "CTV", "PTV_5040")


def structures(who: Person, slices: int) -> Dataset:
    dataset = base(who, "RTSTRUCT", "RTSTRUCT", RTStructureSetStorage, who.drawn)
    dataset.StructureSetLabel, dataset.StructureSetName = f"{who.family}"[:16], f"Thorax {who.family}"
    dataset.StructureSetDescription = f"drawn by {who.physicist} for {who.given} on {who.study_words}"
    dataset.StructureSetDate, dataset.StructureSetTime = who.drawn, "113000"
    dataset.FrameOfReferenceUID = who.uid_frame
    images = [ct_reference(who, index) for index in range(slices)]
    series = item(SeriesInstanceUID=series_uid(who, "CT"), ContourImageSequence=images)
    study = reference(STUDY_CLASS, who.uid_study)
    study.RTReferencedSeriesSequence = [series]
    dataset.ReferencedFrameOfReferenceSequence = [
        item(FrameOfReferenceUID=who.uid_frame, RTReferencedStudySequence=[study])
    ]
    dataset.StructureSetROISequence = [_roi(who, number, name) for number, name in enumerate(ROIS, 1)]
    dataset.ROIContourSequence = [_contours(who, number, slices) for number in range(1, len(ROIS) + 1)]
    dataset.RTROIObservationsSequence = [_observation(who, number, name) for number, name in enumerate(ROIS, 1)]
    _approve(dataset, who)
    return dataset


def _approve(dataset: Dataset, who: Person) -> None:
    dataset.ApprovalStatus, dataset.ReviewDate, dataset.ReviewTime = "APPROVED", who.drawn, "130000"
    dataset.ReviewerName = f"{who.reviewer}^Dorothea"


def _roi(who: Person, number: int, name: str) -> Dataset:
    return item(
        ROINumber=number, ReferencedFrameOfReferenceUID=who.uid_frame,
        ROIName=f"{name} {who.family}" if name == "CTV" else name, ROIGenerationAlgorithm="MANUAL",
        ROIDescription=f"{name} of {who.given}, by {who.physicist}",
        ROIGenerationDescription=f"{who.host} {who.patient_id}",
    )  # fmt: skip


def _contours(who: Person, number: int, slices: int) -> Dataset:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    rows = [(f"{40 * np.cos(a) + number:.2f}", f"{30 * np.sin(a):.2f}") for a in angle]
    contours = [
        item(
            ContourImageSequence=[ct_reference(who, index)], ContourGeometricType="CLOSED_PLANAR",
            NumberOfContourPoints=len(rows), ContourNumber=index + 1,
            ContourData=[c for x, y in rows for c in (x, y, f"{index * 3.0:.1f}")],
        )
        for index in range(slices)
    ]  # fmt: skip
    return item(ROIDisplayColor=[255, number * 20, 0], ContourSequence=contours, ReferencedROINumber=number)


def _observation(who: Person, number: int, name: str) -> Dataset:
    return item(
        ObservationNumber=number, ReferencedROINumber=number, ROIObservationLabel=f"{name} {who.given[:4]}"[:16],
        ROIObservationDescription=f"seen by {who.reviewer}", RTROIInterpretedType="ORGAN",
        ROIInterpreter=f"{who.physicist}^Hans",
    )  # fmt: skip


def plan(who: Person) -> Dataset:
    dataset = base(who, "RTPLAN", "RTPLAN", RTPlanStorage, who.drawn)
    dataset.RTPlanLabel, dataset.RTPlanName = "PTV5040", f"Plan {who.family}"
    dataset.RTPlanDescription = f"for {who.given}, agreed with {who.consulting} on {who.study_iso}"
    dataset.RTPlanDate, dataset.RTPlanTime, dataset.RTPlanGeometry = who.drawn, "120000", "PATIENT"
    dataset.FrameOfReferenceUID = who.uid_frame
    dataset.PrescriptionDescription = f"28 x 1.8 Gy, Dr {who.consulting}"
    dataset.DoseReferenceSequence = [
        item(
            DoseReferenceNumber=1, DoseReferenceUID=who.uid_dose_reference, DoseReferenceStructureType="VOLUME",
            DoseReferenceDescription=f"PTV {who.family}", ReferencedROINumber=8, DoseReferenceType="TARGET",
            TargetPrescriptionDose="50.4",
        )
    ]  # fmt: skip
    dataset.FractionGroupSequence = [
        item(
            FractionGroupNumber=1, FractionGroupDescription=f"from {who.study_words}", NumberOfFractionsPlanned=28,
            NumberOfBeams=2, NumberOfBrachyApplicationSetups=0,
            ReferencedBeamSequence=[item(ReferencedBeamNumber=n, BeamMeterset="90", BeamDose="0.9") for n in (1, 2)],
        )
    ]  # fmt: skip
    dataset.BeamSequence = [_beam(who, 1), _beam(who, 2)]
    dataset.PatientSetupSequence = [
        item(PatientSetupNumber=1, PatientPosition="HFS", SetupTechniqueDescription=f"mask of {who.given}")
    ]
    dataset.ReferencedStructureSetSequence = [reference(RTStructureSetStorage, instance_uid(who, "RTSTRUCT"))]
    _approve(dataset, who)
    return dataset


def _beam(who: Person, number: int) -> Dataset:
    start = item(
        ControlPointIndex=0, NominalBeamEnergy="6", DoseRateSet="600", GantryAngle=str(number * 90),
        GantryRotationDirection="NONE", IsocenterPosition=["-80", "0", "0"], CumulativeMetersetWeight="0",
        BeamLimitingDevicePositionSequence=[item(RTBeamLimitingDeviceType="X", LeafJawPositions=["-50", "50"])],
    )  # fmt: skip
    return item(
        Manufacturer="Elliptic", InstitutionName=who.institution, InstitutionAddress=who.site_address,
        InstitutionalDepartmentName=who.department, DeviceSerialNumber=who.serial, TreatmentMachineName=who.station,
        BeamNumber=number, BeamName="Right", BeamDescription=f"checked by {who.physicist}", BeamType="STATIC",
        RadiationType="PHOTON", TreatmentDeliveryType="TREATMENT", PrimaryDosimeterUnit="MU", SourceAxisDistance="1000",
        NumberOfControlPoints=2, FinalCumulativeMetersetWeight="1", NumberOfWedges=0, NumberOfCompensators=0,
        NumberOfBoli=0, NumberOfBlocks=0, ReferencedPatientSetupNumber=1,
        BeamLimitingDeviceSequence=[item(RTBeamLimitingDeviceType="X", NumberOfLeafJawPairs=1)],
        ControlPointSequence=[start, item(ControlPointIndex=1, CumulativeMetersetWeight="1")],
    )  # fmt: skip


def dose(who: Person, size: int) -> Dataset:
    dataset = base(who, "RTDOSE", "RTDOSE", RTDoseStorage, who.drawn)
    planes = 30
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = who.uid_frame, ""
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = size
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 32, 32, 31, 0
    dataset.PixelSpacing, dataset.ImageOrientationPatient = ["2.5", "2.5"], ["1", "0", "0", "0", "1", "0"]
    dataset.ImagePositionPatient, dataset.SliceThickness = ["-160", "-160", "0"], ""
    dataset.NumberOfFrames, dataset.FrameIncrementPointer = planes, 0x3004000C
    dataset.GridFrameOffsetVector = [str(plane * 3) for plane in range(planes)]
    dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    dataset.DoseGridScaling, dataset.DoseComment = "1e-05", f"{who.family} {who.drawn} {who.physicist}"
    dataset.ReferencedRTPlanSequence = [reference(RTPlanStorage, instance_uid(who, "RTPLAN"))]
    dataset.ReferencedStructureSetSequence = [reference(RTStructureSetStorage, instance_uid(who, "RTSTRUCT"))]
    z, y, x = np.mgrid[0:planes, 0:size, 0:size]
    square = ((z - 15) / 8) ** 2 + ((y - size / 2) / 12) ** 2 + ((x - size / 2) / 12) ** 2
    dataset.PixelData = (5_040_000 * np.exp(-square)).astype("<u4").tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset
