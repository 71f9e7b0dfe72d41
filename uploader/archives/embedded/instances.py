"""The DICOM objects of a project: which UID lies in which file. Read from the headers once, then remembered.

A remembered row is believed while size, times and inode of its file are the remembered ones. What is remembered are
UIDs and the shape of the image, nothing of the patient.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.tag import Tag
from werkzeug.exceptions import NotFound

from uploader.archives.embedded import find, headers, rights, shelves
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.shelves import UID, Shelf
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.vault import Found
from uploader.domain.errors import UnreadableFile

_NAMING = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "Modality")
FACTS = ("InstanceNumber", "Rows", "Columns", "BitsAllocated", "NumberOfFrames")
"""Attributes of an object that are remembered."""
_TAGS = frozenset(Tag(keyword) for keyword in (*_NAMING, *FACTS))


@dataclass(frozen=True, slots=True)
class Instance:
    """One object and its file.

    kind: SOP Class UID
    syntax: Transfer Syntax UID of the file
    facts: keyword -> whole number, those of `FACTS` that the header has
    path: the file, absolute
    stamp: as `Found.stamp`
    """

    study: str
    series: str
    uid: str
    kind: str
    syntax: str
    modality: str
    facts: Mapping[str, int]
    path: Path
    stamp: str


def of_study(store: Store, user: User, project: str, study: str, series: str = "", uid: str = "") -> list[Instance]:
    """The objects of the study, of one of its series, or the one object; by series, number and UID.

    Raises NotFound when there is none, or the project is not the user's to read.
    """
    _require(store, user, project)
    found = _remembered(store, project, study, series, uid) if uid else []
    if not found:
        near = _of_the_same_sessions(shelves.of_project(store, project), study)
        found = [i for i in within(store, near) if _asked(i, study, series, uid)]
    if not found:
        raise NotFound("There is no such object in this project.")
    return found


def within(store: Store, chosen: Iterable[Shelf]) -> list[Instance]:
    """The objects on these shelves; of two with one UID the first. By study, series, number and UID."""
    found: dict[str, Instance] = {}
    for shelf in chosen:
        for instance in _on(store, shelf):
            found.setdefault(instance.uid, instance)
    return sorted(found.values(), key=lambda i: (i.study, i.series, i.facts.get("InstanceNumber", 0), i.uid))


def _of_the_same_sessions(all_shelves: list[Shelf], study: str) -> list[Shelf]:
    """All shelves of the sessions that have one of this study: what speaks for a shelf is only one of its files."""
    homes = {shelf.session for shelf in all_shelves if shelf.study == study}
    return [shelf for shelf in all_shelves if shelf.session in homes]


def _require(store: Store, user: User, project: str) -> None:
    with store.database.read() as c:
        rights.require(c, user, "read", project)


def _asked(found: Instance, study: str, series: str, uid: str) -> bool:
    return found.study == study and series in ("", found.series) and uid in ("", found.uid)


def _remembered(store: Store, project: str, study: str, series: str, uid: str) -> list[Instance]:
    """The object, when it is remembered and its file has not changed: frames are asked for one by one."""
    sql = (
        "SELECT i.*, r.label, s.id AS scan, e.project, e.label AS folder FROM instances i "
        "JOIN resources r ON r.pk = i.resource JOIN scans s ON s.pk = CAST(substr(r.holder, 6) AS INTEGER) "
        "JOIN experiments e ON e.id = s.session "
        "WHERE i.uid = ? AND i.study = ? AND ? IN ('', i.series) AND r.holder LIKE 'scan:%' "
        "AND (e.project = ? OR e.id IN (SELECT id FROM shares WHERE kind = 'experiment' AND project = ?)) "
        "ORDER BY e.id, s.pk, i.resource, i.path LIMIT 1"
    )
    with store.database.read() as c:
        rows = c.execute(sql, (uid, study, series, project, project)).fetchall()
    found = [(row, f"{find.session_folder(row['project'], row['folder'])}/SCANS/{row['scan']}") for row in rows]
    known = [_instance(row, store.vault.root / place / row["label"]) for row, place in found]
    return [i for i in known if (seen := store.vault.seen(i.path)) is not None and seen.stamp == i.stamp]


def _on(store: Store, shelf: Shelf) -> list[Instance]:
    """The objects on the shelf, as its files are now."""
    folder = store.vault.root / shelf.folder
    with store.lock(f"instances:{shelf.resource}"):
        with store.database.read() as c:
            sql = "SELECT * FROM instances WHERE resource = ?"
            known = {row["path"]: row for row in c.execute(sql, (shelf.resource,))}
        lying = {found.path: found for found in store.vault.look(shelf.folder)}
        gone = [path for path in known if path not in lying]
        changed = [f for p, f in lying.items() if p not in known or known[p]["stamp"] != f.stamp]
        if gone or changed:
            _remember(store, shelf.resource, [_values(shelf.resource, folder, f) for f in changed], gone)
    with store.database.read() as c:
        sql = "SELECT * FROM instances WHERE resource = ? AND uid != '' ORDER BY path"
        return [_instance(row, folder) for row in c.execute(sql, (shelf.resource,))]


def _remember(store: Store, resource: int, values: list[tuple[Any, ...]], gone: list[str]) -> None:
    exists = "SELECT 1 FROM resources WHERE pk = ?"
    with store.database.write() as c:
        if c.execute(exists, (resource,)).fetchone():
            c.executemany("DELETE FROM instances WHERE resource = ? AND path = ?", [(resource, p) for p in gone])
            c.executemany("INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def _values(resource: int, folder: Path, found: Found) -> tuple[Any, ...]:
    """The row of a file; one without UIDs for a file that is no image, so that it is not opened again."""
    try:
        head, syntax = shelves.header(folder / found.path, _TAGS)
    except (UnreadableFile, FileNotFoundError):
        head, syntax = {}, ""
    study, series, uid, kind, modality = (headers.text(head, name) for name in _NAMING)
    if not all(map(UID.fullmatch, (study, series, uid, syntax))):
        return resource, found.path, found.stamp, "", "", "", "", "", "", "{}"
    facts = {name: int(text) for name in FACTS if (text := headers.text(head, name)).isdecimal()}
    return resource, found.path, found.stamp, study, series, uid, kind, syntax, modality, json.dumps(facts)


def _instance(row: Row, folder: Path) -> Instance:
    facts = json.loads(row["facts"])
    study, series, uid, kind, syntax, modality = (
        row[name] for name in ("study", "series", "uid", "class", "syntax", "modality")
    )
    return Instance(study, series, uid, kind, syntax, modality, facts, folder / row["path"], row["stamp"])
