"""What is asked of a PET series, and whether SUVs can be computed from it (`suv`).

Rules, each by the protocol's severity
    pet.suv-missing       what an SUV needs is missing or zero: weight, injected activity, half life, times
    pet.corrections       CorrectedImage (0028,0051) does not name a correction
    pet.decay-correction  DecayCorrection (0054,1102) is another one, or none
    pet.units             Units (0054,1001) are others, or no SUV can be computed from them
    pet.factors-missing   counts of a Philips scanner without the private factors that make activity of them
    pet.injections        more than one injection, and not which was imaged
    pet.before-injection  the scan began before the injection
    pet.decayed           the scan began so long after the injection that it cannot be of it
    pet.radionuclide      another nuclide
    pet.tracer            another tracer
    pet.activity          the injected activity is out of range, for itself or by body weight
    pet.uptake            the time between injection and scan is out of range
    pet.weight            the body weight is out of range

For all but `suv_computable`, what is missing leaves the rule open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from uploader.domain.finding import Finding, Ruling
from uploader.ports import Case
from uploader.validators import pet_rules as rules
from uploader.validators import suv
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.blocks import Block, answered, blocks
from uploader.validators.pet_rules import Judge, Series, listed, ranged
from uploader.validators.reading import text

ENHANCED = "1.2.840.10008.5.1.4.1.1.130"
"""SOP Class of enhanced PET images, which say all this elsewhere."""


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """What becomes of every rule of the blocks ``pet``."""
    for block in blocks(case, "pet"):
        for rule in block.said:
            if rule in _RULES:
                yield from _ruled(case, block, rule)


def _ruled(case: Case, block: Block, rule: str) -> Iterator[Finding | Ruling]:
    line = f"{block.line}/{rule}"
    scans = [{entry: case.headers[entry] for entry in scan.entries} for scan in block.input.scans]
    series = (Series(block, line, block.said[rule], scan, suv.scan_start(scan.values())) for scan in scans)
    yield from answered(block, line, (_RULES[rule](each) for each in series))


def _suv(series: Series) -> Answer:
    if any(text(header, "SOPClassUID") == ENHANCED for header in series.headers.values()):
        return unknown("it is an enhanced PET object, of which this is not known")
    found: dict[suv.Fault, str] = {}
    for entry, header in series.headers.items():
        for fault in suv.faults(header, series.start):
            found.setdefault(fault, entry)
    return wrong(*(_finding(series, fault, entry) for fault, entry in found.items())) if found else right()


def _finding(series: Series, fault: suv.Fault, entry: str) -> Finding:
    says, seen = f"no SUV can be computed: {fault.says}", series.seen(entry, fault.attribute)
    return series.wrong(fault.code, fault.attribute, entry, says, fault.remedy, seen, fault.expected)


_DOSE = f"{suv.INJECTION}.RadionuclideTotalDose"
_INJECTED = f"{suv.INJECTION}.RadiopharmaceuticalStartTime"
_OTHER_UNITS = "its units are not those that the trial asks for"
_OTHER_TIME = "its decay is corrected to another time than the trial asks"
_RULES: Mapping[str, Judge] = {
    "suv_computable": _suv,
    "units": listed("pet.units", "Units", _OTHER_UNITS),
    "decay_correction": listed("pet.decay-correction", "DecayCorrection", _OTHER_TIME),
    "corrections_include": rules.corrections,
    "radionuclide": rules.radionuclide,
    "tracer": rules.tracer,
    "injected_mbq": ranged("pet.activity", _DOSE, "the injected activity", "MBq", rules.megabecquerel),
    "injected_mbq_per_kg": ranged("pet.activity", _DOSE, "the activity by weight", "MBq/kg", rules.by_weight),
    "uptake_min": ranged("pet.uptake", _INJECTED, "the time from injection to scan", "min", rules.uptake),
    "weight_kg": ranged("pet.weight", "PatientWeight", "the body weight", "kg", rules.weight),
    "acquisition_after_injection": rules.after_injection,
}
