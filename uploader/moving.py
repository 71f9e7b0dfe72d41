"""From an embedded archive to the archive that the settings now name, session by session, each read back.

The embedded one stays as it is. What is there already is not sent again, so that a move which broke off goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from uploader.archives.embedded import Account, Embedded, serve
from uploader.archives.xnat import XnatArchive
from uploader.config import ArchiveSettings
from uploader.domain.errors import BadSettings, NotFound
from uploader.domain.evidence import Receipt
from uploader.domain.manifest import Manifest
from uploader.domain.session import Address, Session
from uploader.domain.submission import Submission
from uploader.gateway import Built, archive_of, now
from uploader.given import trial_session
from uploader.ports import Archive
from uploader.review import SIGNABLE
from uploader.stages.deposit import deposit

MOVABLE = ("identifiable", "anonymised")
"""Archives of this hospital."""


def move(built: Built, name: str, folder: Path) -> Iterator[Receipt]:
    """Put every session that the embedded archive in `folder` holds into the archive `name` of the settings.

    Raises BadSettings when there is nothing to move from, or the settings still name the embedded one; what `deposit`
    raises for a session that cannot be moved. Doing it again goes on.
    """
    about: ArchiveSettings = getattr(built.settings, name)
    if about.embedded:
        raise BadSettings(f"{name} is still embedded here: set its new url, and embedded = false, then move")
    if not (folder / "archive.db").is_file():
        raise BadSettings(f"there is no embedded archive in {folder}")
    target = archive_of(built.settings, name)
    with _opened(name, folder, about) as source:
        for submission in built.records.all():
            if held := _kept(built, name, submission):
                session, manifest = held
                yield deposit(session, manifest, partial(source.open, session.address), target, now)


def _kept(built: Built, name: str, submission: Submission) -> tuple[Session, Manifest] | None:
    """Where the archive has the submission's session, and which files; None when it has none."""
    try:
        manifest = built.records.manifest(submission.id, name)
    except NotFound:
        return None
    if name == "identifiable":
        received = any(receipt.place == name for receipt in built.records.receipts(submission.id))
        address = Address(built.settings.identifiable.project, submission.alias, submission.id)
        return (Session(address, submission.scans), manifest) if received else None
    if submission.state not in SIGNABLE:
        return None
    return trial_session(submission), manifest


@contextmanager
def _opened(name: str, folder: Path, about: ArchiveSettings) -> Iterator[Archive]:
    """The embedded archive, behind a port of this machine for as long as it takes."""
    account = Account(about.user, about.password_file.read_text().rstrip("\r\n"))
    embedded = Embedded(folder, name=name, site_id=name.upper(), accounts=[account])
    server = serve(embedded, "127.0.0.1", 0)
    server.start()
    try:
        yield XnatArchive(f"embedded {name}", server.url, about.user, about.password_file)
    finally:
        server.stop()
        embedded.close()
