"""The steps, in order. Each reads first, changes only what differs, and reads back what it changed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from uploader.archives.xnat.client import Client
from uploader.config import ArchiveSettings, Settings
from uploader.domain.errors import ArchiveRefused, LoginRefused, Misconfigured
from uploader.home import Home, write_secret
from uploader.provision import firststart
from uploader.provision.administration import Administration
from uploader.provision.firststart import FACTORY
from uploader.provision.wanted import STAFF_ROLE, Receiver, Wanted, wanted

ADMINISTRATOR = "Administrator"
"""XNAT's role of those who may change the site."""
PREARCHIVE_CODES = {"identifiable": "0", "anonymised": "0"}
"""What comes in by another way than the line waits in the prearchive for a person: nothing archives itself."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was to be so. `made`: it was not, and now is."""

    archive: str
    says: str
    made: bool


Tell = Callable[[str], None]


def provision(settings: Settings, name: str, *, seconds: float = 900, tell: Tell = lambda _: None) -> Iterator[Change]:
    """Make the archive `name` what this gateway needs; yields what is so now, one thing at a time.

    seconds: how long to wait for it to start
    Raises ArchiveUnavailable, LoginRefused, ArchiveRefused, Misconfigured; doing it again goes on.
    """
    about: ArchiveSettings = getattr(settings, name)
    if about.admin_password_file is None:
        raise Misconfigured(f"{name}.admin_password_file is not set: provisioning needs the administrator's password")
    wish, verify = wanted(settings, name), _trusted(about)
    version = firststart.await_site(name, about.url, seconds=seconds, verify=verify, tell=tell)
    yield Change(name, f"answers as XNAT {version}", False)
    yield _first_set_up(about, wish)
    yield from _administrator(about, wish)
    site = Administration(_client(about, name, wish.admin_user, about.admin_password_file))
    yield from _preferences(site, wish)
    yield from _accounts(site, settings, about, wish)
    for project, role in wish.projects.items():
        yield from _project(site, wish, project, role)
    yield _no_script(site, wish)
    yield from _receivers(site, wish)


def _first_set_up(about: ArchiveSettings, wish: Wanted) -> Change:
    if firststart.initialized(wish.name, about.url, _trusted(about)):
        return Change(wish.name, "is set up", False)
    values = {"siteId": wish.site_id, "siteUrl": wish.preferences["siteUrl"], "adminEmail": wish.admin_email}
    firststart.initialise(wish.name, about.url, _trusted(about), values)
    if not firststart.initialized(wish.name, about.url, _trusted(about)):
        raise ArchiveRefused(f"{wish.name}: the first set-up was sent but is not in force; look into the XNAT's logs")
    return Change(wish.name, f"is set up, with IDs that begin with {wish.site_id}", True)


def _administrator(about: ArchiveSettings, wish: Wanted) -> Iterator[Change]:
    """The administrator of our own, made by the factory's, which is then switched off."""
    assert about.admin_password_file is not None
    ours = _client(about, wish.name, wish.admin_user, about.admin_password_file)
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
        factory = Administration(_client(about, wish.name, FACTORY[0], factory_file))
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
        _must(not _enabled(site, login), wish, f"the account {login!r} is still enabled after it was switched off")
    return Change(wish.name, f"account {login!r} is off", made)


def _preferences(site: Administration, wish: Wanted) -> Iterator[Change]:
    now = site.preferences()
    lacking = {k: v for k, v in wish.preferences.items() if not _same(now.get(k), v)}
    if lacking:
        site.set_preferences(lacking)
        now = site.preferences()
        wrong = [k for k, v in wish.preferences.items() if not _same(now.get(k), v)]
        _must(not wrong, wish, f"the site setting(s) {', '.join(wrong)} did not take the value sent")
    yield from (Change(wish.name, f"site setting {k}", k in lacking) for k in wish.preferences)


def _accounts(site: Administration, settings: Settings, about: ArchiveSettings, wish: Wanted) -> Iterator[Change]:
    yield _line_account(site, about, wish)
    for login in wish.people:
        known = site.account(login)
        if known is None:
            _make_person(site, Home(settings.home), wish, login)
        yield Change(wish.name, f"account {login!r} of staff", known is None)


def _line_account(site: Administration, about: ArchiveSettings, wish: Wanted) -> Change:
    """The line's account, enabled, with the password of its file, and no administrator."""
    client = _client(about, wish.name, wish.line_user, about.password_file)
    made = not _logs_in(client)
    if made:
        password = about.password_file.read_text().rstrip("\r\n")
        if site.account(wish.line_user) is None:
            site.create_account(wish.line_user, password, _own_address(wish, wish.line_user))
        else:
            site.set_password(wish.line_user, password)
            site.enable(wish.line_user, True)
        _must(_logs_in(client), wish, f"the account {wish.line_user!r} does not log in with the password it was given")
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


def _project(site: Administration, wish: Wanted, project: str, role: str) -> Iterator[Change]:
    made = not site.has_project(project)
    if made:
        site.make_project(project)
        _must(site.has_project(project), wish, f"the project {project} was made but cannot be found")
    yield Change(wish.name, f"project {project}", made)
    for what, value in (("accessibility", "private"), ("prearchive_code", PREARCHIVE_CODES[wish.name])):
        differs = site.word(project, what) != value
        if differs:
            site.set_word(project, what, value)
            _must(site.word(project, what) == value, wish, f"{what} of project {project} did not take {value!r}")
        yield Change(wish.name, f"{what} of {project} is {value}", differs)
    for login, part in {wish.line_user: role, **dict.fromkeys(wish.people, STAFF_ROLE)}.items():
        yield _member(site, wish, project, login, part)
    yield _no_script(site, wish, project)


def _member(site: Administration, wish: Wanted, project: str, login: str, role: str) -> Change:
    made = site.members(project).get(login) != role
    if made:
        site.admit(project, login, role)
        _must(site.members(project).get(login) == role, wish, f"{login!r} did not become {role} of {project}")
    return Change(wish.name, f"{login!r} is {role} of {project}", made)


def _no_script(site: Administration, wish: Wanted, project: str = "") -> Change:
    whose = f"project {project}" if project else "the site"
    made = site.script_enabled(project)
    if made:
        site.disable_script(project)
        _must(not site.script_enabled(project), wish, f"the anonymisation script of {whose} is still enabled")
    return Change(wish.name, f"no script of {whose} rewrites files", made)


def _receivers(site: Administration, wish: Wanted) -> Iterator[Change]:
    """The one that is wanted, if any; every other is switched off, for nobody would look at what it takes."""
    found = site.receivers()
    ours = _ours(found, wish.receiver)
    for each in found:
        if each is not ours and each.get("enabled"):
            site.disable_receiver(each["id"])
            yield Change(wish.name, f"receiver {each.get('aeTitle')} at port {each.get('port')} is off", True)
    if wish.receiver:
        yield _receiver(site, wish, wish.receiver, ours)
    still = [each for each in site.receivers() if each.get("enabled")]
    _must(len(still) == bool(wish.receiver), wish, "a DICOM receiver is not as it was set")


def _receiver(site: Administration, wish: Wanted, receiver: Receiver, known: Mapping[str, Any] | None) -> Change:
    values = {"aeTitle": receiver.ae_title, "port": receiver.port, "enabled": True, "anonymizationEnabled": False}
    identified = {"identifier": "dicomObjectIdentifier", "customProcessing": False, "directArchive": False}
    differs = known is None or any(known.get(k) != v for k, v in values.items())
    if differs:
        site.set_receiver({**(known or identified), **values}, known and known["id"])
    return Change(wish.name, f"receiver {receiver.ae_title} at port {receiver.port} leaves bytes alone", differs)


def _ours(found: list[Mapping[str, Any]], receiver: Receiver | None) -> Mapping[str, Any] | None:
    here = (each for each in found if receiver and each.get("port") == receiver.port)
    return next(here, None)


def _enabled(site: Administration, login: str) -> bool:
    known = site.account(login)
    return known is not None and known.get("enabled") is not False


def _same(now: object, value: object) -> bool:
    """XNAT gives back some truths and numbers as text."""
    return now == value or str(now).lower() == str(value).lower()


def _logs_in(client: Client) -> bool:
    try:
        client.ask("GET", "/data/auth", doing="asking who we are")
    except LoginRefused:
        return False
    return True


def _trusted(about: ArchiveSettings) -> str | bool:
    """What `requests` is to trust: never anybody."""
    return str(about.ca_file) if about.ca_file else True


def _client(about: ArchiveSettings, name: str, user: str, password_file: Path) -> Client:
    stall, ca_file = about.stall_seconds, about.ca_file
    return Client(name, about.url, user, password_file, stall_seconds=stall, connect_seconds=10, ca_file=ca_file)


def _must(true: bool, wish: Wanted, says: str) -> None:
    if not true:
        raise ArchiveRefused(f"{wish.name}: {says}; look into the XNAT's logs, then run this again")
