"""UIDs: equal ones stay equal, instances get new ones, classes of objects keep theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from tests.passes.treated import treated
from uploader.passes.uids import CLASS_KEYWORDS, MapUids
from uploader.passes.values import texts as texts_of

KEY = b"k" * 32
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\"), min_size=1, max_size=64)
uids = st.from_regex(r"[12]\.[0-9]{1,9}(\.[1-9][0-9]{0,7}){1,5}", fullmatch=True)


@given(uids | texts)
def test_a_uid_has_one_image_under_one_key(uid: str) -> None:
    assert MapUids(KEY).image(uid) == MapUids(KEY).image(uid)


@given(uids | texts)
def test_the_image_is_a_valid_uid_that_says_nothing_of_the_original(uid: str) -> None:
    image = MapUids(KEY).image(uid)
    assert re.fullmatch(r"2\.25\.[1-9][0-9]{1,38}", image)
    assert image != uid


@given(uids, uids)
def test_different_uids_have_different_images(one: str, other: str) -> None:
    assert (MapUids(KEY).image(one) == MapUids(KEY).image(other)) == (one == other)


@given(uids)
def test_another_trial_gives_another_image(uid: str) -> None:
    assert MapUids(KEY).image(uid) != MapUids(b"other").image(uid)


def image(uid: str, names_class: bool = False) -> str:
    return MapUids(KEY).image(uid, names_class)


def test_a_reference_in_a_sequence_follows_the_instance() -> None:
    dataset, item = Dataset(), Dataset()
    dataset.SOPInstanceUID = item.ReferencedSOPInstanceUID = "1.2.3.4"
    dataset.ReferencedImageSequence = [item]
    after = treated(dataset)
    assert after.SOPInstanceUID == after.ReferencedImageSequence[0].ReferencedSOPInstanceUID == image("1.2.3.4")


def mapped(keyword: str, uid: str) -> str:
    return image(uid, keyword in CLASS_KEYWORDS)


@pytest.mark.parametrize(
    ("keyword", "uid"),
    [
        ("SOPClassUID", CTImageStorage),
        ("ReferencedSOPClassUID", "1.3.12.2.1107.5.9.1"),
        ("CodingSchemeUID", "2.16.840.1.113883.6.96"),
        ("ContextUID", "1.2.840.10008.6.1.308"),
        ("FrameOfReferenceUID", "1.2.840.10008.1.4.1.1"),
    ],
)
def test_what_names_a_class_or_is_registered_stays(keyword: str, uid: str) -> None:
    assert mapped(keyword, uid) == uid


@pytest.mark.parametrize(
    ("keyword", "uid"),
    [
        ("StudyInstanceUID", "1.2.840.10008.999.1"),
        ("FrameOfReferenceUID", "1.2.840.10008.1.4.1.99"),
        ("DeviceUID", "1.3.12.2.1107.5.9.1"),
        ("SOPClassUID", "DOE^JANE"),
        ("SOPClassUID", "1.2.840.113619.04471903"),
        ("CodingSchemeUID", "1.2.840.113619.4471903"),
        ("ContextUID", "1.2.840.113619.4471903"),
        ("MappingResourceUID", "1.2.840.113619.4471903"),
        ("ReferencedTransferSyntaxUIDInFile", "1.2.840.113619.4471903"),
        ("SOPClassesInStudy", "1.2.840.113619.4471903"),
        ("SeriesInstanceUID", "not.a.uid"),
    ],
)
def test_a_prefix_of_dicom_does_not_save_an_instance_nor_an_attribute_a_text(keyword: str, uid: str) -> None:
    assert str(mapped(keyword, uid)).startswith("2.25.")


def test_each_of_several_uids_in_one_element_is_replaced() -> None:
    assert texts_of(MapUids(KEY).value(b"1.2.3\\\\1.2.4\0")) == [image("1.2.3"), "", image("1.2.4")]


def test_an_empty_uid_stays_empty() -> None:
    assert MapUids(KEY).value(b"") == b""


def test_padding_makes_no_difference() -> None:
    value = MapUids(KEY).value
    assert value(b"1.2.3\0") == value(b"1.2.3 ") == value(b"1.2.3")


def test_a_uid_under_a_wrong_vr_is_replaced_too() -> None:
    dataset = Dataset()
    dataset.add_new("StudyInstanceUID", "SH", "1.2.3")
    after = treated(dataset)
    assert (after["StudyInstanceUID"].VR, after.StudyInstanceUID) == ("UI", image("1.2.3"))


def test_references_of_a_real_plan_stay_closed(samples: Path) -> None:
    folder = samples / "rt_breast_plan"
    plan, structures = (treated(pydicom.dcmread(folder / name)) for name in ("rtplan.dcm", "rtss.dcm"))
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID


def test_the_key_is_not_printed() -> None:
    assert "kkk" not in repr(MapUids(KEY)) + MapUids(KEY).describe()
