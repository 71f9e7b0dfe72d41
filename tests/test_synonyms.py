"""A protocol names listed synonyms by itself where nothing is left to be judged; the rest a person confirms."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest

from tests.homes import demo, gateway_at
from tests.naming import called_otherwise
from tests.phantoms import headers_of, only
from tests.trials import judged
from tests.web.desks import Page, desk_of, log_in, post
from uploader.domain.errors import WrongState
from uploader.renaming import certain, refusal
from uploader.renaming import structures as shown_structures
from uploader.synonyms import give_listed_names, listed_names

NAMES = ["External", "SpinalCord", "Lung_L", "Lung_R", "Lungs", "Heart"]
SYNONYMS = {
    "SpinalCord": ["cord", "myelon"],
    "Lung_L": ["left lung", "pulmo A"],
    "Lung_R": ["right lung"],
    "Lungs": ["lunge links und rechts", "lung left"],
    "Heart": ["cor"],
}
BY_ITSELF = {"allowed": True, "confirm": "none_for_exact_synonyms"}


def asking(rename=BY_ITSELF, **more):
    nomenclature = {"standard": "list-only", "ignore": ["case"], "synonyms": SYNONYMS, "rename": rename, **more}
    return {"nomenclature": nomenclature, "rois": [{"name": name, "need": "optional"} for name in NAMES]}


@pytest.fixture(scope="module")
def structures(tmp_path_factory):
    return only(headers_of(demo(tmp_path_factory.mktemp("phantom") / "session")), "RTSTRUCT")


def labelled(structures, labels):
    """The structure set with structures called by a clinic, and the number of each by its name in the phantom."""
    other = copy.deepcopy(structures)
    rois = other["StructureSetROISequence"]
    numbers = {roi["ROIName"]: int(roi["ROINumber"]) for roi in rois}
    for roi in rois:
        roi["ROIName"] = labels.get(roi["ROIName"], roi["ROIName"])
    return other, numbers


def given(structures, labels, **asked):
    """Name in the phantom -> name that the protocol gives, to structures that a clinic calls by these labels."""
    other, numbers = labelled(structures, labels)
    names = listed_names({"set": other}, asking(**asked)).get("set", {})
    return {name: names[number] for name, number in numbers.items() if number in names}


def test_a_listed_synonym_gets_its_name_and_what_is_only_near_to_one_does_not(structures):
    assert given(structures, {"SpinalCord": "Myelon", "Heart": "core"}) == {"SpinalCord": "SpinalCord"}


@pytest.mark.parametrize(("ignored", "names"), [([], {}), (["case"], {"Heart": "Heart"})])
def test_only_the_differences_that_the_protocol_ignores_do_not_count(structures, ignored, names):
    assert given(structures, {"Heart": "COR"}, ignore=ignored) == names


def test_a_side_must_be_in_the_label_and_in_the_name_and_where_the_contours_lie(structures):
    assert given(structures, {"Lung_L": "left lung"}) == {"Lung_L": "Lung_L"}
    assert given(structures, {"Lung_L": "right lung", "Lung_R": "left lung"}) == {}, "drawn on the other side"
    assert given(structures, {"Lung_L": "pulmo A"}) == {}, "the label says no side"
    assert given(structures, {"Lung_L": "lung left"}) == {}, "the label says a side and the name none"


def test_without_an_outline_of_the_body_no_side_is_taken_for_confirmed(structures):
    bare = {**structures, "RTROIObservationsSequence": []}
    assert given(bare, {"Lung_L": "left lung", "Heart": "cor"}) == {"Heart": "Heart"}


def test_of_two_that_would_get_one_name_none_gets_it_nor_does_one_whose_name_is_taken(structures):
    assert given(structures, {"SpinalCord": "cord", "Heart": "myelon"}) == {}
    assert given(structures, {"GTV": "cor"}) == {}


def test_a_name_is_taken_by_one_that_the_protocol_takes_for_the_same(structures):
    clinic = {"Lung_L": "left lung", "GTV": "lung l"}
    assert given(structures, clinic) == {"Lung_L": "Lung_L"}, "to this protocol that is another name"
    assert given(structures, clinic, ignore=["case", "separators"]) == {}


@pytest.mark.parametrize("confirm", ["each", "batch"])
def test_nothing_is_given_where_a_person_confirms_or_nobody_may_rename(structures, confirm):
    assert given(structures, {"Heart": "cor"}, rename={"allowed": True, "confirm": confirm}) == {}
    assert given(structures, {"Heart": "cor"}, rename={**BY_ITSELF, "allowed": False}) == {}


@pytest.mark.parametrize(
    ("confirm", "confirmed", "left"),
    [("each", [], ["GTV", "Heart"]), ("each", ["Heart"], ["GTV"]), ("each", ["Heart", "GTV"], []), ("batch", [], [])],
)
def test_each_new_name_is_confirmed_by_itself_where_the_trial_asks_for_it(structures, confirm, confirmed, left):
    arrived, numbers = labelled(structures, {"Heart": "pump", "GTV": "pipe"})
    asked = asking({"allowed": True, "confirm": confirm})
    names = {"set": {numbers["Heart"]: "Heart", numbers["GTV"]: "Lungs"}}
    fault = refusal(asked, names, {}, {("set", numbers[name]) for name in confirmed}, lambda: {"set": arrived})
    numbered = ", ".join(str(number) for number in sorted(numbers[name] for name in left))
    assert fault.endswith(f"not confirmed: ROI {numbered}") if left else not fault
    assert refusal(asked, names, names, set(), lambda: {"set": arrived}) == "", "what stands is not asked for again"


def test_all_at_once_takes_what_is_certain_and_leaves_what_a_person_must_decide(structures):
    arrived, numbers = labelled(structures, {"Heart": "herz", "Lung_L": "lung", "SpinalCord": "SpinalCord"})
    found = shown_structures({"set": arrived}, asking({"allowed": True, "confirm": "batch"}), {})
    assert certain(found) == {"set": {numbers["Heart"]: "Heart"}}, "of a lung without a side a person decides"


@pytest.mark.parametrize(("guard", "says"), [(True, "lie on the left of the body"), (False, "")])
def test_a_name_of_the_other_side_than_the_contours_is_refused_where_the_trial_guards_it(structures, guard, says):
    arrived, numbers = labelled(structures, {"Lung_L": "one", "Lung_R": "two"})
    asked = asking({"allowed": True, "confirm": "batch", "geometry_guard": guard})
    names = {"set": {numbers["Lung_L"]: "Lung_R"}}
    fault = refusal(asked, names, {}, set(), lambda: {"set": arrived})
    assert says in fault
    assert bool(fault) == guard


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    with gateway_at(tmp_path_factory.mktemp("synonyms") / "home") as built:
        yield built


@pytest.fixture(scope="module")
def submission(built, tmp_path_factory):
    """One in which the protocol named the cord by itself, and a person may name the heart; it awaits its signature."""
    home = judged(built, (), {}, **asking())
    clinic = {"SpinalCord": "myelon", "Heart": "herz"}
    submission = home.arrived(called_otherwise(tmp_path_factory.mktemp("clinic") / "session", clinic))
    assert home.carry(submission) == "awaiting-signoff", built.records.get(submission).says
    return submission


def test_a_worker_that_was_thought_dead_gives_no_names_over_what_was_decided_since(built, tmp_path):
    home = judged(built, (), {}, **asking())
    submission = home.arrived(called_otherwise(tmp_path / "session", {"SpinalCord": "myelon"}))
    about = built.records.get(submission)
    with pytest.raises(WrongState):
        give_listed_names(home.gateway, replace(about, attempt=about.attempt - 1))


def called(review, submission):
    return {roi.name.reveal() for roi in review.rois(submission)}


def desk_for(home):
    desk = desk_of(home.built)
    desk.extensions["review"] = home.review
    return log_in(desk)


def fields(browser, page):
    """Text that stands in the fields for new names."""
    shown = Page(browser.get(page).text).all("input")
    return {field["value"] for field in shown if field.get("list") == "names"} - {""}


def test_what_the_protocol_named_is_in_the_copy_the_audit_and_the_desk_and_a_person_takes_it_back(built, submission):
    home = judged(built, (), {}, **asking())
    assert {"SpinalCord", "herz"} <= called(home.review, submission)
    (line,) = [line for line in built.records.history(submission) if line["action"] == "structures-renamed"]
    assert line["actor"] == "protocol:DEMO-RT/v1"
    assert "myelon" not in json.dumps([dict(line) for line in built.records.history(submission)])
    browser = desk_for(home)
    assert "renamed by the protocol" in browser.get(f"/submissions/{submission}").text
    assert 'id="by-protocol"' in browser.get(f"/submissions/{submission}/structures").text
    assert post(browser, f"/submissions/{submission}/structures").status_code == 302
    assert home.carry(submission) == "awaiting-signoff"
    assert {"myelon", "herz"} <= called(home.review, submission)
    assert "renamed by the protocol" not in browser.get(f"/submissions/{submission}").text


def test_a_batch_is_filled_in_and_is_still_for_a_person_to_send(built, submission):
    home = judged(built, (), {}, **asking({"allowed": True, "confirm": "batch"}))
    browser, page = desk_for(home), f"/submissions/{submission}/structures"
    assert f'href="{page}?take=every"' in browser.get(page).text
    assert "Heart" not in fields(browser, page)
    assert fields(browser, f"{page}?take=every") >= {"Heart", "SpinalCord"}
    assert "herz" in called(home.review, submission)


def test_the_desk_wants_each_name_ticked_and_fills_in_nothing_at_once(built, submission):
    home = judged(built, (), {}, **asking({"allowed": True, "confirm": "each"}))
    browser, page = desk_for(home), f"/submissions/{submission}/structures"
    assert "Heart" not in fields(browser, f"{page}?take=every")
    (heart,) = [s for s in home.review.structures(submission, "ada").structures if s.name.reveal() == "herz"]
    key = f"{heart.number} {heart.entry}"
    answer = post(browser, page, **{f"name {key}": "Heart"})
    assert (answer.status_code, f"not confirmed: ROI {heart.number}" in answer.text) == (400, True)
    assert post(browser, page, **{f"name {key}": "Heart", f"confirm {key}": "yes"}).status_code == 302
