"""What is not just as its site signed it waits for a person, is never shared, and says why."""

import json
from urllib.parse import quote

import pytest

from tests.central.places import KEYS, consignment, manifest_of, session, signed_by
from uploader import seal
from uploader.archives.xnat import papers
from uploader.central.visit import Standing
from uploader.domain.canonical import canonical
from uploader.domain.consignment import recall_of
from uploader.domain.session import Address
from uploader.seal import sealed

FILES = session()
SENT = consignment(FILES)
ADDRESS = Address("SITE01", "S-001", "S-001_1")
HERE = "/data/projects/SITE01/subjects/S-001/experiments/S-001_1"
PAPER = f"{HERE}/resources/UPLOADER/files/{SENT.name}"
FIELD = quote("xnat:experimentData/fields/field[name=trial]/field")


def waits(centre, reason, says=""):
    row = centre.only()
    assert (row.state, row.reason) == (Standing.WAITS, reason), row
    assert says in row.says
    assert not centre.labels("TRIAL-A") | centre.labels("TRIAL-B")
    return True


@pytest.fixture
def sent(centre):
    centre.send(SENT, FILES)
    return centre


@pytest.mark.parametrize("field", [*SENT.document(), "key"])
def test_a_consignment_that_was_changed_in_any_field_is_not_believed(centre, field):
    document = json.loads(signed_by(KEYS["SITE01"], SENT))
    value = document[field]
    document[field] = value[:-1] + ("b" if value[-1] != "b" else "c") if isinstance(value, str) else value * 2
    centre.send(SENT, FILES, word=canonical(document))
    assert waits(centre, "bad-seal")


@pytest.mark.parametrize("field", [*SENT.document(), "key", "signature"])
def test_a_consignment_that_lacks_a_field_is_not_believed(centre, field):
    document = json.loads(signed_by(KEYS["SITE01"], SENT))
    centre.send(SENT, FILES, word=canonical({name: value for name, value in document.items() if name != field}))
    assert waits(centre, "bad-seal")


@pytest.mark.parametrize(
    "changes", [{"version": 2}, {"version": 1.0}, {"kind": "uploader-receipt"}, {"comment": "new"}, {"subject": ""}]
)
def test_what_the_site_signed_and_this_program_does_not_know_is_not_believed(centre, changes):
    centre.send(SENT, FILES, word=signed_by(KEYS["SITE01"], SENT, **changes))
    assert waits(centre, "bad-seal")


@pytest.mark.parametrize("changes", [{"site": "SITE02"}, {"project": "SITE02"}, {"project": "TRIAL-A"}])
def test_a_consignment_for_another_site_or_project_is_not_taken_though_the_key_is_right(centre, changes):
    centre.send(SENT, FILES, word=signed_by(KEYS["SITE01"], SENT, **changes))
    assert waits(centre, "other-site")


def test_a_consignment_under_the_name_of_another_submission_is_not_believed(centre):
    centre.send(SENT, FILES, word=signed_by(KEYS["SITE01"], SENT, submission="other"))
    assert waits(centre, "bad-seal", "submission other")


@pytest.mark.parametrize("word", [b"", b"{}", b"[]", b"\xff\xfe", b"null"])
def test_a_consignment_that_is_no_document_is_not_believed(centre, word):
    centre.send(SENT, FILES, word=word or b" ")
    assert waits(centre, "bad-seal")


def test_a_session_without_the_sites_word_is_listed(centre):
    centre.by_hand("PUT", f"{HERE}?xsiType=xnat:ctSessionData")
    assert waits(centre, "no-consignment")


def test_two_consignments_beside_one_session_are_one_too_many(sent):
    other = consignment(FILES, submission="other")
    sent.archive("SITE01").attach(ADDRESS, other.name, signed_by(KEYS["SITE01"], other))
    assert waits(sent, "several-consignments")


def test_an_old_consignment_beside_new_bytes_shares_nothing(centre):
    old = consignment(session(study="1.2.9"))
    centre.send(SENT, FILES, word=signed_by(KEYS["SITE01"], old))
    assert waits(centre, "manifest-differs")


def test_a_file_that_was_changed_at_the_centre_shares_nothing(sent):
    name = "scans/1/resources/DICOM/files/0002.dcm"
    data = FILES["scans/1/DICOM/0001.dcm"]
    sent.by_hand("PUT", f"{HERE}/{name}?inbody=true&overwrite=true", data)
    assert waits(sent, "manifest-differs", "scans/1/DICOM/0002.dcm")


def test_a_file_that_is_gone_shares_nothing(sent):
    sent.by_hand("DELETE", f"{HERE}/scans/1/resources/DICOM/files/0002.dcm")
    assert waits(sent, "manifest-differs", "not as they were sent")


@pytest.mark.parametrize("where", ["scans/1/resources/DICOM/files/0003.dcm", "resources/UPLOADER/files/else.json"])
def test_a_file_that_was_not_sent_shares_nothing(sent, where):
    sent.by_hand("PUT", f"{HERE}/{where}?inbody=true", b"more")
    assert waits(sent, "manifest-differs", "not sent with it")


def test_a_file_that_is_changed_after_sharing_is_told_and_nothing_is_ended(sent):
    sent.only()
    sent.by_hand("DELETE", f"{HERE}/scans/1/resources/DICOM/files/0002.dcm")
    row = sent.only()
    assert (row.state, row.reason, row.projects) == (Standing.WAITS, "manifest-differs", ("TRIAL-A",))


def test_a_trial_that_nobody_knows_is_listed_and_not_dropped(centre):
    files = session("NEW-TRIAL")
    centre.send(consignment(files, trial="NEW-TRIAL"), files)
    assert waits(centre, "unknown-trial", "NEW-TRIAL")


def test_a_session_without_its_trials_field_waits(sent):
    sent.by_hand("PUT", f"{HERE}?{FIELD}=NULL")
    assert waits(sent, "no-trial")


def test_a_field_that_names_another_trial_than_the_site_shares_nothing(sent):
    sent.by_hand("PUT", f"{HERE}?{FIELD}=OTHER")
    assert waits(sent, "trial-differs", "custom field")


@pytest.mark.parametrize("name", ["scans/1/DICOM/0001.dcm", "scans/2/DICOM/0001.dcm"])
@pytest.mark.parametrize("trial", ["OTHER", "", "DEMO-RT2"])
def test_a_header_that_names_another_trial_than_the_site_shares_nothing(centre, name, trial):
    files = FILES | {name: session(trial)[name]}
    centre.send(consignment(files), files)
    assert waits(centre, "trial-differs", "(0012,0020)")


def test_a_file_that_is_no_dicom_shares_nothing(centre):
    files = FILES | {"scans/2/DICOM/0001.dcm": b"no DICOM"}
    centre.send(consignment(files), files)
    assert waits(centre, "unreadable", "scan 2")


def test_a_session_that_was_moved_to_another_subject_waits(sent):
    sent.by_hand("PUT", "/data/projects/SITE01/subjects/S-002")
    sent.by_hand("PUT", f"{HERE}?subject_ID=S-002")
    assert waits(sent, "other-subject", "S-001")


def test_a_copy_of_a_session_with_its_consignment_waits_and_the_session_itself_is_shared(sent):
    copied = sent.archive("SITE01")
    again = consignment(FILES, number=2)
    sent.send(again, FILES, word=signed_by(KEYS["SITE01"], SENT))
    rows = sent.round()
    assert (rows["S-001_1"].state, rows["S-001_2"].reason) == (Standing.SHARED, "twice")
    assert "S-001_1" in rows["S-001_2"].says
    assert sent.labels("TRIAL-A") == {"S-001_1"}
    assert copied.shared(Address("SITE01", "S-001", "S-001_2")) == {"SITE01"}


def test_two_renamed_sessions_with_one_consignment_both_wait(sent):
    sent.send(consignment(FILES, number=2), FILES, word=signed_by(KEYS["SITE01"], SENT))
    sent.by_hand("PUT", f"{HERE}?label=VISIT-1")
    assert {row.reason for row in sent.round().values()} == {"twice"}


def test_what_the_site_mends_is_shared_by_the_next_round(sent):
    sent.by_hand("PUT", f"{HERE}?{FIELD}=NULL")
    assert waits(sent, "no-trial")
    sent.archive("SITE01").mark(ADDRESS, "DEMO-RT")
    assert sent.only().state is Standing.SHARED


def test_a_recall_ends_the_share_and_leaves_the_session_where_it_is(sent):
    sent.only()
    sent.recall(SENT)
    row = sent.only()
    assert (row.state, row.changed, row.projects) == (Standing.RECALLED, True, ())
    assert (sent.labels("TRIAL-A"), sent.subjects("TRIAL-A")) == (set(), set())
    assert {h.md5 for h in sent.archive("SITE01").held(ADDRESS)} == {e.md5 for e in manifest_of(FILES)}
    assert (sent.only().state, sent.only().changed) == (Standing.RECALLED, False)


def test_a_recall_is_seen_though_the_session_was_in_order_in_the_round_before(sent):
    list(sent.rounds.round(True))
    sent.recall(SENT)
    [row] = sent.rounds.round(True)
    assert (row.state, row.changed) == (Standing.RECALLED, True)


def test_who_only_looks_ends_no_share(sent):
    sent.only()
    sent.recall(SENT)
    assert sent.only(act=False).state is Standing.TO_END
    assert sent.labels("TRIAL-A") == {"S-001_1"}


def test_a_recall_of_what_was_not_shared_yet_keeps_it_from_being_shared(sent):
    sent.recall(SENT)
    assert sent.only().state is Standing.RECALLED
    assert not sent.labels("TRIAL-A")


def test_a_recall_leaves_the_other_sessions_of_the_subject(sent):
    late = session(study="1.2.4")
    sent.send(consignment(late, number=2, submission="late"), late)
    sent.round()
    sent.recall(SENT)
    sent.round()
    assert (sent.labels("TRIAL-A"), sent.subjects("TRIAL-A")) == ({"S-001_2"}, {"S-001"})


def test_a_recall_says_where_else_the_session_is_shown(sent):
    sent.by_hand("PUT", "/data/projects/STRANGE")
    sent.by_hand("PUT", f"{HERE}/projects/STRANGE")
    sent.recall(SENT)
    row = sent.only()
    assert (row.state, row.projects) == (Standing.RECALLED, ("STRANGE",))
    assert "STRANGE" in row.says
    sent.by_hand("DELETE", f"{HERE}/projects/STRANGE")


@pytest.mark.parametrize("changes", [{"submission": "other"}, {"digest": "f" * 64}])
def test_a_recall_of_another_session_ends_nothing(sent, changes):
    sent.only()
    sent.recall(SENT, **changes)
    row = sent.only()
    assert (row.state, row.reason, row.projects) == (Standing.WAITS, "bad-recall", ("TRIAL-A",))


def test_an_old_recall_beside_it_does_not_hide_the_recall_of_the_session(sent):
    sent.only()
    old = recall_of(consignment(FILES, submission="0"))
    sent.archive("SITE01").attach(ADDRESS, old.name, signed_by(KEYS["SITE01"], old))
    assert sent.only().reason == "bad-recall"
    sent.recall(SENT)
    assert (sent.only().state, sent.labels("TRIAL-A")) == (Standing.RECALLED, set())


def test_of_a_document_that_is_too_large_to_be_one_only_the_beginning_is_read(sent, monkeypatch):
    monkeypatch.setattr(papers, "LARGEST", 1 << 10)
    monkeypatch.setattr(seal, "LARGEST", 1 << 10)
    sent.by_hand("PUT", f"{HERE}/resources/UPLOADER/files/recall-0.json?inbody=true", b"x" * (1 << 20), "SITE01")
    assert len(sent.rounds.centre.paper(ADDRESS, "recall-0.json")) == (1 << 10) + 1
    assert waits(sent, "bad-recall", "has more than 1024 bytes")


def test_a_recall_that_the_site_did_not_sign_ends_nothing(sent):
    sent.only()
    forged = canonical(sealed({"kind": "uploader-recall"}, KEYS["SITE02"]))
    sent.archive("SITE01").attach(ADDRESS, f"recall-{SENT.submission}.json", forged)
    row = sent.only()
    assert (row.state, row.reason, row.projects) == (Standing.WAITS, "bad-recall", ("TRIAL-A",))
