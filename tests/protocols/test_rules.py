"""What a protocol asks, rule by rule, with the validator it belongs to."""

from __future__ import annotations

import pytest

from uploader.domain.finding import Severity
from uploader.protocols.rules import rules
from uploader.schema import fault


@pytest.fixture
def asked(small, schema):
    """Rules of the small protocol by line."""
    assert fault(small, schema) is None
    return {rule.line: rule for rule in rules(small, schema)}


def test_every_rule_of_the_document_has_its_line_and_its_validator(asked):
    assert {line: rule.validator for line, rule in asked.items()} == {
        "/timepoints/0/inputs": "completeness",
        "/timepoints/0/max_sessions": "completeness",
        "/nomenclature/standard": "names",
        "/nomenclature/max_length": "names",
        "/nomenclature/unknown_rois": "names",
        "/inputs/0/count": "completeness",
        "/inputs/0/geometry/slice_spacing_mm": "geometry",
        "/inputs/0/geometry/cover/0": "geometry",
        "/inputs/0/acquisition/0": "acquisition",
        "/inputs/0/pixel/decodable": "pixels",
        "/inputs/0/pixel/lossy": "pixels",
        "/inputs/1/count": "completeness",
        "/inputs/1/structure_set/empty_roi": "structures",
        "/inputs/1/structure_set/plane_tol_mm": "structures",
        "/cross_checks/0": "references",
        "/cross_checks/1": "identity",
        "/rois/0": "names",
        "/rois/0/volume_cc": "structures",
        "/rois/1": "names",
        "/rois/2": "names",
        "/roi_relations/0": "relations",
        "/dvh_checks/0": "dvh",
        "/outcome/unmatched": "completeness",
    }


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("/inputs/0/geometry/cover/0", Severity.NOTE),
        ("/inputs/0/geometry/slice_spacing_mm", Severity.QUESTION),
        ("/inputs/0/count", Severity.REFUSAL),
        ("/inputs/1/structure_set/empty_roi", Severity.QUESTION),
        ("/nomenclature/unknown_rois", Severity.QUESTION),
        ("/nomenclature/max_length", Severity.NOTE),
        ("/rois/0/volume_cc", Severity.REFUSAL),
        ("/rois/1", Severity.QUESTION),
    ],
)
def test_the_severity_is_its_own_else_its_blocks_else_refusal(asked, line, severity):
    assert asked[line].severity is severity


@pytest.mark.parametrize(
    ("line", "title", "name"),
    [
        ("/inputs/0/geometry/slice_spacing_mm", "Planning CT: Slice spacing", "ct.geometry.slice_spacing_mm"),
        ("/inputs/0/geometry/cover/0", "Planning CT: Cover PTV", "ct.geometry.cover.PTV"),
        ("/inputs/0/acquisition/0", "Planning CT: Constraint ct-kvp", "ct-kvp"),
        ("/rois/0/volume_cc", "ROI PTV: Volume", "rois.PTV.volume_cc"),
        ("/rois/1", "ROI BODY|External", "rois.BODY|External"),
        ("/roi_relations/0", "Relation in-body", "in-body"),
        (
            "/timepoints/0/max_sessions",
            "Time point Before: Sessions of the visit at most",
            "timepoints.PRE.max_sessions",
        ),
        ("/nomenclature/max_length", "Nomenclature: Longest name", "nomenclature.max_length"),
    ],
)
def test_a_rule_is_called_what_people_call_it(asked, line, title, name):
    assert (asked[line].title, asked[line].name) == (title, name)


def test_an_roi_with_a_code_is_called_by_its_name(small, schema):
    small["rois"][0]["code"] = {"scheme": "SCT", "value": "1", "meaning": "Target"}
    assert "rois.PTV" in {rule.name for rule in rules(small, schema)}
