"""Our table of attributes and UIDs says what the installed pydicom says."""

from __future__ import annotations

import runpy

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import _uid_dict
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_dict, keyword_for_tag
from pydicom.uid import UID
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

from uploader import dictionary

UID_dictionary = runpy.run_path(_uid_dict.__file__)["UID_dictionary"]
"""Pydicom's own, read anew: pynetdicom writes into the one that is loaded."""

SYNTAXES = [uid for uid, row in UID_dictionary.items() if row[1] == "Transfer Syntax"]


def vr_by_pydicom(tag: int) -> str | None:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return None


def test_the_table_was_made_from_the_pydicom_that_is_installed() -> None:
    assert dictionary._table()["source"]["version"] == pydicom.__version__


def test_every_attribute_has_the_same_vr() -> None:
    assert {tag: dictionary.vr_of(tag) for tag in DicomDictionary} == {t: row[0] for t, row in DicomDictionary.items()}


@pytest.mark.parametrize("digit", "02468ace")
def test_every_repeating_attribute_has_the_same_vr(digit: str) -> None:
    tags = [int(mask.replace("x", digit), 16) for mask in RepeatersDictionary]
    assert [dictionary.vr_of(tag) for tag in tags] == [vr_by_pydicom(tag) for tag in tags]


@pytest.mark.parametrize("digit", "08")
def test_every_attribute_has_the_same_keyword(digit: str) -> None:
    tags = [*DicomDictionary, *(int(mask.replace("x", digit), 16) for mask in RepeatersDictionary)]
    assert [dictionary.keyword_of(tag) for tag in tags] == [keyword_for_tag(tag) for tag in tags]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 0xFFFFFFFF))
def test_the_same_tags_are_known(tag: int) -> None:
    assert (dictionary.vr_of(tag), dictionary.is_attribute(tag)) == (vr_by_pydicom(tag), dictionary_has_tag(tag))


def test_every_keyword_has_the_same_tag() -> None:
    keywords = [keyword for keyword in keyword_dict if keyword]
    assert {each: dictionary.tag_of(each) for each in keywords} == {each: keyword_dict[each] for each in keywords}


def test_a_word_that_is_no_keyword_has_no_tag() -> None:
    assert [dictionary.tag_of(word) for word in ("", "Name", "patientname")] == [None, None, None]


def test_the_same_uids_are_registered_as_the_same() -> None:
    assert {uid: dictionary.uid_type(uid) for uid in UID_dictionary} == {u: row[1] for u, row in UID_dictionary.items()}
    assert dictionary.uid_type("1.2.3") == ""


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_transfer_syntax_is_read_in_the_same_way(syntax: str) -> None:
    uid = UID(syntax)
    said = dictionary.is_implicit(uid), dictionary.is_little_endian(uid), dictionary.is_encapsulated(uid)
    assert said == (uid.is_implicit_VR, uid.is_little_endian, uid.is_encapsulated)


def test_the_same_vrs_have_a_long_length() -> None:
    assert (dictionary.LONG_VRS, dictionary.LONG_VRS | dictionary.SHORT_VRS) == (EXPLICIT_VR_LENGTH_32, STANDARD_VR)
