"""What a person may rename: the structures of a session as they arrived, beside the names of its protocol."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from uploader.domain.private import Private
from uploader.domain.renaming import Names
from uploader.nomenclature import Suggester, Suggestion
from uploader.nomenclature.labels import take_apart
from uploader.nomenclature.words import is_spoken
from uploader.ports import Header
from uploader.stages.rename import fault
from uploader.validators.naming import is_listed, is_name, own_names, rois, suggester
from uploader.validators.reading import items, text
from uploader.validators.siding import extents_of, side_of

_SIGNS = re.compile(r"[A-Za-z0-9_~!.+-]+")
"""Of a name that is kept; ``^`` begins free text, in which a patient could hide."""


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure as it arrived, and what it may be called.

    number: ROINumber (3006,0022); name: as it arrived, which could betray a patient: it is shown and never kept
    type: RT ROI Interpreted Type (3006,00A4)
    listed: the protocol takes the name as it is
    decided: the new name that a person gave it; empty for none
    suggestions: names of the protocol that it may mean, the likeliest first
    """

    entry: str
    number: int
    name: Private[str]
    type: str
    contours: int
    listed: bool
    decided: str
    suggestions: tuple[Suggestion, ...]


def structures(sets: Mapping[str, Header], asked: Mapping[str, Any], decided: Names) -> tuple[Structure, ...]:
    """The structures of these RTSTRUCTs beside the names of the protocol `asked`; nothing is suggested without one."""
    suggests = suggester(asked) if names_anything(asked) else None
    found = (each for entry, header in sets.items() for each in _of_set(entry, header, asked, decided, suggests))
    return tuple(found)


def certain(found: Iterable[Structure]) -> Names:
    """Of structures to be named, the first suggestions that leave a person nothing to decide, each name once."""
    first = {(s.entry, s.number): s.suggestions[0] for s in found if s.suggestions and not s.listed and not s.decided}
    times = Counter((entry, suggestion.name) for (entry, _), suggestion in first.items())
    names: dict[str, dict[int, str]] = {}
    for (entry, number), suggestion in first.items():
        if not suggestion.undecided and times[entry, suggestion.name] == 1:
            names.setdefault(entry, {})[number] = suggestion.name
    return names


def names_anything(asked: Mapping[str, Any]) -> bool:
    """Whether the protocol says how structures are named."""
    return bool(asked.get("nomenclature") or asked.get("rois"))


def offered(asked: Mapping[str, Any]) -> list[str]:
    """Names that the protocol spells out, for a person to choose from."""
    return own_names(asked)


def may_rename(asked: Mapping[str, Any]) -> bool:
    """Whether the protocol lets the site rename: where it says how structures are named, and does not forbid it."""
    return names_anything(asked) and bool(_rename(asked).get("allowed", True))


def confirmation(asked: Mapping[str, Any]) -> str:
    """How a person confirms new names: ``each``, ``batch`` (also if the protocol does not say), or
    ``none_for_exact_synonyms``, where listed synonyms need no word (see `synonyms`) and the others are a batch."""
    return str(_rename(asked).get("confirm", "batch"))


def unconfirmed(asked: Mapping[str, Any], names: Names, decided: Names, confirmed: Collection[tuple[str, int]]) -> str:
    """Why the names cannot be taken yet where the protocol wants each to be confirmed; empty when they can."""
    if confirmation(asked) != "each":
        return ""
    new = [(entry, number) for entry, number, name in _each(names) if decided.get(entry, {}).get(number) != name]
    left = sorted(number for entry, number in new if (entry, number) not in confirmed)
    numbers = ", ".join(map(str, left))
    return f"the trial asks that each new name is confirmed by itself; not confirmed: ROI {numbers}" if left else ""


def misplaced(asked: Mapping[str, Any], sets: Mapping[str, Header], names: Names) -> str:
    """Which new name says the other side than its contours, where the protocol wants them to confirm it; else empty."""
    if not _rename(asked).get("geometry_guard", False):
        return ""
    extents = {entry: extents_of(sets[entry]) for entry in names}
    for entry, number, name in _each(names):
        seen = side_of(extents[entry], str(number))
        if take_apart(name).words.side.contradicts(seen):
            return f"the contours of ROI {number} lie on the {seen} of the body, and its new name says the other side"
    return ""


def _rename(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    said: Mapping[str, Any] = asked.get("nomenclature", {}).get("rename", {})
    return said


def wrong(asked: Mapping[str, Any], names: Names) -> str:
    """Why these cannot be new names under the protocol; empty when they can. Never quotes a name.

    They are kept in the records, so none may hold what a person typed freely: a name that the protocol takes by ``*``,
    a pattern or the grammar must be made of short figures and words that the lexicon knows.
    """
    for _, number, name in _each(names):
        if not is_name(asked, name):
            return f"the new name of ROI {number} is not one that the protocol takes"
        if name not in own_names(asked) and not (_SIGNS.fullmatch(name) and is_spoken(name)):
            return f"the new name of ROI {number} has a word in it that neither the protocol nor the lexicon has"
    return ""


def refusal(
    asked: Mapping[str, Any],
    names: Names,
    decided: Names,
    confirmed: Collection[tuple[str, int]],
    sets: Callable[[], Mapping[str, Header]],
) -> str:
    """Why a person cannot give these names; empty when they can. Never quotes a name.

    decided: names that stand already; confirmed: (entry, ROI number) of what the person confirmed one by one
    sets: reads the RTSTRUCTs as they arrived
    """
    fault = wrong(asked, names) or unconfirmed(asked, names, decided, confirmed)
    if fault:
        return fault
    arrived = sets()
    return impossible(arrived, names) or misplaced(asked, arrived, names)


def impossible(sets: Mapping[str, Header], names: Names) -> str:
    """Why the structures of these RTSTRUCTs cannot get the names; empty when they can."""
    for entry, new in names.items():
        if entry not in sets:
            return "the session has no structure set of that name"
        found = fault([(int(roi.number), roi.name) for roi in rois(entry, sets[entry]) if roi.number.isdecimal()], new)
        if found:
            return found
    return ""


def told(names: Names) -> Iterator[str]:
    """Sentences about the new names."""
    for entry, number, name in _each(names):
        yield f"ROI {number} of {entry} is called {name}" if len(names) > 1 else f"ROI {number} is called {name}"


def _each(names: Names) -> Iterator[tuple[str, int, str]]:
    return ((entry, number, name) for entry, new in names.items() for number, name in new.items())


def _of_set(
    entry: str, header: Header, asked: Mapping[str, Any], decided: Names, suggests: Suggester | None
) -> Iterator[Structure]:
    extents, types = extents_of(header), dict(_types(header))
    found = rois(entry, header)
    taken = {roi.name for roi in found}
    for roi in found:
        number = int(roi.number) if roi.number.isdecimal() else 0
        seen = side_of(extents, roi.number)
        yield Structure(
            entry,
            number,
            roi.evidence,
            types.get(roi.number, ""),
            roi.contours,
            is_listed(asked, roi.name) if suggests else True,
            decided.get(entry, {}).get(number, ""),
            tuple(s for s in _useful(asked, roi.name, suggests.suggest(roi.name, seen)) if s.name not in taken)
            if suggests
            else (),
        )


def _useful(asked: Mapping[str, Any], name: str, found: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Names of the protocol other than the one it has; of a listed one only the way in which the protocol writes it."""
    for suggestion in found:
        better = (
            suggestion.own and suggestion.score == 1.0 if is_listed(asked, name) else is_name(asked, suggestion.name)
        )
        if better and suggestion.name != name:
            yield suggestion


def _types(structures: Header) -> Iterator[tuple[str, str]]:
    for observed in items(structures, "RTROIObservationsSequence"):
        yield text(observed, "ReferencedROINumber"), text(observed, "RTROIInterpretedType")
