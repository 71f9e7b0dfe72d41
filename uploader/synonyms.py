"""Names that a protocol gives by itself: to structures whose labels it lists as synonyms, without a person's word.

It does so where it says ``none_for_exact_synonyms``, and only where nothing is left to be judged: the label is a listed
one but for the differences that the protocol ignores; it says the very side that the name says; of a name with a side
the contours lie on that side of the body; no other structure has the name but for those differences, or would get it.
Whatever fails one of these waits for a person, and so does everything else once a person has decided anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from uploader.cases import headers_below
from uploader.domain.renaming import ACTION, Names, Renaming, by_protocol, decided_by
from uploader.domain.submission import Submission
from uploader.given import Gateway, original, pinned
from uploader.nomenclature import Side
from uploader.nomenclature.labels import take_apart
from uploader.ports import Case, Header
from uploader.renamed import renamed
from uploader.renaming import confirmation, impossible, may_rename, wrong
from uploader.validators.naming import Roi, fold_of, is_listed, rois
from uploader.validators.siding import extents_of, side_of

Asked = Mapping[str, Any]
"""What the protocol says."""


def give_listed_names(gateway: Gateway, about: Submission) -> None:
    """Write down the names that the protocol gives, unless something was decided already: what a person took back stays
    so. Raises WrongState for a worker that comes too late, after another attempt was begun."""
    protocol, manifest = pinned(gateway, about), gateway.records.manifest(about.id, "identifiable")
    if not gives_names(protocol.content) or decided_by(gateway.records.history(about.id), about, manifest.digest):
        return
    entries = [entry.name for entry in manifest if about.scans.get(entry.scan) == "RTSTRUCT"]
    names = listed_names(headers_below(original(gateway, about.id), entries), protocol.content)
    if names:
        whose = by_protocol(about.trial, about.protocol_version)
        renaming = Renaming(whose, manifest.digest, about.trial, about.protocol_version, names)
        gateway.records.note(whose, ACTION, about.id, renaming.facts, about.attempt)


def as_named(case: Case) -> tuple[Case, Names]:
    """A session that is judged with no gateway around it, as the gateway would judge it, and the names it gives."""
    sets = {entry: header for entry, header in case.headers.items() if header.get("Modality") == "RTSTRUCT"}
    names = listed_names(sets, case.asked)
    return (replace(case, headers=renamed(case.headers, names), _known={}) if names else case), names


def told(names: Names) -> list[str]:
    """A sentence each. Of the label in the file nothing is said: who wrote it may have named a patient."""
    return [
        f"{entry} ROI {number}: judged as {name}, for the gateway gives it that name by itself; its label is a synonym"
        for entry, given in names.items()
        for number, name in sorted(given.items())
    ]


def gives_names(asked: Asked) -> bool:
    """Whether the protocol gives names by itself."""
    return may_rename(asked) and confirmation(asked) == "none_for_exact_synonyms"


def listed_names(sets: Mapping[str, Header], asked: Asked) -> Names:
    """The names that the protocol gives to structures of these RTSTRUCTs, by entry and ROI number."""
    if not gives_names(asked):
        return {}
    found = {entry: dict(_of_set(entry, header, asked)) for entry, header in sets.items()}
    return {entry: names for entry, names in found.items() if names}


def _of_set(entry: str, header: Header, asked: Asked) -> Iterator[tuple[int, str]]:
    found = {roi.number: name for roi, name in _meant(entry, header, asked)}
    fold = fold_of(asked)
    times = Counter(fold(found.get(roi.number, roi.name)) for roi in rois(entry, header))
    for number, name in found.items():
        one = {entry: {int(number): name}}
        if times[fold(name)] == 1 and not wrong(asked, one) and not impossible({entry: header}, one):
            yield int(number), name


def _meant(entry: str, header: Header, asked: Asked) -> Iterator[tuple[Roi, str]]:
    """The ROIs whose labels are listed as synonyms, with the names, as far as both agree about the side."""
    fold, extents = fold_of(asked), extents_of(header)
    listed = {fold(label): name for name, labels in _synonyms(asked).items() for label in labels}
    for roi in rois(entry, header):
        name = listed.get(fold(roi.name), "")
        waits = not name or not roi.number.isdecimal() or is_listed(asked, roi.name)
        if not waits and _sides_agree(roi.name, name, side_of(extents, roi.number)):
            yield roi, name


def _synonyms(asked: Asked) -> Mapping[str, list[str]]:
    synonyms: Mapping[str, list[str]] = asked.get("nomenclature", {}).get("synonyms", {})
    return synonyms


def _sides_agree(label: str, name: str, seen: Side) -> bool:
    """Whether label and name say the same of the side, and the contours too where that is left or right."""
    said, has = take_apart(label).words.side, take_apart(name).words.side
    if not said.is_one and not has.is_one:
        return True
    return said is has and seen is has
