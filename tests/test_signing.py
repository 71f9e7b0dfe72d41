"""A session that several people must sign, each in a role: as the example for head and neck radiotherapy asks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.calling import call, run
from tests.homes import PASSWORD, arrive, carry, demo
from tests.trials import gateway_with
from tests.web.desks import Page, desk_of, log_in, post
from uploader.cli.submissions import status
from uploader.domain.errors import NotSigned, Refused, WrongState
from uploader.domain.evidence import MEANING
from uploader.gateway import build_review

EXAMPLE = Path(__file__).parent.parent / "trial_protocols" / "EXAMPLE-HN-RT" / "v1.json"
ASKED = json.loads(EXAMPLE.read_text())["sign_off"]
SENTENCES = ASKED["attestations"]
PEOPLE = {"phil": ["physicist"], "clara": ["clinician"], "dora": ["physicist", "clinician"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with gateway_with(tmp_path_factory.mktemp("signing") / "home", "TOGETHER", sign_off=ASKED) as built:
        for login, roles in PEOPLE.items():
            built.records.accounts.add(login, PASSWORD, roles)
        yield built


@pytest.fixture
def review(home):
    return build_review(home)


@pytest.fixture
def signable(home, review, tmp_path):
    submission = arrive(home, demo(tmp_path / "session"))
    assert carry(home, submission) == "received"
    review.choose(submission, "TOGETHER", "DEMO-001", "ada")
    assert carry(home, submission) == "awaiting-signoff"
    return submission


def sign(review, submission, person, role=""):
    return review.sign(submission, person, PASSWORD, review.show(submission).seen, SENTENCES, role)


def test_the_example_asks_a_physicist_and_a_clinician_and_two_people():
    assert (ASKED["roles"], ASKED["distinct_people"]) == (["physicist", "clinician"], True)


def test_two_people_sign_on_the_desk_and_the_second_signature_releases(home, signable):
    page, browsers = f"/submissions/{signable}", {who: log_in(desk_of(home), who) for who in PEOPLE}
    seen = build_review(home).show(signable).seen

    def signed_by(who, attest=SENTENCES):
        return post(browsers[who], f"{page}/signature", seen=seen, password=PASSWORD, attest=attest)

    shown = Page(browsers["phil"].get(page).text)
    ticks = [field for field in shown.all("input") if field.get("type") == "checkbox"]
    assert [(field["value"], "required" in field) for field in ticks] == [(each, True) for each in SENTENCES]
    unticked = signed_by("phil", SENTENCES[:1])
    assert (unticked.status_code, SENTENCES[1] in unticked.text) == (400, True)
    again = [field for field in Page(unticked.text).all("input") if field.get("type") == "checkbox"]
    assert ["checked" in field for field in again] == [each in SENTENCES[:1] for each in SENTENCES]
    assert home.records.signoffs(signable) == []
    assert signed_by("phil").location == page
    assert home.records.get(signable).state == "awaiting-signoff"
    assert home.records.signoffs(signable)[0].meaning == " ".join([MEANING, *(f"{each}." for each in SENTENCES)])
    his = Page(browsers["phil"].get(page).text)
    assert "phil has signed as physicist; somebody else must sign as clinician" in his.text
    assert not [field for field in his.all("input") if field.get("type") == "password"]
    again = signed_by("phil")
    assert (again.status_code, "phil has signed as physicist" in again.text) == (400, True)
    hers = Page(browsers["clara"].get(page).text)
    assert "Physicist: signed by phil" in hers.text
    assert "Clinician: nobody has signed yet; clara or dora may" in hers.text
    assert "Look and sign as clinician" in browsers["clara"].get("/").text
    assert "Somebody else must sign" in browsers["phil"].get("/").text
    assert signed_by("clara").location == page
    about = home.records.get(signable)
    assert (about.state, about.route) == ("queued", "release")
    assert carry(home, signable) == "released"
    assert "phil (physicist)" in browsers["dora"].get(page).text
    receipt = build_review(home).receipt(signable)
    assert [(each["by"], each["role"]) for each in receipt["signed"]] == [("phil", "physicist"), ("clara", "clinician")]
    assert {each["digest"] for each in receipt["signed"]} == {receipt["digest"]}


def test_commands_sign_in_a_role_and_say_who_must_still(home, tmp_path):
    asked = (demo(tmp_path / "session", seed=7), "--attest", "--sign-as")
    half = run(home.home.root, *asked, "dora", "--role", "clinician", trial="TOGETHER", subject="DEMO-007")
    told = json.loads(half.stdout)
    assert (half.returncode, told["state"]) == (4, "awaiting-signoff")
    assert "somebody must still sign as physicist" in half.stderr
    assert [(each["by"], each["role"]) for each in told["sign_off"]["signed"]] == [("dora", "clinician")]
    assert told["sign_off"]["missing"] == ["physicist"]
    listed = CliRunner().invoke(status, ["--home", str(home.home.root)]).stdout.splitlines()
    assert [line.endswith("still to sign: physicist") for line in listed if line.startswith(told["submission"])] == [
        True
    ]
    unattested = call(home.home.root, "sign", told["submission"], "--sign-as", "phil")
    assert (unattested.returncode, SENTENCES[0] in unattested.stderr) == (2, True)
    whole = run(home.home.root, *asked, "phil", trial="TOGETHER", subject="DEMO-007")
    assert (whole.returncode, len(json.loads(whole.stdout)["signed"])) == (0, 2)


def test_who_may_not_sign_is_told_why(review, signable):
    with pytest.raises(Refused, match="for the role physicist or clinician"):
        sign(review, signable, "ada")
    assert sign(review, signable, "dora", "physicist") == ("clinician",)
    with pytest.raises(Refused, match="dora has signed as physicist"):
        sign(review, signable, "dora", "clinician")
    with pytest.raises(Refused, match="somebody else must sign as clinician"):
        sign(review, signable, "phil")
    with pytest.raises(WrongState):
        review.release(signable, "dora")


def test_another_choice_undoes_every_signature(home, review, signable):
    old = review.show(signable).seen
    sign(review, signable, "phil")
    review.choose(signable, "TOGETHER", "DEMO-001", "ada", label="DEMO-001_77")
    assert carry(home, signable) == "awaiting-signoff"
    assert home.records.signoffs(signable) == []
    assert review.signatures(signable).missing == ("physicist", "clinician")
    with pytest.raises(NotSigned, match="on the screen"):
        review.sign(signable, "clara", PASSWORD, old, SENTENCES)


def test_findings_that_are_others_when_it_is_released_hold_it(home, review, signable):
    sign(review, signable, "phil")
    assert sign(review, signable, "clara") == ()
    verdict = home.records.verdict(signable, "protocol")
    home.records.keep_verdict(signable, "protocol", replace(verdict, rulings=verdict.rulings[1:]))
    review.release(signable, "clara")
    assert carry(home, signable) == "held"
    about = home.records.get(signable)
    assert (about.why, "after the session was signed off" in about.says) == ("not-signed", True)
