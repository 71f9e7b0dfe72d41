"""Headers told from undecoded elements are those that decoding tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.test_dicom import sample_files, small_image
from uploader import dicom, phantom
from uploader.decimals import decimals
from uploader.domain.errors import UnreadableFile
from uploader.elements import Irregular
from uploader.headers import header
from uploader.instance import load

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def listed(value: object) -> object:
    """With arrays as lists, which can be compared."""
    if isinstance(value, dict):
        return {key: listed(each) for key, each in value.items()}
    return [listed(each) for each in value] if isinstance(value, (list, np.ndarray)) else value


def both(path: Path) -> tuple[object, object] | None:
    """What the two ways tell; None for a file that only one of them takes."""
    try:
        with path.open("rb", buffering=0) as stream:
            told = header(load(stream))
        return listed(told), listed(dicom.header(dicom.read(path).dataset))
    except (Irregular, UnreadableFile):
        return None


def test_every_sample_is_told_as_decoding_tells_it(samples: Path) -> None:
    pairs = {path.name: both(path) for path in sample_files(samples)}
    told = {name: pair for name, pair in pairs.items() if pair is not None}
    assert [name for name, (one, other) in told.items() if one != other] == []
    assert len(told) > 60


def test_a_planning_session_is_told_as_decoding_tells_it(tmp_path: Path) -> None:
    phantom.write_session(tmp_path, slices=2, size=16)
    for path in tmp_path.iterdir():
        pair = both(path)
        assert pair is not None
        assert pair[0] == pair[1]


def test_only_what_is_wanted_is_told(tmp_path: Path) -> None:
    phantom.write_session(tmp_path, slices=1, size=16)
    path = next(p for p in tmp_path.iterdir() if p.name.startswith("CT"))
    with path.open("rb", buffering=0) as stream:
        assert header(load(stream), {0x00080060}) == {"Modality": "CT"}


def test_many_decimals_are_one_array_and_few_are_a_list(tmp_path: Path) -> None:
    phantom.write_session(tmp_path, slices=1, size=16)
    with (tmp_path / "RS0001.dcm").open("rb", buffering=0) as stream:
        contour = header(load(stream))["ROIContourSequence"][0]["ContourSequence"][0]
    assert isinstance(contour["ContourData"], np.ndarray)
    assert contour["ContourData"][:3] == pytest.approx([180, 0, 0])


@pytest.mark.parametrize("end", [b"\\", b"\\\\1", b"\\x", b" 1"])
def test_a_list_of_decimals_that_breaks_off_is_none(end: bytes) -> None:
    with pytest.raises(ValueError):
        decimals(b"\\".join([b"1.5"] * 40) + end)


def test_decimals_are_read_with_their_blanks() -> None:
    assert decimals(b" -1.5e1\\2 ") == [-15, 2]
    assert list(decimals(b" -1.5e1 \\ " * 39 + b"2 ")) == [-15] * 39 + [2]


def test_only_an_attribute_that_is_decimal_by_the_standard_is_ever_an_array(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(small_image(tmp_path / "a.dcm"))
    dataset.add_new(0x30060050, "DS", ["1.5"] * 33)
    dataset.add_new(0x00280101, "DS", ["8"] * 33)
    dataset.save_as(tmp_path / "a.dcm")
    with (tmp_path / "a.dcm").open("rb", buffering=0) as stream:
        one, other = header(load(stream)), dicom.header(dicom.read(tmp_path / "a.dcm").dataset)
    for told in (one, other):
        assert isinstance(told["ContourData"], np.ndarray)
        assert told["BitsStored"] == [8.0] * 33
