"""Where in a text a session's people, IDs and places are named."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from uploader.passes.known import Needle, Needles
from uploader.passes.patterns import Found
from uploader.passes.spellings import Atom, atoms
from uploader.passes.vocabulary import AFFIXES, CASED_TITLES, CLINICAL, TITLES

_NEAR = re.compile(r"[\s^,._\-–=/]{1,3}")
"""What may stand between the parts of one name."""
_POSSESSIVE = re.compile(r"['’´`]s(?![^\W_])", re.IGNORECASE)
_KEPT = "kept-word"


def named(text: str, needles: Needles) -> tuple[list[Found], list[Found]]:
    """What must go, and the clinical words that are also names and stay."""
    found = _Reading(text, needles).read()
    return [f for f in found if f[0] != _KEPT], [f for f in found if f[0] == _KEPT]


@dataclass(frozen=True, slots=True)
class _Run:
    """Atoms of letters that are glued together.

    text: all of it, folded
    edges: places in `text` where atoms begin, and its end
    places: (start, end) in the original of each sign of `text`
    """

    text: str
    edges: list[int]
    places: list[tuple[int, int]]

    @classmethod
    def of(cls, found: list[Atom], start: int, end: int) -> _Run:
        edges = [0]
        places: list[tuple[int, int]] = []
        for number in range(start, end):
            atom = found[number]
            plain = atom.end - atom.start == len(atom.folded)
            spots = ((atom.start + i, atom.start + i + 1) if plain else (atom.start, atom.end) for i in atom.signs)
            places.extend(spots)
            edges.append(len(places))
        return cls("".join(found[number].folded for number in range(start, end)), edges, places)

    def span(self, begin: int, stop: int) -> tuple[int, int]:
        """Where the signs from `begin` to `stop` stand in the original."""
        return self.places[begin][0], self.places[stop - 1][1]

    def beside_affixes(self) -> Iterator[tuple[int, int]]:
        """What is left of the run without a short form before or behind it."""
        size = len(self.text)
        for width in range(2, min(5, size - 2)):
            if self.text[:width] in AFFIXES:
                yield width, size
            if self.text[-width:] in AFFIXES:
                yield 0, size - width

    def widened(self, begin: int, stop: int) -> tuple[int, int]:
        """The span up to the ends of the atoms it lies in, but for what is a word of the field of its own.
        Scripts that do not part words stay as they are."""
        if not self.text[begin].isascii() and not _parts_words(self.text[begin]):
            return begin, stop
        left = self.edges[bisect_right(self.edges, begin) - 1]
        right = self.edges[bisect_left(self.edges, stop)]
        if self.text[left:right] in CLINICAL:
            return left, right
        left = begin if self.text[left:begin] in AFFIXES | CLINICAL else left
        right = stop if self.text[stop:right] in AFFIXES | CLINICAL else right
        return left, right


def _parts_words(letter: str) -> bool:
    """Does its script part words: is it no ideograph, no kana, no Hangul? Folded Hangul are conjoining jamo."""
    code = ord(letter)
    return not (0x1100 <= code < 0x1200 or 0x2E80 <= code < 0xA000 or 0xAC00 <= code < 0xD7B0 or code >= 0x20000)


class _Reading:
    """One text being read. `marks`: number of an atom -> the needle it is part of; `kept`: likewise, but it stays."""

    def __init__(self, text: str, needles: Needles) -> None:
        self.text, self.needles = text, needles
        self.atoms = atoms(text)
        self.marks: dict[int, Needle] = {}
        self.kept: dict[int, Needle] = {}
        self.pieces: list[Found] = []

    def read(self) -> list[Found]:
        """All finds, in no order."""
        for first in range(len(self.atoms)):
            self._from(first)
        for start, end in _runs(self.atoms):
            self._inside(start, end)
        self._neighbours()
        spans = [self._span(number, needle) for number, needle in self.marks.items() if needle.people]
        stay = [(_KEPT, self.atoms[n].start, self.atoms[n].end) for n in self.kept if n not in self.marks]
        return [*self.pieces, *spans, *stay]

    def _from(self, first: int) -> None:
        """Mark the longest needle that begins with this atom, whatever stands between its parts."""
        whole, beginnings = self.needles.by_text, self.needles.beginnings
        for bare in {self.atoms[first].folded, self.atoms[first].folded.lstrip("0")} - {""}:
            joined, last, best = bare, first, -1
            while joined in beginnings:
                if joined in whole and self._stands(first, last, whole[joined], joined):
                    best = last
                    needle = whole[joined]
                last += 1
                if last == len(self.atoms):
                    break
                joined += self.atoms[last].folded
            if best >= 0:
                self._mark(first, best, needle)

    def _stands(self, first: int, last: int, needle: Needle, joined: str) -> bool:
        """Is the needle there, and not by chance? Short ones stand alone, and as names are written."""
        parted = any(not self.atoms[n].glued for n in range(first + 1, last + 1))
        spaced = all(len(self.atoms[n].folded) == 1 for n in range(first, last + 1))
        if parted and (needle.alone or len(joined) < (3 if spaced and needle.people else 4)):
            return False
        if not needle.alone:
            return True
        before = self.atoms[first].glued
        behind = last + 1 < len(self.atoms) and self.atoms[last + 1].glued
        written = self.text[self.atoms[first].start : self.atoms[last].end]
        plausible = not needle.people or not written.isascii() or written[0].isupper()
        return not before and not behind and plausible

    def _mark(self, first: int, last: int, needle: Needle) -> None:
        clinical = "".join(self.atoms[n].folded for n in range(first, last + 1)) in CLINICAL
        for number in range(first, last + 1):
            (self.kept if clinical else self.marks).setdefault(number, needle)
        if not clinical and not needle.people:
            self.pieces.append((needle.kind, self.atoms[first].start, self.atoms[last].end))

    def _inside(self, start: int, end: int) -> None:
        """Names inside a run of letters: behind or before a short form, and long ones anywhere."""
        run = _Run.of(self.atoms, start, end)
        if run.text in CLINICAL or all(n in self.marks for n in range(start, end)):
            return
        whole = self.needles.by_text
        plural = run.text[:-1] if run.text.endswith("s") and len(run.text) > 4 else ""
        if needle := whole.get(run.text) or whole.get(plural):
            if not needle.alone and plural not in CLINICAL:
                self._mark(start, end - 1, needle)
            return
        if needle := self.needles.close_to(run.text):
            self._mark(start, end - 1, needle)
            return
        for number in range(start, end):
            if needle := self.needles.close_to(self.atoms[number].folded):
                self._mark(number, number, needle)
        for begin, stop in run.beside_affixes():
            needle = whole.get(run.text[begin:stop])
            if needle and not needle.alone and run.text[begin:stop] not in CLINICAL:
                self.pieces.append((needle.kind, *run.span(begin, stop)))
        for first, last in self.needles.within(run.text):
            begin, stop = run.widened(first, last)
            if run.text[begin:stop] not in CLINICAL:
                self.pieces.append((whole[run.text[first:last]].kind, *run.span(begin, stop)))

    def _neighbours(self) -> None:
        """Mark what belongs to a name that was found: titles, small words, initials, a clinical word beside it."""
        todo = [number for number, needle in self.marks.items() if needle.people]
        while todo:
            number = todo.pop()
            for other in (number - 1, number + 1):
                if other not in self.marks and self._belongs(number, other):
                    self.marks[other] = self.marks[number]
                    todo.append(other)

    def _belongs(self, number: int, other: int) -> bool:
        if not 0 <= other < len(self.atoms) or not self._near(min(number, other), max(number, other)):
            return False
        atom = self.atoms[other]
        people = [self.needles.people[p] for p in self.marks[number].people]
        if other in self.kept:
            return bool(self.kept[other].people & self.marks[number].people)
        written = self.text[atom.start : atom.end]
        if other < number and (atom.folded in TITLES or written in CASED_TITLES):
            return True
        if other < number and any(atom.folded in person.particles for person in people):
            return True
        initials = any(set(atom.folded) <= person.initials for person in people)
        spelled_out = len(atom.folded) == 1 or (len(atom.folded) == 2 and atom.folded not in CLINICAL)
        return initials and spelled_out and not written.islower() and not self._side(other)

    def _near(self, first: int, second: int) -> bool:
        between = self.text[self.atoms[first].end : self.atoms[second].start]
        return not between or _NEAR.fullmatch(between) is not None

    def _side(self, number: int) -> bool:
        """Is it the L or R of a structure: ``Lung_L``?"""
        return self.atoms[number].folded in ("l", "r") and any(
            0 <= other < len(self.atoms)
            and other not in self.marks
            and self.atoms[other].folded in CLINICAL
            and self._near(min(number, other), max(number, other))
            for other in (number - 1, number + 1)
        )

    def _span(self, number: int, needle: Needle) -> Found:
        atom = self.atoms[number]
        ending = _POSSESSIVE.match(self.text, atom.end) if needle.people else None
        return needle.kind, atom.start, ending.end() if ending else atom.end


def _runs(found: list[Atom]) -> Iterator[tuple[int, int]]:
    """First and last but one of atoms of letters that are glued together."""
    start = 0
    for number in range(1, len(found) + 1):
        ends = number == len(found) or not found[number].glued or found[number].figures or found[number - 1].figures
        if ends:
            if not found[start].figures:
                yield start, number
            start = number
