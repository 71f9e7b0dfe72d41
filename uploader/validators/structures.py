"""Structures are drawn as the trial says, on the images it says.

Rules of the protocol
    inputs[].structure_set   every field but `images`, which says on which input the structures should be drawn
    rois[]                   interpreted_type, code, volume_cc, min_slices, whole_organ

Findings of these rules
    structures.image-missing       images that the structures were drawn on are not there
    structures.image-unreferenced  images of the scan that the structure set does not mention
    structures.frame-differs       ROIs in another frame of reference than the images
    structures.approval            Approval Status (300E,0002)
    structures.contour-type        Contour Geometric Type (3006,0042)
    structures.off-slice           contours beside the slices
    structures.few-points          contours that bound no area
    structures.gap                 slices within an ROI without contour
    structures.empty               an ROI without contours
    structures.name-doubled        two ROIs with one name, as the trial compares names
    structures.crossing            contours that cross themselves
    structures.outside             contours outside of the images
    structures.type, structures.code, structures.volume, structures.slices, structures.cut   of an ROI

Findings whatever the protocol says, all refusals
    structures.unnamed         an ROI without a name
    structures.number-doubled  two ROIs of one RTSTRUCT with one number
    structures.number-unknown  contours or an observation of a number that names no ROI
    structures.contour-data    contours whose data are no list of points, or lines tangled beyond telling

An ROI is known by its ROINumber (3006,0022), never by its place; its name is shown to the reviewer as evidence, for it
may be a patient's. Volumes and areas: `uploader.contours`. Sources: PS3.3 C.8.8.5, C.8.8.6, C.8.8.8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from uploader.contours.parsing import points_of, roi_number
from uploader.domain.finding import Finding, Ruling, Severity
from uploader.ports import Case, Header
from uploader.validators import roi_shapes, set_rules
from uploader.validators.drawn import drawn
from uploader.validators.reading import items, of_modality, text

_AGAIN = "export the structure set again from the planning system"


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The findings and rulings of all rules above."""
    for entry, header in of_modality(case.headers, "RTSTRUCT").items():
        yield from _numbered(entry, header)
        yield from _unnamed(entry, header)
        yield from _unreadable(entry, header)
    yield from _tangled(case)
    yield from set_rules.judged(case)
    yield from roi_shapes.judged(case)


def _unnamed(entry: str, header: Header) -> Iterator[Finding]:
    for item in items(header, "StructureSetROISequence"):
        if not text(item, "ROIName"):
            where = f"{entry} (3006,0026) ROI {roi_number(item, 'ROINumber')}"
            remedy = "name the structure and send the structure set again"
            yield Finding("structures.unnamed", Severity.REFUSAL, where, "the ROI has no name", remedy)


def _numbered(entry: str, header: Header) -> Iterator[Finding]:
    counts = Counter(roi_number(item, "ROINumber") for item in items(header, "StructureSetROISequence"))
    for number in sorted(n for n, count in counts.items() if count > 1 or not n):
        which = "this number" if number else "no number"
        says = f"{counts[number]} ROI(s) have {which}, so that their contours cannot be told apart"
        where = f"{entry} (3006,0022) ROI {number}"
        yield Finding("structures.number-doubled", Severity.REFUSAL, where, says, _AGAIN)
    for sequence, tag in (("ROIContourSequence", "3006,0039"), ("RTROIObservationsSequence", "3006,0080")):
        used = {roi_number(item, "ReferencedROINumber") for item in items(header, sequence)}
        for number in sorted(used - counts.keys()):
            where, says = f"{entry} ({tag}) ROI {number}", "no ROI of the structure set has this number"
            yield Finding("structures.number-unknown", Severity.REFUSAL, where, says, _AGAIN)


def _tangled(case: Case) -> Iterator[Finding]:
    for structure in case.once(drawn):
        bad = structure.tangled
        if bad:
            where = f"{structure.entry} (3006,0050) ROI {structure.number}"
            says = "contours of the ROI cross themselves, or one another, so often that nobody can have drawn them"
            yield Finding("structures.contour-data", Severity.REFUSAL, where, says, _AGAIN, found=f"{bad} contour(s)")


def _unreadable(entry: str, header: Header) -> Iterator[Finding]:
    for item in items(header, "ROIContourSequence"):
        data = [contour.get("ContourData") for contour in items(item, "ContourSequence")]
        bad = sum(points_of(each) is None for each in data)
        if bad:
            where = f"{entry} (3006,0050) ROI {roi_number(item, 'ReferencedROINumber')}"
            says = "contours of the ROI hold no list of points"
            yield Finding("structures.contour-data", Severity.REFUSAL, where, says, _AGAIN, found=f"{bad} contour(s)")
