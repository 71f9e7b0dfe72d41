"""Sessions to which nothing more comes are built, and archived where their project wants it."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta

from werkzeug.exceptions import Forbidden, HTTPException, NotFound

from uploader.archives.embedded import archiving, waiting
from uploader.archives.embedded.accounts import HOUSE, User
from uploader.archives.embedded.database import Row, text_of
from uploader.archives.embedded.store import Store

_log = logging.getLogger("uploader.archives.embedded")
QUIET_SECONDS = 60.0
"""So long after its last file a session counts as complete, unless the settings say otherwise. XNAT waits 5 minutes."""


class Watch:
    """Looks after an archive's prearchive, in a thread of this process, while its server runs."""

    def __init__(self, store: Store, quiet_seconds: float) -> None:
        self._store, self._quiet = store, timedelta(seconds=quiet_seconds)
        self._pause = min(5.0, quiet_seconds / 4)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prearchive", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more; what is under way ends, or is taken up again at the next start."""
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping.wait(self._pause):
            try:
                settle(self._store, datetime.now(UTC) - self._quiet)
            except Exception as error:  # a border: whatever it is, the next look comes
                _log.error("%s while looking after the prearchive", type(error).__name__)


def settle(store: Store, since: datetime) -> None:
    """Build every session that has had no file `since`, and archive those that archive themselves."""
    with store.database.read() as c:
        sql = "SELECT * FROM waiting WHERE status = ? AND touched < ? ORDER BY touched"
        rows = c.execute(sql, (waiting.RECEIVING, text_of(since))).fetchall()
    for row in rows:
        try:
            _settle(store, row)
        except HTTPException:
            continue  # its status and its log tell


def _settle(store: Store, row: Row) -> None:
    archiving.build(store, row)
    with store.database.read() as c:
        code = waiting.facts(c, row)["autoarchive"]
    if code != waiting.AUTOMATIC["0"]:
        try:
            archiving.archive(store, _sender(store, row), row, archiving.automatic(code))
        except (Forbidden, NotFound) as error:
            with store.database.write() as c:
                waiting.mark(c, row, waiting.ERROR, f"{error.description} Archive it by hand.")
            raise


def _sender(store: Store, row: Row) -> User:
    """In whose name the session came. Raises Forbidden when the account may no longer log in."""
    if row["inserter"] == HOUSE.login:
        return HOUSE
    account = store.accounts.row(row["inserter"])
    if account is None or not store.accounts.enabled(account):
        raise Forbidden("The account that sent the session is gone or disabled.")
    return User(row["inserter"], bool(account["admin"]))
