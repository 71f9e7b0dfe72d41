"""The folder that is written: of one trial and one home, by one command at a time, never half."""

from __future__ import annotations

import pytest

from tests.engine.making import anonymise, digests
from tests.homes import demo
from uploader.domain.errors import Refused
from uploader.domain.identity import Identity, Pseudonym
from uploader.domain.manifest import Manifest, measure
from uploader.domain.private import Private
from uploader.engine.out import STAGING, opened
from uploader.engine.plan import Job


@pytest.mark.parametrize("stranger", ["loose.dcm", "DEMO-999/DEMO-999_1/scans/1/DICOM/0001.dcm"])
def test_a_folder_with_what_is_not_ours_is_refused_and_left_as_it_is(home, session, tmp_path, stranger):
    path = tmp_path / "OUT" / stranger
    path.parent.mkdir(parents=True)
    path.write_text("not ours")
    with pytest.raises(Refused, match="no subjects of this trial"):
        anonymise(home, session, tmp_path / "OUT")
    assert list(digests(tmp_path / "OUT")) == [stranger]


def test_what_somebody_changed_in_out_is_not_overwritten(home, tmp_path):
    source = demo(tmp_path / "IN", 51)
    (first,) = anonymise(home, source, tmp_path / "OUT")["sessions"]
    place = tmp_path / "OUT" / first["subject"] / first["session"]
    (place / "note.txt").write_text("mine")
    before = digests(place)
    (second,) = anonymise(home, source, tmp_path / "OUT")["sessions"]
    assert (second["state"], [h["code"] for h in second["held"]]) == ("held", ["label-taken"])
    assert digests(place) == before


@pytest.mark.parametrize(("inside", "outside"), [("IN", "IN/OUT"), ("OUT/IN", "OUT"), ("IN", "IN")])
def test_in_and_out_must_lie_apart(home, tmp_path, inside, outside):
    demo(tmp_path / inside)
    before = digests(tmp_path)
    with pytest.raises(Refused, match="must not lie in each other"):
        anonymise(home, tmp_path / inside, tmp_path / outside)
    assert digests(tmp_path) == before


def test_two_commands_do_not_write_into_one_folder(home, session, tmp_path):
    with opened(tmp_path / "OUT"), pytest.raises(Refused, match="another command"):
        anonymise(home, session, tmp_path / "OUT")


def test_a_folder_written_from_another_home_is_not_continued(home, session, tmp_path):
    anonymise(home, session, tmp_path / "OUT")
    before = digests(tmp_path / "OUT")
    with pytest.raises(Refused, match="no subjects of this trial"):
        anonymise(tmp_path / "another home", session, tmp_path / "OUT", "DEMO-001")
    assert digests(tmp_path / "OUT") == before


def test_files_that_are_held_do_not_come_to_the_place_of_the_session_nor_their_empty_folders(tmp_path):
    names = ("scans/1/DICOM/0001.dcm", "scans/2/DICOM/0001.dcm")
    with opened(tmp_path / "OUT") as out:
        staged = out.staging / "S-1_1"
        for name in names:
            (staged / name).parent.mkdir(parents=True)
            (staged / name).write_text(name)
        identity = Private(Identity("1", "", ""))
        job = Job(identity, Pseudonym("T", "S-1"), 1, "S-1_1", {"1": "CT", "2": "US"}, names, tmp_path.joinpath, "")
        with (staged / names[0]).open("rb") as data:
            made = Manifest(frozenset({measure(names[0], data)}))
        assert out.publish(staged, [staged / names[1]], job, made) == "new"
    assert list(digests(tmp_path / "OUT")) == ["S-1/S-1_1/scans/1/DICOM/0001.dcm"]
    assert not (tmp_path / "OUT" / "S-1" / "S-1_1" / "scans" / "2").exists()


def test_what_a_killed_command_left_unverified_is_gone_with_the_next(home, session, tmp_path):
    ruin = tmp_path / "OUT" / STAGING / "DEMO-001_1" / "0001.dcm"
    ruin.parent.mkdir(parents=True)
    ruin.write_text("not verified")
    anonymise(home, session, tmp_path / "OUT")
    assert not ruin.exists()
