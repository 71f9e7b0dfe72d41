"""What can be done with a session that waits in the prearchive. One thing at a time; whatever fails, it stays."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from werkzeug.exceptions import Conflict, Forbidden, HTTPException, InternalServerError, NotFound

from uploader.archives.embedded import (
    conflicts,
    find,
    headers,
    imports,
    prearchive,
    removal,
    resources,
    rights,
    waiting,
)
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.conflicts import Incoming, InTheWay, Notice
from uploader.archives.embedded.database import Row, fields, now, one
from uploader.archives.embedded.names import clean
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.studies import Series, Study
from uploader.archives.embedded.vault import Staged
from uploader.domain.errors import UnreadableFile

_log = logging.getLogger("uploader.archives.embedded")


def build(store: Store, row: Row) -> None:
    """Read every file anew and let the headers say what the session is: then it is READY.

    A scan that was begun when the archive was killed, before its first file was acknowledged, is forgotten: it must not
    keep the others waiting. One whose files are known and gone is an error.
    Raises InternalServerError, and leaves it in ERROR, when a file cannot be read.
    """
    with _doing(store, row, waiting.BUILDING) as there:
        scans = [scan for scan in waiting.scans(store, there) if not _begun_only(store, there, scan)]
        heads = {scan["pk"]: _head(store, there, scan) for scan in scans}
        if not heads:
            raise InternalServerError("The session has no files; remove it and send it again.")
        with store.database.write() as c:
            removal.forget_scans(c, there["id"], except_for=heads.keys())
            for pk, head in heads.items():
                values = json.dumps(headers.scan_fields(head)), headers.scan_type(head), pk
                c.execute("UPDATE scans SET fields = ?, type = ? WHERE pk = ?", values)
            for head in list(heads.values())[:1]:
                known = json.dumps(headers.session_fields(head))
                c.execute("UPDATE waiting SET fields = ? WHERE id = ?", (known, there["id"]))


def archive(store: Store, user: User, row: Row, asked: Mapping[str, str]) -> str:
    """Move the waiting session into the archive; returns its URI there. Its files are linked, then let go.

    asked: query of the request: project, subject, session, overwrite, overwrite_files, Ignore-Unparsable
    Raises InTheWay, and leaves it in CONFLICT, when something is there already; see `imports.deposit`.
    """
    subject, label = clean(asked.get("subject", row["subject"])), clean(asked.get("session", row["label"]))
    project = asked.get("project", row["project"])
    with _doing(store, row, waiting.ARCHIVING) as there, ExitStack() as undo:
        study = _study(store, there, undo)
        study.project, study.subject, study.label = project, subject, label
        files_too, skip = (asked.get(name, "").lower() == "true" for name in ("overwrite_files", "Ignore-Unparsable"))
        overwrite = overwriting(asked)
        where = imports.deposit(store, user, study, overwrite, files_too, skip_rejected=skip, waited=there["id"])
        store.vault.forget(store.vault.bury(waiting.folder_of(there)))
    return where


def commit(store: Store, user: User, row: Row, asked: Mapping[str, str]) -> tuple[str, bool]:
    """Nothing more is to come: build it, and archive it when the request or the project says so.

    returns: its URI, and whether that is in the archive
    """
    build(store, row)
    with store.database.read() as c:
        code = waiting.facts(c, row)["autoarchive"]
    wished = asked.get("AA") or asked.get("auto-archive")
    if wished.lower() == "true" if wished else code != "Manual":
        return archive(store, user, row, asked if wished else automatic(code)), True
    return waiting.uri_of(row), False


def take(store: Store, user: User, study: Study, said: Mapping[str, str], asked: Mapping[str, str]) -> tuple[str, bool]:
    """Receive the study and `commit` its session, with nothing in between: who sends at the same time waits."""
    return prearchive.received(store, user, study, lambda row: commit(store, user, row, asked), said=said)


def automatic(code: str) -> dict[str, str]:
    """How a session is archived that archives itself: it merges; ``AutoArchiveOverwrite`` also replaces files."""
    return {"overwrite": "append", "overwrite_files": str(code == "AutoArchiveOverwrite").lower()}


def overwriting(asked: Mapping[str, str]) -> str:
    """``append``, ``delete`` or nothing; XNAT's ``override`` is ``delete``."""
    said = asked.get("overwrite", "")
    return "delete" if said == "override" else said


def notices(store: Store, user: User, row: Row, asked: Mapping[str, str]) -> list[Notice]:
    """What archiving would meet, without archiving."""
    project, label = asked.get("project", row["project"]), clean(asked.get("session", row["label"]))
    with store.database.read() as c:
        rights.require(c, user, "create", project)
        incoming = Incoming(row["uid"], clean(asked.get("subject", row["subject"])), _outline(store, row))
        return conflicts.notices(store, c, project, label, incoming)


def move(store: Store, user: User, row: Row, project: str) -> Row:
    """Give the waiting session to another project; returns it as it is there."""
    with _doing(store, row, waiting.MOVING) as there:
        with store.database.read() as c:
            project = find.project(c, user, "create", project)["id"]
            target = f"{project}/{there['stamp']}/{there['folder']}"
            if waiting.current(c, target):
                raise Conflict("The session is there already.")
        moved = f"prearchive/{target}"
        with store.moving(waiting.folder_of(there), moved) as c:
            _rename(c, there, project, target)
            if (moving := waiting.current(c, target)) is not None:
                waiting.state(c, moving, {"autoarchive": waiting.automatic(c, moving, {})})
    with store.database.read() as c:
        found = waiting.current(c, target)
    assert found is not None
    return found


def remove(store: Store, row: Row) -> None:
    """Remove the waiting session and its files."""
    with _doing(store, row, waiting.DELETING) as there:
        with store.database.write() as c:
            grave = store.vault.bury(waiting.folder_of(there))
            removal.forget_waiting(c, there["id"])
        store.vault.forget(grave)


@contextmanager
def _doing(store: Store, row: Row, status: str) -> Iterator[Row]:
    """The session, in this status, while nothing else is done with it; READY afterwards, or what became of it.

    Raises Locked while something else is done with it, NotFound when it waits no more.
    """
    with store.claim(waiting.lock_of(row)):
        with store.database.write() as c:
            there = waiting.current(c, row["id"])
            if there is None:
                raise NotFound("There is no such session in the prearchive.")
            waiting.mark(c, there, status)
        try:
            yield there
        except BaseException as error:
            _told(store, there, *_fate(there, error))
            raise
        _told(store, there, waiting.READY, "")


def _told(store: Store, row: Row, status: str, entry: str) -> None:
    """Write down how it ended. A full disk may prevent it; then the status is put right at the next start."""
    try:
        with store.database.write() as c:
            waiting.mark(c, row, status, entry)
    except sqlite3.OperationalError:
        _log.error("a session of the prearchive keeps its status because the disk could not be written")


def _fate(row: Row, error: BaseException) -> tuple[str, str]:
    """Status and log entry after a failure. What a person may not do says nothing about the session."""
    if isinstance(error, Forbidden | NotFound):
        return row["status"], ""
    if isinstance(error, InTheWay):
        return waiting.CONFLICT, error.description or ""
    if isinstance(error, HTTPException):
        return waiting.ERROR, error.description or error.name
    if isinstance(error, OSError):
        return waiting.ERROR, "The disk is full, or could not be reached. Free some room and try again."
    return (
        waiting.ERROR,
        f"The archive failed ({type(error).__name__}). Try again; if it stays, tell its administrator.",
    )


def empty(store: Store, row: Row) -> bool:
    """Whether no file of the session was ever acknowledged, nor lies there."""
    return all(_begun_only(store, row, scan) for scan in waiting.scans(store, row))


def _begun_only(store: Store, row: Row, scan: Row) -> bool:
    with store.database.read() as c:
        sql = "SELECT 1 FROM files JOIN resources ON pk = resource WHERE holder = ?"
        known = one(c, sql, waiting.scan_holder(row, scan).key)
    return known is None and not _paths(store, row, scan)


def _head(store: Store, row: Row, scan: Row) -> headers.Header:
    """Header of the scan's first file; all of them must be readable."""
    head: headers.Header | None = None
    for number, path in enumerate(_paths(store, row, scan), 1):
        try:
            found = headers.read(path)
        except UnreadableFile:
            raise InternalServerError(
                f"File {number} of scan {scan['id']} cannot be read; remove the session."
            ) from None
        head = head or found
    if head is None:
        raise InternalServerError(f"Scan {scan['id']} has no files; remove the session and send it again.")
    return head


def _paths(store: Store, row: Row, scan: Row) -> list[Path]:
    folder = f"{waiting.scan_holder(row, scan).folder}/{conflicts.IMAGES}"
    return [store.vault.root / folder / found.path for found in store.vault.look(folder)]


def _outline(store: Store, row: Row) -> dict[str, tuple[str, frozenset[str]]]:
    found = [(scan, _paths(store, row, scan)) for scan in waiting.scans(store, row)]
    return {scan["uid"]: (scan["id"], frozenset(path.name for path in paths)) for scan, paths in found}


def _study(store: Store, row: Row, undo: ExitStack) -> Study:
    """The waiting session as a study whose files are staged a second time, by hard links."""
    study = Study(row["uid"], row["project"], row["subject"], row["label"], fields(row))
    for scan in waiting.scans(store, row):
        known = fields(scan)
        series = Series(scan["uid"], scan["id"], known.get("modality", ""), scan["type"], known)
        holder = waiting.scan_holder(row, scan)
        with store.database.read() as c:
            shelves = resources.of(c, holder)
        for shelf in shelves:
            for kept in resources.files(store, holder, shelf):
                link = store.vault.second_name(store.vault.root / resources.folder(holder, shelf) / kept.found.path)
                undo.callback(link.unlink, missing_ok=True)
                series.files[kept.found.path] = Staged(link, kept.md5, kept.found.size)
        study.series[series.uid] = series
    return study


def _rename(c: sqlite3.Connection, row: Row, project: str, key: str) -> None:
    sql = "UPDATE waiting SET id = ?, project = ?, status = 'READY', touched = ? WHERE id = ?"
    c.execute(sql, (key, project, now(), row["id"]))
    c.execute("UPDATE scans SET session = ? WHERE session = ?", (key, row["id"]))
    for table in ("handling", "waiting_log"):
        c.execute(f"UPDATE {table} SET waiting = ? WHERE waiting = ?", (key, row["id"]))  # noqa: S608 - our own words
