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

from uploader.contours.parsing import roi_number
from uploader.ports import Case, Header
from uploader.validators.beams import beam_dose_gy
from uploader.validators.judging import number
from uploader.validators.naming import bearing, stands_for
from uploader.validators.reading import items, of_modality, text

DOSE_REFERENCE = "DoseReferenceSequence.TargetPrescriptionDose"
BEAM_DOSE = "FractionGroup.BeamDose_sum_x_fractions"
SOURCES = (DOSE_REFERENCE, BEAM_DOSE)
"""Where a prescription is read if the protocol does not say it."""
TAGS = {DOSE_REFERENCE: "300A,0026", BEAM_DOSE: "300A,0084"}
VOLUMES = frozenset({"VOLUME", "SITE"})
"""Dose Reference Structure Type (300A,0014) of what is a target and not a point in it."""


MOST = 100
"""Sums of doses of which one may be the target's."""
Described = Mapping[tuple[str, str], frozenset[int]]
"""(entry of a plan, target of the protocol) -> places of the dose references that are called so."""


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
    """A dose reference of a plan.

    index: its place in the sequence; kind: Dose Reference Structure Type; roi: Referenced ROI Number, as text
    """

    index: int
    dose_gy: float
    kind: str
    roi: str
    description: str


def prescribed(case: Case, entry: str, said: Mapping[str, Any]) -> Prescribed | None:
    """The dose that a plan prescribes by the prescription `said` of the protocol, from the first source that has one;
    None where none has."""
    for source in said.get("source", SOURCES):
        doses = _from(source, case, entry, said["target"])
        if doses:
            return Prescribed(tuple(sorted(set(doses), reverse=True)), source)
    return None


def prescribed_together(case: Case, entries: Sequence[str], said: Mapping[str, Any]) -> Prescribed | None:
    """The same of plans that follow one another, added up, from the first source that all of them have; None where
    there is none, or where too many doses could be the target's."""
    for source in said.get("source", SOURCES):
        sums = {0.0}
        for doses in [set(_from(source, case, entry, said["target"])) for entry in entries]:
            sums = {round(one + other, 6) for one in sums for other in doses} if len(sums) <= MOST else set()
        if sums:
            return Prescribed(tuple(sorted(sums, reverse=True)), source) if len(sums) <= MOST else None
    return None


def highest_gy(plan: Header) -> Prescribed | None:
    """The highest dose that is prescribed to a target of the plan."""
    volumes = [reference.dose_gy for reference in references(plan)]
    if volumes:
        return Prescribed((max(volumes),), DOSE_REFERENCE)
    beams = beam_dose_gy(plan)
    return None if beams is None else Prescribed((beams,), BEAM_DOSE)


def highest_of(plans: Sequence[Header]) -> Prescribed | None:
    """The highest doses of several plans that follow one another, added up; None where one of them does not say it."""
    known = [each for plan in plans if (each := highest_gy(plan)) is not None and each.doses_gy[0] > 0]
    if not known or len(known) < len(plans):
        return None
    return Prescribed((sum(each.doses_gy[0] for each in known),), " and ".join(sorted({each.source for each in known})))


def references(plan: Header) -> Sequence[Reference]:
    """Target doses of volumes, or of points where no volume has one."""
    found = [
        Reference(
            index,
            float(item["TargetPrescriptionDose"]),
            text(item, "DoseReferenceStructureType"),
            roi_number(item, "ReferencedROINumber"),
            text(item, "DoseReferenceDescription"),
        )
        for index, item in enumerate(items(plan, "DoseReferenceSequence"))
        if text(item, "DoseReferenceType") == "TARGET" and isinstance(item.get("TargetPrescriptionDose"), (int, float))
    ]
    return [reference for reference in found if reference.kind in VOLUMES] or found


def described(case: Case) -> Described:
    """Dose references that are called as a target of the protocol; ask by ``case.once(described)``.

    Anonymising removes the descriptions: what was known by them must be known of the anonymised plan, too.
    """
    blocks = [block.get("plan", {}) for block in case.asked.get("inputs", ())] + [case.asked.get("course", {})]
    said = [each for block in blocks for each in block.get("prescriptions", ())]
    targets = dict.fromkeys(each["target"] for each in said)
    return {
        (entry, target): frozenset(r.index for r in references(plan) if stands_for(case, target, r.description))
        for entry, plan in of_modality(case.headers, "RTPLAN").items()
        for target in targets
    }


def _from(source: str, case: Case, entry: str, target: str) -> Collection[float]:
    if source == DOSE_REFERENCE:
        return _of_target(case, entry, target)
    dose = beam_dose_gy(case.headers[entry]) if source == BEAM_DOSE else None
    return [] if dose is None else [dose]


def _of_target(case: Case, entry: str, target: str) -> Sequence[float]:
    """Doses of the references that are the target's; where none says so, of those that say nothing."""
    plan = case.headers[entry]
    known, numbers = references(plan), _roi_numbers(case, plan, target)
    by_number = [reference.dose_gy for reference in known if reference.roi and reference.roi in numbers]
    if by_number:
        return by_number
    called = case.once(described).get((entry, target), frozenset())
    by_name = [reference.dose_gy for reference in known if reference.index in called]
    return by_name or [reference.dose_gy for reference in known if not reference.roi]


def _roi_numbers(case: Case, plan: Header, target: str) -> Collection[str]:
    """Numbers of the target's ROIs in the structure set the plan was made with."""
    made_with = {text(item, "ReferencedSOPInstanceUID") for item in items(plan, "ReferencedStructureSetSequence")}
    return {roi.number for roi in bearing(case, target) if text(case.headers[roi.entry], "SOPInstanceUID") in made_with}
