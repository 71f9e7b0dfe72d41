"""Showing a subject, session and its assessors in a second project, without a copy, and ending that."""

from __future__ import annotations

from uploader.archives.xnat.client import Answer, Client, below, path
from uploader.archives.xnat.listing import table
from uploader.domain.errors import ArchiveRefused, LabelTaken

_ANSWERS = frozenset({403, 404, 409})
"""Statuses that say what became of it, besides 200 and 201."""
_JSON = {"format": "json"}


def visible(client: Client, where: str) -> frozenset[str]:
    """The projects that the object at `where` is listed in."""
    answer = client.ask("GET", f"{where}/projects", _JSON, doing="listing where it is shared")
    return frozenset(row["ID"] for row in table(client.name, answer) if row.get("ID"))


def show(client: Client, where: str, project: str) -> None:
    """Show the object at `where` in `project` too. XNAT answers 200, 201, or 409 when it is shown already,
    so only looking again tells. Raises LabelTaken when `project` uses its label for another object, and ArchiveRefused.
    """
    if project in visible(client, where):
        return
    answer = client.ask("PUT", below(where, "projects", project), doing="sharing", also=_ANSWERS)
    if project in visible(client, where):
        return
    if b"label already in use" in answer.body.lower():
        raise LabelTaken(f"{client.name}: sharing: project {project} has another object of this label")
    raise ArchiveRefused(f"{client.name}: sharing: {_why_not(client, answer, project)}")


def hide(client: Client, where: str, project: str) -> None:
    """Show it in `project` no longer. Never for its own project: there the archive would delete it.

    Raises ArchiveRefused when it is still shown there.
    """
    if project not in visible(client, where):
        return
    answer = client.ask("DELETE", below(where, "projects", project), doing="ending a share", also=_ANSWERS)
    if project in visible(client, where):
        raise ArchiveRefused(
            f"{client.name}: ending a share: it is still shown in project {project} (status {answer.status}); it takes "
            f"the right to delete there: ask an owner of the project to do it, or to make account {client.user!r} one"
        )


def show_session(client: Client, subject_at: str, session_at: str, experiment: str, project: str) -> None:
    """Subject first, then session, then its assessors, none of which follows the other by itself."""
    show(client, subject_at, project)
    show(client, session_at, project)
    for assessor in assessors(client, experiment):
        show(client, path("experiments", assessor), project)


def hide_session(client: Client, subject_at: str, session_at: str, experiment: str, subject: str, project: str) -> None:
    """The other way round; the subject stays as long as another session of theirs is shown there.

    experiment, subject: accession IDs
    """
    for assessor in assessors(client, experiment):
        hide(client, path("experiments", assessor), project)
    hide(client, session_at, project)
    if project not in visible(client, subject_at):
        return
    left = path("projects", project, "subjects", subject, "experiments")
    if not table(client.name, client.ask("GET", left, _JSON, doing="listing a subject's sessions")):
        hide(client, subject_at, project)


def assessors(client: Client, experiment: str) -> list[str]:
    """Accession IDs of what was drawn or computed on the session; a listing that is not there is an empty one."""
    where = path("experiments", experiment, "assessors")
    answer = client.ask("GET", where, _JSON, doing="listing assessors", also={404})
    rows = table(client.name, answer) if answer.good else []
    return [row["ID"] for row in rows if row.get("ID")]


def _why_not(client: Client, answer: Answer, project: str) -> str:
    if answer.status == 404:
        return f"project {project} does not exist, or account {client.user!r} is not a member of it"
    if answer.status == 403:
        return (
            f"account {client.user!r} may not share into project {project}: make it a member there, and look "
            "whether the site allows sharing at all"
        )
    return f"the archive answered with status {answer.status}, yet it is not shown in project {project}"
