"""Modalities (0008,0060) to XNAT's data types."""

from __future__ import annotations

from collections.abc import Iterable

_SCANS = {
    "MR": "mr",
    "CT": "ct",
    "PT": "pet",
    "CR": "cr",
    "DX": "dx",
    "MG": "mg",
    "NM": "nm",
    "US": "us",
    "XA": "xa",
    "SEG": "seg",
    "SR": "sr",
    "SC": "sc",
}
_SESSIONS = ("PT", "MR", "CT", "NM", "XA", "MG", "US", "DX", "CR")
"""The first of these that a session contains gives its type: a PET/CT with contours is a PET session."""


def scan_type(modality: str) -> str:
    """``CT`` -> ``xnat:ctScanData``; every radiotherapy object is an ``xnat:rtImageScanData``."""
    if modality.startswith("RT"):
        return "xnat:rtImageScanData"
    return f"xnat:{_SCANS.get(modality, 'otherDicom')}ScanData"


def session_type(modalities: Iterable[str]) -> str:
    """The type of a session with these modalities; ``xnat:rtSessionData`` only without any images."""
    present = set(modalities)
    for modality in _SESSIONS:
        if modality in present:
            return f"xnat:{_SCANS[modality]}SessionData"
    if present and all(m.startswith("RT") for m in present):
        return "xnat:rtSessionData"
    return "xnat:otherDicomSessionData"
