"""Whether a name obeys TG-263, and what it is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from uploader.nomenclature import table
from uploader.nomenclature.targets import TYPES, looks_like_target, target

LENGTH = 16
"""Characters that every planning system takes."""
ALLOWABLE = ("prv", "partial_tilde", "custom_caret", "z_prefix", "crop_suffix")
"""What a trial may allow besides the names themselves."""
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_~^!.+-]")
_PRV = re.compile(r"_PRV(\d{1,2})?(?=_|$|-|\^)|(?<![A-Za-z])PRV(\d{1,2})?_(?=[A-Z])")
_CROP = re.compile(r"-(!?[A-Z][A-Za-z!]*\d*|\d\d)$")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a name of an organ is made of.

    base: the name as the table has it, side and all
    prv: whether it is a planning organ at risk volume; prv_mm: its margin as it is written, which may be empty
    partial: the scan cuts the organ (``~``)
    crop: what is taken from it: a target, or millimetres
    custom: free text behind ``^``: the one place in a right name where a patient can hide
    not_for_dose: prefix ``z`` or ``_``
    """

    base: str
    prv: bool = False
    prv_mm: str = ""
    partial: bool = False
    crop: str = ""
    custom: str = ""
    not_for_dose: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What a trial asks of names.

    form: ``primary``, ``reverse`` or ``any``
    allow: of `ALLOWABLE`
    dose_style: how targets say their dose: ``relative``, ``cGy``, ``Gy``, or empty for all
    extra: names of the trial's own
    """

    form: str = "primary"
    max_length: int = LENGTH
    allow: frozenset[str] = frozenset(ALLOWABLE)
    dose_style: str = ""
    extra: frozenset[str] = frozenset()


def parse(name: str) -> Parts:
    """Take a name apart. What is no part of the grammar stays in `base`."""
    rest, _, custom = name.partition("^")
    bare = re.sub(r"^(?:z|_)(?=[A-Z])", "", rest)
    not_for_dose = bare != rest
    crop = _CROP.search(bare)
    if crop and not _is_listed(bare):
        bare = bare[: crop.start()]
    else:
        crop = None
    prv = _PRV.search(bare)
    if prv:
        bare = bare[: prv.start()] + bare[prv.end() :]
    partial = "~" in bare
    return Parts(
        bare.replace("~", "", 1),
        prv is not None,
        (prv[1] or prv[2] or "") if prv else "",
        partial,
        crop[1] if crop else "",
        custom,
        not_for_dose,
    )


def faults(name: str, rules: Rules) -> list[str]:
    """Why a name does not obey the report as the trial takes it; sentences without the name, empty when it obeys."""
    if name in rules.extra:
        return [] if len(name) <= rules.max_length else [_too_long(rules)]
    found = list(_written(name, rules))
    return found + list(_target_faults(name, rules) if looks_like_target(name) else _organ_faults(name, rules))


def _written(name: str, rules: Rules) -> Iterator[str]:
    """Faults that need no table."""
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
    if rules.dose_style and found.dose and found.dose_style != rules.dose_style:
        yield f"its dose is not written as {rules.dose_style}"
    if found.custom and "custom_caret" not in rules.allow:
        yield _not_allowed("free text behind ^")
    if found.crop_mm and "crop_suffix" not in rules.allow:
        yield _not_allowed("a crop at the end")


def _organ_faults(name: str, rules: Rules) -> Iterator[str]:
    parts = parse(name)
    used: dict[str, tuple[bool, str]] = {
        "prv": (parts.prv, "a PRV"),
        "partial_tilde": (parts.partial, "the mark ~ of a partial organ"),
        "custom_caret": ("^" in name, "free text behind ^"),
        "z_prefix": (parts.not_for_dose, "a prefix for what is not for dose"),
        "crop_suffix": (bool(parts.crop), "a crop at the end"),
    }
    for key, (is_used, called) in used.items():
        if is_used and key not in rules.allow:
            yield _not_allowed(called)
    if not _is_known(parts.base, rules):
        yield "it is no name of TG-263's table"


def _not_allowed(what: str) -> str:
    return f"the trial does not allow {what}"


def _is_known(base: str, rules: Rules) -> bool:
    forms: dict[str, Callable[[str], bool]] = {"primary": _is_listed, "reverse": _is_reverse}
    asked = forms.get(rules.form)
    known = asked(base) if asked else _is_listed(base) or _is_reverse(base)
    return known or base in rules.extra or base in TYPES


def _is_listed(base: str) -> bool:
    return base in table.names() or any(pattern.fullmatch(base) for pattern in table.patterns())


def _is_reverse(base: str) -> bool:
    return base in table.reverses() or (base in table.names() and base not in table.reverses().values())
