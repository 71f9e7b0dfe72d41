"""What an element says as text, and how text becomes an element's value.

These are the doors to the elements of a dataset. It is one of pydicom's (`decoded`), or a `Plain`, for which pydicom
need not be loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uploader.dicomedit.plain import NotPlain, Plain
from uploader.dictionary import vr_of as vr_in_dictionary

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

BYTES = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
INTEGERS = {
    **{vr: (0, (1 << bits) - 1) for vr, bits in {"US": 16, "UL": 32, "UV": 64}.items()},
    **{vr: (-(1 << bits - 1), (1 << bits - 1) - 1) for vr, bits in {"SS": 16, "SL": 32, "SV": 64}.items()},
}
"""Smallest and largest number that fits."""
FLOATS = frozenset({"FL", "FD"})
ONE_TEXT = frozenset({"LT", "ST", "UT", "UR"})
"""A backslash is ordinary text in these, and leading blanks count."""
NUMBER_TEXTS = frozenset({"DS", "IS"})
TEXTS = frozenset({"AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UC", "UI"}) | ONE_TEXT | NUMBER_TEXTS


class Unfit(Exception):
    """The script cannot be applied to this dataset. The message quotes no value."""


class BadValue(Unfit):
    """An element cannot be read as text, or text cannot be stored in it."""


def vr_of(dataset: Dataset, tag: int) -> str:
    """VR of an element that is present, found without decoding it where that is possible."""
    if isinstance(dataset, Plain):
        return dataset.vr(tag)
    from uploader.dicomedit import decoded

    return decoded.vr_of(dataset, tag)


def is_sequence(dataset: Dataset, tag: int) -> bool:
    return vr_of(dataset, tag) == "SQ"


def items(dataset: Dataset, tag: int) -> list[Dataset]:
    """The items of a sequence; the list is the sequence's own. Raises BadValue when it was stored unreadably."""
    from uploader.dicomedit import decoded

    return decoded.items(dataset, tag)


def text_of(dataset: Dataset, tag: int) -> str | None:
    """The element as text, its values joined with a backslash; None when it is missing.

    The element stays undecoded where it was. Raises BadValue for a sequence.
    """
    if isinstance(dataset, Plain):
        return _plain_text(dataset, tag)
    from uploader.dicomedit import decoded

    return decoded.text_of(dataset, tag)


def _plain_text(plain: Plain, tag: int) -> str | None:
    if tag not in plain:
        return None
    vr = plain.vr(tag)
    if vr == "SQ":
        raise BadValue("a sequence has no text")
    if vr not in TEXTS:
        raise NotPlain
    return trimmed(plain.text(tag), vr)


def store(dataset: Dataset, tag: int, text: str) -> None:
    """Create or overwrite an element with `text`; a backslash separates values.

    VR: that of the element, else the dictionary's, else UN. Raises BadValue for a sequence and for text that is
    not a number where one is wanted.
    """
    if isinstance(dataset, Plain):
        _store_plainly(dataset, tag, text)
    else:
        from uploader.dicomedit import decoded

        decoded.store(dataset, tag, text)


def _store_plainly(plain: Plain, tag: int, text: str) -> None:
    vr = plain.vr(tag) if tag in plain else registered_vr(tag)
    if vr == "SQ":
        raise BadValue("a sequence cannot be assigned")
    if vr not in TEXTS:
        raise NotPlain
    plain.put(tag, vr, text)


def wrapped(dataset: Dataset, tag: int, text: str) -> str:
    """`text` with integers that do not fit cut to the bits that do, as the reference stores them."""
    from uploader.dicomedit import decoded

    return decoded.wrapped(dataset, tag, text)


def registered_vr(tag: int) -> str:
    if not tag & 0xFFFF:
        return "UL"  # a group length, PS3.5 7.2
    return vr_in_dictionary(tag) or "UN"


def trimmed(text: str, vr: str) -> str:
    if vr in ONE_TEXT:
        return text.rstrip(" \0")
    return "\\".join(part.strip(" \0") for part in text.split("\\"))


def single(text: str) -> list[str]:
    return text.split("\\") if text else []
