"""What goes with a session besides its scans: our signed documents, and the trial in its custom field."""

from __future__ import annotations

import json
from contextlib import closing, suppress

from uploader.archives.xnat.client import Answer, Client, below
from uploader.archives.xnat.faults import translated
from uploader.domain.canonical import LARGEST
from uploader.domain.consignment import FOLDER
from uploader.domain.errors import ArchiveRefused, ArchiveUnavailable, DigestMismatch

FIELD = "trial"
"""Name of the custom field of a session that holds its trial."""
_PATH = f"fields/field[name={FIELD}]/field"


def paper(client: Client, session_at: str, name: str) -> bytes | None:
    """The document of that name, None when there is none. Of one that is too large to be one, only the beginning: who
    may write beside a session must not fill the memory of who reads there."""
    doing = "reading a document of a session"
    answer = client.ask("GET", _at(session_at, name), doing=doing, keep_open=True, also={404})
    if answer.raw is None:
        return answer.body if answer.good else None
    with closing(answer.raw), translated(client.name, doing):
        return answer.raw.read(LARGEST + 1)


def attach(client: Client, session_at: str, name: str, body: bytes) -> None:
    """Put the document there; the same again changes nothing. Read back: the answer proves nothing.

    Raises DigestMismatch when another one of that name is there, ArchiveUnavailable when it is not there afterwards.
    """
    if paper(client, session_at, name) is None:
        folder = below(session_at, "resources", FOLDER)
        client.ask("PUT", folder, {"content": "PROVENANCE"}, doing="making a resource", also={409})  # made meanwhile
        client.ask(
            "PUT",
            _at(session_at, name),
            {"inbody": "true"},
            doing="sending a document of a session",
            body=lambda: body,
            kind="application/octet-stream",
            also={409},
        )
    kept = paper(client, session_at, name)
    if kept is None:
        raise ArchiveUnavailable(f"{client.name}: sending a document of a session: it is not there")
    if kept != body:
        raise DigestMismatch(client.name, (name,))


def mark(client: Client, session_at: str, trial: str) -> None:
    """Write the trial into the session's custom field. Raises ArchiveRefused when it does not stay there."""
    doing = "writing the trial into a session's field"
    client.ask("PUT", session_at, {f"xnat:experimentData/{_PATH}": trial}, doing=doing)
    answer = client.ask("GET", session_at, {"format": "json"}, doing=doing)
    if trial_in(client.name, answer) != trial:
        raise ArchiveRefused(f"{client.name}: {doing}: the archive agreed, yet it is not there")


def trial_in(name: str, answer: Answer) -> str:
    """The custom field of a session's item; empty when it has none. XNAT tells it as a child, by a name in small
    letters. Raises ArchiveRefused when the answer is no item."""
    try:
        item = json.loads(answer.body)["items"][0]
        fields = {str(k).lower(): str(v) for k, v in item["data_fields"].items()}
        children = [one["data_fields"] for child in item["children"] for one in child["items"]]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise ArchiveRefused(f"{name}: the archive answered with something else than one session") from None
    for one in children:
        with suppress(KeyError, TypeError, AttributeError):
            fields.setdefault(f"fields/field[name={one['name'].lower()}]/field", str(one["field"]))
    return fields.get(_PATH, "")


def _at(session_at: str, name: str) -> str:
    return below(session_at, "resources", FOLDER, "files", name)
