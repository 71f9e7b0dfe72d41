"""The import service: a zip of DICOM files, or one file at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from uploader.archives.embedded import archiving, imports, prearchive, rights, studies, unpack
from uploader.archives.embedded.rest.answers import uris
from uploader.archives.embedded.rest.asked import destination, routes, store, uploads, user, yes
from uploader.archives.embedded.rest.cache import cached
from uploader.archives.embedded.routing import Routing
from uploader.archives.embedded.studies import Study
from uploader.archives.embedded.unpack import Member
from uploader.archives.embedded.vault import Readable

blueprint = Blueprint("imports", __name__)


@routes(blueprint, ["/data/services/import"], "POST", "PUT")
def take() -> Response:
    """Into the archive with ``dest=/archive…``, else into the prearchive.

    There it is complete with ``dest=/prearchive…``; it is built, and archived where request or project say so, with
    ``action=commit`` or ``auto-archive=true``, and by the session importer (``SI``); else more may come.
    With ``http-session-listener`` the outcome can be asked for again, by ``/data/status``.
    """
    try:
        uri = _imported()
    except HTTPException as error:
        _remember(error.description or error.name)
        raise
    _remember(uri)
    return uris(uri)


def _remember(outcome: str) -> None:
    if listener := request.args.get("http-session-listener"):
        store().outcomes.keep(user().login, listener, outcome)


def _imported() -> str:
    """Where the upload went."""
    place, routing = _target()
    with ExitStack() as undo:
        members, previews = _members(), _handler() == "SI"
        study = studies.gather(store(), members, undo, yes("Ignore-Unparsable"), routing, skip_previews=previews)
        if place == "archive":
            overwrite, skip = archiving.overwriting(request.args), yes("Ignore-Unparsable")
            args = (store(), user(), study, overwrite, yes("overwrite_files"))
            return imports.deposit(*args, skip_rejected=skip)
        return _waiting(study)


def _waiting(study: Study) -> str:
    commit = yes("AA") or yes("auto-archive") or request.args.get("action") == "commit"
    commit = commit or (_handler() == "SI" and "dest" not in request.args)
    complete = "dest" in request.args and not commit
    said = {k: v for k, v in request.args.items() if k in ("SOURCE", "VISIT", "PROTOCOL", "TIMEZONE")}
    said |= {k: "true" for k in ("prevent_anon", "prevent_auto_commit") if yes(k)}
    if commit:
        return archiving.take(store(), user(), study, said, request.args)[0]
    return prearchive.receive(store(), user(), study, complete=complete, said=said)


def _handler() -> str:
    """Who reads the upload. Without a word of it, the session importer, as in XNAT; for one DICOM file, the gradual."""
    usual = "gradual-DICOM" if request.mimetype == "application/dicom" else "SI"
    handler = request.args.get("import-handler") or usual
    if handler not in ("DICOM-zip", "SI", "gradual-DICOM"):
        raise NotFound("There is no such import handler here: DICOM-zip, SI and gradual-DICOM are.")
    return handler


def _members() -> Iterator[Member]:
    handler = _handler()
    for name, data in _sent():
        if handler == "gradual-DICOM":
            yield name, data
        else:
            yield from unpack.members(data, store().vault.spool)


def _sent() -> Iterator[tuple[str, Readable]]:
    """The upload: a file of the user's cache (``src``), or the one in the request."""
    if src := request.args.get("src"):
        path = src.removeprefix("/data").removeprefix("/user/cache/resources")
        with cached(user(), path).open("rb") as data:
            yield path.rpartition("/")[2], data
        return
    found = uploads()
    if len(found) > 1:
        raise BadRequest("Send one file in one request.")
    yield from found


def _target() -> tuple[str, Routing]:
    """``archive`` or ``prearchive``, and where in it: of `dest`, and of the parameters, which win.

    Raises BadRequest without a project, NotFound and Forbidden before a byte of the upload is read.
    """
    place, found = destination(request.args.get("dest", "/prearchive"))
    names = {"project": "PROJECT_ID", "subject": "SUBJECT_ID", "session": "EXPT_LABEL"}
    given = {k: request.args.get(k) or request.args.get(old, "") for k, old in names.items()}
    where = found | {k: v for k, v in given.items() if v}
    if not where.get("project"):
        raise BadRequest("Say which project the session is for: project=… or dest=/archive/projects/…")
    with store().database.read() as c:
        rights.require(c, user(), "create", where["project"])
    project, subject, session = (where.get(k, "") for k in names)
    anonymise, script = not yes("prevent_anon"), request.args.get("Anon-Script", "")
    return place, Routing(project, subject, session, anonymise, script)
