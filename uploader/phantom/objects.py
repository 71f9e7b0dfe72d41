"""The DICOM objects of one synthetic session."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, RTDoseStorage, RTPlanStorage, RTStructureSetStorage, generate_uid

from uploader.phantom import anatomy, header
from uploader.phantom.anatomy import DOSE_SIZE, ORGANS, OUTLINE_POINTS, SPACING_MM, Ellipse
from uploader.phantom.header import STUDY_CLASS, item
from uploader.phantom.person import HOSPITAL, Person, PhantomIdentity, invented, planted


class Maker:
    """Makes the objects of one session, and remembers which UIDs it gave out."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._uids: dict[str, str] = {}
        self.person = invented(seed)

    def uid(self, what: str) -> str:
        """The UID of `what`, the same whenever it is asked for."""
        if what not in self._uids:
            self._uids[what] = str(generate_uid(entropy_srcs=["phantom", str(self._seed), what]))
        return self._uids[what]

    def identity(self) -> PhantomIdentity:
        """What has been planted."""
        return planted(self.person, tuple(self._uids.values()))

    def base(self, sop_class: str, modality: str, instance: str, day: str) -> Dataset:
        """What every object carries: patient, study, series, equipment and SOP common modules."""
        dataset = Dataset()
        dataset.SpecificCharacterSet = "ISO_IR 192"
        dataset.SOPClassUID = sop_class
        dataset.SOPInstanceUID = self.uid(instance)
        dataset.Modality = modality
        dataset.StudyInstanceUID = self.uid("study")
        dataset.SeriesInstanceUID = self.uid(f"series {modality}")
        dataset.SeriesNumber = {"CT": 2, "RTSTRUCT": 3, "RTPLAN": 4, "RTDOSE": 5}.get(modality, 6)
        dataset.InstanceCreationDate = dataset.SeriesDate = day
        dataset.InstanceCreationTime = dataset.SeriesTime = "101530"
        header.patient(dataset, self.person)
        header.study(dataset, self.person, self.uid("study"))
        header.equipment(dataset, self.person)
        header.hidden(dataset, self.person, self.uid("former study"))
        dataset.file_meta = header.meta(dataset)
        dataset.preamble = f"II*\0{self.person.patient_id} {self.person.family}".encode().ljust(128, b"\0")
        return dataset

    def ct(self, index: int, count: int, pixels: bytes, size: int) -> Dataset:
        """One slice; `pixels` are (size, size) unsigned 16 bit."""
        dataset = self.base(CTImageStorage, "CT", f"ct {index}", self.person.studied)
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.AcquisitionDate = dataset.ContentDate = self.person.studied
        dataset.AcquisitionTime = dataset.ContentTime = "101530"
        dataset.AcquisitionDateTime = f"{self.person.studied}101530.000000+0100"
        dataset.SeriesDescription = "Thorax planning"
        dataset.ProtocolName = f"Thorax {self.person.family}"
        dataset.KVP, dataset.SliceThickness = "120", f"{SPACING_MM:g}"
        dataset.PatientPosition = "HFS"
        dataset.InstanceNumber, dataset.AcquisitionNumber = index + 1, 1
        dataset.FrameOfReferenceUID = self.uid("frame")
        dataset.PositionReferenceIndicator = ""
        dataset.ImagePositionPatient = anatomy.corner(size, index, count)
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing = [anatomy.pixel_mm(size)] * 2
        header.image(dataset, size)
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-1024", "1", "HU"
        dataset.WindowCenter, dataset.WindowWidth = "40", "400"
        dataset.PixelData = pixels
        return dataset

    def structures(self, slices: int) -> Dataset:
        """The RTSTRUCT: contours of ORGANS on all slices."""
        dataset = self.base(RTStructureSetStorage, "RTSTRUCT", "structures", self.person.drawn)
        dataset.StructureSetLabel, dataset.StructureSetName = "PLANNING", f"Plan {self.person.given}"
        dataset.StructureSetDate, dataset.StructureSetTime = self.person.drawn, "113000"
        dataset.InstanceNumber = 1
        dataset.ReferencedFrameOfReferenceSequence = [self._frame(slices)]
        dataset.StructureSetROISequence = [self._roi(n, organ) for n, organ in enumerate(ORGANS, 1)]
        dataset.ROIContourSequence = [self._contours(n, organ, slices) for n, organ in enumerate(ORGANS, 1)]
        dataset.RTROIObservationsSequence = [self._observation(n, organ) for n, organ in enumerate(ORGANS, 1)]
        header.approve(dataset, self.person)
        return dataset

    def plan(self) -> Dataset:
        """The RTPLAN: one static photon beam, 28 x 1.8 Gy, on the structures."""
        dataset = self.base(RTPlanStorage, "RTPLAN", "plan", self.person.drawn)
        dataset.RTPlanLabel, dataset.RTPlanName = "PTV5040", f"Plan {self.person.family}"
        dataset.RTPlanDate, dataset.RTPlanTime = self.person.drawn, "120000"
        dataset.RTPlanGeometry = "PATIENT"
        dataset.FrameOfReferenceUID = self.uid("frame")
        dataset.PositionReferenceIndicator = ""
        dataset.DoseReferenceSequence = [
            item(
                DoseReferenceNumber=1,
                DoseReferenceStructureType="VOLUME",
                ReferencedROINumber=len(ORGANS),
                DoseReferenceType="TARGET",
                TargetPrescriptionDose="50.4",
            )
        ]
        dataset.FractionGroupSequence = [
            item(
                FractionGroupNumber=1,
                NumberOfFractionsPlanned=28,
                NumberOfBeams=1,
                NumberOfBrachyApplicationSetups=0,
                ReferencedBeamSequence=[item(ReferencedBeamNumber=1, BeamMeterset="180", BeamDose="1.8")],
            )
        ]
        dataset.BeamSequence = [_beam(self.person)]
        dataset.PatientSetupSequence = [item(PatientSetupNumber=1, PatientPosition="HFS")]
        dataset.ReferencedStructureSetSequence = [self.reference(RTStructureSetStorage, "structures")]
        header.approve(dataset, self.person)
        return dataset

    def dose(self, slices: int) -> Dataset:
        """The RTDOSE: a Gaussian about the target on a coarse grid, every second slice."""
        dataset = self.base(RTDoseStorage, "RTDOSE", "dose", self.person.drawn)
        planes = np.arange(0, slices, 2)
        dataset.InstanceNumber = 1
        dataset.FrameOfReferenceUID = self.uid("frame")
        dataset.PositionReferenceIndicator = ""
        dataset.ImagePositionPatient = anatomy.corner(DOSE_SIZE, 0, slices)
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing = [anatomy.pixel_mm(DOSE_SIZE)] * 2
        dataset.SliceThickness = f"{2 * SPACING_MM:g}"
        header.image(dataset, DOSE_SIZE)
        dataset.BitsStored, dataset.HighBit = 16, 15
        dataset.NumberOfFrames = len(planes)
        dataset.FrameIncrementPointer = 0x3004000C
        dataset.GridFrameOffsetVector = [float(p * SPACING_MM) for p in planes]
        dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = "GY", "PHYSICAL", "PLAN"
        dataset.DoseGridScaling = "0.001"
        dataset.ReferencedRTPlanSequence = [self.reference(RTPlanStorage, "plan")]
        dataset.ReferencedStructureSetSequence = [self.reference(RTStructureSetStorage, "structures")]
        dataset.PixelData = anatomy.dose(planes, slices)
        return dataset

    def image(self, index: int) -> Dataset:
        """A reference to a slice, for what was drawn on it."""
        return self.reference(CTImageStorage, f"ct {index}")

    def images(self, slices: int) -> list[Dataset]:
        """References to all slices."""
        return [self.image(index) for index in range(slices)]

    def reference(self, sop_class: str, instance: str) -> Dataset:
        """A reference to an object of the session."""
        return item(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=self.uid(instance))

    def _frame(self, slices: int) -> Dataset:
        series = item(SeriesInstanceUID=self.uid("series CT"), ContourImageSequence=self.images(slices))
        study = item(
            ReferencedSOPClassUID=STUDY_CLASS,
            ReferencedSOPInstanceUID=self.uid("study"),
            RTReferencedSeriesSequence=[series],
        )
        return item(FrameOfReferenceUID=self.uid("frame"), RTReferencedStudySequence=[study])

    def _roi(self, number: int, organ: Ellipse) -> Dataset:
        return item(
            ROINumber=number,
            ReferencedFrameOfReferenceUID=self.uid("frame"),
            ROIName=organ.name,
            ROIDescription=f"{organ.name} of {self.person.given}, by {self.person.doctors[3]}",
            ROIGenerationAlgorithm="MANUAL",
        )

    def _contours(self, number: int, organ: Ellipse, slices: int) -> Dataset:
        contours = [
            item(
                ContourImageSequence=[self.image(index)],
                ContourGeometricType="CLOSED_PLANAR",
                NumberOfContourPoints=OUTLINE_POINTS,
                ContourData=[f"{c:.2f}" for x, y in organ.outline() for c in (x, y, anatomy.height(index, slices))],
            )
            for index in organ.slices(slices)
        ]
        colour = [(n * 67 + 40) % 256 for n in (number, number + 2, number + 5)]
        return item(ROIDisplayColor=colour, ContourSequence=contours, ReferencedROINumber=number)

    def _observation(self, number: int, organ: Ellipse) -> Dataset:
        return item(
            ObservationNumber=number,
            ReferencedROINumber=number,
            ROIObservationLabel=organ.name,
            RTROIInterpretedType=organ.interpreted,
            ROIInterpreter=f"{self.person.doctors[3]}^Dr",
        )


def _beam(who: Person) -> Dataset:
    start = item(
        ControlPointIndex=0,
        NominalBeamEnergy="6",
        DoseRateSet="600",
        GantryAngle="270",
        GantryRotationDirection="NONE",
        IsocenterPosition=["-80", "0", "0"],
        CumulativeMetersetWeight="0",
    )
    return item(
        Manufacturer="Phantom Works",
        InstitutionName=HOSPITAL,
        DeviceSerialNumber=who.serial,
        TreatmentMachineName=who.station,
        BeamNumber=1,
        BeamName="Right",
        BeamType="STATIC",
        RadiationType="PHOTON",
        TreatmentDeliveryType="TREATMENT",
        NumberOfControlPoints=2,
        FinalCumulativeMetersetWeight="1",
        ControlPointSequence=[start, item(ControlPointIndex=1, CumulativeMetersetWeight="1")],
    )
