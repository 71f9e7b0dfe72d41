import pytest

from tests.phantoms import changed, found, names_of, only
from tests.validators.asking import an_input, findings
from tests.validators.rulings import judged
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.identity import check


def one_ct(**attributes):
    return lambda s: s[names_of(s, "CT")[7]].update(attributes)


def test_the_phantom_is_one_patient(session):
    assert found(check, session, {}) == {}


@pytest.mark.parametrize(
    ("code", "severity", "change"),
    [
        ("identity.patient-id-missing", Severity.REFUSAL, one_ct(PatientID="")),
        ("identity.patient-id-missing", Severity.REFUSAL, lambda s: only(s, "RTPLAN").pop("PatientID")),
        ("identity.patient-differs", Severity.REFUSAL, one_ct(PatientID="MRN-9")),
        ("identity.issuer-differs", Severity.REFUSAL, one_ct(IssuerOfPatientID="ELSEWHERE")),
        ("identity.name-differs", Severity.REFUSAL, one_ct(PatientName="Nettlecombe^Ada")),
        ("identity.birth-date-differs", Severity.REFUSAL, one_ct(PatientBirthDate="19500101")),
        ("identity.issuer-differs", Severity.REFUSAL, one_ct(IssuerOfPatientID=["ELSEWHERE", "NOWHERE"])),
        ("identity.name-differs", Severity.REFUSAL, one_ct(PatientName=["Nettlecombe^Ada", "Nettlecombe^A"])),
        ("identity.sex-differs", Severity.QUESTION, one_ct(PatientSex="M")),
        ("identity.study-missing", Severity.REFUSAL, one_ct(StudyInstanceUID="")),
        ("identity.study-differs", Severity.REFUSAL, one_ct(StudyInstanceUID="1.2.3")),
    ],
)
def test_a_fault_is_found(session, code, severity, change):
    findings = found(check, changed(session, change), {})
    assert list(findings) == [code]
    assert findings[code].severity is severity
    assert findings[code].remedy


def test_the_file_that_differs_is_the_one_that_is_named(session):
    findings = found(check, changed(session, one_ct(PatientID="MRN-9")), {})
    assert findings["identity.patient-differs"].where == f"{names_of(session, 'CT')[7]} (0010,0020)"


def test_the_values_are_evidence_and_not_in_the_text(session):
    finding = found(check, changed(session, one_ct(PatientName="Nettlecombe^Ada")), {})["identity.name-differs"]
    assert "Nettlecombe" in finding.evidence.reveal()
    assert "Nettlecombe" not in repr(finding)
    assert only(session, "RTPLAN")["PatientName"] not in repr(finding)


@pytest.mark.parametrize(
    "attributes",
    [
        {"PatientID": " mrn-4471903 "},
        {"PatientName": "THISTLEFEATHER-ÖXENQUIST^OTTOLINE^CORDELINDE^^"},
        {"PatientName": ""},
        {"PatientBirthDate": ""},
        {"IssuerOfPatientID": ""},
    ],
)
def test_the_same_patient_written_otherwise_is_the_same_patient(session, attributes):
    assert found(check, changed(session, one_ct(**attributes)), {}) == {}


def test_radiotherapy_objects_may_have_their_own_study_where_the_protocol_says_so(session):
    other = changed(session, lambda s: only(s, "RTSTRUCT").update(StudyInstanceUID="1.2.3"))
    assert list(found(check, other, {})) == ["identity.study-differs"]
    assert findings(check, Case(other, {"inputs": [an_input("RTSTRUCT", own_study=True)]})) == []


def test_a_file_that_states_nothing_is_not_the_one_that_differs(session):
    first, eighth = names_of(session, "CT")[0], names_of(session, "CT")[7]
    other = changed(session, lambda s: (s[first].update(PatientName=""), s[eighth].update(PatientName="Nettle^Ada")))
    finding = found(check, other, {})["identity.name-differs"]
    assert finding.where == f"{eighth} (0010,0010)"
    assert finding.says.startswith("1 of 15 files")


ONE_PATIENT = {"id": "one", "kind": "one_patient", "severity": "question"}
INPUTS = [
    {"key": "ct", "label": "CT", "modality": "CT", "count": {"min": 1}},
    {"key": "plan", "label": "Plan", "modality": "RTPLAN", "count": {"min": 1}},
    {"key": "mr", "label": "MR", "modality": "MR", "count": {"min": 0}},
]


def cross_checked(session, chosen=None, **more):
    rulings, findings = judged(
        check, Case(session, {"inputs": INPUTS, "cross_checks": [{**ONE_PATIENT, **more}]}, chosen or {})
    )
    return rulings["/cross_checks/0"], {finding.code: finding for finding in findings}


def test_the_cross_check_of_one_patient_passes(session):
    ruling, findings = cross_checked(session)
    assert (ruling.outcome, ruling.says, findings) == (Outcome.PASSED, "15 files of one patient", {})


def test_two_patients_fail_the_cross_check_and_are_refused_beside_it(session):
    ruling, findings = cross_checked(changed(session, one_ct(PatientID="MRN-9")))
    assert ruling.outcome is Outcome.FAILED
    assert findings["identity.one-patient"].severity is Severity.QUESTION
    assert findings["identity.one-patient"].line == "/cross_checks/0"
    assert (findings["identity.patient-differs"].severity, findings["identity.patient-differs"].line) == (
        Severity.REFUSAL,
        "",
    )


def test_the_cross_check_is_of_the_inputs_that_it_names(session):
    other = changed(session, lambda s: only(s, "RTSTRUCT").update(PatientID="MRN-9"))
    assert cross_checked(other, inputs=["ct", "plan"])[0].outcome is Outcome.PASSED
    assert cross_checked(other, inputs=["mr"])[0].outcome is Outcome.NOT_EVALUABLE


def test_the_cross_check_holds_only_when_it_says(session):
    assert cross_checked(session, {"arm": "A"}, when="arm == 'B'")[0].outcome is Outcome.NOT_APPLICABLE
