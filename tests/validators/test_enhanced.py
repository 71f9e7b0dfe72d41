"""Structures on an enhanced multi-frame image are judged as structures on single images are."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.phantoms import changed, headers_of, names_of, only
from tests.validators.asking import an_input
from tests.validators.slices import enhanced
from uploader.contours.measures import volume_cc
from uploader.domain.finding import Finding, Outcome, Ruling
from uploader.phantom import write_enhanced_session
from uploader.phantom.anatomy import ORGANS
from uploader.ports import Case
from uploader.validators import geometry, references, relations, structures
from uploader.validators.drawn import drawn

VALIDATORS = (geometry, references, relations, structures)
ASKED = {
    "inputs": [
        an_input(
            "CT",
            "ct",
            geometry={
                "slice_spacing_mm": {"max": 3},
                "uniform_spacing_tol_mm": 0.01,
                "pixel_spacing_mm": {"max": 30},
                "slice_thickness_mm": {"max": 3},
                "missing_slices": 0,
                "duplicate_positions": 0,
                "slices": {"min": 12},
                "extent_mm": {"min": 33},
                "orientation": "axial",
                "single_frame_of_reference": True,
                "cover": [{"roi": "GTV", "superior_mm": 6, "inferior_mm": 6}],
            },
        ),
        an_input(
            "RTSTRUCT",
            "rs",
            structure_set={
                "images": "ct",
                "all_referenced_present": True,
                "max_unreferenced_images": 0,
                "frame_of_reference_matches": True,
                "plane_tol_mm": 0.1,
                "max_gap_slices": 0,
                "outside_image": "refusal",
            },
        ),
    ],
    "cross_checks": [
        {"kind": "reference_chain", "inputs": ["rs", "ct"]},
        {"kind": "same_frame_of_reference", "inputs": ["rs", "ct"]},
        {"kind": "laterality_consistent"},
    ],
    "rois": [
        {"name": organ.name, "need": "required", "min_slices": 2, "whole_organ": True, "volume_cc": {"min": 1}}
        for organ in ORGANS
    ],
    "roi_relations": [
        {"a": "PTV_5040", "rel": "expansion_mm", "b": "CTV", "range": {"min": 1, "max": 9}},
        {"a": "Heart", "rel": "disjoint", "b": "Lung_R"},
    ],
}


@pytest.fixture(scope="module")
def on_frames(tmp_path_factory):
    folder = tmp_path_factory.mktemp("enhanced")
    write_enhanced_session(folder, slices=12, size=16)
    return headers_of(folder)


def said(session):
    """All that is said of a session, but for the places: rulings and findings by their code and numbers."""
    case = Case(session, ASKED)
    every = [each for validator in VALIDATORS for each in validator.check(case, {})]
    rulings = {each.line: (each.outcome, each.says) for each in every if isinstance(each, Ruling)}
    found = sorted((f.code, f.line, f.found, f.expected, f.severity) for f in every if isinstance(f, Finding))
    return rulings, found


def as_frames(session):
    """The same session, its images as the frames of one; references to images that are lost name no frame of it."""
    slices = {name: session[name] for name in names_of(session, "CT")}
    numbers = {header["SOPInstanceUID"]: n for n, header in enumerate(slices.values(), 1)}
    frames = enhanced(slices)
    frames["enhanced"]["SOPInstanceUID"] = "1.2.3"
    others = {name: copy.deepcopy(header) for name, header in session.items() if name not in slices}
    lost = dict.fromkeys(image["ReferencedSOPInstanceUID"] for image in referred(only(others, "RTSTRUCT")))
    for uid in (uid for uid in lost if uid not in numbers):
        numbers[uid] = len(numbers) + 1
    for image in referred(only(others, "RTSTRUCT")):
        image["ReferencedFrameNumber"] = numbers[image["ReferencedSOPInstanceUID"]]
        image["ReferencedSOPInstanceUID"] = "1.2.3"
    return {**frames, **others}


def referred(structure_set):
    """The items of all Contour Image Sequences of an RTSTRUCT."""
    (study,) = structure_set["ReferencedFrameOfReferenceSequence"][0]["RTReferencedStudySequence"]
    yield from study["RTReferencedSeriesSequence"][0]["ContourImageSequence"]
    for roi in structure_set["ROIContourSequence"]:
        for contour in roi["ContourSequence"]:
            yield from contour.get("ContourImageSequence", ())


def test_the_enhanced_phantom_is_ruled_on_as_the_one_of_single_slices(session, on_frames):
    frames, single = said(on_frames), said(session)
    assert frames == single
    assert {outcome for outcome, _ in frames[0].values()} == {Outcome.PASSED, Outcome.FAILED}
    assert {code for code, *_ in frames[1]} == {"structures.cut"}  # BODY and cord reach the end of twelve slices


def test_structures_on_frames_have_the_volumes_and_planes_of_those_on_slices(session, on_frames):
    single, frames = ([*Case(each).once(drawn)] for each in (session, on_frames))
    assert [s.spacing for s in frames] == [3.0] * len(ORGANS)
    assert [volume_cc(s) for s in frames] == [volume_cc(s) for s in single]


def contours(session):
    return [c for roi in only(session, "RTSTRUCT")["ROIContourSequence"] for c in roi["ContourSequence"]]


def moved(contour, by):
    contour["ContourData"] = (np.reshape(contour["ContourData"], (-1, 3)) + by).ravel().tolist()


SLICES = st.integers(0, 11)
FAULTS = st.one_of(
    st.tuples(st.just("lost"), SLICES, st.none()),
    st.tuples(st.just("shifted"), SLICES, st.sampled_from([(0, 0, 1.0), (5.0, 0, 0)])),
    st.tuples(st.just("contour moved"), st.integers(0, 60), st.sampled_from([(0, 0, 1.0), (400, 0, 0), (0, 0, 60)])),
    st.tuples(st.just("contour gone"), st.integers(0, 60), st.none()),
    st.tuples(st.just("reference gone"), st.integers(0, 11), st.none()),
)


def faulty(session, faults):
    """The session with these faults in it."""

    def make(s):
        slices = names_of(s, "CT")
        for fault, n, by in faults:
            drawn_, image = contours(s), s.get(slices[n % 12])
            if fault == "lost":
                s.pop(slices[n], None)
            elif fault == "shifted" and image:
                image["ImagePositionPatient"] = list(np.add(image["ImagePositionPatient"], by))
            elif fault == "contour moved":
                moved(drawn_[n % len(drawn_)], by)
            elif fault == "contour gone":
                only(s, "RTSTRUCT")["ROIContourSequence"][n % 8]["ContourSequence"].pop()
            elif fault == "reference gone":
                unmentioned(s, n)

    return changed(session, make)


def unmentioned(session, n):
    """Nothing says any more that it was drawn on this image."""
    (study,) = only(session, "RTSTRUCT")["ReferencedFrameOfReferenceSequence"][0]["RTReferencedStudySequence"]
    gone = study["RTReferencedSeriesSequence"][0]["ContourImageSequence"][n % 12 - 1]["ReferencedSOPInstanceUID"]
    for place in [study["RTReferencedSeriesSequence"][0], *contours(session)]:
        images = place["ContourImageSequence"]
        place["ContourImageSequence"] = [i for i in images if i["ReferencedSOPInstanceUID"] != gone] or images


@settings(max_examples=12)
@given(faults=st.lists(FAULTS, max_size=3))
def test_a_volume_gives_the_same_rulings_as_single_slices_and_as_one_multiframe_image(session, faults):
    broken = faulty(session, faults)
    assert said(as_frames(broken)) == said(broken)


@pytest.mark.parametrize(("frames", "there"), [(6, "6"), (None, "1")])
def test_frames_that_have_a_place_and_no_pixels_are_not_there(on_frames, frames, there):
    def lose(s):
        only(s, "CT")["NumberOfFrames"] = frames

    told = {code: found for code, _, found, *_ in said(changed(on_frames, lose))[1]}
    assert told["geometry.slices"] == there
    assert "structures.off-slice" in told


def test_frames_of_which_the_image_tells_no_place_leave_open_how_its_slices_lie(on_frames):
    def lose(s):
        del only(s, "CT")["PerFrameFunctionalGroupsSequence"][6:]

    rulings, found = said(changed(on_frames, lose))
    assert rulings["/inputs/0/geometry/missing_slices"][1] == "6 of its 12 images do not say where they lie"
    assert "structures.off-slice" in [code for code, *_ in found]


def test_an_enhanced_image_that_claims_more_frames_than_there_can_be_takes_no_memory(on_frames):
    def claim(s):
        only(s, "CT")["NumberOfFrames"] = 10**30

    assert "10000 of its 10012 images" in said(changed(on_frames, claim))[0]["/inputs/0/geometry/missing_slices"][1]


LOST = "12 of 13 images"


@pytest.mark.parametrize(("number", "found"), [(13, LOST), (0, LOST), ([2, 13], LOST), (5, ""), (None, "")])
def test_a_contour_on_a_frame_that_there_is_not_is_drawn_on_a_missing_image(on_frames, number, found):
    def refer(s):
        contours(s)[0]["ContourImageSequence"][0]["ReferencedFrameNumber"] = number

    told = [f for f in said(changed(on_frames, refer))[1] if f[0] == "references.image-missing"]
    assert [f[2] for f in told] == ([found] if found else [])


def test_the_frame_number_of_a_reference_to_an_image_of_one_frame_says_nothing(session):
    def refer(s):
        contours(s)[0]["ContourImageSequence"][0]["ReferencedFrameNumber"] = 7

    assert said(changed(session, refer)) == said(session)


def test_a_localiser_among_the_images_is_no_slice_that_contours_lie_on(session):
    def scout(s):
        first = s[names_of(s, "CT")[0]]
        more = {"SeriesInstanceUID": "9", "SOPInstanceUID": "9.1", "ImagePositionPatient": [0.0, 0.0, 1.0]}
        s["scout"] = {**first, **more, "ImageOrientationPatient": [0.0, 1, 0, 0, 0, -1]}
        moved(contours(s)[0], (0, 0, 1.0))

    asked = {"inputs": [an_input("RTSTRUCT", "rs", structure_set={"plane_tol_mm": 0.1})]}
    found = [f for f in structures.check(Case(changed(session, scout), asked), {}) if isinstance(f, Finding)]
    assert [f.code for f in found] == ["structures.off-slice"]
