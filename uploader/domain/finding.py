"""What a validator or the verifier saw, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from uploader.domain.private import Private


class Severity(IntEnum):
    NOTE = 0
    """Worth writing down; changes nothing."""
    QUESTION = 1
    """A person must look before sign-off."""
    REFUSAL = 2
    """The session cannot be used for this trial as it is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about one place in a session.

    code: stable, dotted, documented in docs/findings.md, e.g. ``radiotherapy.roi-missing``
    where: entry, scan or tag, never a value, e.g. ``scans/3/DICOM/0001.dcm (0008,0060)``
    says: one sentence for a person, free of patient data
    remedy: the one thing the site can do about it
    evidence: the value seen, for the reviewer's screen only; never stored, never logged
    """

    code: str
    severity: Severity
    where: str
    says: str
    remedy: str = ""
    evidence: Private[str] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings about a session under one protocol version, worst first."""

    protocol: str
    """Trial and version, e.g. ``DEMO-RT v1``."""
    protocol_digest: str
    """SHA-256 of the protocol file that was applied."""
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Severity:
        return max((f.severity for f in self.findings), default=Severity.NOTE)

    @property
    def refused(self) -> bool:
        return self.worst is Severity.REFUSAL


def judge(protocol: str, protocol_digest: str, findings: Iterable[Finding]) -> Verdict:
    """The verdict that follows from `findings`."""
    ordered = sorted(findings, key=lambda f: (-f.severity, f.code, f.where))
    return Verdict(protocol, protocol_digest, tuple(ordered))
