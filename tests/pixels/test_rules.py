"""A site's rules say where its devices draw text."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.domain.errors import BadSettings
from uploader.pixels.box import Box
from uploader.pixels.rules import load, outside

SHIPPED = Path(__file__).parent.parent.parent / "blanking_rules"
DEMO = {
    "Modality": "US",
    "Manufacturer": "Phantom Works",
    "ManufacturerModelName": "Ellipse 8",
    "Rows": 240,
    "Columns": 320,
}
REGION = {
    "RegionLocationMinX0": 120,
    "RegionLocationMinY0": 60,
    "RegionLocationMaxX1": 800,
    "RegionLocationMaxY1": 518,
}
PHILIPS = {
    "Modality": "US",
    "Manufacturer": "Philips",
    "Rows": 600,
    "Columns": 800,
    "SequenceOfUltrasoundRegions": [REGION],
}


@pytest.mark.parametrize(
    ("header", "boxes"),
    [
        (DEMO, (Box(0, 0, 320, 48),)),
        (PHILIPS, (Box(0, 0, 800, 60), Box(0, 60, 120, 459), Box(0, 519, 800, 81))),
        (
            {
                "Modality": "US",
                "Manufacturer": "G.E. Medical Systems",
                "ManufacturerModelName": "LOGIQ 700",
                "Rows": 480,
                "Columns": 640,
            },
            (Box(0, 0, 640, 108),),
        ),
        ({**DEMO, "Modality": "CT"}, ()),
        ({**DEMO, "ManufacturerModelName": "Other"}, ()),
    ],
    ids=["demo device", "outside of regions", "LOGIQ 700", "other modality", "other model"],
)
def test_the_rules_that_come_with_the_program_do_what_they_say(header, boxes):
    assert load(SHIPPED).boxes(header) == boxes


def test_rules_travel_to_other_processes():
    rules = load(SHIPPED)
    assert pickle.loads(pickle.dumps(rules)) == rules


def test_every_rule_tells_a_person_why_and_how_it_is_known():
    assert all(rule.reason in rule.describe() and rule.source in rule.describe() for rule in load(SHIPPED).rules)


def written(folder: Path, *rules: dict) -> Path:
    (folder / "schema.json").write_text((SHIPPED / "schema.json").read_text())
    (folder / "site.json").write_text(json.dumps({"rules": rules}))
    return folder


RULE = {"name": "a", "reason": "A banner on the top.", "source": "seen here", "match": {"Modality": "US"}}


@pytest.mark.parametrize(
    "wrong",
    [
        RULE,
        {**RULE, "blank": [{"x": 0, "y": 0, "width": 0, "height": 3}]},
        {**RULE, "blank": [{"x": 0, "y": 0, "width": 1, "height": 3}], "keep_ultrasound_regions": True},
        {**RULE, "match": {}, "keep_ultrasound_regions": True},
        {**RULE, "erase": []},
    ],
    ids=["nothing to do", "empty box", "two things to do", "fits everything", "unknown word"],
)
def test_a_rule_that_says_too_little_or_too_much_stops_the_start(wrong, tmp_path):
    with pytest.raises(BadSettings, match=r"site\.json"):
        load(written(tmp_path, wrong))


def test_two_rules_of_one_name_stop_the_start(tmp_path):
    rule = {**RULE, "keep_ultrasound_regions": True}
    with pytest.raises(BadSettings, match="two rules"):
        load(written(tmp_path, rule, rule))


def test_all_that_is_said_must_fit_and_any_part_of_a_value_may(tmp_path):
    box = {"x": 1, "y": 2, "width": 3, "height": 4}
    rules = load(written(tmp_path, {**RULE, "match": {"Rows": [8, 9], "ImageType": "sav*"}, "blank": [box]}))
    assert rules.boxes({"Rows": 9, "Columns": 9, "ImageType": ["DERIVED", "SAVED"]}) == (Box(1, 2, 3, 4),)
    assert rules.boxes({"Rows": 7, "Columns": 9, "ImageType": ["SAVED"]}) == ()
    assert rules.boxes({"Rows": 9, "Columns": 9}) == ()


boxes = st.builds(Box, st.integers(-3, 20), st.integers(-3, 20), st.integers(0, 15), st.integers(0, 15))


@given(st.lists(boxes, max_size=4))
def test_what_lies_outside_of_boxes_is_covered_exactly_once(keep):
    count = np.zeros((16, 18), int)
    for box in outside(keep, 16, 18):
        count[box.y : box.bottom, box.x : box.right] += 1
    wanted = np.ones((16, 18), int)
    for box in (b.clipped(16, 18) for b in keep):
        if box is not None:
            wanted[box.y : box.bottom, box.x : box.right] = 0
    assert np.array_equal(count, wanted)
