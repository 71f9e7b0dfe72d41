"""What a validator or the verifier saw, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from uploader.domain.private import Private
from uploader.domain.waiver import Waiver


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

    code: stable, dotted, documented in docs/findings.md, e.g. ``structures.volume``
    where: entry, scan or tag, never a value, e.g. ``scans/3/DICOM/0001.dcm (0008,0060)``
    says: one sentence for a person, free of patient data
    remedy: the one thing the site can do about it
    evidence: the value seen, for the reviewer's screen only; never stored, never logged
    line: JSON pointer of the rule in the protocol file, e.g. ``/inputs/0/geometry/slice_spacing_mm``; empty for a rule
        that holds for every trial
    found, expected: short, numbers with their units or codes of the standard, e.g. ``5 mm`` and ``at most 3 mm``; never
        text that a person typed
    follows: `name` of the finding that it would go away with, as measured and not guessed; empty for one of its own
    """

    code: str
    severity: Severity
    where: str
    says: str
    remedy: str = ""
    evidence: Private[str] | None = None
    line: str = ""
    found: str = ""
    expected: str = ""
    follows: str = ""

    @property
    def name(self) -> str:
        """By which another one says that it follows from this one."""
        return f"{self.code} {self.where}"

    @property
    def bare(self) -> Finding:
        """What may be kept of it: all but the evidence."""
        return replace(self, evidence=None)


class Outcome(StrEnum):
    """What became of a rule. There is no fifth possibility: a rule nobody spoke about is a fault of ours."""

    PASSED = "pass"
    FAILED = "fail"
    NOT_EVALUABLE = "not evaluable"
    """What it would be judged by is missing, and the protocol does not say that this is wrong."""
    NOT_APPLICABLE = "not applicable"
    """It asks for something else than this session: another arm, an input that need not be there and is not."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of one rule of the protocol.

    line: JSON pointer of the rule in the protocol file
    says: why it could not be judged or does not apply, or what was measured; free of patient data
    """

    line: str
    outcome: Outcome
    says: str = ""


OURS = "validator."
"""Codes that begin so tell that the program failed, not the session; nobody waives them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings about a session under one protocol version, worst first, and what became of each rule."""

    protocol: str
    """Trial and version, e.g. ``DEMO-RT v1``."""
    protocol_digest: str
    """SHA-256 of the protocol file that was applied."""
    findings: tuple[Finding, ...]
    rulings: tuple[Ruling, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    """Rules that people let pass; their findings stay, and no longer count."""

    def waiver(self, line: str, code: str = "") -> Waiver | None:
        """Who let the rule at `line` pass, and with it a finding of this code."""
        if not line or code.startswith(OURS):
            return None
        return next((waiver for waiver in self.waivers if waiver.line == line), None)

    @property
    def standing(self) -> tuple[Finding, ...]:
        """The findings that nobody let pass."""
        return tuple(f for f in self.findings if self.waiver(f.line, f.code) is None)

    @property
    def worst(self) -> Severity:
        return max((f.severity for f in self.standing), default=Severity.NOTE)

    @property
    def refused(self) -> bool:
        return self.worst is Severity.REFUSAL


def judge(
    protocol: str,
    protocol_digest: str,
    findings: Iterable[Finding],
    rulings: Iterable[Ruling] = (),
    waivers: Iterable[Waiver] = (),
) -> Verdict:
    """The verdict that follows from `findings`. Of `waivers` those are kept that let something pass."""
    ordered = sorted(findings, key=lambda f: (-f.severity, f.code, _natural(f.where), f.where))
    found = {f.line for f in ordered if f.line and not f.code.startswith(OURS)}
    needed = (waiver for waiver in waivers if waiver.line in found)
    return Verdict(protocol, protocol_digest, tuple(ordered), tuple(rulings), tuple(needed))


def _natural(where: str) -> list[str | int]:
    """By which places sort as people count: ROI 2 before ROI 11."""
    return [int(part) if n % 2 else part for n, part in enumerate(re.split("([0-9]+)", where))]
