"""What an RTPLAN plans: its beams and fractions.

Beams of an RT Plan lie in BeamSequence (300A,00B0), those of an RT Ion Plan in IonBeamSequence (300A,03A2); a plan with
ApplicationSetupSequence (300A,0230) is of brachytherapy and has none. Source: PS3.3 C.8.8.14, C.8.8.15, C.8.8.25.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from uploader.ports import Header
from uploader.validators.reading import items, text, vector

Point = tuple[float, ...]
TREATING = frozenset({"TREATMENT", "CONTINUATION"})
"""Treatment Delivery Type (300A,00CE) of beams that treat; the others set up or take images."""


@dataclass(frozen=True, slots=True)
class Beam:
    """One beam.

    number: BeamNumber (300A,00C0), as text
    radiation, technique: RadiationType (300A,00C6), BeamType (300A,00C4); empty where the plan is silent
    energies: NominalBeamEnergy (300A,0114) of its control points, each once, MV or MeV
    isocentres: IsocenterPosition (300A,012C) of its control points, mm
    ion: whether it is a beam of ions or protons with an energy for each layer
    """

    number: str
    radiation: str
    technique: str
    energies: tuple[float, ...]
    isocentres: tuple[Point, ...]
    ion: bool
    treats: bool


def beams(plan: Header) -> Sequence[Beam]:
    """All beams of the plan, also those that do not treat."""
    metersets = _metersets(plan)
    found = [_beam(item, "ControlPointSequence", metersets, ion=False) for item in items(plan, "BeamSequence")]
    return found + [
        _beam(item, "IonControlPointSequence", metersets, ion=True) for item in items(plan, "IonBeamSequence")
    ]


def treatment_beams(plan: Header) -> Sequence[Beam]:
    """Those that treat."""
    return [beam for beam in beams(plan) if beam.treats]


def is_brachy(plan: Header) -> bool:
    """Whether sources are laid into the patient, and no beams aimed at them."""
    return not beams(plan) and any(items(plan, "ApplicationSetupSequence"))


def fractions(plan: Header) -> int | None:
    """NumberOfFractionsPlanned (300A,0078) of all fraction groups together; None where one does not say it."""
    planned = [group.get("NumberOfFractionsPlanned") for group in items(plan, "FractionGroupSequence")]
    known = [number for number in planned if isinstance(number, int)]
    return sum(known) if known and len(known) == len(planned) else None


def delivered(plan: Header) -> Sequence[tuple[str, str]]:
    """(fraction group, beam) of every beam that treats in a group, by their numbers as `number_of` tells them; twice
    where the plan has given one number twice."""
    treating = [beam.number for beam in treatment_beams(plan)]
    return [
        (number_of(group, "FractionGroupNumber"), number_of(beam, "ReferencedBeamNumber"))
        for group in items(plan, "FractionGroupSequence")
        for beam in items(group, "ReferencedBeamSequence")
        for number in treating
        if text(beam, "ReferencedBeamNumber") == number
    ]


def number_of(item: Header, keyword: str) -> str:
    """A whole number as text; empty where there is none, or something else stands in its place."""
    value = item.get(keyword)
    return str(value) if isinstance(value, int) else ""


def beam_dose_gy(plan: Header) -> float | None:
    """Dose of all treatment beams over all fractions: BeamDose (300A,0084) summed in each fraction group, times its
    fractions. None where a beam or a group does not say it."""
    treating = {beam.number for beam in treatment_beams(plan)}
    doses = [_group_dose(group, treating) for group in items(plan, "FractionGroupSequence")]
    known = [dose for dose in doses if dose is not None]
    return sum(known) if known and len(known) == len(doses) else None


def _group_dose(group: Header, treating: set[str]) -> float | None:
    times = group.get("NumberOfFractionsPlanned")
    doses = [
        beam.get("BeamDose")
        for beam in items(group, "ReferencedBeamSequence")
        if text(beam, "ReferencedBeamNumber") in treating
    ]
    known = [float(dose) for dose in doses if isinstance(dose, (int, float))]
    return times * sum(known) if isinstance(times, int) and known and len(known) == len(doses) else None


def _metersets(plan: Header) -> frozenset[str]:
    """Numbers of the beams that a fraction group gives a BeamMeterset (300A,0086)."""
    given = items(plan, "FractionGroupSequence", "ReferencedBeamSequence")
    return frozenset(text(beam, "ReferencedBeamNumber") for beam in given if _above_zero(beam.get("BeamMeterset")))


def _above_zero(value: object) -> bool:
    return isinstance(value, int | float) and value > 0


def _beam(item: Header, points: str, metersets: frozenset[str], *, ion: bool) -> Beam:
    number = text(item, "BeamNumber")
    return Beam(
        number,
        text(item, "RadiationType"),
        text(item, "BeamType"),
        tuple(dict.fromkeys(_energies(item, points))),
        tuple(dict.fromkeys(_isocentres(item, points))),
        ion,
        _treats(text(item, "TreatmentDeliveryType"), number, metersets),
    )


def _treats(delivery: str, number: str, metersets: frozenset[str]) -> bool:
    """The type is optional: a beam that does not say it treats if it is given monitor units, or if none is."""
    return delivery in TREATING if delivery else number in metersets or not metersets


def _energies(item: Header, points: str) -> Iterator[float]:
    for point in items(item, points):
        energy = point.get("NominalBeamEnergy")
        if isinstance(energy, (int, float)):
            yield float(energy)


def _isocentres(item: Header, points: str) -> Iterator[Point]:
    for point in items(item, points):
        position = vector(point, "IsocenterPosition", 3)
        if position is not None:
            yield position
