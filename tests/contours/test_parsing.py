import numpy as np
import pytest

from tests.contours.solids import circle, heights
from uploader.contours.axes import Axes
from uploader.contours.measures import volume_cc
from uploader.contours.parsing import points_of, structures
from uploader.dicom import header, read

TURNED = Axes(np.array([[0.0, 1, 0], [0, 0, -1], [-1, 0, 0]]))
"""Of sagittal images."""


def drawn(*contours, number=7, kind="CLOSED_PLANAR"):
    items = [{"ContourGeometricType": kind, "ContourData": points.ravel().tolist()} for points in contours]
    return {
        "StructureSetROISequence": [{"ROINumber": 3, "ROIName": "Heart"}, {"ROINumber": number, "ROIName": "PTV"}],
        "RTROIObservationsSequence": [{"ReferencedROINumber": number, "RTROIInterpretedType": "PTV"}],
        "ROIContourSequence": [{"ReferencedROINumber": number, "ContourSequence": items}],
    }


def tubes():
    return [circle(10, at) for at in heights(30, 3)]


def test_contours_belong_to_their_roi_by_number_and_not_by_place():
    heart, ptv = structures("rs", drawn(*tubes()))
    assert [(s.number, s.kind, len(s.contours)) for s in (heart, ptv)] == [("3", "", 0), ("7", "PTV", 10)]


def test_a_structure_drawn_on_sagittal_images_has_its_volume():
    turned = drawn(*(TURNED.back(points) for points in tubes()))
    for axes in (TURNED, None):
        assert volume_cc(structures("rs", turned, axes)[1]) == pytest.approx(np.pi * 100 * 30 / 1000, rel=0.01)


def test_contours_of_one_plane_whose_heights_differ_by_rounding_are_one_plane():
    ring = [circle(20, 3.004), circle(10, 2.998)]
    (_, ptv) = structures("rs", drawn(*ring), spacing=3.0)
    assert volume_cc(ptv) == pytest.approx(np.pi * 300 * 3 / 1000, rel=0.01)


def test_points_and_open_lines_bound_nothing():
    assert not structures("rs", drawn(*tubes(), kind="OPEN_PLANAR"))[1].planes


@pytest.mark.parametrize("data", [None, [], [1.0, 2.0], ["a", "b", "c"], [1.0, 2.0, float("nan")], 5.0])
def test_what_is_no_list_of_points_is_left_out(data):
    assert points_of(data) is None


def test_a_header_without_anything_has_no_structures():
    assert list(structures("rs", {})) == []


def test_the_structures_of_the_real_phantom_are_measured(samples):
    (path,) = (samples / "rt_spine_phantom").glob("RS*.dcm")
    found = {s.name: round(volume_cc(s), 1) for s in structures("rs", header(read(path).dataset))}
    assert (found["Lung"], found["BODY"], found["GTV-Lung2"], found["PTV_Spine"]) == (3148.3, 8171.7, 28.6, 0)
