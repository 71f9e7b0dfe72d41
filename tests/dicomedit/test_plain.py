"""A script does to elements that nobody decodes what it would do to a dataset."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from uploader import dicom
from uploader.dicomedit import decoded, parse
from uploader.dicomedit.plain import Encoded, NotPlain, Plain
from uploader.dicomedit.values import TEXTS, store, text_of
from uploader.domain.errors import ScriptFailed, ScriptRejected
from uploader.elements import EXPLICIT, encoded
from uploader.instance import run

MANUFACTURER = 0x00080070
GIVEN: dict[int, Encoded] = {
    0x00080005: ("CS", b"ISO_IR 100"),
    0x00080018: ("UI", b"1.2.3\0"),
    0x00080020: ("DA", b"20260102"),
    0x00080060: ("CS", b"CT"),
    MANUFACTURER: ("LO", b"ACME"),
    0x00081030: ("LO", b"HEAD  "),
    0x00100010: ("PN", b"DOE^JANE"),
    0x00100020: ("LO", b"4711"),
    0x00101030: ("DS", b"70.50 "),
    0x00280010: ("US", b"\2\0"),
}
PLAIN = [
    '(0008,0070) := "OTHER"',
    '(0008,0070) ?= "OTHER MAKER"',
    '(0010,0010) := format["{0}-{1}", (0010,0020), (0008,0060)]',
    "-(0008,1030)",
    '-(0008,1XXX)\n(0010,0020) := lowercase["ABC"]',
    '(0010,0010) = "DOE^JANE" ? (0010,0020) := "1" : (0010,0020) := "2"',
    '(0010,1030) := "71.25"',
    '(0010,1030) := ""',
    '(0008,0050) := "NEW"',
    '(0020,0013) := "7"',
    '(0008,0070) := "A\\\\B"',
    "(0008,0018) := hashUID[(0008,0018)]",
    '(0008,0020) := shiftDateByIncrement[(0008,0020), "-14", "days"]',
    'set["(0008,0070)", "X"]\ndelete["(0010,0020)"]',
    'if (isPresent[(0008,1030)]) { (0008,1030) := concatenate[(0008,1030), " NECK"] }',
    'x := (0010,0020)\n(0010,0010) := substring[x, "1", "3"]',
    'removeTags["(0010,0020)"]',
]
NOT_PLAIN = [
    '(0028,0010) := "3"',
    "(0008,0070) := (0028,0010)",
    '(0008,1140)[0]/(0008,1155) := "1.2"',
    '(0009,{ACME}01) := "private"',
    '(0010,0010) := "A=B"',
    '(0010,1030) := " 1 "',
    '(0008,0005) := "ISO_IR 192"',
    "-(0008,000X)",
    "blankValues[(0008,0070)]",
]


def as_dataset(elements: dict[int, Encoded]) -> bytes:
    return b"".join(encoded(tag, vr.encode(), value, EXPLICIT) for tag, (vr, value) in sorted(elements.items()))


def by_pydicom(text: str) -> dict[int, Encoded]:
    data = dicom.edit_elements(as_dataset(GIVEN), ExplicitVRLittleEndian, parse(f'version "6.6"\n{text}').apply)
    assert data is not None
    return {tag: (vr.decode(), data[begin:end]) for tag, vr, _, begin, end in run(data, EXPLICIT).elements}


@pytest.mark.parametrize("text", PLAIN)
def test_plain_texts_are_edited_as_pydicom_would_write_them(text: str) -> None:
    assert parse(f'version "6.6"\n{text}').edit(GIVEN) == by_pydicom(text)


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_whoever_asks_for_more_is_given_a_dataset(text: str) -> None:
    assert parse(f'version "6.6"\n{text}').edit(GIVEN) is None


@pytest.mark.parametrize("value", ["GRÖSSE".encode("latin-1"), b"\x1b$B", b"ODD"])
def test_a_text_that_must_be_decoded_is_not_read_here(value: bytes) -> None:
    script = parse('version "6.6"\n(0008,1030) := (0008,0070)')
    assert script.edit({**GIVEN, MANUFACTURER: ("LO", value)}) is None


def test_an_element_of_unknown_kind_is_not_written_here() -> None:
    script = parse('version "6.6"\n(0008,0070) := "A"')
    assert script.edit({**GIVEN, MANUFACTURER: ("UN", b"ACME")}) is None


def test_what_is_given_stays_as_it_is() -> None:
    before = dict(GIVEN)
    parse('version "6.6"\n(0008,0070) := "OTHER"\n-(0010,0020)').edit(GIVEN)
    assert before == GIVEN


def test_a_refusal_and_a_fault_are_told_as_always() -> None:
    with pytest.raises(ScriptRejected):
        parse('version "6.6"\nreject[]').edit(GIVEN)
    with pytest.raises(ScriptFailed, match="line 2"):
        parse('version "6.6"\n(0008,0070) := lowercase[(0008,1090)]').edit(GIVEN)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.text(st.characters(codec="ascii"), max_size=20))
@example("PN", "A^B=")
@example("UI", "1.2 ")
@example("DS", "1.50\\2")
@example("DS", "000000000000000000.10")
@example("LT", " a\\b ")
def test_a_text_is_stored_to_the_byte_as_pydicom_stores_it_or_not_at_all(vr: str, text: str) -> None:
    plain = Plain({MANUFACTURER: (vr, b"")})
    try:
        store(plain, MANUFACTURER, text)  # type: ignore[arg-type]
    except NotPlain:
        return
    dataset = Dataset()
    dataset.add(decoded.element(MANUFACTURER, vr, text))
    written = dicom._encoded(dataset, ExplicitVRLittleEndian)
    assert encoded(MANUFACTURER, vr.encode(), plain.elements[MANUFACTURER][1], EXPLICIT) == written
    assert text_of(plain, MANUFACTURER) == text_of(dataset, MANUFACTURER)  # type: ignore[arg-type]


@pytest.mark.parametrize("ask", [len, list, lambda plain: plain[MANUFACTURER], lambda plain: plain.get_item(1)])
def test_what_it_cannot_do_is_said(ask) -> None:
    with pytest.raises((NotPlain, TypeError)):
        ask(Plain(GIVEN))
