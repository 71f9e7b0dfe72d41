"""Every rule is a sentence with its number and unit."""

from __future__ import annotations

import json

import pytest

from tests.protocols.conftest import SHIPPED
from uploader.protocols.rules import ruled_places
from uploader.protocols.sentences import sentence


def said(document, schema):
    return {rule.line: sentence(place, document) for place, rule in ruled_places(document, schema)}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/timepoints/0/inputs", "This visit brings: Planning CT, Structure set."),
        ("/timepoints/0/max_sessions", "A subject has at most 2 sessions at this visit."),
        ("/nomenclature/max_length", "A name has at most 16 characters."),
        ("/nomenclature/unknown_rois", "Unlisted ROIs: each is a question."),
        ("/inputs/0/count", "A session has exactly 1 series of it."),
        ("/inputs/0/geometry/slice_spacing_mm", "Slice spacing is at most 3 mm."),
        (
            "/inputs/0/geometry/cover/0",
            "The scan reaches at least 20 mm towards the head and 20 mm towards the feet beyond PTV.",
        ),
        ("/inputs/0/acquisition/0", "KVP is 100 to 140."),
        ("/inputs/0/pixel/decodable", "Every frame can be decoded."),
        ("/inputs/1/structure_set/plane_tol_mm", "Contours lie on slices, to within 0.1 mm."),
        ("/cross_checks/0", "Each refers to the next, to the very instance: structures, ct."),
        ("/rois/0", "PTV is there, with contours."),
        ("/rois/0/volume_cc", "PTV: volume is at least 1 cm3."),
        ("/rois/1", "BODY or External is there, with contours."),
        ("/rois/2", "Boost is there, with contours, if arm is B; else it may be."),
        ("/roi_relations/0", "PTV lies within External."),
        ("/dvh_checks/0", "D95%[Gy] of PTV is at least 50."),
        ("/outcome/unmatched", "Series that are no input: each is a question."),
    ],
)
def test_a_rule_reads_as_a_sentence(small, schema, line, words):
    assert said(small, schema)[line] == words


def test_a_course_is_told_as_a_whole(small, schema):
    phase = {"label": "Plan", "modality": "RTPLAN", "count": {"min": 1, "max": 1}}
    small["inputs"] += [{"key": key, **phase} for key in ("first", "boost")]
    total = {"target": "PTV", "total_gy": {"eq": 66}, "fraction_gy": {"eq": 2}}
    small["course"] = {"plans": ["first", "boost"], "fractions": {"eq": 33}, "prescriptions": [total]}
    found = said(small, schema)
    assert found["/course/plans"] == "Plans of first and boost are phases of one treatment, and their doses add up."
    assert found["/course/fractions"] == "The number of fractions of all plans together is 33."
    assert found["/course/prescriptions/0"] == "PTV is prescribed by all plans together 66 Gy, 2 Gy a fraction."


def test_a_constraint_says_its_unit_its_condition_what_silence_means_and_why(small, schema):
    small["inputs"][0]["acquisition"] = [
        {
            "id": "current",
            "attr": "XRayTubeCurrent",
            "op": "range",
            "range": {"min": 50},
            "unit": "mA",
            "scope": "any_instance",
            "when": "arm == 'A'",
            "on_missing": "question",
            "why": "noise",
        }
    ]
    assert said(small, schema)["/inputs/0/acquisition/0"] == (
        "XRayTubeCurrent is at least 50 mA in one instance at least, if arm is A; "
        "if it is missing, that is a question (noise)."
    )


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/v*.json")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_rule_of_the_shipped_protocols_has_a_sentence_of_its_own_place(path, schema):
    document = json.loads(path.read_text())
    for place, rule in ruled_places(document, schema):
        words = sentence(place, document)
        assert words.endswith("."), rule.line
        assert "{" not in words.replace("{7,}", ""), rule.line
