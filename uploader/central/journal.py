"""What was done and what waits: one JSON object a line, kept beside the settings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from uploader.central.visit import Row, Standing


@dataclass(slots=True)
class Journal:
    """Appends to `path`, durably, each share made or ended, and each session that begins to wait or waits for another
    reason; what is as it was is not said again."""

    path: Path
    now: Callable[[], datetime]
    _told: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def tell(self, row: Row) -> bool:
        """Whether there was something to write."""
        key, stands = (row.site, row.id), (str(row.state), row.reason)
        before = self._told.get(key)
        self._told[key] = stands
        if not row.changed and (before == stands or (before is None and row.state is not Standing.WAITS)):
            return False
        self._append({"at": self.now().isoformat(timespec="seconds"), **row.document()})
        return True

    def _append(self, line: dict[str, object]) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
