"""A clinic's label taken apart: target or organ, margin, what is cut out, and the words that remain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from uploader.nomenclature.words import Words, read

LONGEST = 128
"""Characters of a label that are read; an ROI name has 64 at most (PS3.5 6.2, LO)."""
_NOT_FOR_DOSE = re.compile(r"^(?:z+(?=[A-Z_\s])|_+)\s*_?")
_MARGIN = re.compile(
    r"[+(]?(?:\bprv|(?<=[a-z])PRV|(?<=[A-Za-z_ ])prv)?[\s_+=]*(?P<figure>\d{1,2}(?:[.,]\d)?)\s*(?P<unit>mm|cm)\b\)?",
    re.IGNORECASE,
)
_PRV = re.compile(r"(?:(?<![A-Za-z])|(?<=[a-z]))prv[\s_]*(?:(?P<figure>\d{1,2})(?!\d))?(?![a-z])|PRV", re.IGNORECASE)
_CROP = re.compile(
    r"(?:\s*-\s*|[\s_]*(?:minus|less|without|excl|ex|not|non|no)[\s_]*(?:the )?)(?P<what>i?gtv|i?ctv|itv|ptv)[\s\w!]*$",
    re.IGNORECASE,
)
_TYPE = re.compile(r"\s*(?P<type>igtv|ictv|gtv|ctv|itv|ptv!?)", re.IGNORECASE)
_DOSE = re.compile(r"(?<![\d.])(?P<figure>\d{1,5}(?:[.,p]\d{1,2})?)\s*(?P<unit>cgy|gy)?(?![\d.])", re.IGNORECASE)
_RELATIVE = re.compile(r"(?<![a-z])(high|hi|hr|low|lr|mid|intermediate|ir|int)(?![a-z])", re.IGNORECASE)
_RELATIVES = {"high": "High", "hi": "High", "hr": "High", "low": "Low", "lr": "Low"}
_CLASSIFIERS = {
    "n": "n", "node": "n", "nodes": "n", "nodal": "n", "ln": "n", "lns": "n", "nd": "n",
    "p": "p", "primary": "p", "prim": "p", "t": "p", "tumor": "p", "tumour": "p",
    "sb": "sb", "bed": "sb",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TargetLabel:
    """What a label says of a target.

    dose_cgy: 0 where it says none; relative: ``High``, ``Mid``, ``Low`` or empty
    """

    type: str
    classifier: str = ""
    number: str = ""
    dose_cgy: int = 0
    relative: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says.

    prv: it is an organ with a margin; margin_mm: its width, 0 where it does not say
    crop: type of the target that is cut out of it; empty for none
    target: where it is a target's label
    """

    words: Words
    prv: bool = False
    margin_mm: int = 0
    crop: str = ""
    target: TargetLabel | None = None
    not_for_dose: bool = False
    custom: str = ""


@lru_cache(maxsize=1 << 14)
def take_apart(label: str) -> Label:
    """Total: every label is taken apart somehow. Of one that is longer than any name may be, only the beginning."""
    label = label[:LONGEST]
    rest, _, custom = label.partition("^")
    bare = _NOT_FOR_DOSE.sub("", rest)
    not_for_dose = bare != rest
    kind = _TYPE.match(bare)
    if kind:
        rest = bare[kind.end() :]
        return Label(read(rest), target=_target(kind["type"], rest), not_for_dose=not_for_dose)
    crop = _CROP.search(bare)
    bare = bare[: crop.start()] if crop and crop.start() else bare
    what = crop["what"].upper() if crop and crop.start() else ""
    bare, prv, margin = _margin(bare)
    return Label(read(bare.replace("~", " ")), prv, margin, what, None, not_for_dose, custom)


def _margin(label: str) -> tuple[str, bool, int]:
    """The label without its margin, whether it has one, and its width in mm."""
    prv = _PRV.search(label)
    sized = _MARGIN.search(label)
    if prv is None and (sized is None or not re.search(r"\+|exp|plus|marg|grow|\bprv", label, re.IGNORECASE)):
        return label, False, 0
    millimetres = 0
    if sized:
        figure = float(sized["figure"].replace(",", "."))
        millimetres = round(figure * 10 if sized["unit"].lower() == "cm" else figure)
    elif prv and prv["figure"]:
        millimetres = int(prv["figure"])
    for found in (_MARGIN, _PRV):
        label = found.sub(" ", label)
    return re.sub(r"(?i)\b(?:plus|exp(?:anded)?|margin|grow)\b|\+", " ", label), True, millimetres


def _target(kind: str, rest: str) -> TargetLabel:
    relative = _RELATIVE.search(rest.replace("_", " "))
    number, dose = "", 0
    for found in _DOSE.finditer(rest):
        cgy = _cgy(found["figure"], found["unit"])
        if cgy and not dose:
            dose = cgy
        elif not cgy and not number:
            number = str(int(float(found["figure"].replace(",", ".").replace("p", "."))))
    said = "" if relative is None else _RELATIVES.get(relative[1].lower(), "Mid")
    return TargetLabel(kind.upper(), _classifier(rest), number, dose, said)


def _cgy(figure: str, unit: str | None) -> int:
    """A dose in cGy; 0 for a figure that is none: one without a unit that is too small for a dose in Gy."""
    value = float(re.sub("[,p]", ".", figure))
    if unit and unit.lower() == "cgy":
        return round(value)
    if unit:
        return round(value * 100)
    if value >= 500:
        return round(value)
    return round(value * 100) if value >= 20 else 0


def _classifier(rest: str) -> str:
    for word in re.findall(r"[A-Za-z]+", rest):
        if word.lower() in _CLASSIFIERS and not (word.isupper() and len(word) == 1 and word not in "NPT"):
            return _CLASSIFIERS[word.lower()]
    return ""
