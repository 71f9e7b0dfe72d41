"""The watched folder: what is offered, when, and what is never opened."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sources.making import LIMITS, Clock, ct, zipped
from uploader.domain.arrival import Look, Piece
from uploader.domain.errors import SourceBusy
from uploader.sources.folder import FolderSource


class Watched:
    def __init__(self, root: Path) -> None:
        self.drop, self.scratch = root / "drop", root / "scratch"
        self.drop.mkdir()
        self.scratch.mkdir()
        self.clock = Clock()
        self.source = FolderSource(self.drop, 10, LIMITS, self.clock)

    def look(self, after: float = 0) -> Look:
        self.clock.now += after
        return self.source.look(self.scratch)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_file_is_offered_when_it_has_been_quiet(watched: Watched) -> None:
    (watched.drop / "a").write_bytes(b"x" * 200)
    assert len(watched.look().arriving) == 1
    assert watched.look(9.9).offers == ()
    assert len(watched.look(0.1).offers) == 1


def test_the_senders_clock_does_not_matter(watched: Watched) -> None:
    (watched.drop / "a").write_bytes(b"x" * 200)
    os.utime(watched.drop / "a", (1e9, 1e9))
    assert watched.look().offers == ()


def test_a_file_written_to_is_quiet_only_later(watched: Watched) -> None:
    (watched.drop / "a").write_bytes(b"x" * 200)
    watched.look()
    (watched.drop / "a").write_bytes(b"y" * 200)
    assert watched.look(11).offers == ()


@pytest.mark.parametrize("name", ["a.part", "a.TMP", "a.filepart", ".a"])
def test_a_file_with_an_unfinished_name_is_arriving_and_in_the_end_told_of(watched: Watched, name: str) -> None:
    (watched.drop / name).write_bytes(b"x" * 200)
    watched.look()
    assert len(watched.look(11).arriving) == 1
    look = watched.look(100)
    assert look.arriving == ()
    assert "unfinished" in look.notes[0]


def test_a_finished_copy_is_offered_under_its_new_name(watched: Watched) -> None:
    (watched.drop / "a.part").write_bytes(b"x" * 200)
    watched.look()
    (watched.drop / "a.part").rename(watched.drop / "a")
    watched.look()
    assert len(watched.look(11).offers) == 1


def link(drop: Path) -> None:
    (drop / "a").symlink_to("/etc/passwd")


def link_to_folder(drop: Path) -> None:
    (drop / "a").symlink_to("/etc")


def second_name(drop: Path) -> None:
    (drop.parent / "elsewhere").write_bytes(ct())
    (drop / "a").hardlink_to(drop.parent / "elsewhere")


def fifo(drop: Path) -> None:
    os.mkfifo(drop / "a")


def sock(drop: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(drop / "a"))


@pytest.mark.parametrize("make", [link, link_to_folder, second_name, fifo, sock])
def test_what_is_no_plain_file_is_reported_and_left_alone(watched: Watched, make: Callable[[Path], None]) -> None:
    make(watched.drop)
    watched.look()
    look = watched.look(11)
    assert [r.code for r in look.rejections] == ["quarantine.not-regular"]
    assert not look.rejections[0].has_bytes
    assert look.offers == ()


def test_a_folder_that_became_a_link_is_not_followed(watched: Watched) -> None:
    (watched.drop / "s").mkdir()
    (watched.drop / "s/a").write_bytes(b"x" * 200)
    watched.look()
    (offer,) = watched.look(11).offers
    (watched.drop / "s").rename(watched.drop.parent / "outside")
    (watched.drop / "s").symlink_to(watched.drop.parent / "outside")
    with pytest.raises(SourceBusy):
        watched.source.open(Piece(offer.origin))
    watched.source.remove(offer.origin)
    assert (watched.drop.parent / "outside/a").exists()


def test_a_file_that_changed_is_neither_opened_nor_removed(watched: Watched) -> None:
    (watched.drop / "a").write_bytes(b"x" * 200)
    watched.look()
    (offer,) = watched.look(11).offers
    (watched.drop / "a").write_bytes(b"y" * 200)
    with pytest.raises(SourceBusy):
        watched.source.open(Piece(offer.origin))
    watched.source.remove(offer.origin)
    assert (watched.drop / "a").exists()


def test_removing_a_file_removes_the_folders_it_leaves_empty_and_no_others(watched: Watched) -> None:
    (watched.drop / "s/t").mkdir(parents=True)
    (watched.drop / "s/t/a").write_bytes(b"x" * 200)
    (watched.drop / "s/empty").mkdir()
    watched.look()
    (offer,) = watched.look(11).offers
    watched.source.remove(offer.origin)
    assert [p.name for p in watched.drop.rglob("*")] == ["s", "empty"]


@pytest.mark.parametrize("name", [b"\xff\xfe", "Quill\u202edcm".encode(), b"a\x01b\nc", b"x" * 255])
def test_any_name_will_do(watched: Watched, name: bytes) -> None:
    (watched.drop / os.fsdecode(name)).write_bytes(b"x" * 200)
    watched.look()
    (offer,) = watched.look(11).offers
    with watched.source.open(Piece(offer.origin)) as data:
        assert data.read() == b"x" * 200


def test_a_name_is_not_printed_with_its_origin(watched: Watched) -> None:
    (watched.drop / "Quill_Ottoline").write_bytes(b"x" * 200)
    watched.look()
    assert "Quill" not in repr(watched.look(11))


def test_folders_deeper_than_anybody_makes_them_are_reported(watched: Watched) -> None:
    deep = watched.drop.joinpath(*["d"] * 80)
    deep.mkdir(parents=True)
    (deep / "a").write_bytes(b"x" * 200)
    watched.look()
    assert [r.code for r in watched.look(11).rejections] == ["quarantine.not-regular"]


def test_a_zip_offers_its_members_and_is_forgotten_with_it(watched: Watched) -> None:
    (watched.drop / "z").write_bytes(zipped({"a": ct(), "b": b"text"}))
    watched.look()
    (offer,) = watched.look(11).offers
    assert len(offer.pieces) == 2
    with watched.source.open(offer.pieces[0]) as data:
        assert data.read() == ct()
    watched.source.remove(offer.origin)
    watched.look()
    assert list(watched.scratch.iterdir()) == []


def test_a_zip_whose_end_is_missing_is_arriving_until_nobody_completes_it(watched: Watched) -> None:
    (watched.drop / "z").write_bytes(zipped({"a": ct()})[:-30])
    watched.look()
    assert len(watched.look(11).arriving) == 1
    assert [r.code for r in watched.look(100).rejections] == ["quarantine.zip-damaged"]


def test_a_zip_without_dicom_is_rejected_whole(watched: Watched) -> None:
    (watched.drop / "letter.docx").write_bytes(zipped({"a.xml": b"<a/>", "b.xml": b"<b/>"}))
    watched.look()
    assert [r.code for r in watched.look(11).rejections] == ["quarantine.not-dicom"]


def test_a_watched_folder_that_is_gone_is_said_and_comes_back(watched: Watched) -> None:
    (watched.drop / "a").write_bytes(b"x" * 200)
    watched.drop.rename(watched.drop.parent / "away")
    assert "cannot be read" in watched.look().notes[0]
    (watched.drop.parent / "away").rename(watched.drop)
    watched.look()
    assert len(watched.look(11).offers) == 1


def test_a_folder_handed_over_whole_is_offered_at_once(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    for name in ("a", "b.part", ".DS_Store"):
        (tmp_path / "drop" / name).write_bytes(b"x" * 200)
    look = FolderSource(tmp_path / "drop", 0, LIMITS).look(tmp_path / "scratch")
    assert [offer.stale for offer in look.offers] == [True] * 3
