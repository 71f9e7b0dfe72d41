"""The import service: a zip of DICOM files, or one file at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded import imports, prearchive, studies, unpack
from uploader.archives.embedded.rest.answers import uris
from uploader.archives.embedded.rest.asked import routes, store, uploads, user, yes
from uploader.archives.embedded.routing import Routing
from uploader.archives.embedded.unpack import Member

blueprint = Blueprint("imports", __name__)


@routes(blueprint, ["/data/services/import"], "POST", "PUT")
def take() -> Response:
    """To the prearchive, unless ``dest=/archive…`` or ``auto-archive=true`` or ``action=commit`` say otherwise."""
    asking, target = user(), _target()
    with ExitStack() as undo:
        project = target.get("project", "")
        if not project:
            raise BadRequest("Say which project the session is for: project=… or dest=/archive/projects/…")
        routing = Routing(project, target.get("subject", ""), target.get("session", ""))
        study = studies.gather(store(), _members(), undo, yes("Ignore-Unparsable"), routing)
        subject, label = study.subject, study.label
        if target["place"] == "prearchive":
            return uris(prearchive.receive(store(), asking, project, subject, label, study))
        overwrite = request.args.get("overwrite", "")
        overwrite = "delete" if overwrite == "override" else overwrite
        files_too = yes("overwrite_files")
        return uris(imports.deposit(store(), asking, project, subject, label, study, overwrite, files_too))


def _members() -> Iterator[Member]:
    handler = request.args.get("import-handler") or (
        "gradual-DICOM" if request.mimetype == "application/dicom" else "DICOM-zip"
    )
    if handler not in ("DICOM-zip", "SI", "gradual-DICOM"):
        raise NotFound("There is no such import handler here: DICOM-zip, SI and gradual-DICOM are.")
    found = uploads()
    if len(found) > 1:
        raise BadRequest("Send one file in one request.")
    for name, data in found:
        if handler == "gradual-DICOM":
            yield name, data
        else:
            yield from unpack.members(data, store().vault.spool)


def _target() -> dict[str, str]:
    """place (archive or prearchive), project, subject, session: of `dest`, and of the parameters, which win."""
    kinds = {"projects": "project", "subjects": "subject", "experiments": "session"}
    place, *rest = request.args.get("dest", "/prearchive").strip("/").removeprefix("data/").split("/")
    if place not in ("archive", "prearchive"):
        raise BadRequest("dest must begin with /archive or /prearchive.")
    if place == "prearchive":
        found = dict(zip(("project", "stamp", "session"), rest[1:], strict=False))
    else:
        found = {kinds.get(kind, kind): name for kind, name in zip(rest[::2], rest[1::2], strict=False)}
    if yes("AA") or yes("auto-archive") or request.args.get("action") == "commit":
        place = "archive"
    names = {"project": "PROJECT_ID", "subject": "SUBJECT_ID", "session": "EXPT_LABEL"}
    given = {k: request.args.get(k) or request.args.get(old, "") for k, old in names.items()}
    return found | {k: v for k, v in given.items() if v} | {"place": place}
