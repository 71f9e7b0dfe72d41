"""``/xapi/dicomscp``: the archive's DICOM receivers."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app
from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from uploader.archives.embedded.receivers import IDENTIFIERS, Receivers
from uploader.archives.embedded.rest.answers import as_json
from uploader.archives.embedded.rest.asked import json_object, routes, user

ROOT = "/xapi/dicomscp"
ONE = f"{ROOT}/<int:key>"
blueprint = Blueprint("receivers", __name__)


@routes(blueprint, [ROOT])
def listed() -> Response:
    """For everybody who has an account, as in XNAT: who is about to send must know what would become of it."""
    user()
    return as_json(_receivers().all())


@routes(blueprint, [ROOT], "POST")
def create() -> Response:
    _admin()
    return as_json(_receivers().create(json_object(force=True)))


@routes(blueprint, [f"{ROOT}/identifiers"])
def identifiers() -> Response:
    user()
    return as_json(dict(IDENTIFIERS))


@routes(blueprint, [ONE])
def one(key: int) -> Response:
    _admin()
    return as_json(_receivers().get(key))


@routes(blueprint, [f"{ROOT}/title/<title>/<int:port>"])
def by_title(title: str, port: int) -> Response:
    _admin()
    found = [each for each in _receivers().all() if (each["aeTitle"], each["port"]) == (title, port)]
    if not found:
        raise NotFound("There is no such DICOM receiver.")
    return as_json(found[0])


@routes(blueprint, [ONE], "PUT")
def change(key: int) -> Response:
    _admin()
    return as_json(_receivers().change(key, json_object(force=True)))


@routes(blueprint, [ONE], "DELETE")
def delete(key: int) -> Response:
    _admin()
    _receivers().delete(key)
    return as_json(True)


@routes(blueprint, [f"{ONE}/enabled"])
def enabled(key: int) -> Response:
    _admin()
    return as_json(_receivers().get(key)["enabled"])


@routes(blueprint, [f"{ONE}/enabled/<flag>"], "PUT")
def enable(key: int, flag: str) -> Response:
    _admin()
    if flag not in ("true", "false"):
        raise BadRequest("A DICOM receiver is enabled true or false.")
    return as_json(_receivers().change(key, {"enabled": flag == "true"})["enabled"])


def _receivers() -> Receivers:
    return cast(Receivers, current_app.extensions["receivers"])


def _admin() -> None:
    if not user().admin:
        raise Forbidden("Only an admin may do this.")
