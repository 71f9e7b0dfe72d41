"""The search for what is left of the patient in the values of an anonymised file.

Values repeat from slice to slice, so a value that was once found clean is not searched again. New values of a
file are folded and joined, and the needles are looked for in the whole at once; only where one of them occurs
are the values taken one by one, with the rules about word limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from uploader.domain.manifest import CHUNK
from uploader.stages.verify.charset import ESCAPE, readings
from uploader.stages.verify.identity import TECHNICAL
from uploader.stages.verify.needles import Needle, Needles
from uploader.stages.verify.walk import PIXELS, Element, Part
from uploader.stages.verify.words import UID_TOKEN, fold, fold_latin, regrouped

_SURE_IN_BYTES = 5
"""Characters a needle must have to mean something among binary values."""
_OVERLAP = 512
_REMEMBERED = 50_000
"""Values known to be clean; beyond, the memory is emptied."""
_READ_FULLY = 1 << 12
"""Bytes up to which a value with zero bytes is read as UTF-16 in every script; beyond, in Latin script only."""

_CONTROL = bytes(c for c in range(32) if c not in b"\t\n\x0c\r\x1b")
_SHAPES = {
    vr: re.compile(rb"(?:(?:%b)?[ \0]*(?:\\|$))*" % form)
    for vr, form in {
        "DA": rb"\d{8}|\d{4}\.\d\d\.\d\d",
        "DT": rb"\d{4,14}(?:\.\d{1,6})?(?:[+-]\d{4})?",
        "TM": rb"\d\d(?::?\d\d(?::?\d\d(?:\.\d{1,6})?)?)?",
        "AS": rb"\d{3}[DWMY]",
        "UI": rb"[0-2](?:\.\d+)+",
    }.items()
}
"""Values of these forms cannot hold a name; dates and UIDs are judged elsewhere, times and ages are kept."""
_NUMERIC = re.compile(rb"[0-9.+\-eE\\ \0]*")
_BOUND = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Hit:
    """Something of the patient in one element.

    kind: that of the needle, or ``uid``
    value: what was found
    """

    kind: str
    element: Element
    value: str


_Key = tuple[str, bytes, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Pending:
    element: Element
    key: _Key | None
    texts: tuple[str, ...]
    binary: bool


@dataclass(slots=True)
class Search:
    """Looks for `needles` in file after file; one for each process."""

    needles: Needles
    _clean: set[_Key] = field(default_factory=set)

    def hits(self, part: Part, elements: Iterable[Element]) -> Iterator[Hit]:
        """What is found in these elements of the open file `part`. Raises UnreadableFile."""
        pending: list[_Pending] = []
        waiting = 0
        for element in elements:
            if element.vr == "SQ" or (element.tag in PIXELS and not element.prefix):
                continue
            if element.value is None:
                yield from self._streamed(part, element)
                continue
            key = (element.vr, element.value, element.charset)
            if element.value and key not in self._clean:
                yield from self._read(element, element.value, key, pending)
                waiting += len(element.value)
            if waiting > CHUNK:
                yield from self._search(pending)
                pending, waiting = [], 0
        yield from self._search(pending)

    def _read(self, element: Element, value: bytes, key: _Key | None, pending: list[_Pending]) -> Iterator[Hit]:
        """Queue the readings of `value` for the search; report UIDs and numbers at once."""
        shape = _SHAPES.get(element.vr)
        if shape and shape.fullmatch(value):
            return
        if element.vr in ("DS", "IS") and _NUMERIC.fullmatch(value):
            if not self.needles.numbers.isdisjoint(value.translate(None, b" \0").split(b"\\")):
                yield Hit("identity", element, "a number that identifies")
            return
        found = list(self._uids(value))
        yield from (Hit("uid", element, u) for u in found)
        body = value.rstrip(b"\0")
        binary = len(body) != len(body.translate(None, _CONTROL))
        texts = tuple(self._texts(_without_uids(value), element, binary))
        pending.append(_Pending(element, None if found else key, texts, binary))

    def _texts(self, value: bytes, element: Element, binary: bool) -> Iterator[str]:
        yield fold_latin(value)
        if (joined := regrouped(value)) != value:
            yield fold_latin(joined)
        wide = b"\0" in value.rstrip(b"\0")
        if wide and len(value) > _READ_FULLY:
            yield from (fold_latin(value[0::2]), fold_latin(value[1::2]))
        elif wide or (not binary and (ESCAPE in value or not value.isascii())):
            terms = (*element.charset, *sorted(self.needles.harvest.charsets))
            yield from {fold(reading) for reading in readings(value, terms)}

    def _uids(self, value: bytes) -> Iterator[str]:
        views = [value] if b"\0" not in value else [value, value[0::2], value[1::2]]
        for view in views:
            if view.count(b".") > 1:
                for token in UID_TOKEN.findall(view):
                    if (uid := token.decode()) in self.needles.harvest.uids:
                        yield uid

    def _streamed(self, part: Part, element: Element) -> Iterator[Hit]:
        """The same for a value that is too long to hold: in overlapping chunks, as bytes."""
        before, seen = b"", set()
        unshaped = element if element.vr in ("DS", "IS") else element._replace(vr="UN")
        for chunk in part.chunks(element.begin, element.end, CHUNK):
            pending: list[_Pending] = []
            whole = before + chunk
            found = [*self._read(unshaped, whole, None, pending), *self._search(pending)]
            yield from (h for h in found if h.value not in seen)
            seen |= {h.value for h in found}
            before = whole[-_OVERLAP:]

    def _search(self, pending: list[_Pending]) -> Iterator[Hit]:
        joined = "\n".join(text for p in pending for text in p.texts)
        candidates = sorted((n for t, n in self.needles.by_text.items() if t in joined), key=lambda n: n.kind == "word")
        if len(self._clean) > _REMEMBERED:
            self._clean.clear()
        for p in pending:
            hit = next(self._accepted(p, candidates), None) if candidates else None
            if hit:
                yield hit
            elif p.key and p.element.tag not in TECHNICAL and len(p.key[1]) <= _READ_FULLY:
                self._clean.add(p.key)

    def _accepted(self, pending: _Pending, candidates: list[Needle]) -> Iterator[Hit]:
        for needle in candidates:
            if needle.technical and pending.element.tag in TECHNICAL:
                continue
            if pending.binary and len(needle.text) < _SURE_IN_BYTES:
                continue
            if any(needle.text in text and self._stands(needle, text) for text in pending.texts):
                yield Hit(needle.kind, pending.element, needle.text)

    def _stands(self, needle: Needle, text: str) -> bool:
        """Does it occur within word limits, and outside of what may be kept?"""
        for kept in self.needles.keep:
            if kept in text:
                text = re.sub(rf"(?<!\w){re.escape(kept)}(?!\w)", "\x01", text)
        at = text.find(needle.text)
        while at >= 0:
            if _limited(needle, text, at, at + len(needle.text)):
                return True
            at = text.find(needle.text, at + 1)
        return False


def _limited(needle: Needle, text: str, start: int, end: int) -> bool:
    """A number must not go on as a number, and a short word not as a word. A date may be followed by a time."""
    before, after = text[start - 1 : start], text[end : end + 1]
    first, last = needle.text[0], needle.text[-1]
    if first.isdecimal() and before.isdecimal():
        return False
    if last.isdecimal() and after.isdecimal():
        return len(needle.text) == 8 and needle.text.isdecimal() and bool(re.match(r"\d{4}(\d\d)?(?!\d)", text[end:]))
    if needle.embedded:
        return True
    if len(needle.text) <= 4 and needle.text.isdecimal():
        return not (before.strip() or after.strip())
    return not (first.isalpha() and _BOUND.match(before)) and not (last.isalpha() and _BOUND.match(after))


def _without_uids(value: bytes) -> bytes:
    return UID_TOKEN.sub(b" ", value) if value.count(b".") > 1 else value
