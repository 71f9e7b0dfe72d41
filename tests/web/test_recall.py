"""Taking back at the desk what was released."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.homes import PASSWORD, bring_to_signature, demo, free_ports, sign_and_release
from tests.web.desks import log_in, post
from uploader.archives.xnat import XnatArchive
from uploader.domain.errors import UnknownTrial
from uploader.domain.submission import State
from uploader.gateway import archive_of, build_line, build_review
from uploader.given import central_session
from uploader.recall import DONE, ENDS_AT_CENTRE, STILL_SHARED, recall_asked

REASON = "Mrs Doe withdrew her consent"
RIGHT = {"reason": REASON, "password": PASSWORD, "read": "yes"}


@pytest.fixture(scope="module")
def released(built, tmp_path_factory):
    submission = bring_to_signature(built, demo(tmp_path_factory.mktemp("released"), seed=3), subject="DEMO-003")
    assert sign_and_release(built, submission) == "released"
    return submission


@pytest.fixture
def asked(ada, built, released):
    assert post(ada, f"/submissions/{released}/recall", **RIGHT).status_code == 302
    yield released
    built.records.recall_failed(released, "", "")


@pytest.fixture(scope="module")
def recalled(built, tmp_path_factory):
    submission = bring_to_signature(built, demo(tmp_path_factory.mktemp("recalled"), seed=4), subject="DEMO-004")
    assert sign_and_release(built, submission) == "released"
    build_review(built).recall(submission, "ada", PASSWORD, REASON)
    work(built)
    return submission


def work(built, **given):
    """What a worker does that carries sessions to the centre."""
    recall_asked(replace(build_line(built), **given), built.home.diagnostics)


def shared(built, submission):
    gateway = build_line(built)
    address = central_session(gateway, built.records.get(submission)).address
    return archive_of(built.settings, "central").shared(address)


def test_the_page_says_what_a_recall_does_before_it_is_asked_for(ada, released):
    page = ada.get(f"/submissions/{released}").text
    assert "no longer shown in DEMO-RT, where the trial looks" in page
    assert "Nothing is deleted" in page


@pytest.mark.parametrize(
    ("lacking", "status", "says"),
    [
        ({"read": None}, 400, "Tick that you have read what it does"),
        ({"reason": "  "}, 400, "Say why the session is recalled"),
        ({"password": "wrong"}, 403, "This is not the password of ada"),
    ],
)
def test_without_reason_password_or_having_read_it_nothing_is_asked_for(ada, built, released, lacking, status, says):
    form = {name: value for name, value in (RIGHT | lacking).items() if value is not None}
    answer = post(ada, f"/submissions/{released}/recall", **form)
    assert (answer.status_code, says in answer.text) == (status, True)
    assert built.records.recalls_asked() == []


def test_only_reviewers_and_administrators_recall(desk, built, released):
    if "phil" not in built.records.accounts.logins():
        built.records.accounts.add("phil", PASSWORD, {"physicist"})
    answer = post(log_in(desk, "phil"), f"/submissions/{released}/recall", **RIGHT)
    assert "for the role reviewer or admin" in answer.text
    assert post(log_in(desk, "phil"), f"/submissions/{released}/recall/look").status_code == 400
    assert built.records.recalls_asked() == []


def test_what_is_not_released_cannot_be_recalled(ada, built, to_look_at):
    assert 'id="recall"' not in ada.get(f"/submissions/{to_look_at}").text
    assert post(ada, f"/submissions/{to_look_at}/recall", **RIGHT).status_code == 409
    assert built.records.get(to_look_at).state is State.AWAITING_SIGNOFF


def test_until_a_worker_has_done_it_the_session_is_told_as_released_and_not_as_recalled(ada, built, asked):
    assert built.records.get(asked).state is State.RELEASED
    assert "Being recalled: not done yet" in ada.get(f"/submissions/{asked}").text
    assert "Being recalled" in ada.get("/").text
    assert shared(built, asked) == {"SITE01", "DEMO-RT"}


def test_while_the_centre_is_away_it_stays_asked_for(built, asked):
    port, password = free_ports(1)[0], built.settings.central.password_file
    work(built, central=XnatArchive("central", f"http://127.0.0.1:{port}", "uploader", password))
    assert [s.id for s in built.records.recalls_asked()] == [asked]


def test_what_stops_it_is_told_and_it_is_not_called_recalled(ada, built, asked):
    key = built.home.secrets / "site.key"
    away = key.rename(key.with_name("away"))
    work(built)
    away.rename(key)
    page = ada.get(f"/submissions/{asked}").text
    assert "Released, and not recalled" in page
    assert "site.key" in page
    assert "Not recalled: read why" in ada.get("/").text


def test_a_refused_recall_can_be_asked_for_again(ada, built, asked):
    built.records.recall_failed(asked, "bad-seal", "the site's key is not at hand")
    assert post(ada, f"/submissions/{asked}/recall", **RIGHT).status_code == 302
    assert [s.id for s in built.records.recalls_asked()] == [asked]


def test_where_the_centre_shares_nobody_here_has_anything_left_to_do(ada, built, recalled):
    built.records.recall(recalled, "ada", REASON, ENDS_AT_CENTRE)
    page = ada.get(f"/submissions/{recalled}").text
    assert "Nobody here has to do anything" in page
    assert 'id="recall"' not in page


def test_a_share_that_the_account_may_not_end_is_left_to_the_central_team_and_looked_at_again(ada, built, recalled):
    built.records.recall(recalled, "ada", REASON, STILL_SHARED)
    assert "ask the central team to end the share of DEMO-004" in ada.get(f"/submissions/{recalled}").text
    assert "Recalled: read what is left to do" in ada.get("/").text
    central_of_its_people = archive_of(replace(built.settings, central=administrator(built)), "central")
    where = central_session(build_line(built), built.records.get(recalled)).address
    central_of_its_people.unshare(where, "DEMO-RT")
    page = ada.get(f"/submissions/{recalled}").text
    assert f"<p>Reason: {REASON}.</p>" in page
    assert 'name="reason"' not in page, "it was given"
    assert post(ada, f"/submissions/{recalled}/recall/look").status_code == 302
    assert "Recalled: being looked at again" in ada.get(f"/submissions/{recalled}").text
    work(built)
    assert "is no longer shown in DEMO-RT" in ada.get(f"/submissions/{recalled}").text
    assert built.records.get(recalled).says == REASON
    assert post(ada, f"/submissions/{recalled}/recall/look").status_code == 409


def test_a_protocol_that_is_gone_since_keeps_nothing_from_being_taken_back(built, recalled):
    def gone(trial, version):
        raise UnknownTrial("no protocol of that trial is installed")

    for shares in (True, False):
        built.records.ask_recall(recalled, "ada", REASON)
        work(built, protocol=gone, shares=shares)
        assert built.records.get(recalled).why in ((DONE, STILL_SHARED) if shares else (ENDS_AT_CENTRE,))


def administrator(built):
    """The central archive as its administrator reaches it."""
    central = built.settings.central
    return replace(central, user="admin", password_file=central.admin_password_file)


def test_the_reason_stays_out_of_the_audit_which_tells_who_asked(built, recalled):
    history = built.records.history(recalled)
    done = [(line["actor"], line["action"]) for line in history if "recall" in line["action"]]
    assert done[:2] == [("ada", "recall-asked"), ("ada", "recalled")]
    assert "Doe" not in str(history)
