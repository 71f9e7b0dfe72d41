"""Items of structured reports are judged by what they are about: PS3.15 table E.3.4-1."""

from __future__ import annotations

from pathlib import Path

import pytest

from uploader.domain.policy import Action
from uploader.passes import tables
from uploader.passes.policy import policies

KEYS = [(*concept, value_type) for concept, rows in tables.content_items().items() for value_type in rows]
SHIPPED = policies(Path(__file__).parents[2] / "privacy_policies")


@pytest.mark.parametrize(
    ("policy", "value_type", "code", "expected"),
    [
        ("trial", "TEXT", "121022", Action.REMOVE),  # Accession Number
        ("basic", "TEXT", "113880", Action.REMOVE),  # Device Serial Number
        ("research", "TEXT", "113880", Action.KEEP),
        ("basic", "NUM", "121033", Action.REMOVE),  # Subject Age
        ("trial", "NUM", "121033", Action.KEEP),
        ("trial", "PNAME", "121008", Action.DUMMY),  # Person Observer Name
        ("no_dates", "DATETIME", "113809", Action.DUMMY),  # Start of X-Ray Irradiation
        ("trial", "DATETIME", "113809", Action.KEEP),
        ("basic", "IMAGE", "113795", Action.KEEP),  # Acquired Image
        ("basic", "NUM", "113813", Action.KEEP),  # CT Dose Length Product Total: not listed
        ("trial", "TEXT", "121029", Action.DUMMY),  # Subject Name, which the table has as PNAME
        ("trial", "DATETIME", "121031", Action.REMOVE),  # Subject Birth Date, which the table has as DATE
    ],
)
def test_an_item_is_judged_by_its_concept_name(policy, value_type, code, expected):
    assert SHIPPED[policy].content("DCM", code, value_type) is expected


def test_every_row_has_an_answer_that_an_item_can_bear():
    said = {policy.content(*key) for policy in SHIPPED.values() for key in KEYS}
    assert said == {Action.KEEP, Action.REMOVE, Action.DUMMY}


def test_the_table_is_complete():
    assert len(KEYS) == 214
