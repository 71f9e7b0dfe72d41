"""Text brought to one form, so that a name is found however it is written.

Folded text is lower case without diacritics, its words parted by single blanks: ``SMITH-Jónes^J.`` becomes
``smith jones j``. Needle and haystack are folded alike.
"""

from __future__ import annotations

import re
import unicodedata

UID_TOKEN = re.compile(rb"(?<![0-9.])(?:2\.25\.[0-9]+|[0-2](?:\.(?:0|[1-9][0-9]*)){4,})(?![0-9])")
"""What looks like a UID inside other bytes. PS3.5 9.1."""

_GAP = re.compile(rb"(?<=[0-9])[ ()/-]+(?=[0-9])")
_WORD_BREAK = re.compile(r"[\W_\ufffd]+")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ı": "i", "ŧ": "t"}
)
_TRANSLITERATED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ø": "oe", "å": "aa", "Ø": "Oe", "Å": "Aa"}
)


def fold(text: str) -> str:
    """`text` folded: NFKC and casefold, without diacritics, words parted by one blank."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_UNDECOMPOSED)
    return _WORD_BREAK.sub(" ", text.lower()).strip()


def spellings(text: str) -> set[str]:
    """`text` folded, once without its diacritics and once with them written out: Müller, muller, mueller."""
    composed = unicodedata.normalize("NFKC", text)
    return {fold(composed), fold(composed.translate(_TRANSLITERATED))} - {""}


def _folded_byte(code: int) -> int:
    folded = fold(chr(code))
    return ord(folded) if len(folded) == 1 and folded.isascii() else 0x20


_LATIN = bytes(map(_folded_byte, range(256)))


def fold_latin(value: bytes) -> str:
    """`value`, read as Latin-1 and folded: the fast way for text and the only one for binary values."""
    return b" ".join(value.translate(_LATIN).split()).decode("ascii")


def regrouped(value: bytes) -> bytes:
    """`value` without what people put between the figures of a number: ``943 476-5919`` -> ``9434765919``."""
    return _GAP.sub(b"", value)
