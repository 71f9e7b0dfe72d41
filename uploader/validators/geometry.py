"""How the slices of images lie, as the block `geometry` of an input asks.

Distances are taken from the positions of the slices along their normal, see `volume`; images at the same place, as of
several time points or echoes, are one slice. Frames of enhanced images are slices. Where positions are missing or the
images lie in several directions, what needs distances is not evaluable, in words.

What would be right if no slice were missing in the gaps follows from these: from the finding that structures were drawn
on images of the scan that are not there, where there are as many of them, else from that on the gaps.

Rules, each by the severity of its block
    geometry.spacing             a gap between neighbouring slices is otherwise than asked for
    geometry.uneven              two gaps differ by more than may be
    geometry.askew               slices lie beside the line of the others by more than gaps may differ
    geometry.gap                 there is room for slices in the gaps: they are missing
    geometry.doubled             more images lie where another one lies than may
    geometry.slices              more or fewer slices
    geometry.extent              from the first slice to the last it is longer or shorter
    geometry.thickness           Slice Thickness (0018,0050)
    geometry.pixel-spacing       Pixel Spacing (0028,0030)
    geometry.rows, geometry.columns  the size of the images
    geometry.orientation         slices are turned out of the plane that is asked for
    geometry.tilt                the gantry was tilted, by its attribute or by the positions of the slices
    geometry.patient-position    Patient Position (0018,5100)
    geometry.frame-of-reference  the images are in several frames of reference (0020,0052)
    geometry.cover               the scan does not reach so far beyond a structure as is asked for
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from uploader.domain.finding import Finding, Ruling
from uploader.ports import Case
from uploader.validators import geometry_cover, geometry_images, geometry_stack
from uploader.validators.answers import Answer, ruled_by, wrong
from uploader.validators.blocks import Block, blocks, idle
from uploader.validators.drawn_on import lost_of
from uploader.validators.geometry_asked import Asked
from uploader.validators.planes import MOST_FRAMES
from uploader.validators.volume import Volume, volume_of

OF_A_SCAN: Mapping[str, Callable[[Asked, Volume], Answer]] = {
    "slice_spacing_mm": geometry_stack.spacing,
    "uniform_spacing_tol_mm": geometry_stack.uniform,
    "missing_slices": geometry_stack.missing,
    "duplicate_positions": geometry_stack.doubled,
    "slices": geometry_stack.slices,
    "extent_mm": geometry_stack.extent,
    "gantry_tilt_deg": geometry_stack.tilt,
    "orientation": geometry_images.orientation,
    "slice_thickness_mm": geometry_images.thickness,
    "pixel_spacing_mm": geometry_images.pixel_spacing,
    "rows": geometry_images.rows,
    "columns": geometry_images.columns,
    "patient_position": geometry_images.patient_position,
}
"""Rules that each scan of the input is held against."""


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """What becomes of every rule of every block `geometry`."""
    for block in blocks(case, "geometry"):
        for rule in block.said:
            if rule in OF_A_SCAN:
                yield from _ruled(block, f"{block.line}/{rule}", _of_scans(block, rule))
            elif rule == "cover":
                yield from _covers(block)
            elif rule == "single_frame_of_reference":
                line = f"{block.line}/{rule}"
                yield from _ruled(block, line, [geometry_images.frame_of_reference(Asked(block, line, True))])


def _ruled(block: Block, line: str, answers: Iterable[Answer]) -> Iterator[Finding | Ruling]:
    ruling = idle(block.case, block.input, line)
    if ruling:
        yield ruling
    else:
        yield from ruled_by(line, answers)


def _of_scans(block: Block, rule: str) -> Iterator[Answer]:
    asked = Asked(block, f"{block.line}/{rule}", block.said[rule])
    for scan in block.input.scans:
        volume = volume_of(block.case, scan)
        answer = OF_A_SCAN[rule](asked, volume)
        yield answer if not answer.findings else _explained(asked, rule, volume, answer)


def _explained(asked: Asked, rule: str, volume: Volume, answer: Answer) -> Answer:
    """The answer, with what it follows from where it would be another one if no slice were missing in the gaps."""
    if volume.unknown or not 0 < volume.missing <= MOST_FRAMES or OF_A_SCAN[rule](asked, volume.whole).findings:
        return answer
    lost = lost_of(asked.block.case, volume.scan.uid)
    cause = next((name for name, count in lost.items() if count >= volume.missing), "")
    cause = cause or ("" if rule == _MISSING else _gap(asked.block, volume))
    return wrong(*(replace(finding, follows=cause) for finding in answer.findings))


def _gap(block: Block, volume: Volume) -> str:
    """The name of the finding that says that slices are missing in the scan; empty where there is none."""
    asked = Asked(block, f"{block.line}/{_MISSING}", block.said.get(_MISSING))
    found = geometry_stack.missing(asked, volume).findings if _MISSING in block.said else ()
    return next((finding.name for finding in found), "")


_MISSING = "missing_slices"


def _covers(block: Block) -> Iterator[Finding | Ruling]:
    for n, said in enumerate(block.said["cover"]):
        line = f"{block.line}/cover/{n}"
        asked = Asked(block, line, said)
        yield from _ruled(
            block, line, (geometry_cover.cover(asked, volume_of(block.case, scan)) for scan in block.input.scans)
        )
