"""The rules of `completeness` on the inputs of a protocol; they are told in its docstring.

An input counts as asked for unless the chosen time point does not bring it, or its ``when`` does not hold. What is
there without being asked for is told by `uninvited`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.ports import Case
from uploader.validators import uninvited
from uploader.validators.conditions import excused
from uploader.validators.judging import not_applicable, not_evaluable, ruled, severity_of
from uploader.validators.recognition import Input, Scan, brings, inputs

UNKNOWN_VISIT = "no time point was chosen"


def said(case: Case) -> Iterator[Finding | Ruling]:
    """What becomes of every rule on inputs and time points."""
    for each in case.once(inputs).values():
        yield from _counted(case, each)
    yield from uninvited.said(case)
    for n, visit in enumerate(case.asked.get("timepoints", ())):
        if "inputs" in visit:
            yield from _brought(case, f"/timepoints/{n}/inputs", visit)
        if "max_sessions" in visit:
            yield from _visits(case, f"/timepoints/{n}/max_sessions", visit)


# How many of each ---------------------------------------------------------------------------------------------


def _counted(case: Case, each: Input) -> Iterator[Finding | Ruling]:
    line = f"{each.line}/count"
    if not brings(case, each.key):
        yield not_applicable(line, f"the time point does not bring {each.label}")
        return
    excuse = excused(case, line, each.said)
    if excuse:
        yield excuse
        return
    aside = f", and {_number(each, each.others)} beside" if each.others else ""
    yield from ruled(line, _amiss(each, line), _number(each, each.scans) + aside)


def _amiss(each: Input, line: str) -> Iterator[Finding]:
    bounds, number = each.said["count"], _tally(each, each.scans)
    if number < bounds["min"]:
        yield Finding(
            "completeness.input-missing",
            severity_of(each.said),
            "session",
            f"the session has too few of: {each.label}",
            f"send the missing {each.said['modality']} of this session, recognisable as the protocol says",
            None,
            line,
            _number(each, each.scans),
            _bounds(each),
        )
    if number > bounds.get("max", number):
        ask = each.said.get("prefer") == "ask"
        yield Finding(
            "completeness.input-surplus",
            min(Severity.QUESTION, severity_of(each.said)) if ask else severity_of(each.said),
            f"scans of {', '.join(scan.entries[0] for scan in each.scans[:5])} (0020,000E)",
            f"the session has too many of: {each.label}; it cannot be told which are meant",
            "send only those that the trial asks for, or have a person say that all of them are right"
            if ask
            else "send only those that the trial asks for",
            None,
            line,
            _number(each, each.scans),
            _bounds(each),
        )


def _bounds(each: Input) -> str:
    bounds = each.said["count"]
    if "max" not in bounds:
        return f"at least {bounds['min']}"
    return str(bounds["min"]) if bounds["min"] == bounds["max"] else f"{bounds['min']} to {bounds['max']}"


def _number(each: Input, scans: Sequence[Scan]) -> str:
    return f"{_tally(each, scans)} {'instance(s)' if each.said.get('unit') == 'instances' else 'series'}"


def _tally(each: Input, scans: Sequence[Scan]) -> int:
    """How many these are of what the protocol counts."""
    return sum(len(scan.entries) for scan in scans) if each.said.get("unit") == "instances" else len(scans)


# Visits ---------------------------------------------------------------------------------------------------------


def _brought(case: Case, line: str, visit: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """Nothing is there that the visit does not bring; what it brings is counted by each input's own rule."""
    away = _elsewhere(case, line, visit)
    if away:
        yield away
        return
    others = [each for each in case.once(inputs).values() if each.key not in visit["inputs"]]
    yield from ruled(line, _unbrought(case, others, line, severity_of(visit)))


def _unbrought(case: Case, others: Sequence[Input], line: str, severity: Severity) -> Iterator[Finding]:
    for each in others:
        for scan in uninvited.beside_what_is_called_for(case, each.scans):
            yield uninvited.unasked(
                case, "completeness.input-uncalled", severity, scan, f"the time point does not bring {each.label}", line
            )


def _visits(case: Case, line: str, visit: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    away = _elsewhere(case, line, visit)
    if away:
        yield away
    elif case.visits is None:
        yield not_evaluable(line, "the subject's earlier sessions are not known")
    else:
        number = 1 + list(case.visits).count(visit["code"])
        yield from ruled(line, _too_many(visit, line, number), f"session {number} of the time point")


def _too_many(visit: Mapping[str, Any], line: str, number: int) -> Iterator[Finding]:
    if number > visit["max_sessions"]:
        yield Finding(
            "completeness.visits",
            severity_of(visit),
            "session",
            "the subject has had as many sessions at this time point as the trial allows",
            "look whether time point and subject are the right ones; ask the trial if the session replaces another",
            None,
            line,
            f"{number} sessions",
            f"at most {visit['max_sessions']}",
        )


def _elsewhere(case: Case, line: str, visit: Mapping[str, Any]) -> Ruling | None:
    """The ruling of a rule on a time point other than the session's."""
    chosen = case.chosen.get("timepoint")
    if not chosen:
        return Ruling(line, Outcome.NOT_EVALUABLE, UNKNOWN_VISIT)
    return None if chosen == visit["code"] else not_applicable(line, "the session is of another time point")
