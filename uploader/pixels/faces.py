"""Head scans, from which a face can be drawn. They are flagged; nothing is taken off them.

Words decide where there are any; where the header names no part of the body, the size of what was scanned does.
Source: PS3.16 CID 4030 and Annex L (body parts); DICOM PS3.15 E.3.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

VOLUMES = frozenset({"CT", "MR", "PT"})
_HEAD = """
    HEAD BRAIN SKULL FACE HEADNECK NECK JAW MAXILLA MANDIBLE SINUS ORBIT EYE EAR IAC PITUITARY WHOLEBODY TEMPORALBONE
    ZYGOMA TMJOINT NOSE MOUTH
"""
_PARTS = frozenset(_HEAD.split())
_SNOMED = """
    T-D1100 T-A0100 T-11100 T-D1200 T-D1600 T-D1213 T-D0010 T-AA000 T-D1460
    69536005 12738006 89546000 89545001 45048000 774007 38266002 81745001 363654007
"""
_CODES = frozenset(_SNOMED.split())
"""SNOMED codes of head, brain, skull, face, neck, head and neck, whole body, eye, orbit."""
_WORDS = re.compile(
    r"head|brain|skull|cranial|cranium|facial|\bface|neck|h\s?&\s?n\b|\bhn\b|sinus|orbit|pituitar|mandib|maxill|dental"
    r"|mprage|mp2rage|spgr.*brain|t1w|flair|\bneuro|schadel|kopf|hirn|cerebr|encephal|whole.?body|vertex|\bwb\b"
)
_OTHER = """
    CHEST ABDOMEN PELVIS PROSTATE KNEE ANKLE FOOT HAND WRIST ELBOW SHOULDER HIP HEART LIVER KIDNEY BREAST LSPINE TSPINE
    LEG ARM THIGH BLADDER UTERUS RECTUM PANCREAS SPLEEN COLON EXTREMITY FEMUR TIBIA LUMBARSPINE THORAX LUNG
"""
_ELSEWHERE = frozenset(_OTHER.split())
_SAID = ("ProtocolName", "SeriesDescription", "StudyDescription", "RequestedProcedureDescription")
_FIELD_MM = (150.0, 350.0)
"""Field of view of head scans; a body does not fit in less, and a joint is scanned in smaller ones."""
_COVER_MM = 60.0
"""How far slices must reach before a face can be drawn from them."""


def face(headers: Sequence[Mapping[str, Any]]) -> str:
    """Why the scan may show a face, in words for a person that quote no value; empty when it does not.

    headers: those of one scan, attributes by keyword, see `ports.Header`
    """
    if not headers or str(headers[0].get("Modality") or "") not in VOLUMES:
        return ""
    first = headers[0]
    part = re.sub("[^A-Z]", "", str(first.get("BodyPartExamined") or "").upper())
    if part in _PARTS:
        return "the body part examined is of the head"
    if _codes(first) & _CODES:
        return "the anatomic region is of the head"
    if any(_WORDS.search(str(first.get(name) or "").casefold().replace("_", " ")) for name in _SAID):
        return "a description speaks of the head"
    if part in _ELSEWHERE:
        return ""
    return "nothing says what was scanned, and it is as large as a head" if _as_large_as_a_head(headers) else ""


def _codes(header: Mapping[str, Any]) -> set[str]:
    named = [*(header.get("AnatomicRegionSequence") or ()), *_frame_anatomy(header)]
    return {str(item.get("CodeValue") or "") for item in named}


def _frame_anatomy(header: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Anatomic regions of a multi-frame image, from its functional groups. PS3.3 C.7.6.16.2.8."""
    groups = [
        *(header.get("SharedFunctionalGroupsSequence") or ()),
        *(header.get("PerFrameFunctionalGroupsSequence") or ()),
    ]
    anatomies = [item for group in groups for item in group.get("FrameAnatomySequence") or ()]
    return [code for anatomy in anatomies for code in anatomy.get("AnatomicRegionSequence") or ()]


def _as_large_as_a_head(headers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether field of view and reach of the slices are those of a head, or neither can be told."""
    first = headers[0]
    spacing = _numbers(first.get("PixelSpacing"), 2)
    if spacing is None:
        return False
    field = max(spacing[0] * float(first.get("Rows") or 0), spacing[1] * float(first.get("Columns") or 0))
    return _FIELD_MM[0] <= field <= _FIELD_MM[1] and _reach(headers) >= _COVER_MM


def _reach(headers: Sequence[Mapping[str, Any]]) -> float:
    """mm between the outermost slices, along the axis in which they lie furthest apart."""
    positions = [p for header in headers if (p := _numbers(header.get("ImagePositionPatient"), 3)) is not None]
    if len(positions) < 2:
        return 0.0
    return max(float(max(axis) - min(axis)) for axis in zip(*positions, strict=True))


def _numbers(value: Any, count: int) -> list[float] | None:
    try:
        numbers = [float(part) for part in value]
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == count else None
