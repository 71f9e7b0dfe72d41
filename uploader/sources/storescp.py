"""What is sent by C-STORE, handed over to the watched folder.

Files lie loose in the folder, as `{random}.dcm`: of such files only those of one study wait for each other. The last
object of an association is called `….dcm.part` until the next one comes or the association ends, which tells the
intake that its study is still arriving. All that has been acknowledged is durable under one of these two names; what
has not lies in a folder of its own and is cleared at the next start.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from uploader.domain.errors import Misconfigured

UNDER_WAY = ".receiving"
"""Folder in the watched folder for what has not come to its end."""
_PART = re.compile(r"[0-9a-f]{32}\.part")
HELD = re.compile(r"[0-9a-f]{32}\.dcm\.part")
"""Names of what is whole, and has a sender who may send more. When that takes too long, or the listener is gone, it may
be taken as it is."""


class HandOver:
    """A sink of `uploader.dimse` that puts objects into the watched folder `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._under_way = folder / UNDER_WAY
        self._held: dict[object, Path] = {}
        self._guard = threading.Lock()
        self._lock = -1

    def recover(self) -> None:
        """Put right what a crash left. Raises Misconfigured when another listener hands over into this folder, or
        somebody who may write there has put something else in the place of ours."""
        self._under_way.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock = os.open(self._under_way, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise Misconfigured("another listener receives into this watched folder; one folder has one") from None
        except OSError:
            raise Misconfigured(f"{UNDER_WAY} in the watched folder is not a folder of ours; remove it") from None
        for ruin in self._under_way.iterdir():
            if _PART.fullmatch(ruin.name):
                ruin.unlink()
        for path in self._folder.iterdir():
            if HELD.fullmatch(path.name):
                _release(path)
        _flush(self._folder)

    def close(self) -> None:
        """The folder is free for another listener."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def place(self) -> Path:
        return self._under_way / f"{token_hex(16)}.part"

    def keep(self, path: Path, sender: object) -> None:
        held = self._folder / f"{path.stem}.dcm.part"
        path.rename(held)
        try:
            _flush(self._folder)
        except OSError:
            held.unlink(missing_ok=True)  # its sender will be told that it is not kept
            raise
        with self._guard:
            before, self._held[sender] = self._held.get(sender), held
        if before:
            _release(before)

    def over(self, sender: object) -> None:
        with self._guard:
            held = self._held.pop(sender, None)
        if held:
            _release(held)


def _release(held: Path) -> None:
    """Nothing more is to come with it. If this fails, the next start does it."""
    with suppress(OSError):
        held.rename(held.with_suffix(""))


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
