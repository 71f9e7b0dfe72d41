"""The site's settings, under XNAT's names: what can be set, and what this archive is by nature."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection

from werkzeug.exceptions import BadRequest

from uploader.archives.embedded import scripting
from uploader.archives.embedded.database import one
from uploader.archives.embedded.store import Store

NATURE: Mapping[str, object] = {
    "initialized": True,
    "checksums": True,
    "requireLogin": True,
    "userRegistration": False,
    "securityNewUserRegistrationDisabled": True,
    "sessionTimeout": "15 minutes",
}
"""Cannot be otherwise here: setting one to another value is refused."""

DEFAULTS: Mapping[str, object] = {
    "siteUrl": "",
    "adminEmail": "",
    "receivedFileUser": "admin",
    "primaryAdminUsername": "admin",
    "siteDescriptionType": "Text",
    "siteDescriptionText": "",
    "uiAllowNonAdminProjectCreation": True,
    "enableDicomReceiver": True,
}
"""Can be set, and are given back; `uiAllowNonAdminProjectCreation` is obeyed."""

_LONGEST = 10_000
_SCRIPT = "enableSitewideAnonymizationScript"
"""The same switch as ``/xapi/anonymize/site/enabled``."""


def read(store: Store) -> dict[str, object]:
    """Every setting that has a value here."""
    with store.database.read() as c:
        rows = c.execute("SELECT name, value FROM settings WHERE name LIKE 'site:%'").fetchall()
        script = scripting.enabled(c, scripting.SITE)
    kept = {row["name"].removeprefix("site:"): json.loads(row["value"]) for row in rows}
    return {**DEFAULTS, **kept, **NATURE, "siteId": store.site_id, _SCRIPT: script}


def kept(c: Connection, name: str) -> object:
    """What one setting was set to; None when it never was."""
    row = one(c, "SELECT value FROM settings WHERE name = ?", f"site:{name}")
    return json.loads(row["value"]) if row else None


def change(store: Store, values: Mapping[str, object]) -> None:
    """Set all of these or, when one cannot be so, none. Raises BadRequest, which names it."""
    fixed = {**NATURE, "siteId": store.site_id}
    values, script = {k: v for k, v in values.items() if k != _SCRIPT}, values.get(_SCRIPT)
    for name, value in values.items():
        if name in fixed and not _same(value, fixed[name]):
            raise BadRequest(f"This archive cannot have {name} otherwise than it is; nothing was changed.")
        if name not in fixed and not _allowed(name, value):
            raise BadRequest("A site setting is unknown here, or has a value it cannot have; nothing was changed.")
    if script is not None:
        scripting.enable(store, scripting.SITE, _same(script, True))
    with store.database.write() as c:
        for name in values.keys() - fixed.keys():
            c.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (f"site:{name}", json.dumps(values[name])))


def _allowed(name: str, value: object) -> bool:
    fits = type(value) is type(DEFAULTS.get(name))
    return fits and (not isinstance(value, str) or len(value) <= _LONGEST)


def _same(value: object, other: object) -> bool:
    """Clients send truths as JSON or as text."""
    return str(value).lower() == str(other).lower()
