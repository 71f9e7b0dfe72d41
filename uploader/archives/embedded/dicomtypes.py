"""Which XNAT type a DICOM series or study becomes, and which scan ID it gets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
"""SOP Class root of Secondary Capture and its multi-frame kin. PS3.4 B.5."""

_SCANS = {
    "MR": "mr",
    "CT": "ct",
    "PT": "pet",
    "NM": "nm",
    "US": "us",
    "CR": "cr",
    "DX": "dx",
    "MG": "mg",
    "XA": "xa",
    "SR": "sr",
    "SEG": "seg",
    "SC": "sc",
    **dict.fromkeys(("RTSTRUCT", "RTPLAN", "RTDOSE", "RTIMAGE", "RTRECORD"), "rtImage"),
}
_SESSIONS = ("pet", "mr", "ct", "xa", "us", "cr", "dx", "mg", "nm")
"""The first of these among the scans names the session: PT + CT is PET, MR + RTSTRUCT is MR."""


def scan_type(modality: str, sop_class: str = "") -> str:
    """``xnat:ctScanData`` for CT; Secondary Capture wins over what its Modality claims."""
    if sop_class.startswith(SECONDARY_CAPTURE):
        return "xnat:scScanData"
    return f"xnat:{_SCANS.get(modality, 'otherDicom')}ScanData"


def session_type(scan_types: Collection[str]) -> str:
    """Of the scans' types, the session's: an imaging modality wins over RT, RT over anything else."""
    for kind in _SESSIONS:
        if f"xnat:{kind}ScanData" in scan_types:
            return f"xnat:{kind}SessionData"
    only_rt = "xnat:rtImageScanData" in scan_types
    return "xnat:rtSessionData" if only_rt else "xnat:otherDicomSessionData"


def scan_id(uid: str, number: str, modality: str, taken: Mapping[str, str]) -> str:
    """ID of the scan that holds series `uid`: its SeriesNumber, or ``1-MR1`` when another series has that.

    taken: scan ID -> series UID of the scans that exist
    """
    for known, series in taken.items():
        if series == uid:
            return known
    if number and number not in taken:
        return number
    stem = f"{number}-{modality or 'OT'}" if number else modality or "OT"
    return next(name for name in _numbered(stem) if name not in taken)


def _numbered(stem: str) -> Iterable[str]:
    number = 0
    while True:
        number += 1
        yield f"{stem}{number}"
