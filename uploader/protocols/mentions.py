"""Whether the inputs, arms and ROIs that a protocol speaks of are there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any

from uploader.linear import compiled
from uploader.protocols.faults import Wrong
from uploader.protocols.rules import Place

Content = Mapping[str, Any]

_OF_INPUTS = re.compile(
    r"/(timepoints/\d+/inputs|cross_checks/\d+/inputs|course/plans)/\d+"
    r"|/inputs/\d+/(structure_set/images|dose/(plan|frame_of_reference_matches)|acquisition/\d+/ref)"
)
_OF_ROIS = re.compile(
    r"/inputs/\d+/(geometry/cover/\d+/roi|dose/covers/\d+|plan/prescriptions/\d+/target)|/course/prescriptions/\d+/target"
    r"|/roi_relations/\d+/[ab]|/dvh_checks/\d+/roi"
)
_OF_ARMS = re.compile(r"/(inputs/\d+/plan|course)/prescriptions/\d+/arm")
_MODALITY = {"dose/plan": "RTPLAN", "course/plans": "RTPLAN"}

FEWEST: Mapping[str, tuple[int, int | None]] = {
    "reference_chain": (2, None),
    "same_frame_of_reference": (2, None),
    "registration_links": (2, 2),
    "same_study": (2, None),
    "time_interval_days": (2, 2),
    "same_attribute": (1, None),
    "one_patient": (0, None),
    "laterality_consistent": (0, None),
}
"""Kind of a cross check -> how many inputs it is about, at least and at most."""
_TAKES = {"attr": ("same_attribute",), "range": ("time_interval_days",)}
"""Field of a cross check -> the kinds that need it; no other takes it."""


def wrong(content: Content, place: Place) -> Iterator[Wrong]:
    """What is wrong with one place of a document that mentions something."""
    if _OF_INPUTS.fullmatch(place.pointer):
        yield from _input(place, {said["key"]: said["modality"] for said in content.get("inputs", ())})
    elif _OF_ROIS.fullmatch(place.pointer) and not _known(content, place.value):
        yield place.pointer, f"no entry of rois names {place.value}"
    elif _OF_ARMS.fullmatch(place.pointer) and place.value not in {said["code"] for said in content.get("arms", ())}:
        yield place.pointer, f"there is no arm {place.value}"


def in_lists(content: Content) -> Iterator[Iterable[Wrong]]:
    """What is wrong with the items of lists that relate others, item by item, and with the synonyms."""
    for block, look in (("cross_checks", _cross_check), ("roi_relations", _relation)):
        for index, said in enumerate(content.get(block, ())):
            yield zip(repeat(f"/{block}/{index}"), look(said))
    yield _synonyms(content.get("nomenclature", {}))


def _input(place: Place, inputs: Mapping[str, str]) -> Iterator[Wrong]:
    if place.value not in inputs:
        yield place.pointer, f"there is no input {place.value}; there are {', '.join(inputs)}"
        return
    asked = next((modality for part, modality in _MODALITY.items() if part in place.pointer), None)
    if asked and inputs[place.value] != asked:
        yield place.pointer, f"the input {place.value} is {inputs[place.value]}; expected {asked}"


def _known(content: Content, name: str) -> bool:
    """Whether an entry of rois is for ROIs of this name, or is itself what is mentioned."""
    rois, nomenclature = content.get("rois", ()), content.get("nomenclature", {})
    listed = [each for said in rois for each in (said.get("name"), *said.get("any_of", ())) if each]
    listed += [said["name"] for said in nomenclature.get("extra_names", ())]
    wildcards = (".*".join(map(re.escape, each.split("*"))) for each in listed)
    if any(re.fullmatch(each, name) for each in wildcards):
        return True
    if any(_fits(said["pattern"], name) for said in rois if "pattern" in said):
        return True
    from uploader.nomenclature.folding import folding, matches  # here: its table of names takes long to load

    fold = folding(nomenclature.get("ignore", ()))
    return any(matches(name, each, fold) for each in listed)


def _fits(pattern: str, name: str) -> bool:
    try:
        return compiled(pattern).fullmatch(name) is not None
    except ValueError:
        return False


def _cross_check(said: Content) -> Iterator[str]:
    fewest, most = FEWEST[said["kind"]]
    number = len(said.get("inputs", ()))
    if number < fewest or (most is not None and number > most):
        yield f"{said['kind']} is about {fewest}{' or more' if most is None else ''} inputs, and {number} are named"
    for name, kinds in _TAKES.items():
        if (name in said) != (said["kind"] in kinds):
            yield f"{said['kind']} {'needs' if said['kind'] in kinds else 'does not look at'} {name}"


def _relation(said: Content) -> Iterator[str]:
    if said["a"] == said["b"]:
        yield "relates an ROI to itself"
    if (said["rel"] == "expansion_mm") != ("range" in said):
        yield f"{said['rel']} {'needs' if said['rel'] == 'expansion_mm' else 'does not look at'} range"
    if said["rel"] == "side_of_body" and not _names_a_side(said["a"]):
        yield f"{said['a']} says no side"


def _names_a_side(name: str) -> bool:
    if re.search("_[LR](_|$)", name):
        return True
    from uploader.nomenclature.labels import take_apart

    return take_apart(name).words.side.is_one


def _synonyms(said: Content) -> Iterator[Wrong]:
    """A label that means two names means none."""
    from uploader.nomenclature.folding import folding

    fold, meaning = folding(("case", "separators")), dict[str, str]()
    for name, labels in said.get("synonyms", {}).items():
        for index, label in enumerate(labels):
            other = meaning.setdefault(fold(label), name)
            if other != name:
                yield f"/nomenclature/synonyms/{name}/{index}", f"{label} is a synonym of {other} already"
