"""An XNAT-compatible archive in this process: the default where no XNAT is at hand.

A store (SQLite and plain files, laid out as XNAT lays them out) behind a REST door that answers as XNAT does.
What it serves and what it does not: docs/embedded-archive.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from flask import Flask

from uploader.archives.embedded import projects
from uploader.archives.embedded.accounts import HOUSE, Account
from uploader.archives.embedded.app import create_app
from uploader.archives.embedded.ohif import Viewer
from uploader.archives.embedded.quiet import QUIET_SECONDS, Watch
from uploader.archives.embedded.receivers import Receivers
from uploader.archives.embedded.recovery import recover
from uploader.archives.embedded.scripting import Editor
from uploader.archives.embedded.server import Server
from uploader.archives.embedded.store import Store

__all__ = ["Account", "Embedded", "Server", "serve"]


class Embedded:
    """One archive in the folder `root`. Opening it again changes nothing but what `accounts` asks for.

    name: for people
    site_id: first part of the IDs it gives: ``{site_id}_S00001``
    accounts: made when absent; their passwords and admin rights are set to what is given
    editor: runs DicomEdit scripts; without one, the archive keeps scripts and refuses to enable them
    quiet_seconds: so long after its last file a session in the prearchive counts as complete
    viewer: folder with a build of OHIF to be served; BadSettings when it is none
    """

    def __init__(
        self,
        root: Path,
        *,
        name: str,
        site_id: str,
        accounts: Sequence[Account],
        editor: Editor | None = None,
        quiet_seconds: float = QUIET_SECONDS,
        viewer: Path | None = None,
    ) -> None:
        self.name, self.quiet_seconds = name, quiet_seconds
        self.store = Store(root, name, site_id, editor)
        recover(self.store)
        self.store.accounts.settle(accounts)
        self.app: Flask = create_app(self.store)
        self.receivers = self.app.extensions["receivers"] = Receivers(self.store)
        self.app.extensions["viewer"] = Viewer(viewer) if viewer else None

    def create_project(self, id: str, *, members: Mapping[str, str] = {}) -> None:
        """Make the project where absent, and give each login its role: owner, member or collaborator."""
        projects.put(self.store, HOUSE, id, {})
        for login, role in members.items():
            projects.admit(self.store, HOUSE, id, role, login)

    def close(self) -> None:
        """Close its files. A crash in its stead loses nothing."""
        self.store.close()


def serve(embedded: Embedded, host: str, port: int) -> Server:
    """A server for the archive, not yet started. Port 0: any free port."""
    embedded.receivers.host = host
    watch = Watch(embedded.store, embedded.quiet_seconds)
    return Server(embedded.app, host, port, (watch, embedded.receivers))
