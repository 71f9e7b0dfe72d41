"""Which plans of a session are one course of treatment, phases such as a boost whose fractions and doses add up.

The protocol's ``course`` names the inputs whose plans they are. Without it nothing says that several plans follow one
another: one may as well be an alternative of the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from uploader.domain.finding import Outcome, Ruling
from uploader.ports import Case, Header
from uploader.validators.blocks import idle
from uploader.validators.judging import not_applicable
from uploader.validators.reading import items, of_modality, text
from uploader.validators.recognition import Input, inputs

APART = "there is more than one plan, and the protocol does not say that they are one course of treatment"
_NO_PHASES = frozenset({"ALTERNATIVE", "PREDECESSOR", "VERIFIED_PLAN"})
"""RT Plan Relationship (300A,0055) of plans of which one stands for the other."""


def plans(case: Case) -> tuple[str, ...]:
    """Entries of the plans of the session that the protocol asks for, or of all where it asks for none."""
    asked = [entry for each in case.once(inputs).values() if _of_plans(each) for entry in each.entries]
    return tuple(dict.fromkeys(asked or of_modality(case.headers, "RTPLAN")))


def course(case: Case) -> tuple[str, ...] | str:
    """Entries of the plans whose doses and fractions are those of the treatment, one at least, or why nobody knows."""
    said = case.asked.get("course")
    if said is None:
        found = plans(case)
        return APART if len(found) > 1 else found or "the session has no plan"
    known = case.once(inputs)
    phases = [known[key] for key in said["plans"] if key in known]
    found = tuple(dict.fromkeys(entry for each in phases for entry in each.entries))
    why = next((why for each in phases if (why := _hindrance(case, each))), "") or _replaced(case, found)
    return why or found or "the session has no plan of the course"


def phases_with(case: Case, each: Input) -> tuple[str, ...]:
    """Entries of an input; of one whose plans are phases, those of all phases."""
    keys = case.asked.get("course", {}).get("plans", ())
    known = case.once(inputs)
    together = [known[key] for key in keys if key in known] if each.key in keys else [each]
    return tuple(dict.fromkeys(entry for one in together for entry in one.entries))


def uncalled(case: Case, line: str) -> Ruling | None:
    """The ruling of the rule at `line` about a course in a session that need not have any of its plans, else None."""
    phases = [case.once(inputs).get(key) for key in case.asked["course"]["plans"]]
    rulings = [None if each is None else idle(case, each, line) for each in phases]
    if all(ruling is not None and ruling.outcome is Outcome.NOT_APPLICABLE for ruling in rulings):
        return not_applicable(line, "nothing is asked of a course in a session without its plans")
    return None


def _of_plans(each: Input) -> bool:
    return bool(each.said["modality"] == "RTPLAN")


def _hindrance(case: Case, each: Input) -> str:
    """Why the plans of an input are not the phases that the protocol means; empty where they are, or where it asks for
    none of them in this session."""
    ruling = idle(case, each, each.line)
    if ruling is not None:
        return ruling.says if ruling.outcome is Outcome.NOT_EVALUABLE else ""
    count, number = each.said["count"], len(each.entries if each.said.get("unit") == "instances" else each.scans)
    if number < count["min"]:
        return f"the session has too few plans of {each.key}"
    return f"the session has too many plans of {each.key}" if number > count.get("max", number) else ""


def _replaced(case: Case, found: tuple[str, ...]) -> str:
    """Whether one plan is there twice, or says that it stands for another of the course, or checks it."""
    present = {text(case.headers[entry], "SOPInstanceUID") for entry in found}
    if len(present) < len(found):
        return "a plan of the course is there more than once"
    if present & {uid for entry in found for uid in _related(case.headers[entry])}:
        return "a plan of the course is an alternative, a predecessor or a check of another one"
    return ""


def _related(plan: Header) -> Iterator[str]:
    for item in items(plan, "ReferencedRTPlanSequence"):
        if text(item, "RTPlanRelationship") in _NO_PHASES:
            yield text(item, "ReferencedSOPInstanceUID")
