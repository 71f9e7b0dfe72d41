"""A large radiotherapy session for measuring validation: 2,000 CT slices, 60 ROIs, 15,000 contours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import CTImageStorage

from bench.headers import item, reference
from uploader.phantom import ct_series
from uploader.phantom.anatomy import height
from uploader.phantom.objects import Maker

SLICES = 2000
CONTOURS = 15_000
ORGANS = (
    "Lung_L", "Lung_R", "Heart", "SpinalCord", "Esophagus", "Trachea", "Liver", "Stomach", "Spleen", "Kidney_L",
    "Kidney_R", "Bladder", "Rectum", "Prostate", "Parotid_L", "Parotid_R", "Brainstem", "Larynx", "Thyroid",
    "Cavity_Oral", "Bone_Mandible", "Glnd_Submand_L", "Glnd_Submand_R", "Eye_L", "Eye_R", "Lens_L", "Lens_R",
    "OpticNrv_L", "OpticNrv_R", "OpticChiasm", "Pituitary", "Cochlea_L", "Cochlea_R", "Brain", "Lips", "Femur_Head_L",
    "Femur_Head_R", "Bowel_Bag", "BrachialPlex_L", "BrachialPlex_R", "Breast_L", "Breast_R", "Chestwall_L",
    "Chestwall_R", "Duodenum", "Pancreas", "GreatVes", "AirWay_Prox", "Sternum", "Humerus_L", "Humerus_R",
    "Scapula_L", "Scapula_R", "Testis_L", "Testis_R",
)  # fmt: skip
TARGETS = ("GTV", "CTV", "PTV_5040", "PTV_6000")
ROIS = ("BODY", *ORGANS, *TARGETS)
BODY_POINTS, POINTS = 300, 100
"""Points of a contour: as many as planning systems write, about."""


def write_large(folder: Path, slices: int = SLICES, contours: int = CONTOURS, size: int = 512) -> None:
    """Write the session. BODY is drawn on every slice, the others share the rest of the contours evenly."""
    ct_series(folder, slices, size)
    maker = Maker(1)
    dataset = maker.structures(1)
    images = [reference(CTImageStorage, maker.uid(f"ct {index}")) for index in range(slices)]
    (study,) = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence
    study.RTReferencedSeriesSequence[0].ContourImageSequence = images
    numbers = range(1, len(ROIS) + 1)
    spans = list(_spans(slices, contours))
    dataset.StructureSetROISequence = [
        item(ROINumber=n, ReferencedFrameOfReferenceUID=maker.uid("frame"), ROIName=name, ROIGenerationAlgorithm="")
        for n, name in zip(numbers, ROIS, strict=True)
    ]
    dataset.ROIContourSequence = [
        item(ReferencedROINumber=n, ContourSequence=_contours(n, span, slices, images))
        for n, span in zip(numbers, spans, strict=True)
    ]
    dataset.RTROIObservationsSequence = [
        item(ObservationNumber=n, ReferencedROINumber=n, RTROIInterpretedType=_kind(name), ROIInterpreter="")
        for n, name in zip(numbers, ROIS, strict=True)
    ]
    dcmwrite(folder / "RS0001.dcm", dataset, enforce_file_format=True)


def _spans(slices: int, contours: int) -> Iterator[range]:
    """The slices of each ROI; targets lie in the middle."""
    yield range(slices)
    left, others = contours - slices, len(ROIS) - 1
    for number, name in enumerate(ROIS[1:]):
        count = left // others + (number < left % others)
        first = (slices - count) // 2 if name in TARGETS else (number * 37) % max(1, slices - count)
        yield range(first, first + count)


def _kind(name: str) -> str:
    return "EXTERNAL" if name == "BODY" else name[:3] if name in TARGETS else "ORGAN"


def _contours(number: int, span: range, slices: int, images: list[Dataset]) -> Sequence:
    return Sequence([_contour(_outline(number, index), height(index, slices), images[index]) for index in span])


def _contour(points: NDArray[np.float64], at: float, image: Dataset) -> Dataset:
    """Its data are written undecoded: an object for each of millions of numbers would take minutes."""
    contour = item(
        ContourImageSequence=[image], ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=len(points)
    )
    text = "\\".join(f"{x:.2f}\\{y:.2f}\\{at:.2f}" for x, y in points.tolist()).encode()
    text += b" " * (len(text) % 2)
    tag = Tag(0x30060050)
    contour[tag] = RawDataElement(tag, "DS", len(text), text, 0, False, True)
    return contour


def _outline(number: int, index: int) -> NDArray[np.float64]:
    """(n, 2), mm: an ellipse with bumps, on the side of the body that the name says (+x is the patient's left)."""
    name = ROIS[number - 1]
    middle, radii = ((0.0, 0.0), (190.0, 120.0)) if name == "BODY" else _place(number, name)
    turn = np.linspace(0, 2 * np.pi, BODY_POINTS if name == "BODY" else POINTS, endpoint=False)
    bumps = 1 + 0.04 * np.sin(7 * turn + index / 9) + 0.02 * np.sin(19 * turn + number)
    return np.column_stack([middle[0] + radii[0] * bumps * np.cos(turn), middle[1] + radii[1] * bumps * np.sin(turn)])


def _place(number: int, name: str) -> tuple[tuple[float, float], tuple[float, float]]:
    side = {"_L": 80.0, "_R": -80.0}.get(name[-2:], 0.0)
    grow = {"GTV": 10.0, "CTV": 15.0}.get(name, 20.0)
    return (side, (number % 11 - 5) * 12.0 if name not in TARGETS else 0.0), (grow, grow * 0.9)
