"""A protocol that contradicts itself or names what is not there is told so, place by place."""

from __future__ import annotations

import pytest

from uploader.protocols.consistency import contradictions
from uploader.schema import fault


def changed(document, place, value):
    """The document with another value at one place, or with one more item where the place ends with ``-``."""
    *outer, last = place.strip("/").split("/")
    holder = document
    for part in outer:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    if last == "-":
        holder.append(value)
    elif isinstance(holder, list):
        holder[int(last)] = value
    else:
        holder[last] = value
    return document


def test_the_small_protocol_contradicts_itself_nowhere(small, schema):
    assert list(contradictions(small, schema)) == []


CT, RS = "/inputs/0", "/inputs/1"
PLAN = {"key": "plan", "label": "Plan", "modality": "RTPLAN", "count": {"min": 1}}


@pytest.mark.parametrize(
    ("place", "value", "where", "words"),
    [
        ("/subject_id/pattern", "(S)\\1", "/subject_id/pattern", "RE2"),
        ("/subject_id/example", "T-1", "/subject_id/example", "does not match"),
        ("/valid_from", "2026-02-30", "/valid_from", "not a day"),
        ("/supersedes", ["v3"], "/supersedes/0", "not earlier"),
        ("/outcome/block_on", ["question"], "/outcome/block_on", "must have refusal"),
        (
            "/outcome/waivers",
            [{"check": "rois.Heart", "role": "admin", "reason_codes": ["a"]}],
            "/outcome/waivers/0/check",
            "near to it are: rois.",
        ),
        (
            "/outcome/waivers",
            [{"check": "one", "role": "admin", "reason_codes": ["a"]}],
            "/outcome/waivers/0/check",
            "nobody may let",
        ),
        ("/arms/-", {"code": "A", "label": "Again"}, "/arms/2", "A is there a second time"),
        ("/inputs/-", PLAN | {"key": "ct"}, "/inputs/2", "ct is there a second time"),
        ("/inputs/-", PLAN | {"modality": "CT"}, "/inputs/0", "every series of plan would be this input too"),
        ("/rois/-", {"name": "PTV", "need": "optional"}, "/rois/3", "PTV is there a second time"),
        ("/roi_relations/0/id", "chain", "/roi_relations/0/id", "is the id of /cross_checks/0 already"),
        (
            f"{CT}/geometry/slice_spacing_mm",
            {"min": 3, "max": 1},
            f"{CT}/geometry/slice_spacing_mm",
            "min 3 is above max 1",
        ),
        (f"{CT}/geometry/slice_spacing_mm", {"eq": 3, "max": 1}, f"{CT}/geometry/slice_spacing_mm", "eq and a bound"),
        (f"{CT}/geometry/slice_spacing_mm", {"min": 3, "tol": 1}, f"{CT}/geometry/slice_spacing_mm", "no eq"),
        (f"{CT}/count", {"min": 2, "max": 1}, f"{CT}/count", "min 2 is above max 1"),
        (f"{CT}/geometry/oblique_tol_deg", 1, f"{CT}/geometry/oblique_tol_deg", "says nothing without orientation"),
        (f"{CT}/dose", {"units": ["GY"]}, f"{CT}/dose", "is for RTDOSE, not for CT"),
        (f"{CT}/acquisition/0/attr", "KVp", f"{CT}/acquisition/0/attr", "is KVP meant?"),
        (f"{CT}/acquisition/0/attr", "KVP.Rows", f"{CT}/acquisition/0/attr", "KVP is not a sequence"),
        (f"{CT}/acquisition/0/op", "in", f"{CT}/acquisition/0", "op in needs values"),
        (f"{CT}/acquisition/0/value", 3, f"{CT}/acquisition/0/value", "does not look at value"),
        (
            f"{CT}/acquisition/-",
            {"id": "x", "attr": "KVP", "op": "regex", "value": "("},
            f"{CT}/acquisition/1/value",
            "RE2",
        ),
        (
            f"{CT}/acquisition/-",
            {"id": "x", "attr": "KVP", "op": "same_as", "ref": "mr"},
            f"{CT}/acquisition/1/ref",
            "there is no input mr",
        ),
        (f"{CT}/acquisition/0/when", "arm = 'A'", f"{CT}/acquisition/0/when", "at character 5"),
        (f"{CT}/when", "manufacturer ~ 'ge'", f"{CT}/when", "only be asked of the acquisition"),
        ("/rois/2/when", "arm == 'C'", "/rois/2/when", "arms has no C; it has A, B"),
        ("/rois/2/when", "site == 'C'", "/rois/2/when", "there is no list of sites"),
        ("/rois/2/when", "present(mr)", "/rois/2/when", "there is no input mr"),
        ("/rois/0/need", "conditional", "/rois/0", "does not say when"),
        ("/rois/0/need", "forbidden", "/rois/0/volume_cc", "forbidden"),
        ("/rois/-", {"pattern": "(?=a)", "need": "optional"}, "/rois/3/pattern", "RE2"),
        (f"{CT}/geometry/cover/0/roi", "Heart", f"{CT}/geometry/cover/0/roi", "no entry of rois names Heart"),
        ("/roi_relations/0/a", "Lung_L", "/roi_relations/0/a", "no entry of rois names Lung_L"),
        ("/roi_relations/0/a", "External", "/roi_relations/0", "to itself"),
        ("/roi_relations/0/rel", "side_of_body", "/roi_relations/0", "PTV says no side"),
        ("/roi_relations/0/range", {"min": 1}, "/roi_relations/0", "within does not look at range"),
        ("/roi_relations/0/rel", "expansion_mm", "/roi_relations/0", "needs range"),
        ("/dvh_checks/0/roi", "Cord", "/dvh_checks/0/roi", "no entry of rois names Cord"),
        (
            "/dvh_checks/-",
            {"id": "x", "roi": "PTV", "metric": "Max[Gy]", "severity": "note"},
            "/dvh_checks/1",
            "neither min nor max",
        ),
        ("/timepoints/0/inputs/0", "mr", "/timepoints/0/inputs/0", "there is no input mr; there are ct, structures"),
        (f"{RS}/structure_set/images", "mr", f"{RS}/structure_set/images", "there is no input mr"),
        (
            "/inputs/-",
            PLAN | {"key": "dose", "modality": "RTDOSE", "dose": {"plan": "ct"}},
            "/inputs/2/dose/plan",
            "is CT; expected RTPLAN",
        ),
        (
            "/inputs/-",
            PLAN | {"plan": {"prescriptions": [{"target": "PTV", "arm": "C", "total_gy": {"eq": 60}}]}},
            "/inputs/2/plan/prescriptions/0/arm",
            "there is no arm C",
        ),
        ("/course", {"plans": ["boost"]}, "/course/plans/0", "there is no input boost"),
        ("/course", {"plans": ["ct"]}, "/course/plans/0", "the input ct is CT; expected RTPLAN"),
        (
            "/course",
            {"plans": ["ct"], "prescriptions": [{"target": "Heart", "total_gy": {"eq": 60}}]},
            "/course/prescriptions/0/target",
            "no entry of rois names Heart",
        ),
        (
            "/course",
            {"plans": ["ct"], "prescriptions": [{"target": "PTV", "arm": "C", "total_gy": {"eq": 60}}]},
            "/course/prescriptions/0/arm",
            "there is no arm C",
        ),
        ("/cross_checks/0/inputs", ["ct"], "/cross_checks/0", "is about 2 or more inputs, and 1 are named"),
        ("/cross_checks/0/attr", "KVP", "/cross_checks/0", "does not look at attr"),
        ("/cross_checks/1/kind", "time_interval_days", "/cross_checks/1", "needs range"),
        (
            "/nomenclature/synonyms",
            {"Lung_L": ["left lung"], "Lung_R": ["Left-Lung"]},
            "/nomenclature/synonyms/Lung_R/0",
            "of Lung_L already",
        ),
        (
            "/nomenclature/synonyms",
            {"Heart": ["cor"], "Lungs": ["\uff43\uff4f\uff52"]},
            "/nomenclature/synonyms/Lungs/0",
            "of Heart already",
        ),
    ],
)
def test_a_contradiction_is_told_with_its_place(small, schema, place, value, where, words):
    document = changed(small, place, value)
    assert fault(document, schema) is None
    found = list(contradictions(document, schema))
    assert [says for at, says in found if at == where and words in says], found


def test_a_label_with_a_time_point_needs_a_list_of_them(small, schema):
    small["session_label"] = "{subject}_{timepoint}_{n}"
    assert list(contradictions(small, schema)) == []
    del small["timepoints"]
    assert [where for where, _ in contradictions(small, schema)] == ["/session_label"]


def test_a_pattern_and_a_wildcard_name_what_they_match(small, schema):
    small["rois"] += [{"name": "CTV*", "need": "optional"}, {"pattern": "Lung_[LR]", "need": "optional"}]
    small["roi_relations"] += [
        {"id": "first", "a": "CTV_60", "rel": "within", "b": "PTV"},
        {"id": "second", "a": "CTV*", "rel": "overlaps", "b": "Lung_L"},
    ]
    assert list(contradictions(small, schema)) == []
