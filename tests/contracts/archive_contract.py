"""What every archive promises. Each adapter's test file runs this suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pytest

from tests.contracts.sessions import ADDRESS, FILES, WHOLE, Given
from uploader.domain.errors import DigestMismatch, LabelTaken, UnreadableFile, UploaderError
from uploader.domain.manifest import Entry
from uploader.domain.session import Address
from uploader.ports import Archive, Sharing


def put(archive: Archive, given: Given) -> None:
    archive.put(given.session, tuple(given.manifest), given.open)


class Torn:
    """A source that breaks in the middle of a file."""

    @contextmanager
    def open(self, entry: Entry) -> Iterator[BinaryIO]:
        yield self  # type: ignore[misc]

    def read(self, size: int) -> bytes:
        raise OSError("cable pulled")


class ArchiveContract:
    """Subclass, and provide an `archive` fixture that is empty and takes sessions into project DEMO."""

    def test_holds_nothing_before_anything_is_put(self, archive):
        assert not list(archive.held(ADDRESS))

    def test_holds_exactly_what_was_put(self, archive):
        put(archive, WHOLE)
        assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)

    def test_putting_nothing_does_nothing(self, archive):
        archive.put(WHOLE.session, (), WHOLE.open)
        assert not list(archive.held(ADDRESS))

    def test_gives_back_the_bytes_it_was_given(self, archive):
        put(archive, WHOLE)
        for entry in WHOLE.manifest:
            with archive.open(ADDRESS, entry) as data:
                assert data.read() == FILES[entry.name]

    def test_a_file_can_be_read_in_pieces_and_left_early(self, archive):
        put(archive, WHOLE)
        entry = next(e for e in WHOLE.manifest if e.size > 1000)
        with archive.open(ADDRESS, entry) as data:
            assert data.read(5) + data.read(4) == b"slice two"
        assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)

    def test_putting_a_session_twice_changes_nothing(self, archive):
        put(archive, WHOLE)
        put(archive, WHOLE)
        assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)

    def test_a_session_can_be_put_in_parts(self, archive):
        for name in FILES:
            put(archive, WHOLE.only(name))
        assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)

    def test_a_whole_session_can_be_put_over_a_part_of_it(self, archive):
        put(archive, WHOLE.only("scans/3/DICOM/0002.dcm"))
        put(archive, WHOLE)
        assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)

    def test_what_is_there_is_never_overwritten(self, archive):
        put(archive, WHOLE)
        name = "scans/3/DICOM/0001.dcm"
        put(archive, Given({name: b"another slice"}))
        assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)

    def test_sessions_do_not_see_each_other(self, archive):
        put(archive, WHOLE)
        assert not list(archive.held(Address("DEMO", "DEMO-001", "DEMO-001_2")))

    def test_subjects_do_not_see_each_other(self, archive):
        put(archive, WHOLE)
        assert not list(archive.held(Address("DEMO", "DEMO-002", "DEMO-001_1")))

    def test_a_label_that_another_subject_uses_is_refused(self, archive):
        put(archive, WHOLE)
        with pytest.raises(LabelTaken):
            put(archive, Given(FILES, Address("DEMO", "DEMO-002", "DEMO-001_1")))
        assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)

    def test_a_source_that_breaks_leaves_no_file(self, archive):
        with pytest.raises(UnreadableFile):
            archive.put(WHOLE.session, tuple(WHOLE.manifest), Torn().open)
        assert not list(archive.held(ADDRESS))

    @pytest.mark.parametrize("other", [b"slice 0ne", b"slice", b"slice one and more"])
    def test_a_source_with_other_bytes_leaves_no_file(self, archive, other):
        promised = WHOLE.only("scans/3/DICOM/0001.dcm")
        with pytest.raises(DigestMismatch):
            archive.put(promised.session, tuple(promised.manifest), Given({"scans/3/DICOM/0001.dcm": other}).open)
        assert not list(archive.held(ADDRESS))

    def test_settling_twice_leaves_every_byte(self, archive):
        put(archive, WHOLE)
        archive.settle(WHOLE.session)
        archive.settle(WHOLE.session)
        assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)

    def test_what_is_removed_is_gone(self, archive):
        put(archive, WHOLE)
        archive.remove(ADDRESS)
        assert not list(archive.held(ADDRESS))

    def test_removing_what_is_not_there_does_nothing(self, archive):
        archive.remove(ADDRESS)

    def test_a_removed_session_can_be_put_again(self, archive):
        put(archive, WHOLE)
        archive.remove(ADDRESS)
        put(archive, WHOLE)
        assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)

    def test_a_file_that_is_not_there_cannot_be_opened(self, archive):
        put(archive, WHOLE.only("scans/4/DICOM/0001.dcm"))
        absent = next(iter(WHOLE.only("scans/3/DICOM/0001.dcm").manifest))
        with pytest.raises(UploaderError), archive.open(ADDRESS, absent) as data:
            data.read()


class SharingContract:
    """Subclass, and provide a `sharing` fixture: as `archive`, with a second project TRIAL."""

    def test_an_unknown_session_is_shared_nowhere(self, sharing: Sharing):
        assert not sharing.shared(ADDRESS)

    def test_a_session_is_visible_in_its_own_project(self, sharing):
        put(sharing, WHOLE)
        assert sharing.shared(ADDRESS) == {"DEMO"}

    def test_a_shared_session_is_visible_in_both_projects(self, sharing):
        put(sharing, WHOLE)
        sharing.share(ADDRESS, "TRIAL")
        assert sharing.shared(ADDRESS) == {"DEMO", "TRIAL"}

    def test_sharing_twice_changes_nothing(self, sharing):
        put(sharing, WHOLE)
        sharing.share(ADDRESS, "TRIAL")
        sharing.share(ADDRESS, "TRIAL")
        assert sharing.shared(ADDRESS) == {"DEMO", "TRIAL"}

    def test_a_shared_session_holds_the_same_files_in_both_projects(self, sharing):
        put(sharing, WHOLE)
        sharing.share(ADDRESS, "TRIAL")
        assert sorted(sharing.held(Address("TRIAL", "DEMO-001", "DEMO-001_1"))) == sorted(WHOLE.held)

    def test_a_session_that_is_not_there_cannot_be_shared(self, sharing):
        with pytest.raises(UploaderError):
            sharing.share(ADDRESS, "TRIAL")

    def test_a_session_is_not_shared_into_an_unknown_project(self, sharing):
        put(sharing, WHOLE)
        with pytest.raises(UploaderError):
            sharing.share(ADDRESS, "NOWHERE")
        assert sharing.shared(ADDRESS) == {"DEMO"}

    def test_a_share_that_ends_leaves_the_session_where_it_was(self, sharing):
        put(sharing, WHOLE)
        sharing.share(ADDRESS, "TRIAL")
        sharing.unshare(ADDRESS, "TRIAL")
        sharing.unshare(ADDRESS, "TRIAL")
        assert sharing.shared(ADDRESS) == {"DEMO"}
        assert sorted(sharing.held(ADDRESS)) == sorted(WHOLE.held)

    def test_a_session_is_never_taken_out_of_its_own_project(self, sharing):
        put(sharing, WHOLE)
        with pytest.raises(UploaderError):
            sharing.unshare(ADDRESS, "DEMO")
        assert sorted(sharing.held(ADDRESS)) == sorted(WHOLE.held)

    def test_a_document_beside_a_session_is_none_of_its_files(self, sharing):
        put(sharing, WHOLE)
        sharing.attach(ADDRESS, "consignment-k7q29xmd.json", b'{"a":1}')
        sharing.attach(ADDRESS, "consignment-k7q29xmd.json", b'{"a":1}')
        assert sorted(sharing.held(ADDRESS)) == sorted(WHOLE.held)

    def test_a_document_is_never_overwritten(self, sharing):
        put(sharing, WHOLE)
        sharing.attach(ADDRESS, "consignment-k7q29xmd.json", b'{"a":1}')
        with pytest.raises(UploaderError):
            sharing.attach(ADDRESS, "consignment-k7q29xmd.json", b'{"a":2}')
        sharing.attach(ADDRESS, "consignment-k7q29xmd.json", b'{"a":1}')

    def test_the_trial_of_a_session_may_be_written_again(self, sharing):
        put(sharing, WHOLE)
        sharing.mark(ADDRESS, "DEMO-RT")
        sharing.mark(ADDRESS, "DEMO-RT")
        assert sorted(sharing.held(ADDRESS)) == sorted(WHOLE.held)
