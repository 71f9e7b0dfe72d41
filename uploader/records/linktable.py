"""The link table: which subject of a trial is which patient. In the hospital, and only there.

A file of its own, of which every row says only: in this trial there is this subject. Who it is stands sealed beside it
(AES-256-GCM), and a blind index (HMAC-SHA-256, another in every trial) finds a patient without opening a row.
Both keys come from one key file that is kept and backed up elsewhere. A row's seal covers its trial, subject, blind
index and version, so that rows whose parts were exchanged do not open. Rows are never changed and never deleted.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
)

from uploader.domain.errors import Held, Misconfigured, NotFound, SubjectTaken
from uploader.domain.identity import Identity, PrivateIdentity, Pseudonym, keyed
from uploader.domain.private import Private
from uploader.records.database import Database, connect

KEY_BYTES = 32
NONCE_BYTES = 12
PADDING = 256
"""A sealed identity has a multiple of this many bytes, so that its size does not tell the length of a name."""
VERSION = 1
"""How rows are sealed; part of every seal."""

_metadata = MetaData()
_links = Table(
    "links",
    _metadata,
    Column("number", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("trial", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("blind", LargeBinary, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("trial", "subject"),
    UniqueConstraint("trial", "blind"),
)
_about = Table(
    "about",
    _metadata,
    Column("version", Integer, primary_key=True),
    Column("key_check", LargeBinary, nullable=False),
)


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
        self._database = _open(path)
        with self._database.alone() as connection:
            _metadata.create_all(connection)
            _check_key(connection, keyed(key, "link key check", b""), path)

    def close(self) -> None:
        self._database.close()

    def assign(self, trial: str, identity: PrivateIdentity, subject: str) -> Pseudonym:
        """Bind `subject` to the patient within `trial`; the same again changes nothing.

        Raises SubjectTaken when it is another patient's, or when this patient has another one; Held for a patient
        without an ID, and for a row that does not open.
        """
        blind = self._blind(trial, identity)
        with self._database.alone() as connection:
            known = self._by_patient(connection, trial, identity)
            if known is not None and known.subject != subject:
                raise SubjectTaken(f"this patient already has another subject ID in trial {trial}; use that one")
            if known is None and _row(connection, trial, _links.c.subject == subject) is not None:
                raise SubjectTaken(f"this subject ID belongs to another patient in trial {trial}; check both")
            if known is None:
                connection.execute(insert(_links).values(self._sealed(trial, subject, blind, identity)))
        return Pseudonym(trial, subject)

    def forget(self, pseudonym: Pseudonym) -> None:
        """Undo a binding that was a slip. Nothing happens when there is none."""
        which = (_links.c.trial == pseudonym.trial) & (_links.c.subject == pseudonym.subject)
        with self._database.alone() as connection:
            connection.execute(delete(_links).where(which))

    def find(self, trial: str, identity: PrivateIdentity) -> Pseudonym | None:
        """Raises Held for a patient without an ID, and for a row that does not open."""
        with self._database.read() as connection:
            return self._by_patient(connection, trial, identity)

    def reveal(self, pseudonym: Pseudonym) -> PrivateIdentity:
        """Raises NotFound, and Held for a row that does not open."""
        with self._database.read() as connection:
            row = _row(connection, pseudonym.trial, _links.c.subject == pseudonym.subject)
        if row is None:
            raise NotFound("the link table has no such subject")
        return self._opened(row)

    def _blind(self, trial: str, identity: PrivateIdentity) -> bytes:
        who = identity.reveal()
        if not who.patient_id.strip():
            raise Held("the files carry no patient ID (0010,0020), so this patient cannot be told from others")
        return keyed(self._blind_key, f"trial {trial}", who.key)

    def _by_patient(self, connection: Connection, trial: str, identity: PrivateIdentity) -> Pseudonym | None:
        row = _row(connection, trial, _links.c.blind == self._blind(trial, identity))
        if row is None:
            return None
        if self._opened(row).reveal().key != identity.reveal().key:
            raise Held("link table: a row is about another patient than its index says; restore a backup")
        return Pseudonym(trial, row.subject)

    def _sealed(self, trial: str, subject: str, blind: bytes, identity: PrivateIdentity) -> dict[str, Any]:
        who = identity.reveal()
        text = json.dumps([who.patient_id, who.issuer, who.name]).encode()
        padded = text.ljust(-(-len(text) // PADDING) * PADDING)
        nonce = secrets.token_bytes(NONCE_BYTES)
        row = {"version": VERSION, "trial": trial, "subject": subject, "blind": blind, "nonce": nonce}
        return {**row, "sealed": self._seal.encrypt(nonce, padded, _covered(VERSION, trial, subject, blind))}

    def _opened(self, row: Row[Any]) -> PrivateIdentity:
        covered = _covered(row.version, row.trial, row.subject, row.blind)
        try:
            text = self._seal.decrypt(row.nonce, row.sealed, covered)
        except InvalidTag:
            raise Held("link table: a row was changed outside this program; restore a backup") from None
        return Private(Identity(*json.loads(text)))


def _row(connection: Connection, trial: str, which: Any) -> Row[Any] | None:
    return connection.execute(select(_links).where(_links.c.trial == trial, which)).first()


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


def _open(path: Path) -> Database:
    if path.parent.is_dir():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return connect(f"sqlite:///{path}", "the link table")


def _check_key(connection: Connection, expected: bytes, path: Path) -> None:
    about = connection.execute(select(_about)).first()
    if about is None:
        if connection.execute(select(_links).limit(1)).first() is not None:
            raise Misconfigured(f"the link table {path} lost its key check; restore a backup")
        connection.execute(insert(_about).values(version=VERSION, key_check=expected))
    elif about.version != VERSION:
        raise Misconfigured(f"the link table {path} was made by another version of this program")
    elif not secrets.compare_digest(about.key_check, expected):
        raise Misconfigured(f"the key is not the one the link table {path} was made with; restore it from its backup")
