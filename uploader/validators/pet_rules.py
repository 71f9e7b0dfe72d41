"""What the rules of a block ``pet`` ask of one series, but for the SUV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from uploader.domain.finding import Finding
from uploader.domain.private import Private
from uploader.ports import Header
from uploader.validators import suv, wording
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.attributes import place, values
from uploader.validators.blocks import Block
from uploader.validators.judging import number, range_words, within
from uploader.validators.nuclides import is_nuclide, known_as

_ENTRY = "correct the entry with the record of the injection at hand, and send again; if it is right, ask the trial"
_SERIES = "send the series that the trial asks for"


@dataclass(frozen=True, slots=True)
class Series:
    """One series before one rule.

    asked: what the rule says
    start: when its scan began
    """

    block: Block
    line: str
    asked: Any
    headers: Mapping[str, Header]
    start: datetime | None

    def wrong(
        self, code: str, attribute: str, entry: str, says: str, remedy: str, found: str, expected: str
    ) -> Finding:
        """A finding about an attribute of one of its images; its values are evidence."""
        label = self.block.input.said["label"]
        where = f"{entry} {place(attribute)}"
        finding = self.block.finding(code, self.line, where, f"{label}: {says}", remedy, found, expected)
        return replace(finding, evidence=wording.evidence([self.headers[entry]], attribute))

    def seen(self, entry: str, attribute: str) -> str:
        """What may be shown of the attribute of one of its images; ``nothing`` where it has none."""
        header = self.headers[entry]
        return wording.found([header], {"attr": attribute}) if values(header, attribute) else "nothing"


Judge = Callable[[Series], Answer]
Measure = Callable[[Series, Header], float | None]


def listed(code: str, attribute: str, says: str) -> Judge:
    """A rule whose attribute must be one of the values that the protocol lists."""

    def rule(series: Series) -> Answer:
        several = {entry: values(header, attribute) for entry, header in series.headers.items()}
        others = [entry for entry, found in several.items() if found and not set(map(str, found)) <= set(series.asked)]
        if others:
            seen = series.seen(others[0], attribute)
            return wrong(series.wrong(code, attribute, others[0], says, _SERIES, seen, " or ".join(series.asked)))
        return right() if all(several.values()) else unknown(f"{place(attribute)} is missing")

    return rule


def corrections(series: Series) -> Answer:
    lacking = {
        entry: [each for each in series.asked if each not in made]
        for entry, header in series.headers.items()
        if (made := values(header, "CorrectedImage"))
    }
    worst = max(lacking.items(), key=lambda item: len(item[1]), default=("", []))
    if worst[1]:
        entry, missing = worst
        seen = series.seen(entry, "CorrectedImage")
        says = f"it is not corrected as the trial asks: {', '.join(missing)} is not among its corrections"
        expected = " and ".join(series.asked)
        return wrong(series.wrong("pet.corrections", "CorrectedImage", entry, says, _SERIES, seen, expected))
    return right() if len(lacking) == len(series.headers) else unknown(f"{place('CorrectedImage')} is missing")


def radionuclide(series: Series) -> Answer:
    attribute = f"{suv.INJECTION}.RadionuclideCodeSequence[0].CodeValue"
    accepted = {known_as(code) for code in series.asked}
    found = {entry: values(header, attribute) for entry, header in series.headers.items()}
    others = [entry for entry, codes in found.items() if codes and not {known_as(c) for c in codes} <= accepted]
    if others:
        seen = ", ".join(known_as(code) for code in found[others[0]] if is_nuclide(code))
        says, expected = "the nuclide is not one that the trial asks for", " or ".join(series.asked)
        return wrong(series.wrong("pet.radionuclide", attribute, others[0], says, _ENTRY, seen, expected))
    return right() if all(found.values()) else unknown("the code of the nuclide is missing")


def tracer(series: Series) -> Answer:
    accepted = {name.casefold() for name in series.asked}
    found = {entry: _names(header) for entry, header in series.headers.items()}
    others = [entry for entry, names in found.items() if names and not {n.casefold() for n in names} & accepted]
    attribute = f"{suv.INJECTION}.Radiopharmaceutical"
    if others:
        expected = " or ".join(series.asked)
        says = "the tracer is not called as the trial asks"
        finding = series.wrong("pet.tracer", attribute, others[0], says, _ENTRY, "", expected)
        return wrong(replace(finding, evidence=Private(" | ".join(found[others[0]]))))
    return right() if all(found.values()) else unknown("the name of the tracer is missing")


def _names(header: Header) -> list[str]:
    """The tracer's name as coded and as written."""
    paths = ("Radiopharmaceutical", "RadiopharmaceuticalCodeSequence[0].CodeMeaning")
    return [str(value) for path in paths for value in values(header, f"{suv.INJECTION}.{path}")]


def ranged(code: str, attribute: str, what: str, unit: str, measure: Measure) -> Judge:
    """A rule whose number must lie in the protocol's range in every image."""

    def rule(series: Series) -> Answer:
        measured = {entry: measure(series, header) for entry, header in series.headers.items()}
        known = {entry: value for entry, value in measured.items() if value is not None}
        others = [entry for entry, value in known.items() if not within(value, series.asked)]
        if others:
            says = f"{what} is not what the trial asks for"
            seen, expected = f"{number(known[others[0]])} {unit}", range_words(series.asked, unit)
            return wrong(series.wrong(code, attribute, others[0], says, _ENTRY, seen, expected))
        if len(known) < len(measured):
            return unknown(f"{what} is not known")
        return right(f"{number(next(iter(known.values())))} {unit}")

    return rule


def megabecquerel(series: Series, header: Header) -> float | None:
    dose = suv.injection_number(header, "RadionuclideTotalDose")
    return None if dose is None or suv.injections(header) > 1 else dose / 1e6


def by_weight(series: Series, header: Header) -> float | None:
    dose, weight = megabecquerel(series, header), suv.positive(header, "PatientWeight")
    return None if dose is None or weight is None else dose / weight


def uptake(series: Series, header: Header) -> float | None:
    """Minutes from the injection to the scan."""
    injected = suv.injected_at(header, series.start)
    if series.start is None or injected is None or suv.injections(header) > 1:
        return None
    return (series.start - injected).total_seconds() / 60


def weight(series: Series, header: Header) -> float | None:
    return suv.positive(header, "PatientWeight")


def after_injection(series: Series) -> Answer:
    passed = {entry: uptake(series, header) for entry, header in series.headers.items()}
    early = [entry for entry, minutes in passed.items() if minutes is not None and minutes < 0]
    if early:
        where = f"{suv.INJECTION}.RadiopharmaceuticalStartTime"
        says = "the scan began before the injection"
        seen = f"{number(float(passed[early[0]] or 0))} min"
        return wrong(series.wrong("pet.before-injection", where, early[0], says, _ENTRY, seen, "at least 0 min"))
    return unknown("the time of the injection or of the scan is missing") if None in passed.values() else right()
