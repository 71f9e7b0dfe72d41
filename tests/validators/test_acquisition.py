"""How images were acquired is judged by what the protocol asks, and missing is not wrong."""

from __future__ import annotations

import pytest

from tests.validators.asking import a_scan, an_input, findings, outcome, rulings
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.acquisition import check

PASSED, FAILED, OPEN, IDLE = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_EVALUABLE, Outcome.NOT_APPLICABLE
KV = {"id": "kv", "attr": "KVP", "op": "range", "range": {"min": 100, "max": 140}, "unit": "kV"}


def judged(headers, *constraints, chosen=None, **more):
    asked = {"inputs": [an_input("CT", acquisition=list(constraints), **more)]}
    return Case(headers, asked, chosen or {})


def kv(*values, uid="1.2.3"):
    return a_scan("CT", *({} if value is None else {"KVP": value} for value in values), uid=uid)


def test_a_value_out_of_range_names_file_element_found_expected_and_what_to_do():
    (finding,) = findings(check, judged(kv(120.0, 80.0), {**KV, "severity": "question"}))
    assert finding.code == "acquisition.wrong"
    assert finding.severity is Severity.QUESTION
    assert finding.where == "scans/1.2.3/0002.dcm KVP (0018,0060)"
    assert finding.says == "The scan: KVP (0018,0060) is not what the trial asks for, in 1 of 2 files"
    assert (finding.line, finding.found, finding.expected) == ("/inputs/0/acquisition/0", "80 kV", "100 to 140 kV")
    assert finding.remedy


def test_what_a_person_typed_is_evidence_and_not_in_the_finding():
    said = {"id": "a", "attr": "SeriesDescription", "op": "eq", "value": "Planning"}
    (finding,) = findings(check, judged(a_scan("CT", {"SeriesDescription": "Doe, Jane"}), said))
    assert "Doe" not in repr(finding)
    assert finding.evidence.reveal() == "Doe, Jane"
    assert (finding.found, finding.expected) == ("", "Planning")


@pytest.mark.parametrize(
    ("values", "scope", "becomes"),
    [
        ((120.0, 120.0), "every_instance", PASSED),
        ((120.0, 80.0), "every_instance", FAILED),
        ((120.0, None), "every_instance", OPEN),
        ((80.0, None), "every_instance", FAILED),
        ((120.0, 80.0), "any_instance", PASSED),
        ((120.0, None), "any_instance", PASSED),
        ((80.0, None), "any_instance", FAILED),
        ((None, None), "any_instance", OPEN),
        ((120.0, 80.0), "series", PASSED),
        ((None,), "session", OPEN),
    ],
)
def test_the_scope_says_in_which_instances_it_must_hold(values, scope, becomes):
    assert outcome(check, judged(kv(*values), {**KV, "scope": scope})) is becomes


def test_each_series_must_hold_for_itself_where_the_scope_is_the_series():
    two = {**kv(120.0, 80.0), **kv(80.0, uid="1.2.4")}
    assert outcome(check, judged(two, {**KV, "scope": "series"})) is FAILED
    assert outcome(check, judged(two, {**KV, "scope": "any_instance"})) is PASSED


def test_the_session_is_more_than_the_input():
    session = {**kv(None), **a_scan("RTSTRUCT", {"KVP": 120.0}, uid="9")}
    assert outcome(check, judged(session, {**KV, "scope": "session"})) is PASSED


@pytest.mark.parametrize(
    ("meaning", "becomes", "severity"),
    [
        (None, OPEN, None),
        ("not_evaluable", OPEN, None),
        ("pass", PASSED, None),
        ("fail", FAILED, Severity.REFUSAL),
        ("question", FAILED, Severity.QUESTION),
        ("note", FAILED, Severity.NOTE),
    ],
)
def test_missing_is_not_wrong_unless_the_protocol_says_so(meaning, becomes, severity):
    case = judged(kv(None), KV if meaning is None else {**KV, "on_missing": meaning})
    assert outcome(check, case) is becomes
    assert [f.severity for f in findings(check, case)] == ([] if severity is None else [severity])


def test_an_attribute_that_must_have_a_value_and_has_none_is_wrong():
    said = {"id": "a", "attr": "ContrastBolusAgent", "op": "non_empty", "severity": "note"}
    (finding,) = findings(check, judged(a_scan("CT", {"ContrastBolusAgent": ""}), said))
    assert (finding.code, finding.severity, finding.expected) == ("acquisition.missing", Severity.NOTE, "any value")


def test_what_changes_within_a_series_varies():
    said = {"id": "a", "attr": "KVP", "op": "same_across_series", "unit": "kV"}
    (finding,) = findings(check, judged({**kv(120.0, 80.0), **kv(100.0, uid="1.2.4")}, said))
    assert (finding.code, finding.found, finding.expected) == ("acquisition.varies", "120, 80 kV", "the same in all")


def test_a_rule_for_another_scanner_is_not_applied():
    ge = a_scan("CT", {"KVP": 80.0, "Manufacturer": "GE"})
    assert outcome(check, judged(ge, {**KV, "when": "manufacturer ~ 'siemens'"})) is IDLE
    assert outcome(check, judged(kv(80.0), {**KV, "when": "manufacturer ~ 'siemens'"})) is OPEN


def test_an_input_that_is_not_there_leaves_its_rules_open_unless_it_need_not_be():
    assert outcome(check, judged({}, KV)) is OPEN
    assert outcome(check, judged({}, KV, count={"min": 0})) is IDLE


def a_pair(one, other, **said):
    headers = {**a_scan("MR", one, uid="1"), **a_scan("CT", other, uid="2")}
    first = an_input("CT", "ct", **({"acquisition": [said]} if said else {}))
    return headers, [first, an_input("MR", "mr")]


@pytest.mark.parametrize(
    ("ct", "becomes"), [({"RescaleType": "US"}, PASSED), ({"RescaleType": "HU"}, FAILED), ({}, OPEN)]
)
def test_an_attribute_that_must_be_as_in_another_input_is_compared_with_it(ct, becomes):
    said = {"id": "a", "attr": "RescaleType", "op": "same_as", "ref": "mr"}
    headers, two = a_pair({"RescaleType": "US"}, ct, **said)
    assert outcome(check, Case(headers, {"inputs": two})) is becomes


def test_without_the_other_input_there_is_nothing_to_compare_with():
    said = {"id": "a", "attr": "RescaleType", "op": "same_as", "ref": "mr"}
    _, two = a_pair({}, {}, **said)
    assert outcome(check, Case(a_scan("CT", {"RescaleType": "HU"}), {"inputs": two})) is OPEN


@pytest.mark.parametrize(("serial", "becomes"), [("17", PASSED), ("18", FAILED), ("", OPEN)])
def test_a_cross_check_compares_an_attribute_of_several_inputs(serial, becomes):
    headers, two = a_pair({"DeviceSerialNumber": "17"}, {"DeviceSerialNumber": serial})
    check_of = {"id": "x", "kind": "same_attribute", "inputs": ["mr", "ct"], "attr": "DeviceSerialNumber"}
    case = Case(headers, {"inputs": two, "cross_checks": [check_of]})
    assert outcome(check, case) is becomes
    assert {f.code for f in findings(check, case)} == ({"acquisition.differs"} if becomes is FAILED else set())
    assert "18" not in repr(findings(check, case)).replace("0018", "")


def test_a_cross_check_is_open_where_an_input_is_missing_that_must_be_there():
    ct, mr, pet = an_input("CT", "ct"), an_input("MR", "mr"), an_input("PT", "pet")
    check_of = {"id": "x", "kind": "same_attribute", "inputs": ["ct", "mr", "pet"], "attr": "DeviceSerialNumber"}
    headers = {
        **a_scan("CT", {"DeviceSerialNumber": "1"}, uid="1"),
        **a_scan("MR", {"DeviceSerialNumber": "1"}, uid="2"),
    }
    asked = {"inputs": [ct, mr, pet], "cross_checks": [check_of]}
    assert outcome(check, Case(headers, asked)) is OPEN
    need_not_be = {**asked, "inputs": [ct, mr, {**pet, "count": {"min": 0}}]}
    assert outcome(check, Case(headers, need_not_be)) is PASSED


def test_every_rule_is_ruled_on_once():
    case = judged(kv(120.0), KV, {**KV, "id": "b", "attr": "XRayTubeCurrent"})
    assert list(rulings(check, case)) == ["/inputs/0/acquisition/0", "/inputs/0/acquisition/1"]
