"""Who may do what: an administrator of our own, the line's account, and staff who look."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from uploader.archives.xnat.client import Client
from uploader.config import ArchiveSettings, Settings
from uploader.domain.errors import LoginRefused, Misconfigured
from uploader.home import Home, write_secret
from uploader.provision.administration import Administration
from uploader.provision.change import Change, must
from uploader.provision.firststart import FACTORY
from uploader.provision.wanted import Wanted

ADMINISTRATOR = "Administrator"
"""XNAT's role of those who may change the site."""


def administrator(about: ArchiveSettings, wish: Wanted) -> Iterator[Change]:
    """The administrator of our own, made by the factory's, which is then switched off."""
    assert about.admin_password_file is not None
    ours = client_of(about, wish.name, wish.admin_user, about.admin_password_file)
    made = not _logs_in(ours)
    if made:
        _make_administrator(about, wish, about.admin_password_file)
    if not _logs_in(ours):
        raise LoginRefused(f"{wish.name}: the account {wish.admin_user!r} does not accept the password in its file")
    yield Change(wish.name, f"administrator {wish.admin_user!r} logs in", made)
    for login in ("guest", *((FACTORY[0],) if wish.admin_user != FACTORY[0] else ())):
        yield _switched_off(Administration(ours), wish, login)


def _make_administrator(about: ArchiveSettings, wish: Wanted, password_file: Path) -> None:
    password = password_file.read_text().rstrip("\r\n")
    with TemporaryDirectory() as folder:
        factory_file = Path(folder) / "factory"
        factory_file.write_text(FACTORY[1])
        factory = Administration(client_of(about, wish.name, FACTORY[0], factory_file))
        if not _logs_in(factory.client):
            raise LoginRefused(
                f"{wish.name}: neither the account {wish.admin_user!r} nor the factory's login is accepted; "
                f"put the administrator's password into {password_file}"
            )
        known = factory.account(wish.admin_user)
        if known is None:
            factory.create_account(wish.admin_user, password, wish.admin_email)
        if ADMINISTRATOR not in factory.roles(wish.admin_user):
            factory.give_role(wish.admin_user, ADMINISTRATOR)
        if known is not None:  # last, since it may end the login that it is done with
            factory.set_password(wish.admin_user, password)


def _switched_off(site: Administration, wish: Wanted, login: str) -> Change:
    made = _enabled(site, login)
    if made:
        site.enable(login, False)
        must(not _enabled(site, login), wish, f"the account {login!r} is still enabled after it was switched off")
    return Change(wish.name, f"account {login!r} is off", made)


def accounts(site: Administration, settings: Settings, about: ArchiveSettings, wish: Wanted) -> Iterator[Change]:
    yield _line_account(site, about, wish)
    for login in wish.people:
        known = site.account(login)
        if known is None:
            _make_person(site, Home(settings.home), wish, login)
        yield Change(wish.name, f"account {login!r} of staff", known is None)


def _line_account(site: Administration, about: ArchiveSettings, wish: Wanted) -> Change:
    """The line's account, enabled, with the password of its file, and no administrator."""
    client = client_of(about, wish.name, wish.line_user, about.password_file)
    made = not _logs_in(client)
    if made:
        password = about.password_file.read_text().rstrip("\r\n")
        if site.account(wish.line_user) is None:
            site.create_account(wish.line_user, password, _own_address(wish, wish.line_user))
        else:
            site.set_password(wish.line_user, password)
            site.enable(wish.line_user, True)
        must(_logs_in(client), wish, f"the account {wish.line_user!r} does not log in with the password it was given")
    if ADMINISTRATOR in site.roles(wish.line_user):
        raise Misconfigured(f"{wish.name}: the account {wish.line_user!r} is an administrator; take that role from it")
    return Change(wish.name, f"account {wish.line_user!r} of the line logs in", made)


def _make_person(site: Administration, home: Home, wish: Wanted, login: str) -> None:
    """Their first password lies in a secret file, durable before the account exists."""
    file = home.secrets / f"{wish.name}-{login}"
    write_secret(file, secrets.token_urlsafe(12).encode())
    site.create_account(login, file.read_text(), _own_address(wish, login))


def _own_address(wish: Wanted, login: str) -> str:
    """XNAT wants each account to have an address of its own: the administrator's, with the login as detail."""
    mailbox, _, domain = wish.admin_email.partition("@")
    return f"{mailbox}+{login}@{domain}"


def _enabled(site: Administration, login: str) -> bool:
    known = site.account(login)
    return known is not None and known.get("enabled") is not False


def _logs_in(client: Client) -> bool:
    try:
        client.ask("GET", "/data/auth", doing="asking who we are")
    except LoginRefused:
        return False
    return True


def client_of(about: ArchiveSettings, name: str, user: str, password_file: Path) -> Client:
    """One who asks the archive as `user`."""
    stall, ca_file = about.stall_seconds, about.ca_file
    return Client(name, about.url, user, password_file, stall_seconds=stall, connect_seconds=10, ca_file=ca_file)
