"""Text elements that are cleaned: decoded in the character set declared for them, and written in the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from pydicom.charset import convert_encodings, decode_bytes, encode_string

ONE_TEXT = frozenset({b"LT", b"ST", b"UT"})
"""VRs in which a backslash is part of the text. PS3.5 6.2."""
_DELIMITERS = {0x09, 0x0A, 0x0C, 0x0D}


def cleaned(value: bytes, vr: bytes, charset: bytes, clean: Callable[[str], str], otherwise: bytes) -> bytes:
    """The value with each of its texts cleaned; `otherwise` where nothing is left of one that said something."""
    encodings = _encodings(charset)
    text = decoded(value, vr, charset)
    parts = [text] if vr in ONE_TEXT else text.split("\\")
    new = [clean(part) for part in parts]
    if new == parts:
        return value
    if not any(new):
        return otherwise
    data = _encoded("\\".join(new), encodings)
    return data + b" " if len(data) & 1 else data


def decoded(value: bytes, vr: bytes, charset: bytes) -> str:
    """The text of an element, its values still joined by backslashes."""
    value = value.rstrip(b" \0")
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    delimiters = _DELIMITERS if vr in ONE_TEXT else _DELIMITERS | {0x5C, 0x5E, 0x3D}
    return decode_bytes(value, list(_encodings(charset)), delimiters)


def _encoded(text: str, encodings: tuple[str, ...]) -> bytes:
    """Signs that the character set cannot write were none of its own, and go."""
    return text.encode("ascii") if text.isascii() else encode_string(text, list(encodings))


@lru_cache(maxsize=64)
def _encodings(charset: bytes) -> tuple[str, ...]:
    """Python's names of the character sets that (0008,0005) declares. PS3.3 C.12.1.1.2."""
    terms = charset.decode("latin-1").split("\\") if charset else [""]
    return tuple(convert_encodings([term.strip() for term in terms]))
