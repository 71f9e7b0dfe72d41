"""What has been received is handed over to the watched folder, and nothing acknowledged is lost on the way."""

from __future__ import annotations

import os

import pytest

from tests.dimse.senders import dcmtk, kept, receiving
from tests.homes import demo
from uploader.domain.errors import Misconfigured
from uploader.sources.folder import FolderSource, Limits
from uploader.sources.storescp import UNDER_WAY, HandOver
from uploader.stages.ingest.intake import Intake

FIRST, SECOND = object(), object()


@pytest.fixture
def inbox(tmp_path):
    return tmp_path / "inbox"


@pytest.fixture
def sink(inbox):
    sink = HandOver(inbox)
    sink.recover()
    yield sink
    sink.close()


def received(sink, text="bytes"):
    path = sink.place()
    path.write_text(text)
    return path


def endings(inbox):
    return sorted(path.name.partition(".")[2] for path in inbox.iterdir() if path.is_file())


def test_what_is_under_way_is_not_in_sight_and_what_is_kept_is(sink, inbox):
    path = received(sink)
    assert endings(inbox) == []
    sink.keep(path, FIRST)
    assert not path.exists()
    assert endings(inbox) == ["dcm.part"]


def test_of_each_association_the_last_object_alone_is_unfinished(sink, inbox):
    for sender in (FIRST, SECOND, FIRST):
        sink.keep(received(sink), sender)
    assert endings(inbox) == ["dcm", "dcm.part", "dcm.part"]
    sink.over(FIRST)
    assert endings(inbox) == ["dcm", "dcm", "dcm.part"]
    sink.over(SECOND)
    sink.over(SECOND)
    assert endings(inbox) == ["dcm"] * 3


def test_names_say_nothing_and_are_nobodys_elses(sink):
    assert len({sink.place() for _ in range(100)}) == 100


def test_after_a_crash_what_was_kept_is_whole_and_what_was_not_is_gone(inbox):
    before = HandOver(inbox)
    before.recover()
    before.keep(received(before), FIRST)
    half = received(before)
    (inbox / "of somebody else.part").write_text("not ours")
    before.close()
    after = HandOver(inbox)
    after.recover()
    after.close()
    assert endings(inbox) == ["dcm", "part"]
    assert not half.exists()


def test_two_listeners_do_not_share_a_folder(sink, inbox):
    with pytest.raises(Misconfigured, match="another listener"):
        HandOver(inbox).recover()


def test_a_link_in_the_place_of_our_folder_is_not_followed(inbox, tmp_path):
    inbox.mkdir()
    (inbox / UNDER_WAY).symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(Misconfigured, match="remove it"):
        HandOver(inbox).recover()


def test_objects_that_are_gone_already_disturb_nobody(sink, inbox):
    sink.keep(received(sink), FIRST)
    for path in inbox.glob("*.part"):
        path.unlink()
    sink.keep(received(sink), FIRST)
    sink.over(FIRST)
    assert endings(inbox) == ["dcm"]


class Watching:
    """Somebody who looks at the folder, by a clock of ours: a file is quiet after a second, and stale after ten."""

    def __init__(self, inbox, spool, quarantine):
        self.now, self.received = 0.0, set()
        source = FolderSource(inbox, 1, Limits(100, 1 << 30, 100, 2), lambda: self.now)
        self.intake = Intake(source, spool, quarantine, lambda instances: instances <= self.received)

    def taken(self, after=2):
        """How many files each session has that is taken so many seconds later."""
        self.intake.poll()
        self.now += after
        arrivals = self.intake.poll()
        for arrival in arrivals:
            self.received |= arrival.instances.reveal()
            self.intake.registered(arrival)
        return [len(arrival.manifest) for arrival in arrivals]


@pytest.fixture
def watching(tmp_path, inbox):
    watching = Watching(inbox, tmp_path / "spool", tmp_path / "quarantine")
    yield watching
    watching.intake.close()


def put(sink, paths, sender):
    for path in paths:
        part = sink.place()
        part.write_bytes(path.read_bytes())
        sink.keep(part, sender)


def test_a_study_waits_for_its_sender_and_another_does_not(watching, sink, inbox, tmp_path):
    for seed in (1, 2):
        put(sink, sorted(demo(tmp_path / f"session-{seed}", seed).iterdir()), FIRST)
    half = received(sink, "has just begun")
    assert watching.taken() == [9]
    sink.over(FIRST)
    assert watching.taken() == [9]
    assert half.exists()
    assert [path.name for path in inbox.iterdir()] == [UNDER_WAY]


def test_a_study_whose_sender_falls_silent_is_taken_whole_in_the_end(watching, sink, inbox, tmp_path):
    put(sink, sorted(demo(tmp_path / "session").iterdir()), FIRST)
    assert watching.taken() == []
    assert watching.taken(after=20) == [9]
    assert not watching.intake.waiting()
    sink.over(FIRST)
    assert endings(inbox) == []


def test_structures_that_are_sent_later_are_taken_when_their_images_were(watching, sink, tmp_path):
    images, others = [], []
    for path in sorted(demo(tmp_path / "session").iterdir()):
        (images if path.name.startswith("CT") else others).append(path)
    put(sink, others, FIRST)
    sink.over(FIRST)
    assert watching.taken() == []
    assert any("RTSTRUCT waits" in sentence for sentence in watching.intake.waiting())
    put(sink, images, SECOND)
    sink.over(SECOND)
    assert watching.taken() == [9]


def test_structures_that_are_sent_days_later_are_a_session_of_their_own(watching, sink, tmp_path):
    paths = sorted(demo(tmp_path / "session").iterdir())
    put(sink, [path for path in paths if path.name.startswith("CT")], FIRST)
    sink.over(FIRST)
    assert watching.taken() == [6]
    put(sink, [path for path in paths if not path.name.startswith("CT")], SECOND)
    sink.over(SECOND)
    assert watching.taken() == [3]


def test_two_studies_of_one_association_are_two_sessions_however_often_they_are_sent(watching, inbox, tmp_path):
    files = [path for seed in (1, 2) for path in demo(tmp_path / f"session-{seed}", seed).iterdir()]
    inbox.mkdir()
    with receiving(inbox) as receiver:
        for _ in range(2):
            assert dcmtk("storescu", receiver.port, *files).returncode == 0
        assert len(kept(inbox)) == len(files)
    assert watching.taken() == [9, 9]
    assert not watching.intake.quarantined()
    assert not list(inbox.glob("*.dcm"))


def test_only_the_account_of_the_gateway_may_read_what_came(sink, inbox, tmp_path):
    mask = os.umask(0)
    try:
        with receiving(tmp_path / "other") as receiver:
            dcmtk("storescu", receiver.port, *demo(tmp_path / "session").iterdir())
    finally:
        os.umask(mask)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "other").glob("*.dcm")}
    assert modes == {0o600}
