"""What is being put into a session, written down first, so that one that fails or is cut off can be taken back."""

from __future__ import annotations

import json
from pathlib import Path
from sqlite3 import Connection

from uploader.archives.embedded import find, removal
from uploader.archives.embedded.database import Row, one
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.resources import forget_holder
from uploader.archives.embedded.store import Store


def begin(c: Connection, session: str, made: bool) -> int:
    """A new deposit into the session, which was `made` for it or was there. Returns its number."""
    sql = "INSERT INTO deposits (session, made, scans, places) VALUES (?, ?, '[]', '[]') RETURNING id"
    row = one(c, sql, session, made)
    assert row is not None
    return int(row["id"])


def note(
    store: Store, c: Connection, deposit: int, scans: list[int], holders: list[tuple[Holder, str, list[str]]]
) -> None:
    """Write down what will be new: scans, by key, and files, by (holder, resource, names). Before it is there."""
    places = []
    for holder, resource, names in holders:
        folder = f"{holder.folder}/{resource}"
        places.append([folder, [name for name in names if not (store.vault.root / folder / name).exists()]])
    c.execute(
        "UPDATE deposits SET scans = ?, places = ? WHERE id = ?", (json.dumps(scans), json.dumps(places), deposit)
    )


def end(c: Connection, deposit: int) -> None:
    """It is all there."""
    c.execute("DELETE FROM deposits WHERE id = ?", (deposit,))


def take_back(store: Store, deposit: int) -> None:
    """Remove what the deposit has put in: its files, and its scans and session as far as they hold nothing else."""
    with store.database.read() as c:
        row = one(c, "SELECT * FROM deposits WHERE id = ?", deposit)
    if row is None:
        return
    with store.lock(f"session:{row['session']}"):
        for folder, names in json.loads(row["places"]):
            store.vault.remove(folder, names)
        session = _without_scans(store, row)
        if session is not None and row["made"] and _empty(store, session):
            removal.erase(store, session)
        with store.database.write() as c:
            end(c, deposit)


def left(store: Store) -> list[int]:
    """Deposits that were cut off."""
    with store.database.read() as c:
        return [row["id"] for row in c.execute("SELECT id FROM deposits ORDER BY id DESC")]


def _without_scans(store: Store, row: Row) -> Row | None:
    """The deposit's session, rid of the scans that were made for it and are empty; None when it is gone."""
    with store.database.write() as c:
        session = one(c, "SELECT * FROM experiments WHERE id = ?", row["session"])
        graves = [_drop_scan(store, c, session, pk) for pk in json.loads(row["scans"])] if session else []
    for grave in graves:
        store.vault.forget(grave)
    return session


def _drop_scan(store: Store, c: Connection, session: Row, pk: int) -> Path | None:
    scan = one(c, "SELECT * FROM scans WHERE pk = ? AND session = ?", pk, session["id"])  # pks are given again
    if scan is None:
        return None
    holder = find.scan_holder(c, session, scan)
    if any(store.vault.look(holder.folder)):
        return None
    forget_holder(c, holder.key)
    c.execute("DELETE FROM scans WHERE pk = ?", (pk,))
    return store.vault.bury(holder.folder)


def _empty(store: Store, session: Row) -> bool:
    with store.database.read() as c:
        if one(c, "SELECT pk FROM scans WHERE session = ?", session["id"]):
            return False
    return not any(store.vault.look(find.session_folder(session["project"], session["label"])))
