"""Items of structured reports are judged by what they are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from uploader.domain.policy import Action
from uploader.elements import EXPLICIT, IMPLICIT, encoded, level, sequence
from uploader.passes.content import item
from uploader.passes.policy import Policy

FOLDER = Path(__file__).parents[2] / "privacy_policies"
CONCEPT_NAME = 0x0040A043


def judged(policy: str, value_type: bytes, scheme: bytes, code: bytes, form=EXPLICIT) -> Action:
    name = encoded(0x00080100, b"SH", code, form) + encoded(0x00080102, b"SH", scheme, form)
    data = encoded(0x0040A040, b"CS", value_type, form) + sequence(CONCEPT_NAME, [name], form)
    return item(Policy.read(FOLDER / f"{policy}.json"), data, level(data, 0, len(data), form), form)


@pytest.mark.parametrize("form", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
def test_the_accession_number_goes_from_a_report(form):
    assert judged("trial", b"TEXT", b"DCM ", b"121022", form) is Action.REMOVE


def test_a_device_is_named_only_where_devices_are_retained():
    said = [judged(name, b"TEXT", b"DCM ", b"113880") for name in ("basic", "trial")]
    assert said == [Action.REMOVE, Action.KEEP]


def test_a_name_says_nothing():
    assert judged("trial", b"PNAME ", b"DCM ", b"121008") is Action.DUMMY


def test_a_reference_to_an_image_stays_for_its_uids_are_replaced():
    assert judged("basic", b"IMAGE ", b"DCM ", b"113795") is Action.KEEP


def test_a_measurement_that_the_table_does_not_list_is_treated_element_by_element():
    assert judged("basic", b"NUM ", b"DCM ", b"113813") is Action.KEEP


def test_an_item_without_a_name_is_treated_element_by_element():
    data = encoded(0x0040A040, b"CS", b"CONTAINER ", EXPLICIT)
    policy = Policy.read(FOLDER / "basic.json")
    assert item(policy, data, level(data, 0, len(data), EXPLICIT), EXPLICIT) is Action.KEEP
