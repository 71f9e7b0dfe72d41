"""The DICOM JSON Model of a file: pydicom reads from it what was in the file."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ImplicitVRLittleEndian

from tests.archives.embedded.door import image
from uploader import dicom
from uploader.archives.embedded import dicomjson


def read_back(**values: Any) -> tuple[Dataset, dict[str, Any]]:
    """A dataset with these values as it is read from a file, and its JSON."""
    dataset = dcmread(io.BytesIO(image()))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    out = io.BytesIO()
    dcmwrite(out, dataset, enforce_file_format=True)
    out.seek(0)
    return dataset, dicomjson.attributes(dicom.read_header(out), lambda trail: f"at/{trail}")


def test_what_is_written_is_read_again() -> None:
    item = Dataset()
    item.CodeValue, item.CodeMeaning = "T-1", "Thorax"
    dataset, found = read_back(
        SpecificCharacterSet="ISO_IR 192",
        PatientName="Müller^Jörg",
        ImagePositionPatient=[-1.5, 0, 2e-3],
        Rows=512,
        ImageType=["ORIGINAL", "PRIMARY"],
        FrameIncrementPointer=0x00181063,
        AnatomicRegionSequence=[item],
        AccessionNumber="",
    )
    again = Dataset.from_json(json.loads(json.dumps(found)))
    for element in again:
        assert element == dataset[element.tag]
    assert again.AnatomicRegionSequence[0].CodeMeaning == "Thorax"


def test_texts_of_any_character_set_become_unicode() -> None:
    _, found = read_back(SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jörg")
    assert found["00100010"]["Value"] == [{"Alphabetic": "Müller^Jörg"}]
    assert found["00080005"]["Value"] == ["ISO_IR 192"]


def test_large_values_are_said_where_to_get_at_every_depth() -> None:
    item = Dataset()
    item.EncapsulatedDocument = b"x" * 2000
    dataset, found = read_back(ReferencedImageSequence=[Dataset(), item], ICCProfile=b"y" * 10)
    trail = "00081140/2/00420011"
    assert found["00081140"]["Value"][1]["00420011"]["BulkDataURI"] == f"at/{trail}"
    assert found["00282000"]["InlineBinary"] == "eXl5eXl5eXl5eQ=="
    assert dicomjson.bulk(dataset, trail) == b"x" * 2000


@pytest.mark.parametrize(
    "trail", ["00081140/3/00420011", "00081140/0/00420011", "00100010", "00420011", "00100010/1/00420011"]
)
def test_a_trail_that_leads_nowhere_finds_nothing(trail: str) -> None:
    dataset, _ = read_back(ReferencedImageSequence=[Dataset()])
    assert dicomjson.bulk(dataset, trail) is None


def test_what_is_no_number_is_told_without_a_value() -> None:
    dataset = dcmread(io.BytesIO(image()))
    dataset.add_new(0x00200032, "LO", ["1", "zwei", "3"])
    out = io.BytesIO()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dcmwrite(out, dataset, implicit_vr=True, little_endian=True, enforce_file_format=True)
    out.seek(0)
    found = dicomjson.attributes(dicom.read_header(out), str)
    assert found["00200032"] == {"vr": "DS"}
    assert found["00100010"]["Value"] == [{"Alphabetic": "S"}]


def test_not_a_number_is_null_for_json_has_no_word_for_it() -> None:
    _, found = read_back(RescaleSlope="nan", DetectorElementSize=None, RealWorldValueSlope=float("inf"))
    assert found["00281053"]["Value"] == [None]
    assert found["00409225"]["Value"] == [None]
    assert json.dumps(found, allow_nan=False)


def test_an_implicit_file_names_one_vr_for_each_element() -> None:
    dataset = dcmread(io.BytesIO(image()))
    dataset.Rows, dataset.PixelRepresentation, dataset.SmallestImagePixelValue = 2, 1, -3
    out = io.BytesIO()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dcmwrite(out, dataset, implicit_vr=True, little_endian=True, enforce_file_format=True)
    out.seek(0)
    found = dicomjson.attributes(dicom.read_header(out), str)
    assert found["00280106"] == {"vr": "SS", "Value": [-3]}
    assert not [element for element in found.values() if " or " in element["vr"]]


def test_sequences_deeper_than_any_real_file_end_somewhere() -> None:
    dataset = Dataset()
    for _ in range(200):
        outer = Dataset()
        outer.ReferencedImageSequence = [dataset]
        dataset = outer
    assert json.dumps(dicomjson.attributes(dataset, str)).count("00081140") < 50


def test_what_was_decoded_for_another_slice_is_told_alike() -> None:
    slices = []
    for number, name, charset in (
        (1, "Müller", "ISO_IR 100"),
        (2, "Müller", "ISO_IR 192"),
        (3, "Mø", "ISO_IR 100"),
    ):
        dataset = dcmread(io.BytesIO(image(number=number)))
        dataset.SpecificCharacterSet, dataset.PatientName = charset, name
        dataset.PixelRepresentation, dataset.SmallestImagePixelValue = number % 2, 60000 if number == 2 else -5536
        out = io.BytesIO()
        dcmwrite(out, dataset, enforce_file_format=True)
        slices.append(dicom.read_header(io.BytesIO(out.getvalue())))
    memory = dicomjson.Memory()
    together = [dicomjson.attributes(dataset, str, memory=memory) for dataset in slices]
    assert together == [dicomjson.attributes(dataset, str) for dataset in slices]
    assert [found["00100010"]["Value"][0]["Alphabetic"] for found in together] == ["Müller", "Müller", "Mø"]
