"""What viewers ask of XNAT: the images of a session as the OHIF plugin tells them, and the OHIF viewer itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.exceptions import NotImplemented as NotOffered
from werkzeug.wrappers import Response as Redirect

from uploader.archives.embedded import find, ohif, viewing
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.instances import Instance
from uploader.archives.embedded.ohif import Viewer
from uploader.archives.embedded.rest.answers import as_json
from uploader.archives.embedded.rest.asked import routes, store, user
from uploader.archives.embedded.vault import file_chunks

SESSION = "/xapi/viewer/projects/<project>/experiments/<experiment>"
CACHED_SECONDS = 3600
"""How long a browser keeps the viewer's files, which are the same for everybody."""
blueprint = Blueprint("viewer", __name__)


@routes(blueprint, [SESSION])
def session(project: str, experiment: str) -> Response:
    """The session's images, with what a viewer needs of each header."""
    row, found = _images(project, experiment)
    return Response(_told(store().vault.root, project, row, found), mimetype="application/json")


@routes(blueprint, [f"{SESSION}/exists"])
def exists(project: str, experiment: str) -> Response:
    _images(project, experiment)
    return as_json(True)


@routes(blueprint, [SESSION], "POST")
def rebuild(project: str, experiment: str) -> Response:
    """Nothing is kept that could be out of date."""
    _images(project, experiment)
    return as_json(True, 201)


@routes(blueprint, ["/VIEWER/", "/VIEWER/<path:name>"])
def viewer(name: str = "") -> Response | Redirect:
    """The viewer's files; with ``projectId`` and ``experimentId``, the way to that session."""
    user()
    built: Viewer | None = current_app.extensions.get("viewer")
    if built is None:
        raise NotOffered("This archive has no viewer; docs/viewer.md says how to get OHIF and serve it here.")
    if not name:
        return redirect(_place(request.args.get("projectId", ""), request.args.get("experimentId", "")))
    try:
        content, kind = built.file(name)
    except FileNotFoundError:
        raise NotFound("The viewer has no such file.") from None
    answer = Response(content if isinstance(content, bytes) else file_chunks(content), content_type=kind)
    answer.headers["Content-Security-Policy"] = built.policy()
    answer.headers["Cache-Control"] = f"private, max-age={CACHED_SECONDS}"
    return answer


def _place(project: str, experiment: str) -> str:
    if not (project and experiment):
        raise BadRequest("Open the viewer from a session: /VIEWER/?projectId=…&experimentId=…")
    _, found = _images(project, experiment)
    drawn = [image.series for image in found if image.modality == "RTSTRUCT"]
    return ohif.address(project, found[0].study, drawn[-1] if drawn else "")


def _images(project: str, experiment: str) -> tuple[Row, list[Instance]]:
    """The session and its images. Raises NotFound when it has none."""
    with store().database.read() as c:
        row = find.session(c, user(), "read", experiment, project)
    found = viewing.images(store(), row)
    if not found:
        raise NotFound("The session has no images.")
    return row, found


def _told(root: Path, project: str, row: Row, found: list[Instance]) -> Iterator[str]:
    """JSON, written image by image."""
    yield f'{{"transactionId": {json.dumps(row["id"])}, "studies": ['
    for n, (_, study) in enumerate(groupby(found, lambda i: i.study)):
        yield "," if n else ""
        yield from _study(root, project, row, list(study))
    yield "]}"


def _study(root: Path, project: str, row: Row, found: list[Instance]) -> Iterator[str]:
    yield json.dumps(viewing.about_study(found[0]))[:-1] + ', "series": ['
    for n, (_, series) in enumerate(groupby(found, lambda i: i.series)):
        images = list(series)
        yield ("," if n else "") + json.dumps(viewing.about_series(images[0]))[:-1] + ', "instances": ['
        for m, image in enumerate(images):
            yield ("," if m else "") + json.dumps(viewing.about_image(root, project, row, image))
        yield "]}"
    yield "]}"
