"""The archives that this home hosts itself: embedded ones, each in a process of its own.

Apart from `gateway`, so that an archive's process loads only what an archive needs.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from uploader.archives.embedded import Account, Embedded, Server, serve
from uploader.archives.embedded.whose import HEADER, mark
from uploader.config import FILE, ArchiveSettings, Settings
from uploader.domain.errors import BadSettings, Misconfigured
from uploader.home import ARCHIVES, Home
from uploader.protocols import Protocols
from uploader.rewriting import DicomEdit
from uploader.supervisor import Child, header

TEST_PROJECT = "UPLOADER-TEST"
"""Project of both of the hospital's archives into which `uploader doctor` sends an invented session, and out again."""


def archive_children(settings: Settings) -> list[Child]:
    """The embedded archives of this home as children, each in a process of its own."""
    return [_child(settings, name, (name,), None) for name in _embedded(settings)]


def archives_child(settings: Settings) -> list[Child]:
    """The embedded archives that do not answer yet, as one child, which starts quicker than three: for commands
    that soon end. It writes its log into the home. They start in order, so the last one's answer is for all.

    Raises Misconfigured when something else answers at the port of one: no password goes there.
    """
    names = tuple(name for name in _embedded(settings) if not _runs(settings, name))
    return [_child(settings, "archives", names, Home(settings.home).logs / "archives.log")] if names else []


_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def _runs(settings: Settings, name: str) -> bool:
    """Whether the archive answers already; that of a container beside this one, whose folder is not here, any does."""
    said = header(_asked(settings, name), HEADER)
    if said is None:
        return False
    here = urlsplit(getattr(settings, name).url).hostname in _THIS_MACHINE
    if here and said != mark(Home(settings.home).archive(name)):
        raise Misconfigured(
            f"{name}: what answers at its port is not this home's archive, but another home's, such as that of `make "
            f"run`, or another program; stop it, or give this home other ports in {FILE}, a new one by `uploader init "
            "--base-port N`"
        )
    return True


def _embedded(settings: Settings) -> tuple[str, ...]:
    return tuple(name for name in ARCHIVES if getattr(settings, name).embedded)


def _asked(settings: Settings, name: str) -> str:
    return f"{getattr(settings, name).url}/data/version"


def _child(settings: Settings, title: str, names: tuple[str, ...], log: Path | None) -> Child:
    named = [word for name in names for word in ("--name", name)]
    command = ["archive", "serve", "--home", str(settings.home), *named]
    return Child(title, command, _asked(settings, names[-1]), log)


def embedded_server(settings: Settings, name: str, port: int | None = None, host: str | None = None) -> Server:
    """One embedded archive, its accounts and projects made, ready to start."""
    if name not in ARCHIVES:
        raise BadSettings(f"there is no archive {name}; the archives are {', '.join(ARCHIVES)}")
    about: ArchiveSettings = getattr(settings, name)
    if not about.embedded or about.admin_password_file is None:
        raise BadSettings(f"archive {name} is not embedded here: set {name}.embedded and {name}.admin_password_file")
    accounts = [
        Account(about.site.admin_user, about.admin_password_file.read_text().strip(), admin=True),
        Account(about.user, about.password_file.read_text().strip()),
    ]
    root = Home(settings.home).archive(name)
    named, quiet = {"name": name, "site_id": name.upper()}, about.quiet_seconds
    embedded = Embedded(root, **named, accounts=accounts, editor=DicomEdit(), quiet_seconds=quiet, viewer=about.viewer)
    for project, role in projects_of(settings, name):
        embedded.create_project(project, members={about.user: role})
    if name != "central":
        embedded.create_project(TEST_PROJECT, members={about.user: "owner"})
    address = urlsplit(about.url)
    return serve(embedded, host or address.hostname or "127.0.0.1", port if port is not None else address.port or 80)


def projects_of(settings: Settings, name: str) -> list[tuple[str, str]]:
    """Projects an embedded archive has from the start, and the role of the line's account there."""
    trials = [p.project for p in Protocols(settings.protocols, settings.trials).all()]
    if name == "identifiable":
        return [(settings.identifiable.project, "member")]
    if name == "anonymised":
        return [(trial, "owner") for trial in settings.trials]
    shared = [(trial, "owner") for trial in dict.fromkeys(trials) if trial != settings.central.project]
    return [(settings.central.project, "member"), *shared]
