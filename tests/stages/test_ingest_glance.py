"""What a glance at a file tells is what the long way tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.homes import demo
from uploader.domain.errors import NotTaken
from uploader.stages.ingest import facts, glance
from uploader.stages.ingest.facts import Instance


def told(read, path: Path):
    """Everything that is said of the file, or the reason why it is not taken."""
    with path.open("rb") as stream:
        try:
            fact = read(stream)
        except NotTaken as refusal:
            return refusal.reason
    return {name: getattr(fact, name) for name in Instance.__slots__}


def test_they_agree_on_a_whole_session(tmp_path):
    for path in demo(tmp_path / "session").iterdir():
        assert told(glance.instance, path) == told(facts.instance, path)


@pytest.mark.parametrize(
    "folder", ["charsets", "transfer_syntaxes", "rt_spine_phantom", "sr_seg_pdf", "dicomdir", "pet"]
)
def test_they_agree_on_files_of_the_field(samples, folder):
    paths = [path for path in (samples / folder).rglob("*") if path.is_file()]
    assert paths
    for path in paths:
        assert told(glance.instance, path) == told(facts.instance, path), path.name


def test_a_glance_is_enough_for_most(tmp_path):
    images = list(demo(tmp_path / "session").glob("CT*"))
    for path in images:
        with path.open("rb") as stream:
            assert glance._glance(stream) is not None
