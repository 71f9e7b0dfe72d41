"""Private, unknown and patient elements: gone at every depth, however they are written."""

from __future__ import annotations

import struct
from pathlib import Path

import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.uid import CTImageStorage, ExplicitVRBigEndian, ImplicitVRLittleEndian

from tests.passes.treated import session, treated, work
from uploader import dicom
from uploader.rules import Fate

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def nested(dataset: Dataset) -> Dataset:
    """`dataset` three levels down."""
    for _ in range(3):
        outer = Dataset()
        outer.ReferencedImageSequence = [dataset]
        dataset = outer
    return dataset


def innermost(dataset: Dataset) -> Dataset:
    for _ in range(3):
        dataset = dataset.ReferencedImageSequence[0]
    return dataset


def raw(tag: int, vr: str | None, value: bytes) -> RawDataElement:
    return RawDataElement(BaseTag(tag), vr, len(value), value, 0, vr is None, True)


def tags(dataset: Dataset) -> set[int]:
    return {int(tag) for level in dicom.walk(dataset) for tag, _ in level.items()}


def file_treated(source: Path, folder: Path, policy: str = "basic") -> Dataset:
    work(policy).file(source, folder / "out.dcm")
    return pydicom.dcmread(folder / "out.dcm")


@pytest.mark.parametrize(
    "name",
    [
        "transfer_syntaxes/nested_priv_SQ.dcm",
        "transfer_syntaxes/priv_SQ.dcm",
        "mr_siemens_mosaic/mr_0003_epi_pe_ap-00001.dcm",
    ],
)
def test_no_private_element_is_left_in_samples_with_private_sequences(samples: Path, tmp_path: Path, name: str) -> None:
    source = pydicom.dcmread(samples / name)
    after = treated(source, syntax=source.file_meta.TransferSyntaxUID)
    assert not [tag for tag in tags(after) if tag >> 16 & 1]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_private_element_in_a_nested_item_is_removed(syntax: str) -> None:
    inner = Dataset()
    inner.add_new(0x00090010, "LO", "ACME")
    inner.add_new(0x00091001, "LO", "Jane")
    assert not innermost(treated(nested(inner), syntax=syntax))


@pytest.mark.parametrize("tag", [0x00080000, 0x50000005, 0x60003000, 0x601E4000, 0xFFFAFFFA])
@pytest.mark.parametrize("depth", ["on top", "nested"])
def test_group_lengths_curves_overlays_and_signatures_are_removed(tag: int, depth: str) -> None:
    inner = Dataset()
    inner._dict[BaseTag(tag)] = raw(tag, "OB", b"Jane")
    after = treated(nested(inner) if depth == "nested" else inner)
    assert tag not in tags(after)


def test_an_element_that_no_dictionary_knows_is_removed() -> None:
    dataset = Dataset()
    dataset[0x00086543] = raw(0x00086543, "LO", b"Jane")
    assert 0x00086543 not in treated(dataset)


def test_an_element_of_unknown_vr_gets_the_vr_of_its_attribute_back() -> None:
    dataset = Dataset()
    dataset[0x00080020] = raw(0x00080020, "UN", b"20200301")
    after = treated(dataset, days=1)
    assert (after["StudyDate"].VR, after.StudyDate) == ("DA", "20200229")


def test_an_element_of_a_vr_that_does_not_exist_gets_the_vr_of_its_attribute_back(
    samples: Path, tmp_path: Path
) -> None:
    data = (samples / "mr_siemens_mosaic/mr_0003_epi_pe_ap-00001.dcm").read_bytes()
    (tmp_path / "in.dcm").write_bytes(data.replace(b"\x08\0\x20\0DA", b"\x08\0\x20\0ZZ", 1))
    after = file_treated(tmp_path / "in.dcm", tmp_path)
    assert (after["StudyDate"].VR, len(after.StudyDate)) == ("DA", 8)


def test_a_sequence_hidden_under_another_vr_is_removed() -> None:
    dataset = Dataset()
    dataset[0x00081140] = raw(0x00081140, "OB", struct.pack("<HHI", 0xFFFE, 0xE000, 0))
    assert "ReferencedImageSequence" not in treated(dataset)


@pytest.mark.parametrize("tag", [0x00280120, 0x00280010, 0x00180050, 0x0008103E, 0x00080060])
@pytest.mark.parametrize("policy", ["basic", "trial", "research"])
def test_bytes_do_not_pass_for_a_number_a_text_or_a_code(tag: int, policy: str) -> None:
    dataset = Dataset()
    dataset[tag] = raw(tag, "OB", b"Jane Doe")
    assert "Jane" not in str(treated(dataset, policy))


def test_pixels_and_tables_may_be_bytes_or_words() -> None:
    dataset = Dataset()
    dataset[0x00281201] = raw(0x00281201, "OB", b"\1\2\3\4")
    assert treated(dataset)[0x00281201].value == b"\1\2\3\4"


def test_a_sequence_of_unknown_vr_is_treated_as_the_sequence_that_it_is() -> None:
    item = struct.pack("<HHI", 0x0008, 0x1155, 6) + b"1.2.3\0"
    dataset = Dataset()
    dataset[0x00081140] = raw(0x00081140, "UN", struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item)
    assert treated(dataset).ReferencedImageSequence[0].ReferencedSOPInstanceUID.startswith("2.25.")


def test_a_sequence_of_unknown_vr_that_is_none_is_removed() -> None:
    dataset = Dataset()
    dataset[0x00081140] = raw(0x00081140, "UN", b"Jane" * 0x4000)
    assert "ReferencedImageSequence" not in treated(dataset)


def test_a_file_written_with_unknown_vr_throughout_keeps_its_known_elements(samples: Path, tmp_path: Path) -> None:
    after = file_treated(samples / "broken/explicit_VR-UN.dcm", tmp_path)
    assert (after["SOPInstanceUID"].VR, {e.VR for e in after} & {"UN"}) == ("UI", set())


def left_of(tag: int, vr: bytes, value: bytes) -> bytes | None:
    """What the rule for an element that stays makes of its value."""
    rule = session("trial").rules(CTImageStorage, set()).public(tag, vr, top=True)
    assert not isinstance(rule, Fate)
    return rule(value, b"")


@pytest.mark.parametrize("vr", [b"DS", b"UN"])
@pytest.mark.parametrize(
    "value", [b"1.5 ", b"-1", b" 1e-3\\ 2", b"0.5\\\\0.5", b"1,5 ", b"nan ", b"1\\NaN\\-inf", b"1.5\0", b""]
)
def test_figures_stay_as_they_are_written(value: bytes, vr: bytes) -> None:
    assert left_of(0x00180050, vr, value) == value


@pytest.mark.parametrize("value", [b"Jane Doe", b"1.5\\Jane", b"12 kg ", b"1.5\xe9", b"nanna "])
def test_nothing_else_passes_for_a_number(value: bytes) -> None:
    assert (left_of(0x00180050, b"DS", value), left_of(0x00200013, b"IS", value)) == (b"", b"")


def test_a_word_among_numbers_is_emptied_in_a_file_too() -> None:
    dataset = Dataset()
    dataset[0x00180050] = raw(0x00180050, "DS", b"Jane Doe")
    assert treated(dataset)["SliceThickness"].value is None


@pytest.mark.parametrize("value", [b"ISO_IR 100", b"\\ISO 2022 IR 87", b"UTF-8 ", b"ISO_IR 100\\", b"GB18030 "])
def test_names_of_character_sets_stay(value: bytes) -> None:
    assert left_of(0x00080005, b"CS", value) == value


@pytest.mark.parametrize("value", [b"DOE^JANE", b"ISO_IR 100\\JANE"])
def test_no_other_word_passes_for_a_character_set(value: bytes) -> None:
    assert left_of(0x00080005, b"CS", value) == b""


@pytest.mark.parametrize(
    "keyword",
    [
        "OtherPatientIDs",
        "OtherPatientNames",
        "PatientAddress",
        "PatientBirthName",
        "PatientMotherBirthName",
        "PatientTelephoneNumbers",
        "MilitaryRank",
        "MedicalRecordLocator",
        "IssuerOfPatientID",
        "ResponsiblePerson",
    ],
)
@pytest.mark.parametrize("policy", ["basic", "trial", "research", "no_dates"])
def test_an_attribute_that_names_the_patient_is_removed_wherever_it_is(keyword: str, policy: str) -> None:
    inner = Dataset()
    setattr(inner, keyword, "Jane")
    assert not innermost(treated(nested(inner), policy))


def test_the_name_says_nothing_inside_an_item_and_the_subject_on_top() -> None:
    inner = Dataset()
    inner.PatientName, inner.PatientID = "Doe^Jane", "MRN1"
    after = treated(nested(inner))
    assert (str(after.PatientName), after.PatientID) == ("S-1", "S-1")
    assert "Doe" not in str(after)
    assert "MRN1" not in str(after)
