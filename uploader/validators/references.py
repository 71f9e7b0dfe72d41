"""What belongs together refers to one another: ``cross_checks`` of the protocol, and references that lead nowhere.

Cross checks
    reference_chain          each input refers to the next, such as dose, plan, structure_set, planning_ct: by SOP
                             Instance UID and class, by series where it is said, in one frame of reference
    same_frame_of_reference  all inputs have one Frame of Reference UID (0020,0052)
    registration_links       a registration ties the first input to the second
    same_study               all inputs are of one study
    time_interval_days       from the first input to the second, in `range`

Findings of cross checks, of the severity that the protocol gives them
    references.link-absent           the object does not refer to the next input at all
    references.link-open             it refers to objects that are not in the session
    references.link-elsewhere        it refers to other objects of the session
    references.link-class            a reference names another SOP class than the object has
    references.link-series           a reference names another series than the object is in
    references.link-frame            both have different frames of reference
    references.frames-differ         inputs have several frames of reference
    references.registration-missing  no registration ties the two
    references.studies-differ        inputs are of several studies
    references.interval              too few or too many days lie between two inputs

Findings for every trial, always a refusal
    references.image-missing            an RTSTRUCT references images that are not there
    references.image-unreferenced       an RTSTRUCT does not say which images it was drawn on
    references.structures-missing       an RTPLAN or RTDOSE references an RTSTRUCT that is not there
    references.structures-unreferenced  an RTPLAN in patient geometry references no RTSTRUCT
    references.plan-missing             an RTDOSE references an RTPLAN that is not there
    references.plan-unreferenced        an RTDOSE references no RTPLAN
    references.frame-differs            an ROI, plan or dose is in a frame of reference in which there is no image

What is not a radiotherapy object counts as an image here, of whatever modality.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from uploader.domain.finding import Finding, Ruling
from uploader.ports import Case
from uploader.validators import chains, intervals, open_references, registrations, sameness
from uploader.validators.answers import Answer, ruled_by
from uploader.validators.blocks import missing_of
from uploader.validators.conditions import excused
from uploader.validators.judging import not_evaluable, severity_of
from uploader.validators.recognition import Input, inputs

Judge = Callable[[Case, str, Mapping[str, Any], Sequence[Input]], Iterator[Answer]]
"""(case, line, the cross check, its inputs) -> what objects say to it."""


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The findings of references that lead nowhere, and the findings and rulings of cross checks."""
    yield from open_references.findings(case)
    for n, said in enumerate(case.asked.get("cross_checks", ())):
        if said["kind"] in _KINDS:
            yield from _ruled(case, f"/cross_checks/{n}", said)


def _ruled(case: Case, line: str, said: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    excuse = excused(case, line, said)
    known = case.once(inputs)
    asked = [known[key] for key in said.get("inputs", known) if key in known]
    at_least, judge = _KINDS[said["kind"]]
    if excuse is not None:
        yield excuse
    elif len(asked) < at_least:
        yield not_evaluable(line, f"it is about {at_least} inputs, and the protocol names fewer")
    else:
        yield from ruled_by(line, judge(case, line, said, asked))


def _chain(case: Case, line: str, said: Mapping[str, Any], asked: Sequence[Input]) -> Iterator[Answer]:
    yield from chains.answers(case, line, severity_of(said), asked)


def _registration(case: Case, line: str, said: Mapping[str, Any], asked: Sequence[Input]) -> Iterator[Answer]:
    moved, fixed = asked[:2]
    missing = [*missing_of(case, line, (moved, fixed))]
    yield from missing or registrations.answers(case, line, severity_of(said), moved, fixed)


_KINDS: Mapping[str, tuple[int, Judge]] = {
    "reference_chain": (2, _chain),
    "same_frame_of_reference": (1, sameness.frames),
    "same_study": (1, sameness.studies),
    "registration_links": (2, _registration),
    "time_interval_days": (2, intervals.answers),
}
"""Kind of a cross check -> how many inputs it is about at least, and what judges it."""
