"""The rules of `plan` on beams that treat."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from uploader.ports import Header
from uploader.validators import codes
from uploader.validators.answers import Answer, right, unasked, unknown, wrong
from uploader.validators.beams import Beam, is_brachy, treatment_beams
from uploader.validators.blocks import Block
from uploader.validators.codes import Judge
from uploader.validators.judging import number, range_words, within

OfBeams = Callable[[Block, str, str, Sequence[Beam]], Answer]
"""The same of the beams that treat, at least one."""
ENERGY_TOLERANCE = 0.01
"""MV or MeV by which an energy may be missed."""
_SILENT = "not every treatment beam says it"
_ANOTHER = "export the plan of the trial's treatment"


def _radiation(block: Block, line: str, entry: str, beams: Sequence[Beam]) -> Answer:
    kinds = [beam.radiation for beam in beams]
    return codes.compared(block, line, entry, kinds, codes.RADIATION) if all(kinds) else unknown(_SILENT)


def _technique(block: Block, line: str, entry: str, beams: Sequence[Beam]) -> Answer:
    kinds = [beam.technique for beam in beams]
    return codes.compared(block, line, entry, kinds, codes.TECHNIQUE) if all(kinds) else unknown(_SILENT)


def _energy(block: Block, line: str, entry: str, beams: Sequence[Beam]) -> Answer:
    if any(beam.ion for beam in beams):
        return unasked("the energy of an ion plan changes from layer to layer")
    if not all(beam.energies for beam in beams):
        return unknown(_SILENT)
    asked = block.said["nominal_energy"]
    used = sorted({energy for beam in beams for energy in beam.energies})
    others = [energy for energy in used if not any(abs(energy - each) <= ENERGY_TOLERANCE for each in asked)]
    if not others:
        return right(_energies(used))
    where, says = f"{entry} (300A,0114)", "a beam treats with another energy than the trial asks for"
    return wrong(block.finding("plan.energy", line, where, says, _ANOTHER, _energies(others), _energies(asked)))


def _isocentre(block: Block, line: str, entry: str, beams: Sequence[Beam]) -> Answer:
    if not all(beam.isocentres for beam in beams):
        return unknown(_SILENT)
    allowed = block.said["single_isocentre_tol_mm"]
    points = {point for beam in beams for point in beam.isocentres}
    apart = max((math.dist(a, b) for a, b in combinations(points, 2)), default=0.0)
    if within(apart, {"max": allowed}):
        return right(f"{number(apart)} mm")
    where, says = f"{entry} (300A,012C)", "the treatment beams do not have one isocentre"
    remedy = "export the plan with one isocentre, or ask the trial whether several are allowed"
    found, expected = f"{number(apart)} mm apart", f"at most {number(allowed)} mm"
    return wrong(block.finding("plan.isocentre", line, where, says, remedy, found, expected))


def _count(block: Block, line: str, entry: str, plan: Header) -> Answer:
    if is_brachy(plan):
        return _no_beams()
    asked, count = block.said["treatment_beams"], len(treatment_beams(plan))
    if within(count, asked):
        return right(f"{count} beams")
    where, says = f"{entry} (300A,00CE)", "the plan has another number of beams that treat than the trial asks for"
    return wrong(block.finding("plan.beams", line, where, says, _ANOTHER, f"{count}", range_words(asked)))


def _of_beams(judge: OfBeams) -> Judge:
    def judged(block: Block, line: str, entry: str, plan: Header) -> Answer:
        if is_brachy(plan):
            return _no_beams()
        beams = treatment_beams(plan)
        return judge(block, line, entry, beams) if beams else unknown("the plan has no beam that treats")

    return judged


def _no_beams() -> Answer:
    return unasked("a plan of brachytherapy has no beams")


def _energies(energies: Sequence[float]) -> str:
    return ", ".join(number(energy) for energy in energies)


RULES: Mapping[str, Judge] = {
    "radiation": _of_beams(_radiation),
    "techniques": _of_beams(_technique),
    "nominal_energy": _of_beams(_energy),
    "treatment_beams": _count,
    "single_isocentre_tol_mm": _of_beams(_isocentre),
}
"""Name of a rule -> what judges it."""
