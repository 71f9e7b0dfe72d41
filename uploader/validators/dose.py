"""Doses are as the trial asks: the blocks ``dose`` of the protocol's inputs.

Rules
    units, type, summation, heterogeneity   what the dose says of itself
    grid_mm, slice_grid_mm                  distance of its points in a plane, and of its planes
    max_dose_gy, max_dose_pct_of_rx         the highest dose of the grid, and against the highest prescribed one
    covers                                  the grid reaches around all contours of a structure
    one_per_plan                            each plan has one dose of the summation asked for, or those of all its beams
    frame_of_reference_matches              the dose is in the frame of reference of an input

Of the protocol's course
    plans                                   the doses of its plans add up, see `adding`

Findings
    dose.units           Dose Units (3004,0002)
    dose.type            Dose Type (3004,0004)
    dose.summation       Dose Summation Type (3004,000A)
    dose.heterogeneity   Tissue Heterogeneity Correction (3004,0014)
    dose.grid            Pixel Spacing (0028,0030) of the grid
    dose.planes          Grid Frame Offset Vector (3004,000C)
    dose.unplaced        the header does not say where the points of the grid lie
    dose.maximum         the highest dose
    dose.prescription    the highest dose against the prescription
    dose.cover           a structure reaches out of the grid
    dose.per-plan        a plan has no dose, or several
    dose.frame           Frame of Reference UID (0020,0052)

Findings for every trial
    dose.unplaced        as above, where no rule tells it: a refusal
    dose.elsewhere       the grid holds nothing of any structure: a question

A point of the grid stands for the box around it. Source: PS3.3 C.8.8.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from uploader.domain.finding import Finding, Outcome, Ruling
from uploader.ports import Case, Header
from uploader.validators import adding, astray, codes, dose_extent, dose_level, links
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.blocks import Block, answered, blocks, missing_of
from uploader.validators.codes import Coded, Judge, each_ruled
from uploader.validators.course import phases_with, uncalled
from uploader.validators.judging import not_applicable, not_evaluable
from uploader.validators.reading import text
from uploader.validators.recognition import Input, inputs


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The findings and rulings of all blocks ``dose``, and of the plans of the ``course``."""
    told: set[str] = set()
    for each in _asked(case):
        if isinstance(each, Finding) and each.code == "dose.unplaced":
            told.add(each.where.partition(" ")[0])
        yield each
    yield from astray.findings(case, told)


def _asked(case: Case) -> Iterator[Finding | Ruling]:
    for block in blocks(case, "dose"):
        for name in (name for name in _RULES if name in block.said):
            yield from each_ruled(block, f"{block.line}/{name}", _RULES[name])
        for n, roi in enumerate(block.said.get("covers", ())):
            yield from each_ruled(block, f"{block.line}/covers/{n}", dose_extent.covering(roi))
        if "one_per_plan" in block.said:
            line = f"{block.line}/one_per_plan"
            yield from answered(block, line, _per_plan(block, line, _plans(block)))
    if "course" in case.asked:
        yield _added(case, "/course/plans")


def _added(case: Case, line: str) -> Ruling:
    found = case.once(adding.total)
    if not adding.dose_inputs(case):
        return not_applicable(line, "the protocol asks for no dose")
    if isinstance(found, str):
        return uncalled(case, line) or not_evaluable(line, found)
    return Ruling(line, Outcome.PASSED, f"plans: {len(found.plans)}, doses: {len(found.doses)}")


def _coded(what: Coded) -> Judge:
    return lambda block, line, entry, dose: codes.judged(block, line, entry, dose, what)


def _frame(block: Block, line: str, entry: str, dose: Header) -> Answer:
    other = block.case.once(inputs).get(block.said["frame_of_reference_matches"])
    missing = [*missing_of(block.case, line, [other])] if other is not None else [unknown("no such input")]
    if missing or other is None:
        return missing[0]
    headers = [block.case.headers[name] for name in other.entries]
    frames = {frame for header in headers for frame in links.frames(header)}
    own = text(dose, "FrameOfReferenceUID")
    if not own or not frames:
        return unknown(f"the dose or {other.key} does not say its frame of reference")
    if own in frames:
        return right(f"that of {other.key}")
    where, says = f"{entry} (0020,0052)", f"the dose is in another frame of reference than {other.key}"
    remedy = f"send the dose that was calculated on {other.key}"
    return wrong(block.finding("dose.frame", line, where, says, remedy, "another one", f"that of {other.key}"))


def _plans(block: Block) -> Input | None:
    """The input whose plans the doses belong to, as the block says it, else the only one of plans; where it is a phase
    of a course, they belong to all phases."""
    known = block.case.once(inputs)
    if "plan" in block.said:
        return known.get(block.said["plan"])
    plans = [each for each in known.values() if each.said["modality"] == "RTPLAN"]
    return plans[0] if len(plans) == 1 else None


def _per_plan(block: Block, line: str, plans: Input | None) -> Iterator[Answer]:
    if plans is None or not plans.entries:
        yield unknown("the session has no plan that the dose could belong to")
        return
    asked = block.said.get("summation")
    doses = {e: dose for e, dose in block.headers.items() if not asked or text(dose, "DoseSummationType") in asked}
    for entry in phases_with(block.case, plans):
        yield _of_one(block, line, entry, doses)


def _of_one(block: Block, line: str, entry: str, doses: Mapping[str, Header]) -> Answer:
    """One dose of the plan; a sum of several plans, or its own beams, beside it are no other one. Without it one of
    another kind, or the doses of all its beams; beams beside what is no whole plan are a second one."""
    plan = block.case.headers[entry]
    wanted = text(plan, "SOPInstanceUID")
    own = {e: d for e, d in doses.items() if wanted in {each.instance for each in links.references(d, "RTPLAN")}}
    kinds = Counter(text(dose, "DoseSummationType") for dose in own.values())
    beside = kinds["BEAM"] if kinds.keys() & adding.WHOLE_PLANS else 0
    count = kinds["PLAN"] or len(own) - beside
    if kinds.keys() != {"BEAM"}:
        return right("one dose") if count == 1 else wrong(_counted(block, line, entry, f"{count}"))
    of_beams = adding.of_plan(plan, own)
    if isinstance(of_beams, str):
        return wrong(_counted(block, line, entry, of_beams))
    return right("one dose" if len(own) == 1 else "the doses of its beams")


def _counted(block: Block, line: str, entry: str, found: str) -> Finding:
    says = f"{'no dose' if found == '0' else 'not one dose'} of the session belongs to the plan"
    remedy = "send the dose of the whole plan, calculated for this plan, and no other"
    return block.finding("dose.per-plan", line, f"{entry} (0008,0018)", says, remedy, found, "1")


_RULES: Mapping[str, Judge] = {
    "units": _coded(codes.UNITS),
    "type": _coded(codes.TYPE),
    "summation": _coded(codes.SUMMATION),
    "heterogeneity": _coded(codes.HETEROGENEITY),
    "grid_mm": dose_extent.spacing,
    "slice_grid_mm": dose_extent.planes,
    "max_dose_gy": dose_level.highest,
    "max_dose_pct_of_rx": dose_level.highest_of_prescription,
    "frame_of_reference_matches": _frame,
}
"""Name of a rule -> what judges it."""
