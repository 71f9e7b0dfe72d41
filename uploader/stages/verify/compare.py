"""What only the original can tell about an element: values that are what they were though they identify, references
that are gone, and measurements that are not what they were."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from uploader.stages.verify.identity import (
    CLASSES,
    IDS,
    OURS,
    PATIENT_ID,
    PLACES,
    REGISTERED,
    SERIES,
    SOP_INSTANCE,
    STUDY,
    texts,
    uids_of,
)
from uploader.stages.verify.measures import altered, is_needed
from uploader.stages.verify.walk import ITEM, Element
from uploader.stages.verify.words import fold

Sighting = tuple[str, str, str]
"""(code, path, value)"""
Pair = tuple[Element | None, Element | None]
"""What stands at one place before and after."""
Same = Callable[[Element, Element], bool]
"""Are two values that are too long to hold the same?"""

DISPENSABLE = frozenset(
    {0x00081110, 0x00081111, 0x00081120, 0x00400275, 0x04000561, 0x00321064, 0x0040A370, 0x00880200}
)
"""Sequences that PS3.15 E.1-1 lets a profile remove, and with them the references they hold: to study, procedure
step, patient, request, original attributes and icon."""
_THINGS = frozenset({SOP_INSTANCE, STUDY, SERIES})
_IDENTIFYING = IDS | PLACES
_TELLING = frozenset({"DA", "DT", "PN", "UI"})
_ABSOLUTE = frozenset({"verify.date-kept", "verify.value-kept"})
_STEP = re.compile(r"\(([0-9A-F]{4}),([0-9A-F]{4})\)(?:\[(\d+)\])?")


THINNED = "thinned"
"""Stands for a code: items of a report's content were left out, which a policy may ask for (PS3.15 table E.3.4-1). The
others moved up, so that nothing inside stands where it stood."""
_CONTENT = "(0040,A730)"
_OURS = "(0012,"
"""Clinical trial and de-identification attributes, which we write ourselves."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What two blocks showed. pairs: (original UID, UID now, path)"""

    sightings: tuple[Sighting, ...] = ()
    pairs: tuple[tuple[str, str, str], ...] = ()

    def counted(self, counts: list[Sighting]) -> Compared:
        """The same with what `Count` says, and without what lies in content of which items were left out."""
        if not counts:
            return self
        thinned = tuple(f"{path}[" for code, path, _ in counts if code == THINNED)
        sightings = (*self.sightings, *(count for count in counts if count[0] != THINNED))
        if not thinned:
            return Compared(sightings, self.pairs)
        return Compared(
            tuple(each for each in sightings if not each[1].startswith(thinned) or each[0] in _ABSOLUTE),
            tuple(each for each in self.pairs if not each[2].startswith(thinned)),
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """What is right beside the original.

    keep: folded, what may stand where we write it
    own: UIDs by which the original session's files name themselves
    may_differ: tags of measurements that the trial's scripts set or remove
    kept: tags of machines and institutions that may say what they said
    """

    keep: frozenset[str]
    own: frozenset[str]
    may_differ: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()

    def compare(self, pairs: Iterable[Pair], same: Same) -> Compared:
        """Judge what stands at the same places before and after."""
        sightings: list[Sighting] = []
        uids: list[tuple[str, str, str]] = []
        for old, new in pairs:
            if old is None or new is None:
                sightings += self._gone(old) if old else ()
                continue
            if new.vr == "SQ" or (new.value == old.value is not None and _may_stay(new)):
                continue
            if new.value and old.value:
                sightings += self._kept(old, new)
                uids += _uid_pairs(old, new)
            elif new.value == b"":
                sightings += self._gone(old)
            if new.value != b"" and not self._may_differ(new) and altered(old, new, same):
                sightings.append(("verify.altered", new.path, ""))
        return Compared(tuple(sightings), tuple(uids))

    def _may_differ(self, new: Element) -> bool:
        return new.tag in self.may_differ or new.tag >> 16 == 0x0012

    def _gone(self, old: Element) -> Iterator[Sighting]:
        """The element `old` is gone, or empty now."""
        if old.vr == "UI" and old.tag not in CLASSES and not _dispensable(old):
            if not self.own.isdisjoint(uids_of(old.value or b"")):
                yield "verify.reference-lost", old.path, ""
        elif old.value != b"" and is_needed(old) and old.tag not in self.may_differ and not _dispensable(old):
            yield "verify.altered", old.path, ""

    def _kept(self, old: Element, new: Element) -> Iterator[Sighting]:
        """Dates, names and IDs that are what they were."""
        if new.vr in ("DA", "DT"):
            same = _values(old.value or b"") & _values(new.value or b"")
            yield from (("verify.date-kept", new.path, v.decode("latin_1")) for v in same)
        elif (new.vr == "PN" or new.tag in _IDENTIFYING) and new.tag not in self.kept:
            yield from (("verify.value-kept", new.path, v) for v in self._still(old, new))

    def _still(self, old: Element, new: Element) -> Iterator[str]:
        """Values of an identifying element that both have. Of two signs and fewer only names and patient IDs count;
        what may be kept counts where it is not we who write it."""
        keep = self.keep if new.tag in OURS or new.tag >> 16 == 0x0012 else frozenset()
        for value in texts(old.value or b"", old.charset) & texts(new.value or b"", new.charset):
            short = len(fold(value)) < 3 and new.vr != "PN" and new.tag != PATIENT_ID
            if not short and fold(value) not in keep:
                yield value


def aligned(before: Iterable[Element], after: Iterable[Element]) -> Iterator[Pair]:
    """Elements of two blocks side by side, by their paths; alone where the other has none. What lies inside of a
    sequence or an item that is alone comes, too."""
    olds, news = iter(before), iter(after)
    old, new = next(olds, None), next(news, None)
    while old and new:
        if old.tag == new.tag and old.prefix == new.prefix:
            yield old, new
            old, new = next(olds, None), next(news, None)
        elif _order(old) < _order(new):
            yield old, None
            old = next(olds, None)
        else:
            yield None, new
            new = next(news, None)
    if old:
        yield from ((each, None) for each in chain((old,), olds))
    if new:
        yield from ((None, each) for each in chain((new,), news))


@dataclass(slots=True)
class Count:
    """Of the pairs of two blocks, in order: `sightings` of sequences that are kept but with more or fewer items.
    One without any item now was emptied, which is no other number.

    _alone: side and place of the last sequence or item that only one block has
    """

    sightings: list[Sighting] = field(default_factory=list)
    _alone: tuple[str, str] = ("", "")

    def take(self, pairs: Iterable[Pair]) -> None:
        """Count in those that come next."""
        for old, new in pairs:
            if old is None and new and new.vr == "SQ":
                self._take("new", new)
            elif new is None and old and old.vr == "SQ":
                self._take("old", old)

    def _take(self, side: str, one: Element) -> None:
        inside = f"{one.path}[" if one.tag != ITEM else one.prefix
        if self._alone[0] == side and inside.startswith(self._alone[1]):
            return
        emptied = one.tag == ITEM and side == "old" and inside.endswith("[0].")
        self._alone = side, inside[: inside.rindex("[") + 1] if emptied else inside
        if one.tag == ITEM and not emptied and not one.prefix.startswith(_OURS):
            path = inside[: inside.rindex("[")]
            thinned = side == "old" and path.endswith(_CONTENT)
            self.sightings.append((THINNED if thinned else "verify.altered", path, ""))


def _order(element: Element) -> list[int]:
    """Numbers that sort as the elements stand: of each step the tag and the item, an item itself before what it
    holds."""
    steps = _STEP.findall(element.prefix if element.tag == ITEM else element.path)
    numbers: list[int] = []
    for group, number, index in steps:
        numbers += [int(group + number, 16)] + ([int(index)] if index else [])
    return numbers


def _uid_pairs(old: Element, new: Element) -> Iterator[tuple[str, str, str]]:
    """(original UID, UID now, path) for every UID that names a thing."""
    if new.vr != "UI" or new.tag in CLASSES or old.vr != "UI":
        return
    for was, now in zip(uids_of(old.value or b""), uids_of(new.value or b""), strict=False):
        if was and now and not (was.startswith(REGISTERED) and new.tag not in _THINGS):
            yield was, now, new.path


def _may_stay(element: Element) -> bool:
    """Is nothing to be said of it if it has the value that it had?"""
    return element.vr not in _TELLING and element.tag not in _IDENTIFYING


def _values(value: bytes) -> set[bytes]:
    return {v.strip(b" \0") for v in value.split(b"\\")} - {b""}


def _dispensable(element: Element) -> bool:
    """Does it lie in a private element, or in a sequence that may go?"""
    tags = [element.tag, *(int(t[:9].replace(",", ""), 16) for t in element.prefix.split("(")[1:])]
    return any(tag >> 16 & 1 or tag in DISPENSABLE for tag in tags)
