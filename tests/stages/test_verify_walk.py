"""The verifier's own reader, against pydicom on real files and against damaged bytes."""

from __future__ import annotations

import lzma
import struct
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from tests.stages import sabotage
from tests.stages.sabotage import Session
from uploader.domain.errors import UnreadableFile
from uploader.domain.manifest import CHUNK, Manifest
from uploader.stages.verify.charset import readings
from uploader.stages.verify.walk import LARGE, Part

SETS = (
    *("rt_breast_plan", "mr_siemens_mosaic", "mr_t1w_pddl", "pet", "enhanced_multiframe", "sr_seg_pdf", "charsets"),
    *("transfer_syntaxes", "rt_bad_references", "rtimage", "burned_in_flags"),
)
UNREADABLE = {"image_dfl.dcm": "deflated", "GH364.dcm": "its pixels are cut short"}


def walked(path: Path) -> list[tuple[str, int]]:
    with path.open("rb") as stream:
        return [(e.prefix, e.tag) for e in Part(stream).elements()]


def listed(dataset: Dataset, prefix: str = "") -> Iterator[tuple[str, int]]:
    """The same by pydicom."""
    for element in dataset:
        yield prefix, int(element.tag)
        if element.VR == "SQ":
            path = f"{prefix}({element.tag.group:04X},{element.tag.element:04X})"
            for index, inner in enumerate(element.value):
                yield from listed(inner, f"{path}[{index}].")


@pytest.mark.parametrize("name", SETS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_reader_sees_every_element_that_pydicom_sees(name: str, samples: Path) -> None:
    paths = [p for p in sorted((samples / name).iterdir()) if p.suffix == ".dcm" and p.name not in UNREADABLE]
    differing = [p.name for p in paths if set(listed(pydicom.dcmread(p))) - set(walked(p))]
    assert differing == []


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_reader_goes_to_the_last_byte(samples: Path) -> None:
    for path in (samples / "transfer_syntaxes").glob("MR_small*.dcm"):
        with path.open("rb") as stream:
            assert list(Part(stream).elements())[-1].end == path.stat().st_size


def test_sixty_thousand_nested_sequences_are_refused_without_harm(samples: Path) -> None:
    data = lzma.decompress((samples / "broken" / "made_deep_nesting_60000.dcm.xz").read_bytes())
    with pytest.raises(UnreadableFile, match="nested"):
        list(Part(BytesIO(data)).elements())


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return sabotage.make(tmp_path_factory.mktemp("session"))


@pytest.fixture(scope="module")
def whole(session: Session) -> bytes:
    return session.file(sabotage.STRUCTURES).read_bytes()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_bytes_are_read_or_refused_and_nothing_else(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(132, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for form in (bytes(damaged), bytes(damaged[:cut])):
        try:
            ends = [e.end for e in Part(BytesIO(form)).elements()]
        except UnreadableFile:
            continue
        assert max(ends, default=0) <= len(form)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_never_an_exception(session: Session, whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    damaged[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    written = sabotage.manifest(session.anonymised)
    try:
        session.file(sabotage.STRUCTURES).write_bytes(damaged)
        assert "verify.changed" in {f.code for f in session.findings(written)}
    finally:
        session.file(sabotage.STRUCTURES).write_bytes(whole)


@pytest.mark.parametrize("offset", [0, CHUNK - 4, CHUNK + 17])
def test_a_name_in_a_value_too_long_to_hold_is_found_wherever_it_lies(offset: int, tmp_path: Path) -> None:
    session = sabotage.make(tmp_path)
    value = bytearray(2 * CHUNK + LARGE)
    value[offset : offset + 9] = b"Anneliese"
    sabotage.edit(session.file("0001"), lambda d: d.add_new(0x00283006, "OW", bytes(value)))
    assert [f.code for f in session.findings()] == ["verify.residue"]


def test_memory_does_not_grow_with_the_pixels(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path)
    for folder in (session.original, session.anonymised):
        _enlarge(folder / sabotage.entry_name("0001"), 200 << 20)
    before, after = sabotage.manifest(session.original), sabotage.manifest(session.anonymised)
    tracemalloc.start()
    found = sabotage.verify(session.original.joinpath, session.anonymised, before, after, keep=sabotage.KEEP)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found, peak < 16 << 20) == ([], True)


@pytest.mark.parametrize(
    ("value", "terms", "text"),
    [
        ("Müller".encode("latin_1"), ["ISO_IR 100"], "Müller"),
        ("Müller".encode(), ["ISO_IR 100"], "Müller"),
        (b"Yamada=\x1b$B;3ED\x1b(B", ["", "ISO 2022 IR 87"], "Yamada=山田"),
        (b"\x1b$)C\xb1\xe6\xb5\xbf", ["", "ISO 2022 IR 149"], "길동"),
        (b"\x1b$)A\xd0\xa1\xb6\xab", ["", "ISO 2022 IR 58"], "小东"),
        ("Люк".encode("iso8859_5"), ["ISO_IR 144"], "Люк"),
        ("Øre".encode("utf_16_be"), [], "Øre"),
    ],
)
def test_a_value_is_read_in_its_character_set(value: bytes, terms: list[str], text: str) -> None:
    assert text in list(readings(value, terms))


def test_an_empty_session_has_no_finding(tmp_path: Path) -> None:
    empty = Manifest(frozenset())
    assert sabotage.verify(tmp_path.joinpath, tmp_path, empty, empty, keep=frozenset()) == []


def _enlarge(path: Path, size: int) -> None:
    """Let the pixels, which end the file, be `size` zero bytes, as a hole in the file, in as many frames."""
    sabotage.edit(path, lambda dataset: setattr(dataset, "NumberOfFrames", size // 512))
    data = path.read_bytes()
    at = data.rindex(b"\xe0\x7f\x10\x00OW") + 8
    with path.open("wb") as stream:
        stream.write(data[:at] + struct.pack("<I", size))
        stream.truncate(at + 4 + size)
