"""Text of a value in every character set it may have been written in.

Source: DICOM PS3.3 C.12.1.1.2 (defined terms of Specific Character Set), PS3.5 6.1.2.5 (code extensions).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

ESCAPE = b"\x1b"

_CODECS = {
    "ISO_IR 6": "latin_1",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 203": "iso8859_15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "iso8859_11",
    "ISO_IR 192": "utf_8",
    "GB18030": "gb18030",
    "GBK": "gbk",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 58": "gb2312",
}

_ESCAPES = {
    b"(B": "ascii",
    b"(J": "shift_jis",
    b")I": "shift_jis",
    b"-A": "latin_1",
    b"-B": "iso8859_2",
    b"-C": "iso8859_3",
    b"-D": "iso8859_4",
    b"-L": "iso8859_5",
    b"-G": "iso8859_6",
    b"-F": "iso8859_7",
    b"-H": "iso8859_8",
    b"-M": "iso8859_9",
    b"-b": "iso8859_15",
    b"-T": "iso8859_11",
    b"$B": "iso2022_jp",
    b"$@": "iso2022_jp",
    b"$(D": "iso2022_jp_2",
    b"$)C": "euc_kr",
    b"$)A": "gb2312",
}
"""What follows ESC -> codec of the run behind it. The Japanese 94x94 sets need the escape itself to decode."""

_RUN = re.compile(rb"\x1b(\$?[()\-]?[@A-Za-z])([^\x1b]*)")


def codec_of(term: str) -> str:
    """Python's codec for one defined term; Latin-1, which never fails, for a term that is none."""
    term = term.strip()
    return _CODECS.get(term) or _CODECS.get(term.replace("ISO 2022 IR", "ISO_IR"), "latin_1")


def readings(value: bytes, terms: Iterable[str]) -> Iterator[str]:
    """`value` as text, in each character set of `terms`, in UTF-8 and Latin-1, and in UTF-16 if it has zero bytes.

    A reading that the codec does not allow is read leniently: bytes that make no sense become U+FFFD.
    """
    seen = {"latin_1"}
    yield value.decode("latin_1")
    for codec in (*map(codec_of, terms), "utf_8"):
        if codec not in seen:
            seen.add(codec)
            yield value.decode(codec, "replace")
    if ESCAPE in value:
        yield _switched(value, codec_of(next(iter(terms), "")))
    if b"\0" in value.rstrip(b"\0"):
        for start in (0, 1):
            yield value[start:].decode("utf_16_le", "replace")
            yield value[start:].decode("utf_16_be", "replace")


def declared(value: bytes) -> tuple[str, ...]:
    """The defined terms in a value of Specific Character Set (0008,0005)."""
    return tuple(term.strip(" \0") for term in value.decode("latin_1").split("\\"))


def _switched(value: bytes, first: str) -> str:
    """Text with ISO 2022 escapes: each run in the set that its escape announces."""
    head = value.split(ESCAPE, 1)[0].decode(first, "replace")
    return head + "".join(_run(match, first) for match in _RUN.finditer(value))


def _run(match: re.Match[bytes], first: str) -> str:
    codec = _ESCAPES.get(match[1], first)
    return (match[0] if codec.startswith("iso2022") else match[2]).decode(codec, "replace")
