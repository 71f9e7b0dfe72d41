"""The rules of `structures` on the contours of an RTSTRUCT; they are told in its docstring."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from uploader.contours.measures import gaps
from uploader.contours.structure import Structure
from uploader.domain.finding import Finding
from uploader.validators.answers import Answer, unknown
from uploader.validators.drawn_on import drawn_on as images_drawn_on
from uploader.validators.judging import ROUNDING, number
from uploader.validators.structure_set import Set, by_said, gathered


def _types(each: Set) -> Answer:
    allowed = each.block.said["contour_types"]
    others = {s: kinds for s in each.structures if (kinds := {c.kind for c in s.contours} - set(allowed))}
    says, remedy = (
        "contours are of a kind that the trial does not take",
        "draw the structure with closed contours",
    )
    found = ", ".join(sorted(_shown(set().union(*others.values()))))
    return gathered(each.about([*others], "structures.contour-type", says, remedy, found, " or ".join(allowed)))


_KINDS = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "OPEN_PLANAR", "OPEN_NONPLANAR", "POINT"})


def _shown(kinds: set[str]) -> set[str]:
    """Terms of the standard; another one is only counted."""
    return kinds & _KINDS or {f"{len(kinds)} other"}


def _on_slices(each: Set) -> Answer:
    tolerance, planes = float(each.block.said["plane_tol_mm"]), each.stack
    if planes is None:
        return unknown("the images do not say where they are")
    drawn_on = each.block.case.once(images_drawn_on)[each.entry]
    alone, following = defaultdict[Structure, float](float), defaultdict[Structure, float](float)
    for structure in each.structures:
        closed = structure.closed
        away = np.maximum(planes.away(closed.at), closed.spread)
        for n in np.flatnonzero(away > tolerance + ROUNDING).tolist():
            lost = closed.spread[n] <= tolerance + ROUNDING and drawn_on.lacks(closed.contours[n].images)
            worst = following if lost else alone
            worst[structure] = max(worst[structure], float(away[n]))
    return gathered([*_off(each, alone), *(replace(f, follows=drawn_on.cause) for f in _off(each, following))])


def _off(each: Set, worst: Mapping[Structure, float]) -> Sequence[Finding]:
    """About contours that lie so far (mm) off the slices at most."""
    tolerance = float(each.block.said["plane_tol_mm"])
    says = "contours do not lie on slices of the images"
    remedy = "send the whole scan on which they were drawn, or the structure set of this scan"
    found = f"up to {number(max(worst.values(), default=0.0))} mm off"
    return each.about([*worst], "structures.off-slice", says, remedy, found, f"within {number(tolerance)} mm")


def _points(each: Set) -> Answer:
    least = int(each.block.said["min_points"])
    few = Counter(s for s in each.structures for c in s.contours if c.kind != "POINT" and len(c.points) < least)
    says, remedy = "contours have too few points to bound an area", "delete these contours, or draw them again"
    found, expected = f"{few.total()} contour(s)", f"at least {least} points"
    return gathered(each.about([*few], "structures.few-points", says, remedy, found, expected))


def _gaps(each: Set) -> Answer:
    allowed, images = int(each.block.said["max_gap_slices"]), each.stack
    missing = {s: _most_missing(s, images.step if images else s.step) for s in each.structures}
    wide = {structure: most for structure, most in missing.items() if most > allowed}
    says, remedy = "slices within the structure have no contour", "draw the missing slices, or interpolate between them"
    found = f"up to {max(wide.values(), default=0)} slices without"
    return gathered(each.about([*wide], "structures.gap", says, remedy, found, f"at most {allowed}"))


def _most_missing(structure: Structure, step: float) -> int:
    """Slices without a contour in the widest gap of a structure, for slices that are `step` mm apart."""
    widest = gaps(structure).max(initial=0.0)
    return max(0, round(float(widest) / (step or structure.step)) - 1) if widest else 0


def _crossing(each: Set) -> Answer:
    crossing = Counter({structure: count for structure in each.structures if (count := structure.crossing)})
    says, remedy, found = "contours cross themselves", "draw these contours again", f"{crossing.total()} contour(s)"
    return by_said(each, "self_intersection", each.about([*crossing], "structures.crossing", says, remedy, found))


def _outside(each: Set) -> Answer:
    planes = each.stack
    if planes is None or planes.window.is_empty:
        return unknown("the images do not say where they are")
    drawn_on = each.block.case.once(images_drawn_on)[each.entry]
    alone, following = Counter[Structure](), Counter[Structure]()
    for structure in each.structures:
        closed = structure.closed
        beyond, beside = planes.beyond(closed.at), planes.beside(closed.outlines)
        for n in np.flatnonzero(beyond | beside).tolist():
            lost = not beside[n] and drawn_on.lacks(closed.contours[n].images)
            (following if lost else alone)[structure] += 1
    findings = [*_out(each, alone), *(replace(f, follows=drawn_on.cause) for f in _out(each, following))]
    return by_said(each, "outside_image", findings)


def _out(each: Set, outside: Counter[Structure]) -> Sequence[Finding]:
    says, remedy = "contours lie outside of the images", "send the whole scan that the structures were drawn on"
    return each.about([*outside], "structures.outside", says, remedy, f"{outside.total()} contour(s)")


RULES: Mapping[str, Callable[[Set], Answer]] = {
    "contour_types": _types,
    "plane_tol_mm": _on_slices,
    "min_points": _points,
    "max_gap_slices": _gaps,
    "self_intersection": _crossing,
    "outside_image": _outside,
}
