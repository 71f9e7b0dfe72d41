"""What lies beside the image in the pixel data: bytes beyond it, and comments of compressed images."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG4HP41,
    UID,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from tests.stages import sabotage
from tests.stages.sabotage import Session, edit
from uploader.domain.finding import Severity
from uploader.stages.verify.pixels import Beside
from uploader.stages.verify.walk import Part

Change = Callable[[Dataset], object]

REFUSED, ASKED = Severity.REFUSAL, Severity.QUESTION
IMAGE = hashlib.shake_128(b"image").digest(512)
COMMENT = b"scanned for Anneliese"


def with_pixels(session: Session, change: Change, only_anonymised: bool = False) -> Session:
    """`change` made to the second slice, original and anonymised."""
    folders = [session.anonymised] if only_anonymised else [session.original, session.anonymised]
    for folder in folders:
        edit(folder / sabotage.entry_name("0002"), change)
    return Session(session.original, session.anonymised, sabotage.manifest(session.original))


def native(value: bytes) -> Change:
    return lambda dataset: setattr(dataset, "PixelData", value)


def compressed(syntax: str, *frames: bytes) -> Change:
    def change(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        dataset.add_new(0x7FE00010, "OB", encapsulate(list(frames)))
        dataset["PixelData"].is_undefined_length = True

    return change


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


SCAN = segment(0xDA, bytes(10)) + hashlib.shake_128(b"scan").digest(300).replace(b"\xff", b"\0")


def jpeg(*segments: bytes, behind: bytes = b"") -> bytes:
    return b"\xff\xd8" + b"".join(segments) + SCAN + b"\xff\xd9" + behind


def j2k(*segments: bytes, in_tile: bytes = b"", behind: bytes = b"") -> bytes:
    size = 12 + len(in_tile) + 100
    tile = segment(0x90, struct.pack(">HIBB", 0, size, 0, 1)) + in_tile + b"\xff\x93" + bytes(98)
    return b"\xff\x4f" + segment(0x51, bytes(36)) + b"".join(segments) + tile + b"\xff\xd9" + behind


def jp2(box: bytes) -> bytes:
    signature = struct.pack(">I4s", 12, b"jP  ") + b"\r\n\x87\n"
    stream = j2k()
    return signature + struct.pack(">I4s", 8 + len(box), b"xml ") + box + struct.pack(">I4s", 0, b"jp2c") + stream


def judged(session: Session) -> set[tuple[str, Severity]]:
    return {(f.code, f.severity) for f in session.findings()}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return sabotage.make(tmp_path)


def test_zeros_beyond_the_image_are_asked_about(session: Session) -> None:
    assert judged(with_pixels(session, native(IMAGE + bytes(64)))) == {("verify.pixel-excess", ASKED)}


def test_bytes_beyond_the_image_are_refused(session: Session) -> None:
    assert judged(with_pixels(session, native(IMAGE + b"\1" * 64))) == {("verify.pixel-length", REFUSED)}


def test_bytes_beyond_the_image_are_searched(session: Session) -> None:
    found = judged(with_pixels(session, native(IMAGE + COMMENT + b"\0")))
    assert found == {("verify.pixel-length", REFUSED), ("verify.residue", REFUSED)}


def test_bytes_beyond_the_image_that_the_original_lacks_are_refused(session: Session) -> None:
    found = judged(with_pixels(session, native(IMAGE + bytes(64)), only_anonymised=True))
    assert found >= {("verify.pixels", REFUSED), ("verify.pixel-length", REFUSED)}


def test_one_byte_that_makes_the_length_even_is_no_excess(session: Session) -> None:
    def odd(dataset: Dataset) -> None:
        dataset.Rows, dataset.Columns, dataset.BitsAllocated, dataset.PixelData = 3, 3, 8, bytes(10)

    assert with_pixels(session, odd).findings() == []


@pytest.mark.parametrize(("frames", "size"), [(100, 50), (3, 2)])
def test_single_bits_are_packed(frames: int, size: int, session: Session) -> None:
    def bits(dataset: Dataset) -> None:
        dataset.Rows, dataset.Columns, dataset.BitsAllocated, dataset.NumberOfFrames = 2, 2, 1, frames
        dataset.PixelData = bytes(size)

    assert with_pixels(session, bits).findings() == []


def test_subsampled_colours_have_two_samples_a_pixel(session: Session) -> None:
    def colour(dataset: Dataset) -> None:
        dataset.SamplesPerPixel, dataset.BitsAllocated = 3, 8
        dataset.PhotometricInterpretation, dataset.PixelData = "YBR_FULL_422", IMAGE

    assert with_pixels(session, colour).findings() == []


def test_pixels_of_an_image_without_a_size_are_asked_about(session: Session) -> None:
    def sizeless(dataset: Dataset) -> None:
        del dataset.Rows

    assert judged(with_pixels(session, sizeless)) == {("verify.pixel-excess", ASKED)}


APP, COM = 0xE1, 0xFE
CODED: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "a comment of a JPEG image": (JPEGBaseline8Bit, (jpeg(segment(COM, COMMENT)),)),
    "an application segment of a JPEG image": (JPEGBaseline8Bit, (jpeg(segment(APP, b"Exif\0\0" + COMMENT)),)),
    "a comment of the second frame": (
        JPEGBaseline8Bit,
        (jpeg(), jpeg(segment(0xDB, bytes(65)), segment(COM, COMMENT))),
    ),
    "a comment of a JPEG-LS image": (JPEGLSLossless, (jpeg(segment(COM, COMMENT)),)),
    "bytes behind the end of a JPEG image": (JPEGBaseline8Bit, (jpeg(behind=COMMENT),)),
    "a comment of a JPEG 2000 image": (JPEG2000Lossless, (j2k(segment(0x64, b"\0\1" + COMMENT)),)),
    "bytes behind a run-length coded image": (RLELossless, (bytes(64) + b"\1" * 900 + COMMENT,)),
    "a comment between two scans of a JPEG image": (
        JPEGBaseline8Bit,
        (b"\xff\xd8" + SCAN + segment(COM, COMMENT) + SCAN + b"\xff\xd9",),
    ),
    "a segment of a JPEG image that none should have": (JPEGBaseline8Bit, (jpeg(segment(0xF0, COMMENT)),)),
    "a table of a JPEG image": (JPEGBaseline8Bit, (jpeg(segment(0xDB, COMMENT)),)),
    "zeros and more behind the end of a JPEG image": (JPEGBaseline8Bit, (jpeg(behind=bytes(9000) + COMMENT),)),
    "bytes between two JPEG images in one": (JPEGBaseline8Bit, (jpeg(behind=COMMENT + jpeg()),)),
    "a JPEG image without an end": (JPEGBaseline8Bit, (jpeg()[:-2] + COMMENT,)),
    "a frame that is no JPEG image behind one that is": (JPEGBaseline8Bit, (jpeg(), COMMENT)),
    "a comment in a tile of a JPEG 2000 image": (
        JPEG2000Lossless,
        (j2k(in_tile=segment(0x64, b"\0\1" + COMMENT)),),
    ),
    "zeros and more behind the end of a JPEG 2000 image": (JPEG2000Lossless, (j2k(behind=bytes(9000) + COMMENT),)),
    "a box of a JP2 file": (JPEG2000Lossless, (jp2(b"<name>Anneliese</name>"),)),
}


CODED_CLEAN = {JPEGBaseline8Bit: jpeg(), JPEG2000Lossless: j2k(), RLELossless: bytes(64) + b"\1" * 8}


@pytest.mark.parametrize("what", CODED)
def test_a_name_in_a_compressed_image_is_found(what: str, session: Session) -> None:
    syntax, frames = CODED[what]
    assert judged(with_pixels(session, compressed(syntax, *frames))) == {("verify.residue", REFUSED)}


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless, RLELossless])
def test_a_name_in_the_offset_table_is_found(syntax: str, session: Session) -> None:
    def tabled(dataset: Dataset) -> None:
        compressed(syntax, CODED_CLEAN[syntax])(dataset)
        table = bytes(2000) + COMMENT + bytes(2001)
        dataset.PixelData = struct.pack("<HHI", 0xFFFE, 0xE000, len(table)) + table + dataset.PixelData[12:]

    assert ("verify.residue", REFUSED) in judged(with_pixels(session, tabled))


@pytest.mark.parametrize(
    ("syntax", "frame"),
    [
        (JPEGBaseline8Bit, jpeg(segment(APP, b"JFIF\0"), segment(COM, b"LEAD Technologies"))),
        (JPEGLSLossless, jpeg(segment(0xF7, bytes(9)))),
        (JPEG2000Lossless, j2k(segment(0x64, b"\0\1Kakadu-3.2"))),
        (RLELossless, bytes(64) + b"\1" * 8),
    ],
)
def test_a_compressed_image_without_a_name_is_no_finding(syntax: str, frame: bytes, session: Session) -> None:
    assert with_pixels(session, compressed(syntax, frame)).findings() == []


@pytest.mark.parametrize(
    ("syntax", "frame"),
    [
        (JPEGBaseline8Bit, b"no image at all."),
        (JPEGBaseline8Bit, b"\xff\xd8\xff\xfe\xff\xff" + bytes(10)),
        (JPEG2000Lossless, b"\xff\x4f\xff\x64\xff\xff" + bytes(10)),
        (MPEG4HP41, bytes(64)),
    ],
)
def test_a_compressed_image_that_cannot_be_followed_is_asked_about(syntax: str, frame: bytes, session: Session) -> None:
    assert judged(with_pixels(session, compressed(syntax, frame))) == {("verify.pixel-unsearched", ASKED)}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_compressed_samples_can_be_followed(samples: Path) -> None:
    followed = []
    for path in sorted((samples / "transfer_syntaxes").glob("*.dcm")):
        if path.name in ("image_dfl.dcm", "nested_priv_SQ.dcm", "priv_SQ.dcm"):  # deflated; pixels without a size
            continue
        with path.open("rb") as stream:
            part = Part(stream)
            beside = Beside(part, {e.tag: e for e in part.elements() if not e.prefix})
            list(beside.elements())
        followed.append((path.name, beside.faults))
    assert [(name, faults) for name, faults in followed if faults] == []
    assert len(followed) > 10
