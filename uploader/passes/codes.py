"""How an object says what was done to it (PS3.16 CID 7050): never more than is so."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from uploader.domain.policy import Action, Option
from uploader.passes import listed, tables
from uploader.passes.vrs import readings

_BASIC = ("113100", "Basic Application Confidentiality Profile")
_OPTIONS = {
    Option.CLEAN_PIXEL_DATA: ("113101", "Clean Pixel Data Option"),
    Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES: ("113102", "Clean Recognizable Visual Features Option"),
    Option.CLEAN_GRAPHICS: ("113103", "Clean Graphics Option"),
    Option.CLEAN_STRUCTURED_CONTENT: ("113104", "Clean Structured Content Option"),
    Option.CLEAN_DESCRIPTORS: ("113105", "Clean Descriptors Option"),
    Option.RETAIN_FULL_DATES: ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    Option.RETAIN_MODIFIED_DATES: ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    Option.RETAIN_PATIENT_CHARACTERISTICS: ("113108", "Retain Patient Characteristics Option"),
    Option.RETAIN_DEVICE_IDENTITY: ("113109", "Retain Device Identity Option"),
    Option.RETAIN_UIDS: ("113110", "Retain UIDs Option"),
    Option.RETAIN_SAFE_PRIVATE: ("113111", "Retain Safe Private Option"),
    Option.RETAIN_INSTITUTION_IDENTITY: ("113112", "Retain Institution Identity Option"),
}
_OF_PIXELS = frozenset({Option.CLEAN_PIXEL_DATA, Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES})
_GONE = frozenset({Action.REMOVE, Action.EMPTY, Action.DUMMY})


def claimed(
    options: Collection[Option], overrides: Mapping[int, Action], done: Collection[Option], *, basic: bool
) -> tuple[tuple[str, str], ...]:
    """Code value and meaning, by code.

    options: those that have an effect
    overrides: a site's own actions by tag: one that keeps what the profile removes unsays the profile, one that
        removes what an option retains, or keeps raw what it cleans, unsays the option
    done: those of the options about pixels that were carried out on the object, which alone lets it claim them
    basic: whether nothing but the overrides departs from the profile
    """
    said = [] if not basic or any(_milder(tag, action, options) for tag, action in overrides.items()) else [_BASIC]
    said += [_OPTIONS[option] for option in options if option not in _OF_PIXELS and _so(option, overrides)]
    said += [_OPTIONS[option] for option in _OF_PIXELS & {*done}]
    return tuple(sorted(said))


def _so(option: Option, overrides: Mapping[int, Action]) -> bool:
    return not any((code == "K") is (overrides[tag] in _GONE) for tag, code in _column(option) if tag in overrides)


def _column(option: Option) -> Iterator[tuple[int, str]]:
    for tag, rule in tables.annex_e().items():
        if option in rule.options:
            yield tag, rule.options[option]


def _milder(tag: int, action: Action, options: Collection[Option]) -> bool:
    """Whether an override leaves more than the table would.

    An unlisted attribute is the site's own affair, and a sequence of references (U*) may keep its items, whose UIDs
    are replaced.
    """
    rule = listed.rule(tag)
    if rule is None or action in _GONE or "U*" in rule.basic:
        return False
    says = listed.action(rule, readings(tag, "")[0], "3", options)
    return action is not says and (action is Action.KEEP or says in _GONE)
