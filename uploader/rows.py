"""Headers of a series, taken apart once: of two slices side by side, nine elements of ten are the same bytes.

So a header is not walked element by element. What stood together in the files before is compared as a whole, and only
what lies between such rows is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from uploader.elements import Element, Form, Irregular, scan
from uploader.instance import Elements

Piece: TypeAlias = tuple[int, bytes, bytes, int]
"""(tag, VR, the element as it is written, where in that its value begins)."""
_LONGEST = 1 << 16
"""Bytes of an element that is remembered."""


class Row:
    """Elements that stand side by side. raw: as they are written; pieces: one by one, in ascending order"""

    __slots__ = ("pieces", "raw")

    def __init__(self, raw: bytes, pieces: tuple[Piece, ...]) -> None:
        self.raw, self.pieces = raw, pieces

    @classmethod
    def of(cls, part: Elements) -> Row:
        """All that lies in `part`."""
        return cls.joined(_piece(part.data, element) for element in part.elements)

    @classmethod
    def joined(cls, pieces: Iterable[Piece]) -> Row:
        found = tuple(pieces)
        return cls(b"".join(piece[2] for piece in found), found)


def value_in(rows: Iterable[Row], tag: int) -> bytes:
    """The value of an element without its padding; empty when there is none."""
    for row in rows:
        if row.pieces and row.pieces[0][0] <= tag <= row.pieces[-1][0]:
            for found, _, raw, at in row.pieces:
                if found == tag:
                    return raw[at:].strip(b" \0")
    return b""


class Series:
    """What the headers before had in common; good for files of any kind, quick for those of one series."""

    def __init__(self) -> None:
        self._common: dict[Form, _Common] = {}

    def rows(self, data: bytes, at: int, end: int, form: Form) -> tuple[list[Row], int]:
        """The elements from `at`, up to `end` or the first pixel element, and where that is: see `instance.read`.
        Raises Irregular, Short."""
        if form not in self._common:
            self._common[form] = _Common(form)
        return self._common[form].rows(data, at, end)


class _Common:
    """What headers in one form had in common."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._latest: dict[bytes, Row] = {}
        """The last element with this tag, as a row of its own; tags as they are written."""
        self._runs: dict[bytes, Row] = {}
        """By the tag it begins with, a row of several that were the same in all files so far."""
        self._varying: set[int] = set()
        self._settled = True

    def rows(self, data: bytes, at: int, end: int) -> tuple[list[Row], int]:
        rows: list[Row] = []
        last, runs, latest = -1, self._runs, self._latest
        while at < end:
            key = data[at : at + 4]
            row = runs.get(key)
            if row is None or not data.startswith(row.raw, at):
                row = latest.get(key)
                if row is None or not data.startswith(row.raw, at):
                    row = self._fresh(data, at, end)
                    if row is None:
                        break
            if row.pieces[0][0] <= last:
                raise Irregular
            last = row.pieces[-1][0]
            rows.append(row)
            at += len(row.raw)
        if not self._settled:
            self._note_runs(rows)
        return rows, at

    def _fresh(self, data: bytes, at: int, end: int) -> Row | None:
        """The element there; None for pixels."""
        found: list[Element] = []
        if scan(data, found, at, end, self._form, single=True) == at:
            return None
        piece = _piece(data, found[0])
        row = Row(piece[2], (piece,))
        key = row.raw[:4]
        if piece[0] not in self._varying:
            self._settled = False
            if key in self._latest:
                self._varying.add(piece[0])
        if len(row.raw) < _LONGEST:
            self._latest[key] = row
        return row

    def _note_runs(self, rows: Sequence[Row]) -> None:
        self._runs.clear()
        for run in self._constant(rows):
            self._runs[run[0][2][:4]] = Row.joined(run)
        self._settled = True

    def _constant(self, rows: Sequence[Row]) -> Iterator[list[Piece]]:
        """Two elements and more, side by side, that have been the same so far."""
        run: list[Piece] = []
        for piece in (piece for row in rows for piece in row.pieces):
            if piece[0] in self._varying or len(piece[2]) >= _LONGEST:
                if len(run) > 1:
                    yield run
                run = []
            else:
                run.append(piece)
        if len(run) > 1:
            yield run


def _piece(data: bytes, element: Element) -> Piece:
    tag, vr, start, begin, end = element
    return tag, vr, data[start:end], begin - start
