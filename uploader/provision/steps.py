"""The steps, in order. Each reads first, changes only what differs, and reads back what it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from uploader.config import ArchiveSettings, Settings
from uploader.domain.errors import ArchiveRefused, Misconfigured
from uploader.provision import firststart
from uploader.provision.accounts import accounts, administrator, client_of
from uploader.provision.administration import Administration
from uploader.provision.change import Change, must
from uploader.provision.wanted import STAFF_ROLE, Receiver, Wanted, wanted

PREARCHIVE_CODES = {"identifiable": "0", "anonymised": "0"}
"""What comes in by another way than the line waits in the prearchive for a person: nothing archives itself."""


Tell = Callable[[str], None]


def provision(settings: Settings, name: str, *, seconds: float = 900, tell: Tell = lambda _: None) -> Iterator[Change]:
    """Make the archive `name` what this gateway needs; yields what is so now, one thing at a time.

    seconds: how long to wait for it to start
    Raises ArchiveUnavailable, LoginRefused, ArchiveRefused, Misconfigured; doing it again goes on.
    """
    about: ArchiveSettings = getattr(settings, name)
    if about.admin_password_file is None:
        raise Misconfigured(f"{name}.admin_password_file is not set: provisioning needs the administrator's password")
    wish, verify = wanted(settings, name), about.trusted
    version = firststart.await_site(name, about.url, seconds=seconds, verify=verify, tell=tell)
    yield Change(name, f"answers as XNAT {version}", False)
    yield _first_set_up(about, wish)
    yield from administrator(about, wish)
    site = Administration(client_of(about, name, wish.admin_user, about.admin_password_file))
    yield from _preferences(site, wish)
    yield from accounts(site, settings, about, wish)
    for project, role in wish.projects.items():
        yield from _project(site, wish, project, role)
    yield _no_script(site, wish)
    yield from _receivers(site, wish)


def _first_set_up(about: ArchiveSettings, wish: Wanted) -> Change:
    if firststart.initialized(wish.name, about.url, about.trusted):
        return Change(wish.name, "is set up", False)
    values = {"siteId": wish.site_id, "siteUrl": wish.preferences["siteUrl"], "adminEmail": wish.admin_email}
    firststart.initialise(wish.name, about.url, about.trusted, values)
    if not firststart.initialized(wish.name, about.url, about.trusted):
        raise ArchiveRefused(f"{wish.name}: the first set-up was sent but is not in force; look into the XNAT's logs")
    return Change(wish.name, f"is set up, with IDs that begin with {wish.site_id}", True)


def _preferences(site: Administration, wish: Wanted) -> Iterator[Change]:
    now = site.preferences()
    lacking = {k: v for k, v in wish.preferences.items() if not _same(now.get(k), v)}
    if lacking:
        site.set_preferences(lacking)
        now = site.preferences()
        wrong = [k for k, v in wish.preferences.items() if not _same(now.get(k), v)]
        must(not wrong, wish, f"the site setting(s) {', '.join(wrong)} did not take the value sent")
    yield from (Change(wish.name, f"site setting {k}", k in lacking) for k in wish.preferences)


def _project(site: Administration, wish: Wanted, project: str, role: str) -> Iterator[Change]:
    made = not site.has_project(project)
    if made:
        site.make_project(project)
        must(site.has_project(project), wish, f"the project {project} was made but cannot be found")
    yield Change(wish.name, f"project {project}", made)
    for what, value in (("accessibility", "private"), ("prearchive_code", PREARCHIVE_CODES[wish.name])):
        differs = site.word(project, what) != value
        if differs:
            site.set_word(project, what, value)
            must(site.word(project, what) == value, wish, f"{what} of project {project} did not take {value!r}")
        yield Change(wish.name, f"{what} of {project} is {value}", differs)
    for login, part in {wish.line_user: role, **dict.fromkeys(wish.people, STAFF_ROLE)}.items():
        yield _member(site, wish, project, login, part)
    yield _no_script(site, wish, project)


def _member(site: Administration, wish: Wanted, project: str, login: str, role: str) -> Change:
    made = site.members(project).get(login) != role
    if made:
        site.admit(project, login, role)
        must(site.members(project).get(login) == role, wish, f"{login!r} did not become {role} of {project}")
    return Change(wish.name, f"{login!r} is {role} of {project}", made)


def _no_script(site: Administration, wish: Wanted, project: str = "") -> Change:
    whose = f"project {project}" if project else "the site"
    made = site.script_enabled(project)
    if made:
        site.disable_script(project)
        must(not site.script_enabled(project), wish, f"the anonymisation script of {whose} is still enabled")
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
    must(len(still) == bool(wish.receiver), wish, "a DICOM receiver is not as it was set")


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


def _same(now: object, value: object) -> bool:
    """XNAT gives back some truths and numbers as text."""
    return now == value or str(now).lower() == str(value).lower()
