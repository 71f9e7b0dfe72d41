"""Kinds of objects: which attributes each may have, and which kinds cannot be made safe by treating elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache

from uploader.passes import tables
from uploader.passes.attributes import tags_of

GENERAL = (
    "patient",
    "clinical-trial-subject",
    "general-study",
    "patient-study",
    "clinical-trial-study",
    "general-series",
    "clinical-trial-series",
    "general-equipment",
    "frame-of-reference",
    "general-acquisition",
    "general-image",
    "image-plane",
    "image-pixel",
    "multi-frame",
    "cine",
    "voi-lut",
    "modality-lut",
    "sop-common",
)
"""Modules whose attributes an object of unknown kind may have."""

SISTERS = {
    "ct-image": ("enhanced-ct-image",),
    "mr-image": ("enhanced-mr-image",),
    "positron-emission-tomography-image": ("enhanced-pet-image",),
    "x-ray-angiographic-image": ("enhanced-xa-image",),
    "x-ray-radiofluoroscopic-image": ("enhanced-xrf-image",),
    "ultrasound-image": ("enhanced-us-volume",),
    "ultrasound-multi-frame-image": ("enhanced-us-volume",),
}
"""Makers put attributes of the enhanced IOD into classic objects, b-values and gradients of MR above all."""

_PIXELS = "image-pixel"
_SHOWN = (
    "image-pixel",
    "multi-frame",
    "cine",
    "voi-lut",
    "modality-lut",
    "palette-color-lookup-table",
    "nm-multi-frame",
)
"""Modules that decoding and showing pixels can need, whether the IOD of the image names them or not."""

_ONCE = {
    "rt-plan": tags_of("BeamDoseSpecificationPoint"),
    "rt-ion-plan": tags_of("BeamDoseSpecificationPoint", "NominalBeamEnergyUnit"),
    "ct-image": tags_of("EstimatedDoseSaving"),
}
"""Numbers and codes that planning systems and scanners still write and PS3.3 no longer names."""

_SR_MODULE = "sr-document-content"
_DRAWINGS = tags_of("GraphicAnnotationSequence")

_ENCAPSULATED = "a document inside the object, which nothing here can read through"
_VIDEO = "a film of a person or of the body, with faces, rooms and perhaps voices that nothing here can find"
_VOICE = "a recorded voice"
_EMPTY = "nothing but curves, overlays or tables that are removed"
_UNSAFE = {
    "1.2.840.10008.5.1.4.1.1.104.1": f"encapsulated PDF: {_ENCAPSULATED}",
    "1.2.840.10008.5.1.4.1.1.104.2": f"encapsulated CDA: {_ENCAPSULATED}",
    "1.2.840.10008.5.1.4.1.1.104.3": f"encapsulated STL: {_ENCAPSULATED}",
    "1.2.840.10008.5.1.4.1.1.104.4": f"encapsulated OBJ: {_ENCAPSULATED}",
    "1.2.840.10008.5.1.4.1.1.104.5": f"encapsulated MTL: {_ENCAPSULATED}",
    "1.2.840.10008.5.1.4.1.1.66": "raw data: everything in it is private to the maker",
    "1.2.840.10008.5.1.4.1.1.77.1.1.1": f"endoscopic video: {_VIDEO}",
    "1.2.840.10008.5.1.4.1.1.77.1.2.1": f"microscopic video: {_VIDEO}",
    "1.2.840.10008.5.1.4.1.1.77.1.4.1": f"photographic video: {_VIDEO}",
    "1.2.840.10008.5.1.4.1.1.77.1.4": "a photograph, on which the patient may be recognised",
    "1.2.840.10008.5.1.4.1.1.9.4.1": f"voice audio: {_VOICE}",
    "1.2.840.10008.5.1.4.1.1.9.4.2": f"audio: {_VOICE}",
    "1.2.840.10008.5.1.4.1.1.88.2": f"audio report: {_VOICE}",
    "1.2.840.10008.5.1.4.1.1.8": f"standalone overlay: {_EMPTY}",
    "1.2.840.10008.5.1.4.1.1.9": f"standalone curve: {_EMPTY}",
    "1.2.840.10008.5.1.4.1.1.129": f"standalone PET curve: {_EMPTY}",
    "1.2.840.10008.5.1.1.27": "stored print: films are printed with the patient's name",
    "1.2.840.10008.5.1.1.29": "hardcopy: films are printed with the patient's name",
    "1.2.840.10008.5.1.1.30": "hardcopy: films are printed with the patient's name",
    "1.2.840.10008.5.1.4.1.1.201.1": "inventory: a list of patients",
    "1.2.840.10008.1.3.10": "a directory of media: a list of patients",
    "1.2.840.10008.10.1": f"real-time video: {_VIDEO}",
    "1.2.840.10008.10.2": f"real-time video: {_VIDEO}",
    "1.2.840.10008.10.3": f"real-time audio: {_VOICE}",
}
"""What is wrong with objects of a class, whatever becomes of their elements (UIDs of PS3.6 table A-1)."""


@cache
def attributes(sop_class: str) -> Mapping[int, str]:
    """The attributes that the IOD of a class names at any depth, and the most demanding type of each.

    Without an IOD: those of `GENERAL`. Type 3 are also those that images need to be shown, of a classic image those
    of its enhanced sister, and what an earlier edition named.
    """
    iod = tables.iod_of(sop_class)
    if iod is None:
        return _most_demanding(GENERAL)
    modules = tables.modules_of(iod)
    more = [*(_SHOWN if _PIXELS in modules else ()), *(m for s in SISTERS.get(iod, ()) for m in tables.modules_of(s))]
    optional = dict.fromkeys((*_most_demanding(more), *_ONCE.get(iod, ())), "3")
    return optional | _most_demanding(modules)


class Kind(Enum):
    """Of objects whose attributes mean something of their own."""

    REPORT = "a document made of content items (PS3.3 A.35)"
    DRAWN_OVER = "has lines and texts to be drawn over images (PS3.3 C.10.5)"
    OTHER = "any other"


@cache
def kind(sop_class: str) -> Kind:
    iod = tables.iod_of(sop_class)
    modules = () if iod is None else tables.modules_of(iod)
    if _SR_MODULE in modules:
        return Kind.REPORT
    return Kind.DRAWN_OVER if attributes(sop_class).keys() >= _DRAWINGS else Kind.OTHER


def unsafe(sop_class: str) -> str | None:
    """Why objects of a class cannot be made safe element by element, None when they can."""
    if not sop_class:
        return "without SOP Class UID nobody can say what the object is"
    return _UNSAFE.get(sop_class)


def _most_demanding(modules: Iterable[str]) -> dict[int, str]:
    named: dict[int, str] = {}
    for module in modules:
        for tag, kind in tables.demands(module).items():
            named[tag] = min(named.get(tag, "3"), kind, key=tables.DEMANDS.index)
    return named
