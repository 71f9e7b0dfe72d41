"""Whether the privacy policy that a protocol names does what the protocol says of privacy.

The scripts that run before it only ever take away more: `taken` tells what of that a protocol says it needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any, Protocol

from uploader import dictionary
from uploader.domain.policy import Action, Option
from uploader.protocols.faults import Wrong

CLASSES: Mapping[str, tuple[str, ...]] = {
    "CT": ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1"),
    "MR": ("1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"),
    "PT": ("1.2.840.10008.5.1.4.1.1.128", "1.2.840.10008.5.1.4.1.1.130"),
    "RTSTRUCT": ("1.2.840.10008.5.1.4.1.1.481.3",),
    "RTPLAN": ("1.2.840.10008.5.1.4.1.1.481.5", "1.2.840.10008.5.1.4.1.1.481.8"),
    "RTDOSE": ("1.2.840.10008.5.1.4.1.1.481.2",),
    "RTIMAGE": ("1.2.840.10008.5.1.4.1.1.481.1",),
    "REG": ("1.2.840.10008.5.1.4.1.1.66.1", "1.2.840.10008.5.1.4.1.1.66.3"),
    "SEG": ("1.2.840.10008.5.1.4.1.1.66.4",),
    "SR": ("1.2.840.10008.5.1.4.1.1.88.11", "1.2.840.10008.5.1.4.1.1.88.22", "1.2.840.10008.5.1.4.1.1.88.33"),
}
"""Modality -> SOP Class UIDs of its objects."""
_TELLING = frozenset({Action.KEEP, Action.CLEAN, Action.SHIFT, Action.UID})
_DATES: Mapping[str, frozenset[Option]] = {
    "shift_per_subject": frozenset({Option.RETAIN_MODIFIED_DATES}),
    "keep": frozenset({Option.RETAIN_FULL_DATES}),
    "remove": frozenset(),
}
_PRIVATE = re.compile(r"\(([0-9a-fA-F]{4}),xx([0-9a-fA-F]{2})\) (.+)")


class Policy(Protocol):
    """What is asked of a privacy policy."""

    @property
    def name(self) -> str: ...
    @property
    def options(self) -> Set[Option]: ...
    def action(self, sop_class: str, tag: int, vr: str, /) -> Action: ...
    def private(self, creator: str, group: int, element_low_byte: int, /) -> Action: ...
    def refusal(self, sop_class: str, /) -> str | None: ...


def contradicting(content: Mapping[str, Any], policy: Policy) -> Iterator[Wrong]:
    """Where the protocol says of privacy what the policy does not do."""
    said = content.get("privacy")
    if said is None:
        return
    yield from _options(said, policy)
    yield from _dates(said, policy)
    yield from _kept(said, content, policy)
    yield from _private(said, policy)
    yield from _pixels(said, content, policy)
    yield from _names(said, content, policy)


def taken(content: Mapping[str, Any], alters: Callable[[str, int], bool]) -> Iterator[Wrong]:
    """Elements of which the protocol says that they stay, and that one of its scripts removes or sets all the same.

    alters: (script, tag) -> whether it does so in every object
    """
    said = content.get("privacy", {})
    tags = [(f"keep/{n}", dictionary.tag_of(keyword)) for n, keyword in enumerate(said.get("keep", ()))]
    tags += [(f"private_allow/{n}", _tag(text)) for n, text in enumerate(said.get("private_allow", ()))]
    for place, tag in tags:
        for script in content["scripts"]:
            if tag is not None and alters(script, tag):
                yield f"/privacy/{place}", f"the script {script} removes it, or sets it to something else"


def _tag(text: str) -> int:
    """Of a private element as protocols write it, in the first block that a creator can have."""
    return int(f"{text[1:5]}10{text[8:10]}", 16)


def _options(said: Mapping[str, Any], policy: Policy) -> Iterator[Wrong]:
    if "options" in said:
        asked, has = set(said["options"]), {str(option) for option in policy.options}
        for kind, names in (("lacks", asked - has), ("has besides", has - asked)):
            if names:
                yield "/privacy/options", f"the policy {policy.name} {kind} {', '.join(sorted(names))}"


def _dates(said: Mapping[str, Any], policy: Policy) -> Iterator[Wrong]:
    method = said["dates"]["method"]
    about = policy.options & {Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES}
    if about != _DATES[method]:
        does = ", ".join(sorted(about)) or "no option that retains dates"
        yield "/privacy/dates/method", f"is {method}, and the policy {policy.name} has {does}"
    if said["dates"].get("preserve_intervals") and method == "remove":
        yield "/privacy/dates/preserve_intervals", "there are no intervals where dates are removed"


def _kept(said: Mapping[str, Any], content: Mapping[str, Any], policy: Policy) -> Iterator[Wrong]:
    classes = [
        uid for each in content.get("inputs", ()) for uid in each.get("sop_classes", CLASSES.get(each["modality"], ()))
    ]
    for index, keyword in enumerate(said.get("keep", ())):
        tag = dictionary.tag_of(keyword)
        if tag is None:
            yield f"/privacy/keep/{index}", f"{keyword} is not in the DICOM dictionary"
        elif not any(policy.action(uid, tag, "") in _TELLING for uid in classes):
            yield f"/privacy/keep/{index}", f"the policy {policy.name} keeps {keyword} in no input"


def _private(said: Mapping[str, Any], policy: Policy) -> Iterator[Wrong]:
    for index, text in enumerate(said.get("private_allow", ())):
        found = _PRIVATE.fullmatch(text)
        assert found is not None
        group, low, creator = found.groups()
        if policy.private(creator, int(group, 16), int(low, 16)) not in _TELLING:
            yield f"/privacy/private_allow/{index}", f"the policy {policy.name} removes it"


def _pixels(said: Mapping[str, Any], content: Mapping[str, Any], policy: Policy) -> Iterator[Wrong]:
    told = set()
    for index, each in enumerate(said.get("burned_in", ())):
        place, about = f"/privacy/burned_in/{index}/action", (each["modality"], each.get("sop_class", ""))
        if about in told:
            yield f"/privacy/burned_in/{index}", f"{' '.join(filter(None, about))} is there a second time"
        told.add(about)
        if each["action"] == "reject" and (key := _brought(content, *about)):
            yield place, f"the input {key} is made of what is rejected here"
        if each["action"] == "reject" and ("sop_class" not in each or policy.refusal(each["sop_class"]) is None):
            yield place, f"only a class can be rejected, in sop_class, that the policy {policy.name} refuses"
        if each["action"] == "require_mask_and_review" and Option.CLEAN_PIXEL_DATA not in policy.options:
            yield place, f"the policy {policy.name} has no {Option.CLEAN_PIXEL_DATA}"


def _brought(content: Mapping[str, Any], modality: str, sop_class: str) -> str:
    """Key of an input that is of this modality, and where a class is named may be of it; empty for none."""
    for said in content.get("inputs", ()):
        classes = said.get("sop_classes", CLASSES.get(said["modality"], ()))
        if said["modality"] == modality and (not sop_class or sop_class in classes):
            return str(said["key"])
    return ""


def _names(said: Mapping[str, Any], content: Mapping[str, Any], policy: Policy) -> Iterator[Wrong]:
    place = "/privacy/roi_names_as_free_text"
    match said.get("roi_names_as_free_text"):
        case "only_conforming" if content.get("nomenclature", {}).get("unknown_rois", "note") == "note":
            yield place, "needs /nomenclature/unknown_rois to be a question or a refusal"
        case "screen_for_phi" if Option.CLEAN_DESCRIPTORS not in policy.options:
            yield place, f"the policy {policy.name} has no {Option.CLEAN_DESCRIPTORS}"
