"""MR series are held to the trial's ranges, to one another, and to the subject's first visit."""

from __future__ import annotations

import json

import pytest

from tests.validators.asking import a_scan, an_input, findings, outcome, rulings
from uploader import dicom, vendor
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.mr import check
from uploader.validators.visits import acquired, comparable

PASSED, FAILED, OPEN, IDLE = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_EVALUABLE, Outcome.NOT_APPLICABLE
T1 = {"MagneticFieldStrength": 3.0, "RepetitionTime": 2300.0, "EchoTime": 2.98, "FlipAngle": 9.0}


def asked(**rules):
    return {"inputs": [an_input("MR", "t1w", mr=rules)]}


def judged(headers, earlier=(), **rules):
    return Case(headers, asked(**rules), earlier=earlier)


def scan(*headers, uid="1.2.3"):
    return a_scan("MR", *headers, uid=uid)


@pytest.mark.parametrize(
    ("rules", "header", "becomes"),
    [
        ({"field_strength_t": {"eq": 3, "tol": 0.1}}, T1, PASSED),
        ({"field_strength_t": {"eq": 3, "tol": 0.1}}, {"MagneticFieldStrength": 2.89}, FAILED),
        ({"field_strength_t": {"eq": 3, "tol": 0.1}}, {}, OPEN),
        ({"repetition_time_ms": {"min": 1500, "max": 2600}}, T1, PASSED),
        ({"repetition_time_ms": {"min": 1500, "max": 2600}}, {"RepetitionTime": "2300"}, PASSED),
        ({"repetition_time_ms": {"min": 1500, "max": 2600}}, {"RepetitionTime": [2300.0, 9000.0]}, FAILED),
        ({"repetition_time_ms": {"min": 1500, "max": 2600}}, {"RepetitionTime": "long"}, FAILED),
        ({"echo_time_ms": {"max": 5}}, T1, PASSED),
        ({"inversion_time_ms": {"min": 700}}, T1, OPEN),
        ({"flip_angle_deg": {"eq": 9, "tol": 3}}, {"FlipAngle": 15.0}, FAILED),
    ],
)
def test_a_number_of_the_sequence_must_lie_in_its_range(rules, header, becomes):
    assert outcome(check, judged(scan(header), **rules)) is becomes


def test_a_finding_names_file_element_found_expected_and_what_to_do():
    case = judged(scan(T1, {**T1, "EchoTime": 80.0}), echo_time_ms={"max": 5}, severity="question")
    (finding,) = findings(check, case)
    assert (finding.code, finding.severity) == ("mr.out-of-range", Severity.QUESTION)
    assert finding.where == "scans/1.2.3/0002.dcm EchoTime (0018,0081)"
    assert finding.says == "The t1w: EchoTime (0018,0081) is not what the trial asks for, in 1 of 2 files"
    assert (finding.found, finding.expected) == ("80 ms", "at most 5 ms")
    assert finding.remedy


@pytest.mark.parametrize(
    ("images", "becomes"),
    [
        (({"DiffusionBValue": 0.0}, {"DiffusionBValue": 1000.0}), PASSED),
        (({vendor.B_SIEMENS: 5.0}, {vendor.B_SIEMENS: 995.0}), PASSED),
        (({vendor.B_GE: [0.0, 8.0]}, {vendor.B_GE: [1000001000.0, 8.0]}), PASSED),
        (({vendor.B_PHILIPS: 0.0}, {vendor.B_PHILIPS: 800.0}), FAILED),
        (({}, {}), OPEN),
    ],
)
def test_the_b_values_of_a_series_are_found_wherever_the_scanner_wrote_them(images, becomes):
    assert outcome(check, judged(scan(*images), b_values=[0, 1000])) is becomes


def test_a_missing_b_value_is_named():
    (finding,) = findings(check, judged(scan({"DiffusionBValue": 0.0}), b_values=[0, 1000]))
    assert (finding.code, finding.found, finding.expected) == ("mr.b-missing", "0 s/mm2", "0 and 1000 s/mm2")


def two_scans(one, other):
    return {**scan(one, uid="1"), **scan(other, uid="2")}


@pytest.mark.parametrize(
    ("headers", "same", "becomes"),
    [
        (two_scans(T1, T1), {}, PASSED),
        (two_scans(T1, {"RepetitionTime": 2310.0}), {}, FAILED),
        (two_scans(T1, {"RepetitionTime": 2310.0}), {"tol": 10}, PASSED),
        (two_scans(T1, {"RepetitionTime": 2310.0}), {"tol_pct": 0.1}, FAILED),
        (two_scans(T1, {}), {}, OPEN),
        (scan(T1, T1), {}, PASSED),
    ],
)
def test_scans_of_one_visit_are_acquired_alike(headers, same, becomes):
    assert outcome(check, judged(headers, same_in_visit=[{"attr": "RepetitionTime", **same}])) is becomes


def test_several_echoes_are_alike_when_all_scans_have_them():
    echoes = scan({"EchoTime": 5.0}, {"EchoTime": 10.0}, uid="1")
    same = [{"attr": "EchoTime"}]
    assert (
        outcome(check, judged({**echoes, **scan({"EchoTime": 10.0}, {"EchoTime": 5.0}, uid="2")}, same_in_visit=same))
        is PASSED
    )
    assert outcome(check, judged({**echoes, **scan({"EchoTime": 5.0}, uid="2")}, same_in_visit=same)) is FAILED


def remembered(header, **rules):
    """What is kept of an earlier visit, as it comes back from the records."""
    return json.loads(json.dumps(acquired(Case(scan(header), asked(**rules)))))


@pytest.mark.parametrize(
    ("attr", "then", "now", "becomes"),
    [
        ("RepetitionTime", 2300.0, 2300.0, PASSED),
        ("RepetitionTime", 2300.0, 2500.0, FAILED),
        ("RepetitionTime", None, 2500.0, OPEN),
        ("RepetitionTime", 2300.0, None, OPEN),
        ("DeviceSerialNumber", "66001", "66001", PASSED),
        ("DeviceSerialNumber", "66001", "66002", FAILED),
        ("MRAcquisitionType", "3D", "2D", FAILED),
        ("SequenceName", "*tfl3d1", "*tfl3d1", PASSED),
    ],
)
def test_a_visit_is_held_against_the_first(attr, then, now, becomes):
    rules = {"same_across_visits": [{"attr": attr}]}
    case = judged(scan({attr: now}), [remembered({attr: then}, **rules)], **rules)
    assert outcome(check, case) is becomes
    assert [f.code for f in findings(check, case)] == (["mr.visits-differ"] if becomes is FAILED else [])


def test_what_differs_says_what_it_was():
    rules = {"same_across_visits": [{"attr": "RepetitionTime", "tol_pct": 2, "unit": "ms", "severity": "note"}]}
    earlier = [remembered({"RepetitionTime": 2300.0}, **rules), remembered({"RepetitionTime": 2500.0}, **rules)]
    (finding,) = findings(check, judged(scan({"RepetitionTime": 2500.0}), earlier, **rules))
    assert (finding.found, finding.expected, finding.severity) == ("2500 ms", "2300 ms", Severity.NOTE)


def test_at_the_first_visit_there_is_nothing_to_compare():
    assert outcome(check, judged(scan(T1), same_across_visits=[{"attr": "RepetitionTime"}])) is IDLE


def test_of_an_earlier_visit_numbers_and_codes_are_kept_and_of_text_no_more_than_a_digest():
    header = {
        "EchoTime": 2.5,
        "MRAcquisitionType": "3D",
        "ProtocolName": "Doe t1",
        "PatientID": "Doe",
        "OperatorsName": "Doe",
    }
    attributes = ["EchoTime", "MRAcquisitionType", "ProtocolName", "PatientID", "OperatorsName"]
    kept = remembered(header, same_across_visits=[{"attr": attribute} for attribute in attributes])
    assert kept["t1w"].keys() == {"EchoTime", "MRAcquisitionType", "ProtocolName"}
    assert (kept["t1w"]["EchoTime"], kept["t1w"]["MRAcquisitionType"]) == ([2.5], ["3D"])
    assert "Doe" not in json.dumps(kept)


def test_every_rule_of_the_block_is_ruled_on_once_also_without_a_scan():
    rules = {
        "field_strength_t": {"eq": 3},
        "b_values": [0],
        "same_in_visit": [{"attr": "EchoTime"}, {"attr": "FlipAngle"}],
        "same_across_visits": [{"attr": "EchoTime"}],
        "severity": "note",
    }
    assert len(rulings(check, judged(scan(T1), **rules))) == 5
    assert {ruling.outcome for ruling in rulings(check, judged({}, **rules)).values()} == {OPEN}


def test_a_real_enhanced_series_is_judged_by_what_stands_in_its_functional_groups(samples):
    path = samples / "enhanced_multiframe" / "siemens_xa10_6_1.dcm"
    header = dict(dicom.header(dicom.read(path).dataset))
    case = Case({"a": header}, asked(repetition_time_ms={"min": 1}, echo_time_ms={"min": 1}, flip_angle_deg={"min": 1}))
    assert {ruling.outcome for ruling in rulings(check, case).values()} == {PASSED}


@pytest.mark.parametrize(
    "attribute",
    ["PatientID", "PatientName", "AccessionNumber", "StudyDate", "StudyID", "AdmissionID", "SeriesInstanceUID"],
)
def test_nothing_is_remembered_that_could_be_guessed_and_tells_of_a_person(attribute):
    assert comparable([{attribute: "20240102"}], attribute) == []


def test_of_other_texts_a_digest_is_remembered():
    (kept,) = comparable([{"SoftwareVersions": "syngo MR E11"}], "SoftwareVersions")
    assert kept.startswith("sha256:")
