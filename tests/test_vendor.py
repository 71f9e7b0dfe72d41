"""The private elements that judging needs are read, by both readers alike, and no others."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.test_dicom import small_image
from uploader import dicom, headers, vendor
from uploader.instance import load
from uploader.ports import Header

SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)


def with_private(path: Path, syntax: str, *elements: tuple[int, str, int, str, object]) -> Path:
    """An image with private elements: group, creator, number in the creator's block, VR, value."""
    dataset = pydicom.dcmread(small_image(path))
    for group, creator, number, vr, value in elements:
        dataset.private_block(group, creator, create=True).add_new(number, vr, value)
    dataset.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(path, dataset, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=syntax != SYNTAXES[2])
    return path


def told(path: Path) -> Header:
    """What the header says of private elements, the same by both readers."""
    with path.open("rb", buffering=0) as stream:
        one = headers.header(load(stream))
    other = dicom.header(dicom.read(path).dataset)
    assert one == other
    return {name: value for name, value in one.items() if name.startswith("(")}


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_scanners_write_in_places_of_their_own_is_read_in_every_encoding(tmp_path: Path, syntax: str) -> None:
    path = with_private(
        tmp_path / "a.dcm",
        syntax,
        (0x0009, "GEMS_PETD_01", 0x0D, "DT", "20260102101500.00"),
        (0x0019, "SIEMENS MR HEADER", 0x0C, "IS", "1000"),
        (0x0043, "GEMS_PARM_01", 0x39, "IS", ["1000000800", "8", "0", "0"]),
        (0x2001, "Philips Imaging DD 001", 0x03, "FL", 750.0),
        (0x7053, "Philips PET Private Group", 0x00, "DS", "0.000551"),
        (0x7053, "Philips PET Private Group", 0x09, "DS", "2.5"),
    )
    assert told(path) == {
        vendor.PET_SCAN_TIME: "20260102101500.00",
        vendor.B_SIEMENS: 1000.0,
        vendor.B_GE: [1000000800.0, 8.0, 0.0, 0.0],
        vendor.B_PHILIPS: 750.0,
        vendor.PET_SUV_FACTOR: 0.000551,
        vendor.PET_ACTIVITY_FACTOR: 2.5,
    }


def test_the_creator_tells_whose_an_element_is_and_not_its_number(tmp_path: Path) -> None:
    path = with_private(
        tmp_path / "a.dcm",
        ExplicitVRLittleEndian,
        (0x0019, "SOMEONE ELSE", 0x0C, "LO", "DOE^JANE"),
        (0x0019, "SIEMENS MR HEADER", 0x0C, "IS", "500"),
        (0x0019, "SIEMENS MR HEADER", 0x0D, "LO", "DOE^JANE"),
    )
    assert told(path) == {vendor.B_SIEMENS: 500.0}


def test_a_value_that_cannot_be_read_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    path = with_private(tmp_path / "a.dcm", ExplicitVRLittleEndian, (0x0019, "SIEMENS MR HEADER", 0x0C, "LO", "many"))
    assert told(path) == {}
