"""Which scans of a session are which inputs of the protocol.

An input is recognised by its modality, its SOP classes and its `match`; a scan that is none of them is never sent
unasked: `completeness` reports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.ports import Case, Header
from uploader.validators import constraints
from uploader.validators.reading import text


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
    """

    key: str
    line: str
    said: Mapping[str, Any]
    scans: tuple[Scan, ...]

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries of all its scans."""
        return tuple(entry for scan in self.scans for entry in scan.entries)


def scans(case: Case) -> Sequence[Scan]:
    """The series of the session in the order of their first entry; files of one series and two modalities are two."""
    found: dict[tuple[str, str], list[str]] = {}
    for entry, header in case.headers.items():
        found.setdefault((text(header, "SeriesInstanceUID"), text(header, "Modality")), []).append(entry)
    return [Scan(uid, modality, tuple(entries)) for (uid, modality), entries in found.items()]


def inputs(case: Case) -> Mapping[str, Input]:
    """The protocol's inputs by key, each with its scans; ask by ``case.once(inputs)``."""
    asked = case.asked.get("inputs", ())
    return {
        said["key"]: Input(said["key"], f"/inputs/{n}", said, tuple(s for s in case.once(scans) if _is(case, s, said)))
        for n, said in enumerate(asked)
    }


def unmatched(case: Case) -> Sequence[Scan]:
    """Scans that are no input of the protocol."""
    known = {scan for each in case.once(inputs).values() for scan in each.scans}
    return [scan for scan in case.once(scans) if scan not in known]


def _is(case: Case, scan: Scan, said: Mapping[str, Any]) -> bool:
    headers = [case.headers[entry] for entry in scan.entries]
    return scan.modality == said["modality"] and _of_class(headers, said) and _matches(headers, said)


def _of_class(headers: Sequence[Header], said: Mapping[str, Any]) -> bool:
    classes = said.get("sop_classes")
    return not classes or all(text(header, "SOPClassUID") in classes for header in headers)


def _matches(headers: Sequence[Header], said: Mapping[str, Any]) -> bool:
    return all(constraints.recognises(headers, constraint) for constraint in said.get("match", ()))
