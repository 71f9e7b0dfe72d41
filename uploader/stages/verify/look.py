"""One look at one anonymised file beside its original."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from uploader.domain.manifest import Entry
from uploader.stages.verify.blocks import Block, Memory
from uploader.stages.verify.compare import Compared, Count, Rules, aligned
from uploader.stages.verify.identity import OWN, uids_of
from uploader.stages.verify.listed import Box, Listing, Lists
from uploader.stages.verify.opened import Opened, Original
from uploader.stages.verify.pixels import Beside
from uploader.stages.verify.residue import Hit, Search
from uploader.stages.verify.structure import SOP_CLASS, fault_of, faults, pixels_of, subject_of, text_of, unlike
from uploader.stages.verify.walk import Element, Part

Sighting = tuple[str, str, str, str]
"""(code, where, value or empty, detail free of values or empty)"""
Fault = tuple[str, str, str]
"""(code, path, value or empty)"""

_KINDS = {
    "identity": "verify.residue",
    "word": "verify.word",
    "technical": "verify.technical",
    "number": "verify.number",
    "date": "verify.residue-date",
    "date-short": "verify.date-short",
    "uid": "verify.residue-uid",
    "close": "verify.resembles",
    "bomb": "verify.bomb",
}


_HANDFUL = 128
"""Pairs of elements, of up to `LARGE` bytes each, that are held at once."""


@dataclass(slots=True)
class Report:
    """What one file showed.

    pairs: (original UID, UID now) -> where it was first seen
    own: new UIDs by which the file names itself
    subject: PatientID (0010,0020)
    elements: how many were looked into
    measured: what the file is, where nobody had measured it
    """

    sightings: list[Sighting] = field(default_factory=list)
    pairs: dict[tuple[str, str], str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    subject: str = ""
    elements: int = 0
    measured: Entry | None = None


@dataclass(slots=True)
class Look:
    """What is looked at: the anonymised `file` called `name` and its `part`, the original, what to look for, what is
    right and what may be present; the report to fill; and boxes that were made black in the image."""

    name: str
    file: Opened
    part: Part
    original: Original
    search: Search
    rules: Rules
    lists: Lists
    report: Report
    boxes: Sequence[Box] = ()
    tops: dict[int, Element] = field(default_factory=dict)
    befores: dict[int, Element] = field(default_factory=dict)

    def all(self, before: Memory, after: Memory) -> None:
        """Fill the report. Raises UnreadableFile where the anonymised file is not DICOM."""
        blocks = after.blocks(self.part)
        self.report.elements += len(self.part.meta) + sum([len(b.held) or b.is_pixels for b in blocks])
        olds = {b.tag: b for b in self.original.blocks(before)}
        self.tops = {b.tag: b.head for b in blocks}
        self.befores = {tag: b.head for tag, b in olds.items()}
        sop_class = text_of(self.tops.get(SOP_CLASS))
        listing = Listing(self.lists, self.lists.of(sop_class))
        for gone in [b for tag, b in olds.items() if tag not in self.tops]:
            if gone.is_long:
                self._at_length(gone, None, listing)
            elif not (gone.beside is None and gone.compared and not gone.compared.sightings):
                self._pair(gone, gone, None)
        for new in blocks:
            old = olds.get(new.tag)
            if new.settled and new.beside is old and new.listed == sop_class:
                continue
            if new.is_long or (old and old.is_long):
                self._at_length(old, new, listing)
                continue
            if new.listed != sop_class:
                self._list(new, listing, sop_class)
            if not (new.settled and new.beside is old):
                self._pair(new, old, new)
        self._judge([b for b in blocks if b.judged is None and b.raw is not None])
        self._note(after.of_row(blocks, lambda row: tuple(map(_fault, self.search.across(row)))))
        self._whole()

    def _list(self, block: Block, listing: Listing, sop_class: str) -> None:
        """May all that is in the block be there? That of a private one depends on its creator, which lies outside."""
        faults = list(listing.faults(block.elements(self.part)))
        self._note(faults)
        if not faults and not block.tag >> 16 & 1 and block.raw is not None:
            block.listed = sop_class

    def _pair(self, block: Block, old: Block | None, new: Block | None) -> None:
        """Compare two blocks, of which `block` is one; another such pair was not compared before."""
        if block.is_pixels:
            return
        if block.compared is None or block.beside is not (old if new else None):
            block.compared = self._compared(old, new)
            block.beside = old if new else None
            block.settled = block.compared.sightings == () == block.judged
            self._note_pairs(block.compared)
        self._note(block.compared.sightings)
        self._note(block.judged or ())

    def _compared(self, old: Block | None, new: Block | None) -> Compared:
        if old and new and len(old.held) == len(new.held) == 1:
            return self.rules.compare([(old.head, new.head)], self._same)
        count = Count()
        pairs = list(aligned(old.held if old else (), new.held if new else ()))
        count.take(pairs)
        return self.rules.compare(pairs, self._same).counted(count.sightings)

    def _at_length(self, old: Block | None, new: Block | None, listing: Listing) -> None:
        """All about blocks of which one is too long to hold: a handful of elements at a time."""
        count, seen = Count(), list[Compared]()
        both = aligned(self.original.elements(old), new.elements(self.part) if new else ())
        while pairs := list(islice(both, _HANDFUL)):
            count.take(pairs)
            seen.append(self.rules.compare(pairs, self._same))
            elements = [element for _, element in pairs if element]
            self.report.elements += len(elements)
            self._note(listing.faults(elements))
            self._note(self._left(elements))
        compared = Compared(
            tuple(each for one in seen for each in one.sightings), tuple(each for one in seen for each in one.pairs)
        ).counted(count.sightings)
        self._note(compared.sightings)
        self._note_pairs(compared)

    def _judge(self, fresh: list[Block]) -> None:
        """Look into the file meta and the blocks that are new; what is found in a file that is out of order counts for
        it alone."""
        meta, owners = self.part.meta, {id(element): block for block in fresh for element in block.held}
        found: dict[Block | None, list[Fault]] = {}
        for hit in self.search.hits(self.part, chain(meta, *(block.held for block in fresh))):
            found.setdefault(owners.get(id(hit.element)), []).append(_fault(hit))
        self._note(found.get(None, ()))
        self._note(self._uids_left(meta))
        for block in fresh:
            judged = (*found.get(block, ()), *self._alone(block.held))
            self._note(judged)
            if not self.part.disorder:
                block.judged = judged
                block.settled = block.compared is not None and not (block.compared.sightings or judged)

    def _left(self, elements: list[Element]) -> Iterator[Fault]:
        """What is wrong with elements that are not remembered."""
        yield from map(_fault, self.search.hits(self.part, elements))
        yield from self._alone(elements)

    def _alone(self, elements: Sequence[Element]) -> list[Fault]:
        """What is wrong with each element, besides what is searched for in texts."""
        return self._uids_left(elements) + [(code, e.path, "") for e in elements if (code := fault_of(e))]

    def _uids_left(self, elements: Iterable[Element]) -> list[Fault]:
        uids = self.search.needles.harvest.uids
        named = ((element, uid) for element in elements if element.vr == "UI" for uid in uids_of(element.value or b""))
        return [("verify.residue-uid", element.path, uid) for element, uid in named if uid in uids]

    def _whole(self) -> None:
        """What can be said of the file when all of it was read."""
        report = self.report
        report.subject = subject_of(self.tops)
        report.own = {u for tag in OWN if tag in self.tops for u in uids_of(self.tops[tag].value or b"")}
        beside_image = Beside(self.part, self.tops)
        self._note(map(_fault, self.search.hits(self.part, beside_image.elements(), pixels=True)))
        self._note((code, path, "") for code, path in dict.fromkeys(beside_image.faults))
        self._note((code, path, "") for code, path in faults(self.part, self.tops))
        if self.original.part:
            wrong = unlike(self.original.part, self.befores, self.part, self.tops)
            # an image that was made black in places may be written uncompressed: its samples are compared instead
            self._note((c, p, "") for c, p in wrong if not (self.boxes and c == "verify.syntax"))
            self._note(self._pixel_faults())
        if self.original.broken:
            report.sightings.append(("verify.original-unparsable", self.name, "", "it could not be compared"))

    def _pixel_faults(self) -> Iterator[Fault]:
        if self.boxes and self.original.part:
            from uploader.stages.verify.boxes import differences  # loads numpy, which few sessions need

            found = differences(self.original.part, self.befores, self.part, self.tops, self.boxes)
            yield from ((code, path, "") for code, path in found)
            return
        before, after = pixels_of(self.befores), pixels_of(self.tops)
        lengths = [[(e.tag, e.end - e.start) for e in each] for each in (before, after)]
        if lengths[0] != lengths[1]:
            yield "verify.pixels", (before or after)[0].path, ""
            if sum(n for _, n in lengths[1]) > sum(n for _, n in lengths[0]) > 0:
                yield "verify.pixel-length", after[0].path, ""
        else:
            for one, other in zip(before, after, strict=True):
                if not self._same(one, other, whole=True):
                    yield "verify.pixels", other.path, ""

    def _same(self, old: Element, new: Element, whole: bool = False) -> bool:
        """Have two elements the same value, or with `whole` the same bytes? Raises UnreadableFile."""
        spans = [(e.start if whole else e.begin, e.end) for e in (new, old)]
        return self.original.file is not None and self.file.is_same(spans[0], self.original.file, spans[1])

    def _note(self, found: Iterable[Fault]) -> None:
        for code, path, value in found:
            self.report.sightings.append((code, f"{self.name} {path}", value, ""))

    def _note_pairs(self, compared: Compared) -> None:
        for old, new, path in compared.pairs:
            self.report.pairs.setdefault((old, new), f"{self.name} {path}")


def _fault(hit: Hit) -> Fault:
    return _KINDS[hit.kind], hit.element.path, hit.value
