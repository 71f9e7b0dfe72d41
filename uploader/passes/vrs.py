"""Value representations (PS3.5 6.2): what a VR can hold, and which of two answers is the stricter."""

from __future__ import annotations

from collections.abc import Iterable

from uploader import dictionary
from uploader.domain.policy import Action

TEXT = frozenset({"LO", "SH", "LT", "ST", "UT", "UC"})
"""Text that a person may have typed."""
DATES = frozenset({"DA", "DT", "TM"})
NUMBERS = frozenset({"AT", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})
BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW"})

_STRICTNESS = {
    Action.KEEP: 0,
    Action.CLEAN: 1,
    Action.SHIFT: 1,
    Action.UID: 1,
    Action.DUMMY: 2,
    Action.EMPTY: 2,
    Action.REMOVE: 3,
}


def readings(tag: int, vr: str) -> tuple[str, ...]:
    """The VRs by which an element has to be judged: that of the dictionary, and the one written if it is another.

    Where the dictionary has a choice (``US or SS``) the one written counts if it is among them. Bytes under an
    attribute that holds none can be anything, and are read as of no VR.
    """
    written = () if vr in ("", "UN") else tuple(vr.split(" or "))
    known = dictionary.vr_of(tag)
    if known is None or not dictionary.is_attribute(tag):
        return written or ("UN",)
    choice = known.split(" or ")
    others = (one if one not in BULK or BULK & {*choice} else "UN" for one in written if one not in choice)
    return tuple(dict.fromkeys((choice[0], *others)))


def stricter(actions: Iterable[Action]) -> Action:
    """The one that leaves least; REMOVE when two leave different things, as a date and a UID."""
    first, *rest = actions
    for action in rest:
        if _STRICTNESS[action] == _STRICTNESS[first] and action is not first:
            return Action.REMOVE
        first = max(first, action, key=lambda each: _STRICTNESS[each])
    return first


def without(demand: str | None) -> Action:
    """How an attribute is done away with whose value may not stay, so that the object remains valid.

    demand: its type in the IOD (PS3.5 7.4), None when the IOD does not name it
    """
    if demand in ("1", "1C"):
        return Action.DUMMY
    return Action.EMPTY if demand in ("2", "2C") else Action.REMOVE
