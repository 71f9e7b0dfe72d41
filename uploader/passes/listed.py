"""Rows of PS3.15 tables E.1-1 and E.3.4-1, as actions under a policy's options."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from uploader.domain.policy import Action, Option
from uploader.passes.tables import Rule
from uploader.passes.vrs import DATES, TEXT, stricter

_DATE_OPTIONS = (Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES)
_KEEPS_PART = {"X": Action.REMOVE, "Z": Action.EMPTY, "D": Action.DUMMY, "U": Action.UID}


def action(rule: Rule, vr: str, demand: str | None, options: Collection[Option]) -> Action:
    """What the table says of an attribute.

    demand: the attribute's most demanding type in the IOD, None when the IOD does not name it

    Of several options that apply, the stricter counts. A date stays or moves as the options for dates say, and with
    neither of them it goes, whatever else is retained: a calibration date tells the day as well as any.
    """
    answers = tuple(_of_options(rule, vr, options))
    return stricter(answers) if answers else basic(rule.basic, vr, demand)


def content(rule: Rule, value_type: str, options: Collection[Option]) -> Action:
    """What the table says of a content item. KEEP: it is treated element by element, which moves dates, maps UIDs
    and cleans text."""
    if any(option in options for option in rule.options):
        return Action.KEEP
    if rule.basic != "X" and value_type in _TREATED_ANYWAY:
        return Action.KEEP
    return Action.REMOVE if rule.basic.startswith("X") else Action.DUMMY


_TREATED_ANYWAY = ("UIDREF", "IMAGE", "COMPOSITE", "WAVEFORM")
"""Items that hold nothing but UIDs, which are mapped wherever they stand."""


def basic(code: str, vr: str, demand: str | None) -> Action:
    """An action of the Basic Profile (PS3.15 table E.1-1a), settled by the attribute's type where it has a choice.

    Z of Type 1 becomes D, as E.1-1a permits. X of Type 1 becomes D too: the object would be invalid without a value,
    and this one says nothing. A sequence of references (U*) keeps its items, whose UIDs are mapped.
    """
    needs_value = demand == "1" or (demand == "1C" and code != "X")
    if code == "X/Z/U*":
        return Action.KEEP if needs_value else _emptied(demand)
    if code == "Z/D":
        return Action.DUMMY if needs_value else Action.EMPTY
    if "X" in code:
        if needs_value and vr != "SQ":
            return Action.DUMMY
        if needs_value and "D" in code:
            return Action.DUMMY
        return _emptied(demand) if "Z" in code else Action.REMOVE
    return Action.DUMMY if code == "Z" and needs_value else _KEEPS_PART[code]


def _emptied(demand: str | None) -> Action:
    return Action.REMOVE if demand in (None, "3") else Action.EMPTY


def _of_options(rule: Rule, vr: str, options: Collection[Option]) -> Iterator[Action]:
    """The milder actions that the options allow, as far as this VR can bear them."""
    for option, code in rule.options.items():
        if option in options and (vr not in DATES or option in _DATE_OPTIONS):
            milder = _kept(vr, option) if code == "K" else _cleaned(vr)
            if milder is not None:
                yield milder


def _kept(vr: str, option: Option) -> Action:
    """An age is kept up to 89 years; what is typed about the patient is kept clean."""
    if option is Option.RETAIN_PATIENT_CHARACTERISTICS:
        return Action.SHIFT if vr == "AS" else Action.CLEAN if vr in TEXT else Action.KEEP
    return Action.KEEP


def _cleaned(vr: str) -> Action | None:
    """C of E.1-1a by VR; None where no way of cleaning is safe, as of an AE title or a time zone."""
    if vr in DATES or vr == "AS":
        return Action.SHIFT
    if vr == "SQ":
        return Action.KEEP
    return Action.CLEAN if vr in TEXT else None
