"""A person gives structures names of the trial; the copy that goes there has them, and what arrived does not."""

from __future__ import annotations

import json

import pytest

from tests.cli.calling import call
from tests.homes import arrive, carry, demo
from tests.naming import NAMES, naming_home
from tests.web.desks import Page, desk_of, log_in, post
from uploader.domain.errors import Refused, WrongState
from uploader.gateway import build_review


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with naming_home(tmp_path_factory.mktemp("names") / "home") as built:
        yield built


@pytest.fixture(scope="module")
def submission(home, tmp_path_factory):
    """One that awaits its signature."""
    submission = arrive(home, demo(tmp_path_factory.mktemp("arrived") / "session"))
    assert carry(home, submission) == "received"
    build_review(home).choose(submission, "NAMES", "DEMO-001", "ada")
    assert carry(home, submission) == "awaiting-signoff", home.records.get(submission).says
    return submission


@pytest.fixture
def prepared(home, submission):
    """It, before and after each test under the trial and with the names as they arrived."""
    yield submission
    if home.records.get(submission).trial != "NAMES":
        build_review(home).choose(submission, "NAMES", "DEMO-001", "ada")
    elif any(s.decided for s in build_review(home).structures(submission, "ada").structures):
        rename(home, submission, {})
    carry(home, submission)
    assert str(home.records.get(submission).state) == "awaiting-signoff"


def called(rois):
    return {roi.number: roi.name.reveal() for roi in rois}


def entry_of(home, submission):
    return build_review(home).structures(submission, "ada").structures[0].entry


def number_of(home, submission, name):
    rois = build_review(home).structures(submission, "ada").structures
    return next(s.number for s in rois if s.name.reveal() == name)


def rename(home, submission, names):
    build_review(home).rename(submission, "ada", {entry_of(home, submission): names})


def test_the_anonymised_session_has_the_new_name_and_the_originals_keep_theirs(home, prepared):
    review, number = build_review(home), number_of(home, prepared, "PTV_5040")
    arrived = home.records.manifest(prepared, "identifiable")
    before = called(review.rois(prepared))
    rename(home, prepared, {number: "PTV_High"})
    assert carry(home, prepared) == "awaiting-signoff", home.records.get(prepared).says
    assert called(review.rois(prepared)) == {**before, number: "PTV_High"}
    assert {s.number: s.name.reveal() for s in review.structures(prepared, "ada").structures}[number] == "PTV_5040"
    assert home.records.manifest(prepared, "identifiable") == arrived
    assert not home.records.verdict(prepared, "verification").refused


def test_the_validators_judge_the_new_names(home, prepared):
    def unlisted():
        findings = home.records.verdict(prepared, "protocol").findings
        return {f.where.rpartition(" ")[2] for f in findings if f.code == "names.unlisted"}

    number = number_of(home, prepared, "PTV_5040")
    assert str(number) in unlisted()
    rename(home, prepared, {number: "PTV_High"})
    carry(home, prepared)
    assert str(number) not in unlisted()


def test_the_records_keep_number_and_new_name_and_never_the_old_one(home, prepared):
    number = number_of(home, prepared, "PTV_5040")
    rename(home, prepared, {number: "PTV_High"})
    line = [line for line in home.records.history(prepared) if line["action"] == "structures-renamed"][-1]
    assert (line["actor"], line["facts"]["names"]) == ("ada", {entry_of(home, prepared): {str(number): "PTV_High"}})
    assert "PTV_5040" not in json.dumps([dict(line) for line in home.records.history(prepared)])
    carry(home, prepared)


def test_the_last_decision_counts_whole_and_an_empty_one_takes_all_back(home, prepared):
    review, number = build_review(home), number_of(home, prepared, "PTV_5040")
    before = called(review.rois(prepared))
    for names in ({number: "PTV_High"}, {}):
        rename(home, prepared, names)
        carry(home, prepared)
    assert called(review.rois(prepared)) == before


def test_another_choice_of_trial_begins_with_the_names_as_they_arrived(home, prepared):
    review, number = build_review(home), number_of(home, prepared, "PTV_5040")
    rename(home, prepared, {number: "PTV_High"})
    carry(home, prepared)
    review.choose(prepared, "DEMO-RT", "DEMO-001", "ada")
    carry(home, prepared)
    assert "PTV_High" not in called(review.rois(prepared)).values()


@pytest.mark.parametrize(
    ("name", "why"),
    [("Mrs Smith", "not one that the protocol takes"), ("GTV_Smith", "word in it"), ("GTV_1234567", "word in it")],
)
def test_a_name_that_could_be_somebodys_is_refused_and_nothing_is_kept(home, prepared, name, why):
    number = number_of(home, prepared, "PTV_5040")
    with pytest.raises(Refused, match=why):
        rename(home, prepared, {number: name})
    assert str(home.records.get(prepared).state) == "awaiting-signoff"
    assert "Smith" not in json.dumps([dict(line) for line in home.records.history(prepared)])


def test_a_name_that_another_structure_has_is_refused(home, prepared):
    number = number_of(home, prepared, "PTV_5040")
    with pytest.raises(Refused, match="another ROI"):
        rename(home, prepared, {number: "Heart"})


def test_before_a_trial_is_chosen_nothing_is_renamed_and_nothing_suggested(home, tmp_path):
    submission = arrive(home, demo(tmp_path / "session", seed=7))
    carry(home, submission)
    naming = build_review(home).structures(submission, "ada")
    assert (naming.may_rename, naming.offered) == (False, ())
    assert not any(s.suggestions for s in naming.structures)
    with pytest.raises(WrongState):
        rename(home, submission, {1: "Heart"})


def test_in_the_desk_each_structure_has_its_field_with_what_it_may_mean(home, prepared):
    browser, page = log_in(desk_of(home)), f"/submissions/{prepared}/structures"
    shown = Page(browser.get(page).text)
    number = number_of(home, prepared, "PTV_5040")
    fields = {field["aria-label"]: field for field in shown.all("input") if field.get("list") == "names"}
    assert f"New name of ROI {number}" in fields
    assert {option["value"] for option in shown.all("option")} == set(NAMES)
    field = fields[f"New name of ROI {number}"]["name"]
    wrong = post(browser, page, **{field: "Mrs Smith"})
    assert wrong.status_code == 400
    assert "Nothing was renamed" in wrong.text
    assert post(browser, page, **{field: "PTV_High"}).location == f"/submissions/{prepared}"
    carry(home, prepared)
    assert f"ROI {number} is called PTV_High" in browser.get(f"/submissions/{prepared}").text


def test_looking_at_the_structures_to_rename_them_is_in_the_audit(home, prepared):
    log_in(desk_of(home)).get(f"/submissions/{prepared}/structures")
    assert [line["actor"] for line in home.records.history(prepared)][-1] == "ada"
    assert home.records.history(prepared)[-1]["action"] == "looked-at-identifiable"


def test_the_commands_list_and_rename(home, prepared):
    number = number_of(home, prepared, "PTV_5040")
    listed = call(home.home.root, "roi", "list", prepared)
    assert "PTV_5040" in listed.stdout, listed.stderr
    assert listed.stdout.split("\n")[0].split() == ["ROI", "NAME", "TYPE", "CONTOURS", "NEW", "NAME"]
    unknown = call(home.home.root, "roi", "rename", prepared, "99=PTV_High")
    assert (unknown.returncode, "has no structure with the number 99" in unknown.stderr) == (2, True), unknown.stderr
    done = call(home.home.root, "roi", "rename", prepared, f"{number}=PTV_High")
    assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "awaiting-signoff"), done.stderr
    assert called(build_review(home).rois(prepared))[number] == "PTV_High"
