"""Who is asking: passwords, sessions and alias tokens."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from secrets import token_bytes, token_hex, token_urlsafe
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from werkzeug.exceptions import Conflict, Unauthorized

from uploader.archives.embedded.database import Database, Row, fields, one
from uploader.archives.embedded.throttle import LONGEST_DELAY, Throttle

IDLE_SECONDS = 15 * 60
"""A session ends when nothing was asked for so long."""
TOKEN_SECONDS = 2 * 24 * 3600
"""Life of an alias token."""
HASHED_AT_ONCE = 4
"""Passwords, at 64 MiB each."""
TRUST_SECONDS = 60
"""How long a password that was right is taken for right without hashing it again."""


@dataclass(frozen=True, slots=True)
class Account:
    """One who may log in; `admin` may do everything in every project."""

    login: str
    password: str
    admin: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """Who is asking, once it is proven. `session` is empty unless a session was the proof; `by_token`: whether an
    alias token was, or opened the session."""

    login: str
    admin: bool
    session: str = ""
    by_token: bool = False


HOUSE = User("system", admin=True)
"""In whose name the program itself acts."""


@dataclass(frozen=True, slots=True)
class Token:
    """An alias token, shown once. `expires`: seconds since 1970."""

    alias: str
    secret: str
    login: str
    expires: float


class Accounts:
    """Proves who is asking. Sessions live in memory: after a restart clients log in again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hasher = PasswordHasher()
        self._key = token_bytes(32)
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[User, float]] = {}
        self._trusted: dict[bytes, tuple[User, float]] = {}
        self._throttle = Throttle()
        self._hashing = threading.BoundedSemaphore(HASHED_AT_ONCE)
        self._endings = 0

    def settle(self, accounts: Iterable[Account]) -> None:
        """Create the accounts that are absent, and set passwords and admin rights that differ."""
        for account in accounts:
            row = self.row(account.login)
            if row is None or bool(row["admin"]) != account.admin or not self._right(row, account.password):
                self._keep(account, row)

    def create(self, account: Account, facts: dict[str, str]) -> None:
        """Raises Conflict when the login is taken."""
        if self.row(account.login) is not None:
            raise Conflict("User with username already exists.")
        self._keep(account, None, facts)

    def change(self, account: Account) -> None:
        """Set the password and admin rights of an account that exists. Its sessions and tokens end."""
        self._keep(account, self.row(account.login))

    def describe(self, login: str, facts: dict[str, str]) -> None:
        """Set what is told of the account: names, an address. Nobody is logged out by it."""
        with self._database.write() as c:
            c.execute("UPDATE accounts SET fields = json_patch(fields, ?) WHERE login = ?", (json.dumps(facts), login))

    def enable(self, login: str, enabled: bool) -> None:
        """Let the account log in, or not any more; its sessions and tokens end."""
        self._set(login, "fields = json_set(fields, '$.enabled', ?)", str(enabled).lower())

    def make_admin(self, login: str, admin: bool) -> None:
        """Give or take the right to do everything; sessions and tokens of the account end."""
        self._set(login, "admin = ?", admin)

    @staticmethod
    def enabled(row: Row) -> bool:
        """Whether the account may log in."""
        return fields(row).get("enabled") != "false"

    def row(self, login: str) -> Row | None:
        """The account's row, or None."""
        with self._database.read() as c:
            return one(c, "SELECT * FROM accounts WHERE login = ?", login)

    def all(self) -> list[Row]:
        """Every account, by login."""
        with self._database.read() as c:
            return c.execute("SELECT *, rowid AS number FROM accounts ORDER BY login").fetchall()

    def by_password(self, login: str, password: str, peer: str = "") -> User:
        """Raises Unauthorized. An unknown login takes as long as a wrong password.

        peer: address of who asks; wrong passwords for one account from one peer are counted
        """
        mark = hmac.digest(self._key, f"{login}\0{password}".encode(), hashlib.sha256)
        user, until = self._trusted.get(mark, (None, 0.0))
        if user is not None and time.monotonic() < until:
            return user
        locked, endings = self._throttle.locked(login, peer), self._endings
        user = None if locked else self._by_token(login, password) or self._by_hash(login, password)
        if user is None:
            time.sleep(LONGEST_DELAY if locked else self._throttle.failed(login, peer))
            raise Unauthorized("Login and password do not belong together.")
        with self._lock:
            if proven := endings == self._endings:
                self._prune()
                self._trusted[mark] = (user, time.monotonic() + TRUST_SECONDS)
        if not proven:  # somebody was switched off, or given another password, while this one was hashed
            return self.by_password(login, password, peer)
        self._throttle.forget(login, peer)
        return user

    def by_session(self, session: str) -> User | None:
        """Who opened this session; asking keeps it alive."""
        with self._lock:
            user, until = self._sessions.get(session, (None, 0.0))
            if user is None or time.monotonic() > until:
                self._sessions.pop(session, None)
                return None
            self._sessions[session] = (user, time.monotonic() + IDLE_SECONDS)
            return user

    def open_session(self, user: User) -> str:
        """A new session's id."""
        session = token_hex(16).upper()
        with self._lock:
            self._prune()
            self._sessions[session] = (
                replace(user, session=session),
                time.monotonic() + IDLE_SECONDS,
            )
        return session

    def end_session(self, session: str) -> None:
        """The session is no proof any more."""
        with self._lock:
            self._sessions.pop(session, None)

    def issue(self, login: str) -> Token:
        """A new alias token for `login`."""
        token = Token(str(uuid4()), token_urlsafe(32), login, time.time() + TOKEN_SECONDS)
        with self._database.write() as c:
            c.execute("DELETE FROM tokens WHERE expires < ?", (time.time(),))
            c.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?)", (token.alias, _sha256(token.secret), login, token.expires)
            )
        return token

    def tokens(self, login: str) -> list[Row]:
        """Tokens of `login` that are still good: alias, expires."""
        with self._database.read() as c:
            sql = "SELECT alias, expires FROM tokens WHERE login = ? AND expires > ?"
            return c.execute(sql, (login, time.time())).fetchall()

    def validate(self, alias: str, secret: str) -> str | None:
        """The login that the token stands for, or None."""
        user = self._by_token(alias, secret)
        return user.login if user else None

    def invalidate(self, alias: str, login: str | None) -> bool:
        """Whether there was such a token, of `login` where one is given; it is no proof any more."""
        with self._database.write() as c:
            sql = "DELETE FROM tokens WHERE alias = ? AND (? IS NULL OR login = ?)"
            gone = c.execute(sql, (alias, login, login)).rowcount > 0
        with self._lock:
            self._endings += 1
            self._trusted.clear()
        return gone

    def _keep(self, account: Account, row: Row | None, facts: dict[str, str] | None = None) -> None:
        known = json.dumps(facts or (fields(row) if row else {}))
        with self._database.write() as c:
            values = (account.login, self._hasher.hash(account.password), account.admin, known)
            c.execute("INSERT OR IGNORE INTO accounts VALUES (?, ?, ?, ?)", values)
            sql = "UPDATE accounts SET hash = ?, admin = ?, fields = ? WHERE login = ?"
            c.execute(sql, (*values[1:], account.login))
        self._end_proofs(account.login)

    def _set(self, login: str, change: str, value: object) -> None:
        with self._database.write() as c:
            c.execute(f"UPDATE accounts SET {change} WHERE login = ?", (value, login))  # noqa: S608 - our own words
        self._end_proofs(login)

    def _end_proofs(self, login: str) -> None:
        with self._database.write() as c:
            c.execute("DELETE FROM tokens WHERE login = ?", (login,))
        with self._lock:
            self._endings += 1
            self._trusted.clear()
            self._sessions = {k: v for k, v in self._sessions.items() if v[0].login != login}

    def _by_hash(self, login: str, password: str) -> User | None:
        row = self.row(login)
        if row is None or not self.enabled(row):
            self._matches(_nobody(), password)
            return None
        return User(login, bool(row["admin"])) if self._right(row, password) else None

    def _by_token(self, alias: str, secret: str) -> User | None:
        with self._database.read() as c:
            sql = "SELECT t.*, admin, fields FROM tokens t JOIN accounts USING (login) WHERE alias = ? AND expires > ?"
            row = one(c, sql, alias, time.time())
        if row is None or not self.enabled(row) or not hmac.compare_digest(row["hash"], _sha256(secret)):
            return None
        return User(row["login"], bool(row["admin"]), by_token=True)

    def _right(self, row: Row, password: str) -> bool:
        return self._matches(row["hash"], password)

    def _matches(self, kept: str, password: str) -> bool:
        try:
            with self._hashing:
                return self._hasher.verify(kept, password)
        except VerifyMismatchError:
            return False

    def _prune(self) -> None:
        now = time.monotonic()
        self._sessions = {k: v for k, v in self._sessions.items() if v[1] > now}
        self._trusted = {k: v for k, v in self._trusted.items() if v[1] > now}


@cache
def _nobody() -> str:
    """A hash that no password has, to be as slow for an unknown login as for a known one."""
    return PasswordHasher().hash(token_hex())


def _sha256(secret: str) -> str:
    """Enough for a secret that is 32 random bytes; passwords get argon2."""
    return hashlib.sha256(secret.encode()).hexdigest()
