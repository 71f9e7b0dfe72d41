"""The accounts of the desk: login, argon2id hash, roles.

A login that failed five times within five minutes waits, the right password included; the tries are counted in the
records, so a restart forgives nothing, and counted before the password is looked at, so many tries at once gain
nothing. Unknown logins cost the same time, wait the same way and get the same answers.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Connection, delete, func, insert, select, update

from uploader.domain.errors import NotFound, Refused, WrongPassword
from uploader.records.audit import changing
from uploader.records.database import Clock, Database, utc_now
from uploader.records.tables import accounts, login_tries

ROLES = frozenset({"reviewer", "admin", "physicist", "clinician", "radiographer"})
"""What an account may be; the last three mean something where a trial's protocol names them."""
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
MIN_LENGTH = 8
"""Characters of a password."""
TRIES = 5
WINDOW = timedelta(minutes=5)


class Accounts:
    """Who may use the desk, and as what."""

    def __init__(self, database: Database, clock: Clock = utc_now, hasher: PasswordHasher | None = None) -> None:
        self._database, self._clock = database, clock
        self._hasher = hasher or PasswordHasher()
        self._decoy = ""

    def add(self, login: str, password: str, roles: Iterable[str], actor: str = "console") -> None:
        """A new account. Raises Refused for a login that exists or cannot be one, an unknown role, or a short
        password."""
        if not LOGIN.fullmatch(login):
            raise Refused("a login has small letters, digits and ._@- only, and at most 64 of them")
        given = _known(roles)
        hashed = self._hash(password)
        with changing(self._database, self._clock) as change:
            if _hash_of(change.connection, login) is not None:
                raise Refused(f"there is already an account {login}")
            change.execute(insert(accounts).values(login=login, hash=hashed, roles=given))
            change.note(actor, "account-added", login=login, roles=given)

    def set_password(self, login: str, password: str, actor: str = "console") -> None:
        """A new password; a login that waits need not wait any longer. Raises NotFound, Refused."""
        hashed = self._hash(password)
        with changing(self._database, self._clock) as change:
            statement = update(accounts).where(accounts.c.login == login).values(hash=hashed)
            if change.execute(statement).rowcount == 0:
                raise NotFound("there is no such account")
            change.execute(delete(login_tries).where(login_tries.c.login == _folded(login)))
            change.note(actor, "password-set", login=login)

    def set_roles(self, login: str, roles: Iterable[str], actor: str = "console") -> None:
        """These roles instead of those that it had. Raises NotFound, Refused."""
        given = _known(roles)
        with changing(self._database, self._clock) as change:
            if change.execute(update(accounts).where(accounts.c.login == login).values(roles=given)).rowcount == 0:
                raise NotFound("there is no such account")
            change.note(actor, "roles-set", login=login, roles=given)

    def lock(self, login: str, actor: str = "console") -> None:
        """No roles and a password that nobody knows: what it signed stays, and it can do nothing from now on. It may
        come back by `set_password` and `set_roles`, both. Raises NotFound."""
        hashed = self._hash(secrets.token_hex())
        with changing(self._database, self._clock) as change:
            statement = update(accounts).where(accounts.c.login == login).values(hash=hashed, roles=[])
            if change.execute(statement).rowcount == 0:
                raise NotFound("there is no such account")
            change.note(actor, "account-locked", login=login)

    def logins(self) -> list[str]:
        """Every account, by name."""
        with self._database.read() as connection:
            return list(connection.scalars(select(accounts.c.login).order_by(accounts.c.login)))

    def everybody(self) -> dict[str, frozenset[str]]:
        """Login -> roles of every account, by name; none of one that is locked."""
        with self._database.read() as connection:
            rows = connection.execute(select(accounts.c.login, accounts.c.roles).order_by(accounts.c.login))
            return {row.login: frozenset(row.roles) for row in rows}

    def roles(self, login: str) -> frozenset[str]:
        """Roles of the account as they are now. Raises NotFound."""
        with self._database.read() as connection:
            given = connection.scalar(select(accounts.c.roles).where(accounts.c.login == login))
        if given is None:
            raise NotFound("there is no such account")
        return frozenset(given)

    def check(self, login: str, password: str) -> frozenset[str]:
        """Roles of the account. Raises WrongPassword, also for a login that must wait or is locked."""
        self._count_try(login)
        decoy = self._decoy_hash()
        with self._database.read() as connection:
            hashed = _hash_of(connection, login)
        right = self._fits(hashed or decoy, password) and hashed is not None and bool(self.roles(login))
        with changing(self._database, self._clock) as change:
            if right:
                change.execute(delete(login_tries).where(login_tries.c.login == _folded(login)))
            change.note("unknown" if hashed is None else login, "login" if right else "login-failed")
        if not right:
            raise WrongPassword(WrongPassword.MISMATCH)
        return self.roles(login)

    def _count_try(self, login: str) -> None:
        now = self._clock()
        mine = login_tries.c.login == _folded(login)
        with self._database.alone() as connection:
            connection.execute(delete(login_tries).where(login_tries.c.at <= now - WINDOW))
            if (connection.scalar(select(func.count()).where(mine)) or 0) >= TRIES:
                raise WrongPassword("too many tries under this name; wait five minutes, then try again")
            connection.execute(insert(login_tries).values(login=_folded(login), at=now))

    def _hash(self, password: str) -> str:
        if len(password) < MIN_LENGTH:
            raise Refused(f"a password has at least {MIN_LENGTH} characters")
        return self._hasher.hash(password)

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerifyMismatchError:
            return False

    def _decoy_hash(self) -> str:
        """What the password of an unknown login is compared with."""
        self._decoy = self._decoy or self._hasher.hash(secrets.token_hex())
        return self._decoy


def _hash_of(connection: Connection, login: str) -> str | None:
    return connection.scalar(select(accounts.c.hash).where(accounts.c.login == login))


def _known(roles: Iterable[str]) -> list[str]:
    """Raises Refused for none, and for one that there is not."""
    given = sorted(set(roles))
    if not given or not ROLES.issuperset(given):
        raise Refused(f"an account has one or more of the roles {', '.join(sorted(ROLES))}")
    return given


def _folded(login: str) -> str:
    return hashlib.sha256(login.encode(errors="surrogatepass")).hexdigest()
