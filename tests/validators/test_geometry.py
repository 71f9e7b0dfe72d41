import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.validators.rulings import judged, one_input
from tests.validators.slices import GARBAGE, SAGITTAL, enhanced, stack
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.geometry import OF_A_SCAN, check

ALL = {
    "slice_spacing_mm": {"min": 1, "max": 3},
    "slice_thickness_mm": {"max": 3},
    "uniform_spacing_tol_mm": 0.01,
    "pixel_spacing_mm": {"max": 2},
    "rows": {"eq": 50},
    "columns": {"eq": 40},
    "slices": {"min": 10},
    "extent_mm": {"min": 27},
    "orientation": "axial",
    "oblique_tol_deg": 0.1,
    "gantry_tilt_deg": {"eq": 0, "tol": 0.1},
    "patient_position": ["HFS", "FFS"],
    "missing_slices": 0,
    "duplicate_positions": 0,
    "single_frame_of_reference": True,
}
RULES = set(ALL) - {"oblique_tol_deg"}


def geometry(headers, said, **more):
    asked = one_input("CT", "geometry", said)
    rulings, findings = judged(check, Case(headers, {**asked, **more}))
    return {line.removeprefix("/inputs/0/geometry/"): ruling for line, ruling in rulings.items()}, findings


def one(headers, rule, value, **said):
    rulings, findings = geometry(headers, {rule: value, **said})
    return rulings[rule], findings


def edited(headers, entry, **attributes):
    return {**headers, entry: {**headers[entry], **attributes}}


@pytest.mark.parametrize("headers", [stack(), enhanced(stack())], ids=["slices", "an enhanced image"])
def test_a_good_stack_passes_every_rule(headers):
    rulings, findings = geometry(headers, ALL)
    assert findings == []
    assert {rule: ruling.outcome for rule, ruling in rulings.items()} == dict.fromkeys(RULES, Outcome.PASSED)
    assert rulings["slice_spacing_mm"].says == "3 mm"


def test_every_rule_on_a_scan_has_a_judge():
    assert set(OF_A_SCAN) | {"single_frame_of_reference"} == RULES


def test_without_the_input_no_rule_can_be_judged():
    rulings, findings = geometry({}, ALL)
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.NOT_EVALUABLE}
    assert findings == []


LEANING = stack(5, shift=(0, 0.3, 0))
BESIDE = edited(stack(), "ct004", ImagePositionPatient=[-38.0, -50.0, 12.0])
AGAIN = {**stack(), "again": stack()["ct005"]}
HOLE = {name: header for name, header in stack().items() if name != "ct005"}


@pytest.mark.parametrize(
    ("rule", "value", "headers", "code", "where", "found", "expected"),
    [
        ("slice_spacing_mm", {"max": 2.5}, stack(), "spacing", "ct001 (0020,0032)", "3 mm", "at most 2.5 mm"),
        ("slice_spacing_mm", {"max": 3}, HOLE, "spacing", "ct006 (0020,0032)", "6 mm", "at most 3 mm"),
        ("uniform_spacing_tol_mm", 0.1, HOLE, "uneven", "ct006 (0020,0032)", "gaps of 3 to 6 mm", "0.1 mm"),
        ("uniform_spacing_tol_mm", 0.1, BESIDE, "askew", "ct004 (0020,0032)", "2 mm beside", "at most 0.1 mm"),
        ("missing_slices", 0, HOLE, "gap", "ct006 (0020,0032)", "1 missing", "at most 0"),
        ("duplicate_positions", 0, AGAIN, "doubled", "again (0020,0032)", "1 of 11 images", "at most 0"),
        ("slices", {"min": 11}, stack(), "slices", "scan of ct000 (0020,0032)", "10", "at least 11"),
        ("extent_mm", {"min": 28}, stack(), "extent", "scan of ct000 (0020,0032)", "27 mm", "at least 28 mm"),
        ("slice_thickness_mm", {"max": 2}, stack(), "thickness", "ct000 (0018,0050)", "3 mm", "at most 2 mm"),
        ("pixel_spacing_mm", {"max": 1}, stack(), "pixel-spacing", "ct000 (0028,0030)", "2 mm", "at most 1 mm"),
        ("rows", {"eq": 64}, stack(), "rows", "ct000 (0028,0010)", "50", "64"),
        ("columns", {"eq": 64}, stack(), "columns", "ct000 (0028,0011)", "40", "64"),
        ("orientation", "axial", stack(3, cosines=SAGITTAL), "orientation", "ct000 (0020,0037)", "90 degrees", "axial"),
        ("gantry_tilt_deg", {"max": 1}, LEANING, "tilt", "ct004 (0020,0032)", "5.711 degrees", "at most 1 degrees"),
        (
            *("gantry_tilt_deg", {"eq": 0, "tol": 0.1}, stack(GantryDetectorTilt=-12.5), "tilt"),
            *("ct000 (0018,1120)", "-12.5 degrees", "0 degrees within 0.1"),
        ),
        ("patient_position", ["FFS", "FFP"], stack(), "patient-position", "ct000 (0018,5100)", "HFS", "FFS or FFP"),
        (
            *("single_frame_of_reference", True, edited(stack(), "ct007", FrameOfReferenceUID="9")),
            *("frame-of-reference", "ct007 (0020,0052)", "2 frames of reference", "1"),
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_numbers(rule, value, headers, code, where, found, expected):
    ruling, (finding,) = one(headers, rule, value)
    assert ruling.outcome is Outcome.FAILED
    assert (finding.code, finding.where, finding.found) == (f"geometry.{code}", where, found)
    assert expected in finding.expected
    assert finding.line == f"/inputs/0/geometry/{rule}"
    assert finding.remedy


@pytest.mark.parametrize(
    ("rule", "value", "headers"),
    [
        ("slice_spacing_mm", {"max": 6}, HOLE),
        ("missing_slices", 1, HOLE),
        ("duplicate_positions", 1, AGAIN),
        ("uniform_spacing_tol_mm", 3, HOLE),
        ("uniform_spacing_tol_mm", 0.01, LEANING),
        ("gantry_tilt_deg", {"eq": 0, "tol": 6}, LEANING),
        ("gantry_tilt_deg", {"min": -6, "max": -5}, LEANING),
        ("orientation", "sagittal", stack(3, cosines=SAGITTAL)),
        ("orientation", "axial", stack(3, cosines=[1, 0, 0, 0, 0.8, 0.6])),
    ],
)
def test_what_may_be_passes(rule, value, headers):
    ruling, findings = one(headers, rule, value)
    assert (ruling.outcome, findings) == (Outcome.PASSED, [])


def test_slices_that_are_turned_out_of_the_plane_are_told_by_how_much():
    ruling, (finding,) = one(stack(3, cosines=[1, 0, 0, 0, 0.8, 0.6]), "orientation", "axial", oblique_tol_deg=10)
    assert (finding.found, finding.expected) == ("36.87 degrees", "axial within 10 degrees")
    assert ruling.outcome is Outcome.FAILED


def test_a_rule_is_as_severe_as_its_block():
    _, (finding,) = one(HOLE, "missing_slices", 0, severity="question")
    assert finding.severity is Severity.QUESTION


def test_slices_that_a_pet_series_announces_and_does_not_bring_are_missing():
    pet = stack(8, Modality="PT", NumberOfSlices=10)
    rulings, (finding,) = judged(check, Case(pet, one_input("PT", "geometry", {"missing_slices": 0})))
    assert (finding.code, finding.where, finding.found) == ("geometry.gap", "ct000 (0054,0081)", "2 missing")
    assert rulings["/inputs/0/geometry/missing_slices"].outcome is Outcome.FAILED


def test_the_slices_of_a_dynamic_pet_series_are_those_of_one_volume():
    later = {f"later{name}": header for name, header in stack(10, Modality="PT", NumberOfSlices=10).items()}
    pet = {**stack(10, Modality="PT", NumberOfSlices=10), **later}
    assert judged(check, Case(pet, one_input("PT", "geometry", {"missing_slices": 0})))[1] == []


def test_time_points_at_one_place_are_told_as_such():
    again = {f"later{name}": header for name, header in stack().items()}
    _, (finding,) = one({**stack(), **again}, "duplicate_positions", 0)
    assert "2 images at each place, as for several time points or echoes" in finding.says


def test_slices_of_several_time_points_are_counted_and_measured_once():
    again = {f"later{name}": header for name, header in stack().items()}
    rulings, _ = geometry({**stack(), **again}, {**ALL, "duplicate_positions": 10})
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}


DISTANCES = {"slice_spacing_mm", "uniform_spacing_tol_mm", "missing_slices"}
LOCALISER = {**stack(2), "ct900": stack(1, cosines=SAGITTAL)["ct000"]}
PLACELESS = edited(stack(), "ct003", ImagePositionPatient=None)


@pytest.mark.parametrize(
    ("headers", "open_rules"),
    [
        (LOCALISER, {*DISTANCES, "duplicate_positions", "extent_mm", "gantry_tilt_deg"}),
        (PLACELESS, {*DISTANCES, "duplicate_positions", "extent_mm", "gantry_tilt_deg"}),
        (stack(1), {*DISTANCES, "gantry_tilt_deg"}),
        (stack(SliceThickness=None), {"slice_thickness_mm"}),
        (stack(PixelSpacing=[2.0]), {"pixel_spacing_mm"}),
        (stack(Rows="", Columns=None), {"rows", "columns"}),
        (stack(PatientPosition=""), {"patient_position"}),
        (stack(FrameOfReferenceUID=""), {"single_frame_of_reference"}),
    ],
)  # fmt: skip
def test_what_is_missing_leaves_exactly_the_rules_open_that_need_it(headers, open_rules):
    rulings, _ = geometry(headers, {**ALL, "slices": {"min": 1}, "extent_mm": {"min": 0}})
    assert {rule for rule, ruling in rulings.items() if ruling.outcome is Outcome.NOT_EVALUABLE} == open_rules
    assert all(rulings[rule].says for rule in open_rules)


def test_the_attribute_tells_the_tilt_of_a_single_slice():
    assert one(stack(1, GantryDetectorTilt=0.0), "gantry_tilt_deg", {"eq": 0, "tol": 0.1})[0].outcome is Outcome.PASSED


def test_a_position_that_is_no_term_is_not_repeated():
    _, (finding,) = one(stack(PatientPosition="SMITH"), "patient_position", ["HFS"])
    assert (finding.found, finding.evidence.reveal()) == ("no term of the standard", "SMITH")
    assert "SMITH" not in repr(finding)


def test_numbers_of_a_range_are_those_of_the_wrong_images_alone():
    headers = stack()
    headers["ct004"]["SliceThickness"], headers["ct005"]["SliceThickness"] = 4.0, 5.0
    _, (finding,) = one(headers, "slice_thickness_mm", {"max": 3})
    assert (finding.found, finding.where) == ("4 to 5 mm", "ct004 (0018,0050)")
    assert "(2 of 10 images)" in finding.says


OPEN_TO_CHANGE = sorted(
    {*stack(1)["ct000"], "NumberOfFrames", "PerFrameFunctionalGroupsSequence", "NumberOfSlices"} - {"Modality"}
)


@settings(max_examples=60)
@given(st.permutations(sorted(HOLE)))
def test_the_order_of_files_changes_no_ruling(order):
    shuffled = {name: HOLE[name] for name in order}
    assert geometry(shuffled, ALL)[0] == geometry(HOLE, ALL)[0]


@settings(max_examples=60)
@given(st.sampled_from(sorted(stack())), st.sampled_from(OPEN_TO_CHANGE), st.sampled_from(GARBAGE))
def test_whatever_a_header_holds_every_rule_is_ruled_on(entry, keyword, value):
    assert set(geometry(edited(stack(), entry, **{keyword: value}), ALL)[0]) == RULES
