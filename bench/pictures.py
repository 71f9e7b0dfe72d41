"""Ultrasound and secondary capture with the patient's identity drawn into the pixels."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEGBaseline8Bit,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from bench.drawing import Box, echo, write
from bench.headers import base, item
from bench.people import Person

Boxes = list[tuple[str, Box]]
"""(what, box) of each text drawn"""
US_SIZE, SC_SIZE = (640, 480), (800, 600)


def ultrasound(who: Person) -> tuple[Dataset, Boxes]:
    """Odd patients: three native RGB frames; even ones: one JPEG with the name in a COM marker as well."""
    cine = who.number % 2 == 1
    sop_class = UltrasoundMultiFrameImageStorage if cine else UltrasoundImageStorage
    dataset = base(who, "US", "US", sop_class, who.followup, "GE-like")
    frames = [echo(who.number * 10 + n, *US_SIZE) for n in range(3 if cine else 1)]
    lines = [(12, 8, "family", who.family + ", " + who.given), (420, 8, "patient_id", who.patient_id)]
    lines += [(12, 452, "institution", who.institution), (420, 452, "birth_dotted", who.birth_dotted)]
    boxes = [_drawn(frame, lines) for frame in frames][-1]
    _colour(dataset, *US_SIZE)
    pixels = np.stack([np.repeat(frame[..., None], 3, axis=2) for frame in frames])
    if cine:
        dataset.NumberOfFrames, dataset.FrameTime, dataset.FrameIncrementPointer = 3, "40", 0x00181063
        dataset.PixelData = pixels.tobytes()
        dataset["PixelData"].VR = "OB"
    else:
        _jpeg(dataset, pixels[0], f"{who.name} {who.patient_id}")
    dataset.SequenceOfUltrasoundRegions = [
        item(
            RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, RegionLocationMinX0=80, RegionLocationMinY0=60,
            RegionLocationMaxX1=560, RegionLocationMaxY1=410, PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3,
            PhysicalDeltaX=0.03, PhysicalDeltaY=0.03,
        )
    ]  # fmt: skip
    dataset.BurnedInAnnotation = "YES"
    return dataset, boxes


def secondary_capture(who: Person) -> tuple[Dataset, Boxes]:
    """A screenshot in grey; it does not say that it has text drawn in."""
    dataset = base(who, "SC", "OT", SecondaryCaptureImageStorage, who.followup)
    dataset.ConversionType = "WSD"
    dataset.DateOfSecondaryCapture, dataset.TimeOfSecondaryCapture = who.followup, "101500"
    dataset.SecondaryCaptureDeviceID = who.host[:64]
    screen = np.full(SC_SIZE[::-1], 18, np.uint8)
    screen[80:500, 60:740] = echo(who.number, 680, 420)
    lines = [(20, 10, "family", f"Patient: {who.family}, {who.given}"), (20, 40, "patient_id", f"ID {who.patient_id}")]
    lines += [(480, 10, "birth_dotted", f"geb. {who.birth_dotted}"), (480, 40, "reader", f"Dr. {who.reader}")]
    lines += [(20, 560, "institution", who.institution), (480, 560, "study_iso", who.study_iso)]
    boxes = _drawn(screen, lines)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Columns, dataset.Rows = SC_SIZE
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PixelData = screen.tobytes()
    dataset["PixelData"].VR = "OB"
    return dataset, boxes


def _drawn(frame: NDArray[np.uint8], lines: list[tuple[int, int, str, str]]) -> Boxes:
    boxes = write(frame, [(left, top, text) for left, top, _, text in lines])
    return [(what, box) for (_, _, what, _), (_, box) in zip(lines, boxes, strict=True)]


def _colour(dataset: Dataset, width: int, height: int) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.Columns, dataset.Rows = width, height
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "ABDOMINAL"]


def _jpeg(dataset: Dataset, pixels: NDArray[np.uint8], comment: str) -> None:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90, comment=comment.encode())
    dataset.PhotometricInterpretation = "YBR_FULL_422"
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.LossyImageCompression, dataset.LossyImageCompressionRatio = "01", "10"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
    dataset.PixelData = encapsulate([out.getvalue()])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
