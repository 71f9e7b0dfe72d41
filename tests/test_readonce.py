"""Headers are read once from their files, and never taken for those of other bytes."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from tests.homes import demo
from uploader.cases import headers_below
from uploader.domain.errors import UnreadableFile
from uploader.domain.manifest import Manifest, measure
from uploader.readonce import headers_once


@pytest.fixture
def folder(tmp_path):
    return demo(tmp_path / "session")


def manifest_of(folder):
    entries = []
    for path in folder.iterdir():
        with path.open("rb") as data:
            entries.append(measure(path.name, data))
    return Manifest(frozenset(entries))


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "headers"


def alike(one, other):
    """Whether two headers say the same; an array of numbers is not the list of them."""

    def plain(value):
        return {"array": value.tolist()} if isinstance(value, np.ndarray) else value

    return json.dumps(one, default=plain) == json.dumps(other, default=plain)


def test_what_was_kept_is_what_the_files_say(folder, kept):
    manifest = manifest_of(folder)
    first = headers_once(folder, manifest, kept)
    moved = folder.rename(folder.with_name("gone"))
    again = headers_once(folder, manifest, kept)
    assert list(again) == list(first) == sorted(first)
    assert all(alike(again[name], first[name]) for name in first)
    assert alike(again, headers_below(moved, first))


def test_other_bytes_are_read_anew(folder, kept):
    headers_once(folder, manifest_of(folder), kept)
    first = min(folder.iterdir())
    shutil.copy(max(folder.iterdir()), first)
    manifest = manifest_of(folder)
    assert alike(headers_once(folder, manifest, kept)[first.name], headers_below(folder, [first.name])[first.name])


@pytest.mark.parametrize("left", [0, 1, 40, 4000, -1, -3])
def test_what_was_kept_in_part_is_read_anew(folder, kept, left):
    manifest = manifest_of(folder)
    whole = headers_once(folder, manifest, kept)
    kept.write_bytes(kept.read_bytes()[:left])
    assert alike(headers_once(folder, manifest, kept), whole)


def test_it_is_for_our_eyes_only(folder, kept):
    headers_once(folder, manifest_of(folder), kept)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in kept.parent.iterdir()} == {"headers", "session"}


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_kept(folder, kept):
    broken = min(folder.iterdir())
    broken.write_bytes(b"no DICOM at all" * 100)
    with pytest.raises(UnreadableFile, match=broken.name):
        headers_once(folder, manifest_of(folder), kept)
    assert not kept.exists()
