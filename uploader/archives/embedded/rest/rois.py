"""ROI collections, as the XNAT OHIF viewer plugin keeps them."""

from __future__ import annotations

from flask import Blueprint, Response, request

from uploader.archives.embedded import rois
from uploader.archives.embedded.rest.answers import as_json, text
from uploader.archives.embedded.rest.asked import body, routes, store, user, yes
from uploader.archives.embedded.rest.files import whole_file
from uploader.archives.embedded.rois import Place

COLLECTION = "/xapi/roi/projects/<project>/sessions/<session>/collections/<label>"
blueprint = Blueprint("rois", __name__)


@routes(blueprint, [COLLECTION], "PUT")
def put(project: str, session: str, label: str) -> Response:
    """201 for a new collection, 200 for one that was replaced."""
    kind, series = request.args.get("type", "").upper(), request.args.get("seriesuid", "")
    new = rois.put(store(), user(), Place(project, session, label), kind, body(), yes("overwrite"), series)
    return text("", 201 if new else 200)


@routes(blueprint, [COLLECTION])
def get(project: str, session: str, label: str) -> Response:
    kind = request.args.get("type", "").upper()
    return whole_file(rois.get(store(), user(), Place(project, session, label), kind))


@routes(blueprint, [COLLECTION], "DELETE")
def remove(project: str, session: str, label: str) -> Response:
    rois.remove(store(), user(), Place(project, session, label))
    return text("")


@routes(blueprint, ["/xapi/roi/projects/<project>/permissions/RoiCollection"])
def permissions(project: str) -> Response:
    return as_json(rois.may(store(), user(), project))
