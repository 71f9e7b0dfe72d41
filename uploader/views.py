"""What is shown of a submission, and how it is read from its files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from uploader.dicom import header, read_header
from uploader.domain.evidence import Receipt
from uploader.domain.finding import Verdict
from uploader.domain.manifest import Entry, Manifest
from uploader.domain.private import Private
from uploader.domain.session import Address
from uploader.domain.signing import Signatures
from uploader.domain.submission import Submission
from uploader.ports import Archive, Header
from uploader.renaming import Structure


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan as the desk lists it."""

    id: str
    modality: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Roi:
    """One structure of an RTSTRUCT; its name could betray a patient, so it is shown and never kept."""

    number: int
    name: Private[str]
    type: str
    contours: int


@dataclass(frozen=True, slots=True)
class Change:
    """One element before and after; values are shown to entitled staff and never kept."""

    where: str
    name: str
    before: Private[str]
    after: str
    kind: str
    """``added``, ``removed``, ``emptied`` or ``replaced``."""
    within: tuple[str, ...]
    """Names of the sequences it lies in, outermost first, e.g. ``("Beam Sequence, item 1",)``."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element as it arrived; where, name and within as of `Change`."""

    where: str
    name: str
    value: Private[str]
    within: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Naming:
    """What the desk shows of structures to rename.

    offered: names that the protocol spells out
    may_rename: whether the protocol lets them be renamed, now
    confirm: how new names are confirmed, see `renaming.confirmation`
    by: who decided the names that stand now, as the audit names them: a person, or the protocol; empty for nobody
    """

    structures: tuple[Structure, ...]
    offered: tuple[str, ...]
    may_rename: bool
    confirm: str
    by: str


@dataclass(frozen=True, slots=True)
class View:
    """What the desk shows of a submission."""

    submission: Submission
    scans: tuple[Scan, ...]
    protocol_verdict: Verdict | None
    verification: Verdict | None
    digest: str
    """Digest of the files that would be signed; empty before there is something to sign."""
    signatures: Signatures
    receipts: tuple[Receipt, ...]
    history: tuple[Mapping[str, Any], ...]
    seen: str = ""
    """Digest of all that whoever signs has before them, see `sight`; empty like `digest`."""
    verified: tuple[str, ...] = ()
    """What the verifier looked for and where, in sentences."""
    changed: tuple[str, ...] = ()
    """What was taken out of texts that were kept, and of images, in sentences."""
    renamed: tuple[str, ...] = ()
    """What people or the protocol decided that structures are called, in sentences; not what they were called."""
    renamed_by: str = ""
    """Who did, as the audit names them."""
    anonymised_verdict: Verdict | None = None
    """Of the second validation, on the anonymised files: what differs from the first."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Line of a rule in the protocol file -> what people call it."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The same -> what waivers call it."""


def scans_of(about: Submission, manifest: Manifest) -> tuple[Scan, ...]:
    """The scans of a session, by ID."""
    sizes: dict[str, list[int]] = {}
    for entry in manifest:
        sizes.setdefault(entry.scan, []).append(entry.size)
    return tuple(Scan(i, about.scans.get(i, ""), len(s), sum(s)) for i, s in sorted(sizes.items()))


def dataset_of(archive: Archive, address: Address, entry: Entry) -> Dataset:
    """The header of a file in an archive."""
    with archive.open(address, entry) as stream:
        return read_header(stream)


def rois_of(archive: Archive, address: Address, about: Submission, manifest: Manifest) -> Iterator[Roi]:
    """The structures of every RTSTRUCT of a session."""
    for entry in manifest:
        if about.scans.get(entry.scan) == "RTSTRUCT":
            yield from _rois_of(header(dataset_of(archive, address, entry)))


def _rois_of(structures: Header) -> Iterator[Roi]:
    """By ROI number, never by position (PS3.3 C.8.8.5, C.8.8.6, C.8.8.8)."""
    types = {o.get("ReferencedROINumber"): o for o in structures.get("RTROIObservationsSequence") or []}
    contours = {c.get("ReferencedROINumber"): c for c in structures.get("ROIContourSequence") or []}
    for roi in structures.get("StructureSetROISequence") or []:
        number = roi.get("ROINumber")
        yield Roi(
            number=int(number or 0),
            name=Private(str(roi.get("ROIName") or "")),
            type=str(types.get(number, {}).get("RTROIInterpretedType") or ""),
            contours=len(contours.get(number, {}).get("ContourSequence") or []),
        )


@dataclass(frozen=True, slots=True)
class _Leaf:
    """An element that is no sequence; its value as text, made only of what is to be shown."""

    name: str
    value: str = field(repr=False)
    within: tuple[str, ...]


Leaves = dict[str, _Leaf]
"""By path of the element."""


def leaves_of(dataset: Dataset, prefix: str = "", within: tuple[str, ...] = ()) -> Leaves:
    """Every element that is no sequence, by its path, e.g. ``(300a,00b0)[0].(300a,00c0)``."""
    leaves: Leaves = {}
    for element in dataset:
        where = f"{prefix}({element.tag.group:04x},{element.tag.element:04x})"
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                inside = (*within, f"{element.name}, item {number + 1}")
                leaves |= leaves_of(item, f"{where}[{number}].", inside)
        else:
            leaves[where] = _Leaf(element.name, text_of(element.value), within)
    return leaves


def text_of(value: Any) -> str:
    """As DICOM writes it: several values with backslashes between, binary ones by length and digest."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"{len(value)} bytes, SHA-256 {sha256(value).hexdigest()[:12]}…" if value else ""
    return "\\".join(map(str, value)) if isinstance(value, MultiValue) else str(value)


def differing(before: Leaves, after: Leaves) -> Iterator[Change]:
    """What differs between a file before and after, item 2 of a sequence before its item 10."""
    for where in sorted(before.keys() | after.keys(), key=_in_order):
        old, new = before.get(where), after.get(where)
        if old != new:
            some = old or new
            assert some is not None
            was, now = Private(old.value if old else "absent"), new.value if new else "removed"
            yield Change(where, some.name, was, now, _kind(old, new), some.within)


def _kind(old: _Leaf | None, new: _Leaf | None) -> str:
    if old is None or new is None:
        return "added" if old is None else "removed"
    return "replaced" if new.value else "emptied"


def _in_order(where: str) -> list[str | int]:
    """Item 2 of a sequence before its item 10."""
    return [int(part) if odd % 2 else part for odd, part in enumerate(re.split(r"\[(\d+)\]", where))]
