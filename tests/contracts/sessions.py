"""Small sessions for tests of archives: names, bytes and what follows from them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from uploader.domain.manifest import Entry, Held, Manifest, measure
from uploader.domain.session import Address, Session

ADDRESS = Address("DEMO", "DEMO-001", "DEMO-001_1")
SCANS = {"3": "CT", "4": "RTSTRUCT", "5": "RTPLAN", "6": "RTDOSE", "9": "OT"}

FILES = {
    "scans/3/DICOM/0001.dcm": b"slice one",
    "scans/3/DICOM/0002.dcm": b"slice two" * 1000,
    "scans/3/DICOM/0003.dcm": b"",
    "scans/4/DICOM/0001.dcm": b"structures",
}


@dataclass(frozen=True)
class Given:
    """A session and the bytes of its files, by entry name."""

    files: Mapping[str, bytes]
    address: Address = ADDRESS

    @property
    def session(self) -> Session:
        return Session(self.address, SCANS)

    @property
    def manifest(self) -> Manifest:
        return Manifest(frozenset(measure(name, io.BytesIO(data)) for name, data in self.files.items()))

    @property
    def held(self) -> set[Held]:
        return {Held(e.name, e.size, e.md5) for e in self.manifest}

    def only(self, *names: str) -> Given:
        return Given({name: self.files[name] for name in names}, self.address)

    @contextmanager
    def open(self, entry: Entry) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.files[entry.name])


WHOLE = Given(FILES)
