"""Finding things by what clients call them: an ID anywhere, an ID or a label within a project."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection

from werkzeug.exceptions import BadRequest, Conflict, NotFound

from uploader.archives.embedded import rights
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, fields, one
from uploader.archives.embedded.names import clean, uri


@dataclass(frozen=True, slots=True)
class Holder:
    """What resources hang on: a project, a subject, a session or a scan.

    key: what the database calls it
    folder: where its resources lie, below the archive's root
    lock: whom to lock before changing its files
    uri: ``/data/experiments/X_E00001/scans/3``
    inside: where its resources are in a zip
    uid: Series Instance UID of a scan, else empty
    """

    key: str
    project: str
    shown_in: tuple[str, ...]
    folder: str
    lock: str
    uri: str
    inside: str
    uid: str = ""


def project(c: Connection, user: User, right: str, name: str) -> Row:
    """The project called `name`. Raises NotFound, Forbidden."""
    rights.require(c, user, right, name)
    row = one(c, "SELECT * FROM projects WHERE id = ?", name)
    assert row is not None
    return row


def subject(c: Connection, user: User, right: str, name: str, within: str | None = None) -> Row:
    """The subject called `name`. Raises NotFound, Forbidden."""
    row = named(c, "subjects", "subject", name, within)
    if row is None:
        raise NotFound("There is no such subject here, or it is not yours to see.")
    rights.require(c, user, right, row["project"], shown_in(c, "subject", row["id"]))
    return row


def session(
    c: Connection, user: User, right: str, name: str, within: str | None = None, subject_name: str | None = None
) -> Row:
    """The session called `name`. Raises NotFound, Forbidden."""
    row = named(c, "experiments", "experiment", name, within)
    if row is None or not _belongs(c, row, within, subject_name):
        raise NotFound("There is no such session here, or it is not yours to see.")
    rights.require(c, user, right, row["project"], shown_in(c, "experiment", row["id"]))
    return row


def scan(c: Connection, session_id: str, name: str) -> Row:
    """The scan of that session. Raises NotFound."""
    row = one(c, "SELECT * FROM scans WHERE session = ? AND id = ?", session_id, name)
    if row is None:
        raise NotFound("There is no such scan in this session.")
    return row


def assessor(
    c: Connection,
    user: User,
    right: str,
    name: str,
    session_name: str,
    within: str | None = None,
    subject_name: str | None = None,
) -> tuple[Row, Row]:
    """(assessor, its session). An assessor's own ID in the place of a session's does for both, as in XNAT.

    Raises NotFound, Forbidden.
    """
    if within is None and _is_assessor(c, session_name):
        name = session_name
        row = one(c, "SELECT * FROM assessors WHERE id = ?", name)
        home = one(c, "SELECT * FROM experiments WHERE id = ?", row["session"]) if row else None
    else:
        home = session(c, user, "read", session_name, within, subject_name)
        row = named(c, "assessors", "assessor", name, within or home["project"])
    if row is None or home is None or row["session"] != home["id"]:
        raise NotFound("There is no such assessor here, or it is not yours to see.")
    rights.require(c, user, right, row["project"], shown_in(c, "assessor", row["id"]))
    return row, home


def assessor_called(c: Connection, user: User, name: str) -> tuple[Row, Row] | None:
    """(assessor, its session) by the assessor's ID; None when nothing has it. Raises NotFound when it is not the user's
    to see."""
    return assessor(c, user, "read", name, name) if _is_assessor(c, name) else None


def _is_assessor(c: Connection, name: str) -> bool:
    return one(c, "SELECT id FROM assessors WHERE id = ?", name) is not None


def named(c: Connection, table: str, kind: str, name: str, within: str | None) -> Row | None:
    """The row of `table` with this ID, or with this label in project `within`, shared ones among them."""
    if within is None:
        return one(c, f"SELECT * FROM {table} WHERE id = ?", name)  # noqa: S608
    return one(
        c,
        f"SELECT t.* FROM {table} t LEFT JOIN shares s ON s.kind = ? AND s.id = t.id AND s.project = ? "  # noqa: S608
        "WHERE (t.project = ? AND (t.id = ? OR t.label IN (?, ?))) "
        "OR (s.project IS NOT NULL AND (t.id = ? OR s.label IN (?, ?)))",
        *(kind, within, within),
        *(name, name, clean(name)) * 2,
    )


def label_now(c: Connection, table: str, key: str) -> str:
    """The label of a subject or session, which may have been renamed since it was found. Raises NotFound."""
    row = one(c, f"SELECT label FROM {table} WHERE id = ?", key)  # noqa: S608 - our own words
    if row is None:
        raise NotFound("It was removed meanwhile.")
    return str(row["label"])


def free_key(c: Connection, site_id: str, table: str, project: str, wanted: str) -> str:
    """The ID that a client asks for a new thing in `project`; empty when it asks for none.

    Raises BadRequest for one that is not plain or is of the kind the archive gives itself, Conflict for one that
    another thing has, or a thing of the project as its label. Of labels elsewhere it tells nothing.
    """
    if not wanted:
        return ""
    own = tuple(prefix.lower() for prefix in (f"{site_id}_S", f"{site_id}_E", "RoiCollection_"))
    if wanted != clean(wanted) or wanted.lower().startswith(own):
        raise BadRequest("This cannot be an ID: letters, digits, - and _, and not as the archive makes its own.")
    for where in (table, "assessors"):
        sql = f"SELECT id FROM {where} WHERE id = ? OR (project = ? AND label = ?) LIMIT 1"  # noqa: S608
        if one(c, sql, wanted, project, wanted):
            raise Conflict("This ID is in use.")
    return wanted


def shown_in(c: Connection, kind: str, key: str) -> tuple[str, ...]:
    """Projects into which the thing is shared."""
    rows = c.execute("SELECT project FROM shares WHERE kind = ? AND id = ? ORDER BY project", (kind, key))
    return tuple(row["project"] for row in rows)


def shares(c: Connection, kind: str) -> dict[str, list[str]]:
    """ID of each thing of this kind that is shared -> the projects it is shared into."""
    found: dict[str, list[str]] = {}
    for key, place in c.execute("SELECT id, project FROM shares WHERE kind = ?", (kind,)):
        found.setdefault(key, []).append(place)
    return found


def holder(
    c: Connection,
    user: User,
    right: str,
    project: str | None = None,
    subject: str | None = None,
    experiment: str | None = None,
    scan: str | None = None,
    assessor: str | None = None,
) -> Holder:
    """What a URL names, its innermost part. Raises NotFound, Forbidden."""
    if experiment is not None and (assessor is not None or (project is None and _is_assessor(c, experiment))):
        row, home = find_assessor(c, user, right, assessor or "", experiment, project, subject)
        return assessor_holder(c, home, row)
    if experiment is not None:
        row = session(c, user, right, experiment, project, subject)
        return session_holder(c, row) if scan is None else scan_holder(c, row, find_scan(c, row["id"], scan))
    if subject is not None:
        return _subject_holder(c, find_subject(c, user, right, subject, project))
    assert project is not None
    return _project_holder(find_project(c, user, right, project))


def session_holder(c: Connection, row: Row) -> Holder:
    """The session as a holder of resources."""
    where = session_folder(row["project"], row["label"])
    return Holder(
        f"experiment:{row['id']}",
        row["project"],
        shown_in(c, "experiment", row["id"]),
        f"{where}/RESOURCES",
        f"session:{row['id']}",
        uri("experiments", row["id"]),
        row["label"],
    )


def scan_holder(c: Connection, session_row: Row, row: Row) -> Holder:
    """A scan of the session as a holder of resources."""
    above = session_holder(c, session_row)
    where = session_folder(session_row["project"], session_row["label"])
    kind = clean(fields(row).get("type") or row["type"].removeprefix("xnat:"))
    return Holder(
        f"scan:{row['pk']}",
        above.project,
        above.shown_in,
        f"{where}/SCANS/{row['id']}",
        above.lock,
        f"{above.uri}/scans/{row['id']}",
        f"{above.inside}/scans/{row['id']}-{kind}",
        row["uid"],
    )


def assessor_holder(c: Connection, session_row: Row, row: Row) -> Holder:
    """An assessor of the session as a holder of resources."""
    above = session_holder(c, session_row)
    return Holder(
        f"assessor:{row['id']}",
        row["project"],
        shown_in(c, "assessor", row["id"]),
        assessor_folder(session_row, row),
        above.lock,
        f"{above.uri}/assessors/{row['id']}",
        f"{above.inside}/assessors/{row['label']}",
    )


def assessor_folder(session_row: Row, row: Row) -> str:
    """Where an assessor lies, as in XNAT."""
    return f"{session_folder(session_row['project'], session_row['label'])}/ASSESSORS/{row['label']}"


def session_folder(project: str, label: str) -> str:
    """Where a session lies, as in XNAT."""
    return f"archive/{project}/arc001/{label}"


def _subject_holder(c: Connection, row: Row) -> Holder:
    return Holder(
        f"subject:{row['id']}",
        row["project"],
        shown_in(c, "subject", row["id"]),
        f"archive/{row['project']}/subjects/{row['label']}",
        f"subject:{row['id']}",
        uri("subjects", row["id"]),
        row["label"],
    )


def _project_holder(row: Row) -> Holder:
    key = row["id"]
    return Holder(f"project:{key}", key, (), f"archive/{key}/resources", f"project:{key}", uri("projects", key), key)


def _belongs(c: Connection, row: Row, within: str | None, subject_name: str | None) -> bool:
    """Whether the session's subject is the one that the URL names."""
    if subject_name is None:
        return True
    found = named(c, "subjects", "subject", subject_name, within)
    return found is not None and found["id"] == row["subject"]


find_project, find_subject, find_scan, find_assessor = project, subject, scan, assessor
