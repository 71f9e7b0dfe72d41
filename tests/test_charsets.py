"""Texts under character sets that are none of DICOM's."""

from __future__ import annotations

import pytest

from uploader.charsets import decoded, decoded_name, encoded

NO_TERMS = [b"UNDEFINED", b"IDNA", b"HEX", b"ROT13", b"ISO\0\0\0 192", b"A\0SCII  B", b"\\UNDEFINED", b"x" * 300]


@pytest.mark.parametrize("charset", NO_TERMS)
def test_bytes_under_a_name_that_is_no_character_set_are_read_one_by_one(charset: bytes) -> None:
    value = "Müller".encode("latin-1")
    assert decoded(value, charset, frozenset()) == decoded_name(value, charset) == "Müller"


@pytest.mark.parametrize("charset", NO_TERMS)
def test_a_text_under_a_name_that_is_no_character_set_can_be_written(charset: bytes) -> None:
    assert b"ller" in encoded("Müller", charset)
