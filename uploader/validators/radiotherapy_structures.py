"""The rules of `radiotherapy` on structures; they are told in its docstring."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.domain.finding import Finding, Severity
from uploader.domain.private import Private
from uploader.ports import Header, Headers
from uploader.validators.reading import items, of_modality, severity, text

SEPARATORS = re.compile(r"[\s_-]+")
Fold = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Roi:
    """An ROI as its RTSTRUCT tells it."""

    entry: str
    number: str
    """ROINumber (3006,0022), as text."""
    name: str
    """ROIName (3006,0026)."""
    contours: int

    @property
    def where(self) -> str:
        return f"{self.entry} (3006,0026) ROI {self.number}"

    @property
    def evidence(self) -> Private[str]:
        return Private(self.name)


def findings(headers: Headers, params: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the ROIs of all RTSTRUCTs of the session."""
    fold = folding(frozenset(params.get("ignore", ())))
    sets = {name: rois(name, header) for name, header in of_modality(headers, "RTSTRUCT").items()}
    for name, header in of_modality(headers, "RTSTRUCT").items():
        yield from _numbered(name, header, sets[name])
        yield from _named(sets[name], fold)
    everything = [roi for found in sets.values() for roi in found]
    required = [[entry] if isinstance(entry, str) else list(entry) for entry in params.get("required", ())]
    yield from _required(everything, required, fold)
    listed = [*params.get("permitted", ()), *(name for entry in required for name in entry)]
    yield from _unlisted(everything, listed, fold, severity(params, "unlisted", Severity.QUESTION))
    yield from _empty(everything, severity(params, "empty", Severity.QUESTION))


def rois(entry: str, structures: Header) -> Sequence[Roi]:
    """The ROIs of an RTSTRUCT in the order of their definition, with their contours counted by ROI number."""
    contours: Counter[str] = Counter()
    for item in items(structures, "ROIContourSequence"):
        drawn = (contour.get("ContourData") for contour in items(item, "ContourSequence"))
        contours[text(item, "ReferencedROINumber")] += sum(1 for data in drawn if data is not None and len(data))
    return [
        Roi(entry, number, text(item, "ROIName"), contours[number])
        for item in items(structures, "StructureSetROISequence")
        for number in [text(item, "ROINumber")]
    ]


def folding(ignored: frozenset[str]) -> Fold:
    """How names are compared: `ignored` holds ``case``, ``separators``, both or neither."""

    def fold(name: str) -> str:
        name = unicodedata.normalize("NFKC", name)
        name = name.casefold() if "case" in ignored else name
        return SEPARATORS.sub("", name) if "separators" in ignored else name

    return fold


def matches(name: str, pattern: str, fold: Fold) -> bool:
    """Whether an ROI name is what a protocol's name, perhaps with ``*``, stands for."""
    parts = (re.escape(fold(part)) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), fold(name), re.DOTALL) is not None


def _required(found: Sequence[Roi], required: Sequence[Sequence[str]], fold: Fold) -> Iterator[Finding]:
    for names in required:
        called = " or ".join(names)
        fitting = [roi for roi in found if any(matches(roi.name, name, fold) for name in names)]
        if not fitting:
            yield Finding(
                "radiotherapy.roi-required",
                Severity.REFUSAL,
                "session (3006,0026)",
                f"no ROI is named {called} (protocol: checks/radiotherapy/required)",
                f"draw the structure, or rename it to {called}, and send the RTSTRUCT again",
            )
        elif not any(roi.contours for roi in fitting):
            yield Finding(
                "radiotherapy.roi-required-empty",
                Severity.REFUSAL,
                fitting[0].where,
                f"the ROI named {called} has no contours (protocol: checks/radiotherapy/required)",
                "draw the structure and send the RTSTRUCT again",
            )


def _unlisted(found: Sequence[Roi], listed: Sequence[str], fold: Fold, how: Severity) -> Iterator[Finding]:
    for roi in found:
        if roi.name and not any(matches(roi.name, name, fold) for name in listed):
            yield Finding(
                "radiotherapy.roi-unlisted",
                how,
                roi.where,
                "the name of the ROI is not one the trial uses (protocol: checks/radiotherapy/permitted)",
                "rename the structure as the trial says, or leave it out of the export",
                roi.evidence,
            )


def _empty(found: Sequence[Roi], how: Severity) -> Iterator[Finding]:
    for roi in found:
        if not roi.contours:
            yield Finding(
                "radiotherapy.roi-empty",
                how,
                roi.where,
                "the ROI has no contours (protocol: checks/radiotherapy/empty)",
                "draw the structure, or leave it out of the export",
                roi.evidence,
            )


def _named(found: Sequence[Roi], fold: Fold) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for roi in found:
        if not roi.name:
            yield Finding(
                "radiotherapy.roi-unnamed",
                Severity.REFUSAL,
                roi.where,
                "the ROI has no name",
                "name the structure and send the RTSTRUCT again",
            )
        elif fold(roi.name) in seen:
            yield Finding(
                "radiotherapy.roi-doubled",
                Severity.REFUSAL,
                roi.where,
                f"ROI {seen[fold(roi.name)]} has the same name, as the trial compares names "
                "(protocol: checks/radiotherapy/ignore)",
                "give each structure a name of its own",
                roi.evidence,
            )
        seen.setdefault(fold(roi.name), roi.number)


def _numbered(name: str, structures: Header, found: Sequence[Roi]) -> Iterator[Finding]:
    counts = Counter(roi.number for roi in found)
    for number in sorted(n for n, count in counts.items() if count > 1):
        yield Finding(
            "radiotherapy.roi-number-doubled",
            Severity.REFUSAL,
            f"{name} (3006,0022) ROI {number}",
            f"{counts[number]} ROIs have this number, so that their contours cannot be told apart",
            "export the RTSTRUCT again from the planning system",
        )
    for sequence, tag in (("ROIContourSequence", "3006,0039"), ("RTROIObservationsSequence", "3006,0080")):
        used = {text(item, "ReferencedROINumber") for item in items(structures, sequence)}
        for number in sorted(used - counts.keys()):
            yield Finding(
                "radiotherapy.roi-number-unknown",
                Severity.REFUSAL,
                f"{name} ({tag}) ROI {number}",
                "no ROI of the structure set has this number",
                "export the RTSTRUCT again from the planning system",
            )
