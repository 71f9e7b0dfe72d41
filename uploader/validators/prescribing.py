"""The rules of `plan` on what is prescribed to a target, by one plan or by several that follow one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from uploader.domain.finding import Finding, Outcome, Ruling
from uploader.ports import Header
from uploader.validators.answers import Answer, right, ruled_by, unknown, wrong
from uploader.validators.beams import fractions
from uploader.validators.blocks import Block
from uploader.validators.judging import not_applicable, not_evaluable, range_words, within
from uploader.validators.prescriptions import TAGS, Prescribed, prescribed, prescribed_together

_REMEDY = "export the plan with the prescription of the trial, or ask the trial if the patient had another one"


def judged(block: Block, line: str, said: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """Findings and the ruling of the prescription `said` at `line`, of the one plan of the block."""
    excuse = _excuse(block, line, said)
    if excuse is not None:
        yield excuse
    else:
        yield from ruled_by(line, (_of(block, line, entry, plan, said) for entry, plan in block.headers.items()))


def together(block: Block, line: str, entries: Sequence[str], said: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The same of plans that follow one another: their doses added up, and the fractions of each."""
    excuse = _of_arm(block, line, said)
    if excuse is not None:
        yield excuse
    else:
        yield from ruled_by(line, _of_several(block, line, entries, said))


def _of_several(block: Block, line: str, entries: Sequence[str], said: Mapping[str, Any]) -> Iterator[Answer]:
    known = prescribed_together(block.case, entries, said)
    if known is None:
        yield unknown(f"not every plan of the course says what it prescribes to {said['target']}")
        return
    total = _total(block, line, f"plans {', '.join(entries)}", known, said)
    yield total
    if total.outcome is Outcome.PASSED and "fraction_gy" in said:
        for entry in entries:
            own = prescribed(block.case, entry, {**said, "source": [known.source]})
            assert own is not None, "it is a part of the sum"
            yield _fraction(block, line, entry, block.case.headers[entry], own, said)


def _excuse(block: Block, line: str, said: Mapping[str, Any]) -> Ruling | None:
    if len(block.headers) > 1:
        says = "there is more than one plan, and the rule is about one; what several have together, `course` asks"
        return _of_arm(block, line, said) or not_evaluable(line, says)
    return _of_arm(block, line, said)


def _of_arm(block: Block, line: str, said: Mapping[str, Any]) -> Ruling | None:
    arm = block.case.chosen.get("arm")
    if "arm" in said and arm is None:
        return not_evaluable(line, f"it is asked in arm {said['arm']} only, and no arm was chosen")
    if "arm" in said and arm != said["arm"]:
        return not_applicable(line, f"it is asked in arm {said['arm']} only")
    return None


def _of(block: Block, line: str, entry: str, plan: Header, said: Mapping[str, Any]) -> Answer:
    known = prescribed(block.case, entry, said)
    if known is None:
        return unknown(f"the plan does not say what is prescribed to {said['target']}")
    total = _total(block, line, entry, known, said)
    if total.outcome is not Outcome.PASSED or "fraction_gy" not in said:
        return total
    return _fraction(block, line, entry, plan, known, said)


def _total(block: Block, line: str, entry: str, known: Prescribed, said: Mapping[str, Any]) -> Answer:
    asked = said["total_gy"]
    answer = _judged([within(dose, asked) for dose in known.doses_gy], known, said)
    if answer is not None:
        return answer
    finding = block.finding(
        "plan.prescription",
        line,
        f"{entry} ({TAGS[known.source]})",
        f"another dose is prescribed to {said['target']} than the trial asks for, by {known.source}",
        _REMEDY,
        known.words,
        range_words(asked, "Gy"),
    )
    return wrong(replace(finding, severity=block.severity(said)))


def _fraction(block: Block, line: str, entry: str, plan: Header, known: Prescribed, said: Mapping[str, Any]) -> Answer:
    asked, planned = said["fraction_gy"], fractions(plan)
    if not planned:
        return unknown("the plan does not say how many fractions are planned")
    each = Prescribed(tuple(dose / planned for dose in known.doses_gy), known.source)
    answer = _judged([within(dose, asked) for dose in each.doses_gy], known, said)
    if answer is not None:
        return answer
    finding = block.finding(
        "plan.fraction-dose",
        line,
        f"{entry} (300A,0078)",
        f"another dose a fraction is prescribed to {said['target']} than the trial asks for, by {known.source}",
        _REMEDY,
        f"{each.words} in each of {planned} fractions",
        range_words(asked, "Gy"),
    )
    return wrong(replace(finding, severity=block.severity(said)))


def _judged(fits: list[bool], known: Prescribed, said: Mapping[str, Any]) -> Answer | None:
    """What follows for a target of which the plan may hold several doses; None: it failed, whichever is meant."""
    if all(fits):
        return right(f"{known.words} by {known.source}")
    if any(fits):
        return unknown(f"{known.words} are target doses, and nothing says which is that of {said['target']}")
    return None
