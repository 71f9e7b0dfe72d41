"""What the log may say. It is read by people who may not know who the patients are."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, TextIO

SAYABLE = frozenset(
    {
        "submission",
        "route",
        "stage",
        "place",
        "state",
        "files",
        "bytes",
        "code",
        "seconds",
        "attempt",
        "url",
        "reference",
    }
)
"""Fields an event may carry. All are made by this program, none is read from a file."""

_log = logging.getLogger("uploader")


def say(event: str, **fields: str | int | float) -> None:
    """Log one event, e.g. ``say("deposited", submission=id, place="central", files=213)``."""
    if stray := fields.keys() - SAYABLE:
        raise ValueError(f"not sayable: {', '.join(sorted(stray))}")
    _log.info(event, extra={"fields": fields})


class Discreet(logging.Formatter):
    """One JSON object per line. Foreign loggers are heard to speak, but not what they said."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": self.formatTime(record), "level": record.levelname, "from": record.name}
        return json.dumps(line | _said(record))


class Plain(logging.Formatter):
    """The same for a person at a terminal: ``16:30:26 deposited submission=k7q29xmd place=central``."""

    def format(self, record: logging.LogRecord) -> str:
        event, *fields = _said(record).items()
        return " ".join([self.formatTime(record, "%H:%M:%S"), event[1], *(f"{k}={v}" for k, v in fields)])


def _said(record: logging.LogRecord) -> dict[str, Any]:
    """`event`, then its fields; of a foreign record only where it came from."""
    if record.name == "uploader":
        return {"event": record.msg, **getattr(record, "fields", {})}
    return {"event": "foreign", "where": f"{record.module}:{record.lineno}"}


def listen(stream: TextIO = sys.stderr) -> None:
    """Send every logger's records to `stream`, foreign ones from WARNING upward, and Python's warnings too."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Plain() if stream.isatty() else Discreet())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _log.setLevel(logging.INFO)
    logging.captureWarnings(True)


def log_file(path: Path) -> TextIO:
    """The log file at `path`, open for appending, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", buffering=1)
