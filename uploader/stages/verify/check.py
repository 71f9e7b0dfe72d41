"""One file and its original: harvest, and check. Runs in any process; what it returns is plain and can be sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from uploader.domain.errors import UnreadableFile
from uploader.domain.manifest import CHUNK, Entry
from uploader.stages.verify.identity import Harvest, harvest, uids_of
from uploader.stages.verify.needles import Needles
from uploader.stages.verify.pixels import Beside
from uploader.stages.verify.references import by_place, kept, lost, own_uids, uid_pairs
from uploader.stages.verify.residue import Hit, Search
from uploader.stages.verify.structure import faults, subject_of, unlike
from uploader.stages.verify.walk import Element, Part

Sighting = tuple[str, str, str, str]
"""(code, where, value or empty, detail free of values or empty)"""

_NOTED = 1 << 12
"""Bytes; no value that is compared with the original's is longer."""
_KINDS = {
    "identity": "verify.residue",
    "word": "verify.word",
    "technical": "verify.technical",
    "number": "verify.number",
    "date": "verify.residue-date",
    "date-short": "verify.date-short",
    "uid": "verify.residue-uid",
}


@dataclass(slots=True)
class Report:
    """What one file showed.

    pairs: (original UID, UID now) -> where it was first seen
    own: new UIDs by which the file names itself
    subject: PatientID (0010,0020)
    """

    sightings: list[Sighting] = field(default_factory=list)
    pairs: dict[tuple[str, str], str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    subject: str = ""


@dataclass(slots=True)
class Bench:
    """What a process needs to check files: both folders, what to look for, and what may stand."""

    original: Path
    anonymised: Path
    needles: Needles
    keep: frozenset[str]
    search: Search


def glean(folder: Path, entry: Entry) -> tuple[Harvest, list[Sighting]]:
    """The identity in one original, and what is wrong with that file."""
    try:
        with (folder / entry.name).open("rb") as stream:
            wrong = [] if _unchanged(stream, entry) else [("verify.original-changed", entry.name, "", "")]
            return harvest(Part(stream)), wrong
    except UnreadableFile as error:
        return Harvest(), [("verify.original-unparsable", entry.name, "", str(error))]
    except OSError:
        return Harvest(), [("verify.missing", entry.name, "", "the original cannot be opened")]


def check(bench: Bench, entry: Entry) -> Report:
    """Everything there is to say about one anonymised file. Never raises for what the file holds."""
    report = Report()
    try:
        with (bench.anonymised / entry.name).open("rb") as stream:
            if not _unchanged(stream, entry):
                report.sightings.append(("verify.changed", entry.name, "", ""))
            _inspect(bench, entry.name, stream, report)
    except UnreadableFile as error:
        report.sightings.append(("verify.unparsable", entry.name, "", str(error)))
    except OSError:
        report.sightings.append(("verify.missing", entry.name, "", "the anonymised file cannot be opened"))
    return report


def _inspect(bench: Bench, name: str, stream: BinaryIO, report: Report) -> None:
    part = Part(stream)
    elements: list[Element] = []
    hits = bench.search.hits(part, _noted(chain(part.meta, part.elements()), elements))
    report.sightings += [_sighted(name, hit) for hit in hits]
    report.sightings += _left_uids(bench, name, elements)
    elements = elements[len(part.meta) :]
    beside = Beside(part, elements)
    report.sightings += [_sighted(name, hit) for hit in bench.search.hits(part, beside.elements(), pixels=True)]
    report.sightings += [(code, f"{name} {path}", "", "") for code, path in dict.fromkeys(beside.faults)]
    report.subject, report.own = subject_of(elements), own_uids(elements)
    report.sightings += [(code, f"{name} {path}", "", "") for code, path in faults(part, elements)]
    report.sightings += _compare(bench, name, part, elements, report)


def _sighted(name: str, hit: Hit) -> Sighting:
    return _KINDS[hit.kind], f"{name} {hit.element.path}", hit.value, ""


def _noted(elements: Iterable[Element], notes: list[Element]) -> Iterator[Element]:
    """The same elements; `notes` keeps them, long values left out, so that memory stays flat."""
    for element in elements:
        long = element.value is not None and len(element.value) > _NOTED
        notes.append(element._replace(value=None) if long else element)
        yield element


def _left_uids(bench: Bench, name: str, elements: list[Element]) -> Iterator[Sighting]:
    uids = bench.needles.harvest.uids
    for element in elements:
        if element.vr == "UI" and element.value:
            left = [uid for uid in uids_of(element.value) if uid in uids]
            yield from (("verify.residue-uid", f"{name} {element.path}", uid, "") for uid in left)


def _compare(bench: Bench, name: str, part: Part, elements: list[Element], report: Report) -> Iterator[Sighting]:
    """What only the original can tell; one that cannot be read has been reported when it was harvested."""
    try:
        with (bench.original / name).open("rb") as stream:
            source = Part(stream)
            sources: list[Element] = []
            for _ in _noted(source.elements(), sources):
                pass
            before, after = by_place(sources), by_place(elements)
            for old, new, path in uid_pairs(before, after):
                report.pairs.setdefault((old, new), f"{name} {path}")
            yield from ((code, f"{name} {path}", "", "") for code, path in unlike(source, sources, part, elements))
            yield from ((c, f"{name} {p}", v, "") for c, p, v in kept(before, after, bench.keep))
            yield from ((c, f"{name} {p}", v, "") for c, p, v in lost(before, after, bench.needles.harvest.own))
            if report.subject not in bench.keep:
                yield "verify.pseudonym", f"{name} (0010,0020)", report.subject, ""
    except (UnreadableFile, OSError):
        yield "verify.original-unparsable", name, "", "it could not be compared"


def _unchanged(stream: BinaryIO, entry: Entry) -> bool:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return (size, digest.hexdigest()) == (entry.size, entry.sha256)
