"""The receipt: one JSON document that names everything about a released session, and nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uploader import __version__
from uploader.domain.errors import WrongState
from uploader.domain.finding import Severity, Verdict
from uploader.domain.override import overrides
from uploader.domain.submission import State
from uploader.domain.trial import Protocol
from uploader.ports import Records


def receipt(
    records: Records, protocol: Callable[[str, str], Protocol], central_project: str, submission: str
) -> dict[str, Any]:
    """What was released, under which rules, who signed it, and what each place held when it was read back."""
    about = records.get(submission)
    if about.state is not State.RELEASED:
        raise WrongState(f"submission {submission} is {about.state}; only what is released has a receipt")
    manifest = records.manifest(submission, "anonymised")
    signoff = records.signoff(submission)
    facts = dict(records.provenance(submission))
    verified = facts.pop("verified", None)
    return {
        "kind": "uploader-receipt",
        "version": 1,
        "uploader": __version__,
        "submission": submission,
        "state": str(about.state),
        "central": {"project": central_project, "subject": about.subject, "session": about.label},
        "shared_into": protocol(about.trial, about.protocol_version).project,
        "protocol": {"trial": about.trial, "version": about.protocol_version, "digest": about.protocol_digest},
        "anonymised_by": facts,
        "signed": signoff
        and {
            "by": signoff.person,
            "at": signoff.at.isoformat(),
            "meaning": signoff.meaning,
            "digest": signoff.digest,
        },
        "places": [
            {"place": r.place, "digest": r.digest, "files": r.files, "at": r.at.isoformat()}
            for r in records.receipts(submission)
        ],
        "verdict": _counts(records.verdict(submission, "protocol")),
        "verification": _counts(records.verdict(submission, "verification")),
        "verified": verified,
        "overruled": [
            {"by": each.person, "code": each.code, "where": each.where, "reason": each.reason}
            for each in overrides(records.history(submission), manifest.digest)
        ],
        "digest": manifest.digest,
        "files": [{"name": e.name, "size": e.size, "sha256": e.sha256, "md5": e.md5} for e in manifest],
    }


def findings(verdict: Verdict) -> list[dict[str, str]]:
    """The findings as plain JSON, without evidence."""
    return [
        {"code": f.code, "severity": f.severity.name.lower(), "where": f.where, "says": f.says, "remedy": f.remedy}
        for f in verdict.findings
    ]


def _counts(verdict: Verdict | None) -> dict[str, int] | None:
    if verdict is None:
        return None
    return {s.name.lower(): sum(f.severity is s for f in verdict.findings) for s in Severity}
