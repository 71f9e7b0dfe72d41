"""STOW-RS: instances in, by the way of the prearchive like every other import, and an account of each.

Source: PS3.18 10.5, PS3.4 table GG.4-1 for the reasons.
"""

from __future__ import annotations

import filecmp
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from sqlite3 import Connection

from werkzeug.exceptions import BadRequest, Conflict, NotFound

from uploader.archives.embedded import archiving, headers, instances, prearchive, rights, studies
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, one
from uploader.archives.embedded.routing import Routing
from uploader.archives.embedded.shelves import UID
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.unpack import Member
from uploader.archives.embedded.vault import Readable
from uploader.domain.errors import UnreadableFile

NOT_UNDERSTOOD, OTHER_STUDY, DUPLICATE, REFUSED = 0xC000, 0xA900, 0x0111, 0x0110
"""Reasons of a failure: no readable object; not of the study in the address; other bytes under a UID that is there;
the archive does not take it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One instance as it came. `reason`: why it was not stored; None when it was. UIDs may be empty."""

    study: str
    series: str
    uid: str
    kind: str
    path: Path
    reason: int | None = None


@dataclass(slots=True)
class Account:
    """What became of the instances.

    shown: those that can be asked for now
    waiting: those that are safe, but wait in the prearchive
    failed: those of which nothing was stored
    """

    shown: list[Sent] = field(default_factory=list)
    waiting: list[Sent] = field(default_factory=list)
    failed: list[Sent] = field(default_factory=list)


def store_all(store: Store, user: User, project: str, parts: Iterable[Readable], study: str = "") -> Account:
    """Take instances. The instances of one study are stored together, or none of them.

    study: the only one that is taken, empty for any
    Raises NotFound and Forbidden before the first byte is read; OSError when the disk is full.
    """
    with store.database.read() as c:
        rights.require(c, user, "create", project)
    account = Account()
    with ExitStack() as undo:
        fresh: dict[str, list[Sent]] = {}
        for sent in _received(store, parts, study, undo):
            if sent.reason is None:
                fresh.setdefault(sent.study, []).append(sent)
            else:
                account.failed.append(sent)
        for group in fresh.values():
            _store(store, user, project, group, account)
    return account


def _received(store: Store, parts: Iterable[Readable], study: str, undo: ExitStack) -> Iterator[Sent]:
    for part in parts:
        path = store.vault.spool(part)
        undo.callback(path.unlink, missing_ok=True)
        sent = _read(path)
        yield replace(sent, reason=OTHER_STUDY) if study and sent.reason is None and sent.study != study else sent


def _read(path: Path) -> Sent:
    try:
        head = headers.read(path)
    except UnreadableFile:
        return Sent("", "", "", "", path, NOT_UNDERSTOOD)
    study, series, uid, kind = (
        headers.text(head, name) for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
    )
    whole = all(map(UID.fullmatch, (study, series, uid, kind)))
    return Sent(study, series, uid, kind, path) if whole else Sent("", "", "", "", path, NOT_UNDERSTOOD)


def _store(store: Store, user: User, project: str, group: list[Sent], account: Account) -> None:
    """Store the instances of one study that are not there yet."""
    there = _there(store, user, project, group[0].study)
    missing = [sent for sent in group if sent.uid not in there]
    if not all(filecmp.cmp(sent.path, there[sent.uid], shallow=False) for sent in group if sent.uid in there):
        account.failed += [replace(sent, reason=DUPLICATE) for sent in group]
        return
    try:
        archived = not missing or _deposit(store, user, _routing(store, project, group[0].study), missing)
    except (BadRequest, Conflict) as error:
        reason = DUPLICATE if isinstance(error, Conflict) else REFUSED
        account.failed += [replace(sent, reason=reason) for sent in group]
        return
    kept = _there(store, user, project, group[0].study) if archived else there
    for sent in group:
        (account.shown if sent.uid in kept else account.waiting).append(sent)


def _deposit(store: Store, user: User, routing: Routing, group: list[Sent]) -> bool:
    """Into the prearchive, and on into the archive when the project wants that; whether they are there."""
    with ExitStack() as undo:
        study = studies.gather(store, _opened(group), undo, False, routing)
        return prearchive.received(store, user, study, lambda row: _archived(store, user, row))


def _archived(store: Store, user: User, row: Row) -> bool:
    try:
        return archiving.commit(store, user, row, {})[1]
    except Conflict:
        return False  # it waits there for a person, as any import that meets something does


def _opened(group: list[Sent]) -> Iterator[Member]:
    for sent in group:
        with sent.path.open("rb", buffering=0) as data:
            yield "", data


def _there(store: Store, user: User, project: str, study: str) -> dict[str, Path]:
    """The files of the study that are in the archive, by UID."""
    try:
        return {found.uid: found.path for found in instances.of_study(store, user, project, study)}
    except NotFound:
        return {}


def _routing(store: Store, project: str, study: str) -> Routing:
    """Into the session that has the study already; else its header says."""
    with store.database.read() as c:
        session = _session(c, project, study)
        owner = one(c, "SELECT label FROM subjects WHERE id = ?", session["subject"]) if session else None
    if session is None or owner is None:
        return Routing(project)
    return Routing(project, owner["label"], session["label"])


def _session(c: Connection, project: str, study: str) -> Row | None:
    return one(
        c,
        "SELECT e.* FROM shelves h JOIN resources r ON r.pk = h.resource JOIN scans s "
        "ON s.pk = CAST(substr(r.holder, 6) AS INTEGER) JOIN experiments e ON e.id = s.session "
        "WHERE h.study = ? AND r.holder LIKE 'scan:%' AND e.project = ? LIMIT 1",
        *(study, project),
    )
