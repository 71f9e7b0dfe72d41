"""What we ourselves write - subject, label, names of files, trial attributes - must not tell who the patient is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from tests.stages import sabotage
from tests.stages.sabotage import KEEP, Session, edit
from uploader.domain.finding import Finding, Severity

REFUSED, ASKED = Severity.REFUSAL, Severity.QUESTION


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return sabotage.make(tmp_path, name="Zumbrunn^Mia", PatientID="MRN-555001")


def renamed(session: Session, subject: str) -> list[Finding]:
    """What is found when the subject is called `subject`."""
    for path in session.anonymised.rglob("*.dcm"):
        edit(path, lambda dataset: setattr(dataset, "PatientID", subject))
    return session.findings(keep=KEEP | {subject})


def seen(findings: list[Finding]) -> set[tuple[str, Severity]]:
    return {(f.code, f.severity) for f in findings}


@pytest.mark.parametrize(
    ("label", "severity"),
    [
        ("Zumbrunn_Mia_MRN-555001", REFUSED),
        ("TRIAL_555001", REFUSED),
        ("Zumbrunn_1", REFUSED),
        ("ZumbrunnMR1", REFUSED),
        ("TRIAL-19610312", REFUSED),
        ("TRIAL-007_2", None),
    ],
)
def test_a_session_label_that_names_the_patient_is_refused(
    label: str, severity: Severity | None, session: Session
) -> None:
    expected = {("verify.label-identifies", severity)} if severity else set()
    assert seen(session.findings(keep=KEEP | {label})) == expected


@pytest.mark.parametrize("subject", ["MRN-555001", "DEMO-555001", "mrn555001", "Zumbrunn", "DEMO-MRN-555001-A"])
def test_a_subject_that_holds_the_patients_id_or_name_is_refused(subject: str, session: Session) -> None:
    assert seen(renamed(session, subject)) == {("verify.pseudonym-identifies", REFUSED)}


@pytest.mark.parametrize(("patient", "subject"), [("447", "DEMO-447"), ("447", "DEMO-0447"), ("0447", "DEMO-447")])
def test_a_short_id_in_the_subject_is_asked_about(patient: str, subject: str, tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, PatientID=patient)
    assert seen(renamed(session, subject)) == {("verify.pseudonym-resembles", ASKED)}


def test_a_short_id_that_is_the_subject_is_refused(tmp_path: Path) -> None:
    assert seen(renamed(sabotage.make(tmp_path, PatientID="447"), "447")) == {("verify.pseudonym-identifies", REFUSED)}


def test_a_name_that_the_trial_has_too_is_asked_about(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, name="Trial^Mia")
    found = session.findings(named=frozenset({sabotage.SUBJECT, "TRIAL-007_1"}))
    assert seen(found) == {("verify.pseudonym-resembles", ASKED)}


def test_what_is_said_of_a_label_never_quotes_it(session: Session) -> None:
    said = [f"{f.where} {f.says} {f.remedy}" for f in session.findings(keep=KEEP | {"Zumbrunn_Mia"})]
    assert said
    assert not any("Zumbrunn" in text for text in said)


@pytest.mark.parametrize("keyword", ["ClinicalTrialSiteName", "StudyDescription", "PatientComments", "InstitutionName"])
def test_what_the_trial_is_called_may_stand_where_we_write_it(keyword: str, tmp_path: Path) -> None:
    session = sabotage.make(tmp_path)
    edit(session.file("0002"), lambda dataset: setattr(dataset, keyword, "for Wistlebury South"))
    assert session.findings(keep=KEEP | {"Wistlebury South"}) == []


def test_what_the_trial_is_called_is_searched_elsewhere(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path)

    def spoil(dataset: Dataset) -> None:
        dataset.ClinicalTrialSiteName = dataset.SeriesDescription = "Wistlebury South"

    edit(session.file("0002"), spoil)
    (finding,) = session.findings(keep=KEEP | {"Wistlebury South"})
    assert (finding.code, finding.where[-11:]) == ("verify.residue", "(0008,103E)")


def moved(session: Session, scan: str) -> Session:
    """The same session, its scan called `scan`."""
    for folder in (session.original, session.anonymised):
        shutil.move(folder / "scans" / "3", folder / "scans" / scan)
    return Session(session.original, session.anonymised, sabotage.manifest(session.original))


@pytest.mark.parametrize("scan", ["555001", "MRN-555001", "Zumbrunn", "MiaMR2", "19610312"])
def test_a_scan_that_is_called_like_the_patient_is_refused(scan: str, session: Session) -> None:
    found = moved(session, scan).findings()
    assert seen(found) == {("verify.entry-name", REFUSED)}
    assert not any(scan in f"{f.where} {f.says}" for f in found)


def test_no_finding_quotes_the_name_of_a_scan_that_names_the_patient(session: Session) -> None:
    now = moved(session, "Zumbrunn")
    edit(now.anonymised / "scans/Zumbrunn/DICOM/0002.dcm", lambda dataset: setattr(dataset, "PatientID", "?"))
    assert not any("Zumbrunn" in f.where for f in now.findings())


def test_a_scan_whose_number_is_a_short_id_is_asked_about(tmp_path: Path) -> None:
    session = moved(sabotage.make(tmp_path, PatientID="1501"), "1501")
    assert {s for _, s in seen(session.findings())} == {ASKED}


def test_the_number_of_a_file_is_no_id(tmp_path: Path) -> None:
    assert sabotage.make(tmp_path, PatientID="0002").findings() == []
