"""Headers told from undecoded elements are those that decoding tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_dicom import sample_files
from uploader import dicom, phantom
from uploader.domain.errors import UnreadableFile
from uploader.elements import Irregular
from uploader.headers import header
from uploader.instance import load

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def both(path: Path) -> tuple[object, object] | None:
    """What the two ways tell; None for a file that only one of them takes."""
    try:
        with path.open("rb", buffering=0) as stream:
            told = header(load(stream))
        return told, dicom.header(dicom.read(path).dataset)
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
