"""What is the same in file after file is looked at once, and nothing is missed for it; and memory stays flat."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from tests.stages import sabotage
from tests.stages.sabotage import DONE, SLICES, STRUCTURES, Session, edit
from uploader.stages.verify import verify
from uploader.stages.verify.blocks import Memory
from uploader.stages.verify.walk import Part


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return sabotage.make(tmp_path)


def says(text: str) -> Callable[[Dataset], object]:
    return lambda dataset: setattr(dataset, "SeriesDescription", text)


def found(session: Session) -> list[tuple[str, str]]:
    return [(f.code, f.where) for f in session.findings()]


def test_what_is_left_in_every_file_is_found_in_every_file(session: Session) -> None:
    for number in SLICES:
        edit(session.file(number), lambda d: setattr(d, "SeriesDescription", "for Anneliese"))
    assert found(session) == [("verify.residue", f"{sabotage.entry_name(n)} (0008,103E)") for n in SLICES]


def test_what_is_left_in_the_last_file_only_is_found(session: Session) -> None:
    for number, text in zip(SLICES, ("clean", "clean", "for Anneliese"), strict=True):
        edit(session.file(number), says(text))
    assert found(session) == [("verify.residue", f"{sabotage.entry_name(SLICES[-1])} (0008,103E)")]


def test_a_date_that_only_one_original_has_is_found_there_only(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, ContentDate="20230101")
    for number in SLICES:
        edit(session.file(number), lambda d: setattr(d, "ContentDate", "20200202"))
    edit(session.original / sabotage.entry_name(SLICES[1]), lambda d: setattr(d, "ContentDate", "20200202"))
    again = Session(session.original, session.anonymised, sabotage.manifest(session.original))
    assert found(again) == [("verify.date-kept", f"{sabotage.entry_name(SLICES[1])} (0008,0023)")]


def test_the_same_bytes_in_another_character_set_are_another_value(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, name="Иванов^Анна", charset="ISO_IR 144")
    for number, charset in zip(SLICES, ("ISO_IR 100", "ISO_IR 144", "ISO_IR 100"), strict=True):
        written = "Анна".encode("iso8859_5").decode("iso8859_5" if charset == "ISO_IR 144" else "latin_1")

        def spoil(dataset: Dataset, charset: str = charset, written: str = written) -> None:
            dataset.SpecificCharacterSet, dataset.SeriesDescription = charset, written

        edit(session.file(number), spoil)
    assert ("verify.residue", f"{sabotage.entry_name(SLICES[1])} (0008,103E)") in found(session)


def fragments(value: bytes) -> bytes:
    """Bytes in pieces, as compressed pixels are, in an item of the icon."""
    pieces = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)
    for piece in (b"", value):
        pieces += struct.pack("<HHI", 0xFFFE, 0xE000, len(piece)) + piece
    return sequence(0x00880200, [pieces + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)], endless=True)


def test_what_is_left_among_the_pieces_of_an_inner_image_is_found_in_every_file(session: Session) -> None:
    for number in SLICES:
        data = session.file(number).read_bytes()
        at = data.rindex(b"\xe0\x7f\x10\x00OW")
        session.file(number).write_bytes(data[:at] + fragments(b"\xff\xd8 for Anneliese") + data[at:])
    where = "(0088,0200)[0].(7FE0,0010)"
    left = [place for code, place in found(session) if code == "verify.residue"]
    assert left == [f"{sabotage.entry_name(number)} {where}" for number in SLICES]


REAL = ("rt_breast_plan", "mr_siemens_mosaic", "enhanced_multiframe", "charsets", "sr_seg_pdf")


@pytest.mark.parametrize("name", REAL)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_blocks_met_again_are_those_that_were_met(name: str, samples: Path) -> None:
    memory = Memory()
    for path in sorted((samples / name).glob("*.dcm")) * 3:
        with path.open("rb") as stream:
            part = Part(stream)
            met = [e for block in memory.blocks(part) for e in block.elements(part)]
            alone = list(part.inside(part.top, ()))
        assert [(e.path, e.vr, e.value, e.charset) for e in met] == [(e.path, e.vr, e.value, e.charset) for e in alone]


POINTS = b"\\".join(b"%d.5" % (n % 97) for n in range(900)) + b" "
UNDEFINED = 0xFFFFFFFF


def sequence(tag: int, items: list[bytes], endless: bool) -> bytes:
    """A sequence of these items, with its length or with a delimiter."""
    inside = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(one)) + one for one in items)
    length = UNDEFINED if endless else len(inside)
    head = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, b"SQ", 0, length)
    return head + inside + (struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) if endless else b"")


def points_of(points: bytes) -> bytes:
    return struct.pack("<HH2sH", 0x3006, 0x0050, b"DS", len(points)) + points


def write_contours(folder: Path, contours: list[bytes], endless: bool = False) -> None:
    """Let the structures end with these contours."""
    write_items(folder, [points_of(points) for points in contours], endless)


def write_items(folder: Path, items: list[bytes], endless: bool = False) -> None:
    """Let the structures end with these items of contours, as bytes."""
    roi = sequence(0x30060040, items, endless)
    path = folder / sabotage.entry_name(STRUCTURES)
    data = path.read_bytes()
    begin = data.find(b"\x06\x30\x39\x00SQ")
    path.write_bytes((data[:begin] if begin > 0 else data) + sequence(0x30060039, [roi], endless))


def with_contours(session: Session, contours: list[bytes], endless: bool = False) -> Session:
    """The session with so many contours that they are not held in memory."""
    for folder in (session.original, session.anonymised):
        write_contours(folder, contours, endless)
    return Session(session.original, session.anonymised, sabotage.manifest(session.original))


@pytest.mark.parametrize("endless", [False, True])
def test_a_contour_point_that_moved_is_found_in_a_long_sequence(endless: bool, session: Session) -> None:
    session = with_contours(session, [POINTS] * 40, endless)
    assert found(session) == []
    write_contours(session.anonymised, [POINTS] * 30 + [POINTS.replace(b"42.5", b"42.6")] + [POINTS] * 9, endless)
    where = f"{sabotage.entry_name(STRUCTURES)} (3006,0039)[0].(3006,0040)[30].(3006,0050)"
    assert found(session) == [("verify.altered", where)]


def test_a_name_in_a_long_sequence_is_found(session: Session) -> None:
    session = with_contours(session, [POINTS] * 40)
    write_contours(session.anonymised, [POINTS] * 39 + [b"Anneliese "])
    assert [code for code, _ in found(session)] == ["verify.altered", "verify.residue"]


def test_an_item_that_is_gone_from_a_long_sequence_is_found(session: Session) -> None:
    session = with_contours(session, [POINTS] * 40)
    write_contours(session.anonymised, [POINTS] * 39)
    where = f"{sabotage.entry_name(STRUCTURES)} (3006,0039)[0].(3006,0040)"
    assert ("verify.altered", where) in found(session)


def inside_of(number: int) -> str:
    """Where the contour of this number is."""
    return f"{sabotage.entry_name(STRUCTURES)} (3006,0039)[0].(3006,0040)[{number}]"


ODDITIES = {
    "verify.disorder": points_of(b"1.5 ") + sabotage.element(0x30060042, b"UT", b"CLOSED"),
    "verify.private": points_of(b"1.5 ") + sabotage.element(0x30070010, b"UT", b"ACME"),
    "verify.overlay": points_of(b"1.5 ") + sabotage.element(0x60000022, b"UT", b"CLOSED"),
    "verify.meta": sabotage.element(0x00020016, b"UT", b"ACME") + points_of(b"1.5 "),
    "verify.residue-uid": sabotage.element(0x00081155, b"UT", f"{sabotage.ROOT}.1.1".encode()) + points_of(b"1.5 "),
}


@pytest.mark.parametrize("endless", [False, True])
@pytest.mark.parametrize("code", ODDITIES)
def test_what_is_wrong_in_a_long_sequence_is_found_once(code: str, endless: bool, session: Session) -> None:
    session = with_contours(session, [*[POINTS] * 30, b"1.5 ", *[POINTS] * 9], endless)
    items = [*[points_of(POINTS)] * 30, ODDITIES[code], *[points_of(POINTS)] * 9]
    write_items(session.anonymised, items, endless)
    assert [c for c, where in found(session) if where.startswith(inside_of(30))] == [code]


@pytest.mark.parametrize("folder", ["original", "anonymised"])
@pytest.mark.parametrize("endless", [False, True])
def test_a_long_sequence_that_is_broken_inside_is_refused(folder: str, endless: bool, session: Session) -> None:
    session = with_contours(session, [POINTS] * 40, endless)
    broken = points_of(POINTS)[:-2]
    write_items(getattr(session, folder), [*[points_of(POINTS)] * 30, broken, *[points_of(POINTS)] * 9], endless)
    again = Session(session.original, session.anonymised, sabotage.manifest(session.original))
    code = "verify.unparsable" if folder == "anonymised" else "verify.original-unparsable"
    assert code in {c for c, _ in found(again)}


@pytest.mark.parametrize("endless", [False, True])
def test_memory_does_not_grow_with_the_contours(endless: bool, session: Session) -> None:
    session = with_contours(session, [POINTS] * 6000, endless)
    before, after = sabotage.manifest(session.original), sabotage.manifest(session.anonymised)
    assert session.file(STRUCTURES).stat().st_size > 25 << 20
    tracemalloc.start()
    findings = verify(session.original.joinpath, session.anonymised, before, after, keep=sabotage.KEEP)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (findings, peak < 16 << 20) == ([], True)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, get_context("forkserver")) as running:
        yield running


def test_processes_that_run_already_find_the_same_and_are_left_running(
    tmp_path: Path, pool: ProcessPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uploader.stages.verify.work._WORTH_SENDING", 1)
    for number, text in enumerate(("for Anneliese", "clean")):
        session = sabotage.make(tmp_path / str(number))
        edit(session.file("0002"), says(text))
        edit(session.file("0003"), lambda d: setattr(d, "StudyDate", DONE))
        after = sabotage.manifest(session.anonymised)
        together = verify(
            session.original.joinpath, session.anonymised, session.before, after, keep=sabotage.KEEP, jobs=2, pool=pool
        )
        assert [(f.code, f.where) for f in together] == found(session)
    assert pool.submit(len, "running").result() == 7
