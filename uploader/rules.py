"""Rules for elements, carried out at every depth on undecoded bytes.

What a rule makes of an element follows from the element and what is declared around it, so it is worked out once
for the same bytes: in a series, four elements of five are the same in every file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, Protocol, TypeAlias

from uploader.elements import Element, Form, Irregular, encoded, items, known_vr, level, sequence, value_of
from uploader.part10 import DEEPEST
from uploader.rows import Piece, Row

CHARACTER_SET = 0x00080005
_CONTENT = frozenset({0x0040A730, 0x00400555})
"""Content Sequence, Acquisition Context Sequence: their items say what they are about."""
_CONCEPT_NAME, _VALUE_TYPE = 0x0040A043, 0x0040A040
_CODE_VALUE, _SCHEME = 0x00080100, 0x00080102
_MEMO_BYTES, _MEMO_LONGEST = 1 << 23, 1 << 12
"""Bytes of elements that are remembered, and how long one may be."""


class Fate(Enum):
    """What becomes of an element whose value is not looked at."""

    KEEP = "keep"
    """As it is; of a sequence, each item is treated."""
    REMOVE = "remove"


Change: TypeAlias = Callable[[bytes, bytes], "bytes | None"]
"""The new value, of even length and for the VR that the dictionary gives the attribute, from the old one and the
Specific Character Set (0008,0005) in force; None removes the element. Of a sequence only an empty value can be made."""
Rule: TypeAlias = "Fate | Change"
Note: TypeAlias = "tuple[int, str]"
"""A tag, and what kind of thing was taken out of a text that stands there; for the reviewer, never the value."""
Written: TypeAlias = tuple[int, bytes]
"""A tag, and the whole element with that tag as it is written."""
_Treated: TypeAlias = tuple[list[Written], tuple[Piece, ...]]
"""Public elements, treated; and private ones, which only their neighbours explain."""


class Concept(NamedTuple):
    """What a content item is about (PS3.3 C.17.3): scheme and code of its concept name, and its value type."""

    scheme: str
    code: str
    value_type: str


class Rules(Protocol):
    """Says what becomes of each element of the objects of one kind. Pure."""

    keeps_private: bool
    """Whether any private element may stay."""

    def public(self, tag: int, vr: bytes, *, top: bool) -> Rule:
        """top: whether it stands outside of all sequences. Raises Irregular for what must be written anew first."""

    def private(self, creator: str, tag: int, vr: bytes, *, top: bool) -> Rule: ...

    def item(self, concept: Concept) -> Fate | Mapping[int, Change]:
        """What becomes of a content item: treated element by element, removed, or some of its elements changed."""


class Treatment:
    """Carries rules out on objects that are encoded in one form."""

    def __init__(self, rules: Rules, form: Form) -> None:
        self._rules, self._form = rules, form
        self._top: dict[tuple[int, bytes], Rule] = {}
        self._inner: dict[tuple[int, bytes], Rule] = {}
        self._memos: dict[bytes, dict[bytes, _Treated]] = {}
        self._remembered = 0

    def rows(self, rows: Iterable[Row], charset: bytes) -> list[Written]:
        """What stands at the top of a data set, treated. Raises Irregular, Short.

        charset: its character set
        """
        memo = self._memo(charset)
        written: list[Written] = []
        private: list[Piece] = []
        for row in rows:
            treated = memo.get(row.raw)
            if treated is None:
                treated = self._row(row, charset, memo)
            written += treated[0]
            private += treated[1]
        if private and self._rules.keeps_private:
            written += self._private(private, charset, 0)
        return written

    def _row(self, row: Row, charset: bytes, memo: dict[bytes, _Treated]) -> _Treated:
        if len(row.pieces) == 1:
            treated = self._piece(row.pieces[0], charset)
        else:  # most elements of a row were seen before on their own
            each = [memo.get(p[2]) or self._row(Row(p[2], (p,)), charset, memo) for p in row.pieces]
            treated = [w for written, _ in each for w in written], tuple(p for _, private in each for p in private)
        if len(row.pieces) > 1 or len(row.raw) < _MEMO_LONGEST:
            memo[row.raw] = treated
            self._remembered += len(row.raw)
        return treated

    def _piece(self, piece: Piece, charset: bytes) -> _Treated:
        tag, vr, raw, at = piece
        if tag >> 16 & 1:
            return [], (piece,)
        new = self._element(tag, vr, raw, at, charset, 0)
        return ([(tag, new)] if new else []), ()

    def _memo(self, charset: bytes) -> dict[bytes, _Treated]:
        if self._remembered > _MEMO_BYTES:
            self._memos.clear()
            self._remembered = 0
        return self._memos.setdefault(charset, {})

    def _level(self, data: bytes, begin: int, end: int, charset: bytes, depth: int) -> bytes:
        """The contents of one item, treated."""
        if depth > DEEPEST:
            raise Irregular
        elements = level(data, begin, end, self._form)
        if elements and elements[0][0] <= CHARACTER_SET:
            charset = value_of(data, elements, CHARACTER_SET) or charset
        written: list[Written] = []
        private: list[Piece] = []
        for tag, vr, start, at, stop in elements:
            if tag >> 16 & 1:
                private.append((tag, vr, data[start:stop], at - start))
            else:
                written.append((tag, self._element(tag, vr, data[start:stop], at - start, charset, depth)))
        if private and self._rules.keeps_private:
            written.extend(self._private(private, charset, depth))
            written.sort()
        return b"".join([new for _, new in written])

    def _item(self, data: bytes, begin: int, end: int, charset: bytes, depth: int) -> bytes | None:
        """The contents of one content item, treated by what it is about; None when it is removed."""
        elements = level(data, begin, end, self._form)
        fate = self._rules.item(_concept(data, elements, self._form))
        if fate is Fate.REMOVE:
            return None
        if fate is Fate.KEEP:
            return self._level(data, begin, end, charset, depth)
        changed = [self._replaced(fate, data, element, charset) for element in elements]
        return self._level(b"".join(changed), 0, sum(map(len, changed)), charset, depth)

    def _replaced(self, changes: Mapping[int, Change], data: bytes, element: Element, charset: bytes) -> bytes:
        tag, vr, start, begin, end = element
        value = changes[tag](data[begin:end], charset) if tag in changes else None
        return data[start:end] if value is None else encoded(tag, vr, value, self._form)

    def _element(self, tag: int, vr: bytes, raw: bytes, at: int, charset: bytes, depth: int) -> bytes:
        """One public element as it is written, its value at `at`; empty when it is removed."""
        known = self._inner if depth else self._top
        rule = known.get((tag, vr))
        if rule is None:
            rule = known[tag, vr] = self._rules.public(tag, vr, top=not depth)
        if rule is Fate.KEEP and vr != b"SQ":
            return raw  # as most are, so that it is asked here first
        return self._changed(rule, tag, vr, raw, at, charset, depth)

    def _changed(self, rule: Rule, tag: int, vr: bytes, raw: bytes, at: int, charset: bytes, depth: int) -> bytes:
        if rule is Fate.REMOVE:
            return b""
        if rule is Fate.KEEP:
            return raw if vr != b"SQ" else self._sequence(tag, raw, at, charset, depth)
        old = raw[at:]
        value = rule(old, charset)
        if value is None:
            return b""
        named = known_vr(tag)
        if value is old and vr == named and not len(old) & 1:
            return raw
        return encoded(tag, vr if named == b"UN" else named, value, self._form)

    def _sequence(self, tag: int, raw: bytes, at: int, charset: bytes, depth: int) -> bytes:
        places = items(raw, at, len(raw), self._form)
        treat = self._item if tag in _CONTENT else self._level
        contents = [treat(raw, begin, end, charset, depth + 1) for begin, end in places]
        return sequence(tag, [content for content in contents if content is not None], self._form)

    def _private(self, pieces: Sequence[Piece], charset: bytes, depth: int) -> Iterator[Written]:
        """The private elements that stay, and the creators of their blocks. PS3.5 7.8.1."""
        creators = {tag: raw[at:].decode("latin-1").strip(" \0") for tag, _, raw, at in pieces if tag & 0xFFFF < 0x100}
        kept: set[int] = set()
        for tag, vr, raw, at in pieces:
            block = tag & 0xFFFF0000 | tag >> 8 & 0xFF
            unread = vr == b"UN" and raw[at - 4 : at] == b"\xff\xff\xff\xff"
            if tag & 0xFFFF >= 0x1000 and block in creators and not unread:
                rule = self._rules.private(creators[block], tag, vr, top=not depth)
                new = self._changed(rule, tag, vr, raw, at, charset, depth)
                if new:
                    kept.add(block)
                    yield tag, new
        yield from ((tag, raw) for tag, _, raw, _ in pieces if tag in kept)


def _concept(data: bytes, elements: list[Element], form: Form) -> Concept:
    """Raises Irregular, Short."""
    names = next((e for e in elements if e[0] == _CONCEPT_NAME), None)
    places = items(data, names[3], names[4], form) if names else []
    name = level(data, *places[0], form) if places else []
    said = (value_of(data, name, _SCHEME), value_of(data, name, _CODE_VALUE), value_of(data, elements, _VALUE_TYPE))
    return Concept(*(value.decode("latin-1") for value in said))
