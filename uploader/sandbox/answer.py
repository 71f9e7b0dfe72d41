"""What a validator may answer, and what becomes of it: words from the manifest, values for the reviewer only."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.domain.private import Private
from uploader.sandbox.broke import Broke
from uploader.sandbox.manifest import Manifest, Said, schema
from uploader.schema import fits

SESSION = "session"


def read_answer(
    raw: bytes, manifest: Manifest, entries: Collection[str], line: str, params: Mapping[str, Any]
) -> Sequence[Finding | Ruling]:
    """All that the answer says, and what follows for the check as a whole, as the ruling at `line`.

    entries: files of the session that it was told of
    line: JSON pointer of the check in the protocol; empty where there is none
    Raises Broke for whatever is not an answer, to the last finding: half an answer is none.
    """
    content = _parsed(raw)
    if not fits(content, schema("answer")):
        raise Broke("its answer does not fit the schema")
    findings = [_finding(said, manifest, entries, line, params) for said in content["findings"]]
    rulings = [_ruling(said, manifest, line, params) for said in content.get("rulings", ())]
    if {r.line for r in rulings if r.outcome is Outcome.FAILED} - {f.line for f in findings}:
        raise Broke("it failed a rule and found nothing")
    return [*findings, *rulings, *_whole(findings, rulings, line)]


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Broke("its answer is not JSON" if raw.strip() else "it answered nothing") from None


def _no_number(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finding(
    said: Mapping[str, Any], manifest: Manifest, entries: Collection[str], line: str, params: Mapping[str, Any]
) -> Finding:
    if said["code"] not in manifest.findings:
        raise Broke("it answered with a code that its manifest does not have")
    if said["where"] != SESSION and said["where"] not in entries:
        raise Broke("it named a file that it was not told of")
    about = manifest.findings[said["code"]]
    return Finding(
        said["code"],
        Severity[said["severity"].upper()] if "severity" in said else about.severity,
        " ".join(filter(None, (said["where"], said.get("tag", "").upper()))),
        about.says,
        about.remedy,
        Private(_printable(said["evidence"])) if "evidence" in said else None,
        _line(said, line, params),
        _numbers(said.get("found"), about),
        _numbers(said.get("expected"), about),
    )


def _printable(words: str) -> str:
    """Without what moves a cursor, turns the order of a line round, or is half a character."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)


def _ruling(said: Mapping[str, Any], manifest: Manifest, line: str, params: Mapping[str, Any]) -> Ruling:
    if "reason" in said and said["reason"] not in manifest.reasons:
        raise Broke("it gave a reason that its manifest does not have")
    says = manifest.reasons.get(said.get("reason", ""), "")
    return Ruling(_line(said, line, params), Outcome(said["outcome"]), says)


def _whole(findings: Sequence[Finding], rulings: Sequence[Ruling], line: str) -> Iterator[Ruling]:
    """The stage knows of the protocol's file only this rule: what is open within it leaves it open."""
    if not line:
        return
    unjudged = next((ruling for ruling in rulings if ruling.outcome is Outcome.NOT_EVALUABLE), None)
    if any(finding.severity > Severity.NOTE for finding in findings):
        yield Ruling(line, Outcome.FAILED)
    elif unjudged:
        yield Ruling(line, Outcome.NOT_EVALUABLE, unjudged.says)
    else:
        yield Ruling(line, Outcome.PASSED)


def _line(said: Mapping[str, Any], line: str, params: Mapping[str, Any]) -> str:
    """Where the protocol has the rule: that of the check, unless the answer names one of its params."""
    rule = said.get("rule", "")
    if not rule:
        return line
    if not _is_there(rule, params):
        raise Broke("it ruled on something that the protocol does not ask of it")
    return f"{line}/params{rule}" if line else ""


def _is_there(pointer: str, within: Any) -> bool:
    for step in pointer[1:].split("/"):
        word = step.replace("~1", "/").replace("~0", "~")
        if isinstance(within, Mapping) and word in within:
            within = within[word]
        elif isinstance(within, list) and word.isdecimal() and len(word) < 7 and int(word) < len(within):
            within = within[int(word)]
        else:
            return False
    return True


def _numbers(value: Any, about: Said) -> str:
    """``2.5 mm``, ``1 to 3 mm``."""
    if value is None:
        return ""
    try:
        numbers = [float(each) for each in (value if isinstance(value, list) else [value])]
    except OverflowError:
        numbers = [math.inf]
    if not all(map(math.isfinite, numbers)):
        raise Broke("its answer has a number that is none")
    words = " to ".join(f"{each:g}" for each in numbers)
    return f"{words} {about.unit}".rstrip()
