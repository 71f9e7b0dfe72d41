"""The whole line, with real archives on real sockets."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from pydicom import dcmread

from tests.homes import PASSWORD, archives_of, arrive, bring_to_signature, carry, demo, gateway_at, sign_and_release
from uploader import line
from uploader.domain.errors import NotSigned, Refused, UnknownTrial, WrongPassword, WrongState
from uploader.domain.session import Address
from uploader.domain.submission import State
from uploader.gateway import archive_of, build_line, build_review


@pytest.fixture
def signable(built, session):
    return bring_to_signature(built, session)


def test_a_session_goes_from_a_folder_to_the_trial_at_the_centre(built, signable):
    assert sign_and_release(built, signable) == "released"
    central, manifest = archive_of(built.settings, "central"), built.records.manifest(signable, "anonymised")
    address = Address("SITE01", "DEMO-001", "DEMO-001_1")
    held = list(central.held(address))
    assert {(h.name, h.size, h.md5) for h in held} == {(e.name, e.size, e.md5) for e in manifest}
    assert central.shared(address) == {"SITE01", "DEMO-RT"}


def test_the_receipt_names_digests_protocol_scripts_and_signer(built, signable):
    sign_and_release(built, signable)
    receipt = build_review(built).receipt(signable)
    assert receipt["central"] == {"project": "SITE01", "subject": "DEMO-001", "session": "DEMO-001_1"}
    assert [(each["by"], each["role"]) for each in receipt["signed"]] == [("ada", "reviewer")]
    assert receipt["signed"][0]["digest"] == receipt["digest"]
    assert {p["place"] for p in receipt["places"]} == {"identifiable", "anonymised", "central"}
    assert set(receipt["anonymised_by"]["scripts"]) >= set(built.protocols.newest("DEMO-RT").scripts)
    assert set(receipt["anonymised_by"]["policy"]) == {"trial"}
    assert receipt["protocol"]["digest"] == built.protocols.newest("DEMO-RT").digest
    assert len(receipt["files"]) == len(built.records.manifest(signable, "identifiable"))


def test_the_same_session_twice_becomes_the_same_bytes(built, session):
    first = bring_to_signature(built, session)
    second = bring_to_signature(built, session)
    names = [built.records.get(s).label for s in (first, second)]
    assert names == ["DEMO-001_1", "DEMO-001_2"]
    build_review(built).choose(second, "DEMO-RT", "DEMO-001", "ada")
    before = built.records.manifest(first, "anonymised").digest
    assert carry(built, second) == "awaiting-signoff"
    assert before == built.records.manifest(first, "anonymised").digest


def test_nothing_goes_without_a_signature(built, signable):
    with pytest.raises(WrongState):
        build_review(built).release(signable, "ada")
    assert not list(archive_of(built.settings, "central").held(Address("SITE01", "DEMO-001", "DEMO-001_1")))


def test_a_wrong_password_signs_nothing(built, signable):
    review = build_review(built)
    with pytest.raises(WrongPassword):
        review.sign(signable, "ada", "wrong", review.show(signable).seen)
    assert built.records.get(signable).state is State.AWAITING_SIGNOFF


def change_a_byte_in(built, archive):
    file = next(p for p in sorted(built.home.archive(archive).rglob("*.dcm")))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def test_a_session_that_changed_after_it_was_looked_at_cannot_be_signed(built, signable):
    review = build_review(built)
    seen = review.show(signable).seen
    change_a_byte_in(built, "anonymised")
    with pytest.raises(NotSigned):
        review.sign(signable, "ada", PASSWORD, seen)


def test_a_session_that_changed_after_it_was_signed_is_held_and_not_sent(built, signable):
    review = build_review(built)
    review.sign(signable, "ada", PASSWORD, review.show(signable).seen)
    change_a_byte_in(built, "anonymised")
    review.release(signable, "ada")
    assert carry(built, signable) == "held"
    assert built.records.get(signable).why == "digest-mismatch"


def test_a_protocol_that_was_edited_after_the_choice_stops_the_release(built, signable):
    review = build_review(built)
    review.sign(signable, "ada", PASSWORD, review.show(signable).seen)
    file = built.settings.protocols / "DEMO-RT" / "v1.json"
    file.write_text(file.read_text() + "\n")
    review.release(signable, "ada")
    assert carry(built, signable) == "held"
    assert built.records.get(signable).why == "not-signed"


def test_what_the_centre_has_files_of_gets_no_other_subject_whatever_becomes_of_its_protocol(built, signable):
    """The worker dies on its way, the protocol is edited, and the next worker goes on with what is left."""
    review = build_review(built)
    review.sign(signable, "ada", PASSWORD, review.show(signable).seen)
    review.release(signable, "ada")
    line.send_to_central(build_line(built), signable)
    file = built.settings.protocols / "DEMO-RT" / "v1.json"
    file.write_text(file.read_text() + "\n")
    for done in ((), (line.send_to_central, line.consign), (line.send_to_central, line.consign, line.share_into_trial)):
        left = partial(_only_what_is_left, done)
        line.carry("release", build_line(built), signable, built.records.get(signable).attempt, left)
        about = built.records.get(signable)
        assert (about.state, about.why, "was edited" in about.says) == ("held", "partly-sent", True)
        with pytest.raises(WrongState, match="tried again or withdrawn"):
            review.choose(signable, "DEMO-RT", "DEMO-002", "ada")
        review.retry(signable, "ada")


def _only_what_is_left(done, function, *args):
    return None if function in done else function(*args)


def test_an_unknown_trial_is_refused_by_name(built, session):
    submission = arrive(built, session)
    carry(built, submission)
    with pytest.raises(UnknownTrial, match="DEMO-RT"):
        build_review(built).choose(submission, "NO-SUCH", "DEMO-001", "ada")


def test_a_subject_id_that_is_not_the_trials_is_refused_and_not_rewritten(built, session):
    submission = arrive(built, session)
    carry(built, submission)
    with pytest.raises(Refused, match="DEMO-"):
        build_review(built).choose(submission, "DEMO-RT", "Mustermann", "ada")


def test_a_subject_id_of_another_patient_holds_the_session(built, tmp_path):
    bring_to_signature(built, demo(tmp_path / "one", seed=1))
    other = arrive(built, demo(tmp_path / "two", seed=2))
    carry(built, other)
    build_review(built).choose(other, "DEMO-RT", "DEMO-001", "ada")
    assert carry(built, other) == "held"
    assert built.records.get(other).why == "subject-taken"


def test_a_session_without_its_structures_is_refused_with_the_protocol_line(built, session):
    for file in session.iterdir():
        if b"RTSTRUCT" in file.read_bytes()[:4096]:
            file.unlink()
    for file in session.iterdir():
        if b"RTPLAN" in file.read_bytes()[:4096] or b"RTDOSE" in file.read_bytes()[:4096]:
            file.unlink()
    submission = arrive(built, session)
    carry(built, submission)
    build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
    assert carry(built, submission) == "refused"
    findings = built.records.verdict(submission, "protocol").findings
    assert ("completeness.input-missing", "/inputs/1/count") in {(f.code, f.line) for f in findings}
    assert not list(archive_of(built.settings, "anonymised").held(Address("DEMO-RT", "DEMO-001", "DEMO-001_1")))


def test_a_central_archive_that_is_away_is_waited_for_and_nothing_is_sent_twice(tmp_path):
    with gateway_at(tmp_path / "home") as built:
        submission = bring_to_signature(built, demo(tmp_path / "session"))
    with archives_of(built, "identifiable", "anonymised"):
        assert sign_and_release(built, submission) == "waiting"
        assert built.records.get(submission).why == "archive-unavailable"
    with archives_of(built):
        import time

        time.sleep(0.3)
        assert carry(built, submission) == "released"


def test_looking_at_identifiable_values_leaves_an_audit_line(built, signable):
    review = build_review(built)
    changes = review.changes(signable, next(iter(review.examples(signable).values())), "ada")
    assert any(c.where == "(0010,0010)" and c.after == "DEMO-001" for c in changes)
    assert "looked-at-identifiable" in [line["action"] for line in built.records.history(signable)]


def test_an_account_that_is_no_reviewers_signs_nothing(built, signable):
    built.records.accounts.add("gus", "another long password", frozenset({"admin"}))
    review = build_review(built)
    with pytest.raises(Refused, match="reviewer"):
        review.sign(signable, "gus", "another long password", review.show(signable).seen)
    assert built.records.get(signable).state is State.AWAITING_SIGNOFF


def test_a_step_that_comes_after_the_release_changes_nothing(built, signable):
    sign_and_release(built, signable)
    before = built.records.manifest(signable, "anonymised")
    for step in (line.anonymise_session, line.keep_anonymised, line.send_to_central):
        with pytest.raises(WrongState, match="too late"):
            step(build_line(built), signable)
    assert built.records.manifest(signable, "anonymised") == before


def test_withdrawing_what_the_centre_may_hold_says_so(built, signable):
    review = build_review(built)
    review.sign(signable, "ada", PASSWORD, review.show(signable).seen)
    central = Address("SITE01", "DEMO-001", "DEMO-001_1")
    review.release(signable, "ada")
    gateway = replace(build_line(built), central_project="NOWHERE")
    line.carry("release", gateway, signable, built.records.get(signable).attempt, lambda f, *args: f(*args))
    assert built.records.get(signable).state is State.HELD
    review.withdraw(signable, "ada", "consent withdrawn")
    assert "DEMO-001_1" in built.records.get(signable).says
    assert not list(archive_of(built.settings, "central").held(central))


def test_a_mistyped_subject_can_be_put_right_before_anybody_signed(built, signable, tmp_path):
    review = build_review(built)
    review.choose(signable, "DEMO-RT", "DEMO-002", "ada")
    assert carry(built, signable) == "awaiting-signoff"
    other = arrive(built, demo(tmp_path / "another patient", seed=2))
    carry(built, other)
    review.choose(other, "DEMO-RT", "DEMO-001", "ada")
    assert carry(built, other) == "awaiting-signoff"
    assert "link-forgotten" in [line["action"] for line in built.records.history(signable)]


def test_a_subject_under_which_something_stands_is_not_given_to_anybody_else(built, session, signable):
    sign_and_release(built, signable)
    again = arrive(built, session)
    carry(built, again)
    build_review(built).choose(again, "DEMO-RT", "DEMO-002", "ada")
    assert carry(built, again) == "held"
    assert built.records.get(again).why == "subject-taken"


def test_a_picture_of_a_screen_among_the_slices_holds_the_session(built, session):
    slice_ = dcmread(next(session.glob("CT*.dcm")))
    slice_.BurnedInAnnotation = "YES"
    slice_.save_as(next(session.glob("CT*.dcm")))
    submission = arrive(built, session)
    carry(built, submission)
    build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
    assert carry(built, submission) == "held"
    assert built.records.get(submission).why == "script-rejected"
