"""What becomes of each element of an object on its way into a trial: DICOM PS3.15 Annex E, as a site has set it.

A `Policy` is the Basic Profile with options, and with what a site wants otherwise. It decides by the class of the
object, the tag and the VR alone, never by a value, and touches nothing: the passes carry out what it says.

* listed in PS3.15 table E.1-1: the action of the table under the options; where the table leaves a choice (X/Z/D),
  the attribute's type in the IOD decides
* not listed: kept only when the IOD of the class names it, and then by its VR (`passes.unlisted`)
* private: removed, unless it is on a list of safe ones
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from uploader.domain.policy import Action, Option
from uploader.passes import ages, classes, codes, listed, policyfile, tables, unlisted, words
from uploader.passes.attributes import ENGINE
from uploader.passes.vrs import readings, stricter

_MEMORY = 1 << 16
"""Answers kept. Files can ask for any number of tags."""


@dataclass(frozen=True)
class Policy:
    """A privacy policy. Equal ones have equal digests; it holds no identity and can be pickled.

    name, title: of the policy
    digest: SHA-256 of the file it was read from
    options: of PS3.15 E.3
    standard_private: whether the list of PS3.15 table E.3.10-1 counts as safe
    more_private: VR of further safe private elements
    overrides: action and reason by tag
    accepted, refused: reason by SOP Class UID
    """

    name: str
    title: str
    digest: str
    options: frozenset[Option]
    standard_private: bool = True
    more_private: Mapping[tuple[str, int, int], str] = field(default_factory=dict)
    private_reasons: Mapping[tuple[str, int, int], str] = field(default_factory=dict)
    overrides: Mapping[int, tuple[Action, str]] = field(default_factory=dict)
    accepted: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    _known: dict[tuple[str, int, str], Action] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The policy in a file, whose folder holds the schema. Raises BadPolicy."""
        content, digest = policyfile.checked(path)
        additions = {_private(each): each for each in content["safe_private"]["additions"]}
        return cls(
            name=content["name"],
            title=content["title"],
            digest=digest,
            options=frozenset(map(Option, content["options"])),
            standard_private=content["safe_private"]["standard"],
            more_private={key: each["vr"] for key, each in additions.items()},
            private_reasons={key: each["reason"] for key, each in additions.items()},
            overrides={
                policyfile.tag_of(each["tag"]): (Action(each["action"]), each["reason"])
                for each in content["overrides"]
            },
            accepted={each["sop_class"]: each["reason"] for each in content["accept"]},
            refused={each["sop_class"]: each["reason"] for each in content["refuse"]},
        )

    def __hash__(self) -> int:
        return hash((self.name, self.digest))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_known": {}}

    def action(self, sop_class: str, tag: int, vr: str) -> Action:
        """What becomes of an element with an even group, at any depth of an object of the class.

        vr: as it is written; empty or ``UN`` where it is not known. One that contradicts the dictionary never makes
        the action milder. Of private elements this says REMOVE; ask `private`.
        """
        key = sop_class, tag, vr
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MEMORY:
                self._known.clear()
            found = self._known[key] = self._decide(sop_class, tag, vr)
        return found

    def private(self, creator: str, group: int, element_low_byte: int, vr: str = "") -> Action:
        """What becomes of a private element of the block that `creator` reserved.

        vr: as it is written; one that is stricter than that of the list decides. The creator's own element stays
        when any element of its block stays.
        """
        known = self._safe_private().get((creator.strip(" \0"), group, element_low_byte))
        if known is None:
            return Action.REMOVE
        return stricter(unlisted.private(each, self.options) for each in {known, vr or known} - {"UN"})

    def private_vr(self, creator: str, group: int, element_low_byte: int) -> str:
        """The VR that the list of safe private elements gives one; ``UN`` when it is not on the list."""
        return self._safe_private().get((creator.strip(" \0"), group, element_low_byte), "UN")

    def allowed(self, sop_class: str) -> frozenset[int]:
        """The public tags that may stand anywhere in an object of the class when the passes are through with it."""
        named = {*classes.attributes(sop_class), *tables.annex_e(), *self.overrides}
        return ENGINE | {tag for tag in named if self.action(sop_class, tag, "") is not Action.REMOVE}

    def private_allowed(self) -> frozenset[tuple[str, int, int]]:
        """The private elements that may stand there: creator, group, low byte."""
        return frozenset(key for key in self._safe_private() if self.private(*key) is not Action.REMOVE)

    def identities_kept(self) -> frozenset[int]:
        """The tags that name machines and institutions and stay as they are, because an option retains them."""
        retained = self.options & {Option.RETAIN_DEVICE_IDENTITY, Option.RETAIN_INSTITUTION_IDENTITY}
        rows = tables.annex_e().items()
        return frozenset(tag for tag, rule in rows if any(rule.options.get(option) == "K" for option in retained))

    def content(self, scheme: str, code: str, value_type: str) -> Action:
        """What becomes of a whole content item whose concept name is `code` of `scheme` (PS3.15 table E.3.4-1).

        KEEP: treat it element by element. REMOVE: the item goes. DUMMY: its value says nothing. EMPTY is never said.
        An item of another value type than the table has is treated as the strictest of the table.
        """
        if (scheme, code) in ages.CONCEPTS:
            scheme, code = "DCM", "121033"
        rules = tables.content_items().get((scheme, code), {})
        rule = rules.get(value_type)
        every = [rule] if rule else rules.values()
        return stricter([Action.KEEP, *(listed.content(each, value_type, self.options) for each in every)])

    def refusal(self, sop_class: str) -> str | None:
        """Why objects of the class cannot be made safe and have to be held, for a person; None when they can."""
        if sop_class in self.refused:
            return f"policy {self.name} refuses objects of this class: {self.refused[sop_class]}"
        why = classes.unsafe(sop_class)
        if why is None or sop_class in self.accepted:
            return None
        remedy = f'; an entry in "accept" of policy {self.name} lets it through, with a reason' if sop_class else ""
        return f"{why}{remedy}"

    def codes(self, done: Collection[Option] = ()) -> tuple[tuple[str, str], ...]:
        """Code value and meaning (DCM, CID 7050) of what an object can truthfully say was done to it.

        done: of CLEAN_PIXEL_DATA and CLEAN_RECOGNIZABLE_VISUAL_FEATURES, those carried out on this object
        """
        overrides = {tag: action for tag, (action, _) in self.overrides.items()}
        effective = self.options - ({Option.RETAIN_SAFE_PRIVATE} if not self._safe_private() else set())
        return codes.claimed(effective, overrides, done, basic=not self.accepted)

    def describe(self) -> list[str]:
        """In plain words, for the reviewer and the ethics file."""
        return words.describe(self)

    def _safe_private(self) -> Mapping[tuple[str, int, int], str]:
        if Option.RETAIN_SAFE_PRIVATE not in self.options:
            return {}
        return {**(tables.safe_private() if self.standard_private else {}), **self.more_private}

    def _decide(self, sop_class: str, tag: int, vr: str) -> Action:
        if unlisted.structural(tag):
            return Action.REMOVE
        if tag in self.overrides:
            return self.overrides[tag][0]
        if tag == unlisted.SOP_CLASS or (tag == unlisted.DOCUMENT and sop_class in self.accepted):
            return Action.KEEP
        named = classes.attributes(sop_class)
        rule = listed.rule(tag)
        kind = classes.kind(sop_class)
        if rule is not None:
            return stricter(listed.action(rule, each, named.get(tag), self.options) for each in readings(tag, vr))
        return stricter(unlisted.action(tag, each, named.get(tag), self.options, kind) for each in readings(tag, vr))


def policies(folder: Path) -> Mapping[str, Policy]:
    """The policies in a folder, by name. Raises BadPolicy."""
    read = map(Policy.read, policyfile.names(folder))
    return {policy.name: policy for policy in read}


def _private(addition: Mapping[str, str]) -> tuple[str, int, int]:
    return addition["creator"], int(addition["group"], 16), int(addition["element"], 16)
