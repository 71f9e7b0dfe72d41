"""Rows of PS3.15 tables E.1-1 and E.3.4-1, as actions under a policy's options."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from uploader.domain.policy import Action, Option
from uploader.passes import tables
from uploader.passes.attributes import tags_of
from uploader.passes.tables import Rule
from uploader.passes.vrs import DATES, TEXT, stricter

_DATE_OPTIONS = (Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES)
_VALUE, _OPTIONAL = ("1", "1C"), (None, "3")
_SINGLE = {"X": Action.REMOVE, "Z": Action.EMPTY, "D": Action.DUMMY, "U": Action.UID}


def rule(tag: int) -> Rule | None:
    """The row of table E.1-1, if the attribute has one."""
    row = tables.annex_e().get(tag)
    return row._replace(basic="X/D") if row is not None and tag in _REQUIRED else row


_REQUIRED = tags_of("PresentationCreationDate", "PresentationCreationTime")
"""X in the table, though PS3.3 C.11.10 gives them Type 1 in every presentation state."""


def action(rule: Rule, vr: str, demand: str | None, options: Collection[Option]) -> Action:
    """What the table says of an attribute.

    demand: the attribute's most demanding type in the IOD, None when the IOD does not name it

    Of several options that apply, the stricter counts. A date stays or moves as the options for dates say, and with
    neither of them it goes, whatever else is retained: a calibration date tells the day as well as any.
    """
    answers = tuple(_of_options(rule, vr, options))
    if answers:
        return stricter(answers)
    if rule.basic == "X" and demand == "2" and vr != "SQ":
        return Action.EMPTY  # says as little, and the object stays as valid as it was
    return basic(rule.basic, demand)


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


def basic(code: str, demand: str | None) -> Action:
    """An action of the Basic Profile (PS3.15 table E.1-1a), settled by the attribute's type where it has a choice.

    X/Z/U* is a sequence of references: where the IOD names it, its items stay and their UIDs are mapped, for an
    image is worth less without those it refers to. Z of Type 1 becomes D, which Z permits.
    """
    if len(code) == 1 and not (code == "Z" and demand in _VALUE):
        return _SINGLE[code]
    if code == "X/Z/U*":
        return Action.REMOVE if demand is None else Action.KEEP
    if demand in _OPTIONAL and code[0] == "X":
        return Action.REMOVE
    return Action.DUMMY if demand in _VALUE and code != "X/Z" else Action.EMPTY


def _of_options(rule: Rule, vr: str, options: Collection[Option]) -> Iterator[Action]:
    """The milder actions that the options allow, as far as this VR can bear them."""
    for option, code in rule.options.items():
        if option in options and (vr not in DATES or option in _DATE_OPTIONS):
            milder = _kept(vr, option) if code == "K" else _cleaned(vr, option)
            if milder is not None:
                yield milder


def _kept(vr: str, option: Option) -> Action:
    """An age is kept up to 89 years; what is typed about the patient is kept clean."""
    if option is Option.RETAIN_PATIENT_CHARACTERISTICS:
        return Action.SHIFT if vr == "AS" else Action.CLEAN if vr in TEXT else Action.KEEP
    return Action.KEEP


def _cleaned(vr: str, option: Option) -> Action | None:
    """C of E.1-1a by VR; None where no way of cleaning is safe, as of an AE title, which names a place, or of the
    time zone beside dates that have moved."""
    if vr in DATES or vr == "AS":
        return Action.SHIFT
    if option is Option.RETAIN_MODIFIED_DATES:
        return None
    if vr == "SQ":
        return Action.KEEP
    return Action.CLEAN if vr in TEXT else None
