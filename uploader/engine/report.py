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
    """What became of one session.

    state: ``new``, ``same``, ``replaced`` or ``held``
    files, size, digest: what is in OUT of it
    """

    job: Job
    state: str
    files: int
    size: int
    digest: str
    held: tuple[Reason, ...]
    questions: tuple[Reason, ...]
    verified: Mapping[str, Any]

    @classmethod
    def of(cls, job: Job, made: Made, judged: Judged, state: str) -> Outcome:
        """A summary: the files themselves need not stay in memory."""
        files = judged.files
        digest = files.digest if len(files) else ""
        held = (*made.held, *judged.held)
        return cls(job, state, len(files), files.size, digest, held, judged.questions, judged.verified)

    @property
    def files_held(self) -> int:
        return len(self.job.names) - self.files

    def document(self) -> dict[str, Any]:
        return {
            "subject": self.job.pseudonym.subject,
            "session": self.job.label,
            "state": self.state,
            "scans": dict(self.job.scans),
            "files": self.files,
            "bytes": self.size,
            "digest": self.digest,
            "files_held": self.files_held,
            "held": [asdict(reason) for reason in self.held],
            "questions": [asdict(reason) for reason in self.questions],
            "verified": dict(self.verified),
        }


@dataclass(frozen=True, slots=True)
class Report:
    protocol: Protocol
    chosen: Mapping[str, str]
    """Arm, time point and site, as far as they were chosen or there is one only."""
    ids: str
    """``automatic`` or ``manual``"""
    facts: Mapping[str, Any]
    """Scripts and policy with their digests, and versions."""
    found: Found
    outcomes: Sequence[Outcome]
    seconds: float

    @property
    def held(self) -> int:
        """Files that are not in OUT, but for those that hold the same bytes as one that is."""
        return len(self.found.aside) + sum(outcome.files_held for outcome in self.outcomes)

    def document(self) -> dict[str, Any]:
        return {
            "kind": "uploader-anonymise",
            "version": VERSION,
            "protocol": {
                "trial": self.protocol.trial,
                "version": self.protocol.version,
                "digest": self.protocol.digest,
                **self.chosen,
            },
            "ids": self.ids,
            "anonymised_by": dict(self.facts),
            "totals": self._totals(),
            "sessions": [outcome.document() for outcome in self.outcomes],
            "held": [{"file": a.number, "code": a.code, "says": a.says} for a in self.found.aside],
            "seconds": round(self.seconds, 2),
        }

    def _totals(self) -> dict[str, int]:
        return {
            "found": self.found.files,
            "written": sum(outcome.files for outcome in self.outcomes),
            "held": self.held,
            "doubles": self.found.doubles,
            "patients": len({outcome.job.pseudonym for outcome in self.outcomes}),
            "sessions": len(self.outcomes),
            "sessions_held": sum(outcome.state == "held" for outcome in self.outcomes),
            "bytes": sum(outcome.size for outcome in self.outcomes),
        }
