"""Whether a name obeys TG-263, and what it is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from uploader.nomenclature import table
from uploader.nomenclature.targets import TYPES, looks_like_target, target

LENGTH = 16
"""Characters that every planning system takes."""
ALLOWABLE = {
    "prv": "a planning risk volume",
    "partial_tilde": "the mark ~ of a partial organ",
    "custom_caret": "free text behind ^",
    "z_prefix": "z in front of what is not for dose",
    "underscore_prefix": "an underscore in front of what is not for dose",
    "derived_minus": "a target that is taken from an organ",
    "crop_suffix": "a crop in mm at the end",
    "imaging_suffix": "the imaging that a target was drawn on",
}
"""What a trial may allow besides the names themselves, in words."""
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_~^!.+-]")
_PRV = re.compile(r"_PRV(\d{1,2})?(?=_|$|-|\^)|(?<![A-Za-z])PRV(\d{1,2})?_(?=[A-Z])")
_CROP = re.compile(r"-(!?[A-Z][A-Za-z!]*\d*|\d\d)$")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a name of an organ is made of.

    base: the name as the table has it, side and all
    prv: whether it is a planning organ at risk volume; prv_mm: its margin as it is written, which may be empty
    partial: the scan cuts the organ (``~``)
    minus: the target that is taken from it
    crop_mm: by how much it is drawn back
    custom: free text behind ``^``: the one place in a right name where a patient can hide
    prefix: ``z`` or ``_`` in front of what is not for dose
    """

    base: str
    prv: bool = False
    prv_mm: str = ""
    partial: bool = False
    minus: str = ""
    crop_mm: str = ""
    custom: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a trial asks of names.

    form: ``primary``, ``reverse`` or ``either``
    allow: of `ALLOWABLE`
    extra: names of the trial's own
    """

    form: str = "primary"
    max_length: int = LENGTH
    allow: frozenset[str] = frozenset(ALLOWABLE)
    extra: frozenset[str] = frozenset()


def parse(name: str) -> Parts:
    """Take a name apart. What is no part of the grammar stays in `base`."""
    rest, _, custom = name.partition("^")
    prefix = re.match(r"[z_](?=[A-Z])", rest)
    bare = rest[1:] if prefix else rest
    crop = None if _is_listed(bare) else _CROP.search(bare)
    bare = bare[: crop.start()] if crop else bare
    prv = _PRV.search(bare)
    if prv:
        bare = bare[: prv.start()] + bare[prv.end() :]
    taken = crop[1] if crop else ""
    return Parts(
        bare.replace("~", "", 1),
        prv is not None,
        (prv[1] or prv[2] or "") if prv else "",
        "~" in bare,
        "" if taken.isdecimal() else taken,
        taken if taken.isdecimal() else "",
        custom,
        prefix[0] if prefix else "",
    )


def faults(name: str, rules: Rules) -> list[str]:
    """Why a name does not obey the report as the trial takes it; sentences without the name, empty when it obeys."""
    if name in rules.extra:
        return [] if len(name) <= rules.max_length else [_too_long(rules)]
    found = list(_written(name, rules))
    return found + list(_target_faults(name, rules) if looks_like_target(name) else _organ_faults(name, rules))


def _written(name: str, rules: Rules) -> Iterator[str]:
    """Faults that can be told without knowing what the name is of."""
    if len(name) > rules.max_length:
        yield _too_long(rules)
    before_custom = name.partition("^")[0]
    if " " in before_custom:
        yield "it has a blank in it; parts are joined by an underscore"
    elif _FORBIDDEN.search(before_custom):
        yield "it has a character in it that TG-263 does not use"
    if "!" in before_custom and not before_custom.startswith("PTV!"):
        yield "the exclamation mark stands in PTV! only"


def _too_long(rules: Rules) -> str:
    return f"it has more than {rules.max_length} characters"


def _target_faults(name: str, rules: Rules) -> Iterator[str]:
    found = target(name)
    if found is None:
        yield "it is no target's name by the order type, classifier, number, imaging, structure, dose, crop"
        return
    used = {"custom_caret": "^" in name, "crop_suffix": bool(found.crop_mm), "imaging_suffix": bool(found.imaging)}
    yield from _not_allowed(used, rules)


def _organ_faults(name: str, rules: Rules) -> Iterator[str]:
    parts = parse(name)
    used = {
        "prv": parts.prv,
        "partial_tilde": parts.partial,
        "custom_caret": "^" in name,
        "z_prefix": parts.prefix == "z",
        "underscore_prefix": parts.prefix == "_",
        "derived_minus": bool(parts.minus),
        "crop_suffix": bool(parts.crop_mm),
    }
    yield from _not_allowed(used, rules)
    if not _is_known(parts.base, rules):
        yield "it is no name of TG-263's table"


def _not_allowed(used: dict[str, bool], rules: Rules) -> Iterator[str]:
    for form, is_used in used.items():
        if is_used and form not in rules.allow:
            yield f"the trial does not allow {ALLOWABLE[form]}"


def _is_known(base: str, rules: Rules) -> bool:
    forms: dict[str, Callable[[str], bool]] = {"primary": _is_listed, "reverse": _is_reverse}
    asked = forms.get(rules.form)
    known = asked(base) if asked else _is_listed(base) or _is_reverse(base)
    return known or base in rules.extra or base in TYPES


def _is_listed(base: str) -> bool:
    return base in table.names() or any(pattern.fullmatch(base) for pattern in table.patterns())


def _is_reverse(base: str) -> bool:
    return base in table.reverses() or (base in table.names() and base not in table.reverses().values())
