from datetime import UTC, datetime

import pytest

from tests.contracts.folder_archive import FolderArchive
from tests.contracts.sessions import ADDRESS, FILES, WHOLE, Given
from uploader.domain.errors import ArchiveUnavailable, DigestMismatch, LabelTaken
from uploader.domain.evidence import Receipt
from uploader.domain.manifest import Held
from uploader.stages.deposit import ROUNDS, confirm, deposit

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def give(given: Given, target: FolderArchive) -> Receipt:
    return deposit(given.session, given.manifest, given.open, target, lambda: NOON)


class Flaky(FolderArchive):
    """Stores `keeps` files and then stops answering, the first `times` times."""

    times, keeps = 1, 1

    def put(self, session, entries, open_entry):
        if self.times:
            self.times -= 1
            super().put(session, entries[: self.keeps], open_entry)
            raise ArchiveUnavailable("flaky: no answer")
        super().put(session, entries, open_entry)


class Rewriting(FolderArchive):
    """Changes the headers of what it is given, as an XNAT with a script does."""

    def _put(self, path, entry, open_entry):
        super()._put(path, entry, open_entry)
        path.write_bytes(b"rewritten")


class Losing(FolderArchive):
    """Says yes and keeps nothing."""

    rounds = 0

    def put(self, session, entries, open_entry):
        self.rounds += 1


class Doubling(FolderArchive):
    """Lists every file twice, as an XNAT with two resources of one label does."""

    def held(self, address):
        once = list(super().held(address))
        return once + once


@pytest.fixture
def folder(tmp_path):
    return FolderArchive("folder", tmp_path)


def test_a_receipt_names_the_place_the_digest_the_count_and_the_time(folder):
    assert give(WHOLE, folder) == Receipt("folder", WHOLE.manifest.digest, len(FILES), NOON)


def test_the_place_holds_what_the_receipt_says(folder):
    give(WHOLE, folder)
    assert set(folder.held(ADDRESS)) == WHOLE.held


def test_a_second_deposit_sends_nothing(folder):
    give(WHOLE, folder)
    folder.sent.clear()
    give(WHOLE, folder)
    assert folder.sent == []


def test_a_deposit_that_was_interrupted_sends_only_the_rest(folder):
    folder.put(WHOLE.session, tuple(WHOLE.manifest)[:3], WHOLE.open)
    folder.sent.clear()
    give(WHOLE, folder)
    assert folder.sent == ["scans/4/DICOM/0001.dcm"]


def test_a_session_is_settled_after_its_last_file_even_when_nothing_had_to_be_sent(folder):
    folder.put(WHOLE.session, tuple(WHOLE.manifest), WHOLE.open)
    give(WHOLE, folder)
    assert folder.settled == 1


def test_after_an_unknown_outcome_only_what_is_missing_is_sent(tmp_path):
    flaky = Flaky("flaky", tmp_path)
    give(WHOLE, flaky)
    assert sorted(flaky.sent) == sorted(FILES)


def test_a_place_that_stayed_out_of_reach_gives_no_receipt(tmp_path):
    flaky = Flaky("flaky", tmp_path)
    flaky.times, flaky.keeps = ROUNDS, 0
    with pytest.raises(ArchiveUnavailable):
        give(WHOLE, flaky)


def test_a_reply_lost_in_the_last_round_does_not_matter_when_everything_is_there(tmp_path):
    flaky = Flaky("flaky", tmp_path)
    flaky.times, flaky.keeps = ROUNDS, 2
    assert give(WHOLE, flaky).files == len(FILES)


def test_a_place_that_says_yes_and_keeps_nothing_gives_no_receipt(tmp_path):
    with pytest.raises(DigestMismatch, match="4 file"):
        give(WHOLE, Losing("losing", tmp_path))


def test_a_place_that_keeps_nothing_is_asked_a_few_times_only(tmp_path):
    losing = Losing("losing", tmp_path)
    with pytest.raises(DigestMismatch):
        give(WHOLE, losing)
    assert losing.rounds == ROUNDS


def test_a_place_that_changes_bytes_gives_no_receipt(tmp_path):
    with pytest.raises(DigestMismatch):
        give(WHOLE, Rewriting("rewriting", tmp_path))


def test_a_place_that_lists_a_file_twice_gives_no_receipt(tmp_path):
    with pytest.raises(DigestMismatch):
        give(WHOLE, Doubling("doubling", tmp_path))


def test_files_that_differ_are_not_overwritten(folder):
    other = Given({"scans/3/DICOM/0001.dcm": b"other slice"})
    folder.put(other.session, tuple(other.manifest), other.open)
    with pytest.raises(LabelTaken):
        give(WHOLE, folder)
    assert set(folder.held(ADDRESS)) == other.held


def test_nothing_is_sent_beside_foreign_files(folder):
    other = Given({"scans/9/DICOM/stranger.dcm": b"who?"})
    folder.put(other.session, tuple(other.manifest), other.open)
    folder.sent.clear()
    with pytest.raises(LabelTaken):
        give(WHOLE, folder)
    assert folder.sent == []


@pytest.mark.parametrize(
    "held",
    [
        (),
        (Held("a", 1, "00"), Held("b", 1, "00")),
        (Held("a", 2, "00"),),
        (Held("a", 1, "01"),),
        (Held("a", 1, ""),),
    ],
    ids=["nothing", "more", "other size", "other digest", "no digest"],
)
def test_only_the_same_names_sizes_and_digests_earn_a_receipt(held):
    with pytest.raises(DigestMismatch):
        confirm("place", Given({"a": b"x"}).manifest, held, NOON)
