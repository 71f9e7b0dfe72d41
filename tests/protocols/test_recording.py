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
    for keyword in ("ImagePositionPatient", "PixelSpacing", "KVP", "Rows", "PatientWeight"):
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
        ("AcquisitionDateTime", "20240102101530.5+0100", "20000101101530.5+0100"),
        ("AcquisitionDateTime", "20240102 Mustermann", None),
        ("AcquisitionTime", "101530.123456", "101530.123456"),
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
