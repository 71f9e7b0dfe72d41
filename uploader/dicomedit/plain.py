"""Elements that are not decoded, for scripts that read and write plain texts only: most scripts, on most files.

Whatever it does, it does as pydicom would, to the byte; for the rest there is `NotPlain`.
"""

from __future__ import annotations

from collections.abc import KeysView, Mapping
from typing import Any, NoReturn

Encoded = tuple[str, bytes]
"""VR, and value as it is written."""
CHARACTER_SET = 0x00080005
"""Every text depends on it."""
_LONGEST = 1 << 14
_TIGHT = frozenset({"DS", "IS", "UI"})
"""VRs in whose values pydicom writes no blanks, wherever some are given."""


class NotPlain(Exception):
    """The script asks for what only a decoded dataset can do. What it has done to the `Plain` until then is void."""


class Plain:
    """Elements at the top of a dataset, in the order of the file; stands where a pydicom dataset would."""

    def __init__(self, elements: Mapping[int, Encoded]) -> None:
        self.elements = dict(elements)

    def __contains__(self, tag: int) -> bool:
        return tag in self.elements

    def __delitem__(self, tag: int) -> None:
        if tag == CHARACTER_SET:
            raise NotPlain
        del self.elements[tag]

    def keys(self) -> KeysView[int]:
        return self.elements.keys()

    def vr(self, tag: int) -> str:
        """VR of an element that is present. Raises NotPlain where more than a look at it is needed to know."""
        vr = self.elements[tag][0]
        if vr == "UN" or _is_special(tag):
            raise NotPlain
        return vr

    def text(self, tag: int) -> str:
        """The value of a text element, with padding. Raises NotPlain."""
        value = self.elements[tag][1]
        if not value.isascii() or b"\x1b" in value or len(value) & 1:
            raise NotPlain
        return value.decode("ascii")

    def put(self, tag: int, vr: str, text: str) -> None:
        """Create or overwrite an element of a VR that is text. Raises NotPlain."""
        if tag == CHARACTER_SET or _is_special(tag) or _is_rewritten(vr, text):
            raise NotPlain
        value = text.encode("ascii")
        self.elements[tag] = vr, value + (b"\0" if vr == "UI" else b" ") * (len(value) & 1)

    def __getattr__(self, name: str) -> NoReturn:
        raise NotPlain

    def __getitem__(self, tag: Any) -> NoReturn:
        raise NotPlain


def _is_special(tag: int) -> bool:
    """Whether the element is private, or the length of a group."""
    return bool(tag >> 16 & 1) or not tag & 0xFFFF


def _is_rewritten(vr: str, text: str) -> bool:
    """Whether pydicom may write anything but the text as it is."""
    if len(text) > _LONGEST or not (text.isascii() and text.isprintable()):
        return True
    return (vr in _TIGHT and " " in text) or (vr == "PN" and "=" in text)
