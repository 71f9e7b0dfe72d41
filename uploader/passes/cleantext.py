"""Text elements that are cleaned: decoded in the character set declared for them, and written in the same."""

from __future__ import annotations

from collections.abc import Callable

from uploader import charsets

ONE_TEXT = frozenset({b"LT", b"ST", b"UT"})
"""VRs in which a backslash is part of the text. PS3.5 6.2."""
_MOST_SIGNS = {b"SH": 16, b"LO": 64, b"ST": 1024, b"LT": 10240}
"""PS3.5 table 6.2-1."""
_GAPS = " \t\r\n_,;"
_DELIMITERS = frozenset({0x09, 0x0A, 0x0C, 0x0D})


def cleaned(value: bytes, vr: bytes, charset: bytes, clean: Callable[[str], str], otherwise: bytes) -> bytes:
    """The value with each of its texts cleaned; `otherwise` where nothing is left of one that said something."""
    text = decoded(value, vr, charset)
    parts = [text] if vr in ONE_TEXT else text.split("\\")
    new = [_fitting(clean(part), part, vr) for part in parts]
    if new == parts:
        return value
    if not any(new):
        return otherwise
    data = charsets.encoded("\\".join(new), charset)  # signs that the set cannot write were none of its own
    return data + b" " if len(data) & 1 else data


def _fitting(new: str, old: str, vr: bytes) -> str:
    """A text that has become too long for its VR, as by a longer UID or month, up to the last gap that fits."""
    most = _MOST_SIGNS.get(vr, len(new))
    if len(new) <= max(most, len(old)):
        return new
    gap = max(new.rfind(sign, 0, most + 1) for sign in _GAPS)
    return new[: max(gap, 0)].rstrip(_GAPS)


def decoded(value: bytes, vr: bytes, charset: bytes) -> str:
    """The text of an element, its values still joined by backslashes."""
    value = value.rstrip(b" \0")
    delimiters = _DELIMITERS if vr in ONE_TEXT else _DELIMITERS | {0x5C, 0x5E, 0x3D}
    return charsets.decoded(value, charset, delimiters)
