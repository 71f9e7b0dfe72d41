"""What stands in the way of a study that is to go into the archive, under XNAT's codes and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from sqlite3 import Connection

from werkzeug.exceptions import Conflict

from uploader.archives.embedded import find
from uploader.archives.embedded.database import Row, fields, one
from uploader.archives.embedded.store import Store

IMAGES = "DICOM"
"""Label of the resource that holds a scan's images."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One observation. `type`: FAIL cannot be archived so, CONFLICT can when asked to, WARN needs nothing."""

    code: int
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is to be archived. `scans`: Series UID -> (number, names of its files)."""

    uid: str
    subject: str
    scans: Mapping[str, tuple[str, Set[str]]]


class InTheWay(Conflict):
    """A notice that forbids archiving as it was asked for."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(f"{notice.message} {_ADVICE.get(notice.code, '')}".strip())


def notices(store: Store, c: Connection, project: str, label: str, incoming: Incoming) -> list[Notice]:
    """Everything that is to be said about archiving the study under this label."""
    owner = find.named(c, "subjects", "subject", incoming.subject, project)
    new = [] if owner else [Notice(12, "WARN", "The subject does not exist yet and will be created.")]
    session = find.named(c, "experiments", "experiment", label, project)
    return new if session is None else [*new, *_about(store, c, session, owner, incoming)]


def refuse(found: list[Notice], overwrite: str, files_too: bool) -> None:
    """Raises InTheWay for the first notice that this way of overwriting does not get over.

    overwrite: ``append`` merges with a session that exists; ``delete`` also when it is of another study
    files_too: files that exist are replaced
    """
    allowed = {"append": {1}, "delete": {1, 5, 14}}.get(overwrite, set()) | ({14} if files_too else set()) | _HARMLESS
    for notice in found:
        if notice.code not in allowed:
            raise InTheWay(notice)


_HARMLESS = {12, 16, 17, 18}
"""Told, but no hindrance: a scan that is there gets more files, and one of a number that is taken gets another."""
_ADVICE = {
    1: "(overwrite=append merges).",
    5: "Its Study Instance UID differs; overwrite=delete merges all the same.",
    14: "Send overwrite_files=true to replace them.",
}


def _about(store: Store, c: Connection, session: Row, owner: Row | None, incoming: Incoming) -> Iterator[Notice]:
    yield Notice(1, "CONFLICT", "Session already exists, retry with overwrite enabled")
    if owner is None or owner["id"] != session["subject"]:
        text = "Invalid modification of session subject via archive process.: it belongs to another Subject"
        yield Notice(4, "FAIL", text)
    if fields(session).get("UID", incoming.uid) != incoming.uid:
        yield Notice(5, "CONFLICT", "Invalid modification of session UID via archive process.")
    known = c.execute("SELECT * FROM scans WHERE session = ?", (session["id"],)).fetchall()
    if any(_taken(store, c, session, row, incoming) for row in known):
        yield Notice(14, "CONFLICT", "Session already exists with matching files.")
    for uid, (number, _) in incoming.scans.items():
        yield from _about_scan(known, uid, number)


def _taken(store: Store, c: Connection, session: Row, scan: Row, incoming: Incoming) -> bool:
    """Whether the scan has a file of a name that comes."""
    _, names = incoming.scans.get(scan["uid"], ("", frozenset()))
    folder = store.vault.root / find.scan_holder(c, session, scan).folder / IMAGES
    return any((folder / name).exists() for name in names)


def _about_scan(known: list[Row], uid: str, number: str) -> Iterator[Notice]:
    same = next((row for row in known if row["id"] == number), None)
    if same is not None and same["uid"] == uid:
        text = f"Session already contains a scan ({number}) with the same UID and number."
        yield Notice(16, "CONFLICT", text)
    elif same is not None:
        text = f"Session already contains a scan ({number}) with the same number, but a different UID."
        yield Notice(17, "CONFLICT", f"{text} - New scan will be renamed.")
    other = next((row for row in known if row["uid"] == uid and row["id"] != number), None)
    if other is not None:
        text = f"Session already contains a scan ({other['id']}) with the same UID, but a different number."
        yield Notice(18, "CONFLICT", text)


def existing(c: Connection, key: str) -> Row | None:
    """The session's row as it is now."""
    return one(c, "SELECT * FROM experiments WHERE id = ?", key)
