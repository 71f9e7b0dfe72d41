"""Whether an element may be in an anonymised file at all: by the list of tags for its SOP class, and of private
elements by their creator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from uploader.stages.verify.walk import ITEM, Element

Box = tuple[int, int, int, int]
"""(x, y, width, height) of what may be black in an image, in pixels from the upper left corner, in every frame."""
Fault = tuple[str, str, str]
"""(code, path, value or empty)"""


@dataclass(frozen=True, slots=True)
class Lists:
    """What may be present.

    public: SOP class UID -> tags that may be present, at any depth; of a class that is not named, those under the
        empty string; of one that has none, nothing may be present. None where nobody gave a list.
    private: (creator, group, low byte of the element)
    """

    public: Mapping[str, frozenset[int]] | None = None
    private: frozenset[tuple[str, int, int]] = frozenset()

    def of(self, sop_class: str) -> frozenset[int] | None:
        """The tags that may be in an object of this class; None for any."""
        if self.public is None:
            return None
        found = self.public.get(sop_class)
        return self.public.get("", frozenset()) if found is None else found


@dataclass(slots=True)
class Listing:
    """The elements of one file against the lists; `_creators` are those of the data sets it has seen."""

    lists: Lists
    allowed: frozenset[int] | None
    _creators: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def faults(self, elements: Iterable[Element]) -> Iterator[Fault]:
        """Elements that may not be there, in the order of the file."""
        for element in elements:
            if element.tag >> 16 & 1:
                if not self._is_safe(element):
                    yield "verify.private", element.path, ""
            elif self.allowed is not None and element.tag not in self.allowed and element.tag != ITEM:
                yield "verify.unlisted", element.path, ""

    def _is_safe(self, element: Element) -> bool:
        group, number = element.tag >> 16, element.tag & 0xFFFF
        if 0x10 <= number <= 0xFF:
            creator = (element.value or b"").decode("latin_1").strip(" \0")
            self._creators[element.prefix, group, number] = creator
            return any(each[:2] == (creator, group) for each in self.lists.private)
        creator = self._creators.get((element.prefix, group, number >> 8), "")
        return (creator, group, number & 0xFF) in self.lists.private
