"""Doses of structures are as the trial expects: the protocol's ``dvh_checks``.

Each asks for a figure of the dose-volume histogram of an ROI, in the grammar of TG-263 (see `dose_metrics`), to be at
least `min` and at most `max`. It is reckoned from the contours and the dose grid, never taken from a histogram in the
file. 100 % of the dose is the highest dose that the plan prescribes, of several plans all of these added up.

Findings
    dvh.limit    the figure is below or above what the trial expects

These rules are soft: a dose is a matter of the trial's review and not of the upload. Whatever severity the protocol
says, a finding is a question at most, and never refuses a session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from uploader.contours.dose_metrics import NoMetric, parsed
from uploader.contours.structure import Structure
from uploader.domain.finding import Finding, Ruling, Severity
from uploader.ports import Case
from uploader.validators.answers import Answer, right, ruled_by, unknown, wrong
from uploader.validators.conditions import excused
from uploader.validators.dosed import Dosed, dose_idle, dosed
from uploader.validators.drawn import named
from uploader.validators.judging import Range, not_applicable, number, range_words, severity_of, within

_LOOK = "look at the plan; the session may go, but be ready for the trial to ask"


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The findings and rulings of all ``dvh_checks``."""
    for n, said in enumerate(case.asked.get("dvh_checks", ())):
        yield from _ruled(case, f"/dvh_checks/{n}", said)


def _ruled(case: Case, line: str, said: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    excuse = excused(case, line, said) or dose_idle(case, line)
    structures = named(case, said["roi"])
    if excuse is not None:
        yield excuse
    elif not structures:
        yield not_applicable(line, f"there is no {said['roi']}")
    else:
        yield from ruled_by(line, (_answer(case, line, said, structure) for structure in structures))


def _answer(case: Case, line: str, said: Mapping[str, Any], structure: Structure) -> Answer:
    found = case.once(dosed).get((structure.entry, structure.number), "it has no dose")
    if isinstance(found, str):
        return unknown(found)
    metric, bounds = parsed(said["metric"]), _bounds(said)
    try:
        figure = metric.of(found.dvh, found.prescribed_gy)
    except NoMetric as error:
        return unknown(str(error))
    words = f"{number(round(figure, 3))} {metric.unit}"
    if within(figure, bounds):
        return right(words)
    return wrong(_limit(line, said, structure, found, words, range_words(bounds, metric.unit)))


def _of(doses: tuple[str, ...]) -> str:
    shown = " and ".join(doses) if len(doses) < 4 else f"{len(doses)} files"
    return f"the dose of {shown}" if len(doses) == 1 else f"the sum of the doses of {shown}"


def _bounds(said: Mapping[str, Any]) -> Range:
    return {name: float(said[name]) for name in ("min", "max") if name in said}


def _limit(
    line: str, said: Mapping[str, Any], structure: Structure, found: Dosed, words: str, expected: str
) -> Finding:
    return Finding(
        "dvh.limit",
        min(severity_of(said), Severity.QUESTION),
        f"{structure.entry} (3006,0026) ROI {structure.number}",
        f"{said['metric']} of {said['roi']} in {_of(found.doses)} is not what the trial expects",
        _LOOK,
        line=line,
        found=words,
        expected=expected,
    )
