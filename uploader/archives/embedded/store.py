"""One archive: its database, its bytes, its accounts and its locks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from sqlite3 import Connection
from weakref import WeakValueDictionary

from werkzeug.exceptions import Locked

from uploader.archives.embedded import customfields, history, reconstructions, workflows
from uploader.archives.embedded.accounts import Accounts
from uploader.archives.embedded.database import Database
from uploader.archives.embedded.names import clean
from uploader.archives.embedded.outcomes import Outcomes
from uploader.archives.embedded.scripting import Editor
from uploader.archives.embedded.vault import Vault

PATIENCE_SECONDS = 5
"""How long `claim` waits."""


_TABLES = (*history.SCHEMA, *reconstructions.SCHEMA, *customfields.SCHEMA, *workflows.SCHEMA)


class Lock:
    """A lock that can be forgotten when nobody holds it."""

    def __init__(self) -> None:
        self.held = threading.RLock()


class Store:
    """What every request works on.

    site_id: begins the IDs: ``{site_id}_S00001``
    editor: runs DicomEdit scripts; without one, none can be enabled
    """

    def __init__(self, root: Path, name: str, site_id: str, editor: Editor | None = None) -> None:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.name, self.site_id, self.editor = name, clean(site_id), editor
        self.database = Database(root / "archive.db", _TABLES)
        self.vault = Vault(root)
        self.accounts = Accounts(self.database)
        self.outcomes = Outcomes()
        self._locks: WeakValueDictionary[str, Lock] = WeakValueDictionary()
        self._guard = threading.Lock()
        self._undo_moves()

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """One at a time among all who name `key`, e.g. ``session:X_E00001``."""
        with self._guard:
            lock = self._locks.setdefault(key, Lock())
        with lock.held:
            yield

    @contextmanager
    def claim(self, key: str) -> Iterator[None]:
        """As `lock`, for what should not wait long. Raises Locked when another has it for `PATIENCE_SECONDS`."""
        with self._guard:
            lock = self._locks.setdefault(key, Lock())
        if not lock.held.acquire(timeout=PATIENCE_SECONDS):
            raise Locked("Another operation is under way with this; try again when it is done.")
        try:
            yield
        finally:
            lock.held.release()

    @contextmanager
    def moving(self, source: str, target: str) -> Iterator[Connection]:
        """Rename a folder; inside, its new name is written down. The folder has its old name again when that fails,
        at the next start when it is cut off by a crash."""
        with self.database.write() as c:
            c.execute("INSERT INTO moves VALUES (?, ?)", (source, target))
        there = (self.vault.root / source).is_dir()
        self.vault.move(source, target)
        with ExitStack() as undo:
            undo.callback(self._move_back, source, target, there)
            with self.database.write() as c:
                yield c
                c.execute("DELETE FROM moves WHERE target = ?", (target,))
            undo.pop_all()

    def _move_back(self, source: str, target: str, there: bool) -> None:
        if there:
            self.vault.move(target, source)
        with self.database.write() as c:
            c.execute("DELETE FROM moves WHERE target = ?", (target,))

    def close(self) -> None:
        """Close files and connections."""
        self.database.close()
        self.vault.close()

    def _undo_moves(self) -> None:
        with self.database.write() as c:
            for row in c.execute("SELECT source, target FROM moves").fetchall():
                if not (self.vault.root / row["source"]).exists():
                    self.vault.move(row["target"], row["source"])
            c.execute("DELETE FROM moves")
