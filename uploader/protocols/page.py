"""A protocol as a page that a trial designer reads: what it says of itself, then every rule in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from uploader.domain.enumeration import both
from uploader.domain.finding import Severity
from uploader.domain.trial import Protocol
from uploader.protocols.rules import ruled_places
from uploader.protocols.sentences import condition, sentence

Said = Mapping[str, Any]
Fact = tuple[str, str]
"""What it is about, and what is said of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A rule of the page.

    says: the sentence
    name: what waivers call the rule
    pointer, row: where it stands: JSON pointer, and the line of the file
    """

    says: str
    severity: Severity
    name: str
    pointer: str
    row: int


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    facts: tuple[Fact, ...] = ()
    rules: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]


def page(protocol: Protocol, schema: Said, rows: Mapping[str, int]) -> Page:
    """The page of a protocol that is right.

    rows: JSON pointer -> line of its file
    """
    content = protocol.content
    found: dict[str, list[Line]] = {}
    for place, rule in ruled_places(content, schema):
        line = Line(sentence(place, content), rule.severity, rule.name, rule.line, rows.get(rule.line, 0))
        found.setdefault(_section(rule.line), []).append(line)
    sections = (Section(title, tuple(facts), tuple(found.get(key, ()))) for key, title, facts in _sections(content))
    return Page(
        f"{protocol.trial} {protocol.version}: {protocol.title}",
        tuple(_about(protocol)),
        tuple(section for section in sections if section.facts or section.rules),
    )


def _section(pointer: str) -> str:
    """Rules of an input and of a time point are together; of the rest, those of a block."""
    _, block, *rest = pointer.split("/")
    return f"{block}/{rest[0]}" if block in ("inputs", "timepoints") else block


def _about(protocol: Protocol) -> Iterator[Fact]:
    said = protocol.content
    yield "Status", protocol.status
    for name, label in (
        ("valid_from", "Valid from"),
        ("valid_to", "Valid to"),
        ("sponsor", "Sponsor"),
        ("contact", "Contact"),
        ("note", "Note"),
        ("project", "Project at the centre"),
        ("session_label", "Session labels"),
    ):
        if name in said:
            yield label, str(said[name])
    for name, label in (("supersedes", "Supersedes"), ("registry_ids", "Registry numbers"), ("scripts", "Scripts")):
        if name in said:
            yield label, ", ".join(said[name])
    check = f", last character by {protocol.subject_check}" if protocol.subject_check else ""
    yield "Subject IDs", f"like {protocol.subject_example}: {protocol.subject_pattern}{check}"
    if protocol.subject_automatic:
        yield "Automatic subject IDs", protocol.subject_automatic
    yield "Privacy policy", protocol.policy
    yield "Dates", f"moved by up to {protocol.max_shift_days} days, the same for all of a subject"
    if protocol.institution_is_site:
        yield "Institution Name", "what the trial calls the site"
    for name, label in (("arms", "Arms"), ("sites", "Sites")):
        if name in said:
            yield label, "; ".join(f"{each['code']}: {each['label']}" for each in said[name])
    yield "SHA-256", protocol.digest


def _sections(content: Said) -> Iterator[tuple[str, str, list[Fact]]]:
    """Key, title and facts of each section, in the order of the page."""
    for index, said in enumerate(content.get("timepoints", ())):
        yield f"timepoints/{index}", f"Time point {said['code']}: {said['label']}", []
    for index, said in enumerate(content.get("inputs", ())):
        yield f"inputs/{index}", f"{said['label']} ({said['key']})", list(_input(said))
    yield "course", "Course of treatment", []
    yield "cross_checks", "Inputs together", []
    yield "nomenclature", "Names of structures", list(_names(content.get("nomenclature", {})))
    yield "rois", "Structures", []
    yield "roi_relations", "How structures lie to one another", []
    yield "dvh_checks", "Dose to structures", []
    yield "checks", "Further validators", [(c["validator"], _params(c)) for c in content.get("checks", ())]
    yield "privacy", "Privacy", list(_privacy(content.get("privacy", {})))
    yield "sign_off", "Sign-off", list(_sign_off(content.get("sign_off", {})))
    yield "delivery", "Delivery", list(_delivery(content.get("delivery", {})))
    yield "outcome", "Outcome", list(_outcome(content.get("outcome", {})))


def _input(said: Said) -> Iterator[Fact]:
    how = "; ".join(map(_recognised, said.get("match", ())))
    yield "Recognised by", f"modality {said['modality']}" + (f"; {how}" if how else "")
    if "sop_classes" in said:
        yield "SOP classes", ", ".join(said["sop_classes"])
    if "prefer" in said:
        yield "Which one, of several", said["prefer"].replace("_", " ")
    if "images" in said.get("structure_set", {}):
        yield "Drawn on", said["structure_set"]["images"]
    if "note" in said:
        yield "Note", said["note"]


def _recognised(said: Said) -> str:
    missing = " or is missing" if said.get("on_missing") == "pass" else ""
    return condition(said) + missing + (f" ({said['why']})" if "why" in said else "")


def _names(said: Said) -> Iterator[Fact]:
    if "table" in said:
        yield "Table of names", said["table"]
    if "form" in said:
        yield "Form", said["form"]
    if "ignore" in said:
        yield "Differences that do not count", ", ".join(said["ignore"])
    if "allow" in said:
        yield "Permitted forms", ", ".join(said["allow"]).replace("_", " ")
    for extra in said.get("extra_names", ()):
        yield f"Name {extra['name']}", extra["meaning"]
    for name, labels in said.get("synonyms", {}).items():
        yield f"{name} is also called", ", ".join(labels)
    if "rename" in said:
        yield "Renaming", _renaming(said["rename"])


_CONFIRMED = {
    "each": "a person confirms each new name",
    "batch": "a person confirms all new names at once",
    "none_for_exact_synonyms": "a listed synonym gets its name by itself; a person confirms every other new name",
}


def _renaming(said: Said) -> str:
    if not said["allowed"]:
        return "not by the site"
    least = f"; suggested from a likeness of {said['suggest_min_score']}" if "suggest_min_score" in said else ""
    side = "; no name that says another side than the contours" if said.get("geometry_guard") else ""
    return f"{_CONFIRMED[said['confirm']]}{least}{side}"


def _privacy(said: Said) -> Iterator[Fact]:
    if "options" in said:
        yield "Options of PS3.15", ", ".join(said["options"])
    if "dates" in said:
        intervals = ", intervals kept" if said["dates"].get("preserve_intervals") else ""
        yield "Dates", said["dates"]["method"].replace("_", " ") + intervals
    for name, label in (("keep", "Attributes that stay"), ("private_allow", "Private elements that stay")):
        if said.get(name):
            yield label, ", ".join(said[name])
    for each in said.get("burned_in", ()):
        yield f"Text in pixels of {each['modality']}", each["action"].replace("_", " ")
    if "age_cap_years" in said:
        yield "Highest age", f"{said['age_cap_years']} years"
    if "roi_names_as_free_text" in said:
        yield "Names of structures as free text", said["roi_names_as_free_text"].replace("_", " ")


def _sign_off(said: Said) -> Iterator[Fact]:
    if said:
        yield "By", both(said["roles"]) + (", different people" if said.get("distinct_people") else "")
        for attestation in said["attestations"]:
            yield "Attests", attestation


def _delivery(said: Said) -> Iterator[Fact]:
    if "target" in said:
        yield "Target", "the central archive of the site's settings"
    if "confirm" in said:
        yield "Confirmed", "by reading it back, file by file"


def _outcome(said: Said) -> Iterator[Fact]:
    if said:
        yield "Stops a session", " or ".join(said["block_on"])
    for waiver in said.get("waivers", ()):
        yield f"May let pass: {waiver['check']}", f"{waiver['role']}, for {' or '.join(waiver['reason_codes'])}"


def _params(check: Said) -> str:
    return "; ".join(f"{name}: {value}" for name, value in check.get("params", {}).items()) or "no parameters"
