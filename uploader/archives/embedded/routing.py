"""Where a file belongs: what its sender says, else what its header says, by the rules of XNAT's default identifier."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from uploader.archives.embedded import headers
from uploader.archives.embedded.headers import Header

_COMMENTS = ("PatientComments", "StudyComments")
"""(0010,4000) and (0032,4000) may say ``Project:P Subject:S Session:E``."""


@dataclass(frozen=True, slots=True)
class Routing:
    """What is known of a file's place before it is read; what is empty, its header tells.

    project, subject, session: IDs or labels
    anonymise: whether the site's script runs on it
    script: a DicomEdit script to run after the site's
    """

    project: str = ""
    subject: str = ""
    session: str = ""
    anonymise: bool = True
    script: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """What a script may ask for."""
        return {"project": self.project, "subject": self.subject, "session": self.session}


ANYWHERE = Routing()
"""Nothing is known; the header says it all."""


def completed(routing: Routing, head: Header) -> Routing:
    """The routing with what was empty taken from the header.

    Project: comments, then StudyDescription, as far as they name one; may stay empty. Subject: comments, then
    PatientName. Session: comments, then PatientID, then Study Instance UID.
    """
    texts = {key: headers.text(head, key) for key in ("StudyDescription", "PatientName", "PatientID")}
    return replace(
        routing,
        project=routing.project or _said(head, "Project") or texts["StudyDescription"],
        subject=routing.subject or _said(head, "Subject") or texts["PatientName"] or "Unknown",
        session=routing.session
        or _said(head, "Session")
        or texts["PatientID"]
        or headers.text(head, "StudyInstanceUID"),
    )


def _said(head: Header, what: str) -> str:
    """What follows ``Project:`` in a comment."""
    found = (re.search(rf"(?:^|[\s,;]){what}:([\w-]+)", headers.text(head, key)) for key in _COMMENTS)
    return next((match[1] for match in found if match), "")
