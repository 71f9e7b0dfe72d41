"""What a trial asks of whoever signs: the role, and what they attest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.cli.calling import call
from tests.homes import PASSWORD, arrive, carry, demo
from tests.trials import OneTrial, gateway_with
from tests.web.desks import Page, desk_of, log_in, post
from uploader.domain.errors import Refused
from uploader.domain.evidence import MEANING
from uploader.gateway import build_review

SENTENCES = ["The plan is the one approved for treatment", "I have looked at every image"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    asked = {"roles": ["admin"], "attestations": SENTENCES}
    with gateway_with(tmp_path_factory.mktemp("attest") / "home", "ATTESTED", sign_off=asked) as built:
        built.records.accounts.add("root", PASSWORD, frozenset({"admin"}))
        yield built


@pytest.fixture
def signable(home, tmp_path):
    submission = arrive(home, demo(tmp_path / "session"))
    assert carry(home, submission) == "received"
    build_review(home).choose(submission, "ATTESTED", "DEMO-001", "ada")
    assert carry(home, submission) == "awaiting-signoff"
    return submission


def test_every_attestation_is_ticked_and_kept_with_the_signature(home, signable):
    browser, page = log_in(desk_of(home), "root"), f"/submissions/{signable}"
    shown = Page(browser.get(page).text)
    ticks = [field for field in shown.all("input") if field.get("type") == "checkbox"]
    assert [(field["value"], "required" in field) for field in ticks] == [(each, True) for each in SENTENCES]
    digest = build_review(home).show(signable).digest
    form = {"digest": digest, "password": PASSWORD}
    answer = post(browser, f"{page}/signature", **form, attest=SENTENCES[:1])
    assert (answer.status_code, SENTENCES[1] in answer.text) == (400, True)
    assert home.records.signoff(signable) is None
    assert post(browser, f"{page}/signature", **form, attest=SENTENCES).location == page
    assert home.records.signoff(signable).meaning == " ".join([MEANING, *(f"{each}." for each in SENTENCES)])


def test_only_the_roles_of_the_trial_sign(home, signable):
    review = build_review(home)
    with pytest.raises(Refused, match="for the role admin"):
        review.sign(signable, "ada", PASSWORD, review.show(signable).digest, SENTENCES)


def test_the_command_says_what_must_be_attested(home, signable):
    asked = ("sign", signable, "--sign-as", "root")
    answer = call(home.home.root, *asked)
    assert (answer.returncode, SENTENCES[0] in answer.stderr) == (2, True)
    assert call(home.home.root, *asked, "--attest").returncode == 0


def test_a_trial_that_wants_several_signatures_is_not_chosen(home, tmp_path):
    review = build_review(home)
    said = home.protocols.newest("ATTESTED")
    several = replace(said, content={"sign_off": {"roles": ["admin", "reviewer"], "distinct_people": True}})
    submission = arrive(home, demo(tmp_path / "session"))
    carry(home, submission)
    with pytest.raises(Refused, match="several people"):
        replace(review, trials=OneTrial(several)).choose(submission, "ATTESTED", "DEMO-001", "ada")
