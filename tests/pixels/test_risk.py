"""Which images must be searched for text, and which scans show a face."""

from __future__ import annotations

import pytest

from uploader.pixels.faces import face
from uploader.pixels.risk import reason

CT = {"Modality": "CT", "Rows": 512, "Columns": 512, "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}


@pytest.mark.parametrize(
    "change",
    [
        {"Modality": "US"},
        {"Modality": "XA"},
        {"Modality": "DX"},
        {"Modality": "MADEUP"},
        {"Modality": ""},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.4"},
        {"BurnedInAnnotation": "YES"},
        {"BurnedInAnnotation": "perhaps"},
        {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]},
        {"ImageType": ["ORIGINAL", "PRIMARY", "DOSE_INFO"]},
        {"ConversionType": "WSD"},
        {"SamplesPerPixel": 3},
    ],
)
def test_an_image_that_may_have_text_drawn_into_it_is_searched(change):
    assert reason({**CT, **change})


@pytest.mark.parametrize(
    "change", [{}, {"BurnedInAnnotation": "NO"}, {"Modality": "MR"}, {"Rows": None, "Modality": "US"}]
)
def test_an_original_measurement_is_not_searched(change):
    assert reason({**CT, **change}) == ""


def test_an_ultrasound_image_that_says_there_is_no_text_is_searched_all_the_same():
    assert reason({**CT, "Modality": "US", "BurnedInAnnotation": "NO"})


@pytest.mark.parametrize(
    "change",
    [
        {"BodyPartExamined": "HEAD"},
        {"BodyPartExamined": "Head Neck"},
        {"SeriesDescription": "t1_MPRAGE_sag"},
        {"ProtocolName": "PET whole-body"},
        {"AnatomicRegionSequence": [{"CodeValue": "69536005"}]},
        {
            "SharedFunctionalGroupsSequence": [
                {"FrameAnatomySequence": [{"AnatomicRegionSequence": [{"CodeValue": "T-A0100"}]}]}
            ]
        },
    ],
)
def test_a_scan_whose_words_speak_of_the_head_is_flagged(change):
    assert face([{**CT, **change}])


def slices(spacing: float, count: int, **more: object) -> list[dict]:
    return [
        {**CT, "PixelSpacing": [spacing] * 2, "ImagePositionPatient": [0, 0, 3.0 * n], **more} for n in range(count)
    ]


def test_a_scan_without_words_that_is_as_large_as_a_head_is_flagged():
    assert face(slices(0.5, 40))


@pytest.mark.parametrize(
    "headers",
    [
        slices(0.9, 40),
        slices(0.2, 40),
        slices(0.5, 5),
        slices(0.5, 40, BodyPartExamined="KNEE"),
        slices(0.5, 40, Modality="US"),
        [],
    ],
    ids=["a body", "a joint", "few slices", "a knee by name", "no volume", "nothing"],
)
def test_what_is_no_head_is_not_flagged(headers):
    assert face(headers) == ""
