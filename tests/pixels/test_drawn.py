"""Lines drawn over images: what measures passes, what may be writing is shown to a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, GrayscaleSoftcopyPresentationStateStorage

from uploader.domain.finding import Severity
from uploader.pixels.drawn import writing
from uploader.pixels.match import Known
from uploader.pixels.session import texts

LENGTH = [0, 0, 9, 9]
ANGLE = [0, 0, 9, 0, 9, 9]
OUTLINE = [0, 0, 9, 0, 12, 5, 9, 9, 0, 9, 0, 0]
SCRAWL = [0, 0, 1, 5, 2, 0, 3, 5, 4, 0]


def state(*lines: list[int], graphic: str = "POLYLINE", compound: str = "") -> Dataset:
    """A presentation state with one annotation of these lines."""
    annotation, made = Dataset(), Dataset()
    objects = []
    for line in lines:
        drawn = Dataset()
        drawn.GraphicDimensions, drawn.GraphicData = 2, [float(value) for value in line]
        drawn.NumberOfGraphicPoints = len(line) // 2
        if compound:
            drawn.CompoundGraphicType = compound
        else:
            drawn.GraphicType = graphic
        objects.append(drawn)
    setattr(annotation, "CompoundGraphicSequence" if compound else "GraphicObjectSequence", objects)
    made.GraphicAnnotationSequence = [annotation]
    return made


@pytest.mark.parametrize(
    "made",
    [
        Dataset(),
        state(LENGTH, ANGLE),
        state(OUTLINE, graphic="INTERPOLATED"),
        state(*[LENGTH] * 7),
        state(*[[0] * 10] * 20),
        state(*[SCRAWL] * 20, graphic="ELLIPSE"),
        state(LENGTH * 3, compound="MULTILINE"),
        state(SCRAWL, compound="RULER"),
    ],
)
def test_measures_arrows_and_outlines_are_no_writing(made: Dataset) -> None:
    assert writing(made) == 0


@pytest.mark.parametrize(
    "made",
    [
        state(SCRAWL),
        state(LENGTH, SCRAWL, graphic="INTERPOLATED"),
        state(*[[n, 0, n, 9] for n in range(8)]),
        state([value for n in range(8) for value in (n, 0, n, 9)], compound="MULTILINE"),
    ],
)
def test_a_long_open_line_and_many_strokes_may_be_writing(made: Dataset) -> None:
    assert writing(made) == 1


@pytest.mark.parametrize(("line", "asked"), [(SCRAWL, [("pixels.drawn", Severity.QUESTION)]), (OUTLINE, [])])
def test_a_person_is_asked_about_lines_that_may_be_writing(
    tmp_path: Path, line: list[int], asked: list[tuple[str, Severity]]
) -> None:
    made = state(line)
    made.SOPClassUID, made.SOPInstanceUID, made.Modality = GrayscaleSoftcopyPresentationStateStorage, "1.2.3", "PR"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.save_as(tmp_path / "state.dcm", enforce_file_format=True)
    found = texts(tmp_path, ["state.dcm"], Known)
    assert [(finding.code, finding.severity) for finding in found] == asked
