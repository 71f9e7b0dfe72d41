"""The histograms of the structures that a protocol asks doses of, all reckoned in one reading of the doses.

The dose is that of the treatment, see `adding`: of one file, or the sum of several. Of a structure more than 1 % of
which lies beyond a dose grid nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from uploader.contours.dosegrid import NoDoseGrid
from uploader.contours.dvh import Dvh, histograms, parallel
from uploader.contours.structure import Structure
from uploader.contours.summing import Dose, summed
from uploader.domain.errors import UnreadableFile
from uploader.domain.finding import Ruling
from uploader.ports import Case
from uploader.validators.adding import Total, dose_inputs, total
from uploader.validators.blocks import idle
from uploader.validators.dose_extent import in_frame
from uploader.validators.doses import Unusable, grid_of, peak_of
from uploader.validators.drawn import named
from uploader.validators.prescriptions import highest_of

BEYOND = 0.01
"""Share of a structure that may lie beyond the dose grid."""
Key = tuple[str, str]
"""(entry of the RTSTRUCT, ROI number)"""


@dataclass(frozen=True, slots=True)
class Dosed:
    """A structure's histogram.

    doses: entries of the RTDOSEs that were added up
    prescribed_gy: of the plans, None where one does not say it
    """

    dvh: Dvh
    doses: tuple[str, ...]
    prescribed_gy: float | None


def dose_idle(case: Case, line: str) -> Ruling | None:
    """The ruling of the rule at `line` where the protocol's inputs bring no dose to this session."""
    rulings = [idle(case, each, line) for each in dose_inputs(case)]
    return rulings[0] if rulings and all(rulings) else None


def dosed(case: Case) -> Mapping[Key, Dosed | str]:
    """The histogram of each ROI that ``dvh_checks`` name, or why there is none; ask by ``case.once(dosed)``."""
    names = dict.fromkeys(said["roi"] for said in case.asked.get("dvh_checks", ()))
    asked = {(s.entry, s.number): s for name in names for s in named(case, name)}
    found = _added(case)
    if isinstance(found, str):
        return dict.fromkeys(asked, found)
    reasons = {key: _hindrance(case, structure, found) for key, structure in asked.items()}
    free = [key for key, why in reasons.items() if not why]
    return {**reasons, **_reckoned(case, found, {key: asked[key] for key in free})}


@dataclass(frozen=True, slots=True)
class _Added:
    """The dose of the treatment. highest_gy: no point of it has more"""

    of: Total
    dose: Dose
    highest_gy: float


def _added(case: Case) -> _Added | str:
    """The doses that add up, as one, or why there is none."""
    found = case.once(total)
    if isinstance(found, str):
        return found
    parts, highest = [], 0.0
    for entry in found.doses:
        grid, peak = grid_of(case, entry), peak_of(case, entry)
        if isinstance(grid, Unusable) or isinstance(peak, Unusable):
            return next(each.says for each in (grid, peak) if isinstance(each, Unusable))
        parts.append(Dose(grid, partial(case.frames, entry)))
        highest += peak
    try:
        return _Added(found, summed(parts), highest)
    except NoDoseGrid as error:
        return str(error)


def _reckoned(case: Case, added: _Added, asked: Mapping[Key, Structure]) -> Mapping[Key, Dosed | str]:
    if not asked:
        return {}
    try:
        found = histograms(added.dose.planes(), added.dose.grid, added.highest_gy, list(asked.values()))
    except (NoDoseGrid, UnreadableFile) as error:
        return dict.fromkeys(asked, str(error) if isinstance(error, NoDoseGrid) else "the doses cannot be decoded")
    known = highest_of([case.headers[entry] for entry in added.of.plans])
    whole = None if known is None else known.doses_gy[0]
    return {key: _told(dvh, added.of.doses, whole) for key, dvh in zip(asked, found, strict=True)}


def _told(dvh: Dvh, doses: tuple[str, ...], prescribed_gy: float | None) -> Dosed | str:
    whole = dvh.volume_cc + dvh.outside_cc
    if dvh.outside_cc > BEYOND * whole:
        grid = "the dose grid" if len(doses) == 1 else "one of the dose grids"
        return f"{100 * dvh.outside_cc / whole:.0f} % of it lie beyond {grid}"
    return Dosed(dvh, doses, prescribed_gy)


def _hindrance(case: Case, structure: Structure, added: _Added) -> str:
    """Why no histogram can be made of a structure; empty where one can."""
    if not structure.planes:
        return "it has no areas"
    if not structure.step:
        return "nothing says how thick it is"
    if not in_frame(case, structure, case.headers[added.of.doses[0]]):
        return "it is drawn in another frame of reference than the dose"
    return "" if parallel(structure, added.dose.grid) else "its contours are turned against the planes of the dose"
