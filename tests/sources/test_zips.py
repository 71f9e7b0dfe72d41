"""Zips from strangers: all members or none."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.making import zipped
from uploader.domain.errors import NotTaken
from uploader.sources.zips import Budget, Limits, is_zip, unpack

LIMITS = Limits(max_files=10, max_bytes=100_000, max_ratio=200, max_depth=2)


def unpacked(data: bytes, folder: Path, limits: Limits = LIMITS) -> list[bytes]:
    """The members in order; after a refusal the folder is of no interest."""
    end = unpack(io.BytesIO(data), folder, Budget(limits, len(data)))
    return [(folder / str(number)).read_bytes() for number in range(1, end)]


def refusal(data: bytes, folder: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(NotTaken) as caught:
        unpacked(data, folder, limits)
    return caught.value.reason


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.dictionaries(NAMES, st.binary(max_size=200).map(lambda data: b"d" + data), max_size=6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_member_comes_out_once_whatever_its_name(
    tmp_path_factory: pytest.TempPathFactory, members: Mapping[str, bytes], stored: bool
) -> None:
    data = zipped(members, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    assert unpacked(data, tmp_path_factory.mktemp("zip")) == list(members.values())


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_zip_with_any_byte_changed_is_taken_as_it_was_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    members = {"a": b"first member " * 5, "b": b"second member"}
    whole = bytearray(zipped(members))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    try:
        found = unpacked(bytes(whole), tmp_path_factory.mktemp("zip"))
    except NotTaken:
        return
    assert set(found) <= set(members.values())


OUTWARD = ["../../etc/passwd", "/etc/passwd", "C:\\x", "Quill\u202e.dcm", "a/" * 60 + "b", "a\x01b"]


@pytest.mark.parametrize("name", OUTWARD)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    assert unpacked(zipped({name: b"data"}), tmp_path / "in") == [b"data"]
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "1"]


def test_members_of_one_name_are_two_members(tmp_path: Path) -> None:
    data = zipped({"name-1": b"one", "name-2": b"two"}, zipfile.ZIP_STORED)
    assert unpacked(data.replace(b"name-2", b"name-1"), tmp_path) == [b"one", b"two"]


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    assert refusal(zipped({"a": bytes(90_000)}), tmp_path) == "quarantine.zip-limit"


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    data = zipped({"a": bytes(90_000)})
    lying = data.replace(struct.pack("<L", 90_000), struct.pack("<L", 50))
    assert refusal(lying, tmp_path) in {"quarantine.zip-limit", "quarantine.zip-damaged"}
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) < 50_000


def test_a_bomb_in_a_zip_shares_the_budget_of_the_outer_one(tmp_path: Path) -> None:
    inner = zipped({str(n): bytes(30_000) for n in range(4)})
    assert refusal(zipped({"a": inner}, zipfile.ZIP_STORED), tmp_path) == "quarantine.zip-limit"


def test_files_are_counted_over_all_levels(tmp_path: Path) -> None:
    inner = zipped({str(n): b"x" for n in range(6)})
    assert refusal(zipped({"a": inner, "b": inner}), tmp_path) == "quarantine.zip-limit"


def test_zips_are_opened_to_the_depth_allowed_and_no_deeper(tmp_path: Path) -> None:
    data = zipped({"a": zipped({"b": zipped({"c": b"core"})})})
    assert unpacked(data, tmp_path) == [b"core"]
    (tmp_path / "deeper").mkdir()
    assert refusal(zipped({"z": data}), tmp_path / "deeper") == "quarantine.zip-nested"


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a": b"x" * 50, "b": b"y" * 50}, zipfile.ZIP_STORED))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = bytes(4)  # the local header of the first
    assert refusal(bytes(data), tmp_path) == "quarantine.zip-overlap"


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a": b"data"}))
    data[data.find(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(data), tmp_path) == "quarantine.zip-encrypted"


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    data = zipped({"a": b"the data"}, zipfile.ZIP_STORED).replace(b"the data", b"teh data")
    assert refusal(data, tmp_path) == "quarantine.zip-damaged"


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    assert refusal(zipped({"a": b"data" * 99})[:-40], tmp_path) == "quarantine.zip-damaged"


def test_an_unusual_compression_is_refused(tmp_path: Path) -> None:
    assert refusal(zipped({"a": b"data"}, zipfile.ZIP_LZMA), tmp_path) == "quarantine.zip-damaged"


def test_a_huge_table_of_contents_is_refused_before_it_is_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"a": b"data"}))
    data[-10:-6] = struct.pack("<L", 1 << 30)
    assert refusal(bytes(data), tmp_path) == "quarantine.zip-limit"


def test_a_dicom_file_whose_preamble_looks_like_a_zip_is_dicom() -> None:
    assert not is_zip(b"PK\x03\x04".ljust(128, b"\0") + b"DICM")
