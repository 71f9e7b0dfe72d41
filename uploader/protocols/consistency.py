"""What a schema cannot say of a protocol: that it does not contradict itself, and names nothing that is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from itertools import chain
from typing import Any

from uploader.domain.checkdigit import is_right
from uploader.domain.trial import LABEL
from uploader.domain.waivable import waivable
from uploader.linear import compiled
from uploader.protocols import attributes, conditions, mentions
from uploader.protocols.faults import Wrong, as_far_as_read
from uploader.protocols.rules import Place, places, rules

Content = Mapping[str, Any]

BELONGS_TO: Mapping[str, tuple[str, ...]] = {
    "structure_set": ("RTSTRUCT",),
    "plan": ("RTPLAN",),
    "dose": ("RTDOSE",),
    "pet": ("PT",),
    "mr": ("MR",),
}
"""Block of an input -> the modalities that it is about."""
_NEEDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "geometry": (("oblique_tol_deg", "orientation"),),
    "structure_set": (
        ("approval_on_missing", "approval"),
        ("all_referenced_present", "images"),
        ("max_unreferenced_images", "images"),
        ("frame_of_reference_matches", "images"),
        ("outside_image", "images"),
    ),
    "plan": (("approval_on_missing", "approval"),),
    "dose": (("one_per_plan", "plan"), ("max_dose_pct_of_rx", "plan")),
}
"""Block -> fields, each with the field without which it says nothing."""


def contradictions(content: Content, schema: Content) -> Iterator[Wrong]:
    """All of a document that fits the schema."""
    return chain.from_iterable(_checked(content, schema, list(places(content, schema))))


def readable_contradictions(content: Any, schema: Content, told: Set[str]) -> Iterator[Wrong]:
    """Those of a document that does not fit the schema, as far as it can be read.

    told: pointers of what does not fit; of a single value, nothing more is said
    """
    found = list(as_far_as_read(places(content, schema)))
    enough = {place.pointer for place in found if place.pointer in told and not isinstance(place.value, (dict, list))}
    for check in as_far_as_read(_checked(content, schema, found)):
        yield from (wrong for wrong in as_far_as_read(check) if wrong[0] not in enough)


def _checked(content: Content, schema: Content, found: Sequence[Place]) -> Iterator[Iterable[Wrong]]:
    """Of each check, small ones apart, what it finds."""
    for check in (_subject_id, _label, _days, _supersedes, _outcome, _alike):
        yield check(content)
    yield from (_twice(content, block) for block in _UNIQUE)
    yield _ids_twice(found)
    for place in found:
        yield from (look(place) for look in (_range, _needed, _modality, _roi, _dvh))
        yield attributes.wrong([place])
        yield conditions.wrong(content, [place])
        yield mentions.wrong(content, place)
    yield from mentions.in_lists(content)
    yield _waivers(content, schema)


def _subject_id(content: Content) -> Iterator[Wrong]:
    said = content["subject_id"]
    try:
        pattern = compiled(said["pattern"])
    except ValueError as error:
        yield "/subject_id/pattern", str(error)
        return
    if not pattern.fullmatch(said["example"]) or not LABEL.fullmatch(said["example"]):
        yield "/subject_id/example", "does not match /subject_id/pattern"
    elif said.get("check_digit") and not is_right(said["check_digit"], said["example"]):
        yield "/subject_id/example", "does not end with the character that /subject_id/check_digit makes"


def _label(content: Content) -> Iterator[Wrong]:
    if "{timepoint}" in content["session_label"] and not content.get("timepoints"):
        yield "/session_label", "has {timepoint}, and there is no list of timepoints"


def _days(content: Content) -> Iterator[Wrong]:
    named = [name for name in ("valid_from", "valid_to") if name in content]
    days = {}
    for name in named:
        try:
            days[name] = date.fromisoformat(content[name])
        except ValueError:
            yield f"/{name}", "is not a day of the calendar; expected YYYY-MM-DD"
    if len(days) == 2 and days["valid_from"] > days["valid_to"]:
        yield "/valid_to", "is before /valid_from"


def _supersedes(content: Content) -> Iterator[Wrong]:
    for index, version in enumerate(content.get("supersedes", ())):
        if int(version[1:]) >= int(content["version"][1:]):
            yield f"/supersedes/{index}", f"is not earlier than {content['version']}"


def _outcome(content: Content) -> Iterator[Wrong]:
    if "refusal" not in content.get("outcome", {}).get("block_on", ("refusal",)):
        yield "/outcome/block_on", "must have refusal: a session that is refused always stops"


def _waivers(content: Content, schema: Content) -> Iterator[Wrong]:
    asked = list(rules(content, schema))
    names = {rule.name for rule in asked}
    seen: set[tuple[str, str]] = set()
    for index, said in enumerate(content.get("outcome", {}).get("waivers", ())):
        place, check = f"/outcome/waivers/{index}/check", said["check"]
        if check not in names:
            near = sorted(name for name in names if name.partition(".")[0] == check.partition(".")[0])
            yield place, f"no rule is called so; near to it are: {', '.join(near[:8]) or 'none'}"
        elif not waivable({"outcome": {"waivers": [said]}}, asked):
            yield place, "nobody may let this rule pass: it is about whose the files are, or whether they are whole"
        elif (check, said["role"]) in seen:
            yield place, f"{check} is there a second time for the role {said['role']}"
        seen.add((check, said["role"]))


def _alike(content: Content) -> Iterator[Wrong]:
    """Inputs that take every series of their modality, where another input is for some of these."""
    inputs = content["inputs"]
    for index, said in enumerate(inputs):
        others = [each["key"] for each in inputs if each["modality"] == said["modality"] and each is not said]
        if others and not {"match", "sop_classes", "prefer"} & said.keys():
            yield (
                f"/inputs/{index}",
                f"every series of {', '.join(others)} would be this input too; say in match which is",
            )


_UNIQUE: Mapping[str, Callable[[Any], Any]] = {
    "arms": lambda item: item["code"],
    "timepoints": lambda item: item["code"],
    "sites": lambda item: item["code"],
    "inputs": lambda item: item["key"],
    "rois": lambda item: item.get("name", item.get("pattern", tuple(item.get("any_of", ())))),
    "checks": lambda item: item["validator"],
}


def _twice(content: Content, block: str) -> Iterator[Wrong]:
    """Items of a list that are known by the same name."""
    seen = set()
    for index, item in enumerate(content.get(block, ())):
        if (name := _UNIQUE[block](item)) in seen:
            yield f"/{block}/{index}", f"{name if isinstance(name, str) else ' '.join(name)} is there a second time"
        seen.add(name)


def _ids_twice(found: Iterable[Place]) -> Iterator[Wrong]:
    first: dict[str, str] = {}
    for place in found:
        if isinstance(place.value, Mapping) and "id" in place.value:
            other = first.setdefault(place.value["id"], place.pointer)
            if other != place.pointer:
                yield f"{place.pointer}/id", f"{place.value['id']} is the id of {other} already"


def _range(place: Place) -> Iterator[Wrong]:
    value = place.value
    if not isinstance(value, Mapping):
        return
    if "min" in value and "max" in value and value["min"] > value["max"]:
        yield place.pointer, f"min {value['min']} is above max {value['max']}"
    if "eq" in place.schema.get("properties", {}):
        if "eq" in value and ("min" in value or "max" in value):
            yield place.pointer, "has eq and a bound; expected eq, or min and max"
        if "eq" not in value and ("tol" in value or "tol_pct" in value):
            yield place.pointer, "has a tolerance and no eq that it is of"
        if "tol" in value and "tol_pct" in value:
            yield place.pointer, "has two tolerances; expected tol or tol_pct"


def _needed(place: Place) -> Iterator[Wrong]:
    if isinstance(place.value, Mapping):
        for name, needs in _NEEDS.get(place.names[-1] if place.names else "", ()):
            if name in place.value and needs not in place.value:
                yield f"{place.pointer}/{name}", f"says nothing without {needs}"


def _modality(place: Place) -> Iterator[Wrong]:
    if place.pointer.count("/") == 2 and place.pointer.startswith("/inputs/"):
        for block, modalities in BELONGS_TO.items():
            if block in place.value and place.value["modality"] not in modalities:
                yield f"{place.pointer}/{block}", f"is for {' or '.join(modalities)}, not for {place.value['modality']}"


def _roi(place: Place) -> Iterator[Wrong]:
    if not place.pointer.startswith("/rois/") or place.pointer.count("/") != 2:
        return
    if place.value["need"] == "conditional" and "when" not in place.value:
        yield place.pointer, "is conditional and does not say when"
    if place.value["need"] == "forbidden":
        for name in ("volume_cc", "min_slices", "whole_organ", "interpreted_type", "code", "count"):
            if name in place.value:
                yield f"{place.pointer}/{name}", "is asked of an ROI that is forbidden"
    if "pattern" in place.value:
        try:
            compiled(place.value["pattern"])
        except ValueError as error:
            yield f"{place.pointer}/pattern", str(error)


def _dvh(place: Place) -> Iterator[Wrong]:
    if place.pointer.startswith("/dvh_checks/") and place.pointer.count("/") == 2:  # noqa: SIM102
        if not {"min", "max"} & place.value.keys():
            yield place.pointer, "has neither min nor max"
