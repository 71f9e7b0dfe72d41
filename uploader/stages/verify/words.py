"""Text brought to one form, so that a name is found however it is written.

Folded text is lower case without diacritics, its words parted by single blanks: ``SMITH-Jónes^J.`` becomes
``smith jones j``. Needle and haystack are folded alike.
"""

from __future__ import annotations

import re
import unicodedata

from uploader.stages.verify.scripts import written_over

UID_TOKEN = re.compile(rb"(?<![0-9.])(?:2\.25\.[1-9][0-9]{19,38}|[0-2](?:\.(?:0|[1-9][0-9]*)){4,})(?![0-9])")
"""What looks like a UID inside other bytes; a short number under 2.25 is none that anybody makes. PS3.5 9.1, B.2."""

_GAP = re.compile(rb"(?<=[0-9])[ ()/-]+(?=[0-9])")
_WORD_BREAK = re.compile(r"[\W_\ufffd]+")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ı": "i", "ŧ": "t"}
)


def fold(text: str) -> str:
    """`text` folded: NFKC and casefold, without diacritics and signs of no width, words parted by one blank."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        shown = (c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
        text = "".join(_figure(c) for c in shown).translate(_UNDECOMPOSED)
    return _WORD_BREAK.sub(" ", text.lower()).strip()


def _figure(sign: str) -> str:
    """A figure of any script as ours; any other sign as it is."""
    return str(unicodedata.decimal(sign)) if sign.isdecimal() else sign


def spellings(text: str) -> set[str]:
    """`text` folded, in each of its spellings: Müller, muller, mueller."""
    forms = {text} if text.isascii() else {unicodedata.normalize("NFKC", text), *written_over(text)}
    return {fold(form) for form in forms} - {""}


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
