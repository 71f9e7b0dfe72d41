"""A synthetic radiotherapy session with an invented patient, for `make run`, the self-test and the tests.

Everything follows from a seed: the same seed gives the same bytes. The objects carry as much identity as real
ones do, in as many places (names, IDs, dates, free text, private groups, nested sequences, file meta, preamble),
and `PhantomIdentity` lists all of it, so that a test can search for what must not be found.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    RTDoseStorage,
    RTPlanStorage,
    RTStructureSetStorage,
    generate_uid,
)

FIELD_MM = 440.0
"""Width of the square field of view."""
SPACING_MM = 3.0
"""From one slice to the next."""
RT_DELAY_DAYS = 400
"""Structures are drawn for the trial long after the CT: further than the demo protocol shifts dates, so that a
shifted date is never by chance another original one."""
OUTLINE_POINTS = 48
DOSE_SIZE = 44
"""Rows and columns of the dose grid."""
STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"
"""Detached Study Management, the class a ReferencedStudySequence (0008,1110) names."""

_HEADS = ("Quill", "Thistle", "Bramble", "Fennel", "Larks", "Pebble", "Wobble", "Crumble", "Dapple", "Gorse")
_TAILS = ("feather", "whistle", "wick", "nettle", "marrow", "bottom", "spindle", "thwaite", "gobble", "quay")
_GIVEN = ("Zebedella", "Ottoline", "Thaddeusz", "Wilhelmara", "Peregrina", "Ignatzia", "Lysandrine")
_MIDDLE = ("Marjorama", "Cordelinde", "Balthazara", "Evangelista", "Philomenia")
_DOCTORS = (
    "Hrothgarsson",
    "Vandersnoot",
    "Kettlebrook",
    "Oddfellowes",
    "Zwetschgenbaum",
    "Pumpernik",
    "Wolkenstein",
)
HOSPITAL = "Sankt Wistlebury Hospital"
ADDRESS = "17 Quarrelsome Lane, Wistlebury"
AE_TITLE = "WISTLEBURY_CT1"
DEPARTMENT = "Wistlebury Radiotherapy"


@dataclass(frozen=True, slots=True)
class PhantomIdentity:
    """Who the phantom pretends to be, and all that a leak test may search for.

    values: every planted text: name parts, IDs, dates as written (YYYYMMDD), doctors, places, serials, phone
    uids: every UID of the session that belongs to it alone
    """

    name: str
    patient_id: str
    issuer: str
    birth_date: str
    accession: str
    study_date: str
    rt_date: str
    values: tuple[str, ...]
    uids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An organ: an upright elliptic cylinder. Centre and half axes in mm, LPS; `span` as shares of all slices."""

    name: str
    interpreted: str
    centre: tuple[float, float]
    axes: tuple[float, float]
    span: tuple[float, float]
    hounsfield: int | None
    """Filling; None for a margin, which is drawn but not seen in the image."""

    def slices(self, count: int) -> range:
        """Indices of the slices it lies on, never none."""
        first = int(self.span[0] * count)
        return range(first, max(first + 1, int(self.span[1] * count)))

    def outline(self) -> NDArray[np.float64]:
        """(OUTLINE_POINTS, 2), mm."""
        angle = np.linspace(0, 2 * np.pi, OUTLINE_POINTS, endpoint=False)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.asarray(np.array(self.centre) + np.array(self.axes) * circle, dtype=np.float64)


ORGANS = (
    Ellipse("BODY", "EXTERNAL", (0, 0), (180, 115), (0, 1), 40),
    Ellipse("Lung_R", "ORGAN", (-85, -10), (55, 75), (0.15, 0.9), -780),
    Ellipse("Lung_L", "ORGAN", (85, -10), (50, 72), (0.15, 0.9), -790),
    Ellipse("Heart", "ORGAN", (25, -30), (42, 38), (0.15, 0.5), 50),
    Ellipse("SpinalCord", "ORGAN", (0, 92), (7, 7), (0, 1), 25),
    Ellipse("GTV", "GTV", (-80, 0), (14, 12), (0.5, 0.7), 45),
    Ellipse("CTV", "CTV", (-80, 0), (19, 17), (0.47, 0.73), None),
    Ellipse("PTV_5040", "PTV", (-80, 0), (25, 23), (0.43, 0.77), None),
)
"""The ROIs, outer before inner."""
VERTEBRA = Ellipse("", "", (0, 82), (24, 22), (0, 1), 380)


def write_session(folder: Path, seed: int = 1, slices: int = 60, size: int = 256) -> PhantomIdentity:
    """Write a planning session into `folder` (made when absent): `slices` CT images of `size` x `size` pixels,
    an RTSTRUCT that references each, an RTPLAN and an RTDOSE."""
    folder.mkdir(parents=True, exist_ok=True)
    maker = _Maker(seed)
    for index in range(slices):
        _save(
            maker.ct(index, slices, _pixels(seed, index, slices, size), size),
            folder / f"CT{index + 1:04}.dcm",
        )
    _save(maker.structures(slices), folder / "RS0001.dcm")
    _save(maker.plan(), folder / "RP0001.dcm")
    _save(maker.dose(slices), folder / "RD0001.dcm")
    return maker.identity()


def ct_series(folder: Path, count: int, size: int = 512, seed: int = 1) -> PhantomIdentity:
    """Write `count` CT slices fast: one image, used for all. For measuring."""
    folder.mkdir(parents=True, exist_ok=True)
    maker = _Maker(seed)
    pixels = _pixels(seed, 0, 1, size)
    for index in range(count):
        _save(maker.ct(index, count, pixels, size), folder / f"CT{index + 1:05}.dcm")
    return maker.identity()


def large_multiframe(path: Path, size: int, seed: int = 1) -> PhantomIdentity:
    """Write one multi-frame image of about `size` bytes (below 4 GiB) of empty 512 x 512 frames, as a sparse
    file: it takes neither memory nor disk."""
    maker = _Maker(seed)
    dataset = maker.base(MultiFrameGrayscaleWordSecondaryCaptureImageStorage, "OT", "frames", maker.person.studied)
    _image(dataset, 512)
    frames = max(1, size // (512 * 512 * 2))
    dataset.NumberOfFrames = frames
    dataset.ConversionType = "WSD"
    _save(dataset, path)
    length = frames * 512 * 512 * 2
    with path.open("ab") as stream:
        stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, length))
        stream.truncate(stream.tell() + length)
    return maker.identity()


@dataclass(frozen=True, slots=True)
class _Person:
    """The patient and those around, as the headers carry them."""

    family: str
    given: str
    middle: str
    patient_id: str
    issuer: str
    other_id: str
    accession: str
    admission: str
    serial: str
    station: str
    phone: str
    born: str
    studied: str
    drawn: str
    doctors: tuple[str, str, str, str]

    @property
    def name(self) -> str:
        """With an umlaut, so that the character set matters."""
        return f"{self.family}-Öxenquist^{self.given}^{self.middle}"


def _person(seed: int) -> _Person:
    """Another seed, another person: the number is different, and nearly always all else."""
    day = date(2021, 3, 9) + timedelta(days=seed * 31 % 700)
    born = date(1931, 2, 3) + timedelta(days=seed * 97 % 18000)
    return _Person(
        family=_HEADS[seed % len(_HEADS)] + _TAILS[seed // len(_HEADS) % len(_TAILS)],
        given=_GIVEN[seed % len(_GIVEN)],
        middle=_MIDDLE[seed % len(_MIDDLE)],
        patient_id=f"MRN-{_digits(seed, 4471903)}",
        issuer="WISTLEBURY-MPI",
        other_id=f"NHS-{_digits(seed, 9434765)}",
        accession=f"ACC-{_digits(seed, 7315902)}",
        admission=f"ADM-{_digits(seed, 6620417)}",
        serial=f"SN-{_digits(seed, 2528201)}",
        station=f"STN-{_digits(seed, 3086154)}",
        phone=f"+49-555-{_digits(seed, 1478823)}",
        born=f"{born:%Y%m%d}",
        studied=f"{day:%Y%m%d}",
        drawn=f"{day + timedelta(days=RT_DELAY_DAYS):%Y%m%d}",
        doctors=_doctors(seed),
    )


def _digits(seed: int, start: int) -> str:
    """Seven digits; different for all seeds below ten million, because 7919 is prime to ten."""
    return f"{(start + (seed - 1) * 7919) % 10_000_000:07}"


def _doctors(seed: int) -> tuple[str, str, str, str]:
    """Family names of who referred, performed, operated and approved."""
    turned = _DOCTORS[seed % len(_DOCTORS) :] + _DOCTORS[: seed % len(_DOCTORS)]
    return turned[0], turned[1], turned[2], turned[3]


class _Maker:
    """Makes the objects of one session, and remembers which UIDs it gave out."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._uids: dict[str, str] = {}
        self.person = _person(seed)

    def uid(self, what: str) -> str:
        """The UID of `what`, the same whenever it is asked for."""
        if what not in self._uids:
            self._uids[what] = str(generate_uid(entropy_srcs=["phantom", str(self._seed), what]))
        return self._uids[what]

    def identity(self) -> PhantomIdentity:
        """What has been planted."""
        who = self.person
        return PhantomIdentity(
            name=who.name,
            patient_id=who.patient_id,
            issuer=who.issuer,
            birth_date=who.born,
            accession=who.accession,
            study_date=who.studied,
            rt_date=who.drawn,
            values=(
                *(who.family, "Öxenquist", who.given, who.middle, who.patient_id, who.issuer, who.other_id),
                *(who.accession, who.admission, who.serial, who.station, who.phone, *who.doctors),
                *(who.born, who.studied, who.drawn, HOSPITAL, ADDRESS, DEPARTMENT, "Wistlebury", AE_TITLE),
            ),
            uids=tuple(self._uids.values()),
        )

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
        _patient(dataset, self.person)
        _study(dataset, self.person, self.uid("study"))
        _equipment(dataset, self.person)
        _hidden(dataset, self.person, self.uid("former study"))
        dataset.file_meta = _meta(dataset)
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
        dataset.ImagePositionPatient = _corner(size, index, count)
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing = [_pixel_mm(size)] * 2
        _image(dataset, size)
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
        _approve(dataset, self.person)
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
            _item(
                DoseReferenceNumber=1,
                DoseReferenceStructureType="VOLUME",
                ReferencedROINumber=len(ORGANS),
                DoseReferenceType="TARGET",
                TargetPrescriptionDose="50.4",
            )
        ]
        dataset.FractionGroupSequence = [
            _item(
                FractionGroupNumber=1,
                NumberOfFractionsPlanned=28,
                NumberOfBeams=1,
                NumberOfBrachyApplicationSetups=0,
                ReferencedBeamSequence=[_item(ReferencedBeamNumber=1, BeamMeterset="180", BeamDose="1.8")],
            )
        ]
        dataset.BeamSequence = [_beam(self.person)]
        dataset.PatientSetupSequence = [_item(PatientSetupNumber=1, PatientPosition="HFS")]
        dataset.ReferencedStructureSetSequence = [self._reference(RTStructureSetStorage, "structures")]
        _approve(dataset, self.person)
        return dataset

    def dose(self, slices: int) -> Dataset:
        """The RTDOSE: a Gaussian about the target on a coarse grid, every second slice."""
        dataset = self.base(RTDoseStorage, "RTDOSE", "dose", self.person.drawn)
        planes = np.arange(0, slices, 2)
        dataset.InstanceNumber = 1
        dataset.FrameOfReferenceUID = self.uid("frame")
        dataset.PositionReferenceIndicator = ""
        dataset.ImagePositionPatient = _corner(DOSE_SIZE, 0, slices)
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing = [_pixel_mm(DOSE_SIZE)] * 2
        dataset.SliceThickness = f"{2 * SPACING_MM:g}"
        _image(dataset, DOSE_SIZE)
        dataset.BitsStored, dataset.HighBit = 16, 15
        dataset.NumberOfFrames = len(planes)
        dataset.FrameIncrementPointer = 0x3004000C
        dataset.GridFrameOffsetVector = [float(p * SPACING_MM) for p in planes]
        dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = "GY", "PHYSICAL", "PLAN"
        dataset.DoseGridScaling = "0.001"
        dataset.ReferencedRTPlanSequence = [self._reference(RTPlanStorage, "plan")]
        dataset.ReferencedStructureSetSequence = [self._reference(RTStructureSetStorage, "structures")]
        dataset.PixelData = _dose(planes, slices)
        return dataset

    def _reference(self, sop_class: str, instance: str) -> Dataset:
        return _item(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=self.uid(instance))

    def _frame(self, slices: int) -> Dataset:
        images = [self._reference(CTImageStorage, f"ct {i}") for i in range(slices)]
        series = _item(SeriesInstanceUID=self.uid("series CT"), ContourImageSequence=images)
        study = _item(
            ReferencedSOPClassUID=STUDY_CLASS,
            ReferencedSOPInstanceUID=self.uid("study"),
            RTReferencedSeriesSequence=[series],
        )
        return _item(FrameOfReferenceUID=self.uid("frame"), RTReferencedStudySequence=[study])

    def _roi(self, number: int, organ: Ellipse) -> Dataset:
        return _item(
            ROINumber=number,
            ReferencedFrameOfReferenceUID=self.uid("frame"),
            ROIName=organ.name,
            ROIDescription=f"{organ.name} of {self.person.given}, by {self.person.doctors[3]}",
            ROIGenerationAlgorithm="MANUAL",
        )

    def _contours(self, number: int, organ: Ellipse, slices: int) -> Dataset:
        contours = [
            _item(
                ContourImageSequence=[self._reference(CTImageStorage, f"ct {index}")],
                ContourGeometricType="CLOSED_PLANAR",
                NumberOfContourPoints=OUTLINE_POINTS,
                ContourData=[f"{c:.2f}" for x, y in organ.outline() for c in (x, y, _z(index, slices))],
            )
            for index in organ.slices(slices)
        ]
        colour = [(n * 67 + 40) % 256 for n in (number, number + 2, number + 5)]
        return _item(ROIDisplayColor=colour, ContourSequence=contours, ReferencedROINumber=number)

    def _observation(self, number: int, organ: Ellipse) -> Dataset:
        return _item(
            ObservationNumber=number,
            ReferencedROINumber=number,
            ROIObservationLabel=organ.name,
            RTROIInterpretedType=organ.interpreted,
            ROIInterpreter=f"{self.person.doctors[3]}^Dr",
        )


def _item(**attributes: object) -> Dataset:
    """A dataset of these attributes, by keyword."""
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def _patient(dataset: Dataset, who: _Person) -> None:
    dataset.PatientName, dataset.PatientID, dataset.IssuerOfPatientID = who.name, who.patient_id, who.issuer
    dataset.PatientBirthDate, dataset.PatientSex, dataset.PatientAge = who.born, "F", "074Y"
    dataset.PatientSize, dataset.PatientWeight = "1.71", "68"
    dataset.OtherPatientIDs = who.other_id
    dataset.OtherPatientIDsSequence = [_item(PatientID=who.other_id, IssuerOfPatientID="NATIONAL")]
    dataset.OtherPatientNames = f"{who.family}^{who.middle}"
    dataset.PatientAddress, dataset.PatientTelephoneNumbers = ADDRESS, who.phone
    dataset.PatientComments = f"{who.given} {who.family} asks to be called on {who.phone}"


def _study(dataset: Dataset, who: _Person, study: str) -> None:
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
        _item(ReferencedSOPClassUID=STUDY_CLASS, ReferencedSOPInstanceUID=study, PatientName=who.name)
    ]


def _equipment(dataset: Dataset, who: _Person) -> None:
    dataset.Manufacturer, dataset.ManufacturerModelName = "Phantom Works", "Ellipse 8"
    dataset.InstitutionName, dataset.InstitutionAddress = HOSPITAL, ADDRESS
    dataset.InstitutionalDepartmentName, dataset.StationName = DEPARTMENT, who.station
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = who.serial, "1.0"


def _hidden(dataset: Dataset, who: _Person, former_study: str) -> None:
    """Identity where a list of well-known tags does not look: text, nested items, private groups."""
    dataset.ImageComments = f"seen with {who.given} {who.family}"
    dataset.RequestAttributesSequence = [
        _item(
            AccessionNumber=who.accession,
            RequestedProcedureDescription=f"Planning CT {who.family}",
            ScheduledProcedureStepID=who.admission,
            RequestedProcedureID=who.accession,
        )
    ]
    former = _item(PatientName=who.name, PatientID=who.patient_id, StudyInstanceUID=former_study)
    dataset.OriginalAttributesSequence = [
        _item(
            ModifiedAttributesSequence=[former],
            AttributeModificationDateTime=f"{who.studied}111500.000000+0100",
            ModifyingSystem=who.station,
            SourceOfPreviousValues=HOSPITAL,
            ReasonForTheAttributeModification="CORRECT",
        )
    ]
    block = dataset.private_block(0x0029, "PHANTOM WORKS HEADER", create=True)
    block.add_new(0x01, "LO", f"{who.family} {who.patient_id}")
    block.add_new(0x02, "SQ", [_item(PatientName=who.name, PatientBirthDate=who.born)])
    block.add_new(0x03, "OB", f"<patient>{who.family}</patient>".encode().ljust(60, b"\0"))
    dataset.private_block(0x3253, "PHANTOM WORKS XML", create=True).add_new(
        0x00, "UN", f"<name>{who.name}</name>".encode().ljust(80)
    )


def _meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID("1.2.826.0.1.3680043.8.498.1")
    meta.SourceApplicationEntityTitle = AE_TITLE
    return meta


def _image(dataset: Dataset, size: int) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = size
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0


def _approve(dataset: Dataset, who: _Person) -> None:
    dataset.ApprovalStatus = "APPROVED"
    dataset.ReviewDate, dataset.ReviewTime = who.drawn, "130000"
    dataset.ReviewerName = f"{who.doctors[3]}^Dorothea"


def _beam(who: _Person) -> Dataset:
    start = _item(
        ControlPointIndex=0,
        NominalBeamEnergy="6",
        DoseRateSet="600",
        GantryAngle="270",
        GantryRotationDirection="NONE",
        IsocenterPosition=["-80", "0", "0"],
        CumulativeMetersetWeight="0",
    )
    return _item(
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
        ControlPointSequence=[start, _item(ControlPointIndex=1, CumulativeMetersetWeight="1")],
    )


def _pixel_mm(size: int) -> float:
    return FIELD_MM / size


def _z(index: int, count: int) -> float:
    """Height of a slice, mm; the volume is centred on the origin."""
    return (index - count // 2) * SPACING_MM


def _corner(size: int, index: int, count: int) -> list[float]:
    """ImagePositionPatient: the centre of the first pixel."""
    edge = (_pixel_mm(size) - FIELD_MM) / 2
    return [edge, edge, _z(index, count)]


def _grid(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x (1, size) and y (size, 1) of the pixel centres, mm."""
    at = np.asarray((np.arange(size) + 0.5) * _pixel_mm(size) - FIELD_MM / 2, dtype=np.float64)
    return at[None, :], at[:, None]


def _pixels(seed: int, index: int, count: int, size: int) -> bytes:
    """The slice as it would look: air, body, lungs, heart, spine with its canal, a tumour, noise."""
    x, y = _grid(size)
    image = np.full((size, size), -1000.0)
    for organ in (*ORGANS[:4], VERTEBRA, *ORGANS[4:]):
        if organ.hounsfield is not None and index in organ.slices(count):
            (cx, cy), (a, b) = organ.centre, organ.axes
            image[((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 <= 1] = organ.hounsfield
    image += np.random.default_rng([seed, index]).normal(0, 12, image.shape)
    return bytes(np.clip(image + 1024, 0, 4095).astype("<u2").tobytes())


def _dose(planes: NDArray[np.int_], slices: int) -> bytes:
    """(planes, DOSE_SIZE, DOSE_SIZE), mGy, highest in the middle of the target."""
    x, y = _grid(DOSE_SIZE)
    target = ORGANS[-1]
    middle = sum(target.span) / 2 * slices
    height = (planes[:, None, None] - middle) * SPACING_MM
    squares = (x - target.centre[0]) ** 2 + (y - target.centre[1]) ** 2 + height**2
    return bytes((50400 * np.exp(-squares / (2 * 40.0**2))).astype("<u2").tobytes())


def _save(dataset: Dataset, path: Path) -> None:
    dcmwrite(path, dataset, enforce_file_format=True)
