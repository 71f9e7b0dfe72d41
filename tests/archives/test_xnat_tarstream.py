import io
import os
import tarfile
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.sessions import WHOLE, Given
from uploader.archives.xnat.tarstream import BATCH_BYTES, BATCH_FILES, TarBody, batches
from uploader.domain.errors import DigestMismatch, UnreadableFile
from uploader.domain.manifest import CHUNK, Entry

SIZES = st.sampled_from([0, 1, 511, 512, 513, 10240, CHUNK - 1, CHUNK, CHUNK + 1])


def unpacked(body: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]


@settings(max_examples=25, deadline=None)
@given(st.lists(SIZES, min_size=1, max_size=5))
def test_the_length_is_known_before_and_the_files_come_out_as_they_went_in(sizes):
    files = {f"scans/3/DICOM/{n:04}.dcm": os.urandom(size) for n, size in enumerate(sizes)}
    session = Given(files)
    body = TarBody(tuple(session.manifest), session.open)
    sent = b"".join(body)
    assert len(sent) == len(body)
    assert unpacked(sent) == {name.rsplit("/", 1)[1]: data for name, data in files.items()}


def test_a_body_can_be_made_twice():
    body = TarBody(tuple(WHOLE.manifest)[:2], WHOLE.open)
    assert b"".join(body) == b"".join(body)


def test_no_more_than_two_chunks_are_in_memory():
    size = 5 * CHUNK
    session = Given({"scans/3/DICOM/0001.dcm": bytes(size)})
    assert max(map(len, TarBody(tuple(session.manifest), session.open))) <= CHUNK


@pytest.mark.parametrize("other", [b"", b"x" * 99, b"x" * 99 + b"y", b"x" * 101, bytes(3 * CHUNK)])
def test_a_file_with_other_bytes_is_never_sent_to_its_end(other):
    (entry,) = Given({"scans/3/DICOM/0001.dcm": b"x" * 100}).manifest
    sent: list[bytes] = []
    with pytest.raises(DigestMismatch):
        sent.extend(TarBody([entry], Given({entry.name: other}).open))
    assert 512 <= sum(map(len, sent)) < 512 + 100


def test_a_source_that_cannot_be_read_is_not_taken_for_trouble_on_the_wire():
    (entry,) = Given({"scans/3/DICOM/0001.dcm": b"x"}).manifest

    @contextmanager
    def absent(_):
        raise FileNotFoundError
        yield

    with pytest.raises(UnreadableFile):
        list(TarBody([entry], absent))


def entries(count, size, scan="3"):
    return [Entry(f"scans/{scan}/DICOM/{n:05}.dcm", size, "", "") for n in range(count)]


def test_a_batch_has_no_more_than_its_files():
    assert [len(b) for b in batches(entries(450, 1))] == [BATCH_FILES, BATCH_FILES, 50]


def test_a_batch_has_no_more_than_its_bytes():
    assert [len(b) for b in batches(entries(5, BATCH_BYTES // 2))] == [2, 2, 1]


def test_a_large_file_travels_alone():
    large = Entry("scans/3/DICOM/00001a.dcm", 10 * BATCH_BYTES, "", "")
    assert [len(b) for b in batches([*entries(3, 1), large])] == [2, 1, 1]


def test_a_batch_is_of_one_scan():
    assert [len(b) for b in batches(entries(2, 1, "3") + entries(3, 1, "4"))] == [2, 3]


def test_a_file_beyond_eight_gigabytes_still_has_a_header():
    large = Entry("scans/3/DICOM/0001.dcm", 9 << 30, "", "")
    header = next(iter(TarBody([large], WHOLE.open)))
    assert tarfile.TarInfo.frombuf(header, "ascii", "strict").size == 9 << 30
