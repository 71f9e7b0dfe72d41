"""Images for the tests of DICOMweb: small ones, with pixels."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless

from tests.archives.embedded.door import Caller, image, zipped

DICOMWEB = "/xapi/dicomweb/projects/P"


def pictured(frames: Sequence[bytes], compressed: bool = False, series: int = 1, number: int = 1, **more: Any) -> bytes:
    """A CT image of 2 x 4 pixels a frame; when `compressed` the frames stand in it as they are."""
    dataset = dcmread(io.BytesIO(image(series, number)))
    shape = {"Rows": 2, "Columns": 4, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15, "SamplesPerPixel": 1}
    for name, value in (shape | {"PixelRepresentation": 0, "PhotometricInterpretation": "MONOCHROME2"} | more).items():
        setattr(dataset, name, value)
    dataset.NumberOfFrames = len(frames)
    dataset.PixelData = encapsulate(list(frames)) if compressed else b"".join(frames)
    dataset["PixelData"].VR = "OB" if compressed else "OW"
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless if compressed else ExplicitVRLittleEndian
    return saved(dataset)


def saved(dataset: Dataset) -> bytes:
    """The dataset as a file."""
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def put(caller: Caller, session: str, *files: bytes, project: str = "P") -> None:
    """Import the files as one session."""
    body = zipped({f"{n}.dcm": data for n, data in enumerate(files)})
    where = f"/data/services/import?dest=/archive/projects/{project}/subjects/S/experiments/{session}"
    answer = caller("POST", where, body, content_type="application/zip")
    assert answer.status_code == 200, answer.text


def structures(series: str) -> bytes:
    """A structure set that was drawn on this series."""
    dataset, frame, study, drawn_on = (
        dcmread(io.BytesIO(image(7, modality="RTSTRUCT"))),
        Dataset(),
        Dataset(),
        Dataset(),
    )
    drawn_on.SeriesInstanceUID = series
    study.RTReferencedSeriesSequence = [drawn_on]
    frame.RTReferencedStudySequence = [study]
    dataset.ReferencedFrameOfReferenceSequence = [frame]
    return saved(dataset)
