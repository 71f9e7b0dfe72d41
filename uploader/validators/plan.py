"""Plans are as the trial asks: the blocks ``plan`` of the protocol's inputs, and its ``course``.

Rules
    approval, intent, geometry     what the plan says of itself
    fractions                      of all fraction groups together
    prescriptions                  total dose of a target, and of one fraction; see `prescriptions` for where it is read
    radiation, techniques          of every beam that treats; beams for setup and images do not count
    nominal_energy                 of every beam that treats, MV or MeV
    treatment_beams                how many treat
    single_isocentre_tol_mm        how far apart the isocentres of the treating beams lie

Of the plans of a course together, see `course_rules`
    fractions, prescriptions       of all of them added up

Findings
    plan.approval        Approval Status (300E,0002)
    plan.geometry        RT Plan Geometry (300A,000C)
    plan.intent          Plan Intent (300A,000A)
    plan.fractions       Number of Fractions Planned (300A,0078)
    plan.prescription    the total dose of a target
    plan.fraction-dose   the dose of a fraction
    plan.radiation       Radiation Type (300A,00C6)
    plan.technique       Beam Type (300A,00C4)
    plan.energy          Nominal Beam Energy (300A,0114)
    plan.beams           number of beams that treat
    plan.isocentre       Isocenter Position (300A,012C)

A plan of brachytherapy has no beams, so rules about beams do not apply to it; in a plan of ions the energy changes
from layer to layer, so `nominal_energy` does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from uploader.domain.finding import Finding, Ruling
from uploader.ports import Case, Header
from uploader.validators import beam_rules, codes, course_rules, prescribing
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.beams import fractions
from uploader.validators.blocks import Block, blocks, idle
from uploader.validators.codes import Judge, each_ruled
from uploader.validators.judging import range_words, within


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The findings and rulings of all blocks ``plan``, and of the ``course``."""
    for block in blocks(case, "plan"):
        for name in (name for name in _RULES if name in block.said):
            yield from each_ruled(block, f"{block.line}/{name}", _RULES[name])
        for n, said in enumerate(block.said.get("prescriptions", ())):
            line = f"{block.line}/prescriptions/{n}"
            ruling = idle(case, block.input, line)
            yield from prescribing.judged(block, line, said) if ruling is None else (ruling,)
    yield from course_rules.said(case)


def _approval(block: Block, line: str, entry: str, plan: Header) -> Answer:
    return codes.judged(block, line, entry, plan, codes.APPROVAL, block.said.get("approval_on_missing"))


def _intent(block: Block, line: str, entry: str, plan: Header) -> Answer:
    return codes.judged(block, line, entry, plan, codes.INTENT)


def _geometry(block: Block, line: str, entry: str, plan: Header) -> Answer:
    return codes.judged(block, line, entry, plan, codes.GEOMETRY)


def _fractions(block: Block, line: str, entry: str, plan: Header) -> Answer:
    asked, planned = block.said["fractions"], fractions(plan)
    if planned is None:
        return unknown("the plan does not say how many fractions are planned")
    if within(planned, asked):
        return right(f"{planned} fractions")
    where, says = f"{entry} (300A,0078)", "the plan has another number of fractions than the trial asks for"
    remedy = "export the plan of the trial's treatment, with all its fraction groups"
    return wrong(block.finding("plan.fractions", line, where, says, remedy, f"{planned}", range_words(asked)))


_RULES: Mapping[str, Judge] = {
    "approval": _approval,
    "geometry": _geometry,
    "intent": _intent,
    "fractions": _fractions,
    **beam_rules.RULES,
}
