"""A false alarm of the verifier is overruled by a named person with a reason, for the bytes that were looked at."""

from __future__ import annotations

import pytest

from tests.homes import PASSWORD, arrive, carry, false_alarm, gateway_at, sign_and_release
from tests.web.desks import desk_of, log_in, post
from uploader.domain.errors import Refused, WrongPassword, WrongState
from uploader.domain.finding import Severity
from uploader.gateway import build_review
from uploader.overruling import override

CODE, PLACE, WHY = "verify.residue", "(0018,1153)", "by-chance"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    with gateway_at(tmp_path_factory.mktemp("override") / "home") as built:
        yield built


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return false_alarm(tmp_path_factory.mktemp("override") / "session")


@pytest.fixture
def held(built, session):
    submission = arrive(built, session)
    assert carry(built, submission) == "received"
    build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
    assert carry(built, submission) == "held", built.records.get(submission)
    return submission


def overrule(built, submission, *, code=CODE, where=PLACE, reason=WHY, person="ada", password=PASSWORD):
    return override(build_review(built), submission, person, password, code, where, reason)


def go_on(built, submission):
    build_review(built).retry(submission, "ada")
    return carry(built, submission)


def test_what_was_overruled_is_a_question_and_goes_on_to_the_centre(built, held):
    assert overrule(built, held).person == "ada"
    assert go_on(built, held) == "awaiting-signoff"
    found = built.records.verdict(held, "verification").findings
    assert {(f.code, f.severity) for f in found} == {(CODE, Severity.QUESTION)}
    assert sign_and_release(built, held) == "released"
    receipt = build_review(built).receipt(held)
    assert receipt["overruled"] == [{"by": "ada", "code": CODE, "where": PLACE, "reason": WHY}]
    assert receipt["verified"]["found"]["by_code"] == {CODE: 6}


def test_it_stays_held_until_everything_that_holds_it_is_overruled(built, held):
    first = next(f.where for f in built.records.verdict(held, "verification").findings if f.code == CODE)
    overrule(built, held, where=first)
    assert go_on(built, held) == "held"


def test_the_audit_names_the_person_the_reason_and_the_bytes(built, held):
    overrule(built, held)
    line = next(line for line in built.records.history(held) if line["action"] == "finding-overruled")
    digest = built.records.manifest(held, "anonymised").digest
    assert (line["actor"], line["facts"]) == ("ada", {"code": CODE, "where": PLACE, "reason": WHY, "digest": digest})


def test_it_does_not_count_for_other_bytes(built, held):
    overrule(built, held)
    build_review(built).choose(held, "DEMO-RT", "DEMO-002", "ada")
    assert carry(built, held) == "held"


@pytest.mark.parametrize(
    "wrong",
    [{"code": "verify.pixels"}, {"code": "verify.private"}, {"where": "(0008,0060)"}, {"reason": "512000 is µAs"}],
)
def test_what_may_not_be_overruled_is_not(wrong, built, held):
    with pytest.raises(Refused):
        overrule(built, held, **wrong)
    assert go_on(built, held) == "held"


def test_nobody_overrules_without_a_password_or_as_somebody_who_does_not_review(built, held):
    with pytest.raises(WrongPassword):
        overrule(built, held, password="wrong")
    built.records.accounts.add("looker", PASSWORD, frozenset({"admin"}))
    with pytest.raises(Refused, match="not a reviewer"):
        overrule(built, held, person="looker")


def test_only_what_is_held_by_the_verifier_can_be_overruled(built, session):
    submission = arrive(built, session)
    with pytest.raises(WrongState):
        overrule(built, submission)


def test_the_desk_offers_what_may_be_overruled_once_for_all_files(built, held):
    browser = log_in(desk_of(built))
    page = f"/submissions/{held}"
    assert browser.get(page).text.count(f'value="{CODE} {PLACE}"') == 1
    finding = f"{CODE} {PLACE}"
    wrong = post(browser, f"{page}/override", finding=finding, reason=WHY, password="wrong")
    assert (wrong.status_code, '<details id="override" open>' in wrong.text) == (403, True)
    assert post(browser, f"{page}/override", finding=finding, reason=WHY, password=PASSWORD).location == page
    assert f'value="{CODE} {PLACE}"' not in browser.get(page).text
    assert go_on(built, held) == "awaiting-signoff"
    assert "What was verified" in browser.get(page).text
