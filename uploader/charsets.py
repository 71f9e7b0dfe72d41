"""Texts in the character sets of DICOM (PS3.3 C.12.1.1.2): ASCII and the sets that most sites use by Python itself,
the others, and bytes that are wrong, by pydicom, which is not loaded before one is met."""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress

_ESCAPE = 0x1B
_ALONE = {
    "": "iso8859",
    "ISO_IR 6": "iso8859",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 144": "iso_ir_144",
    "ISO_IR 148": "iso_ir_148",
    "ISO_IR 192": "utf8",
}
"""Python's name, by defined term, of sets in which a text without escapes can be read as it is, none before another."""


def decoded(value: bytes, charset: bytes, delimiters: Set[int]) -> str:
    """The text of a value.

    charset: value of Specific Character Set (0008,0005)
    delimiters: characters after which the first character set is in force again. PS3.5 6.1.2.5.3
    """
    text = _plainly(value, charset)
    if text is None:
        from uploader.dicom import text_in

        text = text_in(value, _terms(charset), delimiters)
    return text


def decoded_name(value: bytes, charset: bytes) -> str:
    """The text of one person name (PN)."""
    text = _plainly(value, charset)
    if text is None:
        from uploader.dicom import name_in

        text = name_in(value, _terms(charset))
    return text


def encoded(text: str, charset: bytes) -> bytes:
    """The value of a text. What the character set has no sign for is replaced."""
    if text.isascii():
        return text.encode("ascii")
    if (python := _alone(charset)) is not None:
        with suppress(UnicodeError):
            return text.encode(python)
    from uploader.dicom import value_in

    return value_in(text, _terms(charset))


def _plainly(value: bytes, charset: bytes) -> str | None:
    """None for what Python alone does not read."""
    if _ESCAPE in value:
        return None
    if value.isascii():
        return value.decode("ascii")
    if (python := _alone(charset)) is not None:
        with suppress(UnicodeError):
            return value.decode(python)
    return None


def _alone(charset: bytes) -> str | None:
    terms = _terms(charset)
    return _ALONE.get(terms[0]) if len(terms) == 1 else None


def _terms(charset: bytes) -> list[str]:
    return [term.strip(" \0") for term in charset.decode("latin-1").split("\\")]
