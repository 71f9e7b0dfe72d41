"""ROI collections: contours and masks that people drew on a session, each an assessor with one file.

Source: the XNAT OHIF viewer plugin, ``/xapi/roi``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset
from werkzeug.exceptions import BadRequest, Conflict, NotFound, UnprocessableEntity

from uploader import dicom
from uploader.archives.embedded import assessors, find, resources, rights
from uploader.archives.embedded.accounts import HOUSE, User
from uploader.archives.embedded.database import Row, fields
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.names import clean
from uploader.archives.embedded.shelves import UID
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.vault import Readable, Staged
from uploader.domain.errors import UnreadableFile

KINDS = {"RTSTRUCT": "dcm", "SEG": "dcm", "AIM": "xml", "MEAS": "json", "NIFTI": "nii.gz"}
"""Kinds of collections, and how their files' names end."""

_REFERENCES = (0x30060010, 0x00081115)
"""Referenced Frame of Reference Sequence and Referenced Series Sequence."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a collection is: a session, and the label of the assessor."""

    project: str
    session: str
    label: str


def put(store: Store, user: User, place: Place, kind: str, body: Readable, overwrite: bool, series: str) -> bool:
    """Keep the collection; whether it is new. The file is in its place before the assessor is there to be seen.

    series: UID of the series it was drawn on, where the file does not tell
    Raises BadRequest for an unknown kind, Conflict for one that exists without `overwrite` or is of another kind,
    UnprocessableEntity for a file that is not what `kind` says, NotFound, Forbidden.
    """
    if kind not in KINDS:
        raise BadRequest(f"type is one of {', '.join(KINDS)}.")
    _may_write(store, user, place)
    staged = store.vault.stage(body)
    try:
        given = {"collectionType": kind, "name": clean(place.label)} | _said(staged.path, kind, series)
        with store.lock(f"labels:{place.project.lower()}"):
            return _kept(store, user, place, given, staged, overwrite)
    finally:
        staged.path.unlink(missing_ok=True)


def get(store: Store, user: User, place: Place, kind: str) -> Path:
    """The collection's file. Raises NotFound, also for another kind than it has: nothing is converted."""
    row, home = _found(store, user, "read", place)
    had = fields(row).get("collectionType", "")
    path = store.vault.root / find.assessor_folder(home, row) / had / _name(had)
    if kind not in ("", had) or not path.is_file():
        raise NotFound("There is no such ROI collection here, or not of this type.")
    return path


def remove(store: Store, user: User, place: Place) -> None:
    """Remove the collection; in a project where it is only shared, stop sharing it."""
    row, _ = _found(store, user, "read", place)
    assessors.remove(store, user, row, place.project)


def may(store: Store, user: User, project: str) -> dict[str, bool]:
    """What the user may do with the project's collections. Raises NotFound."""
    with store.database.read() as c:
        rights.require(c, user, "read", project)
        here = rights.rights(c, user, project)
    return {right: right in here for right in ("create", "read", "edit", "delete")}


def _found(store: Store, user: User, right: str, place: Place) -> tuple[Row, Row]:
    with store.database.read() as c:
        row, home = find.assessor(c, user, right, place.label, place.session, place.project)
    if row["type"] != assessors.ROI_COLLECTION:
        raise NotFound("There is no such ROI collection here.")
    return row, home


def _may_write(store: Store, user: User, place: Place) -> None:
    """Before a byte of the file is read."""
    with store.database.read() as c:
        find.session(c, user, "edit", place.session, place.project)


def _kept(store: Store, user: User, place: Place, given: Mapping[str, str], staged: Staged, overwrite: bool) -> bool:
    """Put the file in its place. An assessor whose file a crash or a full disk kept away does not count as there."""
    kind = given["collectionType"]
    with store.database.write() as c:
        session = find.session(c, user, "edit", place.session, place.project)
        row = assessors.of_session(c, session, place.label, place.project)
        new = row is None
        if row is None:
            key = assessors.new_key(store, c, assessors.ROI_COLLECTION)
            row = assessors.insert(c, user, session, key, place.label, assessors.ROI_COLLECTION, given)
    with ExitStack() as undo:
        if new:
            undo.callback(assessors.erase, store, row)
        with store.lock(f"session:{session['id']}"):
            holder = _holder(store, row)
            _check(store.vault.root / holder.folder, row, kind, overwrite)
            resources.add(store, holder, kind, [(_name(kind), staged)], {"format": kind}, overwrite=True)
        undo.pop_all()
    _describe(store, row, given)
    return new


def _holder(store: Store, row: Row) -> Holder:
    """Where the assessor is now: its session may have been renamed. Raises NotFound."""
    with store.database.read() as c:
        found, session = find.assessor(c, HOUSE, "read", row["id"], row["id"])
        return find.assessor_holder(c, session, found)


def _check(folder: Path, row: Row, kind: str, overwrite: bool) -> None:
    """Raises Conflict when the collection may not be put there."""
    had = fields(row).get("collectionType", kind)
    if row["type"] != assessors.ROI_COLLECTION or had != kind:
        raise Conflict("Another kind of assessor has this label; remove it first, or choose another label.")
    if not overwrite and (folder / kind / _name(kind)).exists():
        raise Conflict("The ROI collection exists; send overwrite=true to replace it.")


def _describe(store: Store, row: Row, given: Mapping[str, str]) -> None:
    with store.database.write() as c:
        kept = json.dumps(fields(row) | dict(given))
        c.execute("UPDATE assessors SET fields = ? WHERE id = ?", (kept, row["id"]))


def _name(kind: str) -> str:
    return f"collection.{KINDS.get(kind, '')}"


def _said(path: Path, kind: str, series: str) -> dict[str, str]:
    """What the file says of itself. Raises UnprocessableEntity when it is not what `kind` says, BadRequest."""
    if series and not UID.fullmatch(series):
        raise BadRequest("seriesuid is no UID.")
    told = {"references/seriesUID": series} if series else {}
    if kind not in ("RTSTRUCT", "SEG"):
        return told
    try:
        with path.open("rb") as stream:
            head = dicom.read_header(stream)
        if str(head.get("Modality") or "") != kind or not UID.fullmatch(str(head.get("SOPInstanceUID") or "")):
            raise UnprocessableEntity(f"The file is a DICOM object, but no {kind}; nothing was stored.")
        told["UID"] = str(head.SOPInstanceUID)
        return told if series else told | _drawn_on(head)
    except UnreadableFile as error:
        raise UnprocessableEntity(f"The file is no {kind}: {error}; nothing was stored.") from None


def _drawn_on(head: Dataset) -> dict[str, str]:
    """The first series that a structure set or a segmentation refers to."""
    items = [item for tag in _REFERENCES if tag in head for item in dicom.decoded(head, tag).value]
    for level in (level for item in items for level in dicom.walk(item)):
        if UID.fullmatch(found := str(level.get("SeriesInstanceUID") or "")):
            return {"references/seriesUID": found}
    return {}
