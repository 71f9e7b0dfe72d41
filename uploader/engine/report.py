"""The report of a run: one JSON document about what was written and what is held, and about nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from uploader.domain.trial import Protocol
from uploader.engine.find import Found
from uploader.engine.plan import Job
from uploader.engine.work import Judged, Made, Reason

VERSION = 1
"""Of the report's form, which docs/anonymise.md describes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one session. state: ``new``, ``same``, ``replaced`` or ``held``"""

    job: Job
    made: Made
    judged: Judged
    state: str

    @property
    def held(self) -> tuple[Reason, ...]:
        return (*self.made.held, *self.judged.held)

    def document(self) -> dict[str, Any]:
        files = self.judged.files
        return {
            "subject": self.job.pseudonym.subject,
            "session": self.job.label,
            "state": self.state,
            "scans": dict(self.job.scans),
            "files": len(files),
            "bytes": files.size,
            "digest": files.digest if len(files) else "",
            "files_held": len(self.job.names) - len(files),
            "held": [asdict(reason) for reason in self.held],
            "questions": [asdict(reason) for reason in self.judged.questions],
        }


@dataclass(frozen=True, slots=True)
class Report:
    protocol: Protocol
    ids: str
    """``automatic`` or ``manual``"""
    facts: Mapping[str, Any]
    """Scripts and policy with their digests, and versions."""
    found: Found
    outcomes: Sequence[Outcome]
    seconds: float

    @property
    def held(self) -> int:
        """Files that are not in OUT, those aside that hold the same bytes as one that is."""
        in_sessions = sum(len(o.job.names) - len(o.judged.files) for o in self.outcomes)
        return len(self.found.aside) + in_sessions

    def document(self) -> dict[str, Any]:
        return {
            "kind": "uploader-anonymise",
            "version": VERSION,
            "protocol": {
                "trial": self.protocol.trial,
                "version": self.protocol.version,
                "digest": self.protocol.digest,
            },
            "ids": self.ids,
            "anonymised_by": dict(self.facts),
            "totals": self._totals(),
            "sessions": [outcome.document() for outcome in self.outcomes],
            "held": [{"file": a.number, "code": a.code, "says": a.says} for a in self.found.aside],
            "seconds": round(self.seconds, 2),
        }

    def _totals(self) -> dict[str, int]:
        files = [outcome.judged.files for outcome in self.outcomes]
        return {
            "found": self.found.files,
            "written": sum(map(len, files)),
            "held": self.held,
            "doubles": self.found.doubles,
            "patients": len({outcome.job.pseudonym for outcome in self.outcomes}),
            "sessions": len(self.outcomes),
            "sessions_held": sum(outcome.state == "held" for outcome in self.outcomes),
            "bytes": sum(each.size for each in files),
        }
