"""What a person has before them who signs: the files, the protocol, the choices, the names and the findings."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from uploader.domain.canonical import canonical
from uploader.domain.finding import Verdict
from uploader.domain.manifest import Manifest
from uploader.domain.renaming import Names
from uploader.domain.submission import Submission


def sight(about: Submission, manifest: Manifest, names: Names, verdicts: Mapping[str, Verdict | None]) -> str:
    """SHA-256 of all of it, lower-case hex: another one as soon as anything is another.

    manifest: of the anonymised files
    names: what people decided that structures are called
    verdicts: kind -> verdict
    """
    return sha256(
        canonical(
            {
                "files": manifest.digest,
                "protocol": [about.trial, about.protocol_version, about.protocol_digest],
                "choices": [about.subject, about.label, dict(about.chosen)],
                "names": {entry: {str(number): name for number, name in new.items()} for entry, new in names.items()},
                "findings": {kind: _plain(verdict) for kind, verdict in verdicts.items() if verdict},
            }
        )
    ).hexdigest()


def _plain(verdict: Verdict) -> dict[str, Any]:
    """Field by field, so that a field which a later program adds does not undo what was signed before."""
    found = [[f.code, int(f.severity), f.where, f.says, f.line, f.found, f.expected] for f in verdict.findings]
    ruled = [[r.line, str(r.outcome), r.says] for r in verdict.rulings]
    waived = [[w.person, w.role, w.line, w.code] for w in verdict.waivers]
    return {"findings": found, "rulings": ruled, "waivers": waived}
