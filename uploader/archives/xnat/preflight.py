"""Whether the line can use an archive, and whether the archive would leave our bytes as they are: asked before the
first byte.

What an archive does not let our account ask is said, not guessed: the digests read back after every deposit are the
proof in any case.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from uploader.archives.xnat.client import Client, below, path
from uploader.archives.xnat.listing import table
from uploader.domain.errors import ArchiveRefused, Misconfigured

_JSON = {"format": "json"}
_NOT_FOR_US = {403, 404, 501}
_SITE = "the whole site"
_DISABLE = "Administer > Site Administration > Anonymization"
_DISABLE_IN_PROJECT = "the project's Manage tab > Anonymization Script"


def check(client: Client, projects: Sequence[str]) -> list[str]:
    """Sentences about what should be known but stops nothing.

    Raises LoginRefused, Misconfigured, ArchiveUnavailable.
    """
    try:
        client.ask("GET", "/data/auth", doing="asking who we are")
        return [*_site(client), *(said for project in projects for said in _project(client, project))]
    except ArchiveRefused as error:
        raise Misconfigured(str(error)) from None


def _site(client: Client) -> Iterator[str]:
    yield from _script(client, "/xapi/anonymize/site/enabled", _SITE, _DISABLE)
    config = _json(client, "/xapi/siteConfig")
    if isinstance(config, Mapping):
        if _true(config.get("enableSitewideAnonymizationScript")):
            raise _rewrites(client, _SITE, _DISABLE)
        if _false(config.get("checksums")):
            yield (
                f"{client.name}: this archive keeps no checksums, so every file is read back to prove it; "
                "ask its administrator to set checksums on (Site Administration > File System), it is much quicker"
            )
    yield from _receivers(client)


def _receivers(client: Client) -> Iterator[str]:
    """Receivers run the site's script, not one of their own: with that disabled they change nothing yet."""
    found = _json(client, "/xapi/dicomscp")
    for receiver in found if isinstance(found, list) else []:
        if _true(receiver.get("enabled")) and _true(receiver.get("anonymizationEnabled")):
            yield (
                f"{client.name}: its DICOM receiver {receiver.get('aeTitle', '')!s:.16} would anonymise what it takes "
                "as soon as somebody enables the site's script; set anonymizationEnabled off there, or send to this "
                "gateway instead"
            )


def _project(client: Client, project: str) -> Iterator[str]:
    answer = client.ask("GET", path("projects", project), _JSON, doing="looking for a project", also=_NOT_FOR_US)
    if not answer.good:
        # XNAT says "not found" for what an account may not see, and keeps the IDs of deleted projects for ever
        raise Misconfigured(
            f"{client.name}: project {project} does not exist, or account {client.user!r} has no access to it; make "
            "the project and give the account its role there; an embedded archive makes the projects of the trials in "
            "the settings when it starts, so stop `uploader serve` and start it anew. The ID of a project that was "
            "deleted cannot be used again: choose another one"
        )
    _check_role(client, project)
    where = below("/xapi/anonymize", "projects", project, "enabled")
    yield from _script(client, where, f"project {project}", _DISABLE_IN_PROJECT)


def _check_role(client: Client, project: str) -> None:
    """Raises Misconfigured for an account that may only look. Where XNAT does not tell us, the first upload does."""
    answer = client.ask("GET", path("projects", project, "users"), _JSON, doing="asking for our role", also=_NOT_FOR_US)
    rows = table(client.name, answer) if answer.good else []
    roles = {row.get("GROUP_ID", "").lower().rpartition("_")[2] for row in rows if row.get("login") == client.user}
    if roles == {"collaborator"}:
        raise Misconfigured(
            f"{client.name}: account {client.user!r} may only look at project {project}; make it a member of the "
            "project, so that it may create sessions there"
        )


def _script(client: Client, where: str, whose: str, remedy: str) -> Iterator[str]:
    """Raises Misconfigured for an enabled one; says so where we may not ask."""
    answer = client.ask("GET", where, doing="asking for anonymisation scripts", also=_NOT_FOR_US)
    says = answer.body.strip().strip(b'"').lower()
    if answer.good and says == b"true":
        raise _rewrites(client, whose, remedy)
    if not answer.good or says not in (b"false", b""):
        yield (
            f"{client.name}: whether an anonymisation script of {whose} is enabled cannot be asked by account "
            f"{client.user!r}; make sure that it is not ({remedy}). A rewritten file would be found when it is read "
            "back, and its session held"
        )


def _rewrites(client: Client, whose: str, remedy: str) -> Misconfigured:
    return Misconfigured(
        f"{client.name}: the anonymisation script of {whose} is enabled and may change files after they were "
        f"verified or signed; ask the archive's administrator to disable it ({remedy}), then start again"
    )


def _json(client: Client, where: str) -> Any:
    """What is said there; None where we may not ask, or it is not said."""
    answer = client.ask("GET", where, doing="asking for the site's settings", also=_NOT_FOR_US)
    try:
        return json.loads(answer.body) if answer.good else None
    except ValueError:
        return None


def _true(value: object) -> bool:
    return str(value).lower() == "true"


def _false(value: object) -> bool:
    return str(value).lower() == "false"
