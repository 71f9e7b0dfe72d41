"""Custom fields as XNAT 1.8 and newer have them; the classic ones are fields of the object itself."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response
from werkzeug.exceptions import BadRequest

from uploader.archives.embedded import customfields, find
from uploader.archives.embedded.rest.answers import as_json
from uploader.archives.embedded.rest.asked import HOLDERS, body, routes, store, user

FIELDS = tuple(f"/xapi/custom-fields{url.removeprefix('/data')}/fields" for url in HOLDERS)
blueprint = Blueprint("customfields", __name__)


@routes(blueprint, FIELDS)
def show(**names: str) -> Response:
    with store().database.read() as c:
        return as_json(customfields.of(c, find.holder(c, user(), "read", **names).key))


@routes(blueprint, [f"{url}/<field>" for url in FIELDS])
def one(field: str, **names: str) -> Response:
    with store().database.read() as c:
        return as_json(customfields.field(c, find.holder(c, user(), "read", **names).key, field))


@routes(blueprint, FIELDS, "PUT")
def put(**names: str) -> Response:
    with store().database.read() as c:
        find.holder(c, user(), "edit", **names)
    given = _sent()
    with store().database.write() as c:
        return as_json(customfields.put(c, find.holder(c, user(), "edit", **names).key, given))


@routes(blueprint, [f"{url}/<field>" for url in FIELDS], "DELETE")
def remove(field: str, **names: str) -> Response:
    with store().database.write() as c:
        return as_json(customfields.remove(c, find.holder(c, user(), "edit", **names).key, field))


def _sent() -> Any:
    data = body().read(customfields.LARGEST + 1)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON, or larger than 1 MiB; nothing was changed.") from None
