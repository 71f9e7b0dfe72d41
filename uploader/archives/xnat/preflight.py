"""Whether the line can use an archive, asked before the first byte."""

from __future__ import annotations

from collections.abc import Sequence

from uploader.archives.xnat.client import Client, below, path
from uploader.domain.errors import ArchiveRefused, Misconfigured

_NOT_FOR_US = {403, 404}


def check(client: Client, projects: Sequence[str]) -> None:
    """Raises LoginRefused, Misconfigured, ArchiveUnavailable."""
    try:
        client.ask("GET", "/data/auth", doing="asking who we are")
        _check_script(client, "/xapi/anonymize/site/enabled", "the whole site")
        for project in projects:
            _check_project(client, project)
    except ArchiveRefused as error:
        raise Misconfigured(str(error)) from None


def _check_project(client: Client, project: str) -> None:
    answer = client.ask(
        "GET", path("projects", project), {"format": "json"}, doing="looking for a project", also=_NOT_FOR_US
    )
    if not answer.good:
        # XNAT says "not found" for what an account may not see
        raise Misconfigured(
            f"{client.name}: project {project} does not exist, or account {client.user!r} has no access to it"
        )
    _check_script(client, below("/xapi/anonymize", "projects", project, "enabled"), f"project {project}")


def _check_script(client: Client, where: str, whose: str) -> None:
    """Where we may not ask, the digests read back after every deposit are the proof."""
    answer = client.ask("GET", where, doing="asking for anonymisation scripts", also=_NOT_FOR_US)
    if answer.good and answer.body.strip().lower() == b"true":
        raise Misconfigured(
            f"{client.name}: an anonymisation script of {whose} is enabled and may change files after they were "
            "signed off; ask the archive's administrator to disable it"
        )
