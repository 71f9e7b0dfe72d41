"""Structures are named as the trial says, and radiotherapy objects belong together.

Parameters
    required    list of ROI names that must be there with contours, in one or another RTSTRUCT of the session; an
                entry may be a list of alternatives, of which one is enough
    permitted   list of other ROI names that may be there; what is required is permitted
    ignore      list of differences that do not count when names are compared: ``case``, ``separators`` (blanks,
                hyphens, underscores) ([])
    unlisted    severity of an ROI that is neither required nor permitted: note, question or refusal (question)
    empty       severity of an ROI without contours, where it is not a required one (question)

In names of the protocol ``*`` stands for any characters, none too; no other character is special. A name is read
from the StructureSetROISequence (3006,0020) by its ROINumber (3006,0022), never by its position, and is shown to
the reviewer as evidence: an ROI name may hold a patient's.

Rules on structures
    radiotherapy.roi-required         refusal   no ROI has a required name
    radiotherapy.roi-required-empty   refusal   ROIs have a required name, and none of them a contour
    radiotherapy.roi-unlisted         by `unlisted`
    radiotherapy.roi-empty            by `empty`
    radiotherapy.roi-unnamed          refusal   an ROI has no name
    radiotherapy.roi-doubled          refusal   two ROIs of one RTSTRUCT have one name, as names are compared
    radiotherapy.roi-number-doubled   refusal   two ROIs of one RTSTRUCT have one number
    radiotherapy.roi-number-unknown   refusal   contours or an observation are of a number that names no ROI

Rules on references
    radiotherapy.image-missing        refusal   an RTSTRUCT references images that are not in the session
    radiotherapy.image-unreferenced   refusal   an RTSTRUCT does not say which images it was drawn on
    radiotherapy.structures-missing   refusal   an RTPLAN or RTDOSE references an RTSTRUCT that is not in the session
    radiotherapy.structures-unreferenced  refusal  an RTPLAN in patient geometry references no RTSTRUCT
    radiotherapy.plan-missing         refusal   an RTDOSE references an RTPLAN that is not in the session
    radiotherapy.plan-unreferenced    refusal   an RTDOSE references no RTPLAN
    radiotherapy.frame-differs        refusal   an ROI, plan or dose is in a frame of reference (0020,0052) in which
                                                the session has no image

What is not a radiotherapy object counts as an image here, of whatever modality.

Sources: PS3.3 C.8.8.5, C.8.8.6, C.8.8.8 (structures), C.8.8.9 (plan), C.8.8.3 (dose).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from uploader.domain.finding import Finding
from uploader.ports import Case
from uploader.validators import radiotherapy_references, radiotherapy_structures


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding]:
    """The findings of all rules above."""
    yield from radiotherapy_structures.findings(case.headers, params)
    yield from radiotherapy_references.findings(case.headers)
