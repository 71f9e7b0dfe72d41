"""The search for what is left of the patient in the values of an anonymised file.

Values repeat from slice to slice, so a value that was once found clean is not searched again. New values of a
file are folded and joined, and the needles are looked for in the whole at once; only where one of them occurs
are the values taken one by one, with the rules about word limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from uploader.domain.manifest import CHUNK
from uploader.stages.verify.charset import ESCAPE, readings
from uploader.stages.verify.close import Close
from uploader.stages.verify.folded import Bomb, unfolded
from uploader.stages.verify.identity import OURS, TECHNICAL, texts
from uploader.stages.verify.needles import SHORTEST, Needle, Needles
from uploader.stages.verify.numbers import FEWEST, MADE
from uploader.stages.verify.variants import spaced_out, variants
from uploader.stages.verify.vocabulary import AFFIXES
from uploader.stages.verify.walk import PIXELS, Element, Part
from uploader.stages.verify.words import UID_TOKEN, fold, fold_latin, regrouped

_SURE_IN_BYTES = 5
"""Characters a needle must have to be no chance among binary values."""
_TOLD_IN_BYTES = 4
"""Characters it must have to be asked about, in binary values that are not too long to hold."""
_OVERLAP = 512
_REMEMBERED = 50_000
"""Values known to be clean; beyond, the memory is emptied."""
_LIKELY_AGAIN = 64
"""Bytes up to which a number, a time or a UID is remembered."""
_UNFOLDED_AT_ONCE = 8 << 20
"""Bytes up to which a long value is held to unfold what is in it; of a longer one, what lies within a chunk is."""
_READ_FULLY = 1 << 12
"""Bytes up to which a value with zero bytes is read as UTF-16 in every script; beyond, in Latin script only."""

_LIKELY_TEXT = 1 << 8
"""Bytes up to which a binary value is read as text in every script, whatever it looks like."""
_CONTROL = bytes(c for c in range(32) if c not in b"\t\n\x0c\r\x1b")
_DECIMAL = rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_SHAPES = {
    vr: re.compile(rb"(?:(?:%b)?[ \0]*(?:\\|$))*" % form)
    for vr, form in {
        "DA": rb"\d{8}|\d{4}\.\d\d\.\d\d",
        "DT": rb"\d{4,14}(?:\.\d{1,6})?(?:[+-](?:0\d|1[0-4])[0-5]\d)?",
        "TM": rb"\d\d(?::?\d\d(?::?\d\d(?:\.\d{1,6})?)?)?",
        "AS": rb"\d{3}[DWMY]",
        "UI": rb"[0-2](?:\.\d+)+",
        "DS": _DECIMAL,
        "IS": _DECIMAL,
    }.items()
}
"""Values of these forms cannot hold a name, but a number; dates and UIDs are judged elsewhere too."""
_NUMERIC = b"0123456789.+-eE\\ \0"
_FREE = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
"""VRs of free text."""
_TEXTS = _FREE | {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"}
"""VRs of text: a control sign in them does not make them binary."""
_REALMS = dict.fromkeys(OURS, "ours") | dict.fromkeys(TECHNICAL, "technical")
_GRAVITY = ("identity", "date", "uid", "bomb", "number", "technical", "word", "date-short", "close")
_LETTERS_BEFORE, _LETTERS_AFTER = re.compile(r"[^\W\d_]*$"), re.compile(r"[^\W\d_]*")
_LONG_NUMBER = 7
"""Figures above which a number is no chance when it is put together from two texts; letters, for a name."""
_EACH_SIDE = 2
"""Characters of it that must lie in each of the two."""
_NEAR = 8
"""Characters beside a find in which the rest of its word is looked at."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something of the patient in one element.

    kind: that of the needle, ``uid``, ``number``, ``date``, ``date-short``, ``close`` or ``bomb``
    value: what was found
    """

    kind: str
    element: Element
    value: str


_Key = tuple[str, bytes, tuple[str, ...], str]


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
    _close: Close = field(init=False)
    _long: tuple[Needle, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._close = Close(self.needles.close)
        long = (n for n in self.needles.all if n.embedded and n.kind == "identity" and n.origin != "place")
        self._long = tuple(n for n in long if not n.text.isdecimal() or len(n.text) > _LONG_NUMBER)

    def hits(self, part: Part, elements: Iterable[Element], *, pixels: bool = False) -> Iterator[Hit]:
        """What is found in these elements of the open file `part`; in its pixels only with `pixels`.
        Raises UnreadableFile."""
        pending: list[_Pending] = []
        waiting, order = 0, part.order
        for element in elements:
            if element.vr == "SQ" or (element.tag in PIXELS and not element.prefix and not pixels):
                continue
            value = element.value
            if value is None:
                yield from self._streamed(part, element)
                continue
            key = (element.vr, value, element.charset, _realm(element) + order)
            if value and key not in self._clean:
                yield from self._read(element, value, key, pending)
                waiting += len(value)
            if waiting > CHUNK:
                yield from self._search(pending)
                pending, waiting = [], 0
        yield from self._search(pending)

    def _read(
        self, element: Element, value: bytes, key: _Key | None, pending: list[_Pending], *, unfold: bool = True
    ) -> Iterator[Hit]:
        """Queue the readings of `value` for the search; report UIDs and numbers at once."""
        if element.vr == "UI" and MADE.fullmatch(value):
            return
        kind = self._number(element, value, key)
        if kind:
            yield Hit(kind, element, "a number that identifies")
        if _is_of_shape(element.vr, value):
            if key and not kind and len(value) <= _LIKELY_AGAIN:
                self._clean.add(key)
            return
        found = list(self._uids(element, value))
        yield from found
        binary = element.vr not in _TEXTS and _is_binary(element, value)
        forms = tuple(self._texts(_without_uids(value), element, binary))
        folded = list(self._unfolded(element, value)) if unfold else []
        yield from (hit for hit in folded if hit)
        pending.append(_Pending(element, None if found or kind or folded else key, forms, binary))

    def _unfolded(self, element: Element, value: bytes) -> Iterator[Hit | None]:
        """What is found in what is folded away in `value`; None for each piece of it that was searched."""
        try:
            for inner in unfolded(value):
                for start in range(0, len(inner), CHUNK):
                    piece = inner[max(0, start - _OVERLAP) : start + CHUNK]
                    one = element._replace(vr="UN", value=piece)
                    yield from (Hit(hit.kind, element, hit.value) for hit in self._uids(one, piece))
                    binary = _is_binary(one, piece)
                    forms = tuple(self._texts(_without_uids(piece), one, binary))
                    yield from self._search([_Pending(element, None, forms, binary)])
                    yield None
        except Bomb:
            yield Hit("bomb", element, "")

    def across(self, row: tuple[Element, ...]) -> Iterator[Hit]:
        """Long names and IDs that begin at the end of one text and go on at the beginning of the next."""
        written = [(e, plain) for e in row if (plain := fold(" ".join(sorted(_plainly(e)))).replace(" ", ""))]
        whole = "".join(plain for _, plain in written)
        long = [needle for needle in self._long if needle.text in whole]
        for (one, left), (_, right) in pairwise(written if long else ()):
            for needle in long:
                size = len(needle.text) - _EACH_SIDE
                near = left[-size:] + right[:size]
                at = near.find(needle.text)
                if at >= 0 and at + _EACH_SIDE <= len(left[-size:]) <= at + size:
                    yield Hit("identity" if len(needle.text) > _LONG_NUMBER else "word", one, needle.text)

    def _number(self, element: Element, value: bytes, key: _Key | None) -> str | None:
        """Kind of the number that a value other than text holds."""
        numbers, vr = self.needles.numbers, element.vr
        if vr in ("DS", "IS"):
            return numbers.in_decimals(value) if _is_numeric(value) else None
        if vr in ("DA", "DT", "TM"):
            return numbers.in_clock(value)
        if vr == "UI":
            kinds = (numbers.in_uid(uid.strip("\0 ")) for uid in value.decode("latin_1").split("\\") if uid)
            return min(filter(None, kinds), key=_GRAVITY.index, default=None)
        return numbers.in_binary(vr, value, key[3][-1]) if key else None

    def _texts(self, value: bytes, element: Element, binary: bool) -> Iterator[str]:
        if (element.tag in PIXELS or (binary and len(value) > _LIKELY_TEXT)) and _is_coded(value):
            halves = (value[0::2], value[1::2])
            yield from map(fold_latin, (value, regrouped(value), *halves))
            return
        wide = b"\0" in value.rstrip(b"\0")
        if binary or (wide and len(value) > _READ_FULLY):
            yield fold_latin(value)
            yield fold_latin(regrouped(value))
            if wide and len(value) > _READ_FULLY:
                yield from (fold_latin(value[0::2]), fold_latin(value[1::2]))
                return
        if value.isascii() and not wide and ESCAPE not in value:
            yield from variants(value.decode("ascii"))
        elif not binary or wide:
            terms = (*element.charset, *sorted(self.needles.harvest.charsets))
            yield from {form for reading in readings(value, terms) for form in variants(reading)}

    def _uids(self, element: Element, value: bytes) -> Iterator[Hit]:
        views = [value] if b"\0" not in value else [value, value[0::2], value[1::2]]
        for token in (t for view in views if view.count(b".") > 1 for t in UID_TOKEN.findall(view)):
            uid = token.decode()
            if uid in self.needles.harvest.uids:
                yield Hit("uid", element, uid)
            elif element.vr != "UI" and not MADE.fullmatch(token) and (kind := self.needles.numbers.in_uid(uid)):
                yield Hit(kind, element, uid)

    def _streamed(self, part: Part, element: Element) -> Iterator[Hit]:
        """The same for a value that is too long to hold: in overlapping chunks."""
        before, seen = b"", set()
        unshaped = element if element.vr in _FREE | {"DS", "IS"} else element._replace(vr="UN")
        at_once = element.end - element.begin <= _UNFOLDED_AT_ONCE
        if at_once:
            value = b"".join(part.chunks(element.begin, element.end, CHUNK))
            yield from (hit for hit in self._unfolded(element, value) if hit)
        for chunk in part.chunks(element.begin, element.end, CHUNK):
            pending: list[_Pending] = []
            whole = before + chunk
            found = [*self._read(unshaped, whole, None, pending, unfold=not at_once), *self._search(pending)]
            yield from (Hit(h.kind, element, h.value) for h in found if h.value not in seen)
            seen |= {h.value for h in found}
            before = whole[-_OVERLAP:]

    def _search(self, pending: list[_Pending]) -> Iterator[Hit]:
        if not pending:
            return
        joined = "\n".join(text for p in pending for text in (*p.texts, *map(spaced_out, p.texts)))
        candidates = [n for n in self.needles.all if n.text in joined]
        if len(self._clean) > _REMEMBERED:
            self._clean.clear()
        for p in pending:
            hits = [*self._accepted(p, candidates), *self._dates(p), *self._resembling(p)]
            if hits:
                yield min(hits, key=lambda hit: _GRAVITY.index(hit.kind))
            elif p.key and len(p.key[1]) <= _READ_FULLY:
                self._clean.add(p.key)

    def _accepted(self, pending: _Pending, candidates: list[Needle]) -> Iterator[Hit]:
        for needle in candidates:
            kind = _kind(needle, pending)
            if kind is None:
                continue
            if any(self._stands(needle, pending.element, text) for text in pending.texts):
                yield Hit(kind, pending.element, needle.text)

    def _dates(self, pending: _Pending) -> Iterator[Hit]:
        for text in pending.texts:
            if seen := self.needles.calendar.seen(self._outside(pending.element, text), sure_only=pending.binary):
                yield Hit(seen[0], pending.element, seen[1])

    def _resembling(self, pending: _Pending) -> Iterator[Hit]:
        if not pending.binary and pending.element.vr in _FREE and _realm(pending.element) != "technical":
            seen = (self._close.seen(self._outside(pending.element, text)) for text in pending.texts)
            yield from (Hit("close", pending.element, name) for name in seen if name)

    def _stands(self, needle: Needle, element: Element, text: str) -> bool:
        """Does it occur in what may not be kept, within word limits or spaced out?"""
        if needle.text not in text and needle.text not in spaced_out(text):
            return False
        text = self._outside(element, text)
        return within_limits(needle, text) or _spaced(needle, text)

    def _outside(self, element: Element, text: str) -> str:
        """`text` without what we have written there ourselves."""
        if _realm(element) == "ours":
            for kept in self.needles.keep:
                if kept in text:
                    text = re.sub(rf"(?<!\w){re.escape(kept)}(?!\w)", "\x01", text)
        return text


def within_limits(needle: Needle, text: str) -> bool:
    """Does the needle occur in the folded text, and not as a part of another word or number?"""
    at = text.find(needle.text)
    while at >= 0:
        if _limited(needle, text, at, at + len(needle.text)):
            return True
        at = text.find(needle.text, at + 1)
    return False


def _limited(needle: Needle, text: str, start: int, end: int) -> bool:
    """A number must not go on as a number, though it may have zeros in front, and a short word not as a word, unless
    the rest of it is a short form of the field."""
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    first, last = needle.text[0], needle.text[-1]
    if first.isdecimal() and before[-1:].isdecimal():
        before = text[:start].rstrip("0")[-_NEAR:] if len(needle.text) >= FEWEST else before
        if before[-1:].isdecimal():
            return False
    if last.isdecimal() and after[:1].isdecimal():
        return False
    if needle.embedded:
        return True
    if len(needle.text) <= 4 and needle.text.isdecimal() and needle.origin != "short":
        return not (before.strip() or after.strip())
    rest = _rest(_LETTERS_BEFORE, before, first), _rest(_LETTERS_AFTER, after, last)
    return rest == ("", "") or (len(needle.text) > SHORTEST and all(r in AFFIXES or not r for r in rest))


def _rest(letters: re.Pattern[str], beside: str, sign: str) -> str:
    """The letters that go on beside `sign`, which is a letter itself."""
    match = letters.search(beside) if sign.isalpha() else None
    return match[0] if match else ""


def _spaced(needle: Needle, text: str) -> bool:
    """Does a name of more than three letters, or one alone, stand in the text with blanks between its letters?"""
    run = spaced_out(text)
    return bool(run) and (needle.text in run.split() or (len(needle.text) > SHORTEST and needle.text in run))


def _kind(needle: Needle, pending: _Pending) -> str | None:
    """What a find of the needle in this value is; None where it means nothing."""
    realm = _realm(pending.element)
    if needle.origin == "short" and (realm or pending.element.vr not in _FREE):
        return None
    kind = needle.kind_in_equipment() if realm == "technical" else needle.kind
    letters = len(needle.text.replace(" ", ""))  # nearly any byte counts as a blank there
    if not pending.binary or letters >= _SURE_IN_BYTES:
        return kind
    return "word" if kind and pending.key and letters >= _TOLD_IN_BYTES else None


def _realm(element: Element) -> str:
    """``technical`` for attributes of the equipment, ``ours`` for those that we fill, empty for all others."""
    return _REALMS.get(element.tag) or ("ours" if element.tag >> 16 == 0x0012 else "")


def _plainly(element: Element) -> Iterable[str]:
    return texts(element.value or b"", element.charset)


def _is_of_shape(vr: str, value: bytes) -> bool:
    """Can it hold no name? Many numbers, as those of a contour, are only looked at for signs that none has."""
    if vr in ("DS", "IS") and len(value) > _READ_FULLY:
        return _is_numeric(value)
    shape = _SHAPES.get(vr)
    return bool(shape and shape.fullmatch(value))


def _is_numeric(value: bytes) -> bool:
    return not value.translate(None, _NUMERIC)


def _is_binary(element: Element, value: bytes) -> bool:
    """Is it binary by its signs? A short value of unknown kind is taken for text."""
    if element.vr == "UN" and len(value) <= _READ_FULLY:
        return False
    body = value.rstrip(b"\0")
    return len(body) != len(body.translate(None, _CONTROL))


def _is_coded(value: bytes) -> bool:
    """Are these samples of an image, however they are compressed, rather than a text? Then one byte in ten or so is a
    control sign, which no text has. Text may still lie among them, as ASCII or in 16 bits."""
    return len(value.translate(None, _CONTROL)) * 32 < len(value) * 31


def _without_uids(value: bytes) -> bytes:
    return UID_TOKEN.sub(b" ", value) if value.count(b".") > 1 else value
