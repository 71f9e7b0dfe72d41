"""How images were acquired: what the protocol asks of attributes, of each input and of inputs together.

Missing is not wrong: `on_missing` says what it means, and without it the rule could not be judged. For `present` and
`non_empty` to be missing is what is wrong, unless `on_missing` says otherwise.

Rules, each by the protocol's severity
    acquisition.wrong     a value is otherwise than the protocol asks
    acquisition.missing   the attribute is not there, or empty, and the protocol says that this counts
    acquisition.varies    a value changes within a series and must not
    acquisition.differs   a value is not the same in two inputs, as `same_as` and cross checks of attributes ask
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from uploader.domain.finding import Finding, Ruling, Severity
from uploader.ports import Case, Header
from uploader.validators import wording
from uploader.validators.answers import Answer, right, ruled_by, unknown, wrong
from uploader.validators.attributes import place, values
from uploader.validators.blocks import idle, missing_of
from uploader.validators.conditions import excused
from uploader.validators.constraints import Constraint, Told, alike, told
from uploader.validators.judging import severity_of
from uploader.validators.recognition import Input, inputs

LOOK = "look whether this is the scan that the trial asks for; if it is, ask the trial whether it can be used"


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """What becomes of every constraint of every input, and of the cross checks of attributes."""
    for each in case.once(inputs).values():
        for n, said in enumerate(each.said.get("acquisition", ())):
            yield from _constraint(case, each, f"{each.line}/acquisition/{n}", said)
    for n, said in enumerate(case.asked.get("cross_checks", ())):
        if said["kind"] == "same_attribute":
            yield from _cross_check(case, f"/cross_checks/{n}", said)


def _constraint(case: Case, each: Input, line: str, said: Constraint) -> Iterator[Finding | Ruling]:
    headers = {entry: case.headers[entry] for entry in each.entries}
    excuse = idle(case, each, line) or excused(case, line, said, headers.values())
    if excuse:
        yield excuse
    elif said["op"] == "same_as":
        pair = [case.once(inputs)[said["ref"]], each]
        yield from ruled_by(line, _compared(case, pair, line, said, severity_of(said, each.said)))
    else:
        severity = severity_of(said, each.said)
        answers = [_answer(group, said, line, severity, each) for group in _groups(case, each, said)]
        yield from ruled_by(line, answers)


def _groups(case: Case, each: Input, said: Constraint) -> Iterator[Mapping[str, Header]]:
    """The instances that are judged together."""
    match said.get("scope", "every_instance"):
        case "session":
            yield case.headers
        case "any_instance":
            yield {entry: case.headers[entry] for entry in each.entries}
        case _:
            for scan in each.scans:
                yield {entry: case.headers[entry] for entry in scan.entries}


def _answer(headers: Mapping[str, Header], said: Constraint, line: str, severity: Severity, each: Input) -> Answer:
    found = told(headers, said)
    every = said.get("scope", "every_instance") == "every_instance"
    if found.wrong and (every or not found.right):
        return wrong(_wrong(headers, found, said, line, severity, each))
    if found.missing and (every or not found.right):
        return _missing(headers, found, said, line, severity, each)
    return right(wording.found((headers[entry] for entry in found.right), said))


def _wrong(
    headers: Mapping[str, Header], found: Told, said: Constraint, line: str, severity: Severity, each: Input
) -> Finding:
    varies = said["op"] == "same_across_series"
    others = [headers[entry] for entry in (*found.right[: 1 if varies else 0], *found.wrong)]
    what = "changes within the series" if varies else "is not what the trial asks for"
    return Finding(
        "acquisition.varies" if varies else "acquisition.wrong",
        severity,
        f"{found.wrong[0]} {place(said['attr'])}",
        f"{each.said['label']}: {place(said['attr'])} {what}, in {len(found.wrong)} of {len(headers)} files",
        LOOK,
        wording.evidence(others, said["attr"]),
        line,
        wording.found(others, said),
        wording.expected(said),
    )


def _missing(
    headers: Mapping[str, Header], found: Told, said: Constraint, line: str, severity: Severity, each: Input
) -> Answer:
    says = f"{place(said['attr'])} is missing in {len(found.missing)} of {len(headers)} files"
    meaning = said.get("on_missing", "fail" if said["op"] in {"present", "non_empty"} else "not_evaluable")
    if meaning == "pass":
        return right(says)
    if meaning == "not_evaluable":
        return unknown(says)
    finding = Finding(
        "acquisition.missing",
        severity if meaning == "fail" else Severity[meaning.upper()],
        f"{found.missing[0]} {place(said['attr'])}",
        f"{each.said['label']}: {says}",
        "export the scan again with its header complete, from the scanner if the archive has dropped it",
        None,
        line,
        "nothing",
        wording.expected(said),
    )
    return wrong(finding)


def _cross_check(case: Case, line: str, said: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    several = [case.once(inputs)[key] for key in said.get("inputs", ())]
    headers = [case.headers[entry] for each in several for entry in each.entries]
    excuse = excused(case, line, said, headers)
    if excuse:
        yield excuse
    else:
        yield from ruled_by(line, _compared(case, several, line, said, severity_of(said)))


def _compared(
    case: Case, several: Sequence[Input], line: str, said: Mapping[str, Any], severity: Severity
) -> Iterator[Answer]:
    """What inputs that are not there mean, and what those say that are."""
    yield from missing_of(case, line, several)
    here = [each for each in several if each.scans]
    if len(here) > 1 or len(here) == len(several):
        yield _alike(case, here, line, said, severity)


def _alike(case: Case, several: Sequence[Input], line: str, said: Mapping[str, Any], severity: Severity) -> Answer:
    """Whether all instances of the inputs say the same of the attribute: what the first of them says."""
    attribute = said["attr"]
    headers = {entry: case.headers[entry] for each in several for entry in each.entries}
    silent = [each.key for each in several if not any(values(case.headers[e], attribute) for e in each.entries)]
    if silent:
        return unknown(f"{place(attribute)} is missing in {' and '.join(silent)}")
    found = alike(headers, attribute)
    usual, others = [headers[entry] for entry in found.right], [headers[entry] for entry in found.wrong]
    if not others:
        return right(wording.found(usual, said))
    keys = " and ".join(each.key for each in several)
    finding = Finding(
        "acquisition.differs",
        severity,
        f"{found.wrong[0]} {place(attribute)}",
        f"{place(attribute)} is not the same in {keys}",
        LOOK,
        wording.evidence([*usual, *others], attribute),
        line,
        wording.found(others, said),
        wording.found(usual, said) or "the same in all",
    )
    return wrong(finding)
