import pytest

from tests.phantoms import changed, found, names_of, only
from uploader.domain.finding import Severity
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
    assert found(check, other, {"other_study": ["RTSTRUCT"]}) == {}


def test_a_file_that_states_nothing_is_not_the_one_that_differs(session):
    first, eighth = names_of(session, "CT")[0], names_of(session, "CT")[7]
    other = changed(session, lambda s: (s[first].update(PatientName=""), s[eighth].update(PatientName="Nettle^Ada")))
    finding = found(check, other, {})["identity.name-differs"]
    assert finding.where == f"{eighth} (0010,0010)"
    assert finding.says.startswith("1 of 15 files")
