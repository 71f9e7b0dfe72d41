"""The door to pydicom: what is read, what is refused, and what an edit leaves as it was."""

from __future__ import annotations

import io
import lzma
import os
import struct
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from uploader import dicom, phantom
from uploader.domain.errors import ScriptRejected, UnreadableFile

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

REFUSED = {
    "acr_nema/CR-MONO1-10-chest",
    "acr_nema/GH340.dcm",
    "acr_nema/OT-PAL-8-face.dcm",
    "broken/ExplVR_BigEndNoMeta.dcm",
    "broken/ExplVR_LitEndNoMeta.dcm",
    "broken/GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm",
    "broken/GH626.dcm",
    "broken/MR_truncated.dcm",
    "broken/meta_missing_tsyntax.dcm",
    "broken/no_meta.dcm",
    "broken/rtplan_truncated.dcm",
    "burned_in_flags/GH364.dcm",
    "rt_unlinked_small/rtplan_truncated.dcm",
    "rt_unlinked_small/rtstruct.dcm",
    "transfer_syntaxes/image_dfl.dcm",
}
"""Samples without preamble, cut short, deflated, or contradicting themselves."""
FOLDERS = (
    "acr_nema",
    "broken",
    "burned_in_flags",
    "charsets",
    "dicomdir",
    "enhanced_multiframe",
    "mr_siemens_mosaic",
    "pet",
    "rt_bad_references",
    "rt_orphan_dose",
    "rt_unlinked_small",
    "rtimage",
    "sr_seg_pdf",
    "transfer_syntaxes",
    "us_burned_in",
)


def sample_files(samples: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (p for p in sorted((samples / folder).rglob("*")) if p.is_file() and p.suffix != ".xz")


def contents(dataset: Dataset, path: str = "") -> Iterator[tuple[str, object]]:
    """Every element at every depth but group lengths, as pydicom itself decodes it."""
    for element in dataset:
        where = f"{path}{element.tag}"
        if element.VR == "SQ":
            for index, item in enumerate(element.value):
                yield from contents(item, f"{where}[{index}]")
        elif element.tag.element != 0:
            yield where, (str(element.VR), repr(element.value))


def has_identity(dataset: Dataset) -> bool:
    return bool(dataset.get("SOPClassUID") and dataset.get("SOPInstanceUID"))


def small_image(path: Path, syntax: str = ExplicitVRLittleEndian, pixels: bytes = b"\1\2" * 8) -> Path:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3.4"
    dataset.PatientName, dataset.StudyDate = "Doe^Jane", "20200229"
    dataset.Rows, dataset.Columns, dataset.BitsAllocated = 4, 2, 16
    dataset.PixelData = pixels
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    if pydicom.uid.UID(syntax).is_encapsulated:
        dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path, enforce_file_format=True)
    return path


def unchanged(dataset: Dataset) -> Dataset:
    return dataset


def test_every_sample_is_read_whole_or_refused(samples: Path) -> None:
    refused = set()
    for path in sample_files(samples):
        try:
            dicom.read(path)
        except UnreadableFile:
            refused.add(str(path.relative_to(samples)))
    assert refused == REFUSED


def test_an_edit_that_changes_nothing_keeps_every_element_of_every_sample(samples: Path, tmp_path: Path) -> None:
    differing, checked, target = [], 0, tmp_path / "out.dcm"
    for path in sample_files(samples):
        name = str(path.relative_to(samples))
        if name in REFUSED or not has_identity(dicom.read(path).dataset):
            continue
        if name.startswith("rt_orphan_dose"):  # holds an element that cannot be decoded, to compare
            continue
        dicom.edit(path, target, unchanged)
        checked += 1
        if dict(contents(pydicom.dcmread(path))) != dict(contents(pydicom.dcmread(target))):
            differing.append(name)
    assert (differing, checked > 80) == ([], True)


def test_an_edit_keeps_the_pixel_element_to_the_byte_in_every_sample(samples: Path, tmp_path: Path) -> None:
    differing, target = [], tmp_path / "out.dcm"
    for path in sample_files(samples):
        if str(path.relative_to(samples)) in REFUSED or not has_identity(dicom.read(path).dataset):
            continue
        dicom.edit(path, target, unchanged)
        if pixel_bytes(path) != pixel_bytes(target):
            differing.append(path)
    assert differing == []


def pixel_bytes(path: Path) -> bytes:
    offset, length = dicom.read(path).pixels
    return path.read_bytes()[offset : offset + length]


@pytest.mark.parametrize("name", ["chrJapMulti", "chrKoreanMulti", "chrGB2312", "chrH31", "chrX1", "chrSQEncoding"])
def test_names_in_mixed_character_sets_survive_a_change_of_another_element(
    samples: Path, tmp_path: Path, name: str
) -> None:
    source, target = samples / "charsets" / f"{name}.dcm", tmp_path / "out.dcm"

    def change(dataset: Dataset) -> Dataset:
        dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3"
        _ = dataset.get("PatientName")
        dataset.StudyID = "1"
        return dataset

    dicom.edit(source, target, change)
    before, after = pydicom.dcmread(source), pydicom.dcmread(target)
    assert str(after.get("PatientName")) == str(before.get("PatientName"))


def test_text_is_written_again_when_a_script_changes_the_character_set(samples: Path, tmp_path: Path) -> None:
    source, target = samples / "charsets" / "chrGerm.dcm", tmp_path / "out.dcm"

    def to_unicode(dataset: Dataset) -> Dataset:
        dataset.SpecificCharacterSet = "ISO_IR 192"
        return dataset

    dicom.edit(source, target, to_unicode)
    assert str(pydicom.dcmread(target).PatientName) == str(pydicom.dcmread(source).PatientName)


def test_the_file_meta_are_fresh_and_the_preamble_is_zero(tmp_path: Path) -> None:
    source, target = small_image(tmp_path / "in.dcm"), tmp_path / "out.dcm"
    data = bytearray(source.read_bytes())
    data[:16] = b"Doe, Jane, MRN 1"
    source.write_bytes(data)
    dicom.edit(source, target, unchanged)
    meta = pydicom.dcmread(target).file_meta
    assert target.read_bytes()[:128] == b"\0" * 128
    assert {e.keyword for e in meta} == {
        "FileMetaInformationGroupLength",
        "FileMetaInformationVersion",
        "MediaStorageSOPClassUID",
        "MediaStorageSOPInstanceUID",
        "TransferSyntaxUID",
        "ImplementationClassUID",
        "ImplementationVersionName",
    }


def test_the_file_meta_name_the_instance_that_the_change_made(tmp_path: Path) -> None:
    source, target = small_image(tmp_path / "in.dcm"), tmp_path / "out.dcm"

    def rename(dataset: Dataset) -> Dataset:
        dataset.SOPInstanceUID = "2.25.7"
        return dataset

    dicom.edit(source, target, rename)
    assert pydicom.dcmread(target).file_meta.MediaStorageSOPInstanceUID == "2.25.7"


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless])
def test_elements_behind_the_pixels_stay_behind_them(tmp_path: Path, syntax: str) -> None:
    pixels = encapsulate([b"\1\2\3\4"]) if syntax == RLELossless else b"\1\2" * 8
    source, target = small_image(tmp_path / "in.dcm", syntax, pixels), tmp_path / "out.dcm"
    trailing = struct.pack("<HH", 0x7FE1, 0x0010)
    trailing += struct.pack("<I", 4) if syntax == ImplicitVRLittleEndian else b"LO" + struct.pack("<H", 4)
    source.write_bytes(source.read_bytes() + trailing + b"ACME")
    dicom.edit(source, target, unchanged)
    assert target.read_bytes().endswith(pixel_bytes(source) + trailing + b"ACME")


def test_padding_behind_the_last_element_is_dropped(tmp_path: Path) -> None:
    source, target = small_image(tmp_path / "in.dcm"), tmp_path / "out.dcm"
    source.write_bytes(source.read_bytes() + b"\0" * 100_001)
    dicom.edit(source, target, unchanged)
    assert target.read_bytes().endswith(pixel_bytes(source))


def test_pixels_are_copied_between_file_systems(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system at /dev/shm")
    source = small_image(tmp_path / "in.dcm", pixels=os.urandom(3_000_000))
    with tempfile.TemporaryDirectory(dir=memory) as other:
        target = Path(other) / "out.dcm"
        dicom.edit(source, target, unchanged)
        assert pixel_bytes(target) == pixel_bytes(source)


def test_memory_does_not_grow_with_the_pixels(tmp_path: Path) -> None:
    source, target = tmp_path / "in.dcm", tmp_path / "out.dcm"
    phantom.large_multiframe(source, 100 << 20)
    tracemalloc.start()
    dicom.edit(source, target, unchanged)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_what_the_change_raises_arrives_as_itself(tmp_path: Path) -> None:
    def reject(dataset: Dataset) -> Dataset:
        raise ScriptRejected("no")

    with pytest.raises(ScriptRejected):
        dicom.edit(small_image(tmp_path / "in.dcm"), tmp_path / "out.dcm", reject)


def test_a_file_without_instance_uid_is_refused(tmp_path: Path) -> None:
    def forget(dataset: Dataset) -> Dataset:
        del dataset.SOPInstanceUID
        return dataset

    with pytest.raises(UnreadableFile, match="SOP Instance UID"):
        dicom.edit(small_image(tmp_path / "in.dcm"), tmp_path / "out.dcm", forget)


def test_sixty_thousand_nested_sequences_are_refused_at_once(samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "deep.dcm"
    path.write_bytes(lzma.decompress((samples / "broken/made_deep_nesting_60000.dcm.xz").read_bytes()))
    begun = time.process_time()
    with pytest.raises(UnreadableFile, match="nested"):
        dicom.read(path)
    assert time.process_time() - begun < 10


def test_deep_nesting_with_lengths_is_refused_when_it_is_walked(tmp_path: Path) -> None:
    inner = b""
    for _ in range(200):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
        inner = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, len(item)) + item
    path = small_image(tmp_path / "in.dcm")
    data = path.read_bytes()
    at = dicom.read(path).pixels[0]
    path.write_bytes(data[:at] + inner + data[at:])
    with pytest.raises(UnreadableFile, match="nested"):
        list(dicom.walk(dicom.read(path).dataset))


@pytest.mark.parametrize("lost", [1, 7, 15, 17, 27])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, lost: int) -> None:
    path = small_image(tmp_path / "in.dcm")
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(UnreadableFile):
        dicom.read(path)


def test_a_length_beyond_the_end_of_the_file_is_refused_without_reading_that_much(tmp_path: Path) -> None:
    path = small_image(tmp_path / "in.dcm")
    data, at = path.read_bytes(), dicom.read(path).pixels[0]
    path.write_bytes(data[:at] + struct.pack("<HH2sHI", 0x0042, 0x0011, b"OB", 0, 0xFFFFFFF0) + data[at:])
    with pytest.raises(UnreadableFile):
        dicom.read(path)


def test_native_pixels_without_a_length_are_refused(tmp_path: Path) -> None:
    path = small_image(tmp_path / "in.dcm")
    data, at = bytearray(path.read_bytes()), dicom.read(path).pixels[0]
    data[at + 8 : at + 12] = b"\xff" * 4
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match="not encapsulated"):
        dicom.read(path)


def test_a_deflated_file_is_refused_before_it_is_inflated(samples: Path) -> None:
    with pytest.raises(UnreadableFile, match="transfer syntax"):
        dicom.read(samples / "transfer_syntaxes/image_dfl.dcm")


def test_text_is_not_dicom(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("Jane Doe was here. " * 20)
    with pytest.raises(UnreadableFile, match="not a DICOM file") as raised:
        dicom.read(path)
    assert "Jane" not in str(raised.value)


class Network(io.RawIOBase):
    """A stream that cannot seek and remembers how much was asked of it."""

    def __init__(self, data: bytes) -> None:
        self.rest, self.given = BytesIO(data), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        got = self.rest.read(min(len(memoryview(buffer)), 1400))  # type: ignore[arg-type]
        memoryview(buffer)[: len(got)] = got  # type: ignore[arg-type]
        self.given += len(got)
        return len(got)


def test_a_header_is_read_from_a_stream_that_cannot_seek(tmp_path: Path) -> None:
    network = Network(small_image(tmp_path / "in.dcm").read_bytes())
    assert dicom.read_header(network).StudyDate == "20200229"  # type: ignore[arg-type]


def test_of_a_network_stream_no_more_is_read_than_the_header_needs(tmp_path: Path) -> None:
    network = Network(small_image(tmp_path / "in.dcm", pixels=b"\0" * 2_000_000).read_bytes())
    dicom.read_header(network)  # type: ignore[arg-type]
    assert network.given < 1 << 17


def test_a_header_holds_plain_values_by_keyword(tmp_path: Path) -> None:
    header = dicom.header(dicom.read(small_image(tmp_path / "in.dcm")).dataset)
    assert (header["Rows"], header["PatientName"], "PixelData" in header) == (4, "Doe^Jane", False)


def test_a_value_that_cannot_be_decoded_is_named_by_its_tag_only(tmp_path: Path) -> None:
    path = small_image(tmp_path / "in.dcm")
    data, at = path.read_bytes(), dicom.read(path).pixels[0]
    path.write_bytes(data[:at] + struct.pack("<HH2sH", 0x3002, 0x0022, b"FD", 6) + b"Jane! " + data[at:])
    with pytest.raises(UnreadableFile, match=r"\(3002,0022\)") as raised:
        dicom.header(dicom.read(path).dataset)
    assert "Jane" not in str(raised.value)


@given(at=st.integers(0, 600), junk=st.binary(min_size=1, max_size=12))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_junk_anywhere_in_a_file_is_refused_as_unreadable_or_read(tmp_path: Path, at: int, junk: bytes) -> None:
    data = bytearray(small_image(tmp_path / "in.dcm").read_bytes())
    data[at : at + len(junk)] = junk
    (tmp_path / "junk.dcm").write_bytes(data)
    with suppress(UnreadableFile):
        dicom.edit(tmp_path / "junk.dcm", tmp_path / "out.dcm", unchanged)
        dicom.header(dicom.read(tmp_path / "junk.dcm").dataset)


def test_a_header_without_its_sequences_has_all_the_rest(tmp_path):
    phantom.write_session(tmp_path, slices=3, size=16)
    for path in tmp_path.iterdir():
        dataset = dicom.read(path).dataset
        whole = dicom.header(dataset)
        flat = {k: v for k, v in whole.items() if dictionary_VR(k) != "SQ"}
        assert dicom.header(dicom.read(path).dataset, sequences=False) == flat
