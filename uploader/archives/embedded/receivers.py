"""The archive's DICOM receivers: what is sent to them waits in the prearchive.

Definitions are kept under XNAT's names. While the archive is served, those that are enabled listen.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, Conflict, Forbidden, HTTPException, NotFound
from werkzeug.exceptions import NotImplemented as NotOffered

from uploader.archives.embedded import prearchive, preferences
from uploader.archives.embedded.accounts import HOUSE, User
from uploader.archives.embedded.database import number, one
from uploader.archives.embedded.routing import Routing
from uploader.archives.embedded.store import Store

if TYPE_CHECKING:
    from uploader.dimse import Access, Receiver

IDENTIFIERS: Mapping[str, str] = {"dicomObjectIdentifier": "Default DICOM object identifier"}
"""By which rules files find their place, see `routing`, and XNAT's name for them."""
DEFAULTS: Mapping[str, Any] = {
    "aeTitle": "",
    "port": 0,
    "identifier": "dicomObjectIdentifier",
    "fileNamer": "",
    "enabled": True,
    "customProcessing": False,
    "directArchive": False,
    "anonymizationEnabled": True,
    "whitelistEnabled": False,
    "whitelist": [],
    "routingExpressionsEnabled": False,
    "projectRoutingExpression": "",
    "subjectRoutingExpression": "",
    "sessionRoutingExpression": "",
}
"""A receiver of which nothing is said."""
_NOT_OFFERED = ("customProcessing", "directArchive", "routingExpressionsEnabled")
_TITLE = re.compile(r"[A-Za-z0-9_.-]{1,16}")
_KEY = "receiver:"
_log = logging.getLogger("uploader.archives.embedded")

Definition = dict[str, Any]


class Receivers:
    """The receivers of one archive, which listen from its start to its stop. host: the address they listen at."""

    def __init__(self, store: Store, host: str = "127.0.0.1") -> None:
        self._store, self.host = store, host
        self._lock = threading.RLock()
        self._listening: dict[int, Receiver] | None = None

    def start(self) -> None:
        """Listen where a definition says so. One whose port is taken is left out; the log tells."""
        with self._lock:
            self._listening = {}
            for definition in self.all():
                try:
                    self._listen(definition)
                except Conflict:
                    _log.error("a DICOM receiver cannot have its port")

    def stop(self) -> None:
        """Listen no more."""
        with self._lock:
            listening, self._listening = self._listening or {}, None
        for receiver in listening.values():
            receiver.stop()

    def all(self) -> list[Definition]:
        """Every definition, oldest first."""
        with self._store.database.read() as c:
            rows = c.execute("SELECT value FROM settings WHERE name LIKE ?", (f"{_KEY}%",)).fetchall()
        return sorted((json.loads(row["value"]) for row in rows), key=lambda definition: int(definition["id"]))

    def get(self, key: int) -> Definition:
        """Raises NotFound."""
        with self._store.database.read() as c:
            row = one(c, "SELECT value FROM settings WHERE name = ?", f"{_KEY}{key}")
        if row is None:
            raise NotFound("There is no such DICOM receiver.")
        found: Definition = json.loads(row["value"])
        return found

    def create(self, given: Mapping[str, Any]) -> Definition:
        """A new one. Raises BadRequest, Conflict, NotOffered, with nothing changed."""
        with self._lock:
            definition = self._checked({**DEFAULTS, **given}, None)
            with self._store.database.write() as c:
                definition["id"] = number(c, "receiver")
            return self._settle(definition, None)

    def change(self, key: int, given: Mapping[str, Any]) -> Definition:
        """The same one, in part otherwise. Raises as `create`, and NotFound."""
        with self._lock:
            before = self.get(key)
            return self._settle(self._checked({**before, **given, "id": key}, key), before)

    def delete(self, key: int) -> None:
        """Raises NotFound."""
        with self._lock:
            self.get(key)
            self._hush(key)
            with self._store.database.write() as c:
                c.execute("DELETE FROM settings WHERE name = ?", (f"{_KEY}{key}",))

    def _checked(self, definition: Definition, key: int | None) -> Definition:
        checked = _checked(definition)
        others = [other for other in self.all() if other["id"] != key]
        if any(other["aeTitle"] == checked["aeTitle"] and other["port"] == checked["port"] for other in others):
            raise Conflict("There is a DICOM receiver of this AE title and port.")
        if checked["enabled"] and any(other["enabled"] and other["port"] == checked["port"] for other in others):
            raise Conflict("Another DICOM receiver listens at this port; here each has its own.")
        return checked

    def _settle(self, definition: Definition, before: Definition | None) -> Definition:
        """Listen as the definition says, and keep it; if that cannot be, all is as before."""
        self._hush(definition["id"])
        try:
            self._listen(definition)
        except Conflict:
            if before is not None:
                self._listen(before)
            raise
        with self._store.database.write() as c:
            _keep(c, definition)
        return definition

    def _hush(self, key: int) -> None:
        receiver = (self._listening or {}).pop(key, None)
        if receiver is not None:
            receiver.stop()

    def _listen(self, definition: Definition) -> None:
        """Raises Conflict when it cannot have its port."""
        if self._listening is None or not definition["enabled"]:
            return
        from uploader.dimse import Receiver  # here, because it takes a while to load and most archives receive nothing

        sink = Prearchived(self._store, anonymise=definition["anonymizationEnabled"])
        receiver = Receiver(self.host, definition["port"], _access(definition), sink, f"receiver {definition['id']}")
        try:
            receiver.start()
        except OSError:
            raise Conflict("The port is taken, or not allowed.") from None
        self._listening[definition["id"]] = receiver


class Prearchived:
    """A sink of `uploader.dimse` that puts objects into the prearchive, by the same way as gradual-DICOM.

    anonymise: whether the site's script runs on them, if it is enabled
    """

    def __init__(self, store: Store, *, anonymise: bool) -> None:
        self._store, self._routing = store, Routing(anonymise=anonymise)

    def place(self) -> Path:
        return self._store.vault.scratch()

    def keep(self, path: Path, sender: object) -> None:
        from uploader.dimse import CANNOT_UNDERSTAND, MISMATCH, NOT_AUTHORISED, Unfit

        statuses = {Conflict: MISMATCH, NotFound: NOT_AUTHORISED, Forbidden: NOT_AUTHORISED}
        try:
            prearchive.receive_instance(self._store, self._user(), path, self._routing)
        except HTTPException as refusal:
            raise Unfit(statuses.get(type(refusal), CANNOT_UNDERSTAND)) from None

    def over(self, sender: object) -> None:
        """Its sessions are complete when all has been quiet for a while."""

    def _user(self) -> User:
        """In whose name things arrive: site setting `receivedFileUser`, else the house. Raises Forbidden."""
        with self._store.database.read() as c:
            login = preferences.kept(c, "receivedFileUser")
        if login is None:
            return HOUSE
        row = self._store.accounts.row(str(login))
        if row is None or not self._store.accounts.enabled(row):
            raise Forbidden("The account that receives files is gone or disabled.")
        return User(row["login"], bool(row["admin"]))


def _keep(c: Connection, definition: Definition) -> None:
    values = (f"{_KEY}{definition['id']}", json.dumps(definition))
    c.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", values)


def _checked(given: Mapping[str, Any]) -> Definition:
    """The definition with nothing in it that nobody knows. Raises BadRequest, NotOffered."""
    definition = {name: given.get(name, default) for name, default in DEFAULTS.items()} | {"id": given.get("id", 0)}
    for name, default in DEFAULTS.items():
        if definition[name] is None:
            definition[name] = default
        if type(definition[name]) is not type(default):
            raise BadRequest(f"{name} of a DICOM receiver must be {type(default).__name__}.")
    if not _TITLE.fullmatch(definition["aeTitle"]):
        raise BadRequest("aeTitle must have 1 to 16 letters, digits, dots, dashes and underscores.")
    if not 1 <= definition["port"] <= 65535:
        raise BadRequest("port must be a number from 1 to 65535.")
    if definition["identifier"] not in IDENTIFIERS:
        raise BadRequest(f"identifier must be one of {', '.join(IDENTIFIERS)}.")
    for name in _NOT_OFFERED:
        if definition[name]:
            raise NotOffered(f"{name} is not offered by this archive's DICOM receivers.")
    for item in definition["whitelist"]:
        _pair(item)
    return definition


def _pair(item: object) -> tuple[str, str]:
    """(AE title, address) of ``TITLE``, ``ADDRESS`` or ``TITLE@ADDRESS``, as XNAT writes it. Raises BadRequest."""
    title, at, address = item.rpartition("@") if isinstance(item, str) else ("", "", "")
    try:
        found = str(ip_address(address))
    except ValueError:
        title, found = (address, "") if not at else ("", "")
    if (title and not _TITLE.fullmatch(title)) or not (title or found) or (at and not (title and found)):
        raise BadRequest("whitelist items are AE titles, addresses, or TITLE@ADDRESS.")
    return title, found


def _access(definition: Definition) -> Access:
    from uploader.dimse import Access

    pairs = tuple(_pair(item) for item in definition["whitelist"]) if definition["whitelistEnabled"] else None
    return Access(ae_title=definition["aeTitle"], pairs=pairs)
