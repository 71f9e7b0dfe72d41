"""Which scans of a session are which inputs of the protocol.

An input is recognised by its modality, its SOP classes and its `match`; of more than it may have, `prefer` tells which
are meant. A scan that is none of them is never sent unasked: `completeness` reports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.ports import Case, Header
from uploader.validators import constraints
from uploader.validators.preference import meant
from uploader.validators.reading import of_modality, text


@dataclass(frozen=True, slots=True)
class Scan:
    """A series of the session: SeriesInstanceUID (0020,000E), Modality (0008,0060), and its entries in order."""

    uid: str
    modality: str
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """What the protocol asks for, and the scans of the session that are it.

    line: JSON pointer of the input, ``/inputs/0``
    said: the input as the protocol says it
    scans: those that are meant; where instances are counted, of each scan only the instances that are
    others: recognised as well, and not meant
    """

    key: str
    line: str
    said: Mapping[str, Any]
    scans: tuple[Scan, ...]
    others: tuple[Scan, ...] = ()

    @property
    def label(self) -> str:
        """What people call it."""
        return str(self.said.get("label", self.key))

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries of all its scans."""
        return tuple(entry for scan in self.scans for entry in scan.entries)


def scans(case: Case) -> Sequence[Scan]:
    """The series of the session in the order of their first entry; files of one series and two modalities are two."""
    return _grouped(case, case.headers)


def inputs(case: Case) -> Mapping[str, Input]:
    """The protocol's inputs by key, each with its scans; ask by ``case.once(inputs)``."""
    asked = {said["key"]: (f"/inputs/{n}", said) for n, said in enumerate(case.asked.get("inputs", ()))}
    found = {key: _input(case, line, said, ()) for key, (line, said) in asked.items() if not _by_reference(said)}
    structures = _structures(case, found.values())
    return {key: found.get(key) or _input(case, line, said, structures) for key, (line, said) in asked.items()}


def unmatched(case: Case) -> Sequence[Scan]:
    """What is no input of the protocol: scans, or of a scan the instances that are none."""
    known = {entry for each in case.once(inputs).values() for s in (*each.scans, *each.others) for entry in s.entries}
    return _grouped(case, [entry for entry in case.headers if entry not in known])


def brings(case: Case, key: str) -> bool:
    """Whether the chosen time point brings this input; one that lists none brings all, and so does none chosen."""
    chosen = case.chosen.get("timepoint")
    listed = next((visit.get("inputs") for visit in case.asked.get("timepoints", ()) if visit["code"] == chosen), None)
    return listed is None or key in listed


def _input(case: Case, line: str, said: Mapping[str, Any], structures: Iterable[Header]) -> Input:
    candidates = [each for each in _candidates(case, said) if _is(case, each, said)]
    most = said.get("count", {}).get("max", len(candidates))
    chosen = None
    if len(candidates) > most > 0:
        headers = [[case.headers[entry] for entry in each.entries] for each in candidates]
        chosen = meant(headers, said.get("prefer", ""), most, structures)
    entries = [(n, entry) for n, each in enumerate(candidates) for entry in each.entries]
    return Input(
        said["key"],
        line,
        said,
        _grouped(case, [entry for n, entry in entries if chosen is None or n in chosen]),
        _grouped(case, [entry for n, entry in entries if chosen is not None and n not in chosen]),
    )


def _candidates(case: Case, said: Mapping[str, Any]) -> Iterator[Scan]:
    """What is recognised as a whole: scans, or instances where these are counted."""
    for scan in case.once(scans):
        if _by_instance(said):
            yield from (Scan(scan.uid, scan.modality, (entry,)) for entry in scan.entries)
        else:
            yield scan


def _grouped(case: Case, entries: Iterable[str]) -> tuple[Scan, ...]:
    found: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        header = case.headers[entry]
        found.setdefault((text(header, "SeriesInstanceUID"), text(header, "Modality")), []).append(entry)
    return tuple(Scan(uid, modality, tuple(several)) for (uid, modality), several in found.items())


def _structures(case: Case, found: Iterable[Input]) -> Sequence[Header]:
    """The structure sets that are inputs themselves, or all where the protocol asks for none."""
    sets = [each for each in found if each.said["modality"] == "RTSTRUCT"]
    if not sets:
        return list(of_modality(case.headers, "RTSTRUCT").values())
    return [case.headers[entry] for each in sets for entry in each.entries]


def _by_instance(said: Mapping[str, Any]) -> bool:
    return bool(said.get("unit") == "instances")


def _by_reference(said: Mapping[str, Any]) -> bool:
    return bool(said.get("prefer") == "referenced_by_structure_set")


def _is(case: Case, scan: Scan, said: Mapping[str, Any]) -> bool:
    headers = [case.headers[entry] for entry in scan.entries]
    return scan.modality == said["modality"] and _of_class(headers, said) and _matches(headers, said)


def _of_class(headers: Sequence[Header], said: Mapping[str, Any]) -> bool:
    classes = said.get("sop_classes")
    return not classes or all(text(header, "SOPClassUID") in classes for header in headers)


def _matches(headers: Sequence[Header], said: Mapping[str, Any]) -> bool:
    return all(constraints.recognises(headers, constraint) for constraint in said.get("match", ()))
