"""Codes of positron emitters: those of SNOMED CT, which DICOM writes today, beside those of SRT, which scanners write.

Source: PS3.16 CID 4020 "PET Radionuclide" and annex L, as pydicom's tables have them.
"""

from __future__ import annotations

from collections.abc import Mapping

_SRT: Mapping[str, str] = {
    "40565003": "C-105A1",  # 11Carbon
    "40937006": "C-114A5",  # 124Iodine
    "21576001": "C-107A1",  # 13Nitrogen
    "424875009": "C-1018C",  # 14Oxygen
    "129504001": "C-B1038",  # 15Oxygen
    "77004003": "C-111A1",  # 18Fluorine
    "71633006": "C-155A1",  # 22Sodium
    "423764008": "C-135A4",  # 38Potassium
    "75696008": "C-166A2",  # 45Titanium
    "69089000": "C-130A1",  # 52Iron
    "37225000": "C-149A1",  # 52Manganese
    "425364008": "C-127A4",  # 60Copper
    "71425003": "C-127A1",  # 61Copper
    "422934004": "C-127A5",  # 62Copper
    "65054007": "C-141A1",  # 62Zinc
    "3932008": "C-127A2",  # 64Copper
    "79477007": "C-131A1",  # 66Gallium
    "35337001": "C-131A3",  # 68Gallium
    "53315004": "C-128A2",  # 68Germanium
    "2705002": "C-115A2",  # 72Arsenic
    "87437000": "C-116A2",  # 73Selenium
    "17910003": "C-113A1",  # 75Bromine
    "79523006": "C-113A2",  # 76Bromine
    "86521004": "C-113A3",  # 77Bromine
    "79197006": "C-159A2",  # 82Rubidium
    "10738001": "C-162A3",  # 86Yttrium
    "63360001": "C-168A4",  # 89Zirconium
    "14691008": "C-162A7",  # 90Yttrium
    "424079002": "C-163AA",  # 94mTechnetium
}
"""SNOMED CT code -> SRT code."""


def known_as(code: object) -> str:
    """One code for each nuclide, whichever of the two it is written with; any other code as it is."""
    written = str(code).strip()
    return _SRT.get(written, written)


def is_nuclide(code: object) -> bool:
    """Whether it is a code of the standard."""
    return known_as(code) in _SRT.values()
