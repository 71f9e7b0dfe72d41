"""Pictures in, lines of text out, by the engine in a process of its own (`ocr`).

The process is started when a picture must be read, and once more when it is lost over one: killed by the system, out
of time, or grown. A picture over which it is lost twice is an error, and never one without text.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache
from typing import IO

import numpy as np

from uploader.domain.errors import ReaderLost, UnreadableFile
from uploader.pixels.box import Box
from uploader.pixels.ocr import ANSWER, REQUEST
from uploader.pixels.view import Picture

LIMIT_SECONDS = 180.0
"""For one picture of at most `TILE` pixels a side, which takes 2 s of a free core."""
_TRIES = 2
_KEPT = 2048
"""Pictures whose lines are remembered, by digest."""

Line = tuple[Box, str, float]
"""(where, what, confidence)"""


@dataclass(slots=True)
class Reader:
    """One process, and what it has read lately. The same picture is read once.

    command: the process; it is told the number of this one
    """

    command: tuple[str, ...]
    limit_seconds: float = LIMIT_SECONDS
    _running: subprocess.Popen[bytes] | None = None
    _kept: OrderedDict[bytes, tuple[Line, ...]] = field(default_factory=OrderedDict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def read(self, picture: Picture, side: int) -> tuple[Line, ...]:
        """The lines in a picture, which is enlarged until its shorter side has `side` pixels.

        Raises UnreadableFile, and ReaderLost.
        """
        data = np.ascontiguousarray(picture).tobytes()
        head = REQUEST.pack(*picture.shape[:2], picture.shape[2] if picture.ndim == 3 else 1, side)
        digest = hashlib.sha256(head + data).digest()
        with self._turn:
            if digest in self._kept:
                self._kept.move_to_end(digest)
            else:
                self._kept[digest] = self._asked(head + data)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return self._kept[digest]

    @property
    def process(self) -> int:
        """Its number; 0 while there is none."""
        return self._running.pid if self._running is not None else 0

    def close(self) -> None:
        """End the process; the next picture starts another."""
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
            self._running = None

    def _asked(self, request: bytes) -> tuple[Line, ...]:
        for _ in range(_TRIES):
            answer = self._exchange(request)
            if answer is not None:
                break
            self.close()
        else:
            raise ReaderLost("the image was not searched for text: the process that reads was lost over it twice")
        said = json.loads(answer)
        if "error" in said:
            raise UnreadableFile(f"the image cannot be searched for text ({said['error']})")
        return tuple((Box(*where), text, score) for *where, text, score in said["lines"])

    def _exchange(self, request: bytes) -> bytes | None:
        """What the process answers, or nothing if it is lost over it."""
        if self._running is not None and self._running.poll() is not None:
            self.close()  # it ended by itself, with nothing to do
        running = self._running = self._running or self._started()
        clock = threading.Timer(self.limit_seconds, running.kill)
        clock.start()
        try:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(request)
            running.stdin.flush()
            return _answer(running.stdout)
        except OSError:
            return None
        finally:
            clock.cancel()

    def _started(self) -> subprocess.Popen[bytes]:
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        command = [*self.command, str(os.getpid())]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing)  # noqa: S603 - our own command, no shell


def _answer(stream: IO[bytes]) -> bytes | None:
    head = stream.read(ANSWER.size)
    if len(head) < ANSWER.size:
        return None
    (length,) = ANSWER.unpack(head)
    data = stream.read(length)
    return data if len(data) == length else None


def reader() -> Reader:
    """That of this process: one that was forked has its own."""
    return _reader_of(os.getpid())


@cache
def _reader_of(_process: int) -> Reader:
    made = Reader((sys.executable, "-P", "-m", "uploader.pixels.ocr"))
    atexit.register(made.close)
    return made
