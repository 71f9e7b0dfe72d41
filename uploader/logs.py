"""What the log may say. It is read by people who may not know who the patients are."""

from __future__ import annotations

import json
import logging
import sys
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
        line: dict[str, Any] = {"at": self.formatTime(record), "level": record.levelname, "from": record.name}
        if record.name == "uploader":
            line |= {"event": record.msg, **getattr(record, "fields", {})}
        else:
            line |= {"event": "foreign", "where": f"{record.module}:{record.lineno}"}
        return json.dumps(line)


def listen(stream: TextIO = sys.stderr) -> None:
    """Send every logger's records through `Discreet` to `stream`; foreign ones from WARNING upward."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Discreet())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _log.setLevel(logging.INFO)
