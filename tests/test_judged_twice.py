"""The anonymised files are judged as the originals were: what anonymising must not touch says the same of both."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points

import pytest

from tests.homes import gateway_at
from tests.trials import Judged, judged
from uploader.domain.finding import Severity
from uploader.domain.rule import Rule
from uploader.validators import GROUP, installed, references
from uploader.validators.judging import ruled
from uploader.validators.reading import items, of_modality, text
from uploader.validators.recognition import inputs

EXTENT, OUTLINE, CHAIN, TEXT = "/inputs/0/geometry/extent_mm", "/rois/0/volume_cc", "/cross_checks/0", "/inputs/0/match"
RULES = (
    Rule(EXTENT, "geometry", Severity.REFUSAL, "CT: Extent"),
    Rule(OUTLINE, "structures", Severity.REFUSAL, "ROI PTV: Volume"),
    Rule(CHAIN, "references", Severity.REFUSAL, "Chain"),
    Rule(TEXT, "acquisition", Severity.REFUSAL, "CT: Description"),
)
KEYS = {"dose": "RTDOSE", "plan": "RTPLAN", "structures": "RTSTRUCT"}
CONTENT = {
    "inputs": [
        {
            "key": "ct",
            "label": "CT",
            "modality": "CT",
            "count": {"min": 1},
            "match": [{"attr": "SeriesDescription", "op": "present"}],
        },
        *({"key": key, "label": key, "modality": modality, "count": {"min": 1}} for key, modality in KEYS.items()),
    ],
    "cross_checks": [{"id": "chain", "kind": "reference_chain", "inputs": [*KEYS, "ct"]}],
}


def extent(case, params):
    """Where the CT begins and ends, mm."""
    slices = [case.headers[entry]["ImagePositionPatient"][2] for entry in case.once(inputs)["ct"].entries]
    yield from ruled(EXTENT, [], f"{min(slices):.3f} to {max(slices):.3f} mm")


def outline(case, params):
    """How far the contours reach, mm."""
    numbers = [
        abs(float(number))
        for header in of_modality(case.headers, "RTSTRUCT").values()
        for contour in items(header, "ROIContourSequence", "ContourSequence")
        for number in contour["ContourData"]
    ]
    yield from ruled(OUTLINE, [], f"{sum(numbers):.3f} mm")


def description(case, params):
    """What people called the series."""
    said = {text(header, "SeriesDescription") for header in of_modality(case.headers, "CT").values()}
    yield from ruled(TEXT, [], f"{len(''.join(sorted(said)))} characters")


VALIDATORS = {"geometry": extent, "structures": outline, "references": references.check, "acquisition": description}


class Sabotage:
    """A script that does to a dataset what no script should."""

    reach, repeatable, alters_pixels, blanked = None, False, False, ()

    def __init__(self, change):
        self.change = change

    def __call__(self, dataset):
        self.change(dataset)
        return dataset

    def edit(self, elements):
        return None

    def beyond(self, tag, *, top):
        return False


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with gateway_at(tmp_path_factory.mktemp("twice") / "home") as built:
        yield judged(built, RULES, VALIDATORS, **CONTENT)


def carried(home, session, change=lambda dataset: None):
    """The submission, and the state it comes to with this done to each anonymised dataset."""
    gateway = home.gateway

    def sabotaged(*args):
        recipe, facts = gateway.recipe(*args)
        return replace(recipe, scripts=(*recipe.scripts, Sabotage(change))), facts

    submission = home.arrived(session)
    return submission, home.carry(submission, replace(gateway, recipe=sabotaged))


def changed_lines(home, submission):
    verdict = home.built.records.verdict(submission, "anonymised")
    return {f.line for f in verdict.findings if f.severity is Severity.REFUSAL}


def shift(dataset):
    if dataset.Modality == "CT":
        dataset.ImagePositionPatient[2] += 0.5


def swap(dataset):
    if dataset.Modality == "RTDOSE":
        structures = "1.2.840.10008.5.1.4.1.1.481.3"
        dataset.ReferencedRTPlanSequence[0].ReferencedSOPClassUID = structures


def round_off(dataset):
    if dataset.Modality == "RTSTRUCT":
        contour = dataset.ROIContourSequence[0].ContourSequence[0]
        contour.ContourData = [round(float(number)) for number in contour.ContourData]


def test_an_anonymised_session_is_judged_as_it_arrived(home, session):
    submission, state = carried(home, session)
    assert state == "awaiting-signoff", home.built.records.get(submission)
    before, after = (home.built.records.verdict(submission, kind) for kind in ("protocol", "anonymised"))
    assert {r.line: r for r in before.rulings}.keys() == {r.line: r for r in after.rulings}.keys()
    assert changed_lines(home, submission) == set()


@pytest.mark.parametrize(
    ("sabotage", "line"), [(shift, EXTENT), (swap, CHAIN), (round_off, OUTLINE)], ids=["shifted", "swapped", "rounded"]
)
def test_what_an_anonymiser_must_not_do_holds_the_session_and_names_the_rule(home, session, sabotage, line):
    submission, state = carried(home, session, sabotage)
    about = home.built.records.get(submission)
    assert (state, about.why) == ("held", "judged-otherwise")
    assert line in changed_lines(home, submission)
    title = next(rule.title for rule in RULES if rule.line == line)
    assert title in about.says


@pytest.fixture(scope="module")
def shipped(home):
    """The same home with the demo trial's own rules and our validators."""
    protocol = home.built.protocols.version("DEMO-RT", "v1")
    validators = installed(entry.name for entry in entry_points(group=GROUP))
    known = tuple(rule for rule in protocol.rules if rule.validator in validators)
    return Judged(home.built, replace(protocol, rules=known), validators)


def test_the_demo_trials_rules_say_the_same_before_and_after(shipped, session):
    submission, state = carried(shipped, session)
    assert state == "awaiting-signoff", home_says(shipped, submission)
    verdict = shipped.built.records.verdict(submission, "anonymised")
    assert [(f.code, f.says) for f in verdict.findings] == []
    assert len(verdict.rulings) == len(shipped.protocol.rules) > 60


def home_says(home, submission):
    return home.built.records.get(submission).says


def turned(dataset):
    """One contour of every structure moved off its slice."""
    if dataset.Modality == "RTSTRUCT":
        for structure in dataset.ROIContourSequence:
            contour = structure.ContourSequence[0]
            numbers = [float(number) for number in contour.ContourData]
            contour.ContourData = [n + (i % 3 == 2) * 0.7 for i, n in enumerate(numbers)]


@pytest.mark.parametrize(
    ("sabotage", "validator"),
    [(shift, "structures"), (swap, "references"), (turned, "structures")],
    ids=["shift", "swap", "turned"],
)
def test_the_demo_trials_rules_notice_an_anonymiser_that_moves_or_swaps(shipped, session, sabotage, validator):
    submission, state = carried(shipped, session, sabotage)
    assert (state, shipped.built.records.get(submission).why) == ("held", "judged-otherwise")
    lines = changed_lines(shipped, submission)
    assert validator in {rule.validator for rule in shipped.protocol.rules if rule.line in lines}


def test_what_no_rule_measures_the_verifier_still_notices(shipped, session):
    submission, state = carried(shipped, session, round_off)
    about = shipped.built.records.get(submission)
    assert (state, about.why in ("judged-otherwise", "residue-found")) == ("held", True)


def test_what_the_policy_removes_is_told_with_the_reason_and_holds_nothing(home, session):
    def nameless(dataset):
        dataset.pop("SeriesDescription", None)

    submission, state = carried(home, session, nameless)
    assert state == "awaiting-signoff", home.built.records.get(submission)
    (told,) = home.built.records.verdict(submission, "anonymised").findings
    assert (told.code, told.line, told.severity) == ("protocol.differs", TEXT, Severity.NOTE)
    assert "privacy policy" in told.says


def test_a_series_that_was_recognised_by_what_is_gone_is_still_the_same_input(home, session):
    submission, _ = carried(home, session, lambda dataset: dataset.pop("SeriesDescription", None))
    rulings = {r.line: r for r in home.built.records.verdict(submission, "anonymised").rulings}
    assert "mm" in rulings[EXTENT].says


def test_without_the_second_look_nothing_is_kept_in_the_anonymised_archive(home, session):
    submission, _ = carried(home, session, shift)
    assert [r.place for r in home.built.records.receipts(submission)] == ["identifiable"]
