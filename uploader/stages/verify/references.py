"""Values that are judged against the original's value at the same place: UIDs, dates, identifying elements; and
whether all references inside the session still lead where they led."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from uploader.stages.verify.identity import (
    CLASSES,
    IDS,
    OURS,
    OWN,
    PATIENT_ID,
    PLACES,
    REGISTERED,
    SERIES,
    SOP_INSTANCE,
    STUDY,
    texts,
    uids_of,
)
from uploader.stages.verify.walk import Element
from uploader.stages.verify.words import fold

Place = tuple[str, int]
"""Prefix and tag of an element."""
Sighting = tuple[str, str, str]
"""(code, path, value)"""

DISPENSABLE = frozenset({0x00081110, 0x00081111, 0x00081120, 0x00400275, 0x04000561, 0x00321064, 0x0040A370})
"""Sequences that PS3.15 E.1-1 lets a profile remove, and with them the references they hold: to study, procedure
step, patient, request and original attributes."""
_THINGS = frozenset({SOP_INSTANCE, STUDY, SERIES})
_IDENTIFYING = IDS | PLACES


@dataclass(slots=True)
class Pairs:
    """Which original UID became which, over the whole session, and where that was seen.

    became, came_from: UID -> (UID on the other side, where)
    own: the new UIDs by which the files name themselves
    """

    became: dict[str, tuple[str, str]] = field(default_factory=dict)
    came_from: dict[str, tuple[str, str]] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)

    def add(self, old: str, new: str, where: str) -> Iterator[Sighting]:
        """Note one pair; yields what is wrong with it, alone or beside the pairs before it."""
        if old == new:
            yield "verify.residue-uid", where, old
        if self.became.setdefault(old, (new, where))[0] != new:
            yield "verify.uid-split", where, old
        elif self.came_from.setdefault(new, (old, where))[0] != old:
            yield "verify.uid-merged", where, old

    def open_ends(self, own: set[str]) -> Iterator[Sighting]:
        """References to the session's `own` originals that lead to nothing that is in it now."""
        for old, (new, where) in self.became.items():
            if old in own and new not in self.own:
                yield "verify.reference-open", where, old


def by_place(elements: list[Element]) -> dict[Place, Element]:
    """Elements that are compared with the original's, by place."""
    return {
        (e.prefix, e.tag): e
        for e in elements
        if e.value and (e.vr in ("UI", "DA", "DT", "PN") or e.tag in _IDENTIFYING)
    }


def kept(before: dict[Place, Element], after: dict[Place, Element], keep: frozenset[str]) -> Iterator[Sighting]:
    """Dates, names and IDs that are what they were."""
    folded = {fold(k) for k in keep}
    for place, element in after.items():
        original = before.get(place)
        if original is None or original.value is None or element.value is None:
            continue
        if element.vr in ("DA", "DT"):
            same = _values(original.value) & _values(element.value)
            yield from (("verify.date-kept", element.path, v.decode("latin_1")) for v in same)
        elif element.vr == "PN" or element.tag in _IDENTIFYING:
            yield from (("verify.value-kept", element.path, v) for v in _still(original, element, folded))


def uid_pairs(before: dict[Place, Element], after: dict[Place, Element]) -> Iterator[tuple[str, str, str]]:
    """(original UID, UID now, path) for every UID that names a thing and stands at the same place in both."""
    for place, element in after.items():
        original = before.get(place)
        if element.vr != "UI" or element.tag in CLASSES or original is None or original.vr != "UI":
            continue
        for old, new in zip(uids_of(original.value or b""), uids_of(element.value or b""), strict=False):
            if old and new and not (old.startswith(REGISTERED) and element.tag not in _THINGS):
                yield old, new, element.path


def lost(before: dict[Place, Element], after: dict[Place, Element], own: set[str]) -> Iterator[Sighting]:
    """References to things of the session that stood in the original and are gone."""
    for place, element in before.items():
        if element.vr != "UI" or element.tag in CLASSES or place in after or _dispensable(element):
            continue
        if any(uid in own for uid in uids_of(element.value or b"")):
            yield "verify.reference-lost", element.path, ""


def own_uids(elements: list[Element]) -> set[str]:
    """UIDs by which the file names itself, its series, study and frame of reference."""
    return {u for e in elements if e.tag in OWN and not e.prefix and e.value for u in uids_of(e.value)}


def _values(value: bytes) -> set[bytes]:
    return {v.strip(b" \0") for v in value.split(b"\\")} - {b""}


def _still(original: Element, element: Element, keep: set[str]) -> Iterator[str]:
    """Values of an identifying element that both have. Of two signs and fewer only names and patient IDs count; what
    may be kept counts where it is not we who write it."""
    keep = keep if element.tag in OURS or element.tag >> 16 == 0x0012 else set()
    same = texts(original.value or b"", original.charset) & texts(element.value or b"", element.charset)
    for value in same:
        short = len(fold(value)) < 3 and element.vr != "PN" and element.tag != PATIENT_ID
        if not short and fold(value) not in keep:
            yield value


def _dispensable(element: Element) -> bool:
    """Does it lie in a private element, or in a sequence that may go?"""
    tags = [element.tag, *(int(t[:9].replace(",", ""), 16) for t in element.prefix.split("(")[1:])]
    return any(tag >> 16 & 1 or tag in DISPENSABLE for tag in tags)
