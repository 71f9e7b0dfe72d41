"""Resources of projects, subjects, sessions and scans."""

from __future__ import annotations

from flask import Blueprint, Response, request

from uploader.archives.embedded import find, resources
from uploader.archives.embedded.catalogue import catalogue
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.rest.answers import table, text
from uploader.archives.embedded.rest.asked import HOLDERS, routes, store, user

COLUMNS = (
    "xnat_abstractresource_id,label,element_name,category,cat_id,cat_desc,file_count,file_size,tags,content,format"
)
RESOURCES = tuple(f"{url}/resources/<resource>" for url in HOLDERS)
blueprint = Blueprint("resources", __name__)


@routes(blueprint, [f"{url}/resources" for url in HOLDERS])
def listing(**names: str) -> Response:
    with store().database.read() as c:
        holder = find.holder(c, user(), "read", **names)
        rows = resources.of(c, holder)
    return table([resources.columns(store(), holder, row) for row in rows], COLUMNS, fixed=True)


@routes(blueprint, RESOURCES)
def show(resource: str, **names: str) -> Response:
    """Always the catalogue's XML, whatever the format asked for."""
    holder = _holder("read", names)
    with store().database.read() as c:
        row = resources.find(c, holder, resource)
    return Response(catalogue(holder, row, resources.files(store(), holder, row)), mimetype="text/xml")


@routes(blueprint, RESOURCES, "PUT", "POST")
def make(resource: str, **names: str) -> Response:
    resources.make(store(), _holder("edit", names), resource, described())
    return text("")


@routes(blueprint, RESOURCES, "DELETE")
def remove(resource: str, **names: str) -> Response:
    holder = _holder("delete", names)
    with store().lock(holder.lock):
        with store().database.read() as c:
            holder = find.holder(c, user(), "delete", **names)
            row = resources.find(c, holder, resource)
        resources.remove(store(), holder, row)
    return text("")


def described() -> dict[str, str]:
    """What the query says of a resource or a file."""
    return {n: request.args[n] for n in ("format", "content", "description", "tags") if n in request.args}


def _holder(right: str, names: dict[str, str]) -> Holder:
    with store().database.read() as c:
        return find.holder(c, user(), right, **names)
