"""Searching: which types and fields there are, and one question at a time. Nothing is saved."""

from __future__ import annotations

from flask import Blueprint, Response, request

from uploader.archives.embedded import documents, search
from uploader.archives.embedded.rest.answers import table
from uploader.archives.embedded.rest.asked import body, routes, store, user

blueprint = Blueprint("search", __name__)


@routes(blueprint, ["/data/search/elements"])
def elements() -> Response:
    user()
    told = [(kind, kind.removeprefix("xnat:").removesuffix("Data")) for kind in search.TYPES]
    rows = [{"ELEMENT_NAME": k, "SINGULAR": n, "PLURAL": f"{n}s", "SECURED": "true", "COUNT": ""} for k, n in told]
    return table(rows, "ELEMENT_NAME,SINGULAR,PLURAL,SECURED,COUNT")


@routes(blueprint, ["/data/search/elements/<kind>"])
def fields(kind: str) -> Response:
    user()
    rows = [{"FIELD_ID": n, "HEADER": n, "SUMMARY": f"{kind}/{n}", "TYPE": "string"} for n in search.fields(kind)]
    return table(rows, "FIELD_ID,HEADER,SUMMARY,TYPE")


@routes(blueprint, ["/data/search"], "POST")
def ask() -> Response:
    """The rows that fit a ``search`` or ``bundle`` document, sent as the body or as the file of a form."""
    asking = user()
    stream = next(iter(request.files.values())).stream if request.files else body()
    question = search.read(documents.parse(stream.read(documents.LARGEST + 1)))
    headers, rows = search.run(store(), asking, question)
    return table(rows, ",".join(headers), fixed=True)
