"""What a session consists of, to the byte."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.domain.manifest import Held, Manifest, measure

files = st.dictionaries(st.from_regex(r"scans/[1-9]/DICOM/[0-9]{4}\.dcm", fullmatch=True), st.binary(max_size=50))


def manifest_of(contents: dict[str, bytes]) -> Manifest:
    return Manifest(frozenset(measure(name, io.BytesIO(data)) for name, data in contents.items()))


def held_of(manifest: Manifest) -> list[Held]:
    return [Held(e.name, e.size, e.md5) for e in manifest]


@given(files)
def test_the_digest_does_not_depend_on_the_order_of_arrival(contents):
    backwards = dict(reversed(contents.items()))
    assert manifest_of(contents).digest == manifest_of(backwards).digest


@given(files, files)
def test_two_sessions_have_one_digest_only_when_they_are_equal(one, other):
    assert (manifest_of(one).digest == manifest_of(other).digest) == (one == other)


@given(files)
def test_a_place_that_holds_everything_lacks_nothing_and_differs_in_nothing(contents):
    manifest = manifest_of(contents)
    assert manifest.lacking(held_of(manifest)) == ()
    assert manifest.differing(held_of(manifest)) == ()


def test_a_flipped_byte_is_a_difference_and_not_a_lack():
    manifest = manifest_of({"scans/1/DICOM/0001.dcm": b"one"})
    held = held_of(manifest_of({"scans/1/DICOM/0001.dcm": b"two"}))
    assert manifest.lacking(held) == ()
    assert manifest.differing(held) == ("scans/1/DICOM/0001.dcm",)


def test_a_file_that_nobody_sent_is_a_difference():
    manifest = manifest_of({})
    held = held_of(manifest_of({"scans/9/DICOM/0001.dcm": b"stray"}))
    assert manifest.differing(held) == ("scans/9/DICOM/0001.dcm",)


def test_a_name_occurs_once():
    twice = [measure("a/b", io.BytesIO(data)) for data in (b"one", b"two")]
    with pytest.raises(ValueError, match="twice"):
        Manifest(frozenset(twice))


@given(files)
def test_the_first_file_of_a_scan_is_that_with_the_first_name(contents):
    first = manifest_of(contents).first_of_scans()
    scans = {name.split("/")[1] for name in contents}
    assert {scan: e.name for scan, e in first.items()} == {
        scan: min(name for name in contents if name.split("/")[1] == scan) for scan in scans
    }
