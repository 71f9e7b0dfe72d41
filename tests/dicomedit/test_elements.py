"""What an element says as text, and how text is stored in it, for every VR."""

from __future__ import annotations

from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.dicomedit.headers import again, changes, edited, filed
from uploader.dicomedit import apply
from uploader.domain.errors import ScriptFailed

VALUES: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 100",
    "ImageType": ["ORIGINAL", " PRIMARY ", ""],
    "RetrieveAETitle": " NODE ",
    "StudyDate": "20240115",
    "StudyTime": "101500.25",
    "AcquisitionDateTime": "20240115101500.5+0100",
    "ReferringPhysicianName": "Adams^John Robert Quincy^^Rev.^B.A. M.Div.",
    "PatientName": "Yamada^Tarou=A^B=C^D",
    "OtherPatientNames": ["One^A", "Two^B"],
    "PatientID": "  K 12  ",
    "PatientAge": "074Y",
    "PatientWeight": "70.50",
    "PatientComments": "  two\\words  ",
    "InstanceNumber": " 7",
    "ImagePositionPatient": ["-1.50", "2.0E1", "3"],
    "Rows": 512,
    "TagAngleSecondAxis": -5,
    "ReferencePixelX0": -70000,
    "NumberOfTableBreakPoints": 4_000_000_000,
    "GradientOutput": 26.5,
    "DiffusionGradientOrientation": [1.0, -0.25, 1e-4],
    "RWaveTimeVector": [0.1, 30.0],
    "FrameIncrementPointer": 0x00181063,
    "AcquisitionMatrix": [0, 256, 192, 0],
    "PatientBirthDate": "",
    "StudyInstanceUID": "1.2.840.99",
    "EncapsulatedDocument": b"\x01\x02\xff\x00",
    "RedPaletteColorLookupTableData": b"\x00\x01\xff\xff",
    "(0029,0010) LO": "ACME",
    "(0029,1001) UN": b"seen\xe9 ",
}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("(0008,0008)", "ORIGINAL\\PRIMARY\\"),
        ("(0008,0054)", "NODE"),
        ("(0008,0020)", "20240115"),
        ("(0008,0030)", "101500.25"),
        ("(0008,002A)", "20240115101500.5+0100"),
        ("(0008,0090)", "Adams^John Robert Quincy^^Rev.^B.A. M.Div."),
        ("(0010,0010)", "Yamada^Tarou=A^B=C^D"),
        ("(0010,1001)", "One^A\\Two^B"),
        ("(0010,0020)", "K 12"),
        ("(0010,1010)", "074Y"),
        ("(0010,1030)", "70.50"),
        ("(0010,4000)", "  two\\words"),
        ("(0020,0013)", "7"),
        ("(0020,0032)", "-1.50\\2.0E1\\3"),
        ("(0028,0010)", "512"),
        ("(0018,9219)", "-5"),
        ("(0018,6020)", "-70000"),
        ("(0018,6050)", "4000000000"),
        ("(0018,9182)", "26.5"),
        ("(0018,9089)", "1.0\\-0.25\\1.0E-4"),
        ("(0018,6060)", "0.1\\30.0"),
        ("(0028,0009)", "00181063"),
        ("(0018,1310)", "0\\256\\192\\0"),
        ("(0010,0030)", ""),
        ("(0020,000D)", "1.2.840.99"),
        ("(0042,0011)", "01\\02\\FF\\00"),
        ("(0028,1201)", "256\\65535"),
        ("(0029,{ACME}01)", "seen\\E9"),
        ("(0002,0010)", "1.2.840.10008.1.2.1"),
    ],
)
def test_an_element_says_its_values_as_text(path: str, text: str) -> None:
    assert edited(f"(4000,4000) := concatenate[{path}]", VALUES).TextComments == text
    assert path == "(0002,0010)" or edited(f"{path} ?= {path}", VALUES)


def test_reading_leaves_every_byte_as_it_was() -> None:
    reads = "\n".join(
        f"echo ({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in list(filed(VALUES).keys()) if not tag >> 16 & 1
    )
    assert changes(reads, VALUES) == {}


@pytest.mark.parametrize(
    ("path", "written", "vr", "value"),
    [
        ("(0008,0008)", r'"A\\B\\C"', "CS", ["A", "B", "C"]),
        ("(0008,0008)", '"A"', "CS", "A"),
        ("(0008,0020)", '"someday"', "DA", "someday"),
        ("(0010,0040)", '"a text much too long for a code"', "CS", "a text much too long for a code"),
        ("(0010,1001)", r'"A^B\\C^D"', "PN", ["A^B", "C^D"]),
        ("(0010,4000)", r'"A\\B"', "LT", "A\\B"),
        ("(0008,0120)", '"http://x"', "UR", "http://x"),
        ("(0020,0013)", '"seven"', "IS", "seven"),
        ("(0020,0013)", "7", "IS", 7),
        ("(0010,1030)", '"heavy"', "DS", "heavy"),
        ("(0020,0032)", r'"1\\2\\3"', "DS", [1, 2, 3]),
        ("(0028,0010)", '"256"', "US", 256),
        ("(0028,0010)", '"+256"', "US", 256),
        ("(0028,0010)", '"0"', "US", 0),
        ("(0028,0010)", "65535", "US", 65535),
        ("(0018,9219)", "-32768", "SS", -32768),
        ("(0018,6020)", "-2147483648", "SL", -2147483648),
        ("(0018,6050)", "4294967295", "UL", 4294967295),
        ("(0008,040C)", "18446744073709551615", "UV", 18446744073709551615),
        ("(0018,1310)", r'"1\\2\\3\\4"', "US", [1, 2, 3, 4]),
        ("(0018,9182)", "30", "FD", 30.0),
        ("(0018,9182)", '"1.5E-3"', "FD", 0.0015),
        ("(0018,9182)", '" 2.5 "', "FD", 2.5),
        ("(0018,6060)", r'"0.5\\-2"', "FL", [0.5, -2.0]),
        ("(0028,0009)", '"00181063"', "AT", 0x00181063),
        ("(0028,0009)", '"18"', "AT", 0x18),
        ("(0028,0009)", r'"00181063\\0020000e"', "AT", [0x00181063, 0x0020000E]),
        ("(0042,0011)", '"ab"', "OB", b"ab"),
        ("(0042,0011)", '"é"', "OB", "é".encode()),
        ("(0028,1201)", '"abc"', "OW", b"abc\0"),
        ("(7FE0,0010)", '"abcd"', "OW", b"abcd"),
        ("(ABCC,1234)", '"z"', "UN", b"z\0"),
        ("(0010,0000)", "8", "UL", 8),
        ("(0028,0106)", "5", "US", 5),
    ],
)
def test_text_is_stored_by_the_vr_of_the_element(path: str, written: str, vr: str, value: Any) -> None:
    for elements in ({}, {key: each for key, each in VALUES.items() if key != "SpecificCharacterSet"}):
        element = edited(f"{path} := {written}", elements)[path[1:5] + path[6:10]]
        assert (element.VR, element.value) == (vr, value)


def test_an_element_that_is_there_keeps_the_vr_of_the_file() -> None:
    after = edited('(0010,0020) := "z"\n(0010,1030) := "5"', {"(0010,0020) SH": "x", "(0010,1030) FD": 1.0})
    assert (after["PatientID"].VR, after["PatientWeight"].VR, after.PatientWeight) == ("SH", "FD", 5.0)


@pytest.mark.parametrize(("representation", "vr"), [(0, "US"), (1, "SS")])
def test_the_sign_of_pixels_decides_between_two_vrs(representation: int, vr: str) -> None:
    element = edited("(0028,0106) := 5", {"PixelRepresentation": representation})["SmallestImagePixelValue"]
    assert (element.VR, element.value) == (vr, 5)


@pytest.mark.parametrize(
    "path", ["(0028,0010)", "(0018,9182)", "(0028,0009)", "(0042,0011)", "(0010,0010)", "(0018,1310)"]
)
def test_an_empty_text_empties_the_element(path: str) -> None:
    element = again(edited(f'{path} := ""', VALUES))[path[1:5] + path[6:10]]
    assert element.is_empty


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("(0028,0010)", '"tall"'), ("(0028,0010)", "1.5"), ("(0028,0010)", "65536"), ("(0028,0010)", "-1"),
        ("(0028,0010)", '"5 "'), ("(0028,0010)", r'"5\\"'), ("(0028,0010)", '"٣"'), ("(0028,0010)", '"1_0"'),
        ("(0018,9219)", "32768"), ("(0018,6020)", "2147483648"), ("(0018,6050)", "-1"), ("(0008,040C)", "-1"),
        ("(0018,9182)", '"warm"'), ("(0018,9182)", '"1_0"'), ("(0018,9182)", '"NaN"'), ("(0018,9182)", '"Infinity"'),
        ("(0018,9182)", '"1e999"'), ("(0018,6060)", '"1e39"'), ("(0018,9182)", '"1,5"'), ("(0018,9182)", r'"1\\"'),
        ("(0028,0009)", '"(0018,1063)"'), ("(0028,0009)", '"0018106G"'), ("(0028,0009)", '"001810631"'),
    ],
)  # fmt: skip
def test_text_that_is_no_number_or_does_not_fit_fails_the_script(path: str, written: str) -> None:
    with pytest.raises(ScriptFailed):
        edited(f"{path} := {written}", VALUES)


@pytest.mark.parametrize("name", ["Łódź^Zoë", "山田^太郎", "Петров^Иван"])
def test_a_name_in_another_script_survives_in_a_file_that_can_hold_it(name: str) -> None:
    assert str(again(edited(f'(0010,0010) := "{name}"', {"SpecificCharacterSet": "ISO_IR 192"})).PatientName) == name


def test_texts_stay_readable_at_every_depth_when_the_character_set_changes() -> None:
    elements = {
        "SpecificCharacterSet": "ISO_IR 100",
        "PatientName": "Peña^Zoë",
        "RequestAttributesSequence": [
            {"PatientName": "Größe", "ScheduledProtocolCodeSequence": [{"CodeMeaning": "Ä"}]}
        ],
    }
    after = again(edited('(0008,0005) := "ISO_IR 192"\n(0010,0020) := "Łódź"', elements))
    inner = after.RequestAttributesSequence[0]
    assert (after.PatientName, after.PatientID, inner.PatientName) == ("Peña^Zoë", "Łódź", "Größe")
    assert inner.ScheduledProtocolCodeSequence[0].CodeMeaning == "Ä"


def test_text_in_the_file_s_own_character_set_is_read() -> None:
    elements = {"SpecificCharacterSet": "ISO_IR 144", "PatientName": "Люкceмбypг"}
    assert edited('(0010,0010) = "Люкceмбypг" ? (0010,0010) := "ok"', elements).PatientName == "ok"


def test_values_that_were_assigned_are_read_as_they_were_assigned() -> None:
    statements = '(0020,0013) := "07"\n(0010,1030) := "1.50"\n(0028,0010) := "+5"\n(0018,9182) := "1e7"\n'
    said = edited(
        statements + '(0010,4000) := format["{0} {1} {2} {3}", (0020,0013), (0010,1030), (0028,0010), (0018,9182)]', {}
    )
    assert said.PatientComments == "07 1.50 5 1.0E7"


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ('(0010,0020) ?= "z"', {"PatientID": "z"}),
        ('(0010,0040) ?= "z"', {}),
        ('(0010,0030) ?= "19500101"', {"PatientBirthDate": "19500101"}),
        ('(0010,0020) ?= ""', {"PatientID": ""}),
        ("(0010,0020) ?= (0010,0040)", {"PatientID": ""}),
        ("(0010,0020) ?= (0010,0030)", {"PatientID": ""}),
        ("(0028,0010) ?= (0010,0040)", {"Rows": ""}),
        ("(0010,0020) := (0010,0040)", {}),
        ("(0010,0020) := (0010,0030)", {"PatientID": ""}),
        ("(0010,0040) := (0010,0030)", {"PatientSex": ""}),
        ('(0010,0020) := lookup["a", "b"]', {}),
        ('(0010,0020) ?= lookup["a", "b"]', {"PatientID": ""}),
        ('(0010,0020) := {"a", 5}', {"PatientID": "[a, 5]"}),
        ('(0010,0020) := "1" (0010,0020) := "2"', {"PatientID": "2"}),
        ("(0010,0020) := (0008,0020)", {"PatientID": "20240115"}),
        ("(0010,0020) := (0008,0008)", {"PatientID": "ORIGINAL\\PRIMARY\\"}),
    ],
)
def test_what_is_missing_and_what_is_empty_are_two_things(statement: str, changed: dict[str, str | None]) -> None:
    assert changes(statement, VALUES) == changed


def test_the_file_meta_information_can_be_read_and_edited() -> None:
    dataset = filed({})
    dataset.file_meta.SourceApplicationEntityTitle = "EAST"
    apply('version "6.6"\n(0010,0020) := (0002,0016)\n-(0002,0016)\n(0002,0100) ?= "1.2"', dataset)
    assert (dataset.PatientID, "SourceApplicationEntityTitle" in dataset.file_meta) == ("EAST", False)


def test_an_object_without_file_meta_information_can_be_edited() -> None:
    assert "PatientID" not in apply('version "6.6"\n(0010,0020) := (0002,0010)', Dataset())


def test_many_deletions_in_one_walk_leave_the_rest_undecoded() -> None:
    after = edited('-*/(0010,0010)\n*/(0010,0020) ?= "x"\nremoveAllPrivateTags', VALUES)
    assert isinstance(after.get_item("StudyTime"), pydicom.dataelem.RawDataElement)
