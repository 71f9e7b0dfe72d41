"""The rules of `structures` on the contours of an RTSTRUCT; they are told in its docstring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from uploader.contours.measures import gaps
from uploader.contours.structure import Contour, Structure
from uploader.validators.answers import Answer, unknown
from uploader.validators.judging import number
from uploader.validators.stacks import Stack
from uploader.validators.structure_set import Set, by_said, gathered


def _types(each: Set) -> Answer:
    allowed = each.block.said["contour_types"]
    others = [(s, kinds) for s in each.structures if (kinds := {c.kind for c in s.contours} - set(allowed))]
    says, remedy = (
        "contours of the ROI are of a kind that the trial does not take",
        "draw the structure with closed contours",
    )
    return gathered(
        each.about(s, "structures.contour-type", says, remedy, ", ".join(sorted(_shown(kinds))), " or ".join(allowed))
        for s, kinds in others
    )


_KINDS = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "OPEN_PLANAR", "OPEN_NONPLANAR", "POINT"})


def _shown(kinds: set[str]) -> set[str]:
    """Terms of the standard; another one is only counted."""
    return kinds & _KINDS or {f"{len(kinds)} other"}


def _on_slices(each: Set) -> Answer:
    tolerance, planes = float(each.block.said["plane_tol_mm"]), each.stack
    if planes is None:
        return unknown("the images do not say where they are")
    worst: dict[str, tuple[float, Structure]] = {}
    for structure, contour in each.closed:
        off = max(planes.away(contour.at), contour.spread)
        worst[structure.number] = max(
            worst.get(structure.number, (0.0, structure)), (off, structure), key=lambda w: w[0]
        )
    says, remedy = "contours of the ROI do not lie on slices of the images", "send the structure set of this scan"
    return gathered(
        each.about(s, "structures.off-slice", says, remedy, f"{number(off)} mm off", f"within {number(tolerance)} mm")
        for off, s in worst.values()
        if off > tolerance + 1e-6
    )


def _points(each: Set) -> Answer:
    least = int(each.block.said["min_points"])
    few: Counter[str] = Counter(
        s.number for s in each.structures for c in s.contours if c.kind != "POINT" and len(c.points) < least
    )
    says, remedy = (
        "contours of the ROI have too few points to bound an area",
        "delete these contours, or draw them again",
    )
    return gathered(
        each.about(s, "structures.few-points", says, remedy, f"{few[s.number]} contour(s)", f"at least {least} points")
        for s in each.structures
        if few[s.number]
    )


def _gaps(each: Set) -> Answer:
    allowed, images = int(each.block.said["max_gap_slices"]), each.stack
    says, remedy = "slices within the ROI have no contour", "draw the missing slices, or interpolate between them"
    return gathered(
        each.about(s, "structures.gap", says, remedy, f"{most} slices without", f"at most {allowed}")
        for s in each.structures
        if (most := _most_missing(s, images.step if images else s.step)) > allowed
    )


def _most_missing(structure: Structure, step: float) -> int:
    """Slices without a contour in the widest gap of a structure, for slices that are `step` mm apart."""
    widest = gaps(structure).max(initial=0.0)
    return max(0, round(float(widest) / (step or structure.step)) - 1) if widest else 0


def _crossing(each: Set) -> Answer:
    crossing = Counter(s.number for s, contour in each.closed if contour.crosses_itself)
    says, remedy = "contours of the ROI cross themselves", "draw these contours again"
    return by_said(
        each,
        "self_intersection",
        [
            each.about(s, "structures.crossing", says, remedy, f"{crossing[s.number]} contour(s)")
            for s in each.structures
            if crossing[s.number]
        ],
    )


def _outside(each: Set) -> Answer:
    planes = each.stack
    if planes is None or planes.window.is_empty:
        return unknown("the images do not say where they are")
    outside = Counter(s.number for s, contour in each.closed if _is_outside(contour, planes))
    says, remedy = (
        "contours of the ROI lie outside of the images",
        "send the whole scan that the structures were drawn on",
    )
    return by_said(
        each,
        "outside_image",
        [
            each.about(s, "structures.outside", says, remedy, f"{outside[s.number]} contour(s)")
            for s in each.structures
            if outside[s.number]
        ],
    )


def _is_outside(contour: Contour, planes: Stack) -> bool:
    low, high = contour.points[:, :2].min(axis=0), contour.points[:, :2].max(axis=0)
    x0, y0, x1, y1 = planes.window.bounds
    return planes.beyond(contour.at) or bool(low[0] < x0 or low[1] < y0 or high[0] > x1 or high[1] > y1)


RULES: Mapping[str, Callable[[Set], Answer]] = {
    "contour_types": _types,
    "plane_tol_mm": _on_slices,
    "min_points": _points,
    "max_gap_slices": _gaps,
    "self_intersection": _crossing,
    "outside_image": _outside,
}
