"""A watched folder, looked at by polling: on network folders nothing else tells that a file has come."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from uploader.domain.arrival import Look, Offer, Origin, Piece, Rejection
from uploader.domain.errors import NotTaken, SourceBusy
from uploader.domain.private import Private
from uploader.sources import tree
from uploader.sources.storescp import HELD
from uploader.sources.zips import Budget, Limits, is_zip, unpack

__all__ = ["FolderSource", "Limits"]

GRACE = 10
"""A file that cannot be read to its end, or bears an unfinished name, is given up after so many quiet times."""
UNFINISHED = (".part", ".tmp", ".filepart")
"""Endings that copying programs give to what they have not finished; names with a leading dot are such too."""

_NOT_REGULAR = "a link, a device, a file with several names or a folder that cannot be read was left where it lies"
_NO_DICOM = "a zip holds no DICOM file"
_NO_ROOM = "A zip waits: there is no room on the disk to unpack it."
_NO_ACCESS = "A file waits: the uploader may not read it."
_UNFINISHED = (
    "file(s) bear the name of an unfinished copy (a leading dot, or an ending such as .part) and are not taken; "
    "rename or remove them."
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an origin's content. folder: where its members are; None for a plain file."""

    folder: Path | None
    members: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """since: when the file was first seen as it is, by our own monotonic clock; the sender's may be wrong."""

    origin: Origin
    plain: bool
    since: float


@dataclass(slots=True)
class _Looking:
    """A look that is being put together."""

    offers: list[Offer]
    rejections: list[Rejection]
    arriving: list[Origin]
    notes: list[str]
    unfinished: int

    def done(self) -> Look:
        if self.unfinished:
            self.notes.append(f"{self.unfinished} {_UNFINISHED}")
        notes = tuple(dict.fromkeys(self.notes))
        return Look(tuple(self.offers), tuple(self.rejections), tuple(self.arriving), notes)


class FolderSource:
    """The files below `path`, each offered once it has not changed for `quiet_seconds`.

    Links, devices and what else is no plain file is not read. With `quiet_seconds` 0 everything is offered at
    the first look, as for a folder that somebody has handed over whole.
    """

    def __init__(
        self, path: Path, quiet_seconds: float, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._root = path
        self._quiet = quiet_seconds
        self._limits = limits
        self._clock = clock
        self._seen: dict[tree.Parts, _Seen] = {}
        self._known: dict[Origin, _Known | Rejection] = {}
        self._unpacked = 0

    def look(self, scratch: Path) -> Look:
        try:
            self._seen = self._aged(dict(tree.walk(self._root)), self._clock())
        except OSError:
            return Look((), (), (), ("The watched folder cannot be read; is it there, and may we read it?",))
        self._forget_what_is_gone()
        return self._sorted(scratch)

    def open(self, piece: Piece) -> BinaryIO:
        if piece.number:
            known = self._known.get(piece.origin)
            if not isinstance(known, _Known) or known.folder is None:
                raise SourceBusy("a zip changed while it was read; it is looked at again")
            return (known.folder / str(piece.number)).open("rb")
        return self._open(piece.origin)

    def unchanged(self, origin: Origin) -> bool:
        with suppress(OSError):
            return self._is(origin, tree.status_of(self._root, origin.path.reveal()))
        return False

    def remove(self, origin: Origin) -> bool:
        with suppress(OSError):  # gone already, or not ours to delete: then it is found again and known
            return tree.remove(self._root, origin.path.reveal(), lambda status: self._is(origin, status))
        return False

    def _aged(self, found: Mapping[tree.Parts, os.stat_result], now: float) -> dict[tree.Parts, _Seen]:
        aged = {}
        for parts, status in found.items():
            before, stamp = self._seen.get(parts), tree.stamp(status)
            same = before is not None and before.origin.stamp == stamp
            aged[parts] = (
                before if before and same else _Seen(Origin(Private(parts), stamp), tree.is_plain(status), now)
            )
        return aged

    def _sorted(self, scratch: Path) -> Look:
        now, look = self._clock(), _Looking([], [], [], [], 0)
        for parts, seen in sorted(self._seen.items()):
            age = now - seen.since
            quiet, stale = age >= self._quiet, age >= GRACE * self._quiet
            unfinished = self._quiet > 0 and _is_unfinished(parts[-1]) and not (stale and HELD.fullmatch(parts[-1]))
            if not seen.plain and quiet:
                look.rejections.append(Rejection(seen.origin, "quarantine.not-regular", _NOT_REGULAR, False))
            elif unfinished and stale:
                look.unfinished += 1
            elif unfinished or not quiet:
                look.arriving.append(seen.origin)
            else:
                self._read(seen.origin, stale, scratch, look)
        return look.done()

    def _read(self, origin: Origin, stale: bool, scratch: Path, look: _Looking) -> None:
        try:
            known = self._content(origin, scratch)
        except SourceBusy:
            look.arriving.append(origin)
        except OSError as error:
            look.notes.append(_NO_ROOM if error.errno in {errno.ENOSPC, errno.EDQUOT} else _NO_ACCESS)
        else:
            if isinstance(known, _Known):
                look.offers.append(Offer(origin, known.members, stale))
            elif known.code == "quarantine.zip-damaged" and not stale:
                look.arriving.append(origin)  # the end may still be on its way
            else:
                look.rejections.append(known)

    def _content(self, origin: Origin, scratch: Path) -> _Known | Rejection:
        """Raises OSError, SourceBusy."""
        if origin not in self._known:
            with self._open(origin) as stream:
                self._known[origin] = (
                    self._unpack(origin, stream, scratch) if is_zip(stream.read(132)) else _Known(None, 0)
                )
        return self._known[origin]

    def _unpack(self, origin: Origin, stream: BinaryIO, scratch: Path) -> _Known | Rejection:
        self._unpacked += 1
        folder = scratch / str(self._unpacked)
        folder.mkdir(mode=0o700, parents=True)
        try:
            members = unpack(stream, folder, Budget(self._limits, origin.stamp.size)) - 1
        except NotTaken as refusal:
            shutil.rmtree(folder)
            return Rejection(origin, refusal.reason, str(refusal), True)
        except OSError:
            shutil.rmtree(folder)
            raise
        if not any(_has_dicom_mark(folder / str(number)) for number in range(1, members + 1)):
            shutil.rmtree(folder)
            return Rejection(origin, "quarantine.not-dicom", _NO_DICOM, True)
        return _Known(folder, members)

    def _forget_what_is_gone(self) -> None:
        there = {seen.origin for seen in self._seen.values()}
        for origin in self._known.keys() - there:
            known = self._known.pop(origin)
            if isinstance(known, _Known) and known.folder:
                shutil.rmtree(known.folder, ignore_errors=True)

    def _open(self, origin: Origin) -> BinaryIO:
        try:
            stream = tree.open_file(self._root, origin.path.reveal())
        except PermissionError:
            raise
        except OSError:
            raise SourceBusy("a file went away while it was read") from None
        if self._is(origin, os.fstat(stream.fileno())):
            return stream
        stream.close()
        raise SourceBusy("a file changed while it was read; it is looked at again")

    @staticmethod
    def _is(origin: Origin, status: os.stat_result) -> bool:
        return tree.is_plain(status) and tree.stamp(status) == origin.stamp


def _has_dicom_mark(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _is_unfinished(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(UNFINISHED)
