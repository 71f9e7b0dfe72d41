"""A rule that a session does not keep may pass where the protocol says so, on the word of the right person."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from tests.cli.calling import call
from tests.homes import PASSWORD, arrive, gateway_at
from tests.trials import OneTrial, judged
from tests.web.desks import desk_of, log_in, post
from uploader import waiving
from uploader.domain.errors import Refused, WrongPassword, WrongState
from uploader.domain.finding import Finding, Severity
from uploader.domain.rule import Rule
from uploader.receipt import findings
from uploader.validators.judging import ruled
from uploader.waiving import waivable, waived

CONTRAST, SPACING, PATIENT = "/inputs/0/acquisition/0", "/inputs/0/geometry/slice_spacing_mm", "/cross_checks/0"
RULES = (
    Rule(CONTRAST, "acquisition", Severity.REFUSAL, "Planning CT: contrast", "ct-contrast"),
    Rule(SPACING, "acquisition", Severity.REFUSAL, "Planning CT: Slice spacing", "ct.geometry.slice_spacing_mm"),
    Rule(PATIENT, "identity", Severity.REFUSAL, "One patient", "one"),
)
MAY = [
    {"check": "ct-contrast", "role": "reviewer", "reason_codes": ["renal", "refused"]},
    {"check": "ct.geometry.slice_spacing_mm", "role": "admin", "reason_codes": ["scanner"]},
    {"check": "one", "role": "reviewer", "reason_codes": ["twins"]},
]


def failing(*lines):
    """A validator that finds these rules broken and the others kept."""

    def check(case, params):
        for rule in RULES:
            if rule.validator == "acquisition":
                wrong = Finding(
                    "acquisition.attribute", Severity.REFUSAL, "scans/2", "as it must not be", line=rule.line
                )
                yield from ruled(rule.line, [wrong] if rule.line in lines else [])

    return check


def one_patient(case, params):
    two = Finding("identity.patient-differs", Severity.REFUSAL, "scans/2", "another patient", line=PATIENT)
    yield from ruled(PATIENT, [two] if "two" in case.asked.get("note", "") else [])


def home_with(built, *lines, **content):
    rules = {"acquisition": failing(*lines), "identity": one_patient}
    return judged(built, RULES, rules, outcome={"block_on": ["refusal"], "waivers": MAY}, **content)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    with gateway_at(tmp_path_factory.mktemp("waivers") / "home") as built:
        built.records.accounts.add("root", PASSWORD, frozenset({"admin"}))
        yield built


def refused(home, session):
    submission = home.arrived(session)
    assert home.carry(submission) == "refused"
    return submission


def waive(home, submission, **more):
    asked = {"person": "ada", "password": PASSWORD, "check": "ct-contrast", "code": "renal"}
    return waiving.waive(home.review, submission, **{**asked, **more})


def test_a_waived_rule_no_longer_refuses_and_stays_in_the_verdict(built, session):
    home = home_with(built, CONTRAST)
    submission = refused(home, session)
    (made,) = waive(home, submission)
    home.review.retry(submission, "ada")
    assert home.carry(submission) == "awaiting-signoff"
    verdict = built.records.verdict(submission, "protocol")
    assert [f.severity for f in verdict.findings] == [Severity.REFUSAL]
    assert [replace(w, at=made.at) for w in verdict.waivers] == [made]
    (told,) = findings(verdict, partial(home.review.rule_name, submission))
    assert told["rule"] == made.check == "ct-contrast"
    assert (told["waived"]["by"], told["waived"]["role"], told["waived"]["code"]) == ("ada", "reviewer", "renal")


def test_the_audit_names_the_person_the_rule_the_reason_the_bytes_and_the_protocol(built, session):
    home = home_with(built, CONTRAST)
    submission = refused(home, session)
    waive(home, submission)
    said = built.records.history(submission)[-1]
    digest = built.records.manifest(submission, "identifiable").digest
    rule = {"role": "reviewer", "check": "ct-contrast", "line": CONTRAST, "code": "renal"}
    bound = {"digest": digest, "protocol_digest": home.protocol.digest}
    assert (said["actor"], said["action"], said["facts"]) == ("ada", "rule-waived", {**rule, **bound})


def test_another_rule_that_refuses_still_does(built, session):
    home = home_with(built, CONTRAST, SPACING)
    submission = refused(home, session)
    waive(home, submission)
    home.review.retry(submission, "ada")
    assert home.carry(submission) == "refused"
    assert [w.rule.line for w in waivable(home.review, submission)] == [SPACING]


def test_a_waiver_does_not_outlive_another_choice_or_another_version(built, session):
    home = home_with(built, CONTRAST)
    submission = refused(home, session)
    waive(home, submission)
    other = replace(home, protocol=replace(home.protocol, digest="0" * 64))
    assert waivable(other.review, submission) == []
    home.review.choose(submission, "DEMO-RT", "DEMO-001", "ada")
    assert home.carry(submission) == "refused"


def test_what_was_looked_at_before_another_choice_is_not_waived_after_it(built, session):
    home = home_with(built, CONTRAST)
    submission = refused(home, session)

    class ChosenMeanwhile(OneTrial):
        def version(self, trial, version):
            if built.records.get(submission).attempt == 2:
                home.review.choose(submission, "DEMO-RT", "DEMO-001", "bob")
                assert home.carry(submission) == "refused"
            return self.protocol

    review = replace(home.review, trials=ChosenMeanwhile(home.protocol))
    with pytest.raises(WrongState, match="look at it again"):
        waiving.waive(review, submission, "ada", PASSWORD, "ct-contrast", "renal")
    assert waived(home.review, submission) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "scanner"},
        {"code": "contrast was contraindicated"},
        {"code": ""},
        {"check": "ct.geometry.slice_spacing_mm"},
        {"check": "one", "code": "twins"},
        {"check": ""},
        {"person": "root"},
    ],
)
def test_what_the_protocol_does_not_allow_is_not_waived(built, session, wrong):
    home = home_with(built, CONTRAST)
    submission = refused(home, session)
    with pytest.raises(Refused):
        waive(home, submission, **wrong)
    assert waived(home.review, submission) == ()


def test_that_all_is_of_one_patient_is_never_waived(built, session):
    home = home_with(built, note="two")
    submission = refused(home, session)
    assert waivable(home.review, submission) == []
    with pytest.raises(Refused):
        waive(home, submission, check="one", code="twins")


def test_nobody_waives_without_a_password_or_what_was_not_refused(built, session):
    home = home_with(built, CONTRAST)
    submission = refused(home, session)
    with pytest.raises(WrongPassword):
        waive(home, submission, password="wrong")
    with pytest.raises(WrongState):
        waive(home, arrive(built, session))


def test_the_command_says_what_cannot_be_waived(built, session):
    submission = refused(home_with(built, CONTRAST), session)
    asked = ("waive", submission, "--rule", "no-such", "--reason", "renal", "--sign-as", "ada")
    answer = call(built.home.root, *asked)
    assert (answer.returncode, "no rule of that name" in answer.stderr) == (2, True)


def test_the_desk_offers_the_rules_with_their_reasons(built, session):
    home = home_with(built, CONTRAST, SPACING)
    submission = refused(home, session)
    desk = desk_of(built)
    desk.extensions["review"] = home.review
    browser, page = log_in(desk), f"/submissions/{submission}"
    value = f"{CONTRAST} renal"
    assert f'value="{value}"' in browser.get(page).text
    wrong = post(browser, f"{page}/waiver", waiver=value, password="wrong")
    assert (wrong.status_code, '<details id="waive" open>' in wrong.text) == (403, True)
    nobody = post(browser, f"{page}/waiver", waiver=f"{SPACING} scanner", password=PASSWORD)
    assert (nobody.status_code, "asks for: admin" in nobody.text) == (400, True)
    assert post(browser, f"{page}/waiver", waiver=value, password=PASSWORD).location == page
    shown = browser.get(page).text
    assert f'value="{value}"' not in shown
    assert "Waived by ada (reviewer)" in shown
    assert "The protocol says no: 1 refusal, 1 waived" in shown, "another rule still refuses it"


def test_the_desk_says_when_all_is_waived_and_shows_no_old_findings_while_it_is_judged_anew(built, session):
    home = home_with(built, CONTRAST)
    submission = refused(home, session)
    desk = desk_of(built)
    desk.extensions["review"] = home.review
    browser, page = log_in(desk), f"/submissions/{submission}"
    post(browser, f"{page}/waiver", waiver=f"{CONTRAST} renal", password=PASSWORD)
    shown = browser.get(page).text
    assert "Next: try again, all refusals are waived" in shown
    assert "says no" not in shown
    assert "Nothing: the rule was let pass." in shown
    post(browser, f"{page}/retry")
    shown = browser.get(page).text
    assert "It is being judged; what is found stands here when that is done." in shown
    assert "severity" not in shown
