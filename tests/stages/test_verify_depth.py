"""What is folded away, turned round, taken apart, or spelled almost right is found, too."""

from __future__ import annotations

import base64
import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from tests.stages import sabotage
from tests.stages.sabotage import BORN, PATIENT_ID, ROOT, Session, edit
from uploader.domain.finding import Severity
from uploader.stages.verify.close import Close
from uploader.stages.verify.folded import Bomb, unfolded
from uploader.stages.verify.spoken import spoken

Change = Callable[[Dataset], object]
REFUSED, ASKED = Severity.REFUSAL, Severity.QUESTION
NOISE = random.Random(1).randbytes(1 << 20)
SAYS = b"report on Anneliese, seen today"


def zipped(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("first.txt", b"nothing")
        archive.writestr(name, content)
    return out.getvalue()


def deflated(content: bytes) -> bytes:
    return zlib.compress(content)[2:-4]


def even(value: bytes) -> bytes:
    return value + b"\0" * (len(value) % 2)


def binary(value: bytes) -> Change:
    return lambda dataset: dataset.add_new(0x00282000, "OB", even(value))


def text(value: str) -> Change:
    return lambda dataset: dataset.add_new(0x00204000, "LT", value)


def two_texts(first: str, second: str) -> Change:
    def change(dataset: Dataset) -> None:
        dataset.SeriesDescription = first
        dataset.ManufacturerModelName = second

    return change


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return sabotage.make(tmp_path_factory.mktemp("sound"), name="Attinghausen^Anneliese^Jörg")


def gravest(session: Session, change: Change) -> Severity | None:
    edit(session.file("0002"), change)
    return max((f.severity for f in session.findings() if "0002.dcm" in f.where), default=None)


LEFT: dict[str, tuple[Change, Severity | None]] = {
    "a name in a zlib stream": (binary(zlib.compress(SAYS)), REFUSED),
    "a name in a zlib stream among other bytes": (binary(b"\1\2\3" + zlib.compress(SAYS, 9) + bytes(9)), REFUSED),
    "a name in a second zlib stream": (binary(zlib.compress(b"nothing") + zlib.compress(SAYS)), REFUSED),
    "a name in a broken zlib stream": (binary(zlib.compress(SAYS * 40)[:-9]), REFUSED),
    "a name in a gzip file": (binary(gzip.compress(SAYS)), REFUSED),
    "a name in a deflated value": (binary(deflated(SAYS)), REFUSED),
    "a name in the second file of a zip": (binary(zipped("a.txt", SAYS)), REFUSED),
    "a name in a stored file of a zip": (binary(zipped("a.txt", SAYS, zipfile.ZIP_STORED)), REFUSED),
    "a file's name in a zip": (binary(zipped("anneliese.txt", b"nothing")), REFUSED),
    "a name in base64": (text("x=" + base64.b64encode(SAYS).decode()), REFUSED),
    "a name in base64 without its end": (text(base64.b64encode(SAYS).decode().rstrip("=")), REFUSED),
    "a name in base64 for addresses": (text(base64.urlsafe_b64encode("Jörg Attinghausen".encode()).decode()), REFUSED),
    "a name in hexadecimal figures": (text(SAYS.hex()), REFUSED),
    "a name in hexadecimal figures with blanks": (text(SAYS.hex(" ").upper()), REFUSED),
    "a name with a letter as in an address": (text("https://node/J%C3%B6rg"), REFUSED),
    "a name with a letter as in HTML": (text("<b>J&ouml;rg</b>"), REFUSED),
    "a name with a letter by its number in HTML": (text("J&#246;rg"), REFUSED),
    "a name with a letter as in JSON": (text('{"by": "J\\u00f6rg"}'), REFUSED),
    "a harmless text with escapes": (text("T1 &amp; T2, 50%25"), None),
    "a name in base64 of a gzip file": (text(base64.b64encode(gzip.compress(SAYS)).decode()), REFUSED),
    "a date in a zlib stream": (binary(zlib.compress(b"born on 1961-03-12, a Sunday")), REFUSED),
    "a UID in base64": (text(base64.b64encode(f"{ROOT}.1.1".encode()).decode()), REFUSED),
    "the patient ID in a zlib stream": (binary(zlib.compress(PATIENT_ID.encode() * 3)), REFUSED),
    "a name far inside a long zlib stream": (binary(zlib.compress(NOISE + SAYS + NOISE)), REFUSED),
    "a name far inside a long gzip file": (binary(bytes(500) + gzip.compress(NOISE + SAYS)), REFUSED),
    "a long zlib stream of nothing": (binary(zlib.compress(NOISE * 3)), None),
    "a bomb": (binary(zlib.compress(bytes(64 << 20), 9)), REFUSED),
    "a harmless zlib stream": (binary(zlib.compress(b"nothing of anybody")), None),
    "a harmless text in base64": (text(base64.b64encode(b"nothing of anybody").decode()), None),
    "a name backwards": (text("nesuahgnittA"), REFUSED),
    "the patient ID backwards": (text("3782155-NRM"), REFUSED),
    "a name over two values": (lambda d: setattr(d, "SeriesDescription", "Atting\\hausen"), REFUSED),
    "a name over two elements": (two_texts("for Atting", "hausen"), REFUSED),
    "a harmless pair of elements": (two_texts("for Atting", "hausmann"), None),
    "a name with a letter less": (text("Frau Attinghusen"), ASKED),
    "a name with a letter doubled": (text("Frau Attinnghausen"), ASKED),
    "a name with two letters changed": (text("Frau Attignhausen"), ASKED),
    "a name as it sounds": (text("Frau Adinkhausen"), ASKED),
    "another name": (text("Frau Rattenhausen"), None),
    "the birth date in Spanish": (text("12 de marzo de 1961".replace("de ", "")), REFUSED),
    "the birth date in Italian": (text("12 marzo 1961"), REFUSED),
    "the birth date in Dutch": (text("12 maart 1961"), REFUSED),
    "the birth date with a Roman month": (text("12.III.1961"), REFUSED),
    "the birth date in full-width figures": (text("１９６１年０３月１２日"), REFUSED),
    "the birth date in Korean": (text("1961년 3월 12일"), REFUSED),
    "the birth date in Arabic figures": (text("١٩٦١-٠٣-١٢"), REFUSED),
    "another date in Japanese": (text("1962年3月12日"), None),
}


@pytest.mark.parametrize("what", LEFT)
def test_what_is_hidden_is_judged(what: str, session: Session) -> None:
    change, severity = LEFT[what]
    assert gravest(session, change) is severity


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("やまだ^たろう", "YAMADA TARO"),
        ("シュンスケ^サトウ", "Satou Shunsuke"),
        ("홍^길동", "hong gildong"),
        ("Щербаков^Юрий", "SHCHERBAKOV"),
    ],
)
def test_a_name_is_found_in_latin_letters(name: str, left: str, tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, name=name)
    assert gravest(session, text(left)) is REFUSED


def test_syllables_are_read_aloud() -> None:
    assert {"chouji", "choji", "tyouzi"} <= spoken("ちょうじ")


def test_the_birth_date_is_not_what_the_test_looks_for_by_chance() -> None:
    assert BORN == "19610312"


@given(st.binary(min_size=1, max_size=400), st.integers(0, 5), st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_what_was_deflated_is_unfolded_wherever_it_stands(content: bytes, level: int, before: bytes) -> None:
    streams = [b"\0" + before + zlib.compress(content * 3, level + 1) + b"\0\0", gzip.compress(content * 3)]
    for stream in streams:
        if len(content) >= 4:
            assert any(content in inner for inner in unfolded(stream)) or b"x" in before


@given(st.binary(max_size=3000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_can_be_unfolded(value: bytes) -> None:
    for inner in unfolded(value):
        assert len(inner) <= 8 << 20


def test_a_bomb_in_a_bomb_is_one() -> None:
    with pytest.raises(Bomb):
        list(unfolded(gzip.compress(gzip.compress(bytes(64 << 20), 9), 9)))


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=8, max_size=14), st.data())
@settings(max_examples=150, deadline=None)
def test_a_name_with_one_letter_changed_is_close(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    changed = data.draw(st.sampled_from([name[:at] + name[at + 1 :], name[:at] + "q" + name[at:]]))
    close = Close([name])
    assert changed in close.names or not close.names or close.seen(f"for {changed} here") == name


def test_a_length_that_lies_is_no_harm() -> None:
    lying = zipped("a.txt", SAYS)[:22] + struct.pack("<I", 0xFFFFFFFF) + zipped("a.txt", SAYS)[26:]
    assert any(SAYS in inner for inner in unfolded(lying))
