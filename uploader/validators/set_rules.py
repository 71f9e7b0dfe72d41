"""The rules of `structures` on an RTSTRUCT as a whole; they are told in its docstring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from uploader.contours.structure import Structure
from uploader.domain.finding import Finding, Ruling
from uploader.ports import Case
from uploader.validators import codes, contour_rules
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.blocks import answered, blocks
from uploader.validators.drawn_on import drawn_on as images_drawn_on
from uploader.validators.links import astray, frames, frames_of_images
from uploader.validators.naming import fold_of
from uploader.validators.planes import planes
from uploader.validators.reading import text
from uploader.validators.structure_set import Set, by_said, set_of

_APPROVAL = replace(
    codes.APPROVAL,
    finding="structures.approval",
    says=("the structure set does not have the approval that the trial asks for"),
)


def judged(case: Case) -> Iterator[Finding | Ruling]:
    """The rulings of all blocks ``structure_set``, with their findings."""
    for block in blocks(case, "structure_set"):
        sets = [set_of(block, entry, header) for entry, header in block.headers.items()]
        for name in (name for name in _RULES if name in block.said):
            line = f"{block.line}/{name}"
            yield from answered(block, line, (_RULES[name](replace(each, line=line)) for each in sets))


def _referenced(each: Set) -> Answer:
    drawn_on = each.block.case.once(images_drawn_on)[each.entry]
    if not drawn_on.images:
        return unknown("the structure set does not say which images it was drawn on")
    if not drawn_on.missing:
        return right(f"{len(drawn_on.images)} images")
    says = "images that the structures were drawn on are not in the session"
    remedy = "send the whole scan that the structures were drawn on"
    found = f"{len(drawn_on.missing)} of {len(drawn_on.images)} missing"
    told = each.finding("structures.image-missing", "3006,0016", says, remedy, found, "all present")
    return wrong(replace(told, follows=drawn_on.cause))


def _unreferenced(each: Set) -> Answer:
    case, known = each.block.case, each.block.case.once(planes)
    there = [plane.image for entry in each.images for plane in known[entry]]
    left = sum(image not in case.once(images_drawn_on)[each.entry].images for image in there)
    allowed = int(each.block.said["max_unreferenced_images"])
    if not there:
        return unknown("the images it should be drawn on are not in the session")
    if left <= allowed:
        return right(f"{left} images")
    says = "the structure set does not mention images of the scan it should be drawn on"
    remedy = "send the structure set that was drawn on this scan, or only the images it was drawn on"
    found, expected = f"{left} of {len(there)} images", f"at most {allowed}"
    return wrong(each.finding("structures.image-unreferenced", "3006,0016", says, remedy, found, expected))


def _frame(each: Set) -> Answer:
    own, theirs = frames(each.header), {text(i, "FrameOfReferenceUID") for i in each.images.values()} - {""}
    if not own or not theirs:
        return unknown("the structure set, or its images, say no frame of reference")
    if own <= theirs:
        return right()
    says = "structures lie in another frame of reference than the images they should be drawn on"
    remedy = "send the scan on which they were drawn, or the structure set of this scan"
    told, every = each.finding("structures.frame-differs", "3006,0024", says, remedy), each.block.case.headers.values()
    imageless = not (own - theirs) & frames_of_images(every)
    return wrong(replace(told, follows=astray(each.entry, each.header, every) if imageless else ""))


def _approval(each: Set) -> Answer:
    missing = each.block.said.get("approval_on_missing")
    return codes.judged(each.block, each.line, each.entry, each.header, _APPROVAL, missing)


def _empty(each: Set) -> Answer:
    says, remedy = "there are no contours", "draw the structure, or leave it out of the export"
    empty = [s for s in each.structures if not s.contours]
    return by_said(each, "empty_roi", each.about(empty, "structures.empty", says, remedy))


def _doubled(each: Set) -> Answer:
    fold, bearers = fold_of(each.block.case.asked), defaultdict[str, list[Structure]](list)
    for structure in each.structures:
        if structure.name:
            bearers[fold(structure.name)].append(structure)
    says, remedy = "these ROIs have one name, as the trial compares names", "give each structure a name of its own"
    twice = [together for together in bearers.values() if len(together) > 1]
    found = [f for together in twice for f in each.about(together, "structures.name-doubled", says, remedy)]
    return by_said(each, "duplicate_names", found)


_RULES: Mapping[str, Callable[[Set], Answer]] = {
    "all_referenced_present": _referenced,
    "max_unreferenced_images": _unreferenced,
    "frame_of_reference_matches": _frame,
    "approval": _approval,
    "empty_roi": _empty,
    "duplicate_names": _doubled,
    **contour_rules.RULES,
}
