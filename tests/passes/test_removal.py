"""Private, unknown and patient elements: gone at every depth."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from uploader import dicom
from uploader.domain.errors import UnreadableFile
from uploader.passes.patient import REMOVED_KEYWORDS, ReplacePatient
from uploader.passes.private import RemovePrivate
from uploader.passes.unknown import RemoveUnknown

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def nested(dataset: Dataset) -> Dataset:
    """`dataset` three levels down."""
    for _ in range(3):
        outer = Dataset()
        outer.ReferencedStudySequence = [dataset]
        dataset = outer
    return dataset


def raw(tag: int, vr: str | None, value: bytes) -> RawDataElement:
    return RawDataElement(BaseTag(tag), vr, len(value), value, 0, vr is None, True)


def tags(dataset: Dataset) -> set[int]:
    return {int(tag) for level in dicom.walk(dataset) for tag, _ in level.items()}


@pytest.mark.parametrize("name", ["nested_priv_SQ.dcm", "priv_SQ.dcm"])
def test_no_private_element_is_left_in_samples_with_private_sequences(samples: Path, name: str) -> None:
    dataset = dicom.read(samples / "transfer_syntaxes" / name).dataset
    RemovePrivate().apply(dataset)
    assert not [tag for tag in tags(dataset) if tag >> 16 & 1]


def test_no_private_element_is_left_in_a_siemens_header(samples: Path) -> None:
    dataset = dicom.read(samples / "mr_siemens_mosaic/mr_0003_epi_pe_ap-00001.dcm").dataset
    RemovePrivate().apply(dataset)
    assert not [tag for tag in tags(dataset) if tag >> 16 & 1]


def test_a_private_element_in_a_nested_item_is_removed() -> None:
    inner = Dataset()
    inner.add_new(0x00090010, "LO", "ACME")
    inner.add_new(0x00091001, "LO", "Jane")
    RemovePrivate().apply(nested(inner))
    assert not inner


@pytest.mark.parametrize("tag", [0x00080000, 0x00020010, 0x00001000, 0x50000005, 0x60003000, 0x601E4000, 0xFFFAFFFA])
@pytest.mark.parametrize("depth", ["on top", "nested"])
def test_group_lengths_commands_curves_overlays_and_signatures_are_removed(tag: int, depth: str) -> None:
    inner = Dataset()
    inner._dict[BaseTag(tag)] = raw(tag, "OB", b"Jane")
    RemoveUnknown().apply(nested(inner) if depth == "nested" else inner)
    assert not inner


def test_an_element_that_no_dictionary_knows_is_removed() -> None:
    dataset = Dataset()
    dataset[0x00086543] = raw(0x00086543, "LO", b"Jane")
    RemoveUnknown().apply(dataset)
    assert not dataset


def test_an_element_of_unknown_vr_gets_the_vr_of_its_attribute_back() -> None:
    dataset = Dataset()
    dataset[0x00080020] = raw(0x00080020, "UN", b"20200301")
    RemoveUnknown().apply(dataset)
    assert dataset["StudyDate"].VR == "DA"


def test_an_element_of_a_vr_that_does_not_exist_gets_the_vr_of_its_attribute_back() -> None:
    dataset = Dataset()
    dataset[0x00080020] = raw(0x00080020, "ZZ", b"20200301")
    RemoveUnknown().apply(dataset)
    assert dataset["StudyDate"].VR == "DA"


def test_an_element_of_unknown_vr_that_does_not_decode_is_removed() -> None:
    dataset = Dataset()
    dataset[0x00189073] = raw(0x00189073, "UN", b"Jane!!")
    RemoveUnknown().apply(dataset)
    assert not dataset


def test_a_sequence_hidden_under_another_vr_is_removed() -> None:
    dataset = Dataset()
    dataset[0x00081140] = raw(0x00081140, "OB", struct.pack("<HHI", 0xFFFE, 0xE000, 0))
    RemoveUnknown().apply(dataset)
    assert not dataset


def test_a_file_written_with_unknown_vr_throughout_keeps_its_known_elements(samples: Path) -> None:
    dataset = dicom.read(samples / "broken/explicit_VR-UN.dcm").dataset
    RemoveUnknown().apply(dataset)
    assert (dataset["SOPInstanceUID"].VR, {e.VR for e in dataset} & {"UN"}) == ("UI", set())


@pytest.mark.parametrize("remove", [RemovePrivate(), RemoveUnknown(), ReplacePatient("S-1")], ids=repr)
def test_doing_it_twice_changes_nothing_more(samples: Path, remove: ReplacePatient) -> None:
    dataset = dicom.read(samples / "mr_siemens_mosaic/mr_0003_epi_pe_ap-00001.dcm").dataset
    remove.apply(dataset)
    before = str(dataset)
    remove.apply(dataset)
    assert str(dataset) == before


@pytest.mark.parametrize("keyword", REMOVED_KEYWORDS)
def test_an_attribute_that_names_the_patient_is_removed_wherever_it_is(keyword: str) -> None:
    inner = Dataset()
    setattr(inner, keyword, [] if keyword.endswith("Sequence") else "Jane")
    ReplacePatient("S-1").apply(nested(inner))
    assert not inner


def test_name_and_id_become_the_subject_wherever_they_are() -> None:
    inner = Dataset()
    inner.PatientName, inner.PatientID, inner.AccessionNumber = "Doe^Jane", "MRN1", "A1"
    ReplacePatient("S-1").apply(nested(inner))
    assert (str(inner.PatientName), inner.PatientID, inner.AccessionNumber) == ("S-1", "S-1", "")


def test_a_sequence_that_does_not_decode_as_one_is_refused_when_it_is_walked() -> None:
    dataset = Dataset()
    dataset[0x00081140] = raw(0x00081140, "UN", b"Jane" * 0x4000)
    with pytest.raises(UnreadableFile):
        list(dicom.walk(dataset))


def test_a_large_sequence_of_unknown_vr_is_removed() -> None:
    dataset = Dataset()
    dataset[0x00081140] = raw(0x00081140, "UN", b"Jane" * 0x4000)
    RemoveUnknown().apply(dataset)
    assert not dataset
