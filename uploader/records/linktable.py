"""The link table: which subject of a trial is which patient. In the hospital, and only there.

A file of its own, of which every row says only: in this trial there is this subject. Who it is stands sealed beside it
(AES-256-GCM), and a blind index (HMAC-SHA-256, another in every trial) finds a patient without opening a row.
Both keys come from one key file that is kept and backed up elsewhere. A row's seal covers its trial, subject, blind
index and version, so that rows whose parts were exchanged do not open. Rows are never changed.

Beside it stand the sessions that `uploader anonymise` made, which no archive remembers: their numbers, found again by
a blind index of the study, and the digests of what was written. A subject that has one is in use for good.

SQLite is spoken to directly: a command that anonymises a folder has no need of the toolkit that the records use.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from uploader.domain.errors import DiskFull, Held, Misconfigured, NotFound, SubjectTaken, Transient, UploaderError
from uploader.domain.identity import Identity, PrivateIdentity, Pseudonym, keyed
from uploader.domain.private import Private

KEY_BYTES = 32
NONCE_BYTES = 12
PADDING = 256
"""A sealed identity has a multiple of this many bytes, so that its size does not tell the length of a name."""
VERSION = 1
"""How rows are sealed; part of every seal."""
BUSY_SECONDS = 60
"""How long a writer waits for the writers before it."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS links (
    number INTEGER NOT NULL PRIMARY KEY, version INTEGER NOT NULL, trial VARCHAR(64) NOT NULL,
    subject VARCHAR(64) NOT NULL, blind BLOB NOT NULL, nonce BLOB NOT NULL, sealed BLOB NOT NULL,
    UNIQUE (trial, subject), UNIQUE (trial, blind));
CREATE TABLE IF NOT EXISTS about (version INTEGER NOT NULL PRIMARY KEY, key_check BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (
    trial VARCHAR(64) NOT NULL, subject VARCHAR(64) NOT NULL, study BLOB NOT NULL, number INTEGER NOT NULL,
    digest VARCHAR(64) NOT NULL DEFAULT '', UNIQUE (trial, subject, study), UNIQUE (trial, subject, number));
"""


def make_key(path: Path) -> None:
    """Write a fresh key, mode 0600, durably. Raises Misconfigured when there is one: it is never replaced."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Misconfigured(f"there is already a key at {path}, and rows may be sealed with it") from None
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


class LinkTable:
    """`ports.Links` in one SQLite file that threads and processes of the hospital's side share."""

    def __init__(self, path: Path, key_file: Path) -> None:
        """Open the table, or make it. Raises Misconfigured for a key that is missing, that others may read, or
        that is not the one this table was made with."""
        key = _key(key_file)
        self._blind_key = keyed(key, "link blind index", b"")
        self._seal = AESGCM(keyed(key, "link seal", b""))
        self._lock = threading.Lock()
        with _translated():
            self._connection = _open(path)
        with self._alone() as connection:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            _check_key(connection, keyed(key, "link key check", b""), path)

    def close(self) -> None:
        self._connection.close()

    def assign(self, trial: str, identity: PrivateIdentity, subject: str) -> Pseudonym:
        """Bind `subject` to the patient within `trial`; the same again changes nothing.

        Raises SubjectTaken when it is another patient's, or when this patient has another one; Held for a patient
        without an ID, and for a row that does not open.
        """
        with self._alone() as connection:
            known = self._by_patient(connection, trial, identity)
            if known is not None and known.subject != subject:
                raise SubjectTaken(f"this patient already has another subject ID in trial {trial}; use that one")
            if known is None and _by_subject(connection, trial, subject) is not None:
                raise SubjectTaken(f"this subject ID belongs to another patient in trial {trial}; check both")
            if known is None:
                self._insert(connection, trial, identity, subject)
        return Pseudonym(trial, subject)

    def allocate(self, trial: str, identity: PrivateIdentity, candidates: Iterable[str]) -> Pseudonym:
        """The patient's subject in `trial`: the one there is, else the first of `candidates` that is free.

        One transaction, so that of two processes neither gives a subject twice nor a patient two. Raises SubjectTaken
        when no candidate is free; Held as `assign`.
        """
        with self._alone() as connection:
            known = self._by_patient(connection, trial, identity)
            if known is not None:
                return known
            for subject in candidates:
                if _by_subject(connection, trial, subject) is None:
                    self._insert(connection, trial, identity, subject)
                    return Pseudonym(trial, subject)
        raise SubjectTaken(f"every automatic subject ID of trial {trial} is taken; its template needs more characters")

    def forget(self, pseudonym: Pseudonym) -> bool:
        """Undo a binding that was a slip; whether there was one, under which no session was made."""
        with self._alone() as connection:
            undone = connection.execute(
                "DELETE FROM links WHERE trial = ? AND subject = ? AND NOT EXISTS "
                "(SELECT 1 FROM sessions WHERE sessions.trial = links.trial AND sessions.subject = links.subject)",
                (pseudonym.trial, pseudonym.subject),
            )
        return undone.rowcount > 0

    def find(self, trial: str, identity: PrivateIdentity) -> Pseudonym | None:
        """Raises Held for a patient without an ID, and for a row that does not open."""
        with self._reading() as connection:
            return self._by_patient(connection, trial, identity)

    def reveal(self, pseudonym: Pseudonym) -> PrivateIdentity:
        """Raises NotFound, and Held for a row that does not open."""
        with self._reading() as connection:
            row = _by_subject(connection, pseudonym.trial, pseudonym.subject)
        if row is None:
            raise NotFound("the link table has no such subject")
        return self._opened(row)

    def subjects(self, trial: str) -> frozenset[str]:
        """Every subject of the trial that has a patient here."""
        with self._reading() as connection:
            return frozenset(s for (s,) in connection.execute("SELECT subject FROM links WHERE trial = ?", (trial,)))

    def number_sessions(self, pseudonym: Pseudonym, studies: Sequence[str]) -> tuple[int, ...]:
        """The numbers of these sessions among those made of the subject: the ones they have, else the next.

        studies: Study Instance UIDs (0020,000D), in the order in which new ones are to be numbered
        """
        whose = (pseudonym.trial, pseudonym.subject)
        with self._alone() as connection:
            for study in studies:
                connection.execute(
                    "INSERT OR IGNORE INTO sessions (trial, subject, study, number) SELECT ?1, ?2, ?3, "
                    "1 + coalesce(max(number), 0) FROM sessions WHERE trial = ?1 AND subject = ?2",
                    (*whose, self._blind_study(pseudonym, study)),
                )
            found = connection.execute("SELECT study, number FROM sessions WHERE trial = ? AND subject = ?", whose)
            numbers = dict(found.fetchall())
        return tuple(numbers[self._blind_study(pseudonym, study)] for study in studies)

    def made(self, pseudonym: Pseudonym, number: int) -> str:
        """Digest of the session of this number as it was last written; empty when it never was."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT digest FROM sessions WHERE trial = ? AND subject = ? AND number = ?",
                (pseudonym.trial, pseudonym.subject, number),
            ).fetchone()
        return str(row[0]) if row else ""

    def keep_made(self, pseudonym: Pseudonym, number: int, digest: str) -> None:
        """Remember what was written of a session that `number_sessions` numbered."""
        with self._alone() as connection:
            connection.execute(
                "UPDATE sessions SET digest = ? WHERE trial = ? AND subject = ? AND number = ?",
                (digest, pseudonym.trial, pseudonym.subject, number),
            )

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """The only writer; all of it is kept when the block ends well, and nothing when it raises."""
        with self._lock, _translated():
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield self._connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated():
            yield self._connection

    def _blind(self, trial: str, identity: PrivateIdentity) -> bytes:
        who = identity.reveal()
        if not who.patient_id.strip():
            raise Held("the files carry no patient ID (0010,0020), so this patient cannot be told from others")
        return keyed(self._blind_key, f"trial {trial}", who.key)

    def _blind_study(self, pseudonym: Pseudonym, study: str) -> bytes:
        return keyed(self._blind_key, f"study {pseudonym.trial} {pseudonym.subject}", study.encode())

    def _by_patient(self, connection: sqlite3.Connection, trial: str, identity: PrivateIdentity) -> Pseudonym | None:
        blind = self._blind(trial, identity)
        row = connection.execute("SELECT * FROM links WHERE trial = ? AND blind = ?", (trial, blind)).fetchone()
        if row is None:
            return None
        if self._opened(row).reveal().key != identity.reveal().key:
            raise Held("link table: a row is about another patient than its index says; restore a backup")
        return Pseudonym(trial, row["subject"])

    def _insert(self, connection: sqlite3.Connection, trial: str, identity: PrivateIdentity, subject: str) -> None:
        who, blind = identity.reveal(), self._blind(trial, identity)
        text = json.dumps([who.patient_id, who.issuer, who.name]).encode()
        padded = text.ljust(-(-len(text) // PADDING) * PADDING)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._seal.encrypt(nonce, padded, _covered(VERSION, trial, subject, blind))
        connection.execute(
            "INSERT INTO links (version, trial, subject, blind, nonce, sealed) VALUES (?, ?, ?, ?, ?, ?)",
            (VERSION, trial, subject, blind, nonce, sealed),
        )

    def _opened(self, row: sqlite3.Row) -> PrivateIdentity:
        covered = _covered(row["version"], row["trial"], row["subject"], row["blind"])
        try:
            text = self._seal.decrypt(row["nonce"], row["sealed"], covered)
        except InvalidTag:
            raise Held("link table: a row was changed outside this program; restore a backup") from None
        return Private(Identity(*json.loads(text)))


def _by_subject(connection: sqlite3.Connection, trial: str, subject: str) -> Any:
    return connection.execute("SELECT * FROM links WHERE trial = ? AND subject = ?", (trial, subject)).fetchone()


def _covered(version: int, trial: str, subject: str, blind: bytes) -> bytes:
    """What a row's seal covers besides the identity (AAD); as JSON, so that no two rows read alike."""
    return json.dumps([version, trial, subject, blind.hex()]).encode()


def _key(path: Path) -> bytes:
    if not path.is_file():
        raise Misconfigured(f"the link table's key {path} is missing; restore it from its backup")
    if path.stat().st_mode & 0o077:
        raise Misconfigured(f"others may read the link table's key {path}; run: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise Misconfigured(f"the link table's key {path} must have {KEY_BYTES} bytes; restore it from its backup")
    return key


def _open(path: Path) -> sqlite3.Connection:
    if not path.parent.is_dir():
        raise Misconfigured(f"the link table: there is no folder {path.parent}")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    # isolation_level: we say BEGIN ourselves; the driver would say it late and DEFERRED
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _check_key(connection: sqlite3.Connection, expected: bytes, path: Path) -> None:
    about = connection.execute("SELECT * FROM about").fetchone()
    if about is None:
        if connection.execute("SELECT 1 FROM links LIMIT 1").fetchone() is not None:
            raise Misconfigured(f"the link table {path} lost its key check; restore a backup")
        connection.execute("INSERT INTO about (version, key_check) VALUES (?, ?)", (VERSION, expected))
    elif about["version"] != VERSION:
        raise Misconfigured(f"the link table {path} was made by another version of this program")
    elif not secrets.compare_digest(about["key_check"], expected):
        raise Misconfigured(f"the key is not the one the link table {path} was made with; restore it from its backup")


@contextmanager
def _translated() -> Iterator[None]:
    """Foreign errors leave as ours, without the text that may quote values."""
    try:
        yield
    except sqlite3.Error as error:
        raise _ours(getattr(error, "sqlite_errorname", None) or type(error).__name__) from None


def _ours(code: str) -> UploaderError:
    if code == "SQLITE_FULL":
        return DiskFull("the link table: no room left on the disk; nothing was changed")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Transient("the link table: busy; nothing was changed, try again")
    return Misconfigured(f"the link table: the database refused ({code}); check the file, its rights and the disk")
