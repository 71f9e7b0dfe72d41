"""Whether the conditions of a protocol can be understood and ask about what there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from uploader.protocols.faults import Wrong
from uploader.protocols.rules import Place
from uploader.when import CHOSEN, Compared, mentions, parsed

_LISTS = {"arm": "arms", "timepoint": "timepoints", "site": "sites"}


def wrong(content: Mapping[str, Any], found: Iterable[Place]) -> Iterator[Wrong]:
    for place in found:
        if place.names and place.names[-1] == "when" and isinstance(place.value, str):
            yield from ((place.pointer, says) for says in _faults(content, place))


def _faults(content: Mapping[str, Any], place: Place) -> Iterator[str]:
    try:
        condition = parsed(place.value)
    except ValueError as error:
        yield str(error)
        return
    for each in mentions(condition):
        if isinstance(each, Compared):
            yield from _compared(content, place, each)
        elif each.key not in {said["key"] for said in content.get("inputs", ())}:
            yield f"there is no input {each.key}"


def _compared(content: Mapping[str, Any], place: Place, each: Compared) -> Iterator[str]:
    if each.field not in CHOSEN:
        if "/acquisition/" not in place.pointer:
            yield f"{each.field} can only be asked of the acquisition of an input"
        return
    known = [said["code"] for said in content.get(_LISTS[each.field], ())]
    if not known:
        yield f"asks about the {each.field}, and there is no list of {_LISTS[each.field]}"
    elif not each.like:
        unknown = [value for value in each.values if value not in known]
        if unknown:
            yield f"{_LISTS[each.field]} has no {', '.join(unknown)}; it has {', '.join(known)}"
