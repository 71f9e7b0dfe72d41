"""Which doses of a session add up to the dose of the treatment: that of all fractions of all plans of the `course`.

One dose that says it sums up exactly these plans is the total, whatever else is there: nothing counts twice. Else each
plan needs one dose of its own, or doses of its beams that together are every beam that treats in every fraction group,
each once. Doses of fraction groups, of sessions, of control points and of records are taken for nothing else; nor is
one that calls itself that of a plan, and names some of its beams or fraction groups only.

What is added is in Gy, of one type, and in one frame of reference. Source: PS3.3 C.8.8.3, Dose Summation Type
(3004,000A).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from uploader.ports import Case, Header
from uploader.validators import links
from uploader.validators.beams import delivered, number_of
from uploader.validators.course import APART, course, plans
from uploader.validators.doses import is_in_gray
from uploader.validators.reading import items, of_modality, text
from uploader.validators.recognition import Input, inputs

WHOLE_PLANS = frozenset({"PLAN", "MULTI_PLAN", "PLAN_OVERVIEW"})
"""Dose Summation Type (3004,000A) of the dose of all fractions of a plan, or of several."""
_NONE, _SEVERAL = "there is no dose of a whole plan in Gy", "there are several doses of whole plans"


@dataclass(frozen=True, slots=True)
class Total:
    """The dose of the treatment. doses: entries of the RTDOSEs that add up to it; plans: of the RTPLANs it is of"""

    doses: tuple[str, ...]
    plans: tuple[str, ...] = ()


def total(case: Case) -> Total | str:
    """The dose of the treatment, or why nobody knows it; ask by ``case.once(total)``."""
    doses = {entry: case.headers[entry] for entry in _asked(case) if _counts(case.headers[entry])}
    phases, all_plans = course(case), plans(case)
    if not all_plans and "course" not in case.asked:
        return _alone(doses)
    meant = all_plans if phases == APART else phases
    if isinstance(meant, str):
        return meant
    meant_plans = [case.headers[entry] for entry in meant]
    summing = [entry for entry, dose in doses.items() if _sums_up(dose, meant_plans)]
    if len(summing) == 1:
        return Total(tuple(summing), meant)
    if summing or isinstance(phases, str):
        return _SEVERAL if summing else APART
    return _together(case, phases, doses)


def dose_inputs(case: Case) -> Sequence[Input]:
    """The inputs of the protocol that are doses."""
    return [each for each in case.once(inputs).values() if each.said["modality"] == "RTDOSE"]


def of_plan(plan: Header, doses: Mapping[str, Header]) -> tuple[str, ...] | str:
    """Entries of the doses that add up to that of a plan, its own or those of all its beams, or why there is none."""
    own = {entry: dose for entry, dose in doses.items() if _of(dose) == {text(plan, "SOPInstanceUID")}}
    whole = tuple(e for e, dose in own.items() if text(dose, "DoseSummationType") == "PLAN" and _sums_up(dose, [plan]))
    if whole:
        return whole if len(whole) == 1 else "there are several doses of a whole plan"
    of_beams = {entry: dose for entry, dose in own.items() if text(dose, "DoseSummationType") == "BEAM"}
    return (_unlike(plan, of_beams) or tuple(of_beams)) if of_beams else _NONE


def _asked(case: Case) -> Sequence[str]:
    asked = [entry for each in dose_inputs(case) for entry in each.entries]
    return list(dict.fromkeys(asked or of_modality(case.headers, "RTDOSE")))


def _counts(dose: Header) -> bool:
    """Whether it is a dose at all, and not relative, nor the error of one."""
    return is_in_gray(dose) and text(dose, "DoseType") != "ERROR"


def _alone(doses: Mapping[str, Header]) -> Total | str:
    """Of a session without plans."""
    whole = tuple(entry for entry, dose in doses.items() if text(dose, "DoseSummationType") in WHOLE_PLANS)
    return Total(whole) if len(whole) == 1 else _SEVERAL if whole else _NONE


def _together(case: Case, phases: Sequence[str], doses: Mapping[str, Header]) -> Total | str:
    found: list[str] = []
    for entry in phases:
        own = of_plan(case.headers[entry], doses)
        if isinstance(own, str):
            return own if len(phases) == 1 else f"of {entry}: {own}"
        found += own
    return _apart([doses[entry] for entry in found]) or Total(tuple(found), tuple(phases))


def _apart(doses: Sequence[Header]) -> str:
    """Why doses cannot be added; empty where they can."""
    if len(doses) < 2:
        return ""
    types, frames = ({text(dose, name) for dose in doses} for name in ("DoseType", "FrameOfReferenceUID"))
    if "" in types or len(types) > 1:
        return "the doses are of different types, physical and effective, or do not say it, and cannot be added"
    if "" in frames or len(frames) > 1:
        return "the doses are in different frames of reference, and cannot be added without a registration"
    return ""


def _sums_up(dose: Header, plans: Sequence[Header]) -> bool:
    """Whether it is of these plans, and of all that they deliver: PLAN is of one only."""
    kind = text(dose, "DoseSummationType")
    if kind not in WHOLE_PLANS or _of(dose) != {text(plan, "SOPInstanceUID") for plan in plans}:
        return False
    return kind != "PLAN" or (len(plans) == 1 and _names_all(dose, plans[0]))


def _names_all(dose: Header, plan: Header) -> bool:
    """Whether it leaves out no beam, where it names some, and no fraction group."""
    beams, needed = {*_beams_of(dose)}, {*delivered(plan)}
    groups = {number_of(group, "ReferencedFractionGroupNumber") for group in _groups_of(dose)}
    return (not beams or needed <= beams) and (not groups or {group for group, _ in needed} <= groups)


def _of(dose: Header) -> frozenset[str]:
    return frozenset(reference.instance for reference in links.references(dose, "RTPLAN"))


def _unlike(plan: Header, doses: Mapping[str, Header]) -> str:
    """How doses of beams differ from all beams of the plan, each once; empty where they do not."""
    given, planned = Counter(each for dose in doses.values() for each in _beams_of(dose)), delivered(plan)
    needed = frozenset(planned)
    told = all(any(_beams_of(dose)) for dose in doses.values()) and all(map(all, (*given, *needed)))
    if not told or not needed or len(needed) < len(planned):
        return "the doses of beams, or the plan, do not say which beams these are"
    if twice := sorted(beam for beam, count in given.items() if count > 1):
        return f"the dose of {_words(twice)} is there more than once"
    if missing := sorted(needed - given.keys()):
        return f"the dose of {_words(missing)} is not there, so that those of the others are not the whole plan"
    if others := sorted(given.keys() - needed):
        return f"there is a dose of {_words(others)}, which the plan does not treat with"
    return ""


def _beams_of(dose: Header) -> Iterator[tuple[str, str]]:
    """Fraction group and number of each beam that a dose is of."""
    for group in _groups_of(dose):
        for beam in items(group, "ReferencedBeamSequence"):
            yield number_of(group, "ReferencedFractionGroupNumber"), number_of(beam, "ReferencedBeamNumber")


def _groups_of(dose: Header) -> Iterator[Header]:
    return items(dose, "ReferencedRTPlanSequence", "ReferencedFractionGroupSequence")


def _words(beams: Sequence[tuple[str, str]]) -> str:
    shown = ", ".join(f"beam {beam} of fraction group {group}" for group, beam in beams[:3])
    return shown + (f" and {len(beams) - 3} more" if len(beams) > 3 else "")
