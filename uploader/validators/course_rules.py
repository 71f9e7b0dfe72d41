"""The rules of `plan` on a course of treatment: the fractions and the doses of all its plans together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from uploader.domain.finding import Finding, Ruling
from uploader.ports import Case
from uploader.validators import prescribing
from uploader.validators.answers import Answer, right, ruled_by, unknown, wrong
from uploader.validators.beams import fractions
from uploader.validators.blocks import Block
from uploader.validators.course import course, uncalled
from uploader.validators.judging import not_evaluable, range_words, within
from uploader.validators.recognition import inputs

_LINE = "/course"


def said(case: Case) -> Iterator[Finding | Ruling]:
    """The findings and rulings of the protocol's ``course``."""
    asked: Mapping[str, Any] = case.asked.get("course", {})
    prescriptions = [(f"{_LINE}/prescriptions/{n}", each) for n, each in enumerate(asked.get("prescriptions", ()))]
    lines = [line for line, _ in prescriptions] + ([f"{_LINE}/fractions"] if "fractions" in asked else [])
    if not lines:
        return
    found = course(case)
    if isinstance(found, str):
        yield from (uncalled(case, line) or not_evaluable(line, found) for line in lines)
        return
    phase = next(each for key, each in case.once(inputs).items() if key in asked["plans"] and each.entries)
    block = Block(case, phase, _LINE, asked)
    for line, each in prescriptions:
        yield from prescribing.together(block, line, found, each)
    if "fractions" in asked:
        yield from ruled_by(f"{_LINE}/fractions", [_fractions(block, found)])


def _fractions(block: Block, entries: Sequence[str]) -> Answer:
    line, asked = f"{_LINE}/fractions", block.said["fractions"]
    each = [fractions(block.case.headers[entry]) for entry in entries]
    known = [planned for planned in each if planned is not None]
    if len(known) < len(each):
        return unknown("not every plan of the course says how many fractions are planned")
    found = " + ".join(map(str, known)) + (f" = {sum(known)}" if len(known) > 1 else "")
    if within(sum(known), asked):
        return right(f"{found} fractions")
    where = f"plans {', '.join(entries)} (300A,0078)"
    says = "the plans of the course together have another number of fractions than the trial asks for"
    remedy = "send the plans of all phases of the treatment, each with all its fraction groups"
    return wrong(block.finding("plan.fractions", line, where, says, remedy, found, range_words(asked)))
