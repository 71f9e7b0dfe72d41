"""Attributes of radiotherapy objects that hold codes of the standard, held against the codes a protocol lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from uploader.domain.finding import Finding, Ruling, Severity
from uploader.domain.private import Private
from uploader.ports import Header
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.blocks import Block, answered

Judge = Callable[[Block, str, str, Header], Answer]
"""(block, line of the rule, entry, header of the object) -> what the object says to it."""


def each_ruled(block: Block, line: str, judge: Judge) -> Iterator[Finding | Ruling]:
    """The findings and the ruling of a rule about every object of the block."""
    return answered(block, line, (judge(block, line, entry, header) for entry, header in block.headers.items()))


@dataclass(frozen=True, slots=True)
class Coded:
    """An attribute of an object.

    rule: name of the rule in its block
    finding: code of the finding
    terms: what the standard lets it be; nothing else is ever shown
    says: what is wrong when it is another one
    """

    rule: str
    finding: str
    keyword: str
    tag: str
    terms: frozenset[str]
    says: str
    remedy: str


_APPROVE = "approve it in the planning system if it is the final one, and export it again"
_RIGHT_ONE = "export the object that the trial asks for"

APPROVAL = Coded(
    "approval",
    "plan.approval",
    "ApprovalStatus",
    "300E,0002",
    frozenset({"APPROVED", "UNAPPROVED", "REJECTED"}),
    "the plan does not have the approval that the trial asks for",
    _APPROVE,
)
GEOMETRY = Coded(
    "geometry",
    "plan.geometry",
    "RTPlanGeometry",
    "300A,000C",
    frozenset({"PATIENT", "TREATMENT_DEVICE"}),
    "the plan is made on something else than the trial asks for",
    "export the plan that was made on the patient's images, if the trial asks for that one",
)
INTENT = Coded(
    "intent",
    "plan.intent",
    "PlanIntent",
    "300A,000A",
    frozenset({"CURATIVE", "PALLIATIVE", "PROPHYLACTIC", "VERIFICATION", "MACHINE_QA", "RESEARCH", "SERVICE"}),
    "the plan is meant for another purpose than the trial asks for",
    "export the plan that was made for the treatment",
)
UNITS = Coded(
    "units",
    "dose.units",
    "DoseUnits",
    "3004,0002",
    frozenset({"GY", "RELATIVE"}),
    "the dose is given in other units than the trial asks for",
    "export the absolute dose from the planning system",
)
TYPE = Coded(
    "type",
    "dose.type",
    "DoseType",
    "3004,0004",
    frozenset({"PHYSICAL", "EFFECTIVE", "ERROR"}),
    "the dose is of another type than the trial asks for",
    _RIGHT_ONE,
)
SUMMATION = Coded(
    "summation",
    "dose.summation",
    "DoseSummationType",
    "3004,000A",
    frozenset({"PLAN", "MULTI_PLAN", "PLAN_OVERVIEW", "FRACTION", "BEAM", "BRACHY", "CONTROL_POINT", "RECORD"})
    | frozenset({"FRACTION_SESSION", "BEAM_SESSION", "BRACHY_SESSION"}),
    "the dose sums up something else than the trial asks for",
    "export the dose of the whole plan, not of single beams or fractions",
)
HETEROGENEITY = Coded(
    "heterogeneity",
    "dose.heterogeneity",
    "TissueHeterogeneityCorrection",
    "3004,0014",
    frozenset({"IMAGE", "ROI_OVERRIDE", "WATER"}),
    "the dose is not corrected for tissue as the trial asks",
    "calculate the dose with the correction that the trial asks for, and export it again",
)


RADIATION = Coded(
    "radiation",
    "plan.radiation",
    "RadiationType",
    "300A,00C6",
    frozenset({"PHOTON", "ELECTRON", "NEUTRON", "PROTON", "ION"}),
    "a beam treats with another radiation than the trial asks for",
    "export the plan of the trial's treatment",
)
TECHNIQUE = Coded(
    "techniques",
    "plan.technique",
    "BeamType",
    "300A,00C4",
    frozenset({"STATIC", "DYNAMIC"}),
    "a beam treats with another technique than the trial asks for",
    "export the plan of the trial's treatment",
)


def judged(block: Block, line: str, entry: str, header: Header, what: Coded, missing: str | None = None) -> Answer:
    """What the object says to the rule of `what`: every value must be one that the block lists.

    missing: what it means that there is none: fail, question, note, pass; None: it cannot be judged
    """
    values = _values(header, what.keyword)
    return compared(block, line, entry, values, what) if values else _missing(block, line, entry, what, missing)


def compared(block: Block, line: str, entry: str, values: Sequence[str], what: Coded) -> Answer:
    """The same of values that are known."""
    allowed = _allowed(block, what)
    others = [value for value in dict.fromkeys(values) if value not in allowed]
    if not others:
        return right(", ".join(dict.fromkeys(values)))
    finding = _finding(block, line, entry, what, ", ".join(_shown(others, what)))
    return wrong(replace(finding, evidence=Private(", ".join(others))))


def _allowed(block: Block, what: Coded) -> Sequence[str]:
    asked = block.said[what.rule]
    return [asked] if isinstance(asked, str) else list(asked)


def _finding(block: Block, line: str, entry: str, what: Coded, found: str) -> Finding:
    expected = " or ".join(_allowed(block, what))
    return block.finding(what.finding, line, f"{entry} ({what.tag})", what.says, what.remedy, found, expected)


def _values(header: Header, keyword: str) -> Sequence[str]:
    value = header.get(keyword)
    several = value if isinstance(value, list) else [value]
    return [str(each).strip() for each in several if isinstance(each, (str, int, float)) and each != ""]


def _shown(values: Sequence[str], what: Coded) -> Iterator[str]:
    return (value if value in what.terms else "no term of the standard" for value in values)


def _missing(block: Block, line: str, entry: str, what: Coded, missing: str | None) -> Answer:
    silent = f"the object does not have ({what.tag})"
    match missing:
        case "pass":
            return right(silent)
        case "fail":
            return wrong(_finding(block, line, entry, what, "nothing"))
        case "question" | "note":
            return wrong(replace(_finding(block, line, entry, what, "nothing"), severity=Severity[missing.upper()]))
        case _:
            return unknown(silent)
