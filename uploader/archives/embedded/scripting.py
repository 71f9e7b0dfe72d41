"""The DicomEdit scripts that an archive keeps and runs: the site's on what arrives, a project's on what it archives.

The archive knows nothing of the language. The program gives it an `Editor` when it is put together.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING, Protocol, TypeAlias

from werkzeug.exceptions import BadRequest, Conflict, HTTPException, InternalServerError
from werkzeug.exceptions import NotImplemented as NotOffered

from uploader.archives.embedded.database import one
from uploader.archives.embedded.vault import Staged
from uploader.domain.errors import BadScript, ScriptFailed, ScriptRejected, UnreadableFile

if TYPE_CHECKING:
    from uploader.archives.embedded.store import Store

SITE = "site"
"""Name of the site's script; those of projects: `of_project`."""
VARIABLES = ("project", "subject", "session")
"""What a script may ask the archive for: labels, as XNAT gives them."""

Rewrite: TypeAlias = Callable[[Path, Path, Mapping[str, str]], None]
"""Writes the first file to the second, edited, with these variables. Raises ScriptRejected, ScriptFailed,
UnreadableFile; what lies at the second then is nothing."""


class Editor(Protocol):
    """What runs scripts."""

    def check(self, text: str, variables: tuple[str, ...]) -> None:
        """Raises BadScript for a script that cannot be read, or needs other variables."""

    def opened(self, text: str, seed: bytes) -> Rewrite:
        """The script, ready to run. `seed`: the same one maps the same UID to the same. Raises BadScript."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script that must run now. `whose`: for messages; `refusal`: how a client is told that it failed."""

    whose: str
    rewrite: Rewrite
    refusal: type[HTTPException]

    def run(self, store: Store, staged: Staged, variables: Mapping[str, str], undo: ExitStack, which: str) -> Staged:
        """The file as the script makes it; the one before is removed.

        which: names the file for people, by number
        Raises Rejected, and `refusal` when the script cannot be carried out.
        """
        target = store.vault.scratch()
        undo.callback(target.unlink, missing_ok=True)
        try:
            self.rewrite(staged.path, target, variables)
        except ScriptRejected:
            raise Rejected(f"{self.whose} rejects {which}") from None
        except (ScriptFailed, UnreadableFile) as error:
            raise self.refusal(f"Anonymization failed; nothing was stored. {self.whose}, {which}: {error}") from None
        staged.path.unlink(missing_ok=True)
        return store.vault.staged(target)


class Rejected(Exception):
    """A script refuses a file, which is a decision and not a fault. The message says whose, and which file."""


def of_project(project: str) -> str:
    """Name of a project's script."""
    return f"project:{project.lower()}"


def text_of(c: Connection, name: str) -> str | None:
    """The script that is kept, or None."""
    row = one(c, "SELECT value FROM settings WHERE name = ?", f"script:{name}")
    return row["value"] if row else None


def enabled(c: Connection, name: str) -> bool:
    """Whether it runs."""
    return one(c, "SELECT value FROM settings WHERE name = ?", f"script-enabled:{name}") is not None


def keep(store: Store, name: str, text: str) -> None:
    """Keep the script in place of the one before. Raises BadRequest, with line and column, when it cannot be read."""
    if store.editor is not None:
        _checked(store.editor, text)
    with store.database.write() as c:
        c.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (f"script:{name}", text))


def enable(store: Store, name: str, wanted: bool) -> None:
    """Let the script run from now on, or no more.

    Raises NotImplemented where nothing runs scripts, Conflict where there is none, BadRequest for one that cannot run.
    """
    with store.database.write() as c:
        if wanted:
            _runnable(store.editor, text_of(c, name))
            c.execute("INSERT OR REPLACE INTO settings VALUES (?, 'true')", (f"script-enabled:{name}",))
        else:
            c.execute("DELETE FROM settings WHERE name = ?", (f"script-enabled:{name}",))


def at_receipt(store: Store, anonymise: bool, further: str) -> list[Script]:
    """What runs on a file that arrives: the site's script, unless `anonymise` is off, and a `further` one.

    Raises BadRequest for a further one that cannot be read.
    """
    site = _enabled(store, SITE, "The site's script", BadRequest) if anonymise else []
    if not further:
        return site
    if store.editor is None:
        raise NotOffered("This archive runs no scripts; anonymise before sending.")
    _checked(store.editor, further)
    return [*site, Script("The script of the request", store.editor.opened(further, _seed(store)), BadRequest)]


def at_archiving(store: Store, project: str) -> list[Script]:
    """What runs on a file that goes into the archive: the project's script."""
    return _enabled(store, of_project(project), "The project's script", Conflict)


def _enabled(store: Store, name: str, whose: str, refusal: type[HTTPException]) -> list[Script]:
    """Raises InternalServerError when the script should run and cannot: then nothing may be stored."""
    with store.database.read() as c:
        if not enabled(c, name):
            return []
        text = text_of(c, name)
    if store.editor is None or text is None:
        raise InternalServerError(f"{whose} is enabled and cannot be run here; nothing was stored.")
    try:
        return [Script(whose, store.editor.opened(text, _seed(store)), refusal)]
    except BadScript:
        raise InternalServerError(f"{whose} is enabled and cannot be read; nothing was stored.") from None


def _runnable(editor: Editor | None, text: str | None) -> None:
    if editor is None:
        raise NotOffered("This archive keeps scripts but runs none; anonymise before sending.")
    if text is None:
        raise Conflict("There is no script to enable; PUT one first.")
    _checked(editor, text)


def _checked(editor: Editor, text: str) -> None:
    try:
        editor.check(text, VARIABLES)
    except BadScript as error:
        raise BadRequest(str(error)) from None


def _seed(store: Store) -> bytes:
    """What the archive's mapped UIDs are made of, the same for ever: a series may come in two parts."""
    with store.database.write() as c:
        sql = "INSERT OR IGNORE INTO settings VALUES ('script-seed', ?)"
        c.execute(sql, (secrets.token_hex(32),))
        row = one(c, "SELECT value FROM settings WHERE name = 'script-seed'")
    assert row is not None
    return bytes.fromhex(row["value"])
