"""The histograms of the structures that a protocol asks doses of, all reckoned in one reading of the dose.

The dose is the only one of the session that is in Gy and sums up a plan or plans. Of a structure more than 1 % of which
lies beyond the dose grid nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from uploader.contours.dosegrid import DoseGrid, NoDoseGrid
from uploader.contours.dvh import Dvh, histograms, parallel
from uploader.contours.structure import Structure
from uploader.domain.errors import UnreadableFile
from uploader.domain.finding import Ruling
from uploader.ports import Case
from uploader.validators.blocks import idle
from uploader.validators.dose_extent import in_frame
from uploader.validators.dose_level import prescribed
from uploader.validators.doses import Unusable, grid_of, is_in_gray, peak_of
from uploader.validators.drawn import named
from uploader.validators.reading import of_modality, text
from uploader.validators.recognition import Input, inputs

BEYOND = 0.01
"""Share of a structure that may lie beyond the dose grid."""
WHOLE_PLANS = frozenset({"PLAN", "MULTI_PLAN", "PLAN_OVERVIEW"})
"""Dose Summation Type (3004,000A) of the dose of all fractions of a plan, or of several."""
Key = tuple[str, str]
"""(entry of the RTSTRUCT, ROI number)"""


@dataclass(frozen=True, slots=True)
class Dosed:
    """A structure's histogram. dose: entry of the RTDOSE; prescribed_gy: of its plan, None where nobody says it"""

    dvh: Dvh
    dose: str
    prescribed_gy: float | None


def dose_idle(case: Case, line: str) -> Ruling | None:
    """The ruling of the rule at `line` where the protocol's inputs bring no dose to this session."""
    rulings = [idle(case, each, line) for each in _dose_inputs(case)]
    return rulings[0] if rulings and all(rulings) else None


def dosed(case: Case) -> Mapping[Key, Dosed | str]:
    """The histogram of each ROI that ``dvh_checks`` name, or why there is none; ask by ``case.once(dosed)``."""
    names = dict.fromkeys(said["roi"] for said in case.asked.get("dvh_checks", ()))
    asked = {(s.entry, s.number): s for name in names for s in named(case, name)}
    entry = _dose(case)
    if isinstance(entry, Unusable):
        return dict.fromkeys(asked, entry.says)
    grid, peak = grid_of(case, entry), peak_of(case, entry)
    if isinstance(grid, Unusable) or isinstance(peak, Unusable):
        return dict.fromkeys(asked, next(each.says for each in (grid, peak) if isinstance(each, Unusable)))
    reasons = {key: _hindrance(case, structure, entry, grid) for key, structure in asked.items()}
    free = [key for key, why in reasons.items() if not why]
    return {**reasons, **_reckoned(case, entry, grid, peak, {key: asked[key] for key in free})}


def _reckoned(
    case: Case, entry: str, grid: DoseGrid, peak: float, asked: Mapping[Key, Structure]
) -> Mapping[Key, Dosed | str]:
    if not asked:
        return {}
    try:
        found = histograms(case.frames(entry), grid, peak, list(asked.values()))
    except (NoDoseGrid, UnreadableFile) as error:
        return dict.fromkeys(asked, str(error) if isinstance(error, NoDoseGrid) else "the doses cannot be decoded")
    known = prescribed(case, case.headers[entry])
    total = None if known is None else known.doses_gy[0]
    return {key: _told(dvh, entry, total) for key, dvh in zip(asked, found, strict=True)}


def _told(dvh: Dvh, entry: str, prescribed_gy: float | None) -> Dosed | str:
    whole = dvh.volume_cc + dvh.outside_cc
    if dvh.outside_cc > BEYOND * whole:
        return f"{100 * dvh.outside_cc / whole:.0f} % of it lie beyond the dose grid"
    return Dosed(dvh, entry, prescribed_gy)


def _hindrance(case: Case, structure: Structure, entry: str, grid: DoseGrid) -> str:
    """Why no histogram can be made of a structure; empty where one can."""
    if not structure.planes:
        return "it has no areas"
    if not structure.step:
        return "nothing says how thick it is"
    if not in_frame(case, structure, case.headers[entry]):
        return "it is drawn in another frame of reference than the dose"
    return "" if parallel(structure, grid) else "its contours are turned against the planes of the dose"


def _dose(case: Case) -> str | Unusable:
    """The entry of the dose that counts."""
    asked = [entry for each in _dose_inputs(case) for entry in each.entries]
    entries = asked or list(of_modality(case.headers, "RTDOSE"))
    whole = [
        entry
        for entry in dict.fromkeys(entries)
        if is_in_gray(case.headers[entry]) and text(case.headers[entry], "DoseSummationType") in WHOLE_PLANS
    ]
    if len(whole) == 1:
        return whole[0]
    says = "there are several doses of whole plans" if whole else "there is no dose of a whole plan in Gy"
    return Unusable(says, broken=False)


def _dose_inputs(case: Case) -> Sequence[Input]:
    return [each for each in case.once(inputs).values() if each.said["modality"] == "RTDOSE"]
