"""The archives that this home hosts itself: embedded ones, each in a process of its own.

Apart from `gateway`, so that an archive's process loads only what an archive needs.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from uploader.archives.embedded import Account, Embedded, Server, serve
from uploader.config import ArchiveSettings, Settings
from uploader.domain.errors import BadSettings
from uploader.home import ARCHIVES, Home
from uploader.protocols import Protocols
from uploader.supervisor import Child


def archive_children(settings: Settings, *, quiet: bool = False) -> list[Child]:
    """The embedded archives of this home as children; quiet ones write their log into the home."""
    logs = Home(settings.home).logs
    about = {name: getattr(settings, name) for name in ARCHIVES}
    return [
        Child(
            name,
            ["archive", "serve", "--home", str(settings.home), "--name", name],
            a.url + "/data/version",
            logs / f"{name}.log" if quiet else None,
        )
        for name, a in about.items()
        if a.embedded
    ]


def embedded_server(settings: Settings, name: str, port: int | None = None) -> Server:
    """One embedded archive, its accounts and projects made, ready to start."""
    if name not in ARCHIVES:
        raise BadSettings(f"there is no archive {name}; the archives are {', '.join(ARCHIVES)}")
    about: ArchiveSettings = getattr(settings, name)
    if not about.embedded or about.admin_password_file is None:
        raise BadSettings(f"archive {name} is not embedded here: set {name}.embedded and {name}.admin_password_file")
    accounts = [
        Account("admin", about.admin_password_file.read_text().strip(), admin=True),
        Account(about.user, about.password_file.read_text().strip()),
    ]
    embedded = Embedded(Home(settings.home).archive(name), name=name, site_id=name.upper(), accounts=accounts)
    for project, role in projects_of(settings, name):
        embedded.create_project(project, members={about.user: role})
    address = urlsplit(about.url)
    return serve(embedded, address.hostname or "127.0.0.1", port if port is not None else address.port or 80)


def projects_of(settings: Settings, name: str) -> list[tuple[str, str]]:
    """Projects an embedded archive has from the start, and the role of the line's account there."""
    trials = [p.project for p in Protocols(settings.protocols, settings.trials).all()]
    if name == "identifiable":
        return [(settings.identifiable.project, "member")]
    if name == "anonymised":
        return [(trial, "owner") for trial in settings.trials]
    return [(project, "member") for project in dict.fromkeys([settings.central.project, *trials])]
