"""Policies that cannot be used are refused, and the message leads to the place."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from tests.passes.test_policy import FOLDER
from uploader.domain.errors import BadPolicy
from uploader.passes import tables
from uploader.passes.policy import Policy, policies

GOOD = json.loads((FOLDER / "basic.json").read_text())
REASON = "wanted by the trial"


@pytest.fixture
def refused(tmp_path):
    """What is said of a policy file with this text."""
    shutil.copy(FOLDER / "schema.json", tmp_path)

    def said(text: str) -> str:
        (tmp_path / "basic.json").write_text(text)
        with pytest.raises(BadPolicy) as caught:
            Policy.read(tmp_path / "basic.json")
        return re.sub(r"^.*?basic\.json: at ", "", str(caught.value))

    return said


def override(tag: str, action: str) -> dict[str, object]:
    return {"overrides": [{"tag": tag, "action": action, "reason": REASON}]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"options": ["keep-everything"]}, "/options/0: 'keep-everything' is not one of"),
        ({"name": "other"}, "/name: is not the name of the file"),
        ({"surprise": 1}, "the top: Additional properties are not allowed"),
        (
            {"options": ["retain-longitudinal-full-dates", "retain-longitudinal-modified-dates"]},
            "/options: dates are kept as they are or moved, not both",
        ),
        (override("(0010,0010)", "keep"), "/overrides/0: identifies the patient directly"),
        (override("(0010,1001)", "clean"), "/overrides/0: identifies the patient directly"),
        (override("(0008,1010)", "shift"), "/overrides/0: shift is for AS, DA, DT, TM, and this attribute is SH"),
        (override("(6000,3000)", "keep"), "/overrides/0: what becomes of this element cannot be changed"),
        (override("(0009,1001)", "keep"), "/overrides/0: is private"),
        (override("(0008,1fff)", "keep"), "/overrides/0: is not in the DICOM dictionary"),
        ({"accept": [{"sop_class": "PDF", "reason": REASON}]}, "/accept/0/sop_class: 'PDF' does not match"),
        (
            {"accept": [{"sop_class": "1.2", "reason": REASON}], "refuse": [{"sop_class": "1.2", "reason": REASON}]},
            "/refuse: accepted as well: 1.2",
        ),
        (
            {
                "safe_private": {
                    "standard": True,
                    "additions": [{"creator": "ACME", "group": "0029", "element": "10", "vr": "DS", "reason": REASON}],
                }
            },
            "/safe_private/additions: has no effect without the option retain-safe-private",
        ),
    ],
)
def test_a_policy_that_asks_for_too_much_is_refused(refused, changes, said):
    assert refused(json.dumps({**GOOD, **changes})).startswith(said)


def test_an_override_needs_a_reason(refused):
    changes = {"overrides": [{"tag": "(0008,1010)", "action": "keep"}]}
    assert refused(json.dumps({**GOOD, **changes})).startswith("/overrides/0: 'reason' is a required property")


def test_the_same_override_twice_is_refused(refused):
    once = override("(0008,1010)", "keep")["overrides"]
    assert refused(json.dumps({**GOOD, "overrides": once * 2})) == "/overrides/1: is there a second time"


def test_the_same_name_twice_is_refused(refused):
    assert "occurs twice" in refused('{"name": "basic", "name": "basic"}')


def test_a_file_that_is_no_json_is_refused(refused):
    assert "is not JSON" in refused("{")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    shutil.copy(FOLDER / "schema.json", tmp_path)
    with pytest.raises(BadPolicy, match="cannot be read"):
        Policy.read(tmp_path / "none.json")


def test_the_digest_follows_the_bytes_of_the_file(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "policies")
    path = tmp_path / "policies" / "basic.json"
    path.write_text(path.read_text() + "\n")
    assert policies(tmp_path / "policies")["basic"].digest != policies(FOLDER)["basic"].digest


@pytest.mark.parametrize("name", ["annex_e", "content_items", "safe_private", "iods"])
def test_every_table_says_where_it_comes_from(name):
    assert {"package", "version", "licence", "file", "sha256", "standard"} <= tables.source(name).keys()


def test_the_table_is_complete():
    """PS3.15 2026d: 657 rows, of which 50xx, two of 60xx and private attributes are no single tags."""
    assert len(tables.annex_e()) == 653


def test_the_list_of_safe_private_elements_is_complete():
    assert len(tables.safe_private()) == 87
