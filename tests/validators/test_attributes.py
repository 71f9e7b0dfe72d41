"""An attribute is found by keyword, by tag, by a path, in functional groups, and where scanners write it themselves."""

from __future__ import annotations

import numpy as np
import pytest

from uploader import vendor
from uploader.validators.attributes import place, values, vr, written

PET = {"RadiopharmaceuticalInformationSequence": [{"RadionuclideTotalDose": 3.7e8}, {"RadionuclideTotalDose": 1e8}]}
ENHANCED = {
    "MagneticFieldStrength": 3.0,
    "SharedFunctionalGroupsSequence": [{"MRTimingAndRelatedParametersSequence": [{"RepetitionTime": 2300.0}]}],
    "PerFrameFunctionalGroupsSequence": [
        {"MREchoSequence": [{"EffectiveEchoTime": 2.5}], "MRDiffusionSequence": [{"DiffusionBValue": 0.0}]},
        {"MREchoSequence": [{"EffectiveEchoTime": 5.0}], "MRDiffusionSequence": [{"DiffusionBValue": 1000.0}]},
    ],
}


@pytest.mark.parametrize(
    ("header", "attribute", "found"),
    [
        ({"KVP": 120.0}, "KVP", [120.0]),
        ({"KVP": 120.0}, "(0018,0060)", [120.0]),
        ({"ImageType": ["ORIGINAL", "PRIMARY"]}, "ImageType", ["ORIGINAL", "PRIMARY"]),
        ({"ImageType": ["ORIGINAL", "PRIMARY"]}, "ImageType[1]", ["PRIMARY"]),
        ({"ImageType": ["ORIGINAL", "PRIMARY"]}, "ImageType[2]", []),
        (PET, "RadiopharmaceuticalInformationSequence[0].RadionuclideTotalDose", [3.7e8]),
        (PET, "(0054,0016)[1].(0018,1074)", [1e8]),
        (PET, "RadiopharmaceuticalInformationSequence.RadionuclideTotalDose", [3.7e8, 1e8]),
        ({"RadiopharmaceuticalInformationSequence": "x"}, "RadiopharmaceuticalInformationSequence[0].KVP", []),
        ({"ContourData": np.array([1.0, 2.0])}, "ContourData", [1.0, 2.0]),
        ({"StationName": "  CT1 "}, "StationName", ["CT1"]),
        (ENHANCED, "MagneticFieldStrength", [3.0]),
        (ENHANCED, "RepetitionTime", [2300.0]),
        (ENHANCED, "EchoTime", [2.5, 5.0]),
        (ENHANCED, "DiffusionBValue", [0.0, 1000.0]),
        (ENHANCED, "FlipAngle", []),
    ],
)
def test_an_attribute_is_found_wherever_it_stands(header, attribute, found):
    assert values(header, attribute) == found


@pytest.mark.parametrize("value", [None, "", []])
def test_an_empty_attribute_is_there_and_has_no_value(value):
    assert (written({"KVP": value}, "KVP") != [], values({"KVP": value}, "KVP")) == (True, [])


@pytest.mark.parametrize(
    ("header", "b"),
    [
        ({vendor.B_SIEMENS: 1000.0}, [1000.0]),
        ({vendor.B_PHILIPS: 800.0}, [800.0]),
        ({vendor.B_GE: [1000001500.0, 8.0, 0.0, 0.0]}, [1500.0]),
        ({vendor.B_GE: [50.0, 8.0]}, [50.0]),
        ({vendor.B_SIEMENS: 1000.0, "DiffusionBValue": 0.0}, [0.0]),
        ({}, []),
    ],
)
def test_a_b_value_is_read_where_the_scanner_wrote_it(header, b):
    assert values(header, "DiffusionBValue") == b


def test_a_private_tag_finds_the_element_that_is_known_by_it():
    assert values({vendor.B_SIEMENS: 700.0}, "(0019,100C)") == [700.0]


def test_findings_call_an_attribute_by_keyword_and_tag():
    path = "RadiopharmaceuticalInformationSequence[0].RadionuclideTotalDose"
    assert (place(path), vr(path)) == ("RadionuclideTotalDose (0018,1074)", "DS")


def test_what_is_no_attribute_is_not_looked_for():
    with pytest.raises(ValueError, match="is not an attribute"):
        values({}, "KVP..x")
