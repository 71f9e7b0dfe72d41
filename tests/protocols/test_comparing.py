"""What changed between two versions of a protocol, and whether more is asked."""

from __future__ import annotations

import copy

import pytest

from tests.protocols.test_consistency import changed
from uploader.domain.trial import Protocol
from uploader.protocols.comparing import Way, changes
from uploader.protocols.rules import rules


@pytest.fixture
def compared(small, schema):
    """The changes that follow from another value at one place."""

    def of(document):
        asked = tuple(rules(document, schema))
        return Protocol("T", "v1", "", "", "", "", "", "", (), (), 1, "T", content=document, rules=asked)

    def compare(place, value):
        return list(changes(of(small), of(changed(copy.deepcopy(small), place, value)), schema))

    return compare


@pytest.mark.parametrize(
    ("place", "value", "way", "words"),
    [
        (
            "/inputs/0/geometry/slice_spacing_mm",
            {"max": 2},
            Way.STRICTER,
            "at most 2 mm. Before: Slice spacing is at most 3",
        ),
        ("/inputs/0/geometry/slice_spacing_mm", {"max": 5}, Way.LOOSER, "at most 5 mm"),
        ("/inputs/0/geometry/slice_spacing_mm", {"min": 1, "max": 5}, Way.OTHER, "1 to 5 mm"),
        ("/inputs/0/geometry/severity", "refusal", Way.STRICTER, "It is a refusal now and was a question."),
        ("/inputs/0/geometry/rows", {"eq": 512}, Way.STRICTER, "Planning CT: Rows: new: The number of rows is 512."),
        ("/inputs/0/geometry/cover/0/superior_mm", 10, Way.LOOSER, "at least 10 mm towards the head"),
        ("/inputs/0/count", {"min": 1, "max": 2}, Way.LOOSER, "1 to 2 series"),
        ("/inputs/0/acquisition/0/range", {"min": 100, "max": 120}, Way.STRICTER, "KVP is 100 to 120"),
        ("/inputs/0/acquisition/0/attr", "XRayTubeCurrent", Way.OTHER, "XRayTubeCurrent is 100 to 140"),
        ("/inputs/0/pixel/lossy", "refusal", Way.STRICTER, "Lossy compression: It is a refusal now"),
        ("/inputs/1/structure_set/plane_tol_mm", 0.5, Way.LOOSER, "within 0.5 mm"),
        ("/timepoints/0/max_sessions", 1, Way.STRICTER, "at most 1 session"),
        ("/nomenclature/max_length", 20, Way.LOOSER, "at most 20 characters"),
        ("/rois/0/need", "optional", Way.LOOSER, "PTV may be there. Before: PTV is there"),
        ("/rois/-", {"name": "Heart", "need": "required"}, Way.STRICTER, "ROI Heart: new: Heart is there"),
        ("/rois/-", {"name": "Heart", "need": "optional"}, Way.LOOSER, "ROI Heart: new: Heart may be there"),
        ("/rois/2/volume_cc", {"min": 1}, Way.STRICTER, "ROI Boost: Volume: new:"),
        ("/rois/0/volume_cc", {"min": 2}, Way.STRICTER, "at least 2 cm3"),
        ("/dvh_checks/0/min", 55, Way.STRICTER, "at least 55"),
        ("/title", "Another", Way.OTHER, "title is 'Another', and was 'A small trial'."),
        ("/scripts", ["trial/research.das"], Way.OTHER, "scripts has changed."),
    ],
)
def test_a_change_is_told_with_its_way(compared, place, value, way, words):
    (change,) = compared(place, value)
    assert (change.way, words in change.says) == (way, True), change.says


def test_a_rule_that_is_gone_is_looser_and_a_permitted_name_that_is_gone_stricter(small, schema):
    old = Protocol("T", "v1", "", "", "", "", "", "", (), (), 1, "T", content=small)
    less = copy.deepcopy(small)
    less["rois"].pop(0)
    less["cross_checks"].pop(0)
    new = Protocol("T", "v2", "", "", "", "", "", "", (), (), 1, "T", content=less)
    assert {(c.way, c.says.partition(":")[0]) for c in changes(old, new, schema)} == {
        (Way.LOOSER, "ROI PTV"),
        (Way.LOOSER, "Cross check chain"),
    }


def test_a_rule_that_only_moved_has_not_changed(small, schema):
    old = Protocol("T", "v1", "", "", "", "", "", "", (), (), 1, "T", content=small)
    turned = {**small, "rois": small["rois"][::-1], "inputs": small["inputs"][::-1]}
    new = Protocol("T", "v2", "", "", "", "", "", "", (), (), 1, "T", content=turned)
    assert list(changes(old, new, schema)) == []
