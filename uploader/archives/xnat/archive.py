"""The ports Archive and Sharing on an XNAT.

Files travel as tars into the resource of their scan, never through XNAT's import service: import may rewrite
headers by the site's script, choose names and labels itself, merge, fall back to the prearchive, and call
its own faults bad files or skip them. Nothing here ever asks to overwrite, merge or leave out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from uploader.archives.xnat import listing
from uploader.archives.xnat.client import Client, Password, below, path
from uploader.archives.xnat.download import download
from uploader.archives.xnat.faults import fault
from uploader.archives.xnat.listing import File, Item
from uploader.archives.xnat.papers import attach, mark
from uploader.archives.xnat.preflight import check
from uploader.archives.xnat.sharing import hide_session, show_session, visible
from uploader.archives.xnat.tarstream import TarBody, batches, folder, inside
from uploader.archives.xnat.xsi import scan_type, session_type
from uploader.domain.consignment import is_paper
from uploader.domain.errors import ArchiveRefused, ArchiveUnavailable, LabelTaken
from uploader.domain.manifest import CHUNK, Entry, Held
from uploader.domain.session import Address, Session
from uploader.domain.trial import LABEL
from uploader.ports import Open

_JSON = {"format": "json"}


class XnatArchive:
    """One XNAT under one account. Every step may be repeated; threads may share it."""

    def __init__(
        self,
        name: str,
        url: str,
        user: str,
        password_file: Password,
        *,
        stall_seconds: float = 120,
        connect_seconds: float = 10,
        ca_file: Path | None = None,
    ) -> None:
        self._client = Client(
            name,
            url,
            user,
            password_file,
            stall_seconds=stall_seconds,
            connect_seconds=connect_seconds,
            ca_file=ca_file,
        )

    @property
    def name(self) -> str:
        return self._client.name

    def preflight(self, *projects: str) -> list[str]:
        """Whether the line can use this archive, and sentences about what should be known but stops nothing.
        Raises LoginRefused, Misconfigured, ArchiveUnavailable."""
        return check(self._client, projects)

    def put(self, session: Session, entries: Sequence[Entry], open_entry: Open) -> None:
        """Raises LabelTaken when the session's label belongs to another subject of the project."""
        if not entries:
            return
        experiment = self._ensure_session(session)
        self._ensure_scans(session, experiment, entries)
        for batch in batches(entries):
            self._send(session.address, batch, open_entry)

    def held(self, address: Address) -> Iterable[Held]:
        """Files outside of scans are listed too, but for our signed documents. Where the site keeps no digests, every
        file is read."""
        found = self._find(address)
        if found is None:
            return
        for file in self._files(found):
            yield Held(file.name, file.size, file.digest or self._digest(found, file))

    def settle(self, session: Session) -> None:
        flags = {"pullDataFromHeaders": "true", "fixScanTypes": "true", "triggerPipelines": "true"}
        self._client.ask("PUT", _at(session.address), flags, doing="asking to read the headers")

    def open(self, address: Address, entry: Entry) -> AbstractContextManager[BinaryIO]:
        scan, resource = folder(entry)
        where = _at(address, "scans", scan, "resources", resource, "files", *inside(entry).split("/"))
        return download(self._client, where, entry.size)

    def ids(self, address: Address) -> tuple[str, str]:
        """The archive's own IDs of subject and session. Raises ArchiveRefused when the session is not there."""
        found = self._there(address, "looking for a session")
        return found.subject, found.id

    def remove(self, address: Address) -> None:
        if self._find(address) is None:
            return
        self._client.ask("DELETE", _at(address), {"removeFiles": "true"}, doing="removing a session", also={404})
        if self._find(address) is not None:
            raise ArchiveUnavailable(f"{self.name}: removing a session: it is still there")

    def share(self, address: Address, project: str) -> None:
        found = self._there(address, "sharing a session")
        show_session(self._client, _subject_at(address), _at(address), found.id, project)

    def unshare(self, address: Address, project: str) -> None:
        found = self._there(address, "ending a share")
        if project in (address.project, found.project):
            raise ArchiveRefused(f"{self.name}: ending a share: {project} is the session's own project")
        hide_session(self._client, _subject_at(address), _at(address), found.id, found.subject, project)

    def attach(self, address: Address, name: str, body: bytes) -> None:
        self._there(address, "sending a document of a session")
        attach(self._client, _at(address), name, body)

    def mark(self, address: Address, trial: str) -> None:
        self._there(address, "writing the trial into a session's field")
        mark(self._client, _at(address), trial)

    def shared(self, address: Address) -> frozenset[str]:
        found = self._find(address)
        if found is None:
            return frozenset()
        here = frozenset({address.project, found.project})
        return here | (visible(self._client, _subject_at(address)) & visible(self._client, _at(address)))

    def _find(self, address: Address) -> Item | None:
        """The session, if it is there under its own subject. XNAT finds sessions by project and label alone."""
        subject = self._item(_subject_at(address), address.subject)
        found = self._item(_at(address), address.session) if subject else None
        return found if subject and found and found.subject == subject.id else None

    def _there(self, address: Address, doing: str) -> Item:
        """The session. Raises ArchiveRefused when it is not there under this label and subject."""
        found = self._find(address)
        if found is None:
            raise ArchiveRefused(f"{self.name}: {doing}: it is not there; was it renamed or removed at the archive?")
        return found

    def _item(self, where: str, label: str) -> Item | None:
        """Raises ArchiveRefused for one of another label: XNAT may take small letters for capitals."""
        answer = self._client.ask("GET", where, _JSON, doing="looking for a session", also={404})
        found = listing.item(self.name, answer) if answer.good else None
        if found and found.label != label:
            raise ArchiveRefused(f"{self.name}: looking for a session: the archive has one spelled otherwise")
        return found

    def _rows(self, where: str, doing: str) -> list[dict[str, str]]:
        """A listing; none at all is an empty one."""
        answer = self._client.ask("GET", where, _JSON, doing=doing, also={404})
        return listing.table(self.name, answer) if answer.good else []

    def _ensure_session(self, session: Session) -> Item:
        address = session.address
        if found := self._find(address):
            return found
        self._check_free(address)
        self._client.ask("PUT", _subject_at(address), doing="making a subject")
        kind = {"xsiType": session_type(session.scans.values())}
        self._client.ask("PUT", _at(address), kind, doing="making a session")
        if made := self._find(address):
            return made
        raise ArchiveUnavailable(f"{self.name}: making a session: the archive agreed, yet it is not there")

    def _check_free(self, address: Address) -> None:
        if not (LABEL.fullmatch(address.subject) and LABEL.fullmatch(address.session)):
            raise ArchiveRefused(f"{self.name}: making a session: the archive would alter its label or its subject's")
        if self._item(path("projects", address.project, "experiments", address.session), address.session):
            raise LabelTaken(f"{self.name}: another subject of the project has a session of this label")

    def _ensure_scans(self, session: Session, found: Item, entries: Sequence[Entry]) -> None:
        rows = self._rows(path("experiments", found.id, "scans"), "listing scans")
        known = {row.get("ID") for row in rows}
        for scan, resource in sorted({folder(e) for e in entries}):
            where = _at(session.address, "scans", scan)
            if scan not in known:
                kind = {"xsiType": scan_type(session.scans[scan])}
                self._client.ask("PUT", where, kind, doing="making a scan")
                known.add(scan)
            self._ensure_resource(below(where, "resources"), resource)

    def _ensure_resource(self, resources_at: str, resource: str) -> None:
        rows = self._rows(resources_at, "listing resources")
        if resource in {row.get("label") for row in rows}:
            return
        about = {"format": "DICOM", "content": "RAW"}
        where = below(resources_at, resource)
        self._client.ask("PUT", where, about, doing="making a resource", also={409})  # 409: made meanwhile

    def _send(self, address: Address, batch: Sequence[Entry], open_entry: Open) -> None:
        """A good answer proves nothing: names that exist already come back as duplicates, with status 200 or 409.
        Then the rest is sent again without them, because a place may keep the rest of such a batch, or none."""
        scan, resource = folder(batch[0])
        where = _at(address, "scans", scan, "resources", resource, "files", "batch.tar")
        flags = {"extract": "true", "inbody": "true"}
        doing = "sending files"
        answer = self._client.ask("PUT", where, flags, doing=doing, body=lambda: TarBody(batch, open_entry), also={409})
        taken = listing.duplicates(answer)
        if not (answer.good or taken):
            raise fault(self.name, doing, answer.status, answer.body, upload=True)
        rest = [entry for entry in batch if inside(entry) not in taken]
        if rest and len(rest) < len(batch):
            self._send(address, rest, open_entry)

    def _files(self, found: Item) -> Iterator[File]:
        here = ("experiments", found.id)
        scans = self._client.ask("GET", path(*here, "scans", "ALL", "files"), _JSON, doing="listing files", also={404})
        if scans.good:  # a session without scans may be answered with 404
            yield from listing.files(self.name, scans)
        beside = self._client.ask("GET", path(*here, "files"), _JSON, doing="listing files")
        yield from (file for file in listing.files(self.name, beside) if not (file.scan or is_paper(file.name)))

    def _digest(self, found: Item, file: File) -> str:
        md5 = hashlib.md5(usedforsecurity=False)
        with download(self._client, path("experiments", found.id, *file.parts), file.size) as data:
            while chunk := data.read(CHUNK):
                md5.update(chunk)
        return md5.hexdigest()


def _subject_at(address: Address) -> str:
    return path("projects", address.project, "subjects", address.subject)


def _at(address: Address, *parts: str) -> str:
    """The session, or something below it, by labels."""
    return below(_subject_at(address), "experiments", address.session, *parts)
