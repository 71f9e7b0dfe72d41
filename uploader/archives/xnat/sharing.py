"""Showing a subject, session or assessor in a second project, without a copy."""

from __future__ import annotations

from uploader.archives.xnat.client import Client, below
from uploader.archives.xnat.listing import table
from uploader.domain.errors import ArchiveRefused, LabelTaken


def visible(client: Client, where: str) -> frozenset[str]:
    """The projects that the object at `where` is listed in."""
    answer = client.ask("GET", f"{where}/projects", {"format": "json"}, doing="listing where it is shared")
    return frozenset(row["ID"] for row in table(client.name, answer) if row.get("ID"))


def show(client: Client, where: str, project: str) -> None:
    """Show the object at `where` in `project` too. XNAT answers 200, 201, or 409 when it is shown already,
    so only looking again tells. Raises LabelTaken when `project` uses its label for another object."""
    if project in visible(client, where):
        return
    doing = "sharing"
    answer = client.ask("PUT", below(where, "projects", project), doing=doing, also={409})
    if project in visible(client, where):
        return
    if b"label already in use" in answer.body.lower():
        raise LabelTaken(f"{client.name}: {doing}: project {project} has another object of this label")
    raise ArchiveRefused(f"{client.name}: {doing}: the archive answered, yet it is not shown in project {project}")
