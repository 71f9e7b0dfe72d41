"""The rules of `structures` on an RTSTRUCT as a whole, and on its contours; they are told in its docstring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from uploader.contours.measures import gaps
from uploader.contours.structure import Contour, Structure
from uploader.domain.finding import Finding, Ruling, Severity
from uploader.domain.private import Private
from uploader.ports import Case, Header
from uploader.validators import codes
from uploader.validators.answers import Answer, right, ruled_by, unknown, wrong
from uploader.validators.blocks import Block, blocks, idle
from uploader.validators.drawn import drawn
from uploader.validators.judging import number
from uploader.validators.links import frames, references
from uploader.validators.naming import fold_of
from uploader.validators.reading import text
from uploader.validators.recognition import inputs
from uploader.validators.stacks import Stack, stack

_AGAIN = "export the structure set again from the planning system"
_APPROVAL = replace(
    codes.APPROVAL,
    finding="structures.approval",
    says=("the structure set does not have the approval that the trial asks for"),
)


@dataclass(frozen=True, slots=True)
class Set:
    """One RTSTRUCT under a block of rules.

    images: those it should be drawn on, by entry; `stack`: the same as planes, None where they have no places
    """

    block: Block
    line: str
    entry: str
    header: Header
    structures: Sequence[Structure]
    images: Mapping[str, Header]

    @property
    def stack(self) -> Stack | None:
        axes = self.structures[0].axes if self.structures else None
        return stack(list(self.images.values()), axes) if axes else None

    def finding(self, code: str, tag: str, says: str, remedy: str, found: str = "", expected: str = "") -> Finding:
        """About the RTSTRUCT."""
        return self.block.finding(code, self.line, f"{self.entry} ({tag})", says, remedy, found, expected)

    def about(
        self, structure: Structure, code: str, says: str, remedy: str, found: str = "", expected: str = ""
    ) -> Finding:
        """About one ROI; its name is for the reviewer only."""
        about = self.finding(code, "3006,0026", says, remedy, found, expected)
        return replace(about, where=f"{about.where} ROI {structure.number}", evidence=Private(structure.name))

    @property
    def closed(self) -> Iterator[tuple[Structure, Contour]]:
        """Every contour that bounds an area, with its ROI."""
        return ((s, contour) for s in self.structures for contour in s.contours if contour.closed)


def judged(case: Case) -> Iterator[Finding | Ruling]:
    """The rulings of all blocks ``structure_set``, with their findings."""
    for block in blocks(case, "structure_set"):
        sets = [_set(block, entry, header) for entry, header in block.headers.items()]
        for name in (name for name in _RULES if name in block.said):
            line = f"{block.line}/{name}"
            ruling = idle(case, block.input, line)
            if ruling is not None:
                yield ruling
            else:
                yield from ruled_by(line, (_RULES[name](replace(each, line=line)) for each in sets))


def _set(block: Block, entry: str, header: Header) -> Set:
    own = [structure for structure in block.case.once(drawn) if structure.entry == entry]
    return Set(block, block.line, entry, header, own, images_of(block.case, block.said.get("images")))


def images_of(case: Case, key: str | None) -> Mapping[str, Header]:
    """The images of an input, by entry; of the session where none is named."""
    if key is not None:
        found = case.once(inputs).get(key)
        return {entry: case.headers[entry] for entry in found.entries} if found else {}
    return {e: header for e, header in case.headers.items() if not text(header, "Modality").startswith("RT")}


# The structure set as a whole ----------------------------------------------------------------------------------


def _referenced(each: Set) -> Answer:
    present = {text(header, "SOPInstanceUID") for header in each.block.case.headers.values()}
    wanted = {reference.instance for reference in references(each.header, "CT")}
    if not wanted:
        return unknown("the structure set does not say which images it was drawn on")
    missing = wanted - present
    if not missing:
        return right(f"{len(wanted)} images")
    says = "images that the structures were drawn on are not in the session"
    remedy = "send the whole scan that the structures were drawn on"
    found = f"{len(missing)} of {len(wanted)} missing"
    return wrong(each.finding("structures.image-missing", "3006,0016", says, remedy, found, "all present"))


def _unreferenced(each: Set) -> Answer:
    wanted = {reference.instance for reference in references(each.header, "CT")}
    left = sum(text(image, "SOPInstanceUID") not in wanted for image in each.images.values())
    allowed = int(each.block.said["max_unreferenced_images"])
    if not each.images:
        return unknown("the images it should be drawn on are not in the session")
    if left <= allowed:
        return right(f"{left} images")
    says = "the structure set does not mention images of the scan it should be drawn on"
    remedy = "send the structure set that was drawn on this scan, or only the images it was drawn on"
    found, expected = f"{left} of {len(each.images)} images", f"at most {allowed}"
    return wrong(each.finding("structures.image-unreferenced", "3006,0016", says, remedy, found, expected))


def _frame(each: Set) -> Answer:
    own, theirs = frames(each.header), {text(i, "FrameOfReferenceUID") for i in each.images.values()} - {""}
    if not own or not theirs:
        return unknown("the structure set, or its images, say no frame of reference")
    if own <= theirs:
        return right()
    says = "structures lie in another frame of reference than the images they should be drawn on"
    remedy = "send the scan on which they were drawn, or the structure set of this scan"
    return wrong(each.finding("structures.frame-differs", "3006,0024", says, remedy))


def _approval(each: Set) -> Answer:
    missing = each.block.said.get("approval_on_missing")
    return codes.judged(each.block, each.line, each.entry, each.header, _APPROVAL, missing)


def _empty(each: Set) -> Answer:
    says, remedy = "the ROI has no contours", "draw the structure, or leave it out of the export"
    empty = [each.about(s, "structures.empty", says, remedy) for s in each.structures if not s.contours]
    return _by_said(each, "empty_roi", empty)


def _doubled(each: Set) -> Answer:
    fold = fold_of(each.block.case.asked)
    counts = Counter(fold(structure.name) for structure in each.structures)
    says, remedy = "another ROI has the same name, as the trial compares names", "give each structure a name of its own"
    twice = [s for s in each.structures if s.name and counts[fold(s.name)] > 1]
    return _by_said(each, "duplicate_names", [each.about(s, "structures.name-doubled", says, remedy) for s in twice])


def _by_said(each: Set, rule: str, findings: Sequence[Finding]) -> Answer:
    """The severity of these rules is their value."""
    severity = Severity[str(each.block.said[rule]).upper()]
    return wrong(*(replace(finding, severity=severity) for finding in findings)) if findings else right()


# Contours ------------------------------------------------------------------------------------------------------


def _types(each: Set) -> Answer:
    allowed = each.block.said["contour_types"]
    others = [(s, kinds) for s in each.structures if (kinds := {c.kind for c in s.contours} - set(allowed))]
    says, remedy = (
        "contours of the ROI are of a kind that the trial does not take",
        "draw the structure with closed contours",
    )
    return _all(
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
    return _all(
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
    return _all(
        each.about(s, "structures.few-points", says, remedy, f"{few[s.number]} contour(s)", f"at least {least} points")
        for s in each.structures
        if few[s.number]
    )


def _gaps(each: Set) -> Answer:
    allowed, images = int(each.block.said["max_gap_slices"]), each.stack
    says, remedy = "slices within the ROI have no contour", "draw the missing slices, or interpolate between them"
    return _all(
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
    return _by_said(
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
    return _by_said(
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


def _all(findings: Iterator[Finding]) -> Answer:
    several = tuple(findings)
    return wrong(*several) if several else right()


_RULES: Mapping[str, Callable[[Set], Answer]] = {
    "all_referenced_present": _referenced,
    "max_unreferenced_images": _unreferenced,
    "frame_of_reference_matches": _frame,
    "approval": _approval,
    "contour_types": _types,
    "plane_tol_mm": _on_slices,
    "min_points": _points,
    "max_gap_slices": _gaps,
    "empty_roi": _empty,
    "duplicate_names": _doubled,
    "self_intersection": _crossing,
    "outside_image": _outside,
}
