"""What an example keeps of a session tells of nobody, and is judged as the session is."""

from __future__ import annotations

import json

import pytest

from tests.phantoms import headers_of
from uploader.phantom import write_session
from uploader.protocols.recording import of_nobody

ASKED = {
    "nomenclature": {"ignore": ["case"]},
    "rois": [{"name": "PTV*", "need": "required"}, {"any_of": ["BODY", "External"], "need": "required"}],
    "inputs": [
        {
            "match": [{"attr": "SeriesDescription", "op": "regex", "value": "(?i)(planning|phase)"}],
            "acquisition": [{"attr": "DeviceSerialNumber", "op": "same_across_series"}],
        }
    ],
}


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("session")
    identity = write_session(folder, seed=5, slices=4, size=32)
    return identity, headers_of(folder)


@pytest.fixture(scope="module")
def bare(phantom):
    return of_nobody(phantom[1], ASKED)


def test_nothing_of_the_patient_is_left(phantom, bare):
    identity, _ = phantom
    text = json.dumps(bare)
    assert [value for value in (*identity.values, *identity.uids) if value in text] == []


def test_references_still_lead_to_what_they_led_to(bare):
    images = {header["SOPInstanceUID"] for header in bare.values() if header["Modality"] == "CT"}
    (structures,) = (header for header in bare.values() if header["Modality"] == "RTSTRUCT")
    frame = structures["ReferencedFrameOfReferenceSequence"][0]
    series = frame["RTReferencedStudySequence"][0]["RTReferencedSeriesSequence"][0]
    assert {each["ReferencedSOPInstanceUID"] for each in series["ContourImageSequence"]} == images
    assert series["ContourImageSequence"][0]["ReferencedSOPClassUID"] == "1.2.840.10008.5.1.4.1.1.2"


def test_days_move_and_the_time_between_them_stays(phantom, bare):
    _, headers = phantom
    days = [header["SeriesDate"] for header in bare.values()]
    assert min(days) == "20000101"
    assert len(set(days)) == len({header["SeriesDate"] for header in headers.values()})


def test_measurements_stay(phantom, bare):
    before = [h for h in phantom[1].values() if h["Modality"] == "CT"]
    after = [h for h in bare.values() if h["Modality"] == "CT"]
    for keyword in ("ImagePositionPatient", "PixelSpacing", "KVP", "Rows"):
        assert [h[keyword] for h in after] == [h[keyword] for h in before]


def test_all_files_are_still_of_one_patient(bare):
    assert len({(h["PatientID"], h["PatientName"], h["PatientBirthDate"]) for h in bare.values()}) == 1


@pytest.mark.parametrize(
    ("keyword", "value", "kept"),
    [
        ("SeriesDescription", "Planning Mustermann", "Planning"),
        ("SeriesDescription", "Mustermann", "text 1"),
        ("DeviceSerialNumber", "4711-Charité", "text 1"),
        ("StudyDescription", "Planning", None),
        ("Manufacturer", "SIEMENS", "SIEMENS"),
        ("ImageType", ["ORIGINAL", "PRIMARY"], ["ORIGINAL", "PRIMARY"]),
        ("BodyPartExamined", "MRN1234567", None),
        ("PatientAge", "071Y", None),
        ("ROIName", "ptv_5040", "ptv_5040"),
        ("ROIName", "PTV Mustermann Erika", "PTVtext 1"),
        ("ROIName", "Heart", "Heart"),
        ("ROIName", "Herz von Erika", "text 1"),
        ("AcquisitionDateTime", "20240102101530.5+0100", "20000101000000.000000+0100"),
        ("SeriesDate", "20240102 Erika", None),
        ("SeriesDate", "00010101", "20000101"),
        ("AcquisitionDateTime", "20240102 Mustermann", None),
        ("AcquisitionTime", "101530.123456", "000000.000000"),
        ("AcquisitionTime", "Mustermann", None),
        ("BodyPartExamined", "MUSTERMANN", None),
        ("BodyPartExamined", "HEAD", "HEAD"),
        ("Manufacturer", "SIEMENS for Mustermann", None),
    ],
)
def test_a_text_stays_only_if_the_protocol_or_the_standard_says_it(keyword, value, kept):
    header = {keyword: value, "StudyDate": "20240102", "PatientName": "Mustermann^Erika"}
    assert of_nobody({"1": header}, ASKED)["0001.dcm"].get(keyword) == kept


def test_two_patients_are_still_two(phantom):
    headers = {"1": {"PatientID": "A1", "Modality": "CT"}, "2": {"PatientID": "B2", "Modality": "CT"}}
    assert [h["PatientID"] for h in of_nobody(headers, ASKED).values()] == ["text 1", "text 2"]


def test_an_expression_that_finds_everything_keeps_nothing():
    asked = {"inputs": [{"match": [{"attr": "SeriesDescription", "op": "regex", "value": ".*"}]}]}
    header = {"SeriesDescription": "Mustermann 4711"}
    assert of_nobody({"1": header}, asked)["0001.dcm"] == {"SeriesDescription": "text 1"}


PET = {
    "Modality": "PT",
    "StudyDate": "20240102",
    "StudyTime": "101500",
    "SeriesDate": "20240102",
    "SeriesTime": "111000.250",
    "AcquisitionTime": ["111530", "1120"],
    "ContentTime": "000000",
    "PatientSex": "F",
    "PatientSize": 1.713,
    "PatientWeight": 68.2,
    "PregnancyStatus": 4,
    "SmokingStatus": "NO",
    "RadiopharmaceuticalInformationSequence": [
        {"RadiopharmaceuticalStartTime": "100500", "RadiopharmaceuticalStartDateTime": "20240102100500.000000+0100"}
    ],
}


def recorded(header, asked):
    return of_nobody({"1": header}, asked)["0001.dcm"]


def test_times_of_day_move_all_alike_wherever_they_stand():
    bare = recorded(PET, {})
    assert bare["StudyTime"] == "001000"
    assert bare["SeriesTime"] == "010500.250000"
    assert bare["AcquisitionTime"] == ["011030", "011500"]
    assert bare["RadiopharmaceuticalInformationSequence"] == [
        {"RadiopharmaceuticalStartTime": "000000", "RadiopharmaceuticalStartDateTime": "20000101000000.000000+0100"}
    ]


def test_times_of_all_files_move_alike_and_days_as_far_as_before():
    plan = {"Modality": "RTPLAN", "RTPlanDate": "20240109", "RTPlanTime": "090000"}
    bare = of_nobody({"1": PET, "2": plan}, {})
    assert (bare["0001.dcm"]["StudyTime"], bare["0001.dcm"]["StudyDate"]) == ("011500", "20000101")
    assert (bare["0002.dcm"]["RTPlanTime"], bare["0002.dcm"]["RTPlanDate"]) == ("000000", "20000108")


def test_midnight_is_no_time_and_stays():
    assert recorded(PET, {})["ContentTime"] == "000000"


def test_nothing_of_the_body_stays_that_the_protocol_does_not_need():
    of_body = {"PatientSex", "PatientSize", "PatientWeight", "PregnancyStatus", "SmokingStatus"}
    assert of_body & recorded(PET, {}).keys() == set()


def test_the_weight_that_an_suv_needs_stays_and_is_rounded():
    bare = recorded(PET, {"inputs": [{"modality": "PT", "pet": {"suv_computable": True}}]})
    assert (bare["PatientWeight"], bare.get("PatientSize"), bare.get("PatientSex")) == (70, None, None)


def test_what_a_rule_asks_of_the_body_stays_and_is_rounded():
    asked = {
        "inputs": [{"acquisition": [{"attr": "PatientSize", "op": "present"}, {"attr": "PatientSex", "op": "eq"}]}]
    }
    bare = recorded(PET, asked)
    assert (bare["PatientSize"], bare["PatientSex"], bare.get("PatientWeight")) == (1.7, "F", None)


def test_a_weight_that_was_entered_does_not_become_none():
    asked = {"inputs": [{"modality": "PT", "pet": {"suv_computable": True}}]}
    assert [recorded({"PatientWeight": kg}, asked)["PatientWeight"] for kg in (0, 1.2)] == [0, 5]


def test_a_day_that_no_calendar_has_once_moved_goes():
    assert of_nobody({"1": {"StudyDate": "00010101", "SeriesDate": "99991231"}}, {})["0001.dcm"] == {
        "StudyDate": "20000101"
    }
