"""Names of targets: type, classifier, number, imaging, structure, dose, crop, custom, in this order (TG-263 section 8).

The report fixed where each part goes, and no one scheme: whether a trial wants ``PTV_High`` or ``PTV_6500`` is for the
trial to list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TYPES = ("GTV", "CTV", "ITV", "IGTV", "ICTV", "PTV", "PTV!")
"""Longer ones begin with a letter of their own, so the order does not matter."""
CLASSIFIERS = ("n", "p", "sb", "par", "vas", "v")
"""Nodal, primary, surgical bed, parenchyma, vascular, venous thrombosis."""

_TARGET = re.compile(
    r"(?P<type>PTV!|IGTV|ICTV|GTV|CTV|ITV|PTV)(?P<classifier>n|p|sb|par|vas|v)?(?P<number>\d{1,2})?"
    r"(?P<imaging>(?:_(?:CT|PT|MR|SP)\d{1,2})*)(?P<structure>(?:_[A-Z][A-Za-z]*~?)*?)"
    r"(?:_(?P<dose>High|Low|Mid(?:\d\d)?|\d{3,5}(?:x\d{1,2})?|\d{1,3}(?:[.p]\d{1,2})?Gy(?:x\d{1,2})?))?"
    r"(?:-(?P<crop>\d\d))?(?:\^(?P<custom>.*))?"
)
_IN_GY = re.compile(r"(\d{1,3})(?:[.p](\d{1,2}))?Gy")


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a target's name.

    dose: as it is written, relative (``High``), in cGy (``5040``) or in Gy (``50.4Gy``); per fraction ``2000x3``
    crop_mm: by how much it is drawn back from the skin or another structure
    structure: the structure it is of, as it is written
    """

    type: str
    classifier: str = ""
    number: str = ""
    imaging: str = ""
    structure: str = ""
    dose: str = ""
    crop_mm: str = ""
    custom: str = ""

    @property
    def dose_style(self) -> str:
        """``relative``, ``cGy`` or ``Gy``; empty without a dose."""
        if not self.dose:
            return ""
        if self.dose[0].isalpha():
            return "relative"
        return "Gy" if "Gy" in self.dose else "cGy"

    @property
    def dose_cgy(self) -> int | None:
        """The dose in cGy, where it says one."""
        if self.dose_style == "cGy":
            return int(self.dose.partition("x")[0])
        in_gy = _IN_GY.match(self.dose)
        return int(in_gy[1]) * 100 + int((in_gy[2] or "0").ljust(2, "0")) if in_gy else None


def target(name: str) -> Target | None:
    """The parts of a target's name; None for a name that is not one by the grammar."""
    found = _TARGET.fullmatch(name)
    if found is None:
        return None
    part = {key: value or "" for key, value in found.groupdict().items()}
    return Target(
        part["type"],
        part["classifier"],
        part["number"],
        part["imaging"].lstrip("_"),
        part["structure"].lstrip("_"),
        part["dose"],
        part["crop"],
        part["custom"],
    )


def looks_like_target(label: str) -> bool:
    """Whether a label, however it is written, begins with the type of a target."""
    return re.match(r"\s*(?:i?[gc]tv|itv|ptv)", label, re.IGNORECASE) is not None
