"""What a crash left half done, put right when the archive is opened again: nothing is stuck for ever."""

from __future__ import annotations

from sqlite3 import Connection

from uploader.archives.embedded import archiving, deposits, waiting
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.store import Store


def recover(store: Store) -> None:
    """Take back what was put into sessions in part, give waiting sessions a status from which they go on, finish
    removals, forget sessions of which nothing had arrived, and clear away files of those that wait no more. Nothing,
    while another process works on the archive.
    """
    if not store.vault.alone:
        return
    for number in deposits.left(store):
        deposits.take_back(store, number)
    with store.database.write() as c:
        rows = c.execute("SELECT * FROM waiting").fetchall()
        for row in rows:
            _go_on(c, row)
    for row in rows:
        if row["status"] == waiting.DELETING or archiving.empty(store, row):
            archiving.remove(store, row)
    _sweep(store)


def _go_on(c: Connection, row: Row) -> None:
    """Built anew, and archived again if it would archive itself; what a person began, a person begins again."""
    stopped = "The archive stopped while the session was being"
    if row["status"] == waiting.BUILDING:
        waiting.mark(c, row, waiting.RECEIVING, f"{stopped} built; it is built again.")
    elif row["status"] == waiting.ARCHIVING and waiting.facts(c, row)["autoarchive"] != "Manual":
        waiting.mark(c, row, waiting.RECEIVING, f"{stopped} archived; nothing of it was kept there. It begins again.")
    elif row["status"] == waiting.ARCHIVING:
        waiting.mark(c, row, waiting.READY, f"{stopped} archived; nothing of it was kept there. Archive it again.")
    elif row["status"] == waiting.MOVING:
        waiting.mark(c, row, waiting.READY, f"{stopped} moved. Move it again.")


def _sweep(store: Store) -> None:
    """Remove folders whose session was archived or removed just before the crash."""
    with store.database.read() as c:
        known = {row["id"] for row in c.execute("SELECT id FROM waiting")}
    for folder in (store.vault.root / "prearchive").glob("*/*/*"):
        key = folder.relative_to(store.vault.root / "prearchive").as_posix()
        if key not in known:
            store.vault.forget(store.vault.bury(f"prearchive/{key}"))
