"""C-STORE requests put together piece by piece, the data set straight onto the disk.

pynetdicom's own assembly keeps whole data sets in memory, or in files of the system's temporary folder, and lets a
sender make either grow without end. This one takes C-ECHO and C-STORE, one at a time, and nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_ECHO_RQ, C_STORE_RQ, DIMSEMessage
from pynetdicom.pdu_primitives import P_DATA

from uploader.writing import file_meta

COMMAND_BYTES = 16 << 10
"""Largest command set that is read; real ones have some hundred bytes."""
SLOW_SECONDS = 60
SLOW_BYTES_PER_SECOND = 1 << 10
"""An object that has been on its way for longer than that must have come at least this fast."""
STRIDE = 32 << 20
"""Bytes of an object after which the room on the disk is looked at again."""
_UID = re.compile(r"[0-9.]{1,64}")


class Part:
    """One object on its way to the disk. It never raises while it is filled: the sender is told at the end.

    sop_class, instance: Affected SOP Class and Instance UID of the command
    syntax: Transfer Syntax UID of its presentation context
    fits: False when the command's UIDs are none
    """

    def __init__(self, path: Path, command: Any, syntax: str, reserve: int) -> None:
        self.path = path
        self.sop_class = str(command.get("AffectedSOPClassUID", ""))
        self.instance = str(command.get("AffectedSOPInstanceUID", ""))
        self.syntax = syntax
        self.fits = all(_UID.fullmatch(uid) for uid in (self.sop_class, self.instance))
        self._reserve = reserve
        self._out: Any = None
        self._trouble: OSError | None = None
        self._size = self._looked = 0
        self._began = time.monotonic()
        if self.fits:
            self._safely(self._open)

    @property
    def size(self) -> int:
        """Bytes of the data set so far."""
        return self._size

    @property
    def crawls(self) -> bool:
        """Whether it comes more slowly than any sender in earnest."""
        elapsed = time.monotonic() - self._began
        return elapsed > SLOW_SECONDS and self._size < elapsed * SLOW_BYTES_PER_SECOND

    def append(self, data: bytes) -> None:
        """More of the data set, as it came."""
        self._size += len(data)
        if self._out is not None and self._trouble is None:
            self._safely(lambda: self._write(data))

    def settle(self) -> None:
        """It is complete: flush it to the disk. Raises OSError when any of it could not be kept."""
        if self._trouble is None and self._out is not None:
            self._out.flush()
            os.fsync(self._out.fileno())
        self._close()
        if self._trouble is not None:
            raise self._trouble

    def discard(self) -> None:
        """Nothing is left of it where it was written."""
        with suppress(OSError):
            self._close()
        self.path.unlink(missing_ok=True)

    def _open(self) -> None:
        require_room(self.path.parent, self._reserve)
        self._out = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", 1 << 20)
        self._out.write(file_meta(self.sop_class, self.instance, self.syntax))

    def _write(self, data: bytes) -> None:
        if self._size - self._looked > STRIDE:
            require_room(self.path.parent, self._reserve)
            self._looked = self._size
        self._out.write(data)

    def _close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None

    def _safely(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as trouble:
            self._trouble = trouble


class NoRoom(OSError):
    """The disk has less room left than has to stay free."""


def require_room(folder: Path, reserve: int) -> None:
    """Raises NoRoom when less than `reserve` bytes are free where `folder` is."""
    if shutil.disk_usage(folder).free < reserve:
        raise NoRoom("the disk is nearly full")


@dataclass(slots=True)
class Store:
    """pynetdicom closes and deletes what it believes to be its temporary file; we look after our own."""

    part: Part
    name: str = os.devnull + "/none"

    def close(self) -> None:
        """Nothing."""


class Assembly(DIMSEServiceProvider):
    """Puts the messages of one association together. open: makes the part of a C-STORE; it must not raise."""

    def __init__(self, assoc: Association, open: Callable[[Any, str], Part]) -> None:
        super().__init__(assoc)
        self._open = open
        self._part: Part | None = None
        self._context = 0
        self._command = 0
        self._refused = False

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Take what one PDU holds. Whatever a sender may not do ends the association."""
        for context, data in primitive.presentation_data_value_list:
            if not self._refused and not (data and self._taken(context, data)):
                self._refused = True
                self.drop()
                self.dul.event_queue.put("Evt19")  # as for an invalid PDU: A-ABORT. PS3.8 9.2

    def drop(self) -> None:
        """The association is over: what was on its way is not kept."""
        part, self._part = self._part, None
        if part:
            part.discard()
        with suppress(Empty):
            while True:
                waiting = self.msg_queue.get_nowait()[1]
                if store := getattr(waiting, "_dataset_file", None):
                    store.part.discard()

    def _taken(self, context: int, data: bytes) -> bool:
        """data: a message control header and a fragment. PS3.8 E.2"""
        command, last = data[0] & 1, data[0] & 2
        if command:
            return self._part is None and self._commanded(context, data, bool(last))
        if self._part is None or context != self._context or self._part.crawls:
            return False
        self._part.append(data[1:])
        return not last or self._queued(Store(self._part))

    def _commanded(self, context: int, data: bytes, last: bool) -> bool:
        self._command += len(data)
        if self._command > COMMAND_BYTES or self.msg_queue.qsize() > 1 or context not in self.assoc._accepted_cx:
            return False
        self.message = self.message or DIMSEMessage()
        fragment = P_DATA()
        fragment.presentation_data_value_list.append((context, data))
        try:
            complete = self.message.decode_msg(fragment, self.assoc)
        except Exception:  # foreign code over a stranger's bytes: whatever it is, they are no command
            return False
        if last:
            self._command = 0
            return self._begun(context, complete)
        return True

    def _begun(self, context: int, complete: bool) -> bool:
        """The command is whole. complete: it brings no data set."""
        self._context = context
        if isinstance(self.message, C_ECHO_RQ) and complete:
            return self._queued(None)
        if isinstance(self.message, C_STORE_RQ) and not complete:
            syntax = self.assoc._accepted_cx[context].transfer_syntax[0]
            self._part = self._open(self.message.command_set, str(syntax))
            return True
        return False

    def _queued(self, store: Store | None) -> bool:
        """Hand the message to the association's own thread, if it is one that will be answered."""
        message, self.message = self.message, None
        assert message is not None
        try:
            primitive: Any = message.message_to_primitive()
        except Exception:  # the same border
            return False
        if not primitive.is_valid_request:
            return False
        self._part, primitive._dataset_file = None, store
        self.msg_queue.put((self._context, primitive))
        return True
