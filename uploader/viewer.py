"""Where people look at images: the viewer that an archive serves to browsers, beside what it serves to us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from uploader.config import ArchiveSettings
from uploader.domain.errors import BadSettings
from uploader.domain.session import Address


@dataclass(frozen=True, slots=True)
class Viewer:
    """The viewer of one archive.

    root: where browsers find it, ``https://xnat.example.org/VIEWER/``
    ids: address of a session -> the archive's own IDs of its subject and of itself; raises ArchiveRefused when it is
        not there
    """

    root: str
    ids: Callable[[Address], tuple[str, str]]

    def address(self, session: Address) -> str:
        """Where it shows the session. Names project and IDs that the archive counted up, no label.

        Source: the XNAT OHIF viewer plugin, whose own links have these; without the subject it refuses.
        """
        subject, experiment = self.ids(session)
        asked = {"subjectId": subject, "projectId": session.project, "experimentId": experiment}
        return f"{self.root}?{urlencode(asked)}"


def root_of(about: ArchiveSettings) -> str:
    """Where browsers find the viewer of this archive; empty for an embedded one that serves none.

    Raises BadSettings for an address that no browser would be led to.
    """
    if about.embedded and about.viewer is None:
        return ""
    root = about.site.public_url or about.url
    if not root.startswith(("https://", "http://")):
        raise BadSettings(f"{root} is no address for browsers: url and public_url begin with https:// or http://")
    return f"{root.rstrip('/')}/VIEWER/"
