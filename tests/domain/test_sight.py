"""What a signature binds beside the files: another one of anything is something else that was looked at."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from uploader.domain.finding import Finding, Outcome, Ruling, Severity, judge
from uploader.domain.manifest import Manifest, measure
from uploader.domain.sight import sight
from uploader.domain.submission import State, Submission
from uploader.domain.waiver import Waiver

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FILES = Manifest(frozenset({measure("scans/1/DICOM/0001.dcm", io.BytesIO(b"looked at"))}))
OTHERS = Manifest(frozenset({measure("scans/1/DICOM/0001.dcm", io.BytesIO(b"something else"))}))
ABOUT = Submission(
    **dict.fromkeys(("why", "says", "route"), ""),
    **{"id": "k7q29xmd", "alias": "pt-1", "state": State.AWAITING_SIGNOFF, "attempt": 2, "scans": {"1": "CT"}},
    **{"trial": "DEMO-RT", "protocol_version": "v1", "protocol_digest": "p", "subject": "S-1", "label": "S-1_1"},
    **dict.fromkeys(("created", "changed", "due_at"), NOON),
    chosen={"arm": "A"},
)
NAMES = {"scans/3/DICOM/0001.dcm": {1: "Heart"}}
FOUND = Finding("geometry.uneven", Severity.QUESTION, "scans/1", "uneven gaps", line="/inputs/0", found="5 mm")
WAIVER = Waiver("anna", NOON.isoformat(), "reviewer", "ct", "/inputs/0", "renal", "p", "d")
VERDICT = judge("DEMO-RT v1", "p", [FOUND], [Ruling("/inputs/0", Outcome.FAILED)])
JUDGED = {"protocol": VERDICT, "anonymised": None, "verification": judge("DEMO-RT v1", "p", [])}
SIGHT = sight(ABOUT, FILES, NAMES, JUDGED)


def with_findings(**change):
    return {**JUDGED, "protocol": replace(VERDICT, **change)}


@pytest.mark.parametrize(
    "other",
    [
        sight(ABOUT, OTHERS, NAMES, JUDGED),
        sight(replace(ABOUT, protocol_digest="q"), FILES, NAMES, JUDGED),
        sight(replace(ABOUT, protocol_version="v2"), FILES, NAMES, JUDGED),
        sight(replace(ABOUT, subject="S-2"), FILES, NAMES, JUDGED),
        sight(replace(ABOUT, label="S-1_2"), FILES, NAMES, JUDGED),
        sight(replace(ABOUT, chosen={"arm": "B"}), FILES, NAMES, JUDGED),
        sight(ABOUT, FILES, {}, JUDGED),
        sight(ABOUT, FILES, {"scans/3/DICOM/0001.dcm": {2: "Heart"}}, JUDGED),
        sight(ABOUT, FILES, NAMES, {**JUDGED, "anonymised": VERDICT}),
        sight(ABOUT, FILES, NAMES, with_findings(findings=())),
        sight(ABOUT, FILES, NAMES, with_findings(findings=(replace(FOUND, found="6 mm"),))),
        sight(ABOUT, FILES, NAMES, with_findings(rulings=())),
        sight(ABOUT, FILES, NAMES, with_findings(waivers=(WAIVER,))),
    ],
    ids=[
        *("files", "protocol", "version", "subject", "label", "arm", "no name", "structure", "second validation"),
        *("no finding", "value", "no ruling", "waiver"),
    ],
)
def test_another_one_of_anything_is_something_else(other):
    assert other != SIGHT


def test_where_a_submission_stands_is_nothing_to_look_at():
    """So that what was signed is still the same when it is released."""
    moved = replace(ABOUT, state=State.QUEUED, route="release", attempt=3, changed=datetime(2027, 1, 1, tzinfo=UTC))
    assert sight(moved, FILES, NAMES, JUDGED) == SIGHT
