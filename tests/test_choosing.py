"""What a person chooses with the trial: in the desk, on the command line, and as the validators see it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.cli.calling import call
from tests.homes import arrive, bring_to_signature, carry, demo, exported_anew
from tests.trials import ARMS, VISITS, gateway_with
from tests.web.desks import Page, desk_of, log_in, post
from uploader import line
from uploader.gateway import build_line, build_review

CODES = {"arm": "B", "timepoint": "W12"}


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    root = tmp_path_factory.mktemp("visits") / "home"
    with gateway_with(root, "VISITS", arms=ARMS, timepoints=VISITS) as built:
        yield built


@pytest.fixture
def received(visits, tmp_path):
    submission = arrive(visits, demo(tmp_path / "session"))
    assert carry(visits, submission) == "received"
    return submission


def shown(browser, submission):
    return Page(browser.get(f"/submissions/{submission}").text)


def test_the_desk_asks_for_what_the_chosen_trial_lists_and_without_scripts_after_it_was_sent(visits, received):
    browser, page = log_in(desk_of(visits)), f"/submissions/{received}"
    choices = shown(browser, received).all("fieldset")
    assert [(f["data-trial"], "hidden" in f) for f in choices] == [("VISITS", True)]
    answer = post(browser, f"{page}/trial", trial="VISITS", subject="DEMO-001")
    assert (answer.status_code, "hidden" in Page(answer.text).all("fieldset")[0]) == (400, False)
    assert "Choose the arm of trial VISITS v1: A (Standard), B (Escalated)" in answer.text
    assert post(browser, f"{page}/trial", trial="VISITS", subject="DEMO-001", **CODES).location == page
    assert visits.records.get(received).chosen == CODES
    assert "W12" in browser.get(page).text


def test_a_code_of_nobodys_is_refused_and_changes_nothing(visits, received):
    browser, page = log_in(desk_of(visits)), f"/submissions/{received}"
    form = {"trial": "VISITS", "subject": "DEMO-001", "arm": "<script>", "timepoint": "BL"}
    assert post(browser, f"{page}/trial", **form).status_code == 400
    assert visits.records.get(received).trial == ""


def test_the_validators_see_what_was_chosen(visits, received):
    build_review(visits).choose(received, "VISITS", "DEMO-001", "ada", codes=CODES)
    gateway, seen = build_line(visits), []

    def looking(case, params):
        seen.append(case.chosen)
        yield from ()

    line.fetch(gateway, received)
    line.check_protocol(replace(gateway, validators={**gateway.validators, "identity": looking}), received)
    assert seen == [CODES]


def test_the_command_chooses_by_code_and_says_what_there_is(visits, received):
    command = ("choose", received, "--trial", "VISITS", "--subject", "DEMO-001", "--arm", "B")
    wrong = call(visits.home.root, *command, "--timepoint", "W13")
    assert (wrong.returncode, "BL (Baseline), W12 (Week 12)" in wrong.stderr) == (2, True)
    right = call(visits.home.root, *command, "--timepoint", "W12")
    assert right.returncode == 0, right.stderr
    told = json.loads(right.stdout)
    assert (told["state"], told["chosen"]) == ("awaiting-signoff", CODES)


def test_a_receipt_says_what_was_chosen_and_the_same_files_are_not_released_under_another_choice(visits, tmp_path):
    folder, root = demo(tmp_path / "session"), visits.home.root
    exported_anew(folder)
    asked = ("run", folder, "--trial", "VISITS", "--subject", "DEMO-001", "--timepoint", "BL")
    first, again = (
        json.loads(call(root, *asked, "--arm", "A", *signing).stdout) for signing in (("--sign-as", "ada"), ())
    )
    assert {kind: first["protocol"][kind] for kind in CODES} == {"arm": "A", "timepoint": "BL"}
    assert again["submission"] == first["submission"]
    before, other = visits.records.all(), call(root, *asked, "--arm", "B")
    assert f"these files are submission {first['submission']} already, which was released" in other.stderr
    assert (other.returncode, visits.records.all()) == (2, before)


def test_the_desk_says_of_files_that_the_trial_has_which_submission_they_are(visits, tmp_path):
    folder = demo(tmp_path / "session")
    first = bring_to_signature(visits, folder)
    second = arrive(visits, folder, again=True)
    assert carry(visits, second) == "received"
    browser = log_in(desk_of(visits))
    assert [note["data-same"] for note in shown(browser, second).all("p") if "data-same" in note] == [first]
    answer = post(browser, f"/submissions/{second}/trial", trial="DEMO-RT", subject="DEMO-001")
    assert answer.status_code == 400
    assert f"These files are submission {first} already, which is in DEMO-RT (awaiting-signoff)" in answer.text
    assert visits.records.get(second).trial == ""
