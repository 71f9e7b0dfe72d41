"""Which objects must be searched for text in their image. Source: DICOM PS3.15 E.3.1, PS3.3 C.7.6.1.1.2, C.8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DRAWING = "US IVUS SC XA RF CR DX MG IO PX ES OT XC GM SM OP OPT TG BDUS EPS ECG HD LS DG SMR"
DRAWING = frozenset(_DRAWING.split())
"""Modalities whose devices draw text into images, or whose images are scanned from paper or film."""
_MEASURED = "CT MR PT NM RTIMAGE RTDOSE SEG REG RTSTRUCT RTPLAN RTRECORD KO PR SR RWV"
MEASURED = frozenset(_MEASURED.split())
"""Modalities whose images are computed from measurements, and carry no text unless they are derived."""
_SECONDARY = "1.2.840.10008.5.1.4.1.1.7"
"""Secondary Capture, and the multi-frame ones below it."""
_SCREENS = (
    "SECONDARY",
    "SCREEN",
    "SAVE",
    "REPORT",
    "PROTOCOL",
    "DOSE_INFO",
    "CAPTURE",
    "SNAPSHOT",
    "SUMMARY",
    "OSIRIX",
)


_STATES = "1.2.840.10008.5.1.4.1.1.11."
"""What the classes of presentation states begin with."""
DRAWN_OVER = "the object says what is drawn over images"


def reason(header: Mapping[str, Any]) -> str:
    """Why the object must be searched, in words for a person; empty when it need not be. `DRAWN_OVER` for one without
    an image, whose lines may be writing.

    header: attributes by keyword, see `ports.Header`
    """
    if _text(header.get("SOPClassUID")).startswith(_STATES):
        return DRAWN_OVER
    if not header.get("Rows"):
        return ""
    burned = _text(header.get("BurnedInAnnotation"))
    if burned and burned != "NO":
        return "the object says that text is burned into it"
    modality = _text(header.get("Modality"))
    if _text(header.get("SOPClassUID")).startswith(_SECONDARY):
        return "the object is a picture of a screen, a film or paper"
    if modality in DRAWING:
        return f"devices of modality {modality} draw text into images"
    if modality not in MEASURED:
        return "the modality is not one that is known to be free of text"
    return _copied(header) or _coloured(header)


def _copied(header: Mapping[str, Any]) -> str:
    kinds = _list(header.get("ImageType"))
    if any(word in kind for kind in kinds for word in _SCREENS):
        return "the image is secondary, or a picture of a screen"
    return "the image says how it was digitised" if header.get("ConversionType") else ""


def _coloured(header: Mapping[str, Any]) -> str:
    colour = (header.get("SamplesPerPixel") or 1) != 1 or _text(header.get("PhotometricInterpretation")).startswith("P")
    return "the image is in colour, which no measurement is" if colour else ""


def _text(value: Any) -> str:
    return str(value or "").strip().upper()


def _list(value: Any) -> list[str]:
    several = value if isinstance(value, (list, tuple)) else [value]
    return [_text(part) for each in several for part in str(each or "").split("\\")]
