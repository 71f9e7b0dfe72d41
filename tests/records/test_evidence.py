"""What is kept about a submission comes back as it was, and goes when it no longer proves anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.records.made import ID, NOON, PROTOCOL, bring, choose, run, session
from uploader.domain.errors import LabelTaken, NotFound
from uploader.domain.evidence import Receipt
from uploader.domain.finding import Finding, Outcome, Ruling, Severity, judge
from uploader.domain.private import Private
from uploader.domain.submission import State
from uploader.domain.waiver import Waiver
from uploader.records import SqlRecords, verify

FINDING = Finding(
    "geometry.uneven", Severity.QUESTION, "scans/1", "uneven gaps", "send again", Private("DOE^JANE"), follows="a.b c"
)


def test_a_manifest_comes_back_to_the_byte(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    records.keep_manifest(ID, "identifiable", session("original", 190))
    assert records.manifest(ID, "identifiable") == session("original", 190)


def test_a_manifest_that_was_never_kept_is_not_found(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    with pytest.raises(NotFound):
        records.manifest(ID, "anonymised")


def test_a_verdict_comes_back_without_the_values_that_were_seen(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    records.keep_verdict(ID, "protocol", judge("DEMO-RT v1", PROTOCOL, [FINDING]))
    bare = Finding(FINDING.code, FINDING.severity, FINDING.where, FINDING.says, FINDING.remedy, follows=FINDING.follows)
    assert records.verdict(ID, "protocol") == judge("DEMO-RT v1", PROTOCOL, [bare])
    assert records.verdict(ID, "verification") is None


def test_a_receipt_comes_back_once_however_often_it_is_kept(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    for hours in (1, 2):
        records.keep_receipt(ID, Receipt("central", session().digest, 2, NOON + timedelta(hours=hours)))
    assert records.receipts(ID) == [Receipt("central", session().digest, 2, NOON + timedelta(hours=1))]


def test_provenance_is_empty_until_something_was_anonymised(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    assert records.provenance(ID) == {}
    records.keep_provenance(ID, {"scripts": {"base.das": PROTOCOL}, "version": "0.1.0"})
    assert records.provenance(ID) == {"scripts": {"base.das": PROTOCOL}, "version": "0.1.0"}


def test_a_private_value_cannot_be_kept_as_a_fact(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    lines = verify(records.database).lines
    with pytest.raises(TypeError):
        records.keep_provenance(ID, {"patient": Private("DOE^JANE")})
    with pytest.raises(TypeError):
        records.note("reviewer", "looked-at-identifiable", ID, {"patient": Private("DOE^JANE")})
    assert verify(records.database).lines == lines


def test_keeping_the_same_again_writes_nothing(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)

    def keep() -> int:
        records.keep_manifest(ID, "identifiable", session("original"))
        records.keep_verdict(ID, "protocol", judge("DEMO-RT v1", PROTOCOL, [FINDING]))
        records.keep_receipt(ID, Receipt("identifiable", session("original").digest, 2, NOON))
        records.keep_provenance(ID, {"version": "0.1.0"})
        return verify(records.database).lines

    assert keep() == keep()


def test_another_choice_forgets_what_the_earlier_one_led_to(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    records.keep_manifest(ID, "identifiable", session("original"))
    records.keep_receipt(ID, Receipt("identifiable", session("original").digest, 2, NOON))
    choose(records)
    records.keep_manifest(ID, "anonymised", session())
    records.keep_verdict(ID, "protocol", judge("DEMO-RT v1", PROTOCOL, []))
    records.keep_verdict(ID, "verification", judge("DEMO-RT v1", PROTOCOL, []))
    records.keep_receipt(ID, Receipt("anonymised", session().digest, 2, NOON))
    records.keep_provenance(ID, {"version": "0.1.0"})
    run(records, "prepare", State.AWAITING_SIGNOFF)
    choose(records, subject="DEMO-002")
    assert [r.place for r in records.receipts(ID)] == ["identifiable"]
    assert records.manifest(ID, "identifiable") == session("original")
    assert (records.verdict(ID, "protocol"), records.verdict(ID, "verification")) == (None, None)
    assert (records.signoffs(ID), records.provenance(ID)) == ([], {})
    with pytest.raises(NotFound):
        records.manifest(ID, "anonymised")


def test_a_label_of_a_trial_belongs_to_one_submission(records: SqlRecords) -> None:
    for name in ("first", "second"):
        bring(records, State.RECEIVED, name)
    choose(records, "first", label="DEMO-001_1")
    with pytest.raises(LabelTaken):
        choose(records, "second", label="DEMO-001_1")
    assert records.get("second").trial == ""


def test_the_same_label_may_be_chosen_again_for_the_same_submission(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    choose(records)
    choose(records)
    assert records.labels_of("DEMO-RT", "DEMO-001") == {"DEMO-001_1"}


def test_a_label_that_was_once_given_is_never_given_again(records: SqlRecords) -> None:
    for name in ("moved", "withdrawn", "newcomer"):
        bring(records, State.RECEIVED, name)
    choose(records, "moved", label="DEMO-001_1")
    choose(records, "moved", subject="DEMO-009")
    choose(records, "withdrawn", label="DEMO-001_2")
    records.withdraw("withdrawn", "reviewer", "consent withdrawn")
    assert records.labels_of("DEMO-RT", "DEMO-001") == {"DEMO-001_1", "DEMO-001_2"}
    for label in ("DEMO-001_1", "DEMO-001_2"):
        with pytest.raises(LabelTaken):
            choose(records, "newcomer", label=label)


def test_sessions_are_counted_by_trial_and_subject(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    choose(records)
    assert not records.labels_of("OTHER", "DEMO-001") | records.labels_of("DEMO-RT", "DEMO-002")


def test_the_history_tells_who_did_what_and_when(records: SqlRecords) -> None:
    bring(records, State.SIGNED)
    told = [(line["actor"], line["action"]) for line in records.history(ID)]
    assert told == [
        ("line", "created"),
        ("reviewer", "queued"),
        ("line", "rested"),
        ("reviewer", "chosen"),
        ("line", "manifest-kept"),
        ("reviewer", "queued"),
        ("line", "rested"),
        ("reviewer", "signed"),
    ]


def test_a_verdict_comes_back_with_lines_rulings_and_what_was_let_pass(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    line = "/inputs/0/geometry/slice_spacing_mm"
    found = replace(FINDING.bare, line=line, found="5 mm", expected="at most 3 mm")
    rulings = [Ruling(line, Outcome.FAILED), Ruling("/dvh_checks/0", Outcome.NOT_EVALUABLE, "there is no dose")]
    waived = Waiver("anna", NOON.isoformat(), "qa", "ct", line, "renal", PROTOCOL, session().digest)
    verdict = judge("DEMO-RT v1", PROTOCOL, [found], rulings, [waived])
    records.keep_verdict(ID, "protocol", verdict)
    assert records.verdict(ID, "protocol") == verdict


def test_what_was_acquired_comes_back_and_goes_with_another_choice(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    choose(records)
    records.keep_acquired(ID, {"t1w": {"RepetitionTime": [500.0]}})
    assert records.acquired(ID) == {"t1w": {"RepetitionTime": [500.0]}}
    choose(records, subject="DEMO-002")
    assert records.acquired(ID) == {}


def test_the_subjects_other_sessions_are_those_that_were_kept_and_stand(records: SqlRecords) -> None:
    for name in ("first", "second", "refused", "withdrawn", "of another"):
        bring(records, State.RECEIVED, name)
        choose(records, name, "DEMO-002" if name == "of another" else "DEMO-001", f"L-{name}")
        records.keep_manifest(name, "anonymised", session(name))
        run(records, "prepare", State.REFUSED if name == "refused" else State.AWAITING_SIGNOFF, name)
    records.withdraw("withdrawn", "reviewer", "consent withdrawn")
    assert [each.id for each in records.others_of("first")] == ["second"]
    assert [each.id for each in records.others_of("refused")] == ["first", "second"]


def test_the_codes_chosen_with_the_trial_are_kept_and_give_way_to_others(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    for codes in ({"arm": "A", "timepoint": "BL"}, {"arm": "B"}):
        records.choose(ID, "DEMO-RT", "v1", PROTOCOL, "DEMO-001", "DEMO-001_1", "anna", codes=codes)
        assert records.get(ID).chosen == codes
        assert records.history(ID)[-1]["facts"]["arm"] == codes["arm"]
