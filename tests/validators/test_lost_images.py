"""A lost slice is one fault: what it breaks is told with it, and what is broken besides is not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.phantoms import changed, names_of, only
from tests.validators.test_enhanced import ASKED, contours, moved
from uploader.domain.cause import by_cause
from uploader.domain.finding import Finding, judge
from uploader.ports import Case
from uploader.validators import geometry, references, structures

RULES = {
    **ASKED,
    "inputs": [
        {**ASKED["inputs"][0], "geometry": {**ASKED["inputs"][0]["geometry"], "slices": {"min": 11}}},
        ASKED["inputs"][1],
    ],
    "rois": [],
}
FROM_A_LOST_SLICE = {
    "geometry.gap",
    "geometry.spacing",
    "geometry.uneven",
    "references.link-open",
    "structures.image-missing",
    "structures.off-slice",
}


def causes(session, *change):
    """Codes of what stands by itself -> codes of what follows from it."""
    case = Case(changed(session, lambda s: [make(s) for make in change]), RULES)
    said = [each for validator in (geometry, references, structures) for each in validator.check(case, {})]
    verdict = judge("DEMO-RT v1", "", [each for each in said if isinstance(each, Finding)])
    return {root.code: {each.code for each in following} for root, following in by_cause(verdict)}


def lost(*numbers):
    return lambda s: [s.pop(names_of(s, "CT")[n]) for n in sorted(numbers, reverse=True)]


def shifted(s):
    image = s[names_of(s, "CT")[8]]
    image["ImagePositionPatient"] = list(np.add(image["ImagePositionPatient"], (0, 0, 1.0)))


def without_structures(s):
    s.pop(names_of(s, "RTSTRUCT")[0])


def test_a_lost_slice_is_one_refusal_and_names_the_missing_image(session):
    assert causes(session, lost(5)) == {"references.image-missing": FROM_A_LOST_SLICE}


def test_contours_on_a_lost_slice_at_the_end_follow_from_it_and_the_shorter_scan_is_told_besides(session):
    told = causes(session, lost(11))
    assert told.keys() == {"references.image-missing", "geometry.extent"}
    assert {"structures.off-slice", "structures.outside"} <= told["references.image-missing"]


def test_without_structures_gaps_that_differ_follow_from_the_gap(session):
    told = causes(session, lost(5), without_structures)
    assert told["geometry.gap"] == {"geometry.spacing", "geometry.uneven"}


@pytest.mark.parametrize(
    ("besides", "alone"),
    [
        (shifted, {"geometry.spacing", "geometry.uneven", "structures.off-slice"}),
        (lambda s: moved(contours(s)[0], (0, 0, 1.0)), {"structures.off-slice"}),
        (lambda s: moved(contours(s)[0], (400, 0, 0)), {"structures.outside"}),
        (lambda s: only(s, "RTSTRUCT")["StructureSetROISequence"][1].pop("ROIName"), {"structures.unnamed"}),
    ],
)
def test_another_fault_beside_a_lost_slice_stands_by_itself(session, besides, alone):
    assert causes(session, lost(5), besides).keys() == {"references.image-missing", *alone}


def test_a_gap_that_is_wider_than_the_images_that_are_named_as_lost_stands_by_itself(session):
    def unmentioned(s):
        (study,) = only(s, "RTSTRUCT")["ReferencedFrameOfReferenceSequence"][0]["RTReferencedStudySequence"]
        gone = {s[names_of(s, "CT")[n]]["SOPInstanceUID"] for n in (5, 6)}
        series = study["RTReferencedSeriesSequence"][0]
        kept = [i for i in series["ContourImageSequence"] if i["ReferencedSOPInstanceUID"] not in gone]
        series["ContourImageSequence"] = kept

    assert "geometry.gap" in causes(session, unmentioned, lost(5, 6))


def test_structures_in_a_frame_of_reference_without_images_are_told_once(session):
    def elsewhere(s):
        for roi in only(s, "RTSTRUCT")["StructureSetROISequence"]:
            roi["ReferencedFrameOfReferenceUID"] = "1.2.3"

    assert causes(session, elsewhere)["references.frame-differs"] == {
        "references.link-frame",
        "structures.frame-differs",
    }


def test_a_scan_with_room_for_more_slices_than_there_can_be_takes_no_memory(session):
    def far(s):
        for n, entry in enumerate(names_of(s, "CT")):
            s[entry]["ImagePositionPatient"] = [0.0, 0.0, 9e6 if n == 11 else n * 0.02]

    assert "geometry.gap" in causes(session, far)
