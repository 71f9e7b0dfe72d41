"""The rules of `structures` on ROIs that the protocol names: type, code, volume, slices, wholeness."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from uploader.contours.measures import volume_cc
from uploader.contours.parsing import roi_number
from uploader.contours.structure import Structure
from uploader.domain.finding import Finding, Ruling
from uploader.domain.private import Private
from uploader.ports import Case, Header
from uploader.validators.answers import Answer, right, ruled_by, unknown, wrong
from uploader.validators.conditions import excused
from uploader.validators.drawn import drawn
from uploader.validators.judging import cc_words, not_applicable, number, range_words, severity_of, within
from uploader.validators.naming import Said, fitting
from uploader.validators.reading import items, text
from uploader.validators.structure_set import drawn_on, stacks

_TYPES = frozenset(
    {
        *("ORGAN", "AVOIDANCE", "EXTERNAL", "GTV", "CTV", "PTV", "TREATED_VOLUME", "IRRAD_VOLUME", "BOLUS", "SUPPORT"),
        *(
            "FIXATION",
            "DOSE_REGION",
            "CONTROL",
            "MARKER",
            "CONTRAST_AGENT",
            "CAVITY",
            "BRACHY_CHANNEL",
            "BRACHY_ACCESSORY",
        ),
        *("BRACHY_SRC_APP", "BRACHY_CHNL_SHLD", "ISOCENTER", "REGISTRATION", "DOSE_MEASUREMENT"),
    }
)
"""Terms of RT ROI Interpreted Type, PS3.3 C.8.8.8.1; nothing else is ever shown."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One ROI under one rule of an entry of `rois`."""

    case: Case
    line: str
    said: Said
    structure: Structure

    def wrong(
        self, code: str, says: str, remedy: str, found: str = "", expected: str = "", tag: str = "3006,0026"
    ) -> Answer:
        """The ROI is not as the rule asks."""
        where = f"{self.structure.entry} ({tag}) ROI {self.structure.number}"
        evidence = Private(self.structure.name)
        return wrong(Finding(code, severity_of(self.said), where, says, remedy, evidence, self.line, found, expected))

    @property
    def observation(self) -> Header:
        """Its item of the RT ROI Observations Sequence (3006,0080)."""
        every = items(self.case.headers[self.structure.entry], "RTROIObservationsSequence")
        return next((i for i in every if roi_number(i, "ReferencedROINumber") == self.structure.number), {})


def judged(case: Case) -> Iterator[Finding | Ruling]:
    """The rulings of these rules in all entries of `rois`, with their findings."""
    for n, said in enumerate(case.asked.get("rois", ())):
        for name in (name for name in _RULES if name in said):
            yield from _ruled(case, f"/rois/{n}/{name}", said, _RULES[name])


def _ruled(case: Case, line: str, said: Said, judge: Callable[[Shape], Answer]) -> Iterator[Finding | Ruling]:
    meant = {(roi.entry, roi.number) for roi in fitting(case, said)}
    found = [structure for structure in case.once(drawn) if (structure.entry, structure.number) in meant]
    excuse = excused(case, line, said)
    if excuse is not None:
        yield excuse
    elif not found:
        yield not_applicable(line, "there is no such ROI")
    else:
        yield from ruled_by(line, (judge(Shape(case, line, said, structure)) for structure in found))


def _type(shape: Shape) -> Answer:
    kind, allowed = shape.structure.kind, shape.said["interpreted_type"]
    if not kind:
        return unknown("the structure set does not say of what type the ROI is")
    if kind in allowed:
        return right(kind)
    says, remedy = (
        "the ROI is of another type than the trial asks for",
        "set the type of the structure in the planning system",
    )
    found = kind if kind in _TYPES else "another"
    return shape.wrong("structures.type", says, remedy, found, " or ".join(allowed), "3006,00A4")


def _code(shape: Shape) -> Answer:
    said = [(text(i, "CodingSchemeDesignator"), text(i, "CodeValue")) for i in _codes(shape)]
    asked = shape.said["code"]
    if not said:
        return right("the structure set gives the ROI no code, as most do")
    if (asked["scheme"], asked["value"]) in said:
        return right()
    says, remedy = "the ROI has the code of something else", "look whether the structure is what its name says"
    return shape.wrong(
        "structures.code", says, remedy, "another code", f"{asked['value']} ({asked['scheme']})", "3006,0086"
    )


def _codes(shape: Shape) -> Iterator[Header]:
    return items(shape.observation, "RTROIIdentificationCodeSequence")


def _volume(shape: Shape) -> Answer:
    if not shape.structure.planes:
        return unknown("the ROI has no areas")
    volume, asked = volume_cc(shape.structure), shape.said["volume_cc"]
    said = cc_words(volume)
    if within(volume, asked):
        return right(said)
    says = "the volume of the ROI is not what the trial expects: it may be another structure, or drawn in part"
    return shape.wrong(
        "structures.volume",
        says,
        "look whether the structure is the one its name says",
        said,
        range_words(asked, "cm3"),
        "3006,0050",
    )


def _slices(shape: Shape) -> Answer:
    planes, least = len(shape.structure.planes), shape.said["min_slices"]
    if planes >= least:
        return right(f"{planes} slices")
    says, remedy = "the ROI is drawn on too few slices", "draw the whole structure"
    return shape.wrong("structures.slices", says, remedy, number(planes), f"at least {number(least)}", "3006,0050")


def _whole(shape: Shape) -> Answer:
    structure = shape.structure
    planes = shape.case.once(stacks)[structure.entry, drawn_on(shape.case, structure.entry)]
    if not structure.planes or planes is None:
        return unknown("the ROI has no areas" if planes else "the images do not say where they are")
    if not any(planes.is_end(at) for at in structure.planes):
        return right()
    says = "the ROI reaches the first or the last image, so that the scan may cut the organ"
    remedy = "send a scan that holds the whole organ, or name the structure as a part where the trial allows that"
    return shape.wrong("structures.cut", says, remedy, tag="3006,0050")


_RULES: Mapping[str, Callable[[Shape], Answer]] = {
    "interpreted_type": _type,
    "code": _code,
    "volume_cc": _volume,
    "min_slices": _slices,
    "whole_organ": _whole,
}
