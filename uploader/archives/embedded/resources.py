"""Resources and their files. What is listed is what lies on the disk, not what is remembered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from werkzeug.exceptions import Conflict, NotFound

from uploader.archives.embedded.database import Row, fields, one
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.names import clean_resource, uri
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.vault import Found, Staged


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a resource as it lies on the disk now. `md5`: lower-case hex, of the bytes as they are."""

    found: Found
    md5: str
    fields: Mapping[str, str]


def folder(holder: Holder, row: Row) -> str:
    """Where the resource's files lie, below the archive's root."""
    return f"{holder.folder}/{row['label']}"


def find(c: Connection, holder: Holder, name: str) -> Row:
    """The resource with this number or label. Raises NotFound."""
    row = _named(c, holder, name)
    if row is None:
        raise NotFound("There is no such resource here.")
    return row


def of(c: Connection, holder: Holder) -> list[Row]:
    """The holder's resources, by number."""
    return c.execute("SELECT * FROM resources WHERE holder = ? ORDER BY pk", (holder.key,)).fetchall()


def make(store: Store, holder: Holder, name: str, given: Mapping[str, str]) -> Row:
    """A new resource. Raises Conflict when there is one of this label."""
    with store.database.write() as c:
        if _named(c, holder, name) is not None:
            raise Conflict("Specified resource already exists.")
        return _insert(c, holder, name, given)


def ensure(c: Connection, holder: Holder, name: str, given: Mapping[str, str]) -> Row:
    """The resource of this number or label; it is made when there is none."""
    return _named(c, holder, name) or _insert(c, holder, name, given)


def columns(store: Store, holder: Holder, row: Row) -> dict[str, str]:
    """A resource's columns in a listing; count and size are those of the disk."""
    found = list(store.vault.look(folder(holder, row)))
    known = fields(row)
    return {
        "xnat_abstractresource_id": str(row["pk"]),
        "label": row["label"],
        "element_name": "xnat:resourceCatalog",
        "category": holder.key.split(":")[0],
        "cat_id": row["label"],
        "cat_desc": known.get("description", ""),
        "file_count": str(len(found)),
        "file_size": str(sum(f.size for f in found)),
        "tags": known.get("tags", ""),
        "content": known.get("content", ""),
        "format": known.get("format", ""),
    }


def add(
    store: Store,
    holder: Holder,
    name: str,
    files: Sequence[tuple[str, Staged]],
    given: Mapping[str, str],
    overwrite: bool,
    deposit: int = 0,
) -> list[str]:
    """Put staged files into the resource, making it where needed; all of them, or none when a name is taken.

    deposit: of which they are a part, see `deposits`; others, which failed and are not taken back yet, have lost them
    returns: names that are taken, when `overwrite` is false and there are any
    """
    with store.lock(holder.lock):
        with store.database.write() as c:
            row = ensure(c, holder, name, {})
        where = folder(holder, row)
        if not overwrite and (taken := [p for p, _ in files if (store.vault.root / where / p).exists()]):
            return taken
        found = store.vault.place(where, files)
        facts = json.dumps(dict(given))
        rows = [(row["pk"], f.path, s.md5, f.stamp, facts) for f, (_, s) in zip(found, files, strict=True)]
        with store.database.write() as c:
            c.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", rows)
            _claim(c, deposit, where, {path for path, _ in files})
        return []


def _claim(c: Connection, deposit: int, where: str, names: set[str]) -> None:
    """Of files that are stored now, no other deposit may take anything back."""
    for row in c.execute("SELECT id, places FROM deposits WHERE id != ?", (deposit,)).fetchall():
        places = [
            [folder, [name for name in theirs if folder != where or name not in names]]
            for folder, theirs in json.loads(row["places"])
        ]
        c.execute("UPDATE deposits SET places = ? WHERE id = ?", (json.dumps(places), row["id"]))


def files(store: Store, holder: Holder, row: Row) -> list[Kept]:
    """Every file of the resource as it is on the disk now.

    A remembered digest is believed while size, times and inode are the remembered ones; any other file,
    one that a crash left unregistered among them, is hashed again.
    """
    where = folder(holder, row)
    with store.database.read() as c:
        sql = "SELECT path, md5, stamp, fields FROM files WHERE resource = ?"
        known = {r["path"]: r for r in c.execute(sql, (row["pk"],))}
    kept, changed = [], []
    for found in store.vault.look(where):
        old = known.get(found.path)
        if old is None or old["stamp"] != found.stamp:
            md5 = store.vault.digest(where, found.path)
            changed.append((row["pk"], found.path, md5, found.stamp, old["fields"] if old else "{}"))
        else:
            md5 = old["md5"]
        kept.append(Kept(found, md5, fields(old) if old else {}))
    if changed:
        with store.database.write() as c:
            c.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", changed)
    return kept


def file_columns(holder: Holder, row: Row, kept: Kept) -> dict[str, str]:
    """A file's columns in a listing."""
    return {
        "Name": kept.found.path.rsplit("/", 1)[-1],
        "Size": str(kept.found.size),
        "URI": holder.uri + uri("resources", str(row["pk"]), "files", kept.found.path).removeprefix("/data"),
        "collection": row["label"],
        "file_tags": kept.fields.get("tags", ""),
        "file_format": kept.fields.get("format", "") or fields(row).get("format", ""),
        "file_content": kept.fields.get("content", "") or fields(row).get("content", ""),
        "cat_ID": str(row["pk"]),
        "digest": kept.md5,
        "path": kept.found.path,
    }


def remove(store: Store, holder: Holder, row: Row) -> None:
    """Remove the resource and its files."""
    with store.lock(holder.lock):
        with store.database.write() as c:
            grave = store.vault.bury(folder(holder, row))
            _forget(c, row["pk"])
        store.vault.forget(grave)


def remove_files(store: Store, holder: Holder, row: Row, path: str) -> None:
    """Remove the file, or all files of the folder, at `path`. Raises NotFound when there is none."""
    with store.lock(holder.lock):
        gone = [f.path for f in store.vault.look(folder(holder, row)) if within(f.path, path)]
        if not gone:
            raise NotFound("There is no such file.")
        store.vault.remove(folder(holder, row), gone)
        with store.database.write() as c:
            c.executemany("DELETE FROM files WHERE resource = ? AND path = ?", [(row["pk"], p) for p in gone])


def within(path: str, wanted: str) -> bool:
    """Whether `path` is the file `wanted`, or lies in the folder `wanted`, or matches its ``prefix*``."""
    if wanted.endswith("*"):
        return path.startswith(wanted[:-1])
    return path == wanted or path.startswith(wanted.rstrip("/") + "/")


def forget_holder(c: Connection, key: str) -> None:
    """Drop the rows of a holder's resources, after their files are gone."""
    for row in c.execute("SELECT pk FROM resources WHERE holder = ?", (key,)).fetchall():
        _forget(c, row["pk"])


def _forget(c: Connection, pk: int) -> None:
    c.execute("DELETE FROM files WHERE resource = ?", (pk,))
    c.execute("DELETE FROM resources WHERE pk = ?", (pk,))


def _named(c: Connection, holder: Holder, name: str) -> Row | None:
    sql = "SELECT * FROM resources WHERE holder = ? AND (label = ? OR CAST(pk AS TEXT) = ?) ORDER BY label != ?"
    label = clean_resource(name)
    return one(c, sql, holder.key, label, name, label)


def _insert(c: Connection, holder: Holder, name: str, given: Mapping[str, str]) -> Row:
    sql = "INSERT INTO resources (holder, label, fields) VALUES (?, ?, ?) RETURNING *"
    row = one(c, sql, holder.key, clean_resource(name), json.dumps(dict(given)))
    assert row is not None
    return row
