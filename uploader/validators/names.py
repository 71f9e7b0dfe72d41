"""Structures are named as the trial says.

Rules of the protocol, each an entry or a field of it
    rois[]                       what must, may and must not be there, and how many; also the arms it is asked of
    nomenclature/standard        names that no entry of `rois` lists obey TG-263, where that is the standard. Where
                                 `unknown_rois` is given, that alone judges them
    nomenclature/max_length      characters of a name
    nomenclature/target_dose_style  how the dose stands in names of targets
    nomenclature/unknown_rois    ROIs that no entry of `rois` lists

Findings
    names.missing       an ROI that is asked for is not there under its name, or has no contours
    names.count         more or fewer ROIs bear a name than the protocol says
    names.forbidden     an ROI has a name that must not be
    names.nonstandard   a name is neither listed nor one of TG-263
    names.too-long      a name has too many characters
    names.dose-style    the dose in a target's name is written in another way
    names.unlisted      a name is not listed

A name is read by ROINumber (3006,0022), never by its position, and shown to the reviewer as evidence: an ROI name may
hold a patient's. What a finding suggests is always a name of the protocol; a side that a label does not say is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from uploader.domain.finding import Finding, Ruling, Severity
from uploader.nomenclature import Suggestion, faults
from uploader.nomenclature.targets import target
from uploader.ports import Case
from uploader.validators.conditions import excused
from uploader.validators.judging import ends, not_applicable, not_evaluable, range_words, ruled, severity_of
from uploader.validators.naming import (
    Roi,
    Said,
    all_rois,
    bearing,
    called,
    fitting,
    is_meant,
    names_of,
    own_names,
    rules_of,
    suggester,
    unlisted,
)
from uploader.validators.reading import of_modality
from uploader.validators.recognition import inputs
from uploader.validators.siding import side_seen

_RENAME = "rename the structure as the trial says, or leave it out of the export"


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The rulings of all rules above, with their findings."""
    if not of_modality(case.headers, "RTSTRUCT"):
        yield from _without_structures(case)
        return
    yield from _nomenclature(case)
    for n, said in enumerate(case.asked.get("rois", ())):
        yield from _roi(case, f"/rois/{n}", said)


def _without_structures(case: Case) -> Iterator[Ruling]:
    """A session without a structure set: what is asked for there can be judged by nothing, where one belongs to it."""
    belongs = any(
        _must_be(found.said) for found in case.once(inputs).values() if found.said.get("modality") == "RTSTRUCT"
    )
    for n, said in enumerate(case.asked.get("rois", ())):
        if belongs and said.get("need") in ("required", "conditional"):
            yield excused(case, f"/rois/{n}", said) or not_evaluable(f"/rois/{n}", "the session has no structure set")
        else:
            yield not_applicable(f"/rois/{n}", "the session has no structure set")
    for key in _judged(case.asked.get("nomenclature", {})):
        yield not_applicable(f"/nomenclature/{key}", "the session has no structure set")


def _must_be(said: Said) -> bool:
    return "when" not in said and ends(said.get("count", {"min": 1}))[0] > 0


def _judged(said: Said) -> Iterator[str]:
    return (key for key in ("standard", "max_length", "target_dose_style", "unknown_rois") if key in said)


def _nomenclature(case: Case) -> Iterator[Finding | Ruling]:
    said = case.asked.get("nomenclature", {})
    judges = {"standard": _standard, "max_length": _length, "target_dose_style": _dose_style, "unknown_rois": _unknown}
    for key in _judged(said):
        yield from ruled(f"/nomenclature/{key}", judges[key](case, f"/nomenclature/{key}", said))


def _standard(case: Case, line: str, said: Said) -> Iterator[Finding]:
    rules = rules_of(case.asked)
    if "unknown_rois" in said:
        return
    for roi in case.once(unlisted):
        wrong = faults(roi.name, rules) if rules else ["the protocol does not list it"]
        if wrong:
            yield _about(
                case,
                roi,
                "names.nonstandard",
                severity_of(said),
                line,
                f"the name is not one the trial takes: {wrong[0]}",
            )


def _length(case: Case, line: str, said: Said) -> Iterator[Finding]:
    for roi in case.once(all_rois):
        if len(roi.name) > said["max_length"]:
            yield Finding(
                "names.too-long",
                severity_of(said),
                roi.where,
                "the name of the ROI has more characters than the trial takes",
                "shorten it as the trial says",
                roi.evidence,
                line,
                f"{len(roi.name)} characters",
                f"at most {said['max_length']} characters",
            )


def _dose_style(case: Case, line: str, said: Said) -> Iterator[Finding]:
    wanted = said["target_dose_style"]
    for roi in case.once(all_rois):
        found = target(roi.name)
        if wanted != "any" and found and found.dose and found.dose_style != wanted:
            yield Finding(
                "names.dose-style",
                severity_of(said),
                roi.where,
                "the dose in the name of the target is not written as the trial writes it",
                "rename the target as the trial says",
                roi.evidence,
                line,
                found.dose_style,
                wanted if wanted != "none" else "no dose",
            )


def _unknown(case: Case, line: str, said: Said) -> Iterator[Finding]:
    how = Severity[str(said["unknown_rois"]).upper()]
    for roi in case.once(unlisted):
        yield _about(case, roi, "names.unlisted", how, line, "the name of the ROI is not one the trial uses")


def _about(case: Case, roi: Roi, code: str, how: Severity, line: str, says: str) -> Finding:
    return Finding(code, how, roi.where, says, _advice(_suggested(case, roi)) or _RENAME, roi.evidence, line)


def _suggestions(case: Case) -> Mapping[tuple[str, str], list[Suggestion]]:
    """Entry and number of each ROI that is not listed -> names that the protocol spells out and no ROI bears yet; other
    names could carry what a person typed. Ask by ``case.once(_suggestions)``."""
    suggest = suggester(case.asked, own_only=True).suggest
    free = {name for name in own_names(case.asked) if not bearing(case, name)}
    return {
        (roi.entry, roi.number): [s for s in suggest(roi.name, side_seen(case, roi)) if s.name in free]
        for roi in case.once(unlisted)
    }


def _suggested(case: Case, roi: Roi) -> list[Suggestion]:
    return case.once(_suggestions)[roi.entry, roi.number]


def _advice(found: list[Suggestion]) -> str:
    """What to do about an ROI whose name is not right; empty where nothing is near."""
    if not found:
        return ""
    if found[0].undecided:
        names = " or ".join(s.name for s in found if s.undecided)
        return f"look which it is, then rename it to {names}, if it is that structure ({found[0].reason})"
    return f"rename it to {found[0].name}, if it is that structure ({found[0].reason})"


def _roi(case: Case, line: str, said: Said) -> Iterator[Finding | Ruling]:
    bearers = fitting(case, said)
    if said["need"] == "forbidden":
        yield from ruled(line, _forbidden(line, said, bearers))
        return
    excuse = excused(case, line, said)
    asked_for = said["need"] == "required" or (said["need"] == "conditional" and excuse is None)
    if excuse:
        yield excuse
    else:
        yield from ruled(line, _counted(case, line, said, bearers, asked_for), f"{len(bearers)} of this name")


def _counted(case: Case, line: str, said: Said, bearers: Sequence[Roi], asked_for: bool) -> Iterator[Finding]:
    bounds = said.get("count", {})
    low, high = ends(bounds)
    named = "are named" if names_of(said) else "have a name that fits"
    if not bearers:
        if asked_for and low != 0:
            yield _missing(case, line, said)
    elif asked_for and low != 0 and not any(roi.contours for roi in bearers):
        yield _undrawn(line, said, bearers[0])
    elif not low <= len(bearers) <= high:
        yield Finding(
            "names.count",
            severity_of(said),
            bearers[-1].where,
            f"more or fewer ROIs than the trial asks for {named} {called(said)}",
            "send as many as the trial asks for, each with its name",
            bearers[-1].evidence,
            line,
            str(len(bearers)),
            range_words(bounds),
        )


def _undrawn(line: str, said: Said, bearer: Roi) -> Finding:
    """A structure that is asked for and has nothing but its name is not there."""
    return Finding(
        "names.missing",
        severity_of(said),
        bearer.where,
        "an ROI that the trial asks for has no contours",
        "draw the structure, and send the RTSTRUCT again",
        bearer.evidence,
        line,
        "no contours",
        "contours",
    )


def _missing(case: Case, line: str, said: Said) -> Finding:
    named = called(said)
    draw = f"rename it to {named}" if names_of(said) else "give it a name that fits"
    return Finding(
        "names.missing",
        severity_of(said),
        "session (3006,0026)",
        f"no ROI is named {named}" if names_of(said) else f"no ROI has a name that fits {named}",
        _who_may_be(case, said) or f"draw the structure, or {draw}, and send the RTSTRUCT again",
        line=line,
        found="none",
        expected=named,
    )


def _who_may_be(case: Case, said: Said) -> str:
    """Which ROI, by its number, may be the one that is missing."""
    for roi in case.once(unlisted):
        for suggestion in _suggested(case, roi):
            if is_meant(case.asked, said, suggestion.name):
                look = "ask whether" if suggestion.undecided else "look whether"
                then = f"then rename it to {suggestion.name} ({suggestion.reason})"
                return f"{look} ROI {roi.number} is that structure; {then}"
    return ""


def _forbidden(line: str, said: Said, bearers: Iterable[Roi]) -> Iterator[Finding]:
    for roi in bearers:
        yield Finding(
            "names.forbidden",
            severity_of(said),
            roi.where,
            "the ROI has a name that the trial does not take",
            "rename it as the trial says, or leave it out of the export",
            roi.evidence,
            line,
        )
