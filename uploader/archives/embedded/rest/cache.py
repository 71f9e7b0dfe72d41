"""A user's own cache: files that wait to be imported. Nobody else sees them."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from pathlib import Path

from flask import Blueprint, Response
from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded import resources
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.names import inner_path
from uploader.archives.embedded.rest.answers import table, text
from uploader.archives.embedded.rest.asked import routes, store, uploads, user
from uploader.archives.embedded.rest.files import COLUMNS, whole_file

CACHE = "/data/user/cache/resources"
blueprint = Blueprint("cache", __name__)


@routes(blueprint, [CACHE])
def listing() -> Response:
    holder = holder_of(user())
    with store().database.read() as c:
        rows = resources.of(c, holder)
    return table([{"Name": row["label"], "URI": f"{CACHE}/{row['label']}"} for row in rows], "Name,URI", fixed=True)


@routes(blueprint, [f"{CACHE}/<resource>/files"])
def files(resource: str) -> Response:
    holder = holder_of(user())
    with store().database.read() as c:
        row = resources.find(c, holder, resource)
    found = resources.files(store(), holder, row)
    return table([resources.file_columns(holder, row, kept) for kept in found], COLUMNS, fixed=True)


@routes(blueprint, [f"{CACHE}/<resource>/files/<path:path>"])
def one(resource: str, path: str) -> Response:
    return whole_file(cached(user(), f"{resource}/files/{path}"))


@routes(blueprint, [f"{CACHE}/<resource>/files/<path:path>"], "PUT", "POST")
def take(resource: str, path: str) -> Response:
    holder, name = holder_of(user()), inner_path(path)
    ((_, data), *others) = uploads()
    if others:
        raise BadRequest("Send one file in one request.")
    with ExitStack() as undo:
        staged = store().vault.stage(data)
        undo.callback(staged.path.unlink, missing_ok=True)
        with store().lock(holder.lock):
            resources.add(store(), holder, resource, [(name, staged)], {}, overwrite=True)
    return text("")


@routes(blueprint, [f"{CACHE}/<resource>", f"{CACHE}/<resource>/files/<path:path>"], "DELETE")
def remove(resource: str, path: str = "") -> Response:
    holder = holder_of(user())
    with store().database.read() as c:
        row = resources.find(c, holder, resource)
    if path:
        resources.remove_files(store(), holder, row, path)
    else:
        resources.remove(store(), holder, row)
    return text("")


def holder_of(owner: User) -> Holder:
    """Where the files of this account's cache lie; its login is not in the path."""
    mark = hashlib.sha256(owner.login.encode()).hexdigest()[:32]
    return Holder(f"cache:{owner.login}", "", (), f"cache/{mark}", f"cache:{mark}", "/data/user/cache", "cache")


def cached(owner: User, path: str) -> Path:
    """The file of the account's own cache that ``{resource}/files/{path}`` names. Raises NotFound."""
    resource, _, inner = path.strip("/").partition("/files/")
    holder = holder_of(owner)
    with store().database.read() as c:
        row = resources.find(c, holder, resource)
    target = store().vault.root / resources.folder(holder, row) / inner_path(inner)
    if not target.is_file() or target.is_symlink():
        raise NotFound("There is no such file in your cache.")
    return target
