"""What is asked of MR series: of each, of all of an input in one visit, and of the same input at every visit.

Within a visit is what mrQA calls a horizontal audit, across visits a vertical one.

Rules, each by the protocol's severity
    mr.out-of-range   field strength, a time of the sequence or the flip angle is out of the trial's range
    mr.b-missing      a series lacks a b-value that the trial needs, within 20 s/mm2, be it in Diffusion b-Value
                      (0018,9087) or where Siemens, GE and Philips scanners write it privately
    mr.scans-differ   an attribute is not the same in all scans of an input
    mr.visits-differ  an attribute is not as it was at the subject's first visit that says it

What is missing leaves a rule open; at the first visit there is nothing to compare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from uploader.domain.finding import Finding, Ruling
from uploader.ports import Case, Header
from uploader.validators import wording
from uploader.validators.answers import Answer, right, ruled_by, unasked, unknown, wrong
from uploader.validators.attributes import place, values
from uploader.validators.blocks import Block, answered, blocks, idle
from uploader.validators.constraints import number_in
from uploader.validators.judging import number, range_words, within
from uploader.validators.recognition import Scan
from uploader.validators.visits import comparable

B_WITHIN = 20
"""By how much a b-value may miss the one that was asked for, s/mm2: scanners round, and call 5 what others call 0."""
_RANGED: Mapping[str, tuple[str, str]] = {
    "field_strength_t": ("MagneticFieldStrength", "T"),
    "repetition_time_ms": ("RepetitionTime", "ms"),
    "echo_time_ms": ("EchoTime", "ms"),
    "inversion_time_ms": ("InversionTime", "ms"),
    "flip_angle_deg": ("FlipAngle", "degrees"),
}
"""Rule -> attribute and unit."""
_LOOK = "look whether this is the sequence that the trial asks for; if it is, ask the trial whether it can be used"
_SAME = "use one scanner and one protocol for all that the trial compares; ask the trial whether these can be used"

Same = Mapping[str, Any]


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """What becomes of every rule of the blocks ``mr``."""
    for block in blocks(case, "mr"):
        for rule, said in block.said.items():
            if rule in _RANGED or rule == "b_values":
                yield from _of_each(block, rule)
            elif rule in ("same_in_visit", "same_across_visits"):
                for n, same in enumerate(said):
                    yield from _compared(block, f"{block.line}/{rule}/{n}", same, across=rule == "same_across_visits")


def _of_each(block: Block, rule: str) -> Iterator[Finding | Ruling]:
    """A rule about every scan by itself."""
    line = f"{block.line}/{rule}"
    judge = _b_values if rule == "b_values" else _ranged
    yield from answered(block, line, (judge(block, rule, line, _headers(block, scan)) for scan in block.input.scans))


def _compared(block: Block, line: str, same: Same, *, across: bool) -> Iterator[Finding | Ruling]:
    excuse = idle(block.case, block.input, line)
    if excuse:
        yield excuse
    else:
        yield from ruled_by(line, [(_across if across else _within)(block, line, same)])


def _ranged(block: Block, rule: str, line: str, headers: Mapping[str, Header]) -> Answer:
    attribute, unit = _RANGED[rule]
    bounds = block.said[rule]
    found = {entry: values(header, attribute) for entry, header in headers.items()}
    others = [entry for entry, several in found.items() if not all(_inside(value, bounds) for value in several)]
    if others:
        seen = wording.found([headers[entry] for entry in others], {"attr": attribute, "unit": unit})
        says = f"{place(attribute)} is not what the trial asks for, in {len(others)} of {len(headers)} files"
        expected = range_words(bounds, unit)
        return wrong(_finding(block, "mr.out-of-range", line, others[0], attribute, says, seen, expected))
    if not all(found.values()):
        return unknown(f"{place(attribute)} is missing")
    return right(wording.found(headers.values(), {"attr": attribute, "unit": unit}))


def _inside(value: Any, bounds: Mapping[str, Any]) -> bool:
    numeric = number_in(value)
    return numeric is not None and within(numeric, bounds)


def _b_values(block: Block, rule: str, line: str, headers: Mapping[str, Header]) -> Answer:
    attribute = "DiffusionBValue"
    found = {b for header in headers.values() for v in values(header, attribute) if (b := number_in(v)) is not None}
    if not found:
        return unknown(f"{place(attribute)} is missing, and no private b-value is known")
    lacking = [asked for asked in block.said[rule] if all(abs(b - asked) > B_WITHIN for b in found)]
    seen = f"{', '.join(number(b) for b in sorted(found))} s/mm2"
    if not lacking:
        return right(seen)
    expected = f"{' and '.join(number(b) for b in block.said[rule])} s/mm2"
    says = f"it lacks the b-values {', '.join(number(b) for b in lacking)}"
    return wrong(_finding(block, "mr.b-missing", line, next(iter(headers)), attribute, says, seen, expected))


def _within(block: Block, line: str, same: Same) -> Answer:
    """Whether every scan of the input says what the first one says."""
    attribute = same["attr"]
    scans = [_headers(block, scan) for scan in block.input.scans]
    several = [wording.distinct(headers.values(), attribute) for headers in scans]
    if not all(several):
        return unknown(f"{place(attribute)} is missing in {sum(not each for each in several)} of {len(several)} scans")
    other = next((n for n, each in enumerate(several) if not _alike(each, several[0], same)), None)
    if other is None:
        return right(f"{len(several)} scan{'s' if len(several) > 1 else ''}")
    says = f"{place(attribute)} is not the same in all scans"
    return wrong(_differing(block, "mr.scans-differ", line, same, says, scans[other], several[0]))


def _across(block: Block, line: str, same: Same) -> Answer:
    """Whether the scans say what those of the first visit said, as far as that is remembered."""
    attribute, case = same["attr"], block.case
    if not case.earlier:
        return unasked("it is the subject's first visit")
    then = next((kept for visit in case.earlier if (kept := visit.get(block.input.key, {}).get(attribute))), None)
    now = comparable(block.headers.values(), attribute)
    if not then or not now:
        return unknown(f"{place(attribute)} is not known of {'this visit' if then else 'the earlier visits'}")
    if _alike(now, then, same):
        return right(wording.shown(now, same))
    says = f"{place(attribute)} is not what it was at the subject's first visit"
    return wrong(_differing(block, "mr.visits-differ", line, same, says, block.headers, then))


def _alike(one: Sequence[Any], other: Sequence[Any], same: Same) -> bool:
    """Whether every value of each is near one of the other."""
    there = all(any(_near(a, b, same) for b in other) for a in one)
    return there and all(any(_near(a, b, same) for a in one) for b in other)


def _near(value: Any, usual: Any, same: Same) -> bool:
    a, b = number_in(value), number_in(usual)
    if a is None or b is None or (isinstance(value, str) and isinstance(usual, str)):
        return str(value).strip() == str(usual).strip()
    return within(a, {"eq": b, **{name: same[name] for name in ("tol", "tol_pct") if name in same}})


def _differing(
    block: Block, code: str, line: str, same: Same, says: str, now: Mapping[str, Header], then: Sequence[Any]
) -> Finding:
    seen, expected = wording.found(now.values(), same), wording.shown(then, same) or "the same"
    finding = _finding(block, code, line, next(iter(now)), same["attr"], says, seen, expected)
    evidence = wording.evidence(now.values(), same["attr"])
    return replace(finding, severity=block.severity(same), remedy=_SAME, evidence=evidence)


def _finding(
    block: Block, code: str, line: str, entry: str, attribute: str, says: str, seen: str, expected: str
) -> Finding:
    where, label = f"{entry} {place(attribute)}", block.input.said["label"]
    return block.finding(code, line, where, f"{label}: {says}", _LOOK, seen, expected)


def _headers(block: Block, scan: Scan) -> Mapping[str, Header]:
    return {entry: block.case.headers[entry] for entry in scan.entries}
