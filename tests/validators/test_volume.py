"""Laws of stacks of slices: what must not matter, and what must be seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.validators.slices import AXIAL, enhanced, stack
from uploader.ports import Case
from uploader.validators.volume import volume_of, volumes

ANGLES = st.floats(-np.pi, np.pi)


def volume(headers):
    (found,) = volumes(Case(headers)).values()
    return found


def facts(headers):
    found = volume(headers)
    assert not found.unknown, found.unknown
    return (len(found.order), found.missing, len(found.repeated), [round(float(gap), 5) for gap in found.gaps])


def turn(x, y, z):
    """A rotation about three axes, by angles in radians."""
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return about_x @ about_y @ about_z


def turned(headers, rotation):
    return {
        name: {
            **header,
            "ImagePositionPatient": list(rotation @ header["ImagePositionPatient"]),
            "ImageOrientationPatient": [
                *(rotation @ header["ImageOrientationPatient"][:3]),
                *(rotation @ header["ImageOrientationPatient"][3:]),
            ],
        }
        for name, header in headers.items()
    }


@given(st.permutations(list(stack(8))))
def test_the_order_of_the_files_changes_nothing(order):
    slices = stack(8)
    slices.pop("ct004")
    assert facts({name: slices[name] for name in order if name in slices}) == facts(slices)


@given(ANGLES, ANGLES, ANGLES, st.sampled_from([0.7, 2.5, 8.0]))
def test_turning_the_stack_changes_nothing(x, y, z, gap):
    slices = stack(6, gap)
    slices.pop("ct002")
    assert facts(turned(slices, turn(x, y, z))) == facts(slices)


@given(st.integers(3, 40), st.data(), st.sampled_from([0.7, 2.5, 8.0]))
def test_a_slice_that_is_dropped_is_seen(count, data, gap):
    slices = stack(count, gap)
    slices.pop(f"ct{data.draw(st.integers(1, count - 2)):03}")
    found = volume(slices)
    assert found.gaps.max() == pytest.approx(2 * gap)
    assert found.missing == (1 if count > 3 else 0)  # of three slices the two that are left tell of no third


@given(st.integers(2, 20), st.data())
def test_a_slice_that_is_sent_twice_is_seen(count, data):
    slices = stack(count)
    again = data.draw(st.sampled_from(sorted(slices)))
    slices["again"] = {**slices[again], "SOPInstanceUID": "9"}
    assert facts(slices)[:3] == (count, 0, 1)


@given(st.integers(1, 12), st.sampled_from([0.7, 2.5, 8.0]))
def test_frames_of_an_enhanced_image_are_slices(count, gap):
    assert facts(enhanced(stack(count, gap))) == facts(stack(count, gap))


@given(st.floats(-30, 30))
def test_a_gantry_tilt_is_told_by_the_positions(degrees):
    assert volume(stack(5, shift=(0, 3 * np.tan(np.radians(degrees)), 0))).lean == pytest.approx(abs(degrees), abs=1e-6)


def test_slice_location_and_slice_thickness_are_not_distances():
    slices = stack(5, 3.0, SliceThickness=1.0)
    for n, header in enumerate(slices.values()):
        header["SliceLocation"] = -7.0 * n
    assert volume(slices).gaps == pytest.approx([3.0] * 4)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ImagePositionPatient": None}, "1 of its 4 images do not say where they lie"),
        ({"ImagePositionPatient": [0.0, 1.0]}, "1 of its 4 images do not say where they lie"),
        ({"ImagePositionPatient": [0.0, 1.0, "3"]}, "1 of its 4 images do not say where they lie"),
        ({"ImagePositionPatient": [0.0, 1.0, float("nan")]}, "1 of its 4 images do not say where they lie"),
        ({"ImagePositionPatient": [0.0, 1.0, 1e308]}, "1 of its 4 images do not say where they lie"),
        ({"ImageOrientationPatient": []}, "1 of its 4 images do not say where they lie"),
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, 1]}, "its images lie in 2 directions, as those of a localiser do"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "an image has directions that are no right angle"),
        ({"ImageOrientationPatient": [0, 0, 0, 0, 0, 0]}, "an image has directions that are no right angle"),
        ({"NumberOfFrames": 3}, "3 of its 6 images do not say where they lie"),
        ({"Modality": "CT", "PerFrameFunctionalGroupsSequence": [{}]}, "1 of its 4 images do not say where they lie"),
    ],
)
def test_why_nothing_can_be_said_is_told_in_words(changes, says):
    slices = stack(4)
    slices["ct002"].update(changes)
    assert volume(slices).unknown == says


def test_mosaics_say_that_they_are():
    mosaic = stack(2, Modality="MR", ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"])
    assert "mosaics" in volume(mosaic).unknown


def test_directions_that_a_scanner_rounded_are_one():
    slices = stack(4)
    slices["ct001"]["ImageOrientationPatient"] = [1, 0.0004, 0, -0.0004, 1, 0]
    assert volume(slices).unknown == ""


def test_the_planes_of_a_dose_grid_lie_at_its_offsets():
    dose = stack(1, Modality="RTDOSE", NumberOfFrames=3, GridFrameOffsetVector=np.array([10.0, 12.5, 15.0]))
    assert facts(dose) == facts(stack(3, 2.5))


def test_a_header_that_claims_more_frames_than_there_can_be_takes_no_memory():
    assert volume(stack(1, NumberOfFrames=10**12)).images == 10_000


def test_a_part_of_a_scan_is_a_stack_of_its_own():
    case = Case(stack(6))
    (scan,) = (found.scan for found in case.once(volumes).values())
    part = type(scan)(scan.uid, scan.modality, scan.entries[:2])
    assert volume_of(case, scan) is volume_of(case, scan)
    assert volume_of(case, part).images == 2


def test_two_thousand_slices_are_one_stack():
    assert facts(stack(2000, 1.0, AXIAL))[:3] == (2000, 0, 0)
