"""What is left of the patient is found however it is written, and what cannot be decided is asked."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from tests.stages import sabotage
from tests.stages.sabotage import Session, edit, item
from uploader.domain.finding import Severity

PATIENT = {"name": "Attinghausen^Rosa^Li", "PatientID": "0055500177"}
REFUSED, ASKED = Severity.REFUSAL, Severity.QUESTION


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return sabotage.make(tmp_path_factory.mktemp("sound"), **PATIENT)


def gravest(session: Session, change: Callable[[Dataset], object]) -> Severity | None:
    """How grave the finding at the second slice is that `change` there leads to."""
    edit(session.file("0002"), change)
    return max((f.severity for f in session.findings() if "0002.dcm" in f.where), default=None)


def says(keyword: str, value: object) -> Callable[[Dataset], object]:
    return lambda dataset: setattr(dataset, keyword, value)


def binary(tag: int, vr: str, value: object) -> Callable[[Dataset], object]:
    return lambda dataset: dataset.add_new(tag, vr, value)


def in_slice(text: str) -> Callable[[Dataset], object]:
    return says("SeriesDescription", text)


def unfit(tag: int, vr: str, value: str) -> Callable[[Dataset], object]:
    """An element whose value does not fit its VR."""
    element = DataElement(tag, vr, value, validation_mode=pydicom.config.IGNORE)
    return lambda dataset: dataset.add(element)


LONG_UID = "2.25.155500177000000000000000001"

CHANGES: dict[str, tuple[Callable[[Dataset], object], Severity | None]] = {
    "the family name as name of the sequence": (says("SequenceName", "ATTINGHAUSEN"), REFUSED),
    "the patient ID among the software versions": (says("SoftwareVersions", "Rosa 55500177"), REFUSED),
    "a short part of the name among the software versions": (says("SoftwareVersions", "for Rosa"), ASKED),
    "the name in capitals and small letters run together": (in_slice("planForRosaMR"), REFUSED),
    "the name behind an acronym": (in_slice("PTVRosa"), REFUSED),
    "the name before an acronym": (in_slice("RosaGTV"), REFUSED),
    "the name behind an acronym in small letters": (in_slice("ptvrosa"), REFUSED),
    "the patient ID without leading zeros": (in_slice("id 55500177"), REFUSED),
    "the patient ID with more leading zeros": (in_slice("id 00000055500177"), REFUSED),
    "the patient ID in groups with dots": (in_slice("55.500.177"), REFUSED),
    "the patient ID in groups with underscores": (in_slice("55_500_177"), REFUSED),
    "the patient ID in groups with blanks": (in_slice("55 500 177"), REFUSED),
    "the patient ID as number of the series": (says("SeriesNumber", "55500177"), REFUSED),
    "the patient ID as a number with a point": (says("KVP", "55500177.0"), REFUSED),
    "the patient ID as a number with an exponent": (says("KVP", "5.5500177e7"), REFUSED),
    "the patient ID as a binary number": (binary(0x00189073, "FD", 55500177.0), REFUSED),
    "the patient ID as a whole binary number": (binary(0x00280106, "UL", 55500177), REFUSED),
    "the patient ID as a whole long number": (binary(0x00660040, "OL", struct.pack("<I", 55500177)), REFUSED),
    "the patient ID as a number of single precision": (binary(0x00189087, "FL", 55500177.0), REFUSED),
    "the patient ID in the form of a UID": (in_slice("2.25.55500177"), REFUSED),
    "the patient ID in the middle of a UID": (in_slice("1.2.840.99.55500177.4"), REFUSED),
    "the patient ID in the UID of a coding scheme": (
        says("ProcedureCodeSequence", [item(CodingSchemeUID="1.2.840.113619.55500177")]),
        REFUSED,
    ),
    "the birth date in the UID of a context": (
        says("ProcedureCodeSequence", [item(ContextUID="1.2.840.113619.19610312")]),
        REFUSED,
    ),
    "the patient ID in the UID of a private class": (says("SOPClassUID", "1.2.840.113619.55500177"), REFUSED),
    "the patient ID in a date": (unfit(0x00080021, "DA", "55500177"), REFUSED),
    "a name with control signs around": (in_slice("\x02Rosa\x03"), REFUSED),
    "a name with a control sign inside": (in_slice("Atting\x01hausen"), REFUSED),
    "a name with a soft hyphen": (in_slice("Atting\u00adhausen"), REFUSED),
    "a name with a sign of no width": (in_slice("Ro\u200bsa"), REFUSED),
    "a name with blanks between its letters": (in_slice("R o s a"), REFUSED),
    "a name with dots between its letters": (in_slice("A.t.t.i.n.g.h.a.u.s.e.n"), REFUSED),
    "a name with a letter that looks alike": (in_slice("Attinghаusen"), REFUSED),
    "a name in Cyrillic letters": (in_slice("Роза"), None),
    "the birth date with a year of two figures": (in_slice("geb 12.03.61"), REFUSED),
    "the birth date in six figures": (in_slice("born 610312"), REFUSED),
    "the birth date with a short month": (in_slice("12Mar61"), REFUSED),
    "the birth date with a German month": (in_slice("12. März 1961"), REFUSED),
    "the birth date with a French month": (in_slice("12 mars 1961"), REFUSED),
    "the birth date with an English month in front": (in_slice("March 12th, 1961"), REFUSED),
    "another date with a year of two figures": (in_slice("17.01.24"), ASKED),
    "a date with a French month": (in_slice("17 janvier 2024"), REFUSED),
    "a part of the name of two letters": (in_slice("for Li"), ASKED),
    "a short part of the name among binary values": (binary(0x00282000, "OB", b"\1\2 Rosa \3\4"), ASKED),
    "a part of the name of three letters in a text with control signs": (in_slice("\x02Lea\x03"), None),
    "the birth date in six figures in a UID": (says("SOPClassUID", "1.2.840.113619.610312"), REFUSED),
    "the birth date with a slash": (in_slice("3/12/61"), REFUSED),
    "the birth date without zeros": (in_slice("12.3.1961"), REFUSED),
    "the birth date with dashes": (in_slice("12-MAR-61"), REFUSED),
    "a word that begins like a part of the name": (in_slice("lime prosaic"), None),
    "a UID that has the patient ID in a long number": (in_slice(f"see {LONG_UID}"), None),
    "a number that is longer than the patient ID": (in_slice("155500177"), None),
    "a length in a text": (in_slice("5550017.7 mm"), None),
}
"""What is left -> how, and how grave that is."""


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_left_is_judged(what: str, session: Session) -> None:
    change, severity = CHANGES[what]
    assert gravest(session, change) == severity


NAMES: list[tuple[str, str, Severity | None]] = [
    ("Müller^Eva", "Mueller", REFUSED),
    ("Mueller^Eva", "Müller", REFUSED),
    ("Mueller^Eva", "Muller", REFUSED),
    ("Søren^Eva", "Soeren", REFUSED),
    ("Иванов^Пётр", "ivanov", REFUSED),
    ("Ivanov^Petr", "Иванов", REFUSED),
    ("Παπαδοπουλος^Νικος", "Papadopoulos", REFUSED),
    ("Papadopoulos^Nikos", "ΠΑΠΑΔΟΠΟΥΛΟΣ", REFUSED),
    ("Von^X", "seen by Von", ASKED),
    ("None^X", "Mr None", ASKED),
    ("Anonymous", "anonymous data", None),
    ("von Salis^Eva", "von hier", None),
    ("Ma^Yo", "Prof. Ma", ASKED),
]


@pytest.mark.parametrize(("name", "text", "severity"), NAMES)
def test_a_name_is_found_however_it_is_transcribed(
    name: str, text: str, severity: Severity | None, tmp_path: Path
) -> None:
    session = sabotage.make(tmp_path, name=name)
    assert session.findings() == []
    assert gravest(session, in_slice(text)) == severity


@pytest.mark.parametrize(("patient", "text"), [("4471", "Pat. 4471 re"), ("447", "for 447"), ("0447", "no. 447")])
def test_a_short_patient_id_among_words_is_asked_about(patient: str, text: str, tmp_path: Path) -> None:
    assert gravest(sabotage.make(tmp_path, PatientID=patient), in_slice(text)) == ASKED


def test_a_short_patient_id_alone_is_refused(tmp_path: Path) -> None:
    assert gravest(sabotage.make(tmp_path, PatientID="4471"), in_slice("4471")) == REFUSED


@pytest.mark.parametrize(
    "text", ["PTV1Smith", "GTV_SMITH", "smithPTV2", "CTVsmith50", "S-M-I-T-H", "JobSmith", "xSMITH2"]
)
def test_a_name_is_found_in_the_names_of_structures(text: str, tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, name="Smith^Jo")
    edit(session.file(sabotage.STRUCTURES), lambda d: setattr(d.StructureSetROISequence[0], "ROIName", text))
    assert {f.code for f in session.findings()} == {"verify.residue"}


def test_a_long_text_is_searched_as_a_short_one(tmp_path: Path) -> None:
    filler = "harmless words " * 10_000
    assert gravest(sabotage.make(tmp_path), says("TextValue", filler + "planWolkensteinXY " + filler)) == REFUSED


def test_a_time_that_is_the_patient_id_is_asked_about(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, PatientID="112233")
    assert gravest(session, says("SeriesTime", "112233")) == ASKED


def test_a_number_of_five_figures_that_is_the_patient_id_is_refused(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, PatientID="41857")
    assert gravest(session, says("SeriesNumber", "41857")) == REFUSED


def test_a_binary_number_of_five_figures_that_is_the_patient_id_is_asked_about(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, PatientID="41857")
    assert gravest(session, binary(0x00280107, "US", 41857)) == ASKED


def test_a_manufacturer_that_is_called_like_the_institution_is_asked_about(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, InstitutionName="ACME Scanners")
    assert {(f.code, f.severity) for f in session.findings()} == {("verify.technical", ASKED)}


@pytest.mark.parametrize("place", ["Siemens", "Zollikon Zentrum"])
def test_an_institution_called_like_the_equipment_is_refused_outside_of_it(place: str, tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, InstitutionName=place)
    assert gravest(session, in_slice(f"from {place}")) in (REFUSED, ASKED)


def test_a_word_of_the_equipment_is_no_finding_there(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, name="Sharp^Norm", ConvolutionKernel="Sharp")
    assert session.findings() == []
    edit(session.file("0002"), lambda dataset: setattr(dataset, "ImageType", ["ORIGINAL", "PRIMARY", "NORM"]))
    assert session.findings() == []


@pytest.mark.parametrize(
    ("patient", "tag", "vr", "severity"),
    [
        ("552-89-1234", 0x00181153, "IS", REFUSED),
        ("552-89-1234", 0x00189321, "DS", REFUSED),
        ("55 12 873", 0x00181153, "IS", REFUSED),
        ("12345.67", 0x00181153, "IS", REFUSED),
        ("1E234567", 0x00181153, "IS", REFUSED),
        ("5512-0873", 0x0008002A, "DT", REFUSED),
        ("101530.1234", 0x00080031, "TM", ASKED),
    ],
)
def test_a_patient_id_with_signs_between_its_figures_does_not_pass_for_a_number(
    patient: str, tag: int, vr: str, severity: Severity, tmp_path: Path
) -> None:
    value = patient.encode().ljust(12)
    left = RawDataElement(BaseTag(tag), vr, len(value), value, 0, is_implicit_VR=False, is_little_endian=True)
    session = sabotage.make(tmp_path, PatientID=patient)
    assert gravest(session, lambda dataset: dataset.__setitem__(left.tag, left)) is severity
