"""What a site has sent appears in the trial's project, once, whatever happens on the way."""

from dataclasses import replace

import pytest
from werkzeug.wrappers import Response

from tests.archives.traps import answer, reply_lost
from tests.central.places import KEYS, consignment, session
from uploader.central.visit import Standing
from uploader.central.word import Site
from uploader.seal import public_half

FILES = session()
SENT = consignment(FILES)
SHARES = ("PUT", r"/projects/TRIAL-A$")
SESSION_SHARE = ("PUT", r"/experiments/S-001_1/projects/TRIAL-A$")
SUBJECT_SHARE = ("PUT", r"/subjects/S-001/projects/TRIAL-A$")


@pytest.fixture
def sent(centre):
    centre.send(SENT, FILES)
    return centre


def test_a_released_session_is_shown_in_its_trials_project(sent):
    row = sent.only()
    assert (row.state, row.trial, row.projects, row.changed) == (Standing.SHARED, "DEMO-RT", ("TRIAL-A",), True)
    assert (sent.labels("TRIAL-A"), sent.subjects("TRIAL-A")) == ({"S-001_1"}, {"S-001"})
    assert not sent.labels("TRIAL-B")


def test_a_second_round_changes_nothing(sent):
    sent.only()
    asked = len(sent.traps.asked(SHARES))
    row = sent.only()
    assert (row.state, row.changed) == (Standing.SHARED, False)
    assert len(sent.traps.asked(SHARES)) == asked


def test_who_only_looks_shares_nothing(sent):
    assert sent.only(act=False).state is Standing.TO_SHARE
    assert not sent.traps.asked(SHARES)


def test_what_is_in_order_is_not_verified_anew_in_every_round(sent):
    list(sent.rounds.round(True))
    asked = len(sent.traps.asked(("GET", "/files")))
    [row] = sent.rounds.round(True)
    assert (row.state, row.changed) == (Standing.SHARED, False)
    assert len(sent.traps.asked(("GET", "/files"))) == asked + 1  # that of the documents


def test_a_late_session_follows_its_subject(sent):
    sent.only()
    late = session(study="1.2.4")
    sent.send(consignment(late, number=2, submission="late"), late)
    assert {row.state for row in sent.round().values()} == {Standing.SHARED}
    assert sent.labels("TRIAL-A") == {"S-001_1", "S-001_2"}


def test_sessions_of_two_sites_go_to_the_trial_each_is_of(sent):
    other = session("OTHER", "1.2.5")
    sent.send(consignment(other, "SITE02", "T-001", trial="OTHER", submission="theirs"), other)
    assert {row.state for row in sent.round().values()} == {Standing.SHARED}
    assert (sent.labels("TRIAL-A"), sent.labels("TRIAL-B")) == ({"S-001_1"}, {"T-001_1"})


def test_what_was_drawn_on_a_session_after_it_was_shared_follows_it(sent):
    sent.only()
    made = sent.by_hand("PUT", f"{SESSION}/assessors/S-001_1_QC?xsiType=xnat:qcManualAssessorData").text.strip()
    sent.only()
    rows = sent.by_hand("GET", f"/data/experiments/{made}/projects?format=json").json()["ResultSet"]["Result"]
    assert {row["ID"] for row in rows} == {"SITE01", "TRIAL-A"}


SESSION = "/data/projects/SITE01/subjects/S-001/experiments/S-001_1"


def shared_meanwhile(status):
    """Somebody else is quicker."""

    def trap(request, forward):
        forward()
        return Response("Already assigned to project:TRIAL-A", status)

    return trap


@pytest.mark.parametrize("status", [200, 201, 409])
@pytest.mark.parametrize("what", [SUBJECT_SHARE, SESSION_SHARE], ids=["subject", "session"])
def test_what_is_shown_when_looked_at_again_is_shared_whatever_the_answer_was(sent, status, what):
    sent.traps.set(what, shared_meanwhile(status))
    assert sent.only().state is Standing.SHARED
    assert sent.labels("TRIAL-A") == {"S-001_1"}


@pytest.mark.parametrize(
    ("status", "reason", "says"),
    [
        (200, "archive-refused", "yet it is not shown"),
        (201, "archive-refused", "yet it is not shown"),
        (403, "archive-refused", "make it a member"),
        (404, "archive-refused", "not a member of it"),
        (409, "archive-refused", "status 409"),
        (502, "archive-unavailable", "unknown"),
    ],
)
@pytest.mark.parametrize("what", [SUBJECT_SHARE, SESSION_SHARE], ids=["subject", "session"])
def test_what_is_not_shown_afterwards_waits_and_says_what_to_do(sent, status, reason, says, what):
    sent.traps.set(what, answer(status))
    row = sent.only()
    assert (row.state, row.reason, row.changed) == (Standing.WAITS, reason, False)
    assert says in row.says
    assert not sent.labels("TRIAL-A")


@pytest.mark.parametrize("what", ["subject", "session"])
def test_a_label_that_another_has_in_the_trial_waits_and_overwrites_nothing(sent, what):
    label = {"subject": "S-001", "session": "S-009"}[what]
    sent.by_hand("PUT", f"/data/projects/TRIAL-A/subjects/{label}/experiments/S-001_1?xsiType=xnat:mrSessionData")
    row = sent.only()
    assert (row.state, row.reason) == (Standing.WAITS, "label-taken")
    assert "TRIAL-A" in row.says


def test_a_share_that_people_made_under_another_label_is_a_share(sent):
    sent.by_hand("PUT", "/data/projects/SITE01/subjects/S-001/projects/TRIAL-A?label=S-100")
    sent.by_hand("PUT", f"{SESSION}/projects/TRIAL-A?label=S-100_1")
    row = sent.only()
    assert (row.state, row.changed) == (Standing.SHARED, False)
    assert sent.labels("TRIAL-A") == {"S-100_1"}


@pytest.mark.parametrize("what", [SUBJECT_SHARE, SESSION_SHARE], ids=["subject", "session"])
@pytest.mark.parametrize("trap", [reply_lost, answer(500)], ids=["done, reply lost", "not done"])
def test_a_round_that_is_cut_off_is_finished_by_the_next(sent, what, trap):
    sent.traps.set(what, trap, times=1)
    sent.only()
    assert sent.only().state is Standing.SHARED
    assert (sent.labels("TRIAL-A"), sent.subjects("TRIAL-A")) == ({"S-001_1"}, {"S-001"})


def test_a_site_that_cannot_be_looked_at_is_told_and_stops_no_other(sent):
    other = session("OTHER", "1.2.5")
    sent.send(consignment(other, "SITE02", "T-001", trial="OTHER", submission="theirs"), other)
    sent.traps.set(("GET", "/projects/SITE01/experiments$"), answer(404))
    rows = sent.round()
    assert (rows[""].site, rows[""].state, rows[""].reason) == ("SITE01", Standing.WAITS, "archive-refused")
    assert rows["T-001_1"].state is Standing.SHARED


@pytest.mark.parametrize("what", ["$", "/consignment"], ids=["listing", "document"])
def test_one_session_that_cannot_be_read_stops_no_other(sent, what):
    late = session(study="1.2.4")
    sent.send(consignment(late, number=2, submission="late"), late)
    sent.traps.set(("GET", rf"S-001_1/resources/UPLOADER/files{what}"), answer(500))
    rows = sent.round()
    assert (rows["S-001_1"].state, rows["S-001_1"].reason) == (Standing.WAITS, "archive-unavailable")
    assert rows["S-001_2"].state is Standing.SHARED


def test_a_session_that_people_renamed_at_the_centre_is_shared_and_told(sent):
    sent.by_hand("PUT", f"{SESSION}?label=VISIT-1")
    row = sent.only()
    assert (row.state, row.session) == (Standing.SHARED, "VISIT-1")
    assert "S-001_1" in row.says
    assert sent.labels("TRIAL-A") == {"VISIT-1"}


def test_a_session_that_is_renamed_after_it_was_shared_stays_shared(sent):
    list(sent.rounds.round(True))
    sent.by_hand("PUT", f"{SESSION}?label=VISIT-1")
    [row] = sent.rounds.round(True)
    assert (row.state, row.session, row.changed) == (Standing.SHARED, "VISIT-1", False)


def test_files_that_the_centre_adds_after_sharing_are_told_and_no_fault(sent):
    sent.only()
    sent.by_hand("PUT", f"{SESSION}/resources/QC/files/report.txt?inbody=true", b"fine")
    row = sent.only()
    assert (row.state, row.says) == (Standing.SHARED, "1 file(s) were added at the centre")


def test_what_a_site_signed_before_it_replaced_its_key_is_believed_as_long_as_the_centre_keeps_that(sent):
    [first, second] = sent.rounds.sites
    new = public_half(b"3" * 32)
    sites, replaced = sent.rounds.sites, Site(name="SITE01", project="SITE01", keys=[new, *first.keys])
    sent.rounds.sites = [replaced, second]
    assert sent.only().state is Standing.SHARED
    sent.rounds.sites = [replace(replaced, keys=[new]), second]
    assert (sent.only().reason, sent.only().projects) == ("bad-seal", ("TRIAL-A",))
    sent.rounds.sites = sites


def test_the_key_of_one_site_cannot_vouch_for_another(centre):
    centre.send(SENT, FILES, key=KEYS["SITE02"])
    row = centre.only()
    assert (row.state, row.reason) == (Standing.WAITS, "bad-seal")
    assert not centre.labels("TRIAL-A")
