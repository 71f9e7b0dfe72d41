"""What a plan says is prescribed, and from where that is known.

`DoseReferenceSequence.TargetPrescriptionDose`  (300A,0026) of a dose reference of the type TARGET that is the target's:
    by the number of its ROI, else by its description, else because no other volume has a dose. A point or coordinates
    count only where no volume has one.
`FractionGroup.BeamDose_sum_x_fractions`  the doses of the treatment beams, which hold at their dose points, summed and
    times the fractions: one figure for the plan, whatever the target.
`manual_entry`  in no file: a person must look.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.ports import Case, Header
from uploader.validators.beams import beam_dose_gy
from uploader.validators.judging import number
from uploader.validators.naming import bearing, stands_for
from uploader.validators.reading import items, text

DOSE_REFERENCE = "DoseReferenceSequence.TargetPrescriptionDose"
BEAM_DOSE = "FractionGroup.BeamDose_sum_x_fractions"
SOURCES = (DOSE_REFERENCE, BEAM_DOSE)
"""Where a prescription is read if the protocol does not say it."""
TAGS = {DOSE_REFERENCE: "300A,0026", BEAM_DOSE: "300A,0084"}
VOLUMES = frozenset({"VOLUME", "SITE"})
"""Dose Reference Structure Type (300A,0014) of what is a target and not a point in it."""


@dataclass(frozen=True, slots=True)
class Prescribed:
    """What is prescribed to a target.

    doses_gy: over all fractions; more than one where the plan does not say which of them is the target's
    source: one of those above
    """

    doses_gy: tuple[float, ...]
    source: str

    @property
    def words(self) -> str:
        return " or ".join(f"{number(dose)} Gy" for dose in self.doses_gy)


@dataclass(frozen=True, slots=True)
class Reference:
    """A dose reference of a plan. kind: Dose Reference Structure Type; roi: Referenced ROI Number, as text."""

    dose_gy: float
    kind: str
    roi: str
    description: str


def prescribed(case: Case, plan: Header, said: Mapping[str, Any]) -> Prescribed | None:
    """The dose of the prescription `said` of the protocol, from the first source that has one; None where none has."""
    for source in said.get("source", SOURCES):
        doses = _from(source, case, plan, said["target"])
        if doses:
            return Prescribed(tuple(sorted(set(doses), reverse=True)), source)
    return None


def highest_gy(plan: Header) -> Prescribed | None:
    """The highest dose that is prescribed to a target of the plan."""
    volumes = [reference.dose_gy for reference in references(plan)]
    if volumes:
        return Prescribed((max(volumes),), DOSE_REFERENCE)
    beams = beam_dose_gy(plan)
    return None if beams is None else Prescribed((beams,), BEAM_DOSE)


def references(plan: Header) -> Sequence[Reference]:
    """Target doses of volumes, or of points where no volume has one."""
    found = [
        Reference(
            float(item["TargetPrescriptionDose"]),
            text(item, "DoseReferenceStructureType"),
            text(item, "ReferencedROINumber"),
            text(item, "DoseReferenceDescription"),
        )
        for item in items(plan, "DoseReferenceSequence")
        if text(item, "DoseReferenceType") == "TARGET" and isinstance(item.get("TargetPrescriptionDose"), (int, float))
    ]
    return [reference for reference in found if reference.kind in VOLUMES] or found


def _from(source: str, case: Case, plan: Header, target: str) -> Collection[float]:
    if source == DOSE_REFERENCE:
        return _of_target(case, plan, target)
    dose = beam_dose_gy(plan) if source == BEAM_DOSE else None
    return [] if dose is None else [dose]


def _of_target(case: Case, plan: Header, target: str) -> Sequence[float]:
    """Doses of the references that are the target's; where none says so, of those that say nothing."""
    known = references(plan)
    numbers = _roi_numbers(case, plan, target)
    by_number = [reference.dose_gy for reference in known if reference.roi and reference.roi in numbers]
    if by_number:
        return by_number
    named = [reference.dose_gy for reference in known if stands_for(case, target, reference.description)]
    return named or [reference.dose_gy for reference in known if not reference.roi]


def _roi_numbers(case: Case, plan: Header, target: str) -> Collection[str]:
    """Numbers of the target's ROIs in the structure set the plan was made with."""
    made_with = {text(item, "ReferencedSOPInstanceUID") for item in items(plan, "ReferencedStructureSetSequence")}
    return {roi.number for roi in bearing(case, target) if text(case.headers[roi.entry], "SOPInstanceUID") in made_with}
