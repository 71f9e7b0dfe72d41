"""Multipart bodies: what is written is read again, whatever it holds and however it comes in."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from uploader.archives.embedded.multiparts import read, written

TYPE = 'multipart/related; type="application/dicom"; boundary="xyz"'
NASTY = st.binary(max_size=60) | st.sampled_from([b"\r\n", b"\r\n--", b"--xy", b"\r\n--xy", b"--", b"\r", b"xyz--\r\n"])
PARTS = st.lists(NASTY.filter(lambda data: b"--xyz" not in data), max_size=5)


class Trickle:
    """A stream that gives a few bytes at a time, as a network may."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step = io.BytesIO(data), step

    def read(self, size: int, /) -> bytes:
        return self._data.read(min(size, self._step))


def taken(body: bytes, step: int = 1 << 20, chunk: int = 1 << 20) -> list[bytes]:
    found = []
    for _, part in read(Trickle(body, step), TYPE):
        data = b""
        while piece := part.read(chunk):
            assert len(piece) <= chunk
            data += piece
        found.append(data)
    return found


@given(PARTS, st.integers(1, 9), st.integers(1, 9))
def test_parts_that_are_written_are_read_again(parts: list[bytes], step: int, chunk: int) -> None:
    body = b"".join(written([("application/dicom", [part]) for part in parts], "xyz"))
    assert taken(body, step, chunk) == parts


@given(PARTS.filter(bool), st.data())
def test_a_body_that_is_cut_off_is_never_taken_for_a_whole_one(parts: list[bytes], data: st.DataObject) -> None:
    body = b"".join(written([("application/dicom", [part]) for part in parts], "xyz"))
    end = data.draw(st.integers(0, len(body) - len(b"--\r\n") - 1))
    with pytest.raises(BadRequest):
        taken(body[:end])


def test_a_part_that_is_not_read_is_passed_over() -> None:
    body = b"".join(written([("a/b", [b"first"]), ("c/d", [b"second"])], "xyz"))
    assert [kind for kind, _ in read(io.BytesIO(body), TYPE)] == ["a/b", "c/d"]


def test_what_stands_before_the_first_boundary_is_no_part() -> None:
    assert taken(b"a preamble\r\n--xyz\r\n\r\nimage\r\n--xyz--an epilogue") == [b"image"]


@pytest.mark.parametrize(
    "kind", ["multipart/related", "multipart/related; boundary=", f"multipart/related; boundary={'x' * 71}"]
)
def test_a_body_without_a_boundary_is_refused(kind: str) -> None:
    with pytest.raises(BadRequest):
        list(read(io.BytesIO(b"--x--"), kind))


@pytest.mark.parametrize(
    "body", [b"--xyzw\r\n\r\n--xyz--", b"--xyz\r\n" + b"A: b\r\n" * 5000 + b"\r\n\r\n--xyz--", b"--xyz" + b" " * 20_000]
)
def test_a_header_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        taken(body)
