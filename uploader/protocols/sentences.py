"""Every rule of a protocol in a sentence, as a trial designer would say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from uploader.domain.enumeration import both, either
from uploader.domain.ranges import number, range_words
from uploader.protocols.rules import Place
from uploader.when import in_words, parsed

Said = Mapping[str, Any]


def sentence(place: Place, document: Said) -> str:
    """What the rule at `place` asks for: one sentence with its numbers and units."""
    for pointer, says in _SPECIAL:
        if pointer.fullmatch(place.pointer):
            return _capital(says(place, document)) + "."
    return _capital(_plain(place)) + "."


def condition(said: Said) -> str:
    """``attr`` held against what ``op`` asks: of a constraint, or of a condition by which a series is recognised."""
    unit = said.get("unit", "")
    match said["op"]:
        case "present":
            what = "is there"
        case "non_empty":
            what = "has a value"
        case "absent":
            what = "is not there"
        case "eq":
            what = f"is {_one(said['value'], unit)}"
        case "in":
            what = f"is {_or(said['values'])}{_unit(unit)}"
        case "not_in":
            what = f"is not {_or(said['values'])}{_unit(unit)}"
        case "range":
            what = f"is {range_words(said['range'], unit)}"
        case "regex":
            what = f"matches {said['value']}"
        case "contains_all":
            what = f"has {_and(said['values'])}{_unit(unit)}"
        case "same_across_series":
            what = "is the same in all instances of a series"
        case _:
            what = f"is the same as in {said['ref']}"
    scale = f", times {number(said['scale'])}," if "scale" in said else ""
    return f"{said['attr']}{scale} {what}{_SCOPES[said.get('scope', 'every_instance')]}"


_SCOPES = {
    "every_instance": "",
    "any_instance": " in one instance at least",
    "series": " in one instance at least of each series",
    "session": " in one instance at least of the session",
}
_MISSING = {
    "fail": "if it is missing, that is as wrong a value",
    "question": "if it is missing, that is a question",
    "note": "if it is missing, that is noted",
    "pass": "it may be missing",
}


def _plain(place: Place) -> str:
    """As the schema has it: its own sentence, or its title and the value."""
    schema = place.schema
    title = str(schema.get("title", place.title))
    if place.value is True:
        return str(schema["description"]).rstrip(".")
    if "refusal" in schema.get("enum", ()):
        return f"{title}: each is a {place.value}"
    says = str(schema.get("x-says", f"{title} is {{}}"))
    return says.format(_value(place.value, str(schema.get("x-unit", "")), _and if "all of" in says else _or))


def _value(value: Any, unit: str, join: Callable[[Iterable[Any]], str]) -> str:
    if isinstance(value, Mapping):
        return _code(value) if "scheme" in value else range_words(value, unit)
    if isinstance(value, list):
        return join(value) + _unit(unit)
    return _one(value, unit)


def _count(place: Place, document: Said) -> str:
    said = document["inputs"][int(place.pointer.split("/")[2])]
    unit = said.get("unit", "series")
    unit = "instance" if unit == "instances" and place.value.get("max") == 1 else unit
    return f"A session has {how_many(place.value)} {unit} of it" + _if(said)


def _visit(place: Place, document: Said) -> str:
    labels = {said["key"]: said["label"] for said in document["inputs"]}
    return f"This visit brings: {', '.join(labels.get(key, key) for key in place.value)}"


def _visits(place: Place, document: Said) -> str:
    return f"A subject has at most {place.value} session{'s' if place.value > 1 else ''} at this visit"


def _constraint(place: Place, document: Said) -> str:
    said = place.value
    missing = _MISSING.get(said.get("on_missing", ""))
    return condition(said) + _if(said) + (f"; {missing}" if missing else "") + _why(said)


def _same(place: Place, document: Said) -> str:
    said = place.value
    where = "in all series of it at this visit" if "/same_in_visit/" in place.pointer else "as at earlier visits"
    tolerance = f", within {number(said['tol'])}{_unit(said.get('unit', ''))}" if "tol" in said else ""
    tolerance += f", within {number(said['tol_pct'])} %" if "tol_pct" in said else ""
    return f"{said['attr']} is the same {where}{tolerance}" + _why(said)


def _cover(place: Place, document: Said) -> str:
    said = place.value
    lateral = f" and {number(said['lateral_mm'])} mm to the sides of" if "lateral_mm" in said else " beyond"
    return (
        f"The scan reaches at least {number(said['superior_mm'])} mm towards the head and "
        f"{number(said['inferior_mm'])} mm towards the feet{lateral} {said['roi']}"
    )


def _covers(place: Place, document: Said) -> str:
    return f"The dose grid holds all of {place.value}"


def _prescription(place: Place, document: Said) -> str:
    said = place.value
    fraction = f", {range_words(said['fraction_gy'], 'Gy')} a fraction" if "fraction_gy" in said else ""
    arm = f" in arm {said['arm']}" if "arm" in said else ""
    sources = f", read from {' or else '.join(said['source'])}" if "source" in said else ""
    by = " by all plans together" if place.pointer.startswith("/course/") else ""
    return f"{said['target']} is prescribed{by} {range_words(said['total_gy'], 'Gy')}{fraction}{arm}{sources}"


def _course(place: Place, document: Said) -> str:
    return f"Plans of {_and(place.value)} are phases of one treatment, and their doses add up"


def _cross(place: Place, document: Said) -> str:
    said = place.value
    names = said.get("inputs", [])
    match said["kind"]:
        case "reference_chain":
            what = f"Each refers to the next, to the very instance: {', '.join(names)}"
        case "same_frame_of_reference":
            what = f"{_and(names)} have one frame of reference"
        case "registration_links":
            what = f"A registration joins {_and(names)}"
        case "same_study":
            what = f"{_and(names)} are of one study"
        case "time_interval_days":
            what = f"From {names[0]} to {names[1]} it is {range_words(said['range'], 'days')}"
        case "one_patient":
            what = "All files are of one patient"
        case "same_attribute":
            what = f"{said['attr']} is the same in {_and(names)}"
        case _:
            what = "What names and contours say of left and right agrees"
    return what + _if(said) + _why(said)


def _roi(place: Place, document: Said) -> str:
    said = place.value
    name = roi_name(said)
    holds = f" if {in_words(parsed(said['when']))}" if "when" in said else ""
    match said["need"]:
        case "required":
            what = f"{name} is there, with contours{holds}"
        case "conditional":
            what = f"{name} is there, with contours,{holds}; else it may be"
        case "optional":
            what = f"{name} may be there{holds}"
        case _:
            what = f"{name} is not there{holds}"
    count = f", {how_many(said['count'])} of them" if "count" in said else ""
    return what + count + (f"; {said['note']}" if "note" in said else "")


def _of_roi(place: Place, document: Said) -> str:
    """Which structure it is about, and what is asked of it."""
    what = _plain(place)
    return f"{roi_name(document['rois'][int(place.pointer.split('/')[2])])}: {what[:1].lower()}{what[1:]}"


def _relation(place: Place, document: Said) -> str:
    said = place.value
    a, b = said["a"], said["b"]
    match said["rel"]:
        case "within":
            what = f"{a} lies within {b}"
        case "contains":
            what = f"{a} contains {b}"
        case "disjoint":
            what = f"{a} and {b} have nothing in common"
        case "overlaps":
            what = f"{a} and {b} overlap"
        case "larger_than":
            what = f"{a} is larger than {b}"
        case "side_of_body":
            what = f"{a} lies on the side of {b} that its name says"
        case _:
            what = f"{a} reaches beyond {b} by {range_words(said['range'], 'mm')}"
    tolerance = f", but for at most {number(said['tolerance_cc'])} cm3" if said.get("tolerance_cc") else ""
    return what + tolerance + _if(said) + _why(said)


def _dvh(place: Place, document: Said) -> str:
    said = place.value
    return f"{said['metric']} of {said['roi']} is {range_words(said)}" + _if(said) + _why(said)


_SPECIAL: tuple[tuple[re.Pattern[str], Callable[[Place, Said], str]], ...] = tuple(
    (re.compile(pointer), says)
    for pointer, says in (
        (r"/inputs/\d+/count", _count),
        (r"/timepoints/\d+/inputs", _visit),
        (r"/timepoints/\d+/max_sessions", _visits),
        (r"/inputs/\d+/acquisition/\d+", _constraint),
        (r"/inputs/\d+/mr/same_\w+/\d+", _same),
        (r"/inputs/\d+/geometry/cover/\d+", _cover),
        (r"/inputs/\d+/dose/covers/\d+", _covers),
        (r"/(inputs/\d+/plan|course)/prescriptions/\d+", _prescription),
        (r"/course/plans", _course),
        (r"/cross_checks/\d+", _cross),
        (r"/rois/\d+", _roi),
        (r"/rois/\d+/.+", _of_roi),
        (r"/roi_relations/\d+", _relation),
        (r"/dvh_checks/\d+", _dvh),
    )
)


def roi_name(said: Said) -> str:
    """How people call an entry of rois."""
    if "any_of" in said:
        return _or(said["any_of"])
    return str(said["name"]) if "name" in said else f"an ROI that matches {said['pattern']}"


def how_many(said: Said) -> str:
    """``exactly 1``, ``2 to 4``, ``at least 1``, ``any number``."""
    low, high = said["min"], said.get("max")
    if high is None:
        return f"at least {low}" if low else "any number of"
    if low == high:
        return f"exactly {low}"
    return f"{low} to {high}" if low else f"at most {high}"


def _if(said: Said) -> str:
    return f", if {in_words(parsed(said['when']))}" if "when" in said else ""


def _why(said: Said) -> str:
    return f" ({said['why']})" if "why" in said else ""


def _code(said: Said) -> str:
    return f"{said['scheme']} {said['value']} ({said['meaning']})"


def _one(value: Any, unit: str) -> str:
    return f"{_word(value)}{_unit(unit)}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""


def _or(values: Iterable[Any]) -> str:
    return either(map(_word, values))


def _and(values: Iterable[Any]) -> str:
    return both(map(_word, values))


def _word(value: Any) -> str:
    return number(value) if isinstance(value, (int, float)) else str(value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
