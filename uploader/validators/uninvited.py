"""What a session has without being asked for: the rules of `completeness` on it, which are told in its docstring.

What is not recognised, what is recognised beside the one that is meant, and what is not asked for in this case would go
to the trial unasked: it is always said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from uploader.domain.finding import Finding, Ruling, Severity
from uploader.domain.private import Private
from uploader.ports import Case
from uploader.validators.conditions import applies
from uploader.validators.judging import ruled
from uploader.validators.reading import text
from uploader.validators.recognition import Input, Scan, brings, inputs, unmatched

LEAVE_OUT = "leave it out, or ask the trial whether it wants it"


def said(case: Case) -> Iterator[Finding | Ruling]:
    """By `outcome.unmatched`; without it a scan that is no input is refused, and what is one is a question."""
    outcome = case.asked.get("outcome", {})
    line = "/outcome/unmatched" if "unmatched" in outcome else ""
    asked = Severity[outcome["unmatched"].upper()] if line else None
    findings = [*_unknown(case, line, asked), *_aside(case, line, asked), *_uncalled(case, line, asked)]
    yield from _ambiguous(case)
    if line:
        yield from ruled(line, findings, "every series is an input")
    else:
        yield from findings


def _unknown(case: Case, line: str, asked: Severity | None) -> Iterator[Finding]:
    for scan in case.once(unmatched):
        yield unasked(
            case,
            "completeness.unmatched",
            Severity.REFUSAL if asked is None else asked,
            scan,
            "a series is none that the protocol asks for",
            line,
        )


def _aside(case: Case, line: str, asked: Severity | None) -> Iterator[Finding]:
    for each in case.once(inputs).values():
        for scan in beside_what_is_called_for(case, each.others):
            yield unasked(
                case,
                "completeness.aside",
                Severity.QUESTION if asked is None else asked,
                scan,
                f"a series is recognised as {each.label}, and is not the one that is meant ({each.said['prefer']}: "
                f"{each.entries[0]})",
                line,
            )


def _uncalled(case: Case, line: str, asked: Severity | None) -> Iterator[Finding]:
    for each in case.once(inputs).values():
        if brings(case, each.key) and applies(case, each.said) is False:
            for scan in beside_what_is_called_for(case, each.scans):
                yield unasked(
                    case,
                    "completeness.input-uncalled",
                    Severity.QUESTION if asked is None else asked,
                    scan,
                    f"not asked for in this session: {each.label}",
                    line,
                )


def _ambiguous(case: Case) -> Iterator[Finding]:
    """Scans that are two inputs at once: one of these may be missing, and nobody would see it."""
    known: dict[str, list[str]] = {}
    for each in _called_for(case):
        for scan in each.scans:
            known.setdefault(scan.entries[0], []).append(each.label)
    for entry, keys in known.items():
        if len(keys) > 1:
            yield Finding(
                "completeness.ambiguous",
                Severity.QUESTION,
                f"scan of {entry} (0020,000E)",
                f"a series is recognised as {' and '.join(keys)} at once",
                "look which of them it is, and whether the other one is missing; tell the trial, whose protocol should "
                "tell them apart",
            )


def _called_for(case: Case) -> Iterator[Input]:
    """The inputs that the session is to have, or may have."""
    for each in case.once(inputs).values():
        if brings(case, each.key) and applies(case, each.said) is not False:
            yield each


def beside_what_is_called_for(case: Case, scans: Sequence[Scan]) -> Iterator[Scan]:
    """Those of `scans` that are not, as another input, called for all the same."""
    called = {entry for each in _called_for(case) for scan in each.scans for entry in scan.entries}
    return (scan for scan in scans if not called.issuperset(scan.entries))


def unasked(case: Case, code: str, severity: Severity, scan: Scan, says: str, line: str) -> Finding:
    """A finding about a scan; its description is evidence, so that the person at the desk knows which it is."""
    header = case.headers[scan.entries[0]]
    told = [scan.modality, text(header, "SeriesNumber"), text(header, "SeriesDescription")]
    return Finding(
        code,
        severity,
        f"scan of {scan.entries[0]} (0020,000E)",
        f"{says}; it has {len(scan.entries)} file(s)",
        LEAVE_OUT,
        Private(" | ".join(part for part in told if part)),
        line,
    )
